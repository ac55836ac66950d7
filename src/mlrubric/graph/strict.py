"""Whether a check whose failure is lost counts all the same: it runs strictly elsewhere, or what it reports is judged afterwards."""

from __future__ import annotations

import posixpath
from collections import defaultdict

from mlrubric.graph.automation import Schedule
from mlrubric.graph.graph import RUNS
from mlrubric.graph.shell_gates import ends
from mlrubric.graph.world import World
from mlrubric.model.facts import Command, Step

CHECKS = frozenset({"check.lint", "check.audit"})
REPORTS = (".json", ".txt", ".xml", ".log", ".out", ".csv", ".sarif", ".html", ".md")


class Strict:
    """Answers for the commands of a repository."""

    def __init__(self, world: World, schedule: Schedule) -> None:
        self._world, self._schedule = world, schedule
        self._commands: dict[int, tuple[str, Command]] = {}
        self._scripts: dict[tuple[str, str], list[Command]] = defaultdict(list)
        for path, command in world.every(Command):
            node = world.node(path, command.place.symbol)
            self._scripts[path, command.owner].append(command)
            if node is not None:
                self._commands[node] = path, command
        self._order = {(path, step.place.symbol): n for n, (path, step) in enumerate(world.every(Step))}

    def elsewhere(self, start: int) -> bool:
        """Whether all tests that a hop leads to, or a linter or an audit of the same folders, also run where a
        failure counts."""
        graph = self._world.graph
        reached = graph.sweep([start], RUNS, allow=lambda e: not e.blocked)
        tests = [n for n in reached if graph.nodes[n].kind == "test"]
        if tests:
            return all(self._schedule.of(test).level == "kept" for test in tests)
        checks = [n for n in reached if CHECKS & set(graph.nodes[n].roles) and n in self._commands]
        return bool(checks) and all(self._twin(check) for check in checks)

    def _twin(self, check: int) -> bool:
        graph, words = self._world.graph, _spelled(self._commands[check][1])
        return any(
            other != check
            and "swallows" not in graph.nodes[other].attributes
            and _spelled(self._commands[other][1]) == words
            and self._schedule.of(other).level == "kept"
            for other in graph.with_role(*CHECKS)
            if other in self._commands
        )

    def judged_later(self, command: int) -> bool:
        """Whether a later command of the same job reads the report of a check, where something ends the run on a condition."""
        found = self._commands.get(command)
        if found is None:
            return False
        path, own = found
        names = {posixpath.basename(word.rpartition("=")[2]) for word in (*own.argv, *own.writes) if word.endswith(REPORTS)}
        here = self._order.get((path, own.owner), -1)
        for (other, owner), script in self._scripts.items() if names else ():
            same = other == path and owner.partition(".steps")[0] == own.owner.partition(".steps")[0]
            if not same or self._order.get((other, owner), -1) < here:
                continue
            after = [c for c in script if owner != own.owner or c.index > own.index]
            told = " ".join(word for c in after for word in (*c.argv, *(value for _, value in c.assignments), c.condition))
            if any(name in told for name in names) and any(c.condition and ends(c) for c in after):
                return True
        return False


def _spelled(command: Command) -> tuple[str, ...]:
    """What is run on what: the words that are no options, without the folders above them."""
    return tuple(posixpath.basename(word.rstrip("/")) for word in command.argv if not word.startswith("-"))
