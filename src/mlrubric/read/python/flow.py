"""The state of one scope while it is walked: which definitions reach this point, and where control that left will arrive."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

Definitions = tuple[int, ...]
Environment = dict[str, Definitions]  # variable -> definitions that reach, -1 (first) when it may be undefined

UNDEFINED: Definitions = (-1,)
_WEAKEST_FIRST = ("continue", "break", "return", "raise", "exit")


@dataclass(slots=True)
class Loop:
    breaks: list[Environment] = field(default_factory=list)
    continues: list[Environment] = field(default_factory=list)


@dataclass(slots=True)
class Finally:
    """Jumps that must pass a `finally` suite before they arrive."""

    pending: list[tuple[str, Environment]] = field(default_factory=list)


@dataclass(slots=True)
class Renaming:
    """Names of a comprehension's targets; `captured` when a lambda inside refers to one."""

    names: dict[str, str] = field(default_factory=dict)
    captured: bool = False


@dataclass(slots=True)
class Flow:
    env: Environment = field(default_factory=dict)
    dead: bool = False  # no path comes here
    left: str = ""  # how the current block has ended
    collectors: list[dict[str, set[int]]] = field(default_factory=list)  # definitions made inside open `try` suites
    frames: list[Loop | Finally] = field(default_factory=list)
    renamings: list[Renaming] = field(default_factory=list)
    inherited: list[Renaming] = field(default_factory=list)  # of comprehensions around a lambda
    ends: list[Environment] = field(default_factory=list)  # at each return
    returns: list[int] = field(default_factory=list)
    free: list[int] = field(default_factory=list)  # loads that no definition reaches
    assigned: set[str] = field(default_factory=set)
    globals: list[str] = field(default_factory=list)
    nonlocals: list[str] = field(default_factory=list)
    generator: bool = False

    def define(self, name: str, op: int) -> None:
        self.env[name] = (op,)
        self.assigned.add(name)
        self.collect(name, op)

    def collect(self, name: str, op: int) -> None:
        """Make a definition known to the `try` suites around: an exception may carry it to their handlers."""
        if self.collectors and not self.dead:
            for collector in self.collectors:
                collector.setdefault(name, set()).add(op)

    def leave(self, reason: str) -> None:
        if not self.left:
            self.left = reason
        if not self.dead:
            self.deliver(reason, dict(self.env))
            self.dead = True

    def deliver(self, reason: str, state: Environment) -> None:
        """Carry a state to where `break`, `continue` or `return` goes, or up to the `finally` in between."""
        if reason not in ("break", "continue", "return"):
            return
        for frame in reversed(self.frames):
            if isinstance(frame, Finally):
                frame.pending.append((reason, state))
                return
            if reason != "return":
                (frame.breaks if reason == "break" else frame.continues).append(state)
                return
        self.ends.append(state)

    def arrive(self, states: Sequence[tuple[Environment, bool]]) -> None:
        """Go on from where several branches meet; (state, whether it is dead)."""
        alive = [state for state, dead in states if not dead]
        self.dead = not alive
        self.env = merge(alive or [state for state, _ in states])


def union(one: Definitions, other: Definitions) -> Definitions:
    return tuple(sorted({*one, *other}))


def merge(states: Sequence[Environment]) -> Environment:
    """What reaches a point from several states."""
    result = states[0]
    if len(states) > 1:
        result = dict(result)
        for state in states[1:]:
            for name, definitions in state.items():
                mine = result.get(name, UNDEFINED)
                if mine is not definitions and mine != definitions:
                    result[name] = union(mine, definitions)
            if len(state) < len(result):
                for name in result.keys() - state.keys():
                    result[name] = union(result[name], UNDEFINED)
    return result


def with_all(state: Environment, made: dict[str, set[int]]) -> Environment:
    """The union of all states from `state` on while the definitions `made` were made."""
    result = dict(state)
    for name, definitions in made.items():
        result[name] = tuple(sorted(definitions.union(result.get(name, UNDEFINED))))
    return result


def passed_through(entry: Environment, exit_: Environment, state: Environment) -> Environment:
    """What `state` is behind a suite that turned the wider state `entry` into `exit_`."""
    result: Environment = {}
    for name in sorted(exit_.keys() | state.keys()):
        before, after = entry.get(name, UNDEFINED), exit_.get(name, UNDEFINED)
        mine = state.get(name, UNDEFINED)
        if after is not before and after != before:
            mine = tuple(d for d in after if d in mine or d not in before)
        if mine and mine != UNDEFINED:
            result[name] = mine
    return result


def together(lefts: Iterable[str]) -> str:
    """How several branches end if all of them leave: the weakest way, since that one may happen."""
    ways = set(lefts)
    if not ways or "" in ways:
        return ""
    return min(ways, key=_WEAKEST_FIRST.index)
