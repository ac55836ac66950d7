"""What a command line starts: the closed list of kinds, and the entries of `rules/knowledge/commands/`."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from mlrubric.knowledge.location import rules_directory
from mlrubric.knowledge.moved import Moved, read_moved
from mlrubric.knowledge.roles import Roles, load_roles
from mlrubric.knowledge.toml import Entry, entries, read

KINDS: dict[str, str] = {
    "script": "a Python file is run; target: its path",
    "module": "a Python module is run (python -m); target: its dotted name",
    "code": "Python code from the command line or standard input; target: the code, or `-`",
    "tests": "tests are run; target: paths and node ids, joined by blanks",
    "stage": "stages of dvc are run; target: their names, empty for all",
    "target": "targets of make are run; target: their names, empty for the default",
    "environment": "environments of tox are run; target: their names",
    "session": "sessions of nox are run; target: their names",
    "run-script": "a script named in the settings of npm, just, invoke, task, poe or rake is run; option `manager`; target: its name",
    "sweep": "trials of a search are run; target: the file of the search, or its id",
    "notebook": "a notebook is executed; target: its path",
    "project": "an MLflow project is run; target: folder or URL; option `entry`",
    "flow": "a pipeline, DAG or flow of an orchestrator is run or deployed; option `manager`; target: its name or file",
    "image-build": "an image is built; target: context; options `file`, `tag`",
    "image-run": "a container is started; target: image",
    "manifests": "objects of manifest files are brought to a cluster; target: plain words; options `file`, `kustomize`, `recursive`",
    "chart": "a chart is installed or put together; target: release and chart; options `file`, `set`",
    "sync": "a GitOps controller is told to synchronise; target: the name of its object",
    "service": "services of a compose file are started; target: their names, empty for all; option `file`",
    "shell-script": "a shell script is run; target: its path",
    "shell-text": "a shell text is run (bash -c); target: the text",
    "install": "packages come; options `requirements`, `constraints`, `project`, `editable`, `extra`, `group`, `package`, `manager`",
    "server": "an application is served; target: `module:object`",
    "infrastructure": "resources of a folder of Terraform are made; options `directory`",
    "hooks": "pre-commit hooks are run; target: ids, empty for all",
    "tool": "another program that we know; its role says what it does",
    "builtin": "part of the shell or of the operating system's small tools",
    "unknown": "a program that we do not know; target: its name",
}


@dataclass(frozen=True, slots=True)
class Invocation:
    """One thing that a command line starts. `options` are (name, value) in order, names as written or as KINDS says, `argument` for further
    words; `directory` is relative to where the command runs; `swallows` is the option with which a failure does not count; `moved`
    speaks of versions of the program that do not have this command."""

    kind: str
    target: str = ""
    options: tuple[tuple[str, str], ...] = ()
    role: str = ""
    directory: str = ""
    swallows: str = ""
    moved: Moved | None = None
    also: tuple[str, ...] = ()  # further roles

    def option(self, *names: str) -> str | None:
        """The value of the first of these options that is given ("" for a flag)."""
        for name, value in self.options:
            if name in names:
                return value
        return None

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(value for known, value in self.options if known == name)


@dataclass(frozen=True, slots=True)
class Case:
    """Another kind or role when the words say so: patterns for the first, the last or any word, or options that are given."""

    first: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    any: tuple[str, ...] = ()
    option: tuple[str, ...] = ()
    kind: str = ""
    role: str | None = None


@dataclass(frozen=True, slots=True)
class CommandEntry:
    """One entry. `sub` are the words that follow the program's name; `values` and `pairs` are options that take one or two words,
    `optional` those that take one unless an option follows; `target` says which words are the target; `inner`: the rest is a command
    itself ("rest", or "dashes" for what follows `--`) after `skip` words; `clusters`: single-letter options may be joined; `inert`: with
    one of these options nothing is run; `needs`: without one of these there is no role; `also`: further roles that an option brings."""

    name: str
    sub: tuple[str, ...] = ()
    kind: str = "tool"
    role: str = ""
    values: frozenset[str] = frozenset()
    pairs: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    target: tuple[str, ...] = ()
    rename: tuple[tuple[str, str], ...] = ()
    directory: tuple[str, ...] = ()
    swallows: tuple[str, ...] = ()
    inert: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    inner: str = ""
    skip: int = 0
    cases: tuple[Case, ...] = ()
    manager: str = ""
    clusters: bool = False
    also: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class CommandExample:
    """A command line and what it must mean; `kinds` are those of all its invocations."""

    argv: tuple[str, ...]
    kinds: tuple[str, ...]
    target: str | None
    role: str | None
    swallows: str | None
    directory: str | None
    place: str


@dataclass(frozen=True, slots=True)
class Commands:
    """All entries by program name, those with the most words first."""

    by_name: dict[str, tuple[CommandEntry, ...]]
    examples: tuple[CommandExample, ...]
    moved: dict[str, tuple[Moved, ...]] = field(default_factory=dict)

    def gone(self, name: str, words: tuple[str, ...]) -> Moved | None:
        """The entry of a command that versions of a program do not have; options may stand between its words."""
        plain = [name, *(word for word in words if not word.startswith("-"))]
        for moved in self.moved.get(name, ()):
            wanted = moved.name.split()
            if plain[: len(wanted)] == wanted and (not moved.arguments or any(word.partition("=")[0] in moved.arguments for word in words)):
                return moved
        return None


_KEYS = frozenset(("name", "sub", "kind", "role", "values", "pairs", "target", "rename", "directory", "swallows", "inert", "needs"))
_KEYS |= {"inner", "skip", "cases", "manager", "clusters", "optional", "also"}
_CASE = frozenset(("first", "last", "any", "option", "kind", "role"))
_EXAMPLE = frozenset(("argv", "kind", "target", "role", "swallows", "directory"))


def load_commands(rules: Path | None = None) -> Commands:
    """The entries of `knowledge/commands/*.toml`; a CatalogueError names file and line of what is wrong."""
    return _load(rules or rules_directory())


@cache
def _load(folder: Path) -> Commands:
    roles = load_roles(folder)
    found: dict[str, list[CommandEntry]] = {}
    examples: list[CommandExample] = []
    moved: dict[str, list[Moved]] = {}
    for path in sorted((folder / "knowledge" / "commands").glob("*.toml")):
        text, tables = read(path)
        for entry in entries(path, text, tables, "command"):
            for command in _commands(entry, roles):
                found.setdefault(command.name, []).append(command)
        examples.extend(_example(entry) for entry in entries(path, text, tables, "example"))
        for one in read_moved(entries(path, text, tables, "moved"), ()).commands:
            moved.setdefault(one.name.partition(" ")[0], []).append(one)
    by_name = {name: tuple(sorted(known, key=lambda command: -len(command.sub))) for name, known in found.items()}
    return Commands(by_name, tuple(examples), {name: tuple(known) for name, known in moved.items()})


def _commands(entry: Entry, roles: Roles) -> list[CommandEntry]:
    entry.only(_KEYS)
    rename = entry.table("rename")
    names = entry.texts("name")
    if not names:
        raise entry.error("`name` is missing")
    return [
        CommandEntry(
            name=name,
            sub=tuple(sub.split()),
            kind=_kind(entry, "tool"),
            role=_role(entry, roles),
            values=frozenset((*entry.texts("values"), *entry.texts("directory"))),
            pairs=frozenset(entry.texts("pairs")),
            optional=frozenset(entry.texts("optional")),
            target=entry.texts("target"),
            rename=tuple((key, str(value)) for key, value in rename.items()),
            directory=entry.texts("directory"),
            swallows=entry.texts("swallows"),
            inert=entry.texts("inert"),
            needs=entry.texts("needs"),
            inner=entry.one_of("inner", ("rest", "dashes")),
            skip=int(entry.number("skip", 0)),
            cases=tuple(_case(item, roles) for item in entry.tables("cases")),
            manager=entry.text("manager", ""),
            clusters=entry.flag("clusters"),
            also=tuple(_brought(item, roles) for item in entry.tables("also")),
        )
        for name in names
        for sub in entry.texts("sub") or ("",)
    ]


def _kind(entry: Entry, default: str) -> str:
    kind = entry.text("kind", default)
    if kind and kind not in KINDS:
        raise entry.error(f"unknown kind `{kind}`")
    return kind


def _role(entry: Entry, roles: Roles) -> str:
    return roles.one(entry, entry.text("role", ""))


def _case(entry: Entry, roles: Roles) -> Case:
    entry.only(_CASE)
    role = _role(entry, roles) if "role" in entry else None
    return Case(entry.texts("first"), entry.texts("last"), entry.texts("any"), entry.texts("option"), _kind(entry, ""), role)


def _brought(entry: Entry, roles: Roles) -> tuple[str, tuple[str, ...]]:
    entry.only(frozenset(("role", "option")))
    return _role(entry, roles), entry.texts("option")


def _example(entry: Entry) -> CommandExample:
    entry.only(_EXAMPLE)
    wanted = {key: entry.text(key) if key in entry else None for key in ("target", "role", "swallows", "directory")}
    return CommandExample(
        argv=entry.texts("argv"),
        kinds=entry.texts("kind"),
        target=wanted["target"],
        role=wanted["role"],
        swallows=wanted["swallows"],
        directory=wanted["directory"],
        place=entry.place,
    )
