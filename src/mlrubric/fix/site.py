"""What a recipe sees: one finding with its subject in the graph, the texts of the repository, and what the rule tells the recipe."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar, cast

from mlrubric.fix.cells import Cells
from mlrubric.fix.code import Code, Key, T, parsed
from mlrubric.fix.lines import Lines
from mlrubric.graph.build import Picture
from mlrubric.graph.code import Code as Program
from mlrubric.graph.meaning import Meaning
from mlrubric.graph.program import ModuleUnit
from mlrubric.model.graph import Node
from mlrubric.model.place import Place, Span
from mlrubric.model.remedy import NewFile, TextEdit
from mlrubric.model.verdict import Finding
from mlrubric.rules.rule import FixRule, Table, texts
from mlrubric.rules.select import select

Texts = Callable[[str], str | None]
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Edits:
    """What a recipe gives; `safety` and `title` where they differ from what the rule says."""

    edits: tuple[TextEdit, ...] = ()
    files: tuple[NewFile, ...] = ()
    safety: str = ""
    title: str = ""


@dataclass(slots=True)
class Shelf:
    """The texts of a repository, taken apart once for all findings of a run."""

    picture: Picture
    texts: Texts
    _codes: dict[str, Code | None] = field(default_factory=dict)
    _cells: dict[str, Cells | None] = field(default_factory=dict)
    _lines: dict[str, Lines] = field(default_factory=dict)
    _alike: dict[str, dict[str, list[Node]]] = field(default_factory=dict)
    _ops: dict[str, dict[Key, list[int]]] = field(default_factory=dict)
    _made: dict[object, object] = field(default_factory=dict)

    def code(self, path: str, cell: int | None = None) -> Code | None:
        """The Python of a file, or of a cell of a notebook; None of what is no Python 3."""
        if path.endswith(".ipynb"):
            cells = self.cells(path)
            return cells.code(cell) if cells is not None and cell is not None else None
        if path not in self._codes:
            text = self.texts(path) if path.endswith((".py", ".pyi")) else None
            tree = parsed(text) if text is not None else None
            self._codes[path] = Code(path, text, tree) if text is not None and tree is not None else None
        return self._codes[path]

    def cells(self, path: str) -> Cells | None:
        if path not in self._cells:
            text = self.texts(path)
            module = next((unit.facts for unit in self.units(path) if unit.facts.cells), None)
            self._cells[path] = Cells(path, text, module) if module is not None and text is not None else None
        return self._cells[path]

    def lines(self, path: str) -> Lines:
        if path not in self._lines:
            self._lines[path] = Lines(path, self.texts(path) or "")
        return self._lines[path]

    def units(self, path: str) -> list[ModuleUnit]:
        return [unit for unit in self.picture.world.code.program.modules if unit.path == path]

    def alike(self, rule: str, question: Table) -> dict[str, list[Node]]:
        """All nodes that a rule speaks of, by path, in order of place."""
        if rule not in self._alike:
            found = self._alike[rule] = {}
            nodes = self.picture.graph.nodes
            for node in sorted((nodes[one] for one in select(self.picture, question)), key=lambda node: node.place):
                found.setdefault(node.place.path, []).append(node)
        return self._alike[rule]

    def once(self, make: Callable[[Shelf], V]) -> V:
        """What is made of the whole repository, and is the same for all findings of a run."""
        if make not in self._made:
            self._made[make] = make(self)
        return cast("V", self._made[make])

    def ops(self, path: str, span: Span) -> list[int]:
        """The operations that stand exactly at a place."""
        if path not in self._ops:
            found = self._ops[path] = {}
            for unit in self.units(path):
                for number, op in enumerate(unit.facts.ops):
                    found.setdefault((op.line, op.column, op.end_line, op.end_column), []).append(unit.base + number)
        return self._ops[path].get((span.line, span.column, span.end_line, span.end_column), [])


@dataclass(frozen=True, slots=True)
class Site:
    """`question` is the table of the rule's shape."""

    shelf: Shelf
    finding: Finding
    rule: FixRule
    question: Table = field(default_factory=dict)

    @property
    def picture(self) -> Picture:
        return self.shelf.picture

    @property
    def node(self) -> Node:
        return self.picture.graph.nodes[self.finding.node]

    @property
    def path(self) -> str:
        return self.finding.place.path

    @property
    def program(self) -> Program:
        return self.picture.world.code

    @property
    def op(self) -> int | None:
        """The operation behind the subject."""
        return self.program.node_op.get(self.finding.node)

    def ops_here(self) -> list[int]:
        """The operations that stand exactly at the finding's place."""
        return self.shelf.ops(self.path, self.finding.place.span)

    def alike(self, path: str | None = None) -> Iterator[Node]:
        """All nodes that the rule speaks of (in a file): where it says one thing for a file or folder, all that is to be mended."""
        found = self.shelf.alike(self.finding.rule, self.question)
        return (node for one in (found if path is None else (path,)) for node in found.get(one, ()))

    def seeds(self, generator: str, instead: bool = False) -> Iterator[tuple[Code, ast.Call]]:
        """The calls in this file or cell that seed a generator, or others `instead`, in order."""
        code = self.code()
        for node in self.picture.graph.with_role("random.seed") if code is not None else ():
            op, place = self.program.node_op.get(node), self.picture.graph.nodes[node].place
            meaning = self.program.meanings.of(op) if op is not None else None
            if code is None or meaning is None or meaning.entry is None or (place.path, place.cell) != (self.path, code.cell):
                continue
            call = code.find(place.span, ast.Call) if (generator in meaning.entry.seeds) is not instead else None
            if call is not None:
                yield code, call

    @property
    def meaning(self) -> Meaning | None:
        op = self.op
        return self.program.meanings.of(op) if op is not None else None

    # ---- what the rule tells ------------------------------------------------------------------------------------

    def option(self, name: str, default: str = "") -> str:
        return str(self.rule.options.get(name, default))

    def options(self, name: str) -> tuple[str, ...]:
        return texts(self.rule.options, name)

    # ---- texts --------------------------------------------------------------------------------------------------

    def text(self, path: str | None = None) -> str:
        return self.shelf.texts(path or self.path) or ""

    def lines(self, path: str | None = None) -> Lines:
        return self.shelf.lines(path or self.path)

    def code(self, place: Place | None = None) -> Code | None:
        """The Python of a place: its file, or its cell of a notebook."""
        place = place or self.finding.place
        return self.shelf.code(place.path, place.cell)

    def expression(self, kind: type[T]) -> tuple[Code, T] | None:
        """The Python expression of a kind that stands exactly where the finding does."""
        code = self.code()
        node = code.find(self.finding.place.span, kind) if code is not None else None
        return (code, node) if code is not None and node is not None else None

    def call(self) -> tuple[Code, ast.Call] | None:
        """The call behind the subject."""
        code, op = self.code(), self.op
        node = code.find(self.place(op).span, ast.Call) if code is not None and op is not None else None
        return (code, node) if code is not None and node is not None else None

    def place(self, op: int) -> Place:
        return self.program.place(op)

    def has_file(self, path: str) -> bool:
        return path in self.picture.world.files

    def beside(self, name: str) -> str:
        """The path of a file in the folder of the finding's."""
        return posixpath.join(posixpath.dirname(self.path), name)
