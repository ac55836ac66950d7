"""What depends on a random draw: a training, a judgement of a model, what a test asks."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from mlrubric.graph.code import Code, is_test_code
from mlrubric.graph.graph import Graph
from mlrubric.graph.meaning import MOCK, Meaning
from mlrubric.graph.origins import loose
from mlrubric.graph.processes import Processes

FAR = 400  # operations
PICKS = frozenset({"data.split", "data.sample"})
FITS = ("model.fit", "model.tune")
JUDGES = ("model.evaluate", "model.slice")
ASKED = (*FITS, *JUDGES, "model.predict")
BRANCHES = ("if", "else", "elif", "except", "match", "case")


class Draws:
    """Questions about one draw after another; `chosen` are draws that become a seed."""

    def __init__(self, graph: Graph, code: Code, training: frozenset[int], chosen: Collection[int]) -> None:
        self.graph, self.code, self.training, self.chosen = graph, code, training, chosen
        self.to_fit = self._behind(*FITS)
        self._to_judge = self._behind(*JUDGES)
        asked = [op for op in self._ops(*ASKED) if code.tested(op)]
        asserted = [op for op in (*code.program.of_kind("assert"), *self._ops("test.assert")) if code.tested(op)]
        self._asked = code.flow.reach(asked, back=True) if asked else {}
        self._asserted = code.flow.reach(asserted, back=True) if asserted else {}
        self._kept = code.flow.reach(self._ops("model.save", "model.register"), back=True)
        self._view = Processes(graph)
        # what a draw put into another file of a folder is not in this one
        self._by_files = self._view.sweep(graph.with_role(*FITS), back=True, allow=lambda e: not loose(graph, e) and not graph.downwards(e))
        self._mocking: frozenset[int] | None = None
        self._trains = 0
        for node in graph.with_role(*FITS):
            self._trains |= self._view.of(node)

    def _ops(self, *roles: str) -> list[int]:
        return [self.code.node_op[n] for n in self.graph.with_role(*roles) if n in self.code.node_op]

    def _behind(self, *roles: str) -> dict[int, int]:
        return self.code.flow.reach(self._ops(*roles), back=True)

    def matters(self, node: int, op: int, meaning: Meaning) -> str:
        """`training` when what is drawn reaches a training in a process that trains, `evaluation` when only a judgement of a model depends
        on the rows that are picked, `test` when what a test asks does, else `no`."""
        roles = self.graph.nodes[node].roles
        if self.code.tested(op):
            return "test" if self._tested(node, op, meaning) else "no"
        if op in self.chosen:
            return "no"
        built = "model.build" in roles and called_in(self.code, op, self.training)
        near = self._reaches(op, meaning, self.to_fit) and bool(self._view.of(node) & self._trains)
        if near or node in self._by_files or built:
            return "training"
        picked = bool(PICKS & set(roles)) and not self._on_a_branch(op)
        return "evaluation" if picked and self._reaches(op, meaning, self._to_judge) else "no"

    def _tested(self, node: int, op: int, meaning: Meaning) -> bool:
        """Whether the rows of a test are drawn: real ones, those that a model is asked about, or those that an assertion looks at. A model
        that a test fits matters when it is kept."""
        roles = self.graph.nodes[node].roles
        if "model.build" in roles:
            return False
        if "model.fit" in roles:
            return self._reaches(op, meaning, self._kept)
        if (node in self._by_files and op not in self.to_fit) or "data.read" in self.graph.nodes[node].about:
            return True
        if PICKS & set(roles) and self._reaches(op, meaning, self._asserted):
            return True
        return self._reaches(op, meaning, self._asked) and not ("data.synthetic" in roles and self._with_mocks(op))

    def _with_mocks(self, op: int) -> bool:
        """Whether the function around puts something in the place of a part of the program: made-up rows are made for it."""
        if self._mocking is None:
            program, meanings = self.code.program, self.code.meanings
            tested = {unit.path for unit in program.modules if is_test_code(unit.path)}
            ops = (one for one in range(len(program.ops)) if program.unit(one).path in tested)
            scopes = {program.scope_id(one) for one in ops if meanings.mocked(one)}
            for scope in range(len(program.scopes)):
                definition = program.definition(scope)
                around = program.decorators(definition) if definition >= 0 and program.unit(definition).path in tested else ()
                if any(MOCK in meanings.roles(one) or meanings.mocked(one) for one in around):
                    scopes.add(scope)
            self._mocking = frozenset(scopes)
        return self.code.program.scope_id(op) in self._mocking

    def _reaches(self, op: int, meaning: Meaning, wanted: Mapping[int, int]) -> bool:
        if op in wanted or self._in_place(op, meaning.arguments.get("@data", -1), wanted):
            return True
        return meaning.entry is not None and meaning.entry.random == "own" and self._by_generator(op, wanted)

    def _by_generator(self, op: int, wanted: Mapping[int, int]) -> bool:
        """Whether what a generator of its own brings into another order goes on: `Random().shuffle(rows)`."""
        program, meanings = self.code.program, self.code.meanings
        following = self.code.flow.reach([op])
        for one in program.of_kind("call"):
            meaning = meanings.of(one) if program.receiver(one) in following else None
            if meaning is not None and self._in_place(one, meaning.arguments.get("@data", -1), wanted):
                return True
        return False

    def _in_place(self, draw: int, argument: int, wanted: Mapping[int, int]) -> bool:
        """Whether a draw brings a list into another order, and the list goes on further down: `random.shuffle(order)`."""
        program = self.code.program
        if argument < 0 or self.code.resolver.uses[draw] or not program.ops[argument].name:
            return False
        name, scope = program.ops[argument].name, program.scope_id(draw)
        following = range(draw + 1, min(draw + FAR, len(program.ops)))
        return any(op in wanted and program.ops[op].name == name and program.scope_id(op) == scope for op in following)

    def _on_a_branch(self, op: int) -> bool:
        program = self.code.program
        for block in program.blocks_around(op):
            facts = program.blocks[block]
            if facts.kind == "scope":
                return False
            if facts.kind in BRANCHES and facts.constant not in ("main", True):
                return True
        return False


def called_in(code: Code, op: int, training: frozenset[int]) -> bool:
    """Whether an operation stands in training code or in a function that training code calls."""
    scope = code.program.scope_id(op)
    return scope in training or any(code.program.scope_id(c) in training for c in code.resolver.callers.get(scope, ()))
