"""Who calls whom: `mlrubric-calls/1`."""

from __future__ import annotations

from mlrubric.graph.build import Picture
from mlrubric.graph.layers.naming import callees, caller_of, is_placed, name_of
from mlrubric.graph.layers.sharpen import Sharpener
from mlrubric.graph.program import Program
from mlrubric.model.facts import Requirement

UNSEEN = frozenset({"attribute", "store_attribute", "delete", "fstring"})
WRITES = frozenset({"__str__", "__repr__", "__format__"})


def calls_layer(picture: Picture) -> dict[str, object]:
    """Callers and what they call, sorted. The body of a class is a caller of its own.

    - `calls`: names of the repository, builtin functions, and names of modules that nothing places, which may be the repository's own
    - `external`: calls into libraries and of methods of builtin types
    - `implicit`: special methods that run though no brackets and no operator of theirs stand there: a formatted text, an attribute
    - `handed`: functions that are handed to a library, which may call them
    - `loads`: what runs without being called: the modules that an import executes, the bodies of classes"""
    code = picture.world.code
    program, resolver = code.program, code.resolver
    tables: dict[str, dict[str, set[str]]] = {"calls": {}, "external": {}, "implicit": {}, "handed": {}}
    libraries = _libraries(picture)
    own = {unit.names[0].partition(".")[0] for unit in program.modules}
    sharpener = Sharpener(resolver)
    bodies: set[int] = set()
    for op in sorted({*resolver.targets, *resolver.foreign}):
        caller, scope = caller_of(program, op), program.scope_id(op)
        targets = sharpener.targets(op)
        handed = {t for t in targets if t[0] == "callback"}
        for target in handed:
            tables["handed"].setdefault(caller, set()).add(name_of(program, target))
        for name in callees(resolver, op, targets - handed):
            table = _table(name, program.ops[op].kind, own, libraries)
            tables[table].setdefault(caller, set()).add(name)
            if program.scopes[scope].kind == "class":
                bodies.add(scope)
    for scope in bodies:
        parent = program.parent_scope(scope)
        tables["calls"].setdefault(program.qualified(parent), set()).add(program.qualified(scope))
    tables["loads"] = _loads(program)
    return {"format": "mlrubric-calls/1", **{name: _sorted(table) for name, table in tables.items()}}


def _table(name: str, kind: str, own: set[str], libraries: frozenset[str]) -> str:
    """Where a call is listed that an operation of a kind makes."""
    top, _, last = name.rpartition(".")
    if last in WRITES and kind != "call":
        return "implicit"
    if last.startswith("__") and kind in UNSEEN:
        return "implicit"
    if name.startswith("<"):
        return "calls" if top == "<builtin>" else "external"
    top = name.partition(".")[0]
    return "external" if top not in own and is_placed(name, libraries) else "calls"


def _loads(program: Program) -> dict[str, set[str]]:
    """Scope -> modules of the repository that its imports execute, the most particular ones, and classes that it defines."""
    found: dict[str, set[str]] = {}
    for op, facts in enumerate(program.ops):
        if facts.kind == "class":
            scope = int(str(facts.value)) + program.unit(op).scope_base
            found.setdefault(caller_of(program, op), set()).add(program.qualified(scope))
        elif facts.kind == "import" and isinstance(facts.value, tuple):
            unit, (module, symbol, level) = program.unit(op), facts.value
            inner = f"{module}.{symbol}" if module and symbol else str(symbol)
            index = program.find_module(inner, int(level), unit) if symbol and symbol != "*" else None
            if index is None:
                index = program.find_module(str(facts.extra or module), int(level), unit)
            if index is not None and index != unit.index:
                found.setdefault(caller_of(program, op), set()).add(program.modules[index].names[0])
    return found


def _sorted(edges: dict[str, set[str]]) -> dict[str, list[str]]:
    return {caller: sorted(edges[caller]) for caller in sorted(edges)}


def _libraries(picture: Picture) -> frozenset[str]:
    """Import names of libraries that the catalogue or a manifest of the repository knows."""
    known = set(picture.world.code.program.libraries)
    catalogue = picture.world.code.resolver.catalogue
    for _, requirement in picture.world.every(Requirement):
        known.update(name.partition(".")[0] for name in catalogue.imports(requirement.name))
    return frozenset(known)
