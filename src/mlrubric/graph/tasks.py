"""The order in which an orchestrator runs tasks that code declares: what waits for what, whatever the order of the text is.

A task is an operation that declares it (an operator, a call inside the function of a pipeline) with the functions it runs. A function that
several tasks run waits only for what all of them wait for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Tasks:
    """`needs`: task -> the tasks that must have gone well; `runs`: task -> the scopes of the functions that it runs; `regardless`: tasks
    that also run when one before them failed, `unskipped`: that run when one before them was skipped; `branching`: tasks that decide
    which follow; `follows`: a function that takes what another function gives waits for it."""

    needs: dict[int, set[int]] = field(default_factory=dict)
    runs: dict[int, tuple[int, ...]] = field(default_factory=dict)
    regardless: set[int] = field(default_factory=set)
    unskipped: set[int] = field(default_factory=set)
    branching: set[int] = field(default_factory=set)
    follows: dict[int, set[int]] = field(default_factory=dict)
    _by_scope: dict[int, list[int]] = field(default_factory=dict)

    def add(self, task: int, scopes: Iterable[int]) -> None:
        """A task of a declared pipeline."""
        if task not in self.needs:
            self.needs[task] = set()
            self.runs[task] = tuple(dict.fromkeys(scopes))
            for scope in self.runs[task]:
                self._by_scope.setdefault(scope, []).append(task)

    def wait(self, later: int, earlier: int) -> None:
        """One task waits for another."""
        if later != earlier and earlier in self.needs:
            self.needs[later].add(earlier)

    def follow(self, later: int, earlier: int) -> None:
        """A function takes what another one gives."""
        if later != earlier:
            self.follows.setdefault(later, set()).add(earlier)

    def unordered(self, one: int, other: int) -> bool:
        """Whether two operations are tasks, so that the order of the text says nothing of them."""
        return one in self.needs and other in self.needs

    def passed(self, task: int) -> set[int]:
        """The tasks that must have succeeded before a task runs."""
        found: set[int] = set()
        waiting = [task]
        while waiting:
            here = waiting.pop()
            if here not in self.regardless:
                new = self.needs.get(here, set()) - found - {task}
                found |= new
                waiting.extend(new)
        return found

    def allowed_by(self, task: int) -> set[int]:
        """The tasks before it, any of which keeps it from running by a decision."""
        found: set[int] = set()
        waiting, seen = [(task, True)], {task}
        while waiting:
            here, direct = waiting.pop()
            for need in self.needs.get(here, ()):
                if need in self.branching and (direct or here not in self.unskipped):
                    found.add(need)
                if need not in seen and here not in self.regardless | self.unskipped:
                    seen.add(need)
                    waiting.append((need, False))
        return found

    def before(self, task: int) -> set[int]:
        """The functions that must have succeeded before a task runs."""
        return {scope for need in self.passed(task) for scope in self.runs[need]}

    def before_scope(self, scope: int) -> set[int]:
        """The functions that must have succeeded before a function that is run as a task."""
        found: set[int] = set()
        waiting = [scope]
        while waiting:
            here = waiting.pop()
            new = set(self.follows.get(here, ()))
            ways = [self.before(task) for task in self._by_scope.get(here, ())]
            new |= set.intersection(*ways) if ways else set()
            new -= {*found, scope}
            found |= new
            waiting.extend(new)
        return found

    def deciding(self, scope: int) -> set[int]:
        """The branching tasks that every way to a function depends on."""
        ways = [self.allowed_by(task) for task in self._by_scope.get(scope, ())]
        return set.intersection(*ways) if ways else set()
