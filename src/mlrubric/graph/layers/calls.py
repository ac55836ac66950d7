"""Who calls whom: `mlrubric-calls/1`."""

from __future__ import annotations

from mlrubric.graph.build import Picture
from mlrubric.graph.layers.naming import callees, caller_of, is_placed
from mlrubric.graph.layers.sharpen import Sharpener
from mlrubric.model.facts import Requirement


def calls_layer(picture: Picture) -> dict[str, object]:
    """Callers and what they call, sorted. `calls` has names of the repository, builtins, and names of modules that nothing places,
    which may be the repository's own; `external` has the calls into libraries. The body of a class is a caller of its own."""
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
    return {"format": "mlrubric-calls/1", "calls": _sorted(inside), "external": _sorted(outside)}


def _sorted(edges: dict[str, set[str]]) -> dict[str, list[str]]:
    return {caller: sorted(edges[caller]) for caller in sorted(edges)}


def _libraries(picture: Picture) -> frozenset[str]:
    """Import names of libraries that the catalogue or a manifest of the repository knows."""
    known = set(picture.world.code.program.libraries)
    catalogue = picture.world.code.resolver.catalogue
    for _, requirement in picture.world.every(Requirement):
        known.update(name.partition(".")[0] for name in catalogue.imports(requirement.name))
    return frozenset(known)
