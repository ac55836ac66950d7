"""Names of columns: lists of them in code and settings, the columns that a frame or model has, and what a training selects by."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from mlrubric.graph.code import Code
from mlrubric.graph.graph import Graph
from mlrubric.graph.values import Value

WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
COLUMNS = frozenset({"columns", "feature_names_in_", "feature_name_", "feature_names", "feature_names_", "word_index", "vocabulary_"})
GIVES_COLUMNS = frozenset({"get_feature_names_out", "feature_name", "get_feature_names"})
SELECTING = ("columns", "usecols", "items")
LISTS = ("made", "settings")
NAMED = ("load", "assign", "param", "attribute")
PLAIN = frozenset(
    {"load", "assign", "element", "unpack", "subscript", "call", "container", "comprehension", "attribute", "param", "binary", "dict"}
)
MOST = 80


@dataclass(frozen=True, slots=True)
class Names:
    """What is known of a value that holds names of columns: the words it is called by, the frame or model whose columns it is (or -1),
    the lists that it may be, whether it holds several names, and whether only test code made it."""

    words: frozenset[str]
    frame: int
    lists: frozenset[Value]
    several: bool
    tested: bool


class ColumnLists:
    """Answers about names of columns, and what each training selects its columns by."""

    def __init__(self, graph: Graph, code: Code) -> None:
        self.graph, self.code, self.program = graph, code, code.program
        self._known: dict[int, Names] = {}
        self.selected: dict[int, frozenset[Value]] = {}  # training -> the lists that select what it learns from
        self.feeding: dict[int, frozenset[int]] = {}  # training -> the operations that its data comes from
        for node in graph.with_role("model.fit"):
            op = code.node_op.get(node)
            meaning = code.meanings.of(op) if op is not None else None
            if op is None or meaning is None or code.tested(op) or "@data" not in meaning.arguments:
                continue
            behind = code.flow.reach([meaning.arguments["@data"]], back=True)
            self.feeding[node] = frozenset(behind)
            self.selected[node] = frozenset(v for back in behind for v in self._selecting(back))
        self.every: frozenset[Value] = frozenset().union(*self.selected.values()) if self.selected else frozenset()

    def _selecting(self, op: int) -> Iterable[Value]:
        """The lists of names by which an operation picks columns."""
        facts, args = self.program.ops[op], self.program.args[op]
        chosen: list[int] = []
        if facts.kind == "subscript" and len(args) == 2:
            index = args[1]
            held = index >= 0 and self.program.ops[index].kind == "container" and self.program.ops[index].value == "tuple"
            chosen = [*self.program.args[index]] if held else [index]  # `.loc[rows, columns]`
        elif facts.kind == "call" and not self._drops(op):
            chosen = [self.program.keyword(op, name) for name in SELECTING]
        for index in chosen:
            if index >= 0:
                yield from (v for v in self.code.resolver.of(index) if v[0] in LISTS)

    def _drops(self, op: int) -> bool:
        callee = self.program.args[op][0]
        return callee >= 0 and self.program.ops[callee].name == "drop"

    def of(self, op: int) -> Names:
        known = self._known.get(op)
        if known is None:
            known = self._known[op] = self._names(op)
        return known

    def _names(self, op: int) -> Names:
        program, resolver = self.program, self.code.resolver
        words, lists, frame, several, places = set[str](), set[Value](), -1, False, list[int]()
        waiting, seen = [op], {op}
        while waiting and len(seen) < MOST:
            here = waiting.pop(0)
            facts, args = program.ops[here], program.args[here]
            if facts.kind in NAMED:
                words.update(w.lower() for w in WORDS.findall(facts.name))
            lists.update(v for v in resolver.of(here) if v[0] in LISTS)
            several = several or facts.kind in ("element", "comprehension") or (facts.kind == "container" and len(args) > 1)
            if facts.kind in ("container", "dict", "const"):
                places.append(here)
            if (facts.kind == "attribute" and facts.name in COLUMNS) or self._gives_columns(here):
                frame, several = (args[0] if facts.kind == "attribute" else program.receiver(here)), True
                continue
            if facts.kind == "subscript" and len(args) == 2 and args[1] >= 0 and isinstance(program.ops[args[1]].value, str):
                words.update(w.lower() for w in WORDS.findall(str(program.ops[args[1]].value)))
            after: list[int] = []
            if facts.kind == "param":
                taken = parametrized(self.code, here)
                after = [*taken, *self.code.flow.before(here)]
                several = several or bool(taken)
            elif facts.kind == "comprehension":
                after = [*args]
            elif facts.kind in PLAIN:
                after = [*(a for a in args if a >= 0), *resolver.reads.get(here, ()), *resolver.results.get(here, ())]
            for before in after:
                if before >= 0 and before not in seen and self._follows(before):
                    seen.add(before)
                    waiting.append(before)
        settings = [v for v in lists if v[0] == "settings"]
        for value in settings:
            words.update(w.lower() for w in WORDS.findall(str(value[2])))
        several = several or bool(settings)
        tested = bool(places) and all(self.code.tested(p) for p in places) and not settings and frame < 0
        return Names(frozenset(words), frame, frozenset(lists), several, tested)

    def _follows(self, op: int) -> bool:
        """Not into the data itself."""
        return not any(r.partition(".")[0] in ("data", "model", "transform") for r in self.code.meanings.roles(op))

    def _gives_columns(self, op: int) -> bool:
        if self.program.ops[op].kind != "call":
            return False
        callee = self.program.args[op][0]
        return callee >= 0 and self.program.ops[callee].kind == "attribute" and self.program.ops[callee].name in GIVES_COLUMNS


def parametrized(code: Code, parameter: int) -> list[int]:
    """What a test's parameter takes one after the other: `@pytest.mark.parametrize("name", NAMES)`."""
    program = code.program
    definition = program.definition(program.scope_id(parameter))
    found: list[int] = []
    for decorator in program.decorators(definition) if definition >= 0 and program.ops[definition].kind == "function" else ():
        if "test.parametrize" not in code.meanings.roles(decorator):
            continue
        given = program.positional(decorator)
        if len(given) > 1 and isinstance(program.ops[given[0]].value, str):
            names = [n.strip() for n in str(program.ops[given[0]].value).split(",")]
            if program.ops[parameter].name in names:
                found.append(given[1])
    return found
