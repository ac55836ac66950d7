"""Loops that train by gradients: what a pass leaves behind must be cleared before the next one adds to it, and not before it is applied.

Between two steps of an optimiser something must clear the gradients. So the innermost loop around the step is looked at, with all that is
called in it; where the step stands in no loop of its own function, the loops of its callers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from mlrubric.graph.code import Code
from mlrubric.graph.habits.spelling import spelled
from mlrubric.graph.world import World

GRADIENT = "grad"  # the attribute in which tensors keep what was accumulated
EMPTIES = frozenset({"zero_", "fill_"})


def mark_training_loops(world: World) -> None:
    """`gradients` on operations that accumulate some: `kept` when a loop applies them again and again and nothing clears them, `lost` when
    they are cleared before the step that should apply them; `applied_by` are the nodes of the steps, `cleared_by` of what clears."""
    code = world.code
    loops = Loops(code)
    if not loops.steps:
        return
    kept: dict[int, set[int]] = {}
    lost: dict[int, tuple[int, int]] = {}
    for step in loops.steps:
        for backward in loops.uncleared(step)[:1]:
            kept.setdefault(backward, set()).add(step)
        found = loops.too_early(step)
        if found is not None:
            lost[found[0]] = (found[1], step)
    graph = world.graph
    for op in sorted({*kept, *lost}):
        clear, step = lost.get(op, (-1, -1))
        steps = sorted(kept[op]) if clear < 0 else [step]
        node = code.node_for(graph, op, code.program.ops[code.program.args[op][0]].name)
        attributes = graph.nodes[node].attributes
        attributes["gradients"] = "kept" if clear < 0 else "lost"
        attributes["applied_by"] = " ".join(str(_node(world, one)) for one in steps)
        attributes["written"] = spelled(code.program, op)
        attributes["optimizer"] = _optimizer(code, steps[0])
        attributes["applied_line"] = str(code.program.ops[steps[0]].line)
        if clear >= 0:
            attributes["cleared_line"] = str(code.program.ops[clear].line)


def _optimizer(code: Code, step: int) -> str:
    """The optimiser of a step as it is written: what steps, or what a scaler is given to step."""
    given = code.program.positional(step)[:1]
    closure = any(value[0] == "function" for op in given for value in code.resolver.of(op))  # `optimizer.step(closure)`
    named = bool(given) and not closure and code.program.ops[given[0]].kind in ("load", "attribute")
    return spelled(code.program, given[0] if named else code.program.receiver(step))


def _node(world: World, op: int) -> int:
    return world.code.node_for(world.graph, op, world.code.program.ops[world.code.program.args[op][0]].name)


@dataclass(slots=True)
class Loops:
    """The operations of training by gradients, by what they do, and the scopes that reach one that clears."""

    code: Code
    steps: list[int] = field(default_factory=list)
    backwards: list[int] = field(default_factory=list)
    clears: list[int] = field(default_factory=list)
    _makes: list[int] = field(default_factory=list)
    _here: dict[int, list[int]] = field(default_factory=dict)  # scope -> what it does of these, and its calls
    _within: dict[int, set[int]] = field(default_factory=dict)  # scope -> what is done of these in it and in all that it calls

    def __post_init__(self) -> None:
        code = self.code
        for op, meaning in sorted(code.meanings.all().items()):
            traits = code.meanings.catalogue.traits(meaning.api) if code.program.ops[op].kind == "call" else ()
            if "optimizer" in traits:
                self._makes.append(op)
            if "applies_gradients" in traits:
                self.steps.append(op)
            if "accumulates_gradients" in traits:
                self.backwards.append(op)
            if "clears_gradients" in traits:
                self.clears.append(op)
        if not self.steps or not self.backwards:
            self.steps = []
            return
        self.clears.extend(self._by_hand())
        special = {*self.backwards, *self.clears, *self._makes}
        for op in sorted({*code.resolver.targets, *special, *self.steps}):
            self._here.setdefault(code.program.scope_id(op), []).append(op)
        self._spread(special)

    def _spread(self, special: set[int]) -> None:
        """What is done in a scope is done in those that call it."""
        callers: dict[int, set[int]] = {}
        for op in self.code.resolver.targets:
            for scope in self.code.resolver.callees(op):
                callers.setdefault(scope, set()).add(self.code.program.scope_id(op))
        for op in special:
            self._within.setdefault(self.code.program.scope_id(op), set()).add(op)
        waiting = sorted(self._within)
        while waiting:
            scope = waiting.pop()
            for caller in callers.get(scope, ()):
                known = self._within.setdefault(caller, set())
                if not self._within[scope] <= known:
                    known |= self._within[scope]
                    waiting.append(caller)

    def _by_hand(self) -> Iterator[int]:
        """`p.grad = None`, `del p.grad`, `p.grad.zero_()`."""
        program = self.code.program
        for op in program.of_kind("store_attribute", "delete"):
            if program.ops[op].name == GRADIENT:
                yield op
        for op in program.of_kind("attribute"):
            if program.ops[op].name in EMPTIES and self._of_gradient(program.args[op][0]):
                yield op
        known = {*self.clears}
        for op in program.of_kind("call"):  # a helper that no import leads to
            name = program.ops[program.args[op][0]].name if program.args[op][0] >= 0 else ""
            if op not in known and GRADIENT in name and any(word in name for word in ("zero", "clear", "reset", "none")):
                yield op

    def _of_gradient(self, op: int) -> bool:
        program = self.code.program
        while op >= 0 and program.ops[op].kind == "attribute":
            if program.ops[op].name == GRADIENT:
                return True
            op = program.args[op][0]
        return False

    # ---- what a loop does ---------------------------------------------------------------------------------------------

    def uncleared(self, step: int) -> list[int]:
        """What accumulates gradients in a loop that applies them again and again without clearing them."""
        found, waiting, met = set[int](), [step], {step}
        while waiting:  # the innermost loop around it in its function, else those around the calls of the function
            op = waiting.pop()
            scope, loop = self.code.program.scope_id(op), self._loop(op)
            inside = self._all_in(scope, loop)
            if inside & {*self.clears, *self._makes} or self._handed(step, scope, loop):
                continue
            if loop >= 0:
                found |= inside & {*self.backwards}
                continue
            calls = {call for call in self.code.resolver.callers.get(scope, ()) if not self.code.tested(call)} - met
            met |= calls
            waiting.extend(calls)
        return sorted(found)

    def _loop(self, op: int) -> int:
        loop = self.code.program.innermost_loop(op)
        return -1 if loop < 0 or self._runs_once(op, loop) else loop

    def _runs_once(self, op: int, loop: int) -> bool:
        """Whether a loop is always left behind an operation."""
        program = self.code.program
        for block in program.blocks_around(op):
            if program.blocks[block].leaves in ("return", "raise", "exit", "break"):
                return True
            if block == loop:
                break
        return False

    def _all_in(self, scope: int, loop: int) -> set[int]:
        """What is done in a scope, or in a loop of it, and in all that is called there."""
        if loop < 0:
            return self._within.get(scope, set())
        program, found = self.code.program, set[int]()
        for op in self._here.get(scope, ()):
            if loop in program.blocks_around(op):
                found.add(op)
                for entered in self.code.resolver.callees(op):
                    found |= self._within.get(entered, set())
        return found

    def _handed(self, step: int, scope: int, loop: int) -> bool:
        """Whether what is stepped is handed to something of which nothing is known."""
        code, program = self.code, self.code.program
        mine = self.code.resolver.held(program.receiver(step))
        for op in self._here.get(scope, ()):
            if program.ops[op].kind != "call" or op == step or (loop >= 0 and loop not in program.blocks_around(op)):
                continue
            meaning = code.meanings.of(op)
            known = meaning is not None and meaning.entry is not None
            entered = any(t[0] in ("function", "class") for t in code.resolver.targets.get(op, ()))
            if not known and not entered and any(mine & self.code.resolver.held(a) for a in program.args[op][1:]):
                return True
        return False

    # ---- the order of one pass ----------------------------------------------------------------------------------------

    def too_early(self, step: int) -> tuple[int, int] | None:
        """What accumulates gradients that the optimiser itself clears before its step, and what clears them."""
        program = self.code.program
        scope, block = program.scope_id(step), program.ops[step].block
        mine = self.code.resolver.held(program.receiver(step))
        near = [op for op in self._here.get(scope, ()) if op < step and program.ops[op].block == block]
        for clear in reversed(near):
            if clear in self.backwards or clear in self.steps:
                return None
            if clear not in self.clears:
                if self._reaches_backward(clear):
                    return None
                continue
            if not mine & self.code.resolver.held(program.receiver(clear)):
                continue
            backward = next((op for op in reversed(near) if op < clear and (op in self.backwards or op in self.steps)), -1)
            return (backward, clear) if backward in self.backwards else None
        return None

    def _reaches_backward(self, op: int) -> bool:
        return any(self._within.get(scope, set()) & {*self.backwards} for scope in self.code.resolver.callees(op))
