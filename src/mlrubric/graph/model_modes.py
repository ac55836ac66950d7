"""The two modes of a model: which calls run a model that has them, what switches it, which of its layers act by the mode."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mlrubric.graph.code import Code
from mlrubric.graph.values import Value, number

SWITCH = "evaluation_mode"
SENSITIVE = "acts_by_mode"
OFF = "no_gradients"
ADDS = "accumulates_gradients"
APART = "leaves_gradients"
JUDGES = re.compile(r"(^|_)(eval(uate|uation)?|val(id|idate|idation)?|test|predict|infer(ence)?)(_|$)")


def calls_of_models(code: Code) -> Iterator[int]:
    """The calls of instances that have two modes, by `model(x)` or `model.forward(x)`."""
    program, known = code.program, dict[Value, bool]()
    for op in program.of_kind("call"):
        model = model_of(code, op)
        for value in code.resolver.of(model):
            if value[0] in ("instance", "object"):
                if value not in known:
                    names = code.resolver.mro(number(value))[1] if value[0] == "instance" else (str(value[1]),)
                    known[value] = any(_by_mode(code, name) for name in names)
                if known[value]:
                    yield op
                    break


def model_of(code: Code, op: int) -> int:
    """What a call would run: the callee, or the object whose `forward` is called."""
    program, callee = code.program, code.program.args[op][0]
    if callee >= 0 and program.ops[callee].kind == "attribute" and program.ops[callee].name == "forward":
        return program.args[callee][0]
    return callee


def _told(code: Code, op: int) -> bool:
    """Whether a function is told the mode."""
    return code.program.ops[op].kind == "call" and code.program.keyword(op, "training") >= 0


def _by_mode(code: Code, kind: str) -> bool:
    """Whether a type is of models that have two modes: a switch of the mode is among its methods."""
    api = code.meanings.catalogue.method(kind, "eval") if kind else None
    return api is not None and SWITCH in code.meanings.catalogue.traits(api.name)


class Modes:
    """What puts models into the mode in which they are judged."""

    def __init__(self, code: Code) -> None:
        self._code = code
        self.switches: dict[int, list[int]] = {}  # scope -> switches
        self._switched: set[int] = set()  # definitions of the variables that are switched
        self._sensitive: dict[int, int] = {}  # class -> a layer of it that acts by the mode
        self._chains: dict[int, frozenset[int]] = {}
        program = code.program
        for op, meaning in sorted(code.meanings.all().items()):
            traits = code.meanings.catalogue.traits(meaning.api)
            if SWITCH in traits or self._switched_off(op):
                self.switches.setdefault(program.scope_id(op), []).append(op)
                self._switched.update(self._code.resolver.held(program.receiver(op)))
            if SENSITIVE in traits and ("model.build" in meaning.roles or _told(code, op)):
                owner = program.class_around(op)
                if owner >= 0:
                    self._sensitive.setdefault(owner, op)
        self._spread()
        meanings = code.meanings
        starts = [op for op, m in meanings.all().items() if ADDS in meanings.traits(m)]
        apart = {op for op, m in meanings.all().items() if APART in meanings.traits(m)}
        self.trained = code.flow.reach(starts, back=True, stop=apart.__contains__)
        self.trained_at_all = bool(self.trained)

    def _spread(self) -> None:
        """A class that makes such a class acts by the mode too."""
        makers: dict[int, list[tuple[int, int]]] = {}  # class -> class that makes it, where
        for op, targets in self._code.resolver.targets.items():
            for made in (number(t) for t in targets if t[0] == "class"):
                owner = self._code.program.class_around(op)
                if owner >= 0 and owner != made:
                    makers.setdefault(made, []).append((owner, op))
        waiting = sorted(self._sensitive)
        while waiting:
            made = waiting.pop()
            for owner, _ in sorted(makers.get(made, ())):
                if owner not in self._sensitive:
                    self._sensitive[owner] = self._sensitive[made]
                    waiting.append(owner)

    def _switched_off(self, op: int) -> bool:
        """`model.train(False)`, `model.train(mode=False)`, `model.train(training)`."""
        program = self._code.program
        callee = program.args[op][0] if program.ops[op].kind == "call" else -1
        if callee < 0 or program.ops[callee].kind != "attribute" or program.ops[callee].name != "train":
            return False
        given = program.keyword(op, "mode")
        given = given if given >= 0 else next(iter(program.positional(op)), -1)
        return given >= 0 and self._code.meanings.spelling(given) != "true"

    def in_training(self, op: int) -> int:
        """A layer that acts as in training when an operation predicts; -1 when there is none or the mode is the right one."""
        code, program = self._code, self._code.program
        scope = program.scope_id(op)
        if op in self.trained or self.in_model(scope) or not self._predicts(op):
            return -1
        before = code.flow.reach([model_of(code, op)], back=True)
        layer = self.layer(before)
        if layer < 0 or self._switched & before.keys() or any(s in self.switches for s in self._chain(scope)):
            return -1
        if any(s in before for switches in self.switches.values() for s in switches):
            return -1
        return layer

    def layer(self, before: Iterable[int]) -> int:
        """A layer that acts by the mode in what a model comes from, or -1."""
        return next((found for b in sorted(before) if (found := self._layer(b)) >= 0), -1)

    def makes(self, op: int) -> bool:
        """Whether an operation makes a model."""
        targets = self._code.resolver.targets.get(op, ())
        if any(t[0] == "class" and any(_by_mode(self._code, name) for name in self._code.resolver.mro(number(t))[1]) for t in targets):
            return True
        meaning = self._code.meanings.of(op)
        return meaning is not None and "model.build" in meaning.roles

    def _predicts(self, op: int) -> bool:
        """Whether gradients are off around an operation, its function is called after judging, or nothing trains in the program."""
        name = self._code.program.scopes[self._code.program.scope_id(op)].name
        return not self.trained_at_all or JUDGES.search(name) is not None or self.quiet(op)

    def quiet(self, op: int) -> bool:
        """Whether gradients are off around an operation."""
        program = self._code.program
        for block in program.blocks_around(op):
            facts = program.blocks[block]
            if facts.kind == "with" and facts.test >= 0 and self._off(facts.test + program.unit(op).base):
                return True
            if facts.kind == "scope":
                definition = program.definition(facts.scope + program.unit(op).scope_base)
                return definition >= 0 and any(self._off(d) for d in program.decorators(definition))
        return False

    def _off(self, op: int) -> bool:
        meaning = self._code.meanings.of(op) or self._code.meanings.named(op)
        return meaning is not None and OFF in self._code.meanings.traits(meaning)

    def _layer(self, op: int) -> int:
        """The layer that acts by the mode in what an operation makes."""
        code = self._code
        meaning = code.meanings.of(op)
        if meaning is None:
            return -1
        if SENSITIVE in code.meanings.traits(meaning):
            return op
        for target in sorted(code.resolver.targets.get(op, ()), key=repr):
            if target[0] == "class":
                found = next((self._sensitive[c] for c in code.resolver.mro(number(target))[0] if c in self._sensitive), -1)
                if found >= 0:
                    return found
        return -1

    def _chain(self, scope: int) -> frozenset[int]:
        """A function and all that call it."""
        if scope not in self._chains:
            found, waiting = {scope}, [scope]
            while waiting:
                for call in self._code.resolver.callers.get(waiting.pop(), ()):
                    outer = self._code.program.scope_id(call)
                    if outer not in found:
                        found.add(outer)
                        waiting.append(outer)
            self._chains[scope] = frozenset(found)
        return self._chains[scope]

    def in_model(self, scope: int) -> bool:
        """Whether a function is a method of a model itself: what calls it has set the mode."""
        owner = self._code.resolver.class_of.get(scope, -1)
        return owner >= 0 and any(_by_mode(self._code, name) for name in self._code.resolver.mro(owner)[1])
