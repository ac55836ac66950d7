"""Code becomes nodes: modules, functions, classes, tests, and the operations that mean something."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

from mlrubric.graph.checks import Check, Checks
from mlrubric.graph.flow import Flow
from mlrubric.graph.graph import Graph
from mlrubric.graph.meaning import Meaning, Meanings
from mlrubric.graph.program import ModuleUnit, Program
from mlrubric.graph.resolve import Resolver
from mlrubric.graph.tasks import Tasks
from mlrubric.graph.values import number
from mlrubric.model.place import Place, Span
from mlrubric.model.python import Op

CARRIERS = frozenset({"text", "made", "view", "pair", "zipped", "zip", "partial"})  # values that are texts or hold some
REGISTERED = frozenset({"serve.handle", "flow.define", "flow.task", "flow.branch", "test.fixture"})
TEST_CODE = re.compile(r"(^|/)(tests?|testing|[a-z]+_tests)/|(^|/)(test_[^/]*|[^/]*(?<!train)_test|conftest)\.py$")
TEST_FILE = re.compile(r"(^|/)(test_[^/]*|[^/]*(?<!train)_test)\.py$")


@dataclass(slots=True)
class Code:
    """The program with its analyses and the nodes that stand for it in the graph."""

    program: Program
    resolver: Resolver
    meanings: Meanings
    checks: Checks
    flow: Flow
    module_node: dict[int, int] = field(default_factory=dict)
    main_node: dict[int, int] = field(default_factory=dict)
    scope_node: dict[int, int] = field(default_factory=dict)
    op_node: dict[int, int] = field(default_factory=dict)
    node_op: dict[int, int] = field(default_factory=dict)
    check_of: dict[int, Check] = field(default_factory=dict)  # node -> check
    roles: list[str] = field(default_factory=list)
    bits: list[int] = field(default_factory=list)  # per operation: roles of what flows in
    tasks: Tasks = field(default_factory=Tasks)
    _told: Mapping[int, int] | None = None
    _trains: frozenset[int] | None = None

    @property
    def told_by_tests(self) -> Mapping[int, int]:
        """Operations that a text written in test code reaches."""
        if self._told is None:
            tests = [unit for unit in self.program.modules if is_test_code(unit.path)]
            ops = (op for unit in tests for op in range(unit.base, unit.base + len(unit.facts.ops)))
            texts = [op for op in ops if texts_of(self.program.ops[op])]
            self._told = self.flow.reach(texts, stop=lambda op: not self.holds_text(op))
        return self._told

    @property
    def trains(self) -> frozenset[int]:
        """The scopes that lead to a training: those that hold one, and all that call them."""
        if self._trains is None:
            waiting = [self.program.scope_id(op) for op, meaning in self.meanings.all().items() if "model.fit" in meaning.roles]
            found: set[int] = set()
            while waiting:
                scope = waiting.pop()
                if scope not in found:
                    found.add(scope)
                    waiting.extend(self.program.scope_id(c) for c in self.resolver.callers.get(scope, ()))
            self._trains = frozenset(found)
        return self._trains

    def holds_text(self, op: int) -> bool:
        """Whether a text may pass an operation: it yields one, or something that holds some."""
        return any(v[0] in CARRIERS for v in self.resolver.of(op))

    def place(self, op: int) -> Place:
        """The place of an operation, with its symbol and notebook cell."""
        return place_of(self.program, op)

    def holder(self, op: int) -> int:
        """The node that runs an operation: its function, the main part of its module, or the module."""
        scope = self.program.scope_id(op)
        while self.program.scopes[scope].kind == "class":
            scope = self.program.parent_scope(scope)
        unit = self.program.unit(op)
        if self.program.scopes[scope].kind == "module":
            if unit.index in self.main_node and self.checks.in_main(op):
                return self.main_node[unit.index]
            return self.module_node[unit.index]
        return self.scope_node[scope]

    def node_for(self, graph: Graph, op: int, label: str, roles: Iterable[str] = (), api: str = "", /, **attributes: str) -> int:
        """The node of an operation, made when it has none."""
        node = self.op_node.get(op)
        if node is None:
            node = graph.add("op", label, self.place(op), roles, api, **attributes)
            self.op_node[op], self.node_op[node] = node, op
            graph.connect(self.holder(op), node, "call", self.place(op))
        return node

    def place_op(self, graph: Graph, op: int, node: int) -> None:
        """A node stands for an operation from now on; what holds the operation runs it."""
        self.op_node[op] = node
        self.node_op[node] = op
        line = self.checks.swallowed(op)
        loss = f"exception swallowed at line {line}" if line else ""
        graph.connect(self.holder(op), node, "call", self.place(op), loss=loss, blocked=self.checks.dead(op))

    def tested(self, op: int) -> bool:
        """Whether an operation stands in test code."""
        return is_test_code(self.program.unit(op).path)

    def about(self, op: int) -> frozenset[str]:
        """The roles of everything that flows into an operation."""
        bits, found, index = self.bits[op] if self.bits else 0, set(), 0
        while bits:
            if bits & 1:
                found.add(self.roles[index])
            bits >>= 1
            index += 1
        return frozenset(found)


def texts_of(facts: Op) -> tuple[str, ...]:
    """The texts that an operation writes out: a constant, the fixed pieces of an f-string."""
    if facts.kind == "const":
        return (facts.value,) if isinstance(facts.value, str) else ()
    return tuple(t for t in facts.value if isinstance(t, str)) if facts.kind == "fstring" and isinstance(facts.value, tuple) else ()


def place_of(program: Program, op: int) -> Place:
    facts, unit = program.ops[op], program.unit(op)
    scope = program.scopes[program.scope_id(op)]
    span = Span(facts.line, facts.column, facts.end_line, facts.end_column)
    cell, inner = cell_of(unit, facts.line, facts.column)
    symbol = f"{unit.names[0]}.{scope.qualname}" if scope.qualname else unit.names[0]
    return Place(unit.path, span, symbol, cell, inner)


def cell_of(unit: ModuleUnit, line: int, column: int = 1) -> tuple[int | None, int | None]:
    """Cell and line in the cell of a raw place in a notebook; one raw line may hold many lines of cells."""
    from bisect import bisect_left, bisect_right

    cells, columns = unit.facts.cells, unit.facts.cell_columns
    if not cells:
        return None, None
    index = bisect_right(cells, (line, 1 << 30, 0)) - 1
    first = bisect_left(cells, (line,))
    if index > first and columns:
        index = max(bisect_right(columns, column, first, index + 1) - 1, first)
    return (cells[index][1], cells[index][2]) if index >= 0 else (None, None)


def is_test_file(path: str) -> bool:
    return TEST_FILE.search(path) is not None


@cache
def is_test_code(path: str) -> bool:
    """Whether a path belongs to the tests: test files, conftest, everything in a folder of tests."""
    return TEST_CODE.search(path) is not None


def add_code(graph: Graph, program: Program, resolver: Resolver, meanings: Meanings) -> Code:
    """All nodes of the code, the calls between them, and the operations with roles."""
    checks = Checks(program, meanings)
    code = Code(program, resolver, meanings, checks, Flow(program, resolver, meanings))
    for unit in program.modules:
        _add_module(graph, code, unit)
    for scope, facts in enumerate(program.scopes):
        if facts.kind in ("function", "lambda"):
            _add_function(graph, code, scope)
    _add_calls(graph, code)
    _add_decorated(graph, code)
    for op, meaning in meanings.all().items():
        if meaning.roles:
            _add_op(graph, code, op, meaning)
    for check in checks.all:
        _add_check(graph, code, check)
    return code


def _add_module(graph: Graph, code: Code, unit: ModuleUnit) -> None:
    kind = "notebook" if unit.is_notebook else "module"
    place = Place(unit.path, Span(1), unit.names[0])
    node = graph.add(kind, unit.path, place, entry="false")
    code.module_node[unit.index] = node
    mains = [b for b in unit.facts.blocks if b.constant == "main"]
    if mains:
        line = mains[0].line or 1
        main = graph.add("function", f"{unit.names[0]}.__main__", Place(unit.path, Span(line), f"{unit.names[0]}.__main__"), entry="true")
        code.main_node[unit.index] = main


def _add_function(graph: Graph, code: Code, scope: int) -> None:
    program = code.program
    facts, unit = program.scopes[scope], program.modules[program.scope_unit[scope]]
    cell, inner = cell_of(unit, facts.line, facts.column)
    place = Place(unit.path, Span(facts.line, facts.column, facts.end_line), program.qualified(scope), cell, inner)
    kind = "test" if is_test(program, scope) else "function"
    node = graph.add(kind, facts.qualname, place)
    if kind == "test":
        graph.give(node, "test.case")
    code.scope_node[scope] = node


def is_test(program: Program, scope: int) -> bool:
    """A function that pytest or unittest collects: `test*` in a test file, at module level or in a `Test*` / TestCase class."""
    facts, unit = program.scopes[scope], program.modules[program.scope_unit[scope]]
    if not facts.name.startswith("test") or facts.kind != "function" or not is_test_file(unit.path):
        return False
    parent = program.parent_scope(scope)
    return program.scopes[parent].kind in ("module", "class") and not is_fixture(program, scope)


def is_fixture(program: Program, scope: int) -> bool:
    """A decorator called `fixture`: pytest collects no test from it, whatever its name."""
    for decorator in program.decorators(program.definition(scope)):
        named = program.args[decorator][0] if program.ops[decorator].kind == "call" else decorator
        if program.ops[named].name == "fixture":
            return True
    return False


def _add_calls(graph: Graph, code: Code) -> None:
    """Call edges: from what runs a call to what it enters; imports run modules; class bodies run with their module."""
    program, resolver = code.program, code.resolver
    for op, targets in sorted(resolver.targets.items()):
        dead = code.checks.dead(op)
        source = code.holder(op)
        line = code.checks.swallowed(op)
        loss = f"exception swallowed at line {line}" if line else ""
        for target in sorted(targets, key=repr):
            if target[0] == "function" or target[0] == "callback":
                node = code.scope_node.get(number(target))
                if node is not None and dead:  # it is no call, but what would run
                    graph.connect(source, node, "run", code.place(op), certain=target[0] == "function", blocked=dead)
                elif node is not None:
                    graph.connect(source, node, "call", code.place(op), certain=target[0] == "function", loss=loss)
    for op, facts in enumerate(program.ops):
        if facts.kind == "import" and isinstance(facts.value, tuple):
            for index in program.imported_modules(program.unit(op), facts)[:1]:
                graph.connect(code.holder(op), code.module_node[index], "import", code.place(op))


def _add_decorated(graph: Graph, code: Code) -> None:
    """A framework calls what its decorators register: the function has the decorator's roles, and its module leads to it."""
    program = code.program
    for op, facts in enumerate(program.ops):
        if facts.kind != "function" or not facts.extra:
            continue
        scope = program.defined(op)
        for decorator in program.decorators(op):
            meaning = code.meanings.of(decorator) or code.meanings.named(decorator)
            roles = [r for r in meaning.roles if r in REGISTERED] if meaning is not None else []
            for role in roles:
                graph.give(code.scope_node[scope], role)
            if "serve.handle" in roles or (meaning is not None and meaning.entry is not None and meaning.entry.runs):
                graph.connect(code.holder(op), code.scope_node[scope], "call", code.place(op))


def _add_op(graph: Graph, code: Code, op: int, meaning: Meaning) -> None:
    attributes = code.meanings.spellings(meaning)
    node = graph.add("op", meaning.api, code.place(op), meaning.roles, meaning.api)
    graph.nodes[node].attributes.update(attributes)
    graph.nodes[node].attributes["certain"] = "true" if meaning.certain else "false"
    if meaning.kind:
        graph.nodes[node].attributes["type"] = meaning.kind
    code.place_op(graph, op, node)


def _add_check(graph: Graph, code: Code, check: Check) -> None:
    node = code.op_node.get(check.op)
    if node is None:
        node = graph.add("op", check.form, code.place(check.op))
        code.place_op(graph, check.op, node)
    graph.give(node, "check")
    graph.nodes[node].gate = True
    graph.nodes[node].attributes["form"] = check.form
    code.check_of[node] = check
