"""Calling an application object runs the functions registered with it: `@app.command()` on a function, `app()` in the main part."""

from __future__ import annotations

from mlrubric.graph.world import World

ORDER = 41


def link(world: World) -> None:
    """Call edges from what calls the object to the functions that its decorators took; uncertain, for one of them runs at a time."""
    code = world.code
    program = code.program
    registered: dict[int, list[int]] = {}  # definition of the object -> functions
    for op in program.of_kind("function"):
        for decorator in program.decorators(op):
            for source in _origins(world, _receiver(world, decorator)):
                registered.setdefault(source, []).append(program.defined(op))
    if not registered:
        return
    for op in program.of_kind("call"):
        for source in _origins(world, program.args[op][0]) if not code.checks.dead(op) else ():
            for scope in registered.get(source, ()):
                node = code.scope_node.get(scope)
                if node is not None and code.holder(op) != node:
                    world.graph.connect(code.holder(op), node, "call", code.place(op), certain=len(registered[source]) == 1)


def _receiver(world: World, decorator: int) -> int:
    """`app` of `@app.command()` or `@app.command`; -1 for a plain decorator."""
    program = world.code.program
    called = program.args[decorator][0] if program.ops[decorator].kind == "call" else decorator
    return program.args[called][0] if called >= 0 and program.ops[called].kind == "attribute" else -1


def _origins(world: World, op: int) -> set[int]:
    """The calls and functions that made the object behind a name: `typer.Typer()`, a group function."""
    program, resolver = world.code.program, world.code.resolver
    if op < 0 or program.ops[op].kind not in ("load", "attribute"):
        return set()
    found: set[int] = set()
    waiting, seen = [op], {op}
    while waiting:
        current = waiting.pop()
        kind = program.ops[current].kind
        if kind == "function" or (kind == "call" and current != op):
            found.add(current)
            continue
        if kind in ("load", "assign", "phi", "attribute", "import", "param"):
            own = () if kind == "attribute" else program.args[current]
            sources = (*own, *resolver.reads.get(current, ()))
            for source in sources:
                if source >= 0 and source not in seen:
                    seen.add(source)
                    waiting.append(source)
    return found
