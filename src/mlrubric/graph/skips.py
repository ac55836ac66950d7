"""Tests that do not run, or whose failure does not count, where a command runs them: marks, calls that skip, hooks that skip by a mark."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field

from mlrubric.graph.surroundings import UNKNOWN, Key, Surroundings
from mlrubric.graph.truth import truth
from mlrubric.graph.world import World

HOOKS = frozenset({"pytest_collection_modifyitems", "pytest_runtest_setup", "pytest_runtest_call"})
UNCERTAIN = frozenset({"for", "while", "loop_else", "except", "case", "try_else"})
SKIPS = "test.skip"


@dataclass(slots=True)
class Skips:
    """The skips of a program: of each test its marks, and the calls that skip with the tests they speak for."""

    world: World
    strict: bool = False  # a test that is expected to fail must fail
    _marks: dict[int, tuple[int, ...]] = field(default_factory=dict)
    _calls: dict[int, list[int]] | None = None  # test scope -> calls that skip it
    _said: dict[tuple[int, Key], str] = field(default_factory=dict)
    _names: dict[int, frozenset[str]] = field(default_factory=dict)
    _switched: tuple[tuple[str, frozenset[str], frozenset[str]], ...] | None = None

    def reason(self, scope: int, around: Surroundings, flags: frozenset[str]) -> str:
        """Why a test does not count where these variables and options hold; "" when it does, or nobody can tell."""
        for mark in self.marks(scope):
            key = (mark, around.key)
            said = self._said.get(key)
            if said is None:
                said = self._said[key] = self._mark(mark, around)
            if said:
                return said
        for call in self._calls_of(scope):
            if self._certain(call, around):
                return f"the test is skipped at line {self.world.code.program.ops[call].line}"
        return self._by_hook(scope, around, flags)

    def names(self, scope: int) -> frozenset[str]:
        """Qualified names of the marks of a test, its class and its module."""
        if scope not in self._names:
            resolver, program = self.world.code.resolver, self.world.code.program
            found: set[str] = set()
            for mark in self.marks(scope):
                named = program.args[mark][0] if program.ops[mark].kind == "call" else mark
                found |= {str(v[1]) for v in resolver.of(named) if v[0] == "external"}
            self._names[scope] = frozenset(found)
        return self._names[scope]

    # ---- marks --------------------------------------------------------------------------------------------------------

    def marks(self, scope: int) -> tuple[int, ...]:
        """The operations that mark a test: decorators of it and its classes, `pytestmark` of its classes and module."""
        if scope not in self._marks:
            program, found, here = self.world.code.program, list[int](), scope
            while here >= 0:
                for decorator in program.decorators(program.definition(here)):
                    found.extend(self._origin(decorator))
                for definition in program.exports[here].get("pytestmark", ()) if program.scopes[here].kind != "function" else ():
                    found.extend(self._origin(definition))
                here = program.parent_scope(here)
            self._marks[scope] = tuple(dict.fromkeys(found))
        return self._marks[scope]

    def _origin(self, op: int, depth: int = 0) -> Iterator[int]:
        """The mark behind a name or in a list: `slow = pytest.mark.skipif(...)` and `@slow`."""
        program = self.world.code.program
        facts = program.ops[op]
        if facts.kind in ("load", "assign", "import") and depth < 6:
            sources = [a for a in program.args[op] if a >= 0] or list(self.world.code.resolver.reads.get(op, ()))
            for source in sources:
                yield from self._origin(source, depth + 1)
            if not sources:
                yield op
        elif facts.kind == "container" and depth < 6:
            for element in program.args[op]:
                yield from self._origin(element, depth + 1)
        else:
            yield op

    def _mark(self, mark: int, around: Surroundings) -> str:
        code, program = self.world.code, self.world.code.program
        meaning = code.meanings.of(mark) or code.meanings.named(mark)
        if meaning is None or SKIPS not in meaning.roles:
            return ""
        name = meaning.api.rpartition(".")[2]
        condition = meaning.arguments.get("@condition", -1)
        if condition < 0 and program.ops[mark].kind == "call":
            condition = program.keyword(mark, "condition")
        holds = truth(code, condition, around) if condition >= 0 else True
        if name == "skipUnless":
            holds = UNKNOWN if holds is UNKNOWN else not holds
        if holds is UNKNOWN or not holds:
            return ""
        if name in ("xfail", "expectedFailure"):
            strict = code.meanings.spelling(meaning.arguments["@enabled"]) if "@enabled" in meaning.arguments else ""
            counts = name == "expectedFailure" or strict == "true" or (self.strict and strict != "false")
            return "" if counts else "the test is expected to fail, and may"
        return "the test is skipped" if condition < 0 else "the test is skipped where the automation runs it"

    # ---- calls --------------------------------------------------------------------------------------------------------

    def _calls_of(self, scope: int) -> list[int]:
        if self._calls is None:
            self._calls = {}
            for op, tests in _skipping(self.world):
                for test in tests:
                    self._calls.setdefault(test, []).append(op)
        return self._calls.get(scope, [])

    def _certain(self, call: int, around: Surroundings) -> bool:
        """Whether a call is always reached: every condition around it holds, and nothing before it may leave."""
        code, program = self.world.code, self.world.code.program
        unit, decided = program.unit(call), set[int]()
        for block in program.blocks_around(call):
            facts = program.blocks[block]
            if facts.kind == "scope":
                break
            if facts.kind in UNCERTAIN:
                return False
            if facts.kind in ("if", "else") and facts.test >= 0:
                decided.add(facts.test + unit.base)
                holds = truth(code, facts.test + unit.base, around)
                if holds is UNKNOWN or bool(holds) != (facts.kind == "if"):
                    return False
        for condition in code.checks.deciders.around(call):
            if condition not in decided and truth(code, condition, around) is UNKNOWN:
                return False
        return all(condition in decided or truth(code, condition, around) is not UNKNOWN for condition in code.checks.guards(call))

    # ---- hooks --------------------------------------------------------------------------------------------------------

    def _by_hook(self, scope: int, around: Surroundings, flags: frozenset[str]) -> str:
        """A hook in a conftest above that skips tests with a mark unless an option is given (`--runslow`)."""
        names = {name.rpartition(".")[2] for name in self.names(scope)}
        if not names:
            return ""
        path = self.world.code.program.modules[self.world.code.program.scope_unit[scope]].path
        if self._switched is None:
            self._switched = tuple(_hooks(self.world))
        for folder, marks, options in self._switched:
            above = not folder or path.startswith(folder + "/")
            if above and names & marks and options and not options & flags:
                return f"skipped without {min(options)}"
        return ""


def _skipping(world: World) -> Iterator[tuple[int, list[int]]]:
    """Calls that skip, each with the scopes of the tests that it speaks for."""
    code, program, graph = world.code, world.code.program, world.graph
    users: dict[int, list[int]] = {}
    for test, fixture in world.fixtures.uses:
        users.setdefault(fixture, []).append(test)
    for node in graph.with_role(SKIPS):
        op = code.node_op.get(node)
        meaning = code.meanings.of(op) if op is not None else None
        if op is None or meaning is None or program.ops[op].kind != "call" or not code.tested(op):
            continue
        if {"@condition", "@name"} & meaning.arguments.keys() or _decorates(world, op) or ".mark." in meaning.api:
            continue
        scope = program.scope_id(op)
        if program.scopes[scope].kind == "module":
            yield op, [s for s in range(len(program.scopes)) if program.scope_unit[s] == program.scope_unit[scope]]
            continue
        reached, waiting = {scope}, [scope]
        while waiting:
            for user in users.get(waiting.pop(), ()):
                if user not in reached:
                    reached.add(user)
                    waiting.append(user)
        if program.scopes[scope].name in ("setUp", "setup_method", "setUpClass", "setup_class"):
            parent = program.parent_scope(scope)
            reached |= {s for s in range(len(program.scopes)) if program.parent_scope(s) == parent}
        yield op, sorted(reached)


def _decorates(world: World, op: int) -> bool:
    program = world.code.program
    return any(program.ops[use].kind in ("function", "class", "assign", "container") for use in world.code.resolver.uses[op])


def _hooks(world: World) -> Iterator[tuple[str, frozenset[str], frozenset[str]]]:
    """Hooks of conftest files that skip: (folder, the marks that they name, the options that switch them off)."""
    program = world.code.program
    for scope, facts in enumerate(program.scopes):
        unit = program.modules[program.scope_unit[scope]]
        if facts.name not in HOOKS or posixpath.basename(unit.path) != "conftest.py":
            continue
        own = [op for op in range(unit.base, unit.base + len(unit.facts.ops)) if program.scope_id(op) == scope]
        skips = any(program.ops[op].name in ("skip", "skipif") for op in own if program.ops[op].kind == "attribute")
        texts = [str(program.ops[op].value) for op in own if program.ops[op].kind == "const" and isinstance(program.ops[op].value, str)]
        options = frozenset(text for text in texts if text.startswith("--"))
        if skips and options:
            yield posixpath.dirname(unit.path), frozenset(text for text in texts if text.isidentifier()), options
