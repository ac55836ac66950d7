"""In which order the modules are taken up: what is imported comes before what imports it, so that most values are there when asked for."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.graph.program import ModuleUnit, Program


def importing_last(program: Program) -> list[ModuleUnit]:
    """All modules, each behind those that it imports; in a circle of imports, the first that was come upon is last."""
    imported = [sorted(set(modules)) for modules in _imports(program)]
    ordered: list[ModuleUnit] = []
    seen: set[int] = set()
    for start in range(len(program.modules)):
        if start in seen:
            continue
        seen.add(start)
        open_: list[tuple[int, Iterator[int]]] = [(start, iter(imported[start]))]
        while open_:
            module, left = open_[-1]
            following = next((m for m in left if m not in seen), None)
            if following is None:
                ordered.append(program.modules[module])
                open_.pop()
            else:
                seen.add(following)
                open_.append((following, iter(imported[following])))
    return ordered


def _imports(program: Program) -> list[list[int]]:
    """The modules of the project that each module imports."""
    found: list[list[int]] = [[] for _ in program.modules]
    for unit in program.modules:
        for facts in unit.facts.ops:
            if facts.kind == "import" and isinstance(facts.value, tuple):
                found[unit.index].extend(program.imported_modules(unit, facts))
    return found
