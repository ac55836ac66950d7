"""What the manifests of a cluster declare."""

from __future__ import annotations

from dataclasses import dataclass

from mlrubric.model.place import Place


@dataclass(frozen=True, slots=True)
class Resource:
    """One object of a Kubernetes manifest; `symbol` of its place is `Kind/name`, the owner of everything else the object says.

    `group` is the API group without its version ("" for the core: Pod, Service, ConfigMap), `labels` are those of its metadata,
    `template` says that the text is a template which nobody rendered (Helm), so that a value may be anything.
    """

    place: Place
    group: str
    version: str
    kind: str
    name: str
    namespace: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    template: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """What an object, or the configuration of a server, says about serving. `kind`:
    server     a model is loaded from `source` and answers requests; the image of its runtime is not named here
    explainer  single predictions are explained
    logger     requests or answers are sent to `source`
    probe      the container is asked at `source` whether it is alive or ready
    split      traffic is divided; `shares` says who gets how much, as written
    shadow     traffic is copied to somebody who does not answer
    versions   several versions stay loaded; `source` names them
    off        nothing of the object runs; `name` says why
    forgets    no earlier version of the object is kept
    undo       the old version comes back when measurements after the switch fail
    analysis   measurements that decide about a roll-out; other objects refer to it by name

    `owner` is the symbol of the object. `moves` says that the shares change step by step, without a person. `decides`: "true" when
    measurements written here decide whether it goes on, "preview" when they are taken before traffic comes; `refers` are the analyses
    (`Kind/name`) that must exist for it. `reverts` says that the old version comes back by itself. `problem` is why nothing is divided
    although it looks so. `proportional` shares need not sum to 100.
    """

    place: Place
    owner: str
    kind: str
    name: str = ""
    source: str = ""
    shares: tuple[tuple[str, str], ...] = ()
    moves: bool = False
    decides: str = ""
    refers: tuple[str, ...] = ()
    reverts: bool = False
    problem: str = ""
    proportional: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """What brings manifests into a cluster: a kustomization, an object of a GitOps controller, a build-and-deploy file.

    `owner` is the symbol of the node that stands for it, `sources` are files and folders as written, from the root of the repository
    or, with `beside`, from the folder of this file. `values` are files of values for a chart, `inline` is a YAML text of such values;
    `needs` are names of other objects it asks for (`GitRepository/x`), `repository` is where the sources come from.
    """

    place: Place
    owner: str
    tool: str
    sources: tuple[str, ...] = ()
    beside: bool = False
    values: tuple[str, ...] = ()
    inline: str = ""
    repository: str = ""
    deep: bool = False  # folders inside of the sources too


@dataclass(frozen=True, slots=True)
class ImageName:
    """A name under which an image is known. `use`: "built" (from `dockerfile`, in `context`), "replaced" (`name` becomes `becomes`)."""

    place: Place
    name: str
    use: str
    dockerfile: str = ""
    context: str = ""
    becomes: str = ""
    tag: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class ChartFile:
    """A file of a Helm chart as text: "chart", "values", "template" (of one manifest file) "helper" (named
    templates) or "dependencies"."""

    place: Place
    kind: str
    text: str
