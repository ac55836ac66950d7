"""Notebooks and their cells as nodes: in which order they were run, how they are written, what they are called."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection

from mlrubric.graph.code import cell_of
from mlrubric.graph.world import World
from mlrubric.model.documents import CellShape
from mlrubric.model.facts import NotebookInfo, Stage, Unreadable
from mlrubric.model.homes import home
from mlrubric.model.place import Place, Span

ORDER = 50
ENDS = 3  # so many cells are its beginning, and its end
SETTING_UP = frozenset({"import", "magic", "const", "load", "attribute"})  # what a cell of imports holds besides them
PINNED = re.compile(r"[=~]=|(?<![<>!~=])=\d|<|@\s*\S|[+]|://|[$%{]|\.(whl|zip|gz)$")  # a version, a bound, an address, a variable
TOOLS = re.compile(r"pip|setuptools|wheel|uv|python(=.*)?|jupyter(lab)?|notebook|ipykernel|ipywidgets|nbformat", re.IGNORECASE)
STRIPS = re.compile(r"strip|clear", re.IGNORECASE)  # hooks that take the results out of notebooks


def link(world: World) -> None:
    """Attributes of every notebook, and a node for each of its code cells."""
    _unpinned(world)
    _executed(world)
    unread = [(path, fact) for path, fact in world.every(Unreadable) if fact.place.cell is not None]
    broken = {(path, fact.place.cell) for path, fact in unread if "f-string" not in fact.reason}  # Python 3.12 takes more of these
    names: dict[str, list[str]] = {}
    notebooks = list(world.every(NotebookInfo))
    for path, _ in notebooks:
        names.setdefault(posixpath.basename(path), []).append(path)
    stripped = any(stage.tool == "pre-commit" and STRIPS.search(stage.name) for _, stage in world.every(Stage))
    for path, info in notebooks:
        index = world.code.program.by_path.get(path)
        if index is None:
            continue
        node = world.code.module_node[index]
        attributes = world.graph.nodes[node].attributes
        counts = [c[2] for c in info.cells]
        run = [c for c in counts if c is not None]
        attributes["executed"] = "true" if any(c[3] and not c[4] for c in info.cells) else "false"
        attributes["ordered"] = "true" if run == sorted(run) and len(set(run)) == len(run) else "false"
        attributes["all_run"] = "true" if None not in counts else "false"
        runners = [world.graph.edges[e].source for e in world.graph.incoming[node] if world.graph.edges[e].kind == "run"]
        for runner in runners:
            world.graph.nodes[runner].attributes["runs_notebook"] = path
            world.graph.nodes[runner].attributes["takes_parameters"] = _takes_parameters(info.shapes)
        attributes["results"] = "some" if run or runners or any(c[3] for c in info.cells) else "none"
        attributes["stripped"] = "true" if stripped else "false"
        twins = [other for other in names[posixpath.basename(path)] if other < path]
        if twins:
            attributes["namesake"] = twins[0]
        _written(attributes, info.shapes)
        _cells(world, index, path, info, {number for p, number in broken if p == path and number is not None})


def _written(attributes: dict[str, str], shapes: tuple[CellShape, ...]) -> None:
    """How a notebook is written, as numbers and words: `cells`, `prose` (text cells for a hundred code cells), and what stands at its
    ends."""
    kept = [shape for shape in shapes if shape.says != "nothing"]
    code = [shape for shape in kept if shape.kind == "code"]
    prose = [shape for shape in kept if shape.kind != "code"]
    attributes["cells"] = str(len(kept))
    attributes["code_cells"] = str(len(code))
    attributes["prose"] = str(100 * len(prose) // len(code)) if code else "100"
    attributes["titled"] = "true" if any(shape.title for shape in kept[:ENDS]) else "false"
    for name, end in (("opening", kept[:ENDS]), ("closing", kept[-ENDS:])):
        attributes[name] = "text" if any(shape.says == "text" and shape.kind != "code" for shape in end) else "none"


def _takes_parameters(shapes: tuple[CellShape, ...]) -> str:
    """Whether a cell is tagged as the one whose values a runner replaces."""
    return "true" if any("parameters" in shape.tags for shape in shapes) else "false"


def _executed(world: World) -> None:
    """Calls that run a notebook lead to it, whether its path is told from the root or from their own folder."""
    graph, code = world.graph, world.code
    for op, node in sorted(code.op_node.items()):
        source = graph.nodes[node].attributes.get("@source", "")
        if source.endswith(".ipynb") and "process.run" in graph.nodes[node].roles:
            here = posixpath.dirname(graph.nodes[node].place.path)
            found = world.file(home(here), source) or world.file(here, source)
            index = code.program.by_path.get(found) if found else None
            if index is not None:
                graph.connect(node, code.module_node[index], "run", code.place(op))


def _unpinned(world: World) -> None:
    """`unpinned` on the commands of notebooks that install packages without saying which version."""
    for node, _, invocation in world.installs:
        words = invocation.all("package") if world.graph.nodes[node].place.path.endswith(".ipynb") else ()
        loose = [word for word in words if not PINNED.search(word) and not TOOLS.fullmatch(word)]
        if loose and invocation.option("constraints") is None:
            world.graph.nodes[node].attributes["unpinned"] = " ".join(word.strip("'\"") for word in loose)


def _cells(world: World, module: int, path: str, info: NotebookInfo, broken: Collection[int]) -> None:
    """`ran`: before an earlier one, or left out between cells that were run (cells without Python aside); `imports`: late,
    when the notebook has done something before; `python`: broken, when it is none."""
    unit = world.code.program.modules[module]
    kinds: dict[int, set[str]] = {}
    for op in unit.facts.ops:
        number = cell_of(unit, op.line, op.column)[0]
        if number is not None:
            outer = unit.facts.blocks[op.block].kind in ("scope", "cell") and unit.facts.scopes[op.scope].kind == "module"
            kinds.setdefault(number, set()).add(op.kind if outer or op.kind != "import" else "call")
    shapes = {shape.number: shape for shape in info.shapes}
    last, highest, started = max((i for i, c in enumerate(info.cells) if c[2] is not None), default=-1), 0, False
    for index, (number, line, count, _, _) in enumerate(info.cells):
        does = kinds.get(number, set())
        shape = shapes.get(number)
        place = Place(path, Span(line), f"cell {number}", number, 1)
        node = world.graph.add("cell", f"cell {number}", place, count=str(count or ""), previous=str(highest))
        attributes = world.graph.nodes[node].attributes
        if count is not None and count <= highest and does:
            attributes["ran"] = "before"
        elif count is None and index < last and does:
            attributes["ran"] = "left out"
        if shape is not None:
            attributes.update(says=shape.says, lines=str(shape.lines), comments=str(shape.comments))
        attributes["last"] = "true" if index == len(info.cells) - 1 else "false"
        if started and "import" in does:
            attributes["imports"] = "late"
        if number in broken:
            attributes["python"] = "broken"
        started = started or not does <= SETTING_UP
        world.graph.connect(world.code.module_node[module], node, "declare")
        highest = max(highest, count or 0) if does else highest  # after an install the kernel starts anew
