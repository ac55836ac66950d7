"""What each line or cell calls, directly and through the functions it enters: `mlrubric-callsites/1`."""

from __future__ import annotations

from mlrubric.graph.build import Picture
from mlrubric.graph.code import cell_of
from mlrubric.graph.layers.reach import Reach
from mlrubric.graph.layers.sharpen import Sharpener
from mlrubric.graph.program import ModuleUnit
from mlrubric.model.facts import NotebookInfo


def callsites_layer(picture: Picture) -> dict[str, object]:
    """For each file, line (or code cell, counted from 1) -> what runs because of the calls that stand there."""
    code = picture.world.code
    program, resolver = code.program, code.resolver
    reach = Reach(Sharpener(resolver, closed=True))
    cells = _code_cells(picture)  # one sweep over the facts
    files: dict[str, dict[str, int]] = {}
    for op in sorted({*resolver.targets, *resolver.foreign}):
        unit = program.unit(op)
        if unit.facts.owner and not unit.is_notebook:
            continue
        found = reach.bits(op)
        if found:
            facts = program.ops[op]
            places, place = files.setdefault(unit.path, {}), _place(unit, facts.line, facts.column, cells)
            places[place] = places.get(place, 0) | found
    return {
        "format": "mlrubric-callsites/1",
        "files": {path: {place: reach.names_of(files[path][place]) for place in sorted(files[path], key=_order)} for path in sorted(files)},
    }


def _code_cells(picture: Picture) -> dict[str, dict[int, int]]:
    """Notebook -> cell number -> number among the code cells."""
    return {path: {cell[0]: index for index, cell in enumerate(info.cells, 1)} for path, info in picture.world.every(NotebookInfo)}


def code_cell(picture: Picture, unit: ModuleUnit, line: int, column: int) -> int:
    """The number, among the code cells, of the cell that holds a raw place of a notebook; 0 elsewhere."""
    place = _place(unit, line, column, _code_cells(picture))
    return int(place.removeprefix("cell ")) if place.startswith("cell ") else 0


def _place(unit: ModuleUnit, line: int, column: int, cells: dict[str, dict[int, int]]) -> str:
    cell, _ = cell_of(unit, line, column)
    return str(line) if cell is None else f"cell {cells.get(unit.path, {}).get(cell, cell)}"


def _order(place: str) -> int:
    return int(place.removeprefix("cell "))
