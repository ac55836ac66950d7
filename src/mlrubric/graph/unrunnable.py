"""Programs that end before they begin: the command gives an option that the script does not define, or a module imports one of the
project's own modules that is not there. What they would check is not checked."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import replace

from mlrubric.graph.automation import CANNOT
from mlrubric.graph.code import Code
from mlrubric.graph.meaning import Meaning
from mlrubric.graph.program import ModuleUnit, Program
from mlrubric.graph.world import World
from mlrubric.model.python import Op

LENIENT = frozenset({"ignore_unknown_options", "allow_extra_args"})
COMPILED = (".pyx", ".pyd", ".so", ".c", ".cpp", ".proto", ".pyi", ".rs")
MADE = ("_pb2", "_pb2_grpc", "_version", "version", "__version__")
TRIED = ("try", "try_else", "except", "if", "else")


def mark_unrunnable(world: World) -> None:
    """The hops to such programs are blocked, with the reason."""
    graph, code = world.graph, world.code
    for node, invocation in world.starts:
        given = [name for name, _ in invocation.options if name.startswith("--") and "$" not in name and len(name) > 2]
        for number in graph.outgoing[node] if given else ():
            edge = graph.edges[number]
            index = code.program.by_path.get(graph.nodes[edge.target].place.path)
            if edge.kind != "run" or edge.blocked or index is None:
                continue
            unknown = _unknown(code, code.program.modules[index], given)
            if unknown:
                graph.edges[number] = replace(edge, blocked=f"{CANNOT}{graph.nodes[edge.target].place.path} does not define {unknown}")
    missing = _missing(world)
    if missing:
        for number, edge in enumerate(graph.edges):
            index = code.program.by_path.get(graph.nodes[edge.target].place.path, -1)
            if edge.kind == "run" and not edge.blocked and index in missing:
                graph.edges[number] = replace(edge, blocked=f"{CANNOT}{missing[index]}")


# ---- options ---------------------------------------------------------------------------------------------------------


def _unknown(code: Code, unit: ModuleUnit, given: list[str]) -> str:
    """The first option that a strict command line of a module does not define; "" when all are fine, or it cannot be told."""
    program = code.program
    own = range(unit.base, unit.base + len(unit.facts.ops))
    roles = [set(m.roles) for op in own if (m := code.meanings.of(op) or _bare(code, op)) is not None]
    if not any("config.strict" in r for r in roles) or any("config.lenient" in r for r in roles):
        return ""
    declared: set[str] = set()
    for one in _with_imports(program, unit):
        for op in range(one.base, one.base + len(one.facts.ops)):
            facts = program.ops[op]
            if facts.kind == "const" and isinstance(facts.value, str):
                if facts.value in LENIENT:
                    return ""
                if facts.value.startswith("-"):
                    declared.update(facts.value.split("/"))
            elif facts.kind == "param":
                declared |= {"--" + facts.name.replace("_", "-"), "--no-" + facts.name.replace("_", "-")}
            elif facts.kind == "call" and "config.option" in code.meanings.roles(op) and not _plain(program, op):
                return ""
    declared |= {"--help", "--version", "--install-completion", "--show-completion"}
    names = {d.split()[0].rstrip(",=") for d in declared if d.strip("-")}
    return next((option for option in given if not any(name.startswith(option) for name in names)), "")


def _bare(code: Code, op: int) -> Meaning | None:
    return None if code.program.ops[op].kind != "attribute" else code.meanings.named(op)


def _plain(program: Program, op: int) -> bool:
    """Whether the names of an option are written out."""
    first = program.args[op][1:2]
    return bool(first) and program.ops[first[0]].kind == "const"


def _with_imports(program: Program, unit: ModuleUnit) -> list[ModuleUnit]:
    found, waiting = {unit.index: unit}, [unit]
    while waiting:
        here = waiting.pop()
        for op in here.facts.ops:
            if op.kind == "import" and isinstance(op.value, tuple):
                for name in _names(op):
                    index = program.find_module(name, int(op.value[2]), here) if name or op.value[2] else None
                    if index is not None and index not in found:
                        found[index] = program.modules[index]
                        waiting.append(program.modules[index])
    return list(found.values())


def _names(op: Op) -> Iterator[str]:
    """The modules that an import may name, the most particular first: `from a.b import c` may mean a.b.c, and runs a.b."""
    assert isinstance(op.value, tuple)
    module, symbol = str(op.value[0]), str(op.value[1])
    if isinstance(op.extra, str):
        yield op.extra
    elif symbol:
        yield f"{module}.{symbol}" if module else symbol
        yield module
    else:
        yield module


# ---- imports ---------------------------------------------------------------------------------------------------------


def _missing(world: World) -> dict[int, str]:
    """Modules that cannot be imported, by themselves or through what they import, with the reason."""
    program = world.code.program
    found: dict[int, str] = {}
    needs: dict[int, set[int]] = {}  # module -> modules that import it at their top
    for unit in program.modules:
        if unit.facts.owner:
            continue
        for number, op in enumerate(unit.facts.ops):
            if op.kind != "import" or not isinstance(op.value, tuple) or not _at_top(world.code, number + unit.base):
                continue
            index = next((i for name in _names(op) if (i := program.find_module(name, int(op.value[2]), unit)) is not None), None)
            if index is not None:
                needs.setdefault(index, set()).add(unit.index)
            elif not op.value[2] and _own_but_absent(world, unit, (whole := list(_names(op))[-1])):
                found.setdefault(unit.index, f"{unit.path}:{op.line} imports {whole}, which is not in this repository")
    waiting = sorted(found)
    while waiting:
        index = waiting.pop()
        for importer in sorted(needs.get(index, ())):
            if importer not in found:
                found[importer] = found[index]
                waiting.append(importer)
    return found


def _at_top(code: Code, op: int) -> bool:
    """Whether an import always happens when its module is imported: outside of functions, `try` and conditions."""
    program = code.program
    if program.scopes[program.scope_id(op)].kind != "module":
        return False
    return all(program.blocks[block].kind not in TRIED for block in program.blocks_around(op))


def _own_but_absent(world: World, unit: ModuleUnit, name: str) -> bool:
    """`package.module` where the package is a regular package of the project, its other modules are found, and this one is no file of any
    kind."""
    program, parts = world.code.program, name.split(".")
    if len(parts) < 2 or parts[0] in program.libraries or any(part in MADE or part.endswith(MADE[:2]) for part in parts):
        return False
    index = program.find_module(".".join(parts[:-1]), 0, unit)
    package = program.modules[index] if index is not None else None
    if package is None or posixpath.basename(package.path) != "__init__.py":
        return False  # a whole folder that is missing may be there and left out of version control
    folder, missing = posixpath.dirname(package.path), parts[-1]
    exports = program.exports[package.scope_base]
    if package.stars or missing in exports or "__getattr__" in exports:
        return False
    stem = f"/{'/'.join(parts)}"
    there = any(path.endswith(f"{stem}{end}") or f"{stem}/" in f"/{path}" for path in world.files for end in (".py", *COMPILED))
    siblings = sum(p.startswith(folder + "/") and p.endswith(".py") for p in program.by_path)
    return not there and siblings > 1
