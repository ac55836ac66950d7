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
