"""What each line or cell calls, directly and through the functions it enters: `mlrubric-callsites/1`."""

from __future__ import annotations

from mlrubric.graph.build import Picture
from mlrubric.graph.code import cell_of
from mlrubric.graph.layers.naming import callees
from mlrubric.graph.layers.sharpen import Context, Sharpener
from mlrubric.graph.program import ModuleUnit
from mlrubric.graph.values import number
from mlrubric.model.facts import NotebookInfo

DEEPEST = 4
WIDEST = 50


def callsites_layer(picture: Picture) -> dict[str, object]:
    """For each file, line (or code cell, counted from 1) -> what runs because of the calls that stand there."""
    code = picture.world.code
    program, resolver = code.program, code.resolver
    reach = Reach(Sharpener(resolver, closed=True))
    cells = _code_cells(picture)  # one sweep over the facts
    files: dict[str, dict[str, set[str]]] = {}
    for op in sorted({*resolver.targets, *resolver.foreign}):
        unit = program.unit(op)
        if unit.facts.owner and not unit.is_notebook:
            continue
        found = reach.names(op)
        if found:
            files.setdefault(unit.path, {}).setdefault(_place(unit, program.ops[op].line, cells), set()).update(found)
    return {
        "format": "mlrubric-callsites/1",
        "files": {path: {place: sorted(files[path][place]) for place in sorted(files[path], key=_order)} for path in sorted(files)},
    }


class Reach:
    """Everything that a call leads to, function by function, with the arguments of the calls on the way; a function that is only handed to
    a library is entered, but not named."""

    def __init__(self, sharpener: Sharpener) -> None:
        self.sharpener = sharpener
        self.resolver = sharpener.resolver
        self._known: dict[int, frozenset[str]] = {}
        self.calls_in: dict[int, list[int]] = {}
        for op in sorted({*self.resolver.targets, *self.resolver.foreign}):
            self.calls_in.setdefault(self.resolver.program.scope_id(op), []).append(op)

    def names(self, op: int) -> set[str]:
        found: set[str] = set()
        self._collect(op, None, found, set())
        return found

    def _collect(self, op: int, context: Context | None, found: set[str], seen: set[tuple[int, Context | None]]) -> None:
        targets = self.sharpener.targets(op, context)
        found.update(callees(self.resolver, op, (t for t in targets if t[0] != "callback")))  # no call that stands there names it
        inner = Context(op, context) if context is None or context.depth < DEEPEST else context
        for target in targets:
            if target[0] not in ("function", "callback"):
                continue
            scope = number(target)
            if target[0] == "callback" and not self._handed(op, scope):
                continue
            into = inner if self.sharpener.sensitive(scope) and len(seen) <= WIDEST else None
            if into is None:
                found.update(self._everything(scope))
                continue
            if (scope, into) not in seen:
                seen.add((scope, into))
                for call in self.calls_in.get(scope, ()):
                    self._collect(call, into, found, seen)

    def _everything(self, start: int) -> frozenset[str]:
        """What a function leads to, whoever calls it."""
        known = self._known.get(start)
        if known is None:
            names: set[str] = set()
            reached, waiting = {start}, [start]
            while waiting:
                for call in self.calls_in.get(waiting.pop(), ()):
                    targets = self.sharpener.targets(call)
                    names.update(callees(self.resolver, call, (t for t in targets if t[0] != "callback")))
                    for target in targets:
                        if target[0] not in ("function", "callback") or number(target) in reached:
                            continue
                        if target[0] == "function" or self._handed(call, number(target)):
                            reached.add(number(target))
                            waiting.append(number(target))
            known = self._known[start] = frozenset(names)
        return known

    def _handed(self, op: int, scope: int) -> bool:
        """Whether a function is an argument of a call itself, or a method of an object that is; one in a list is kept for later."""
        if scope in self.resolver.class_of:
            return True
        arguments = self.resolver.program.args[op][1:]
        return any(v[0] == "partial" or (v[0] in ("function", "bound") and v[1] == scope) for a in arguments for v in self.resolver.of(a))


def _code_cells(picture: Picture) -> dict[str, dict[int, int]]:
    """Notebook -> cell number -> number among the code cells."""
    return {path: {cell[0]: index for index, cell in enumerate(info.cells, 1)} for path, info in picture.world.every(NotebookInfo)}


def code_cell(picture: Picture, unit: ModuleUnit, line: int) -> int:
    """The number, among the code cells, of the cell that holds a line of a notebook; 0 elsewhere."""
    place = _place(unit, line, _code_cells(picture))
    return int(place.removeprefix("cell ")) if place.startswith("cell ") else 0


def _place(unit: ModuleUnit, line: int, cells: dict[str, dict[int, int]]) -> str:
    cell, _ = cell_of(unit, line)
    return str(line) if cell is None else f"cell {cells.get(unit.path, {}).get(cell, cell)}"


def _order(place: str) -> int:
    return int(place.removeprefix("cell "))
