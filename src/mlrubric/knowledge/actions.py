"""What third-party actions of GitHub workflows do, `rules/knowledge/actions.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from mlrubric.knowledge.location import rules_directory
from mlrubric.knowledge.roles import load_roles
from mlrubric.knowledge.toml import Entry, entries, read

KINDS: dict[str, str] = {
    "checkout": "fetches the repository",
    "approval": "waits for a person to agree",
    "setup": "sets up an interpreter, tool or login for the steps that follow",
    "cache": "keeps files between runs",
    "keep": "a file is kept with the run, for its later jobs and readers",
    "upload": "a file is published outside the run",
    "download": "a file comes into the run",
    "image": "builds or pushes an image",
    "hooks": "runs pre-commit",
    "install": "installs packages",
    "check": "lints, audits or reviews",
    "tests": "runs or reports tests",
    "notify": "tells people",
    "deploy": "brings a version to where it serves",
    "run": "runs a script or a command given in its options",
    "trigger": "starts another workflow",
    "commit": "writes to the repository",
    "other": "something that no role speaks of",
}


@dataclass(frozen=True, slots=True)
class Action:
    """`options` names inputs: `path` (what is moved), `script` (text that is run), `file`, `context`. `conditional` are roles that an input
    brings (input, its values, role). `swallows` are inputs (`name=value`) with which a failure does not count."""

    name: str
    kind: str
    roles: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    conditional: tuple[tuple[str, tuple[str, ...], str], ...] = ()  # input, values, role
    swallows: tuple[str, ...] = ()

    def roles_for(self, inputs: Mapping[str, str]) -> tuple[str, ...]:
        """The roles of a step with these inputs (`with:`)."""
        found = [*self.roles]
        for name, values, role in self.conditional:
            given = inputs.get(name)
            if given is not None and any(fnmatchcase(given.lower(), value) for value in values):
                found.append(role)
        return tuple(dict.fromkeys(found))


def action(uses: str, rules: Path | None = None) -> Action | None:
    """The entry of `owner/name[/path][@version]`; the longest name that fits, patterns (`owner/*`) last."""
    name = uses.partition("@")[0].strip().lower()
    known = load_actions(rules)
    parts = name.split("/")
    for end in range(len(parts), 1, -1):
        found = known.get("/".join(parts[:end]))
        if found is not None:
            return found
    return next((found for pattern, found in known.items() if "*" in pattern and fnmatchcase(name, pattern)), None)


def load_actions(rules: Path | None = None) -> dict[str, Action]:
    """All entries by lower-case name; a CatalogueError names file and line of what is wrong."""
    return _load(rules or rules_directory())


@cache
def _load(folder: Path) -> dict[str, Action]:
    vocabulary = load_roles(folder)
    path = folder / "knowledge" / "actions.toml"
    text, tables = read(path)
    found: dict[str, Action] = {}
    for entry in entries(path, text, tables, "action"):
        entry.only(frozenset(("name", "kind", "role", "roles", "options", "also", "swallows")))
        kind = entry.text("kind")
        if kind not in KINDS:
            raise entry.error(f"unknown kind `{kind}`")
        roles = (*entry.texts("role"), *entry.texts("roles"))
        conditional = tuple(_condition(item) for item in entry.tables("also"))
        vocabulary.checked(entry, (*roles, *(condition[2] for condition in conditional)))
        options = tuple((key, str(value)) for key, value in entry.table("options").items())
        for name in entry.texts("name"):
            if name.lower() in found:
                raise entry.error(f"`{name}` stands twice")
            found[name.lower()] = Action(name, kind, roles, options, conditional, entry.texts("swallows"))
    return found


def _condition(entry: Entry) -> tuple[str, tuple[str, ...], str]:
    entry.only(frozenset(("input", "value", "role")))
    return entry.text("input"), entry.texts("value") or ("*",), entry.text("role")
