"""Assertions that can only hold: about what the test file itself writes down, or about what a mock was told to answer."""

from __future__ import annotations

import re
from collections import deque
from functools import cached_property

from mlrubric.graph.code import Code
from mlrubric.graph.world import World

MOST = 120  # operations behind an assertion; whoever has more is about something
# what a value is made of without anything being computed
MADE_OF = frozenset(
    {
        "const",
        "load",
        "assign",
        "phi",
        "compare",
        "boolean",
        "unary",
        "binary",
        "conditional",
        "container",
        "dict",
        "fstring",
        "element",
        "unpack",
        "subscript",
        "slice",
        "attribute",
        "store_attribute",
        "store_subscript",
    }
)
LOOKS = (
    "len isinstance issubclass type str int float bool list dict set tuple frozenset sorted sum min max abs range any all zip enumerate "
    "round callable hasattr print repr"
)
PURE = frozenset(f"builtins.{name}" for name in LOOKS.split())
MAKES = frozenset({"data.derive", "data.synthetic"})
ABOUT_WHAT_RUNS = re.compile(r"raises|warns|logs|fail|exit|call(?!ed)", re.IGNORECASE)  # not about what they are given


def mark_hollow(world: World) -> frozenset[int]:
    """`hollow` on the nodes of assertions in test code that say nothing about what the project or a library computes; `unheard` on those
    whose failure a handler swallows."""
    code, graph = world.code, world.graph
    tested = [
        node
        for node in dict.fromkeys((*graph.with_role("test.assert"), *graph.with_role("check")))
        if node in code.node_op and code.tested(code.node_op[node])
    ]
    if not tested:
        return frozenset()
    behind = Behind(code)
    stand_in(world, behind)
    found = frozenset(node for node in tested if behind.is_hollow(code.node_op[node]))
    for node in found:
        graph.nodes[node].attributes["hollow"] = "true"
    for node in tested:
        line = code.checks.swallowed(code.node_op[node], code.node_op[node])
        if line:
            graph.nodes[node].attributes["unheard"] = (
                f"what the assertion on line {graph.nodes[node].place.line} raises is swallowed at line {line}"
            )
    return found


def stand_in(world: World, behind: Behind) -> None:
    """What a test replaces by a mock is not run by it."""
    graph, code = world.graph, world.code
    for scope, names in behind.patched.items():
        for number in graph.outgoing[code.scope_node[scope]] if names and scope in code.scope_node else ():
            edge = graph.edges[number]
            target = graph.nodes[edge.target]
            if edge.kind == "call" and target.kind == "function" and target.label.rpartition(".")[2] in names:
                graph.block(number, "a mock stands in for it")


class Behind:
    """What stands behind assertions. `patched` are the last names of what `patch("a.b")` replaces, `handed` the names of variables that are
    handed to something that may change them, both by scope."""

    def __init__(self, code: Code) -> None:
        self.code, self.program = code, code.program
        self.patched: dict[int, set[str]] = {}
        self.handed: dict[int, set[str]] = {}
        for call in self.program.of_kind("call"):
            if code.tested(call):
                self._note(call)

    def _note(self, call: int) -> None:
        program, scope = self.program, self.program.scope_id(call)
        if self._is_mock(call):
            texts = [program.ops[a].value for a in program.positional(call)[:2] if a >= 0]
            names = {text.rpartition(".")[2] for text in texts if isinstance(text, str)}
            self.patched.setdefault(scope, set()).update(names)
            for inner in self._decorated(call):
                self.patched.setdefault(inner, set()).update(names)
        elif not self._is_pure(call) and "test.assert" not in self.code.meanings.roles(call):
            loads = (program.ops[self._root(a)] for a in program.args[call][1:] if a >= 0)
            self.handed.setdefault(scope, set()).update(one.name for one in loads if one.kind == "load" and one.name)

    def _root(self, op: int) -> int:
        """The variable whose attribute an operation is."""
        while self.program.ops[op].kind == "attribute" and self.program.args[op] and self.program.args[op][0] >= 0:
            op = self.program.args[op][0]
        return op

    def _decorated(self, call: int) -> list[int]:
        """The scopes of the functions that a call decorates."""
        return self._decorators.get(call, [])

    @cached_property
    def _decorators(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for definition in self.program.of_kind("function"):
            for decorator in self.program.decorators(definition):
                found.setdefault(decorator, []).append(self.program.defined(definition))
        return found

    def is_hollow(self, op: int) -> bool:
        """Whether everything behind the condition is written down, or comes from a mock."""
        kind, args = self.program.ops[op].kind, [a for a in self.program.args[op] if a >= 0]
        if kind == "assert":
            return bool(args) and (self._always(args[0]) or self._written_down(args[:1]))
        receiver = self.program.receiver(op) if kind == "call" else -1
        if receiver < 0 or "test.assert" not in self.code.meanings.roles(op) or ABOUT_WHAT_RUNS.search(self.program.called(op)):
            return False
        if self._is_mock(receiver):  # its own assertion: that it was called
            return self._written_down([receiver])
        return bool(args[1:]) and self._written_down(args[1:])

    def _always(self, op: int) -> bool:
        """Whether a condition holds whatever comes: `x or True`, `(x, "message")`, `len(x) >= 0`."""
        ops, facts, args = self.program.ops, self.program.ops[op], [a for a in self.program.args[op] if a >= 0]
        if facts.kind == "boolean" and facts.name == "or":
            return any(ops[a].kind == "const" and bool(ops[a].value) for a in args)
        if facts.kind in ("container", "dict"):
            return bool(args)
        if facts.kind == "compare" and facts.value == (">=",) and len(args) == 2:
            return ops[args[1]].kind == "const" and ops[args[1]].value == 0 and self.program.called(args[0]) == "len"
        return False

    def _written_down(self, starts: list[int]) -> bool:
        program, scope = self.program, self.program.scope_id(starts[0])
        patched, handed = self.patched.get(scope, set()), self.handed.get(scope, set())
        waiting, seen = deque(starts), set(starts)
        while waiting:
            op = waiting.popleft()
            facts = program.ops[op]
            if len(seen) > MOST or (facts.kind == "load" and facts.name in handed):
                return False
            if facts.kind == "call":
                if self._is_mock(op) or self.program.called(op) in patched:
                    continue
                if not self._is_pure(op) and not self._is_arithmetic(op):
                    return False
                following = [a for a in (*program.args[op][1:], self._own_receiver(op)) if a >= 0]
            elif facts.kind not in MADE_OF:
                return False  # a parameter, a comprehension, something unknown
            elif self._is_builtin(op):
                continue
            else:
                following = [*self.code.flow.before(op), *(a for a in program.args[op] if a >= 0)]
                if facts.kind == "load" and not following:
                    return False
            for one in following:
                if one not in seen:
                    seen.add(one)
                    waiting.append(one)
        return True

    def _is_pure(self, call: int) -> bool:
        """A builtin that only looks at what it is given."""
        callee = self.program.args[call][0] if self.program.args[call] else -1
        values = self.code.resolver.of(callee) if callee >= 0 else ()
        return bool(values) and all(value[0] == "external" and value[1] in PURE for value in values)

    def _is_arithmetic(self, call: int) -> bool:
        """Whether a library of data only makes and changes values that it is given."""
        meaning = self.code.meanings.of(call)
        if meaning is None or not meaning.certain or meaning.entry is None:
            return False
        area = self.code.meanings.catalogue.area(meaning.api.partition(".")[0])
        return area == "data" and set(meaning.roles) <= MAKES

    def _own_receiver(self, call: int) -> int:
        """What a method is called on, unless that is a library itself."""
        receiver = self.program.receiver(call)
        values = self.code.resolver.of(receiver) if receiver >= 0 else ()
        return -1 if values and all(value[0] in ("external", "module") for value in values) else receiver

    def _is_builtin(self, op: int) -> bool:
        values = self.code.resolver.of(op)
        return bool(values) and all(value[0] == "external" and str(value[1]).startswith("builtins.") for value in values)

    def _is_mock(self, op: int) -> bool:
        """Whether an operation makes a mock, asks one, or is one."""
        program, seen = self.program, set[int]()
        while op >= 0 and op not in seen:
            seen.add(op)
            if self.code.meanings.mocked(op):
                return True
            kind = program.ops[op].kind
            if kind in ("call", "attribute"):
                op = program.args[op][0] if program.args[op] else -1
            elif kind in ("load", "assign"):
                behind = {*program.args[op], *self.code.resolver.reads.get(op, ())} - {-1}
                op = behind.pop() if len(behind) == 1 else -1
            else:
                return False
        return False
