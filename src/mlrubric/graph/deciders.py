"""What decides behind a condition: the tests under which a flag, a list or an exit status was set."""

from __future__ import annotations

from mlrubric.graph.meaning import Meanings
from mlrubric.graph.program import Program
from mlrubric.graph.values import number

EXPRESSION = ("load", "unary", "compare", "boolean", "call", "conditional", "phi")
MOST = 8
DEPTH = 3  # functions that hand on an exit status


class Deciders:
    """Looks behind names inside one function, and behind calls that give a status."""

    def __init__(self, program: Program, meanings: Meanings) -> None:
        self.program, self.meanings = program, meanings
        self._mutations: dict[tuple[int, str], list[int]] | None = None

    def behind(self, conditions: tuple[int, ...]) -> tuple[int, ...]:
        """The tests under which the variables of some conditions were set or filled, without the conditions themselves."""
        found: list[int] = []
        for condition in conditions:
            for op in self._variables(condition):
                for setter in (*self._definitions(op), *self._filled(op)):
                    found.extend(t for t in self.around(setter) if t not in conditions)
        return tuple(dict.fromkeys(found))[:MOST]

    def around(self, op: int, *, handlers: bool = False) -> tuple[int, ...]:
        """The conditions of the `if` blocks around an operation, innermost first, inside its scope; with `handlers` also those around the
        handler of an exception that it stands in: they decide whether it is reached, but the exception decides first."""
        unit, found = self.program.unit(op), list[int]()
        for block in self.program.blocks_around(op):
            facts = self.program.blocks[block]
            if facts.kind == "scope" or (facts.kind == "except" and not handlers):
                break
            if facts.kind in ("if", "else", "case", "while") and facts.test >= 0 and facts.constant != "main":
                found.append(facts.test + unit.base)
            elif facts.kind == "with" and facts.test >= 0:
                found.extend(self.opened(facts.test + unit.base))
        return tuple(dict.fromkeys(found))

    def opened(self, context: int) -> tuple[int, ...]:
        """The condition of a block of a pipeline: `with dsl.If(accuracy > 0.8):`."""
        meaning = self.meanings.of(context)
        if meaning is None or "flow.branch" not in meaning.roles or "@condition" not in meaning.arguments:
            return ()
        return (meaning.arguments["@condition"],)

    def of_result(self, scope: int) -> tuple[int, ...]:
        """What decides about the value that a function returns, or that it hands on."""
        found: list[int] = []
        for returned in self.program.returns(scope):
            around = self.around(returned)
            found.extend((*around, *self.behind(around)))
            for value in self.program.args[returned]:
                if self.program.ops[value].kind != "const":
                    found.extend((*self.of_status(value), value))
                    found.extend(t for d in self._definitions(value) for t in (*self.around(d), *self.program.args[d]))
        return tuple(dict.fromkeys(found))

    def of_status(self, status: int, depth: int = DEPTH) -> tuple[int, ...]:
        """What decides that an exit status is not zero; nothing when it is always the same, or comes from somewhere unknown."""
        facts, args = self.program.ops[status], self.program.args[status]
        if facts.kind in ("const", "fstring") or depth == 0:  # a text always means a failure: what it tells decides nothing
            return ()
        if facts.kind == "conditional":
            return args[:1]
        if facts.kind == "call":
            return self._of_call(status, depth)
        found = list(self.behind((status,)))
        for definition in self._definitions(status):
            if self.program.args[definition]:
                found.extend(self.of_status(self.program.args[definition][0], depth - 1))
        own = () if self._constants(status) else (status,)
        return tuple(dict.fromkeys((*found, *own)))

    def _of_call(self, call: int, depth: int) -> tuple[int, ...]:
        """The conditions of the returns that give something else than zero."""
        found: list[int] = []
        inside = [t for t in sorted(self.meanings.resolver.targets.get(call, ()), key=repr) if t[0] == "function"]
        for target in inside:
            for returned in self.program.returns(number(target)):
                if not self.program.args[returned]:
                    continue
                value = self.program.args[returned][0]
                if self.program.ops[value].kind != "const":
                    found.extend(self.of_status(value, depth - 1))
                elif not is_zero(self.program.ops[value].value):
                    around = self.around(returned)
                    found.extend((*around, *self.behind(around)))
        return tuple(dict.fromkeys(found)) if inside else (call,)

    def _constants(self, op: int) -> bool:
        """Whether a variable only ever holds written constants."""
        definitions = self._definitions(op)
        values = [self.program.args[d][0] for d in definitions if self.program.args[d]]
        return bool(values) and all(self.program.ops[v].kind == "const" for v in values)

    def _variables(self, condition: int) -> list[int]:
        waiting, seen = [condition], list[int]()
        while waiting and len(seen) < 40:
            op = waiting.pop()
            if op >= 0 and op not in seen and self.program.ops[op].kind in EXPRESSION:
                seen.append(op)
                if self.program.ops[op].kind != "load":
                    waiting.extend(self.program.args[op])
        return [op for op in seen if self.program.ops[op].kind in ("load", "phi")]

    def _definitions(self, op: int) -> list[int]:
        """The assignments that a name may come from, inside its function."""
        if self.program.ops[op].kind not in ("load", "phi"):
            return []
        waiting, seen = list(self.program.args[op]), list[int]()
        while waiting and len(seen) < 20:
            definition = waiting.pop()
            if definition in seen or definition < 0:
                continue
            seen.append(definition)
            if self.program.ops[definition].kind == "phi":
                waiting.extend(self.program.args[definition])
        return [d for d in seen if self.program.ops[d].kind == "assign"]

    def _filled(self, op: int) -> list[int]:
        """Calls of methods of a local variable: `failures.append(name)`."""
        if self._mutations is None:
            self._mutations = {}
            for call, facts in enumerate(self.program.ops):
                receiver = self.program.receiver(call) if facts.kind == "call" else -1
                if receiver >= 0 and self.program.ops[receiver].kind == "load":
                    key = (self.program.scope_id(call), self.program.ops[receiver].name)
                    self._mutations.setdefault(key, []).append(call)
        name = self.program.ops[op].name
        return [c for c in self._mutations.get((self.program.scope_id(op), name), ()) if c < op]


def is_zero(value: object) -> bool:
    """A status with which a program says that all is well."""
    return value is None or value is False or (isinstance(value, int) and value == 0)
