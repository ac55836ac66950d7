"""One knowledge file of a library: TOML -> entries, checked against the closed vocabularies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mlrubric.knowledge.entries import (
    CHECKED,
    FLOWS,
    GENERATORS,
    GIVES,
    HOLDS,
    STORED,
    TRAITS,
    Api,
    Condition,
    Duck,
    Example,
    Param,
    RolesWhen,
    TypeInfo,
)
from mlrubric.knowledge.habits import load_habits
from mlrubric.knowledge.moved import MovedNames, read_moved
from mlrubric.knowledge.roles import Roles
from mlrubric.knowledge.toml import CatalogueError, Entry, Table, entries, is_table, line_of, parse, read_text

_SHARED = {
    "role",
    "roles",
    "params",
    "random",
    "random_when",
    "random_unless",
    "options",
    "also",
    "instead",
    "seeds",
    "calls",
    "since",
    "until",
    "unknown",
}
_SHARED |= {"gate", "passed", "folds", "bundled", "stored", "gives", "hands", "measures", "asks", "runs", "gate_with"}
_RESULT = {"returns", "flows", "learns", "mutates", "parts", "decorates", "confidence", "returns_with", "checks"}
_CALL = frozenset(_SHARED | _RESULT | {"of", "name"})
_TYPE = frozenset(_SHARED | {"of", "name", "bases", "arithmetic", "holds"})
_DUCK = _CALL - {"of", "name"} | {"method", "min_args", "max_args", "receivers", "keywords"}
_TABLES = frozenset(("library", "aliases", "type", "api", "duck", "attribute", "trait", "fixtures", "moved", "customary"))
AREAS = ("data", "ml")
"""What `area` in the head of a file may say: its imports, but for those `aside`, are for data or for models; other files leave it out."""
_FIRST_EXAMPLE = re.compile(r"^\[\[example\]\]", re.MULTILINE)
_OTHER_TABLE = re.compile(r"^\[(?!\[example\]\])", re.MULTILINE)


@dataclass(slots=True)
class Library:
    """All entries of one file. `apis` holds several entries for a name whose meaning changed with a version."""

    path: Path
    name: str
    distributions: tuple[str, ...]
    imports: tuple[str, ...]
    aliases: dict[str, str] = field(default_factory=dict)
    apis: dict[str, list[Api]] = field(default_factory=dict)
    wildcards: list[tuple[str, Api]] = field(default_factory=list)
    types: dict[str, TypeInfo] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)
    traits: dict[str, tuple[str, ...]] = field(default_factory=dict)
    trait_patterns: list[tuple[str, str]] = field(default_factory=list)
    traits_with: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = field(default_factory=dict)
    takes: dict[str, tuple[str, ...]] = field(default_factory=dict)  # what the positional arguments are called, in their order
    customary: dict[str, str] = field(default_factory=dict)  # module -> the name that everybody imports it as
    ducks: list[Duck] = field(default_factory=list)
    fixtures: dict[str, str] = field(default_factory=dict)  # parameter of a test -> type of what a plug-in of the test runner hands to it
    moved: MovedNames = field(default_factory=MovedNames)

    def varies(self) -> bool:
        """Whether what some call means differs between versions."""
        return any(api.since or api.until for known in self.apis.values() for api in known)


def read_library(path: Path, roles: Roles) -> Library:
    """The entries of a knowledge file; a CatalogueError names the file and the line of what is wrong. Examples, which stand at its end,
    are not parsed here: every run pays for this."""
    text, _ = _without_examples(path, read_text(path))
    tables = parse(path, text)
    for key in tables.keys() - _TABLES:
        raise CatalogueError(path, line_of(text, key, 0), f"unknown table `{key}`")
    head = tables.get("library")
    if not is_table(head):
        raise CatalogueError(path, 1, "[library] with name, distributions and imports is missing")
    header = Entry(path, text, "library", 0, head)
    header.only(frozenset(("name", "distributions", "imports", "area", "aside", "keeps", "hosted")))
    library = Library(path, header.text("name"), header.texts("distributions"), header.texts("imports"))
    library.aliases = _texts(path, text, tables, "aliases")
    library.fixtures = _texts(path, text, tables, "fixtures")
    library.customary = _texts(path, text, tables, "customary")
    for entry in entries(path, text, tables, "type"):
        entry.only(_TYPE)
        template = _api(entry, roles, kind="constructor")
        bases, arithmetic = entry.texts("bases"), entry.flag("arithmetic")
        for name in _names(entry):
            if "*" in name:
                raise entry.error(f"`{name}` is no type: an `[[api]]` with wildcards may return one")
            if name in library.types:
                raise entry.error(f"`{name}` is described twice")
            library.types[name] = TypeInfo(name, bases, template, arithmetic, entry.one_of("holds", HOLDS))
    for entry in entries(path, text, tables, "api"):
        entry.only(_CALL)
        template = _api(entry, roles)
        for name in _names(entry):
            if "*" in name:
                library.wildcards.append((name, template))
            else:
                known = library.apis.setdefault(name, [])
                if any(not (one.since or one.until or template.since or template.until) for one in known):
                    raise entry.error(f"`{name}` is described twice")
                known.append(template)
    library.wildcards.sort(key=lambda one: "**" in one[0])  # what covers whole packages comes last
    for entry in entries(path, text, tables, "attribute"):
        entry.only(frozenset(("of", "name", "type")))
        kind = entry.text("type")
        for name in _names(entry):
            library.attributes[name] = kind
    for entry in entries(path, text, tables, "trait"):
        entry.only(frozenset(("of", "name", "trait", "takes", "with")))
        trait = entry.text("trait", "")
        if trait not in TRAITS:
            trait = entry.one_of("trait", (*TRAITS, *load_habits(path.parent.parent)), "")
        for name in _names(entry):
            if "with" in entry:
                library.traits_with[name] = (*library.traits_with.get(name, ()), (trait, entry.texts("with")))
            elif "*" in name:
                library.trait_patterns.append((name, trait))
            else:
                library.traits[name] = (*library.traits.get(name, ()), trait)
            if "takes" in entry:
                library.takes[name] = entry.texts("takes")
    for entry in entries(path, text, tables, "duck"):
        entry.only(_DUCK)
        library.ducks.extend(_ducks(entry, roles))
    library.moved = read_moved(entries(path, text, tables, "moved"), library.distributions)
    return library


def read_examples(path: Path, roles: Roles) -> tuple[Example, ...]:
    """The examples of a knowledge file."""
    text = read_text(path)
    _without_examples(path, text)
    found: list[Example] = []
    for entry in entries(path, text, parse(path, text), "example"):
        entry.only(frozenset(("code", "role", "line", "api", "random")))
        found.append(_example(entry, roles))
    return tuple(found)


def _without_examples(path: Path, text: str) -> tuple[str, str]:
    start = _FIRST_EXAMPLE.search(text)
    if start is None:
        return text, ""
    body, examples = text[: start.start()], text[start.start() :]
    other = _OTHER_TABLE.search(examples)
    if other is not None:
        raise CatalogueError(path, text.count("\n", 0, start.start() + other.start()) + 1, "examples stand at the end of the file")
    return body, examples


def _texts(path: Path, text: str, tables: Table, key: str) -> dict[str, str]:
    """A table of names and texts."""
    table = tables.get(key, {})
    if not is_table(table):
        raise CatalogueError(path, line_of(text, key, 0), f"[{key}] must be a table")
    found: dict[str, str] = {}
    for name, target in table.items():
        if not isinstance(target, str):
            raise CatalogueError(path, line_of(text, key, 0), f"`{name}` of [{key}] must be a text")
        found[name] = target
    return found


def _names(entry: Entry) -> Iterator[str]:
    owners, names = entry.texts("of"), entry.texts("name")
    if not names:
        raise entry.error("`name` is missing")
    for owner in owners or ("",):
        for name in names:
            yield f"{owner}.{name}" if owner else name


def _api(entry: Entry, roles: Roles, kind: str = "function") -> Api:
    """The entry without its name; the catalogue puts the name in when it is asked."""
    seeds = entry.texts("seeds")
    for generator in seeds:
        if generator not in GENERATORS:
            raise entry.error(f"`seeds` knows no generator `{generator}`")
    given = _roles(entry, roles)
    if seeds and "random.seed" not in given:
        given = (*given, "random.seed")
    conditional = tuple(_conditional(item, roles, replace=False) for item in entry.tables("also"))
    conditional += tuple(_conditional(item, roles, replace=True) for item in entry.tables("instead"))
    calls = entry.table("calls")
    return Api(
        name="",
        kind=kind,
        roles=given,
        params=tuple(_param(entry, role, value, roles) for role, value in entry.table("params").items()),
        returns=entry.text("returns", ""),
        returns_with=tuple(_typed_with(item, roles) for item in entry.tables("returns_with")),
        flows=entry.one_of("flows", FLOWS, "args"),
        learns=entry.flag("learns"),
        mutates=entry.flag("mutates"),
        gate=entry.one_of("gate", ("raises", "result")),
        gate_with=entry.texts("gate_with"),
        passed=entry.text("passed", ""),
        random=entry.one_of("random", GENERATORS),
        random_when=_condition(entry, entry.table("random_when")),
        random_unless=_condition(entry, entry.table("random_unless")),
        seeds=seeds,
        options=entry.text("options", ""),
        conditional=conditional,
        parts=entry.texts("parts"),
        folds=entry.flag("folds"),
        bundled=entry.flag("bundled"),
        stored=entry.one_of("stored", STORED),
        decorates=entry.flag("decorates"),
        checks=_checked(entry),
        measures=roles.checked(entry, entry.texts("measures")),
        calls=_param(entry, "@function", calls["at"], roles) if "at" in calls else None,
        calls_with=_called_with(entry, calls),
        gives=_given(entry),
        hands=entry.text("hands", ""),
        asks=tuple((method, roles.one(entry, str(role))) for method, role in entry.table("asks").items()),
        runs=entry.flag("runs"),
        since=entry.text("since", ""),
        until=entry.text("until", ""),
        unknown=entry.flag("unknown"),
        confidence=float(entry.number("confidence", 1.0)),
    )


def _typed_with(entry: Entry, roles: Roles) -> tuple[Param, str]:
    entry.only(frozenset(("at", "type")))
    at = entry.values("at")
    if not at:
        raise entry.error("`returns_with` needs `at`, positions and keyword names, and `type`")
    return _param(entry, "@function", list(at), roles), entry.text("type")


def _called_with(entry: Entry, calls: Table) -> tuple[str, ...]:
    """The types in `calls`, which says nothing else."""
    types = calls.get("with", [])
    if not calls.keys() <= {"at", "with"} or not isinstance(types, list):
        raise entry.error("`calls` takes `at`, positions and keyword names, and `with`, a list of types")
    return tuple(str(kind) for kind in types)


def _checked(entry: Entry) -> tuple[str, ...]:
    checked = entry.texts("checks")
    for part in checked:
        if part not in CHECKED:
            raise entry.error(f"`checks` knows no `{part}`; it knows {', '.join(CHECKED)}")
    return checked


def _given(entry: Entry) -> str:
    """`gives` with its default file, checked."""
    given = entry.text("gives", "")
    if given and given.partition(":")[0] not in GIVES:
        raise entry.error(f"`gives` knows no `{given}`; it knows {', '.join(GIVES)}")
    return given


def _roles(entry: Entry, roles: Roles) -> tuple[str, ...]:
    return roles.checked(entry, (*entry.texts("role"), *entry.texts("roles")))


def _param(entry: Entry, role: str, value: object, roles: Roles) -> Param:
    if role not in roles.arguments:
        raise entry.error(f"unknown argument role `{role}` (the vocabulary is roles.toml)")
    items = value if isinstance(value, list) else [value]
    positions: list[int] = []
    keywords: list[str] = []
    rest = False
    for item in items:
        if isinstance(item, int) and not isinstance(item, bool):
            positions.append(item)
        elif item == "*":
            rest = True
        elif isinstance(item, str):
            keywords.append(item)
        else:
            raise entry.error(f"`{role}` takes positions and keyword names")
    return Param(role, tuple(positions), tuple(keywords), rest)


def _condition(entry: Entry, table: Table) -> Condition:
    clauses: list[tuple[str, tuple[str, ...]]] = []
    for role, value in table.items():
        values = value if isinstance(value, list) else [value]
        texts = [item for item in values if isinstance(item, str)]
        if len(texts) != len(values):
            raise entry.error(f"the values of `{role}` must be texts")
        clauses.append((role, tuple(texts)))
    return tuple(clauses)


def _conditional(entry: Entry, roles: Roles, replace: bool) -> RolesWhen:
    entry.only(frozenset(("role", "roles", "when")))
    when = _condition(entry, entry.table("when"))
    if not when:
        raise entry.error("`also` and `instead` need `when`")
    return RolesWhen(_roles(entry, roles), when, replace)


def _ducks(entry: Entry, roles: Roles) -> Iterator[Duck]:
    api = _api(entry, roles)
    for method in entry.texts("method"):
        yield Duck(
            method,
            api,
            int(entry.number("min_args", 0)),
            int(entry.number("max_args", 99)),
            entry.texts("receivers"),
            entry.texts("keywords"),
        )


def _example(entry: Entry, roles: Roles) -> Example:
    role = roles.one(entry, entry.text("role", ""))
    code = entry.text("code")
    line = int(entry.number("line", code.rstrip("\n").count("\n") + 1))
    return Example(code, line, role, entry.text("api", ""), entry.text("random", ""), entry.place)
