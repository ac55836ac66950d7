"""Data that a framework hands over by itself: pytest fixtures to the parameters of tests, unittest's setUp to its tests."""

from __future__ import annotations

import posixpath

from mlrubric.graph.code import is_test
from mlrubric.graph.program import Program
from mlrubric.graph.resolve import Resolver
from mlrubric.graph.values import keys_of
from mlrubric.model.homes import same_home

FIXTURES = frozenset({"pytest.fixture", "pytest_asyncio.fixture"})


class Fixtures:
    """pytest fixtures by name and folder. `uses` are (test or fixture scope, fixture scope)."""

    def __init__(self, program: Program, resolver: Resolver) -> None:
        self.program, self.resolver = program, resolver
        self.found: dict[str, list[tuple[str, int, bool]]] = {}
        self.uses: set[tuple[int, int]] = set()
        self._find()
        self._hand_over()

    def _find(self) -> None:
        program = self.program
        for op, facts in enumerate(program.ops):
            if facts.kind != "function" or not facts.extra:
                continue
            for decorator in program.decorators(op):
                called = program.args[decorator][0] if program.ops[decorator].kind == "call" else decorator
                if any(str(v[1]) in FIXTURES for v in self.resolver.of(called) if v[0] == "external"):
                    self.found.setdefault(self._name(decorator, facts.name), []).append(
                        (program.unit(op).path, program.defined(op), self._flag(decorator, "autouse"))
                    )

    def _name(self, decorator: int, default: str) -> str:
        value = self._keyword(decorator, "name")
        return str(value) if isinstance(value, str) else default

    def _flag(self, decorator: int, name: str) -> bool:
        return self._keyword(decorator, name) is True

    def _keyword(self, decorator: int, name: str) -> object:
        given = self.program.keyword(decorator, name) if self.program.ops[decorator].kind == "call" else -1
        return next(iter(keys_of(self.resolver.of(given))), None)

    def visible(self, name: str, path: str) -> int | None:
        """The fixture a test file sees: its own, or the nearest conftest above it."""
        best: tuple[int, int] | None = None
        for where, scope, _ in self.found.get(name, ()):
            folder = posixpath.dirname(where)
            if where == path:
                return scope
            if where.endswith("conftest.py") and same_home(where, path) and (not folder or path.startswith(folder + "/")):
                best = max(best or (-1, -1), (len(folder), scope))
        if best is None and len(self.found.get(name, ())) == 1 and same_home(self.found[name][0][0], path):
            return self.found[name][0][1]  # imported or from a plugin module
        return best[1] if best else None

    def _hand_over(self) -> None:
        program = self.program
        fixtures = {scope for entries in self.found.values() for _, scope, _ in entries}
        for scope in range(len(program.scopes)):
            if scope not in fixtures and not is_test(program, scope):
                continue
            path = program.modules[program.scope_unit[scope]].path
            for parameter in program.params(scope):
                fixture = self.visible(program.ops[parameter].name, path)
                if fixture is None or fixture == scope:
                    continue
                self.uses.add((scope, fixture))
                for returned in program.returns(fixture):
                    self.resolver.depend(returned, parameter, self.resolver.sources)
            for entries in self.found.values():
                for where, fixture, automatic in entries:
                    folder = posixpath.dirname(where)
                    if (
                        automatic
                        and fixture != scope
                        and same_home(where, path)
                        and (where == path or (where.endswith("conftest.py") and path.startswith(folder)))
                    ):
                        self.uses.add((scope, fixture))
        self.resolver.run()
