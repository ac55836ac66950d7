"""Calls seen from where they stand: which of the possible callees are meant, given the arguments of the calls on the way."""

from __future__ import annotations

from dataclasses import dataclass

from mlrubric.graph.resolve import Resolver
from mlrubric.graph.values import Value


@dataclass(frozen=True, slots=True)
class Context:
    """The call through which a function was entered, and the context of that call."""

    call: int
    outer: Context | None = None

    @property
    def depth(self) -> int:
        return 1 + (self.outer.depth if self.outer is not None else 0)


class Sharpener:
    """Answers for one call at a time."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver

    def targets(self, op: int, context: Context | None = None) -> frozenset[Value]:
        return frozenset(self.resolver.targets.get(op, ()))

    def sensitive(self, scope: int) -> bool:
        return False
