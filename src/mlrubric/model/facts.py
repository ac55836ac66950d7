"""What one file says: a closed union of frozen facts, each with its place.

Facts depend on the bytes of their file only. Whatever needs a second file (an include, an import, a local action) is
a fact here, and a hop in `graph/`. Text in another language is an `Embedded` fact: the driver hands it to the reader of
that language and the facts that come back carry `owner`, the symbol of the place that holds the text.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mlrubric.model.cluster import ChartFile as ChartFile
from mlrubric.model.cluster import Delivery as Delivery
from mlrubric.model.cluster import ImageName as ImageName
from mlrubric.model.cluster import Part as Part
from mlrubric.model.cluster import Resource as Resource
from mlrubric.model.documents import Bot as Bot
from mlrubric.model.documents import CodeBlock as CodeBlock
from mlrubric.model.documents import DataFile as DataFile
from mlrubric.model.documents import FrontMatter as FrontMatter
from mlrubric.model.documents import Heading as Heading
from mlrubric.model.documents import Link as Link
from mlrubric.model.documents import NotebookInfo as NotebookInfo
from mlrubric.model.documents import Owner as Owner
from mlrubric.model.documents import Query as Query
from mlrubric.model.documents import QueryFeatures as QueryFeatures
from mlrubric.model.documents import ReviewRule as ReviewRule
from mlrubric.model.documents import Secret as Secret
from mlrubric.model.documents import Statement as Statement
from mlrubric.model.elsewhere import Elsewhere as Elsewhere
from mlrubric.model.expectations import Checkpoint as Checkpoint
from mlrubric.model.expectations import DataSource as DataSource
from mlrubric.model.expectations import Expectations as Expectations
from mlrubric.model.expectations import FeatureStore as FeatureStore
from mlrubric.model.expectations import Freshness as Freshness
from mlrubric.model.expectations import UnitTest as UnitTest
from mlrubric.model.flows import EventSource as EventSource
from mlrubric.model.flows import Listener as Listener
from mlrubric.model.lineage import LineageSink as LineageSink
from mlrubric.model.monitoring import AlertRoute as AlertRoute
from mlrubric.model.monitoring import LoadTest as LoadTest
from mlrubric.model.monitoring import Mount as Mount
from mlrubric.model.monitoring import Receiver as Receiver
from mlrubric.model.monitoring import RuleChoice as RuleChoice
from mlrubric.model.monitoring import Scrape as Scrape
from mlrubric.model.monitoring import TelemetryPipeline as TelemetryPipeline
from mlrubric.model.monitoring import Watch as Watch
from mlrubric.model.monitoring import WatchServer as WatchServer
from mlrubric.model.place import Place, Span
from mlrubric.model.provision import Provision as Provision
from mlrubric.model.provision import Variable as Variable
from mlrubric.model.python import PythonModule
from mlrubric.model.serving import EntryPoint as EntryPoint
from mlrubric.model.serving import ModelFile as ModelFile
from mlrubric.model.serving import ModelReference as ModelReference


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file or a part of it that could not be read, with the reason in words for a person."""

    place: Place
    format: str
    reason: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the reader wants said in the report without it being a defect of the repository."""

    place: Place
    message: str


@dataclass(frozen=True, slots=True)
class Embedded:
    """Text in another language inside a file.

    `lines[i]` is (line, column) in the host file of the first character of line `i` of `text`; a short tuple means that
    the remaining lines follow the last one directly at column 1. `owner` is the symbol of the holder. `cells[i]`, for
    notebooks, is (cell, line in cell) of line `i`. `shell` is the interpreter as written (`bash`, `sh -e`, ...),
    `options` are the shell options that hold from the start (`errexit`, `pipefail`).
    `swallowed` says that the host ignores the status of the whole text ("- prefix" of make), `swallowed_at` where.
    """

    place: Place
    language: str  # "shell", "python", "sql"
    text: str
    owner: str
    lines: tuple[tuple[int, int], ...] = ()
    cells: tuple[tuple[int, int], ...] = ()
    shell: str = ""
    options: frozenset[str] = frozenset()
    swallowed: str = ""
    swallowed_at: Place | None = None


# ---- environments -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Requirement:
    """One dependency line of a manifest or a lock file.

    `kind` is "direct" (a manifest asks for it), "locked" (a lock file or a fully pinned compiled file fixes it),
    "constraint" or "build". `specifiers` are the clauses as written (`(">=1.0", "<2")`). `pinned` says that exactly
    one version can come: `==X` without wildcard, `===X`, a hash, or a VCS URL with a full commit id. `group` is the extra or
    dependency group it belongs to ("" is the base). `manager` is pip, conda, poetry, pdm, uv, pipenv, setuptools, hatch.
    """

    place: Place
    name: str
    specifiers: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    marker: str | None = None
    pinned: bool = False
    editable: bool = False
    url: str | None = None
    hashes: int = 0
    kind: str = "direct"
    group: str = ""
    manager: str = "pip"


@dataclass(frozen=True, slots=True)
class Include:
    """A file that names another one to be read as part of it (`-r`, `-c`, reusable workflow, compose `extends`)."""

    place: Place
    target: str  # as written
    kind: str  # "requirements", "constraints", "workflow", "action", "compose", "make", "dockerfile", "terraform"
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A file that declares an environment; `kind` is "manifest" or "lock". `locks` names the manifests it fixes, if it says."""

    place: Place
    kind: str
    manager: str
    python: str | None = None  # requires-python as written
    locks: tuple[str, ...] = ()
    generated_by: str = ""  # "pip-compile", "uv", ... when the header says so


@dataclass(frozen=True, slots=True)
class Project:
    """A Python project's own metadata: distribution name, where its packages lie, console scripts (name, target)."""

    place: Place
    name: str
    package_roots: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    scripts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Setting:
    """One scalar of a configuration file: dotted route and value as text (pytest options, params.yaml, tool tables)."""

    place: Place
    route: str  # "tool.pytest.ini_options.addopts", "train.seed"
    value: str
    kind: str = "string"  # string | int | float | bool | null | date


# ---- automation ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Trigger:
    """What starts something. `kind`: push, pull_request, schedule, release, tag, event, workflow_run, workflow_call, manual, bot, alert.

    `live` is false with a `reason` when it can never fire; `recurring` is false for manual and pass-through triggers.
    `filters` are the path and branch filters as written, e.g. ("paths: src/**", "branches: main").
    """

    place: Place
    kind: str
    owner: str  # symbol of what it starts: "workflow", "update[0]", ...
    schedule: str | None = None
    filters: tuple[str, ...] = ()
    live: bool = True
    recurring: bool = True
    reason: str = ""
    certain: bool = True  # false when the trigger itself is set up outside the repository and only assumed


@dataclass(frozen=True, slots=True)
class Workflow:
    """An automation that starts as one: a workflow file, one of the workflows of a file, a crontab line.

    `kind`: "workflow" and "action" (composite or other) of GitHub, else the tool: circleci, gitlab, azure, cloudbuild, jenkins,
    bitbucket, cron, terraform, prefect.
    """

    place: Place
    name: str
    kind: str = "workflow"
    disabled: str = ""  # the reason when the whole file cannot run


@dataclass(frozen=True, slots=True)
class Job:
    """A job of a workflow. `symbol` of place is `jobs.<id>`. `uses` names a reusable workflow, or, with a leading `#`, another
    symbol of the same file. Without an owner only its own triggers start it. `outputs`, as written, are handed
    to jobs that need it."""

    place: Place
    id: str
    owner: str = "workflow"
    needs: tuple[str, ...] = ()
    condition: str | None = None
    never: str = ""  # the reason when it is constantly skipped
    swallowed: Place | None = None  # where continue-on-error stands
    environment: str | None = None
    uses: str | None = None
    container: str | None = None
    matrix: bool = False
    outputs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a job or a composite action. `owner` is the job's symbol, `run` says that an Embedded shell text follows with this
    step's symbol as owner."""

    place: Place
    owner: str
    index: int
    name: str = ""
    uses: str | None = None
    run: bool = False
    condition: str | None = None
    never: str = ""
    swallowed: Place | None = None
    working_directory: str | None = None
    options: tuple[tuple[str, str], ...] = ()  # `with:` of an action
    environment: tuple[tuple[str, str], ...] = ()
    id: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    """One simple command of a shell text, with what happens to its exit status.

    `argv` are the words with quotes removed; a word that holds an expansion keeps it as written (`$X`, `${{ ... }}`).
    `swallowed` names how the failure is lost ("|| true", "no pipefail", "no errexit", "; true", "if condition", "if that only prints",
    "set +e", "negated") and `swallowed_at` points at the very text; empty when a failure stops the script or is its exit status.
    `directory` is where it runs relative to the script's start (`cd` before it), None when unknown. `reads`/`writes` are
    redirections and the data files given to well-known downloaders (`curl -o`, `wget -O`).
    `function` is the shell function it stands in, `heredoc` the text fed to it (python - <<EOF).
    """

    place: Place
    owner: str
    argv: tuple[str, ...]
    index: int = 0
    assignments: tuple[tuple[str, str], ...] = ()
    swallowed: str = ""
    swallowed_at: Place | None = None
    directory: str | None = ""
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    function: str = ""
    condition: str = ""  # text of an enclosing if/&&/|| condition, when it runs only sometimes
    pipeline: tuple[str, ...] = ()  # program names of the pipeline it belongs to
    background: bool = False


@dataclass(frozen=True, slots=True)
class Stage:
    """A named unit that a tool runs: dvc stage, MLproject entry point, make target, tox environment, pre-commit hook.

    `tool`: dvc, mlproject, make, tox, pre-commit, compose, npm. Its command texts are Embedded facts or Command facts with
    `owner` = the symbol of `place`. `needs` are names of stages that run before it (make prerequisites). `reads`, `writes`
    and `metrics`, and for dvc and mlproject `directory` too, are relative to the root.
    """

    place: Place
    tool: str
    name: str
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    params: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    directory: str = ""
    frozen: bool = False
    default: bool = False
    always: bool = False
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Pin:
    """A data file whose content is fixed by a hash or revision in a tracked file (`*.dvc`, `dvc.lock`, git-lfs)."""

    place: Place
    path: str  # relative to the root
    digest: str
    tool: str = "dvc"
    source: str = ""  # url for imported data


@dataclass(frozen=True, slots=True)
class Remote:
    """A configured data remote (`.dvc/config`)."""

    place: Place
    name: str
    url: str
    default: bool = False


@dataclass(frozen=True, slots=True)
class Image:
    """A container image that is used as a base or run. `use`: "from", "run" (compose, workflow). `stage` is the name it is given."""

    place: Place
    name: str  # as written, arguments resolved where their default is visible
    tag: str | None = None
    digest: str | None = None
    use: str = "from"
    alias: str | None = None
    internal: bool = False  # an earlier stage, or `scratch`


@dataclass(frozen=True, slots=True)
class Instruction:
    """A Dockerfile instruction other than FROM. RUN, CMD, ENTRYPOINT in shell form have an Embedded text with this symbol as owner."""

    place: Place
    name: str  # upper case
    arguments: tuple[str, ...]  # exec form or words
    stage: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """A long-running container of a compose file."""

    place: Place
    name: str
    image: str | None = None
    build: str | None = None
    command: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    depends: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()


Fact = (
    Unreadable | Notice | Embedded | Requirement | Include | Manifest | Project | Setting | Trigger | Workflow | Job | Step
    | Elsewhere | Command | Stage | Pin | Remote | Image | Instruction | Service | Owner | ReviewRule
    | Bot | Heading | Link | FrontMatter | CodeBlock
    | Statement | Checkpoint | DataSource | Expectations | FeatureStore | Freshness | UnitTest
    | Secret | NotebookInfo | DataFile | Query | QueryFeatures | PythonModule | Resource
    | Provision | Variable
    | EventSource | Listener
    | Watch | WatchServer | RuleChoice | Scrape | Receiver | AlertRoute | Mount | TelemetryPipeline | LoadTest
    | EntryPoint | ModelReference | ModelFile | LineageSink
    | Part | Delivery | ImageName | ChartFile
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ignore:
    """A comment that ignores rules. `alone`: nothing else stands on its line, so that it speaks of the next one. `word` is what stands in
    the place of `ignore`, where it is misspelt and ignores nothing."""

    path: str
    line: int
    rules: tuple[str, ...]
    reason: str
    alone: bool
    word: str = ""

    @property
    def place(self) -> Place:
        return Place(self.path, Span(self.line))


@dataclass(frozen=True, slots=True)
class FileFacts:
    """All facts of one file; `format` is the reader that answered ("python", "github_workflow", ...). The ignores of a file stand with
    the first of its formats."""

    path: str
    format: str
    facts: tuple[Fact, ...] = field(default=())
    ignores: tuple[Ignore, ...] = ()
