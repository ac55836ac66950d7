"""The names of columns that an operand stands for: a text, a list of texts written here or elsewhere, a list of a settings file, and what
two of these are together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mlrubric.graph.code import Code
from mlrubric.graph.values import Value, number, texts

CHANGES = frozenset({"append", "extend", "remove", "insert", "pop", "clear"})
LISTS = frozenset({"list", "tuple", "set"})
COPIES = frozenset({"builtins.list", "builtins.tuple", "builtins.sorted", "builtins.set"})
DEPTH = 6


class ColumnNames:
    """Answers for one program; `None` when the names cannot be told."""

    def __init__(self, code: Code) -> None:
        self._code, self._program, self._resolver = code, code.program, code.resolver
        self._changed: frozenset[int] | None = None
        self._known: dict[int, tuple[str, ...] | None] = {}

    def of(self, op: int) -> tuple[str, ...] | None:
        """The names in their order; one for a text."""
        if op < 0:
            return None
        if op not in self._known:
            self._known[op] = None
            self._known[op] = self._find(op, 0)
        return self._known[op]

    def several(self, op: int) -> tuple[str, ...] | None:
        """The names when the operand is a list of them, not a single name."""
        return None if op < 0 or any(v[0] == "text" for v in self._resolver.of(op)) else self.of(op)

    def _find(self, op: int, depth: int) -> tuple[str, ...] | None:
        facts, args = self._program.ops[op], self._program.args[op]
        if depth > DEPTH:
            return None
        if facts.kind == "const":
            return (facts.value,) if isinstance(facts.value, str) else None
        if facts.kind == "binary" and facts.name == "+" and len(args) == 2:
            sides = [self._find(a, depth + 1) if a >= 0 else None for a in args]
            return sides[0] + sides[1] if sides[0] is not None and sides[1] is not None else None
        if facts.kind == "call" and len(args) == 2 and args[1] >= 0:
            called = [str(v[1]) for v in self._resolver.of(args[0]) if v[0] == "external"]
            return self._find(args[1], depth + 1) if called and set(called) <= COPIES else None
        values = self._resolver.of(op)
        if len(values) == 1:
            found = self._value(next(iter(values)))
            if found is not None:
                return found
        if facts.kind in ("load", "assign") and len(args) == 1 and args[0] >= 0 and not self._is_changed(op):
            return self._find(args[0], depth + 1)
        return None

    def _value(self, value: Value) -> tuple[str, ...] | None:
        if value[0] == "text":
            return (str(value[1]),) if "\x00" not in str(value[1]) else None
        if value[0] == "settings":
            found = self._resolver.inputs.settings.at(str(value[1]), value[2])  # type: ignore[arg-type]
            tree = found[0] if found is not None else None
            if isinstance(tree, dict) and tree and all(isinstance(k, int) and isinstance(v, str) for k, v in tree.items()):
                return _in_order(tree)
            return None
        if value[0] != "made":
            return None
        made = number(value)
        facts = self._program.ops[made]
        if facts.kind != "container" or facts.value not in LISTS or made in self._changes():
            return None
        names = [self._one(a) for a in self._program.args[made]]
        return tuple(n for n in names if n is not None) if names and all(n is not None for n in names) else None

    def _one(self, op: int) -> str | None:
        given = texts(self._resolver.of(op)) if op >= 0 else ()
        return given[0] if len(given) == 1 and len(self._resolver.of(op)) == 1 and "\x00" not in given[0] else None

    def _is_changed(self, op: int) -> bool:
        return any(v[0] == "made" and number(v) in self._changes() for v in self._resolver.of(op))

    def _changes(self) -> frozenset[int]:
        """The lists that something is added to or taken from after they were made."""
        if self._changed is None:
            found: set[int] = set()
            for op, facts in enumerate(self._program.ops):
                if (facts.kind == "attribute" and facts.name in CHANGES) or facts.kind == "store_subscript":
                    found.update(self._made(self._program.args[op][:1]))
            self._changed = frozenset(found)
        return self._changed

    def _made(self, ops: Iterable[int]) -> Iterable[int]:
        return (number(v) for op in ops if op >= 0 for v in self._resolver.of(op) if v[0] == "made")


def _in_order(tree: Mapping[str | int, object]) -> tuple[str, ...]:
    return tuple(str(tree[k]) for k in sorted(k for k in tree if isinstance(k, int)))
