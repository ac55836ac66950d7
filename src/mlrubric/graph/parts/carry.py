"""Bits along the flow of data, call by call: what a helper gives back for the training part is told from what it gives for the test part.

The flow of data joins all callers of a function. Here a call's result depends on its own arguments only: first it is asked which
parameters reach a function's result, then what the function brings of itself (parameters cut off), and the last sweep lets through
the call's arguments by the first answer and the function's own by the second.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from heapq import heappop, heappush
from itertools import pairwise

from mlrubric.graph.code import Code, is_test_code
from mlrubric.graph.parts.guessed import untouched
from mlrubric.graph.parts.layout import SERIES, SORTED, Layout
from mlrubric.graph.parts.learners import applications
from mlrubric.graph.parts.pieces import TEST, TRAIN, VALIDATION
from mlrubric.graph.summaries import LEAVING

ALL = -1
STAGES = 3
STATE = ("transform.apply", "transform.fit", "transform.fit_apply", "model.predict", "model.evaluate", "model.fit")
Edges = dict[int, list[tuple[int, int]]]


class Carrier:
    """The sweeps over one program. `extra`: more edges, such as those through files, as (source, target). `choosing`: the bits of those
    whose knowledge is which columns to take."""

    def __init__(
        self, code: Code, layout: Layout, labels: dict[int, int], extra: list[tuple[int, int]], inside: Inside, choosing: int = 0
    ) -> None:
        self.code, self.layout, self.labels, self.inside, self.choosing = code, layout, labels, inside, choosing
        self.count, self.useful = len(code.program.ops), inside.useful
        self.learned = layout.all("learned", "fitted", "scored", "loaded")
        self.guessed = layout.all("fitted", "scored", "loaded")
        self.rows = layout.rows
        self.added: Edges = {}
        self.files = extra
        for source, target in extra:
            self.added.setdefault(source, []).append((target, ALL))
        self.narrow: dict[int, dict[int, int]] = {}
        self.hold: dict[int, int] = {}
        self._states()
        self._selected()
        self._again()
        self.summaries: Edges = {}
        self.own: list[int] = []  # the bits that functions bring of themselves
        self.elements = self._elements()  # unpack -> the elements of the results that it takes
        self._named()
        elements: dict[int, list[int]] = {}
        for unpack, (call, _) in self.elements.items():
            elements.setdefault(call, []).append(unpack)
        for edges in self.added.values():
            edges.extend([(unpack, mask) for target, mask in edges for unpack in elements.get(target, ())])

    def run(self) -> list[int]:
        """The bits of every operation. What comes out of a file is its reader's own, as far as stages follow each other."""
        labels = self.labels
        known = {target: self._unpickled(target) for _, target in self.files}
        files = [(source, target) for source, target in self.files if self.useful[target] and not known[target]]
        for _ in range(STAGES):
            bits = self._round()
            fresh: dict[int, int] = {}
            for source, target in files:
                new = bits[source] & self.hold.get(target, ALL) & ~self.own[target]
                if new:
                    fresh[target] = fresh.get(target, self.labels.get(target, 0)) | new
            if not fresh:
                break
            self.labels = self.labels | fresh
        self.labels = labels
        return bits

    def _unpickled(self, read: int) -> bool:
        """Whether what is read is a container that is known: its elements are told apart already."""
        program, resolver, scope = self.code.program, self.code.resolver, self.code.program.scope_id(read)
        near = self.code.flow.reach([read], stop=lambda op: op != read and program.ops[op].kind in ("call", "return"))
        calls = (op for op in near if program.ops[op].kind == "call" and program.scope_id(op) == scope)
        return any(value[0] == "made" for op in calls for value in resolver.of(op))

    def _round(self) -> list[int]:
        """Own bits and summaries, and with them the bits of every operation."""
        taken: Edges = {}
        self.summaries = {}
        for unpack, (call, elements) in self.elements.items():
            for source in (*elements, *handed(self.code, call)):
                taken.setdefault(source, []).append((unpack, ALL))
        own = self.own = self._sweep(self.labels, cut=True, results=taken)
        results: Edges = {}
        for call, returns in self.code.resolver.results.items():
            for returned in returns:
                self._result(results, returned, call, call, own)
        for unpack, (call, elements) in self.elements.items():
            for element in elements:
                self._result(results, element, call, unpack, own)
        return self._sweep(self.labels, cut=False, results=results)

    def _result(self, results: Edges, source: int, call: int, target: int, own: list[int]) -> None:
        """What a function gives by itself, and the arguments of this call that its result depends on."""
        results.setdefault(source, []).append((target, own[source]))
        if not self.useful[target] or not self.inside.bits[source]:
            return
        program, arguments = self.code.program, handed(self.code, call)
        for index, parameter in enumerate(program.params(program.scope_id(source))):
            if self.inside.bits[source] >> index & 1:
                known = self.code.resolver.sources.get(parameter, ())
                for argument in (*(a for a in arguments if a in known), *program.args[parameter]):
                    self.summaries.setdefault(argument, []).append((target, ALL))

    def _sweep(self, labels: dict[int, int], *, cut: bool, results: Edges) -> list[int]:
        after, ops, useful = self.code.flow.after, self.code.program.ops, self.useful
        bits = [0] * self.count
        for op, own in labels.items():
            bits[op] |= own
        waiting = sorted(labels)  # a heap: in the order of the code, most of what comes in is there when an operation has its turn
        queued = set(waiting)
        returned, elements, args = self.code.resolver.results, self.elements, self.code.program.args
        beside = (self.added, results, self.inside.calls if cut else self.summaries)

        def give(following: int, passed: int) -> None:
            known = bits[following]
            if passed | known != known:
                bits[following] = passed | known
                if following not in queued:
                    queued.add(following)
                    heappush(waiting, following)

        while waiting:
            op = heappop(waiting)
            queued.discard(op)
            out = bits[op] & self.hold.get(op, ALL) | labels.get(op, 0)
            narrow, gives = self.narrow.get(op), ops[op].kind in LEAVING
            for following in after(op):
                if not useful[following]:
                    continue
                if gives and following in returned:
                    if not cut:
                        continue
                elif cut and ops[following].kind == "param":
                    continue
                if following in elements and (op in args[following] or op in elements[following][1]):
                    continue
                give(following, out & narrow.get(following, ALL) if narrow is not None else out)
            for edges in beside:
                for following, mask in edges.get(op, ()):
                    if not cut or ops[following].kind != "param":
                        give(following, out & mask)
        return bits

    # ---- what is told apart -----------------------------------------------------------------------------------------

    def _states(self) -> None:
        """An object that has learned carries what it learned, not the rows; what is done with it has the rows that are handed over."""
        program = self.code.program
        for op, meaning in self.code.meanings.all().items():
            if not any(role in STATE for role in meaning.roles):
                continue
            callee = program.args[op][0]
            if callee >= 0 and "@data" in meaning.arguments and "@model" not in meaning.arguments:
                fitted = any(role.startswith("transform.fit") for role in meaning.roles)
                self.narrow.setdefault(callee, {})[op] = 0 if fitted else self.learned
            elif "@model" in meaning.arguments:
                self.narrow.setdefault(meaning.arguments["@model"], {})[op] = self.learned
            learns = {"model.fit", "transform.fit"} & set(meaning.roles) and "model.predict" not in meaning.roles
            if learns or "model.evaluate" in meaning.roles:
                self.hold[op] = ~self.rows
            elif meaning.changes:
                for following in self.code.flow.after(op):
                    if op not in program.args[following]:
                        self.narrow.setdefault(op, {})[following] = self.learned

    def _named(self) -> None:
        """What a call brings itself, its elements bring too; where a file's name tells the part, nothing else does."""
        parts = self.layout.all(TRAIN, TEST, VALIDATION)
        of = {unpack: call for unpack, (call, _) in self.elements.items()}
        self.labels = self.labels | {op: self.labels.get(op, 0) | self.labels[call] for op, call in of.items() if call in self.labels}
        for op in (*self.layout.called, *(op for op, call in of.items() if call in self.layout.called)):
            self.hold[op] = self.hold.get(op, ALL) & ~parts

    def _selected(self) -> None:
        """Which rows are chosen says from which part they are, not what was learned or measured, but for those who choose columns; groups
        have no order."""
        program, parts = self.code.program, self.layout.all(TRAIN, TEST, VALIDATION) | self.choosing
        for op, facts in enumerate(program.ops):
            if facts.kind == "subscript" and len(program.args[op]) > 1:
                self.narrow.setdefault(program.args[op][1], {})[op] = parts
        for op in untouched(self.code):
            frame = self.narrow.setdefault(program.args[op][0], {})
            frame[op] = frame.get(op, ALL) & ~self.guessed
        everything = self.code.meanings.all()
        groups = [op for op, meaning in everything.items() if "groups" in self.code.meanings.traits(meaning)]
        frames = self.code.flow.reach([op for op, m in everything.items() if "data.read" in m.roles]) if groups else {}
        for op in groups:  # a column is told over which rows it is taken, in their order; a frame has none any more
            if program.receiver(op) in frames:
                self.hold[op] = ~(SERIES | SORTED)

    def _again(self) -> None:
        """Who is fitted anew forgets what it learned before: the last fit of a straight run of code counts. A function that is handed to
        a method of unknown meaning is called by it."""
        program, fits = self.code.program, dict[tuple[object, ...], list[int]]()
        for op, meaning in sorted(self.code.meanings.all().items()):
            if program.ops[op].kind != "call":
                continue
            callee = program.args[op][0]
            if not any(r in ("transform.fit", "transform.fit_apply", "model.fit") for r in meaning.roles) or callee < 0:
                continue
            receiver = program.receiver(op)
            if receiver >= 0 and program.ops[receiver].kind == "load" and not program.ops[callee].name.startswith("partial"):
                fits.setdefault((program.scope_id(op), program.args[receiver] or program.ops[receiver].name), []).append(op)
        for again in fits.values():
            for first, second in pairwise(again):
                block = program.block_id(second)
                for following in self.code.flow.after(first):
                    if following > second and first not in program.args[following] and block in program.blocks_around(following):
                        self.narrow.setdefault(first, {})[following] = 0
        for call, receiver, scope in self.inside.applied:
            if self.code.meanings.of(call) is None and not self.code.resolver.targets.get(call):
                for parameter in program.params(scope)[:1]:
                    self.added.setdefault(receiver, []).append((parameter, ALL))
                for returned in program.returns(scope):
                    self.added.setdefault(returned, []).append((call, ALL))

    def _elements(self) -> dict[int, tuple[int, tuple[int, ...]]]:
        """Unpacked results of project functions that are written as tuples: the call, and the elements that are taken."""
        program, found = self.code.program, dict[int, tuple[int, tuple[int, ...]]]()
        for op, facts in enumerate(program.ops):
            if facts.kind != "unpack" or not isinstance(facts.value, int):
                continue
            call = self._origin(program.args[op][0])
            taken: list[int] = []
            for returned in self.code.resolver.results.get(call, ()):
                values = program.args[returned]
                plain = values and program.ops[returned].kind == "return"
                element = program.element(self._origin(values[0]), facts.value) if plain else None
                if element is None:
                    break
                taken.append(element)
            else:
                if taken:
                    found[op] = (call, tuple(taken))
        return found

    def _origin(self, op: int) -> int:
        """What stands behind a name with one definition."""
        program = self.code.program
        for _ in range(4):
            if program.ops[op].kind in ("load", "assign") and len(program.args[op]) == 1:
                op = program.args[op][0]
        return op


def handed(code: Code, call: int) -> tuple[int, ...]:
    """The operations a call hands over: its arguments and its receiver; for reads of a property, what it is read from."""
    args = code.program.args[call]
    if code.program.ops[call].kind != "call":
        return args
    receiver = code.program.receiver(call)
    return (*args[1:], receiver) if receiver >= 0 else args[1:]


class Inside:
    """What does not depend on labels. `bits`: for every operation the parameters of its own function that reach it, when a call into the
    project passes all that it gets; `useful`: the operations that reach a goal, outside of tests or with them, nothing else is
    asked about; `applied`: functions that are handed to methods."""

    def __init__(self, code: Code, goals: Iterable[int], *, tests: bool = False) -> None:
        program, after = code.program, code.flow.after
        self.applied = list(applications(code))
        self.useful = bytearray(len(program.ops))
        self.returned = [op for _, _, scope in self.applied for op in program.returns(scope)]
        left = [not tests and is_test_code(unit.path) for unit in program.modules]
        for op in code.flow.reach([*goals, *self.returned], back=True):
            self.useful[op] = not left[program.unit_of[op]]
        self.calls: Edges = {}
        for call in code.resolver.results:
            if self.useful[call]:
                for argument in handed(code, call):
                    if argument >= 0:
                        self.calls.setdefault(argument, []).append((call, ALL))
        bits = self.bits = [0] * len(program.ops)
        queue: deque[int] = deque()
        for scope, facts in enumerate(program.scopes):
            if facts.kind in ("function", "lambda"):
                for index, parameter in enumerate(program.params(scope)):
                    if self.useful[parameter]:
                        bits[parameter] = 1 << index
                        queue.append(parameter)
        state = {op for op, m in code.meanings.all().items() if {"model.fit", "transform.fit"} & set(m.roles)}
        both = {op for op, m in code.meanings.all().items() if "transform.fit_apply" in m.roles}
        while queue:
            op = queue.popleft()
            if op in state:  # who has learned from rows holds none of them
                continue
            scope, out = program.scope_id(op), bits[op]
            following = after(op)
            if op in both:  # the rows go into the result, and not into the object
                following = [target for target in following if op in program.args[target] or program.ops[target].kind != "load"]
            if op in self.calls:
                following = [*following, *(call for call, _ in self.calls[op])]
            for target in following:
                new = out & ~bits[target] and self.useful[target] and program.scope_id(target) == scope
                if new and program.ops[target].kind != "param":
                    bits[target] |= out
                    queue.append(target)
