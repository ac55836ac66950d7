"""Distances between distributions that are written out by hand, recognised by their algebra whatever the names:

PSI  sum((a - e) * log(a / e))      KL  sum(p * log(p / q))      JS  half of KL to the middle, twice
"""

from __future__ import annotations

from dataclasses import dataclass

from mlrubric.graph.code import Code
from mlrubric.graph.definitions import origin

LOGS = frozenset({"log", "log2", "log10"})
XLOGY = frozenset({"xlogy"})
WRAPPERS = frozenset(
    {"clip", "maximum", "max", "where", "abs", "asarray", "array", "float", "nan_to_num", "to_numpy", "astype", "fillna", "replace"}
)


@dataclass(frozen=True, slots=True)
class Distance:
    """A product of the pattern: the operation, what it is, and the names of both sides as far as they have some."""

    op: int
    form: str  # psi | kl
    first: int  # the operation of one side
    second: int


class Distances:
    """All products of a difference or a share with the logarithm of a ratio."""

    def __init__(self, code: Code) -> None:
        self.code, self.program = code, code.program
        self.all: list[Distance] = []
        for op, facts in enumerate(self.program.ops):
            if facts.kind == "binary" and facts.name == "*":
                found = self._product(op)
                if found is not None:
                    self.all.append(found)
            elif facts.kind == "call" and self._called(op) in XLOGY:
                found = self._xlogy(op)
                if found is not None:
                    self.all.append(found)

    def _product(self, op: int) -> Distance | None:
        """`x * log(a / b)` in either order, with x the difference of both, or a itself."""
        args = self.program.args[op]
        if len(args) != 2 or min(args) < 0:
            return None
        for factor, logarithm in (args, args[::-1]):
            ratio = self._ratio(logarithm)
            if ratio is not None:
                return self._match(op, factor, *ratio)
        return None

    def _xlogy(self, op: int) -> Distance | None:
        args = self.program.positional(op)
        if len(args) != 2:
            return None
        ratio = self._quotient(args[1])
        return self._match(op, args[0], *ratio) if ratio is not None else None

    def _match(self, op: int, factor: int, over: int, under: int) -> Distance | None:
        top, bottom = self.leaves(over), self.leaves(under)
        own, other = top - bottom, bottom - top
        if not own or not other:
            return None
        made = self._made(factor)
        facts, args = self.program.ops[made], self.program.args[made]
        if facts.kind == "binary" and facts.name == "-" and len(args) == 2 and min(args) >= 0:
            left, right = self.leaves(args[0]), self.leaves(args[1])
            if (left & own and right & other) or (left & other and right & own):
                return Distance(op, "psi", over, under)
            return None
        share = self.leaves(factor)
        return Distance(op, "kl", over, under) if share & own and not share & other else None

    def _ratio(self, op: int) -> tuple[int, int] | None:
        """Both sides of `log(a / b)` or of `log(a) - log(b)`."""
        made = self._made(op)
        facts, args = self.program.ops[made], self.program.args[made]
        if facts.kind == "call" and self._called(made) in LOGS:
            inner = self._logged(made)
            return self._quotient(inner) if inner >= 0 else None
        if facts.kind == "binary" and facts.name == "-" and len(args) == 2 and min(args) >= 0:
            sides = [self._made(a) for a in args]
            if all(self.program.ops[s].kind == "call" and self._called(s) in LOGS for s in sides):
                inner_sides = [self._logged(s) for s in sides]
                if min(inner_sides) >= 0:
                    return inner_sides[0], inner_sides[1]
        return None

    def _quotient(self, op: int) -> tuple[int, int] | None:
        made = self._made(op)
        facts, args = self.program.ops[made], self.program.args[made]
        if facts.kind == "call" and self._called(made) in ("divide", "true_divide", "div"):
            given = self.program.positional(made)
            receiver = self.program.receiver(made)
            sides = given[:2] if len(given) >= 2 else (receiver, *given[:1])
            return (sides[0], sides[1]) if len(sides) == 2 and min(sides) >= 0 else None
        if facts.kind == "call" and self._called(made) in WRAPPERS:
            given = self.program.positional(made)
            return self._quotient(given[0]) if given and given[0] != op else None
        if facts.kind == "binary" and facts.name == "/" and len(args) == 2 and min(args) >= 0:
            return args[0], args[1]
        return None

    def _logged(self, call: int) -> int:
        """What a logarithm is taken of: `np.log(x)`, `x.log()`."""
        given = self.program.positional(call)
        return given[0] if given else self.program.receiver(call)

    def _called(self, call: int) -> str:
        callee = self.program.args[call][0]
        return self.program.ops[callee].name if callee >= 0 else ""

    def _made(self, op: int) -> int:
        """The expression behind a name that is bound once to one."""
        made = origin(self.code, op)
        return made if self.program.ops[made].kind in ("binary", "call") else op

    def leaves(self, op: int) -> frozenset[str]:
        """The variables of an expression, with their constant keys: `df['ref']`, `psi.expected`; modules and functions are none."""
        found: set[str] = set()
        waiting, seen = [op], 0
        while waiting and seen < 60:
            here = waiting.pop()
            seen += 1
            if here < 0:
                continue
            path = self.path(here)
            if path:
                found.add(path)
                continue
            facts, args = self.program.ops[here], self.program.args[here]
            if facts.kind == "call":
                receiver = self.program.receiver(here)
                waiting.extend(a for a in (receiver, *args[1:]) if a >= 0)
            elif facts.kind in ("binary", "unary", "subscript", "attribute", "conditional", "container"):
                waiting.extend(args)
        return frozenset(found)

    def path(self, op: int) -> str:
        """A variable as it is written, "" for what is none."""
        facts, args = self.program.ops[op], self.program.args[op]
        if facts.kind == "load":
            values = self.code.resolver.of(op)
            return "" if any(v[0] in ("module", "external", "package") for v in values) else facts.name
        if facts.kind == "param":
            return facts.name
        if facts.kind == "subscript" and len(args) == 2 and min(args) >= 0:
            base, key = self.path(args[0]), self.program.ops[args[1]]
            if base and key.kind == "const" and isinstance(key.value, str):
                return f"{base}[{key.value}]"
            return base
        if facts.kind == "attribute" and args:
            base = self.path(args[0])
            return f"{base}.{facts.name}" if base else ""
        return ""
