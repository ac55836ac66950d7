"""What the resources of code for infrastructure mean, `rules/knowledge/resources/terraform.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from mlrubric.knowledge.location import rules_directory
from mlrubric.knowledge.roles import Roles, load_roles
from mlrubric.knowledge.toml import Entry, entries, read

_KEYS = frozenset(("name", "node", "role", "roles", "also", "analysis", "schedule", "off", "wires", "runs"))
Conditions = tuple[tuple[str, tuple[str, ...]], ...]
"""Pattern for the route of an option -> accepted values (patterns in lower case, `present`, `absent`); all must hold."""


@dataclass(frozen=True, slots=True)
class ResourceEntry:
    """One kind of resource. `schedule` is the option that holds a clock, `off` the options that switch it off; `wires`: it only joins
    others; `handler` and `source` are the options that name its function and where its code lies; `analysis` are options that let a
    measure decide."""

    node: str = ""
    roles: tuple[str, ...] = ()
    conditional: tuple[tuple[str, Conditions], ...] = ()
    analysis: tuple[str, ...] = ()
    schedule: str = ""
    off: Conditions = ()
    wires: bool = False
    handler: str = ""
    source: str = ""

    def roles_for(self, options: Mapping[str, str]) -> tuple[str, ...]:
        """The roles of a resource with these options."""
        return (*self.roles, *(role for role, when in self.conditional if _hold(when, options)))

    def because(self, role: str, options: Mapping[str, str]) -> str:
        """The first option that brings a role, as written; "" when every such resource has it."""
        for other, when in self.conditional:
            if other == role and _hold(when, options):
                for route, accepted in when:
                    for name, value in options.items():
                        if fnmatchcase(name, route) and _fits(accepted, value):
                            return f"{name.partition('[')[0]} = {value}"
        return ""

    def switched_off(self, options: Mapping[str, str]) -> str:
        """The option that switches it off, as written; "" when none does."""
        return next((f"{route} = {options[route]}" for route, accepted in self.off if _fits(accepted, options.get(route))), "")


def load_resources(rules: Path | None = None) -> dict[str, ResourceEntry]:
    """All entries by kind; a CatalogueError names file and line of what is wrong."""
    return _load(rules or rules_directory())


@cache
def _load(folder: Path) -> dict[str, ResourceEntry]:
    roles = load_roles(folder)
    path = folder / "knowledge" / "resources" / "terraform.toml"
    text, tables = read(path)
    found: dict[str, ResourceEntry] = {}
    for entry in entries(path, text, tables, "resource"):
        entry.only(_KEYS)
        runs = entry.table("runs")
        given = roles.checked(entry, (*entry.texts("role"), *entry.texts("roles")))
        made = ResourceEntry(
            entry.text("node", ""),
            given,
            tuple(_conditional(item, roles) for item in entry.tables("also")),
            entry.texts("analysis"),
            entry.text("schedule", ""),
            _conditions(entry.table("off")),
            entry.flag("wires"),
            str(runs.get("handler", "")),
            str(runs.get("source", "")),
        )
        for name in entry.texts("name"):
            if name in found:
                raise entry.error(f"`{name}` stands twice")
            found[name] = made
    return found


def _conditional(entry: Entry, roles: Roles) -> tuple[str, Conditions]:
    entry.only(frozenset(("role", "when")))
    return roles.checked(entry, (entry.text("role"),))[0], _conditions(entry.table("when"))


def _conditions(table: Mapping[str, object]) -> Conditions:
    return tuple((route, tuple(str(v) for v in (value if isinstance(value, list) else [value]))) for route, value in table.items())


def _hold(conditions: Conditions, options: Mapping[str, str]) -> bool:
    for route, accepted in conditions:
        values = [options[route]] if route in options else [v for k, v in options.items() if "*" in route and fnmatchcase(k, route)]
        if not (any(_fits(accepted, value) for value in values) if values else _fits(accepted, None)):
            return False
    return True


def _fits(accepted: tuple[str, ...], value: str | None) -> bool:
    if value is None:
        return "absent" in accepted
    return any(pattern == "present" or fnmatchcase(value.lower(), pattern) for pattern in accepted)
