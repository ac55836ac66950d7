"""Examples in docstrings as tests: `pytest --doctest-modules` runs them and compares what they print."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from itertools import pairwise

from mlrubric.graph.world import World
from mlrubric.model.homes import same_home
from mlrubric.model.place import Place, Span

PROMPT = ">>>"


def doctests(world: World, folder: str, paths: Iterable[str], ignored: Iterable[str]) -> list[int]:
    """A test node for every function under the paths, in the repository of the folder, whose docstring holds an example with a result."""
    program, code, graph = world.code.program, world.code, world.graph
    found: list[int] = []
    for scope, facts in enumerate(program.scopes):
        if facts.kind != "function" or PROMPT not in facts.docstring or not _expects(facts.docstring):
            continue
        path = program.modules[program.scope_unit[scope]].path
        inside = any(p in (".", path) or path.startswith(p + "/") or fnmatchcase(path, p) for p in paths)
        if (
            not inside
            or not same_home(path, folder)
            or any(path == i or path.startswith(i.rstrip("/") + "/") or fnmatchcase(path, i) for i in ignored)
        ):
            continue
        key = (path, f"doctest {facts.qualname}")
        if key not in world.nodes:
            place = Place(path, Span(facts.line, facts.column, facts.end_line), program.qualified(scope))
            test = world.nodes[key] = graph.add("test", f"doctest {facts.qualname}", place, ("test.case",))
            assertion = graph.add("op", "doctest", place, ("test.assert",))
            graph.connect(test, assertion, "call", place)
            if facts.name in facts.docstring:
                graph.connect(test, code.scope_node[scope], "call", place)
        found.append(world.nodes[key])
    return found


def _expects(docstring: str) -> bool:
    """Whether some example is followed by what it must print."""
    lines = [line.strip() for line in docstring.split("\n")]
    return any(a.startswith((PROMPT, "...")) and b and not b.startswith((PROMPT, "...")) for a, b in pairwise(lines))
