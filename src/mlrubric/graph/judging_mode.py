"""Models that are judged, or answer, as if they were still trained, and models that are trained on as if they were judged: layers like
dropout act otherwise in the two modes.

A call of a model is a prediction when no gradient is taken of it: it stands where gradients are switched off, in a function that is called
after judging, or nothing trains in the program. The mode counts when the same variable was switched, or anything was in the function or in
those that call it. In a loop that trains and judges, something must switch back.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.graph.code import Code
from mlrubric.graph.model_modes import Modes, calls_of_models, model_of
from mlrubric.graph.program import LOOPS
from mlrubric.graph.world import World


def mark_judging_mode(world: World) -> None:
    """`mode` on predictions of models whose layers act by their mode: `training` when nothing puts the model into the other one, with
    `layer` (what acts otherwise) and `layer_at` (its node)."""
    code = world.code
    judged = list(calls_of_models(code))
    if not judged:
        return
    modes = Modes(code)
    _mark_trained(world, judged, modes)
    said: set[int] = set()
    for op in judged:
        scope = code.program.scope_id(op)
        if scope in said or code.tested(op):
            continue
        layer = modes.in_training(op)
        if layer >= 0:
            said.add(scope)
            node = code.node_for(world.graph, op, "prediction")
            meaning = code.meanings.of(layer)
            attributes = world.graph.nodes[node].attributes
            attributes["mode"] = "training"
            attributes["layer"] = meaning.api.rpartition(".")[2] if meaning is not None else ""
            attributes["layer_at"] = str(code.node_for(world.graph, layer, ""))
            attributes["called"] = code.program.ops[model_of(code, op)].name or "the model"


def _mark_trained(world: World, calls: list[int], modes: Modes) -> None:
    """`mode` is `judging` on calls that train on after their loop has judged, with `switched_at` (the node of the switch)."""
    code = world.code
    if not modes.switches or not modes.trained_at_all:
        return
    returns = Returns(code, modes)
    said: set[int] = set()
    for op in calls:
        switch = returns.never(op)
        if switch >= 0 and switch not in said:
            said.add(switch)
            attributes = world.graph.nodes[code.node_for(world.graph, op, "training pass")].attributes
            attributes["mode"] = "judging"
            attributes["switched_at"] = str(code.node_for(world.graph, switch, "switch"))
            there, here = code.place(switch), code.place(op)
            attributes["switched"] = f"line {there.line}" if there.path == here.path else f"{there.path}:{there.line}"
            attributes["called"] = code.program.ops[model_of(code, op)].name or "the model"


class Returns:
    """Whether what is judged in a loop is put back before the loop trains it again."""

    def __init__(self, code: Code, modes: Modes) -> None:
        self._code, self._modes = code, modes
        judging = {op for switches in modes.switches.values() for op in switches}
        self._judging = self._leading(judging)
        self._training = self._leading(set(self._switches_back(judging)))

    def _switches_back(self, judging: set[int]) -> Iterator[int]:
        program = self._code.program
        for op in program.of_kind("call"):
            callee = program.args[op][0]
            if callee >= 0 and program.ops[callee].kind == "attribute" and program.ops[callee].name == "train" and op not in judging:
                yield op

    def _leading(self, ops: set[int]) -> dict[int, set[int]]:
        """Calls and switches that come to one of these switches -> the switches."""
        callers: dict[int, list[int]] = {}
        for call in self._code.resolver.targets:
            for scope in self._code.resolver.callees(call):
                callers.setdefault(scope, []).append(call)
        found = {op: {op} for op in ops}
        waiting = sorted(ops)
        while waiting:
            op = waiting.pop()
            for call in callers.get(self._code.program.scope_id(op), ()):
                known = found.setdefault(call, set())
                if not found[op] <= known:
                    known |= found[op]
                    waiting.append(call)
        return found

    def never(self, op: int) -> int:
        """The switch after which a loop trains on in the mode of judging; -1 when there is none."""
        code, program = self._code, self._code.program
        if op not in self._modes.trained or code.tested(op) or self._modes.in_model(program.scope_id(op)):
            return -1
        if self._modes.quiet(op):
            return -1
        before = code.flow.reach([model_of(code, op)], back=True)
        if self._modes.layer(before) < 0:
            return -1
        return self._around(op, {one for one in before if self._modes.makes(one)}, set())

    def _around(self, op: int, made: set[int], met: set[int]) -> int:
        """The same for the loops around an operation, and around the calls of its function; `met` are the operations asked already."""
        met.add(op)
        program = self._code.program
        scope = program.scope_id(op)
        for block in program.blocks_around(op):
            facts = program.blocks[block]
            if facts.kind == "scope":
                break
            if facts.kind in LOOPS:
                inside = [one for one in self._judging if program.scope_id(one) == scope and block in program.blocks_around(one)]
                back = any(program.scope_id(one) == scope and block in program.blocks_around(one) for one in self._training)
                if inside and not back:
                    return next((s for one in sorted(inside) for s in sorted(self._judging[one]) if self._same(s, made)), -1)
                if inside:
                    return -1
        if any(program.scope_id(one) == scope for one in self._training):
            return -1
        for call in sorted(self._code.resolver.callers.get(scope, ())):
            if call not in met and not self._code.tested(call):
                found = self._around(call, made, met)
                if found >= 0:
                    return found
        return -1

    def _same(self, switch: int, made: set[int]) -> bool:
        """Whether a switch is of a model that comes from the same place."""
        back = self._code.flow.reach([self._code.program.receiver(switch)], back=True)
        return not made.isdisjoint(back)
