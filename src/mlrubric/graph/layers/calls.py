"""Who calls whom: `mlrubric-calls/1`."""

from __future__ import annotations

from mlrubric.graph.build import Picture
from mlrubric.graph.layers.naming import callees, caller_of, is_placed
from mlrubric.graph.layers.sharpen import Sharpener
from mlrubric.graph.program import Program
from mlrubric.model.facts import Requirement


def calls_layer(picture: Picture) -> dict[str, object]:
    """Callers and what they call, sorted. `calls` has names of the repository, builtins, and names of modules that nothing places,
    which may be the repository's own; `external` has the calls into libraries. The body of a class is a caller of its own. `loads` has
    what runs without being called: the modules that an import executes, the bodies of classes."""
    code = picture.world.code
    program = code.program
    inside: dict[str, set[str]] = {}
    outside: dict[str, set[str]] = {}
    libraries = _libraries(picture)
    own = {unit.names[0].partition(".")[0] for unit in program.modules}
    sharpener = Sharpener(code.resolver)
    bodies: set[int] = set()
    for op in sorted({*code.resolver.targets, *code.resolver.foreign}):
        caller, scope = caller_of(program, op), program.scope_id(op)
        for name in callees(code.resolver, op, sharpener.targets(op)):
            top = name.partition(".")[0]
            placed = top not in own and not name.startswith("<") and is_placed(name, libraries)
            (outside if placed else inside).setdefault(caller, set()).add(name)
            if program.scopes[scope].kind == "class":
                bodies.add(scope)
    for scope in bodies:
        parent = program.parent_scope(scope)
        inside.setdefault(program.qualified(parent), set()).add(program.qualified(scope))
    return {"format": "mlrubric-calls/1", "calls": _sorted(inside), "external": _sorted(outside), "loads": _sorted(_loads(program))}


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
