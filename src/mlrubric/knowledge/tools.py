"""The tools of the field: `rules/tools/<tool>.toml` says what is recognised of each, `rules/served.toml` which tests its fixtures earn.

What can be counted is counted here: API names are the catalogue's entries below a tool's import roots, commands and actions those of the
knowledge folder. `rules/served.toml` is written from `fixtures/tools/`, which the wheel does not hold (tests/test_tools.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from mlrubric.knowledge.actions import load_actions
from mlrubric.knowledge.catalogue import Catalogue, load_catalogue
from mlrubric.knowledge.entries import Api
from mlrubric.knowledge.invocation import CommandEntry, load_commands
from mlrubric.knowledge.location import rules_directory
from mlrubric.knowledge.toml import CatalogueError, Entry, is_table, read

AREAS: dict[str, str] = {
    "data": "data, its checks and its drift",
    "model": "models: training, tuning, judging, explaining",
    "tracking": "experiments, registries, lineage",
    "orchestration": "pipelines and schedules",
    "serving": "serving",
    "delivery": "delivery: continuous integration, images, releases",
    "monitoring": "monitoring",
    "testing": "tests and reviews of code",
    "environment": "environments and settings",
}
NO_ROLE = "no role"
_KEYS = frozenset(("name", "area", "versions", "imports", "commands", "actions", "formats"))
_FORMAT = re.compile(r"([a-z0-9_]+(?:, [a-z0-9_]+)*): (\S.*)")


@dataclass(frozen=True, slots=True)
class Format:
    """Files that are read: the readers that read them, and what of them is understood."""

    readers: tuple[str, ...]
    what: str


@dataclass(frozen=True, slots=True)
class Tool:
    """One row. `api` is role -> names (a name stands under its first role); `tests` -> the fixture cases in which it earns something."""

    id: str
    name: str
    area: str
    versions: str
    imports: tuple[str, ...]
    api: Mapping[str, tuple[str, ...]]
    commands: tuple[str, ...]
    actions: tuple[str, ...]
    formats: tuple[Format, ...]
    tests: Mapping[str, tuple[str, ...]]

    @property
    def api_names(self) -> int:
        return sum(len(names) for names in self.api.values())

    @property
    def proof(self) -> tuple[str, ...]:
        """The fixture cases that earn a test something, those with the most tests first, then those that come first in their test."""
        cases = [case for named in self.tests.values() for case in named]
        best = {case: min(named.index(case) for named in self.tests.values() if case in named) for case in cases}
        return tuple(sorted(best, key=lambda case: (-cases.count(case), best[case], case)))


@cache
def load_tools(rules: Path | None = None) -> tuple[Tool, ...]:
    """Every tool by area and name; a CatalogueError names file and line of what is wrong."""
    folder = rules or rules_directory()
    served = _served(folder / "served.toml")
    found = [_tool(path, folder, served.get(path.stem, {})) for path in sorted((folder / "tools").glob("*.toml"))]
    order = list(AREAS)
    return tuple(sorted(found, key=lambda tool: (order.index(tool.area), tool.name.lower())))


def _tool(path: Path, rules: Path, tests: Mapping[str, tuple[str, ...]]) -> Tool:
    text, tables = read(path)
    entry = Entry(path, text, path.stem, 0, tables)
    entry.only(_KEYS)
    area = entry.text("area")
    if area not in AREAS:
        raise entry.error(f"`area` is `{area}`, not one of {', '.join(AREAS)}")
    imports = entry.texts("imports")
    return Tool(
        id=path.stem,
        name=entry.text("name"),
        area=area,
        versions=entry.text("versions", ""),
        imports=imports,
        api=_api(entry, imports, load_catalogue(rules)),
        commands=tuple(command for given in entry.texts("commands") for command in _commands(entry, given, rules)),
        actions=tuple(action for given in entry.texts("actions") for action in _actions(entry, given, rules)),
        formats=tuple(_format(entry, given) for given in entry.texts("formats")),
        tests=tests,
    )


def _served(path: Path) -> dict[str, dict[str, tuple[str, ...]]]:
    """Tool -> test -> cases; nothing where the page was not written yet."""
    if not path.is_file():
        return {}
    text, tables = read(path)
    found = {}
    for tool, table in tables.items():
        if not is_table(table):
            raise CatalogueError(path, 1, f"`{tool}` must be a table of tests")
        entry = Entry(path, text, tool, 0, table)
        found[tool] = {test: entry.texts(test) for test in table}
    return found


def _format(entry: Entry, given: str) -> Format:
    match = _FORMAT.fullmatch(given)
    if match is None:
        raise entry.error(f"`{given}`: a format is written `reader: what of it`")
    return Format(tuple(match[1].split(", ")), match[2])


# ---- what the knowledge folder holds of it ----


def _api(entry: Entry, imports: tuple[str, ...], catalogue: Catalogue) -> dict[str, tuple[str, ...]]:
    """The catalogue's names below the import roots, by their first role."""
    found: dict[str, dict[str, None]] = {}
    for root in imports:
        names = dict(_below(root, catalogue))
        if not names:
            raise entry.error(f"the catalogue has no entry below `{root}`")
        for name, api in sorted(names.items()):
            roles = (*api.roles, *(role for option in api.conditional for role in option.roles))
            found.setdefault(roles[0] if roles else NO_ROLE, {})[name] = None
    return {role: tuple(sorted(found[role])) for role in sorted(found, key=lambda role: (role == NO_ROLE, role))}


def _below(root: str, catalogue: Catalogue) -> Iterator[tuple[str, Api]]:
    roots = {root, catalogue.canonical(root)}
    for library in sorted({name.partition(".")[0] for name in roots}):
        known = catalogue.library(library)
        if known is None:
            continue
        entries = [(name, apis[-1]) for name, apis in known.apis.items()]
        entries += known.wildcards
        entries += [(name, info.constructor) for name, info in known.types.items()]
        yield from ((name, api) for name, api in entries if any(name == one or name.startswith(f"{one}.") for one in roots))


def _commands(entry: Entry, given: str, rules: Path) -> list[str]:
    """The command lines that are known of a program (`dvc`) or of one with its sub-command (`dvc exp run`)."""
    name, *sub = given.split()
    found = [one for one in load_commands(rules).by_name.get(name, ()) if list(one.sub[: len(sub)]) == sub]
    if not found:
        raise entry.error(f"no command is known as `{given}`")
    return sorted({_line(one) for one in found})


def _line(command: CommandEntry) -> str:
    return " ".join((command.name, *command.sub))


def _actions(entry: Entry, given: str, rules: Path) -> list[str]:
    found = sorted(action.name for name, action in load_actions(rules).items() if fnmatchcase(name, given.lower()))
    if not found:
        raise entry.error(f"no action is known as `{given}`")
    return found
