"""Every entry of the catalogue is met by a small program through an import alias, with the resolver and the meanings that a run uses.

For each library one module is written in which each entry has a line of its own: a function is called behind `import pkg.mod as alias`, a
class behind `from pkg import C as alias`, a method on `alias()`, an attribute is read from `alias()`; wildcards get a name that they cover.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache

import pytest

from mlrubric.graph.meaning import Meaning, Meanings
from mlrubric.graph.program import Program
from mlrubric.graph.resolve import Resolver, resolve
from mlrubric.graph.resolve.objects import of_type
from mlrubric.knowledge.catalogue import load_catalogue
from mlrubric.knowledge.entries import Api, Duck
from mlrubric.knowledge.library import Library
from mlrubric.model.python import PythonModule
from mlrubric.read.drive import read_tree
from mlrubric.source.tree import MemoryTree

CATALOGUE = load_catalogue()
LIBRARIES = {library.path.stem: library for library in CATALOGUE.load_all()}


PROTOCOLS = {"__getitem__": ("x[0]", "subscript"), "__iter__": ("[y for y in x]", "element"), "__enter__": ("with x: pass", "enter")}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a program. `name` is the entry's name with wildcards filled in; `api` what must be met, None for an attribute; `value`
    is the type expression of an attribute,
    or of what `operation` gives."""

    code: str
    name: str
    api: Api | None = None
    value: str = ""
    operation: str = "attribute"
    imports: str = ""
    parameter: str = ""


def lines_of(library: Library) -> Iterator[Line]:
    """What exercises a library, entry by entry."""
    for name, info in library.types.items():
        if name not in library.apis:  # else calling it has an entry of its own
            yield Line("ALIAS()", name, replace(info.constructor, name=name, returns=name), imports=imported(name))
    for name in library.apis:
        api = CATALOGUE.api(name)
        assert api is not None, name
        yield called(name, api)
    for pattern, template in library.wildcards:
        name = filled(pattern)
        yield called(name, replace(template, name=name))
    for name, apis in library.apis.items():
        owner, _, last = name.rpartition(".")
        if last in PROTOCOLS and CATALOGUE.is_class(owner):
            returns = apis[0].returns
            kind = owner if returns == "self" else "" if "arg:" in returns or "self" in returns else returns
            code, operation = PROTOCOLS[last]
            yield instance(owner, Line(code, name, value=kind, operation=operation))
    for name, kind in library.attributes.items():
        owner, _, last = name.rpartition(".")
        last = "anything" if last == "__getattr__" else last
        if CATALOGUE.is_class(owner):
            yield instance(owner, Line(f"x.{last}", name, value=kind))
        else:
            yield Line(f"ALIAS.{last}", name, value=kind, imports=imported(owner))


def filled(pattern: str) -> str:
    """A name that a wildcard covers; of builtins one that there is."""
    if pattern.startswith("builtins."):
        return next(f"builtins.{name}" for name in dir(builtins) if fnmatchcase(f"builtins.{name}", pattern))
    return pattern.replace("**", "Any.deep.other").replace("*", "any")


def guessed() -> list[tuple[str, Duck]]:
    """A function for each method name that means something on a receiver of unknown type."""
    found = []
    for duck in LIBRARIES["ducks"].ducks:
        receiver = duck.receivers[0].replace("*", "") if duck.receivers else "thing"
        keywords = [f"{name}=None" for name in duck.keywords[:1]]
        arguments = ["None"] * (max(duck.min_args, 0) - len(keywords)) + keywords
        name = {"self": "one"}.get(receiver, receiver) or "thing"
        found.append((f"def entry({name}):\n    {name}.{duck.method}({', '.join(arguments)})\n", duck))
    return found


def called(name: str, api: Api) -> Line:
    """A call by the name of an entry: a method of an instance, else a function of a module."""
    owner, _, last = name.rpartition(".")
    if CATALOGUE.is_class(owner):
        return instance(owner, Line("x()" if last == "__call__" else f"x.{last}()", name, api))
    if CATALOGUE.is_class(name) or not owner:
        return Line("ALIAS()", name, api, imports=imported(name))
    if owner == "builtins":
        return Line(f"{last}()", name, api)
    return Line(f"ALIAS.{last}()", name, api, imports=f"import {owner} as ALIAS")


def instance(owner: str, line: Line) -> Line:
    """The line for `x`, an instance of a type: its constructor gives one, unless calling it means something else."""
    made = CATALOGUE.api(owner)
    if owner.startswith("builtins.") or made is None or made.returns != owner or CATALOGUE.type(owner).holds:  # type: ignore[union-attr]
        return replace(line, parameter="x: ALIAS", imports=imported(owner))
    return replace(line, code=f"x = ALIAS()\n{line.code}", imports=imported(owner))


def imported(name: str) -> str:
    owner, _, last = name.rpartition(".")
    return f"from {owner} import {last} as ALIAS" if owner else f"import {name} as ALIAS"


@cache
def resolved() -> tuple[Program, Resolver, Meanings, dict[tuple[str, int], Line]]:
    """All programs, resolved together, and which line stands where."""
    files: dict[str, str] = {}
    where: dict[tuple[str, int], Line] = {}
    for stem, library in LIBRARIES.items():
        text: list[str] = []
        for line in lines_of(library):
            alias = f"alias{len(text)}"
            body = [f"    {part}" for part in line.code.replace("ALIAS", alias).split("\n")]
            text += [line.imports.replace("ALIAS", alias), f"def entry({line.parameter.replace('ALIAS', alias)}):", *body]
            where[f"entries_{stem}.py", len(text)] = line
        files[f"entries_{stem}.py"] = "\n".join(text) + "\n"
    program, resolver = program_of(files)
    return program, resolver, Meanings(program, resolver, CATALOGUE), where


def program_of(files: dict[str, str]) -> tuple[Program, Resolver]:
    facts = [(one.path, fact) for one in read_tree(MemoryTree(dict(files)), workers=1) for fact in one.facts]
    program = Program([(path, fact) for path, fact in facts if isinstance(fact, PythonModule)], (), CATALOGUE.import_names)
    return program, resolve(program, CATALOGUE)


@pytest.mark.parametrize("stem", sorted(LIBRARIES))
def test_each_entry_is_met_through_an_import_alias(stem: str) -> None:
    program, resolver, meanings, where = resolved()
    unit = program.modules[program.by_path[f"entries_{stem}.py"]]
    last: dict[int, dict[str, int]] = {}
    for op, facts in enumerate(unit.facts.ops, unit.base):
        last.setdefault(facts.line, {})[facts.kind] = op
    wrong: list[str] = []
    for (path, number), line in where.items():
        if path != unit.path:
            continue
        if line.api is None:
            found = resolver.of(last[number][line.operation])
            if not of_type(line.value) <= found:
                wrong.append(f"{line.name}: {line.code} gives {sorted(found, key=repr)}, not {line.value}")
            continue
        told = met(meanings.of(last[number]["call"]), line.api)
        if told:
            wrong.append(f"{line.name}: {line.code} {told}")
    assert not wrong, "\n".join(wrong)


def met(meaning: Meaning | None, api: Api) -> str:
    """What is wrong with the meaning of a call that ought to be that of an entry; "" when nothing is."""
    if meaning is None or meaning.entry is None:
        return "has no meaning"
    if not meaning.certain:
        return "is understood by its name only"
    if replace(meaning.entry, name="") != replace(api, name=""):
        return f"means {meaning.entry.name}"
    expected = api.roles_for({})
    return "" if meaning.roles == expected else f"has the roles {meaning.roles}, not {expected}"


def test_each_guess_is_met_on_a_receiver_of_unknown_type() -> None:
    files = {f"guess{number}.py": code for number, (code, _) in enumerate(guessed())}
    program, resolver = program_of(files)
    meanings = Meanings(program, resolver, CATALOGUE)
    for number, (code, duck) in enumerate(guessed()):
        unit = program.modules[program.by_path[f"guess{number}.py"]]
        (call,) = (op for op, facts in enumerate(unit.facts.ops, unit.base) if facts.kind == "call")
        meaning = meanings.of(call)
        assert meaning is not None and not meaning.certain, code
        assert meaning.entry == duck.api, code
