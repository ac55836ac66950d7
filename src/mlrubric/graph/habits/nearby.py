"""What stands around an expression: where its receiver comes from, what is done with it, what its loop, function and file hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mlrubric.graph.code import Code
from mlrubric.graph.habits.traits import Traits
from mlrubric.graph.values import number

CHOOSING = frozenset({"compare", "boolean", "unary", "binary"})
QUIET = frozenset({"load", "assign", "unpack", "element", "phi", "conditional", "await", "enter", "import"})
MOST = 400  # operations, or functions, that are looked at for one answer


class Nearby:
    """Answers about surroundings, kept by function, loop and file."""

    def __init__(self, code: Code, traits: Traits) -> None:
        self._code, self._traits = code, traits
        self._own: dict[int, frozenset[str]] | None = None  # scope -> traits and roles of its operations
        self._scopes: dict[int, frozenset[str]] = {}
        self._loops: dict[int, frozenset[str]] = {}
        self._files: dict[int, frozenset[str]] = {}
        self._program: frozenset[str] | None = None
        self._marked: dict[int, list[int]] = {}  # scope -> operations with traits or roles, and calls into the project

    def before(self, op: int) -> frozenset[str]:
        """The traits of what a value comes from, through names and the items of what is iterated."""
        return self._gather([op], back=True)

    def after(self, op: int) -> frozenset[str]:
        """The traits of what is done with a value next."""
        return self._gather([op], back=False)

    def later(self, value: int, op: int, loop: int) -> bool:
        """Whether what a name holds is used again after an operation: later in its function, in another one, or in the next round of the
        loop."""
        program, scope = self._code.program, self._code.program.scope_id(op)
        for definition in self._definitions(value):
            again = loop >= 0 and loop not in program.blocks_around(definition)
            for use in self._code.resolver.uses[definition]:
                if use != value and (use > op or program.scope_id(use) != scope or (again and loop in program.blocks_around(use))):
                    return True
        return False

    def fed_by_itself(self, op: int) -> bool:
        """Whether what an operation gives comes back to it in the next round."""
        program = self._code.program
        waiting, seen = [a for a in program.args[op] if a >= 0], set[int]()
        while waiting and len(seen) < MOST:
            one = waiting.pop()
            if one == op:
                return True
            if one not in seen and (program.ops[one].kind in QUIET or program.ops[one].kind in ("container", "conditional")):
                seen.add(one)
                waiting.extend(a for a in program.args[one] if a >= 0)
        return False

    def item_of(self, value: int, over: int) -> bool:
        """Whether a value is, or belongs to, what a loop over `over` takes out of it in a round."""
        program = self._code.program
        return value >= 0 and any(program.ops[one].kind == "element" and over in program.args[one] for one in self._behind(value))

    def same(self, value: int, other: int) -> bool:
        """Whether two values are of one name, a part of one through an attribute included."""
        program = self._code.program
        if value >= 0 and program.ops[value].kind == "attribute":
            value = program.args[value][0]
        return value >= 0 and other >= 0 and not set(self._definitions(value)).isdisjoint(self._definitions(other))

    def _definitions(self, value: int) -> tuple[int, ...]:
        """What a loaded name may be bound by, loops looked through."""
        program = self._code.program
        waiting, seen = [value], set[int]()
        while waiting:
            one = waiting.pop()
            if one >= 0 and one not in seen:
                seen.add(one)
                if program.ops[one].kind in ("load", "phi"):
                    waiting.extend(program.args[one])
        return tuple(sorted(one for one in seen if program.ops[one].kind in ("assign", "param", "phi")))

    def _behind(self, value: int) -> list[int]:
        """A value and what it is through names, unpacking and iterating."""
        program = self._code.program
        waiting, seen = [value], list[int]()
        while waiting and len(seen) < MOST:
            one = waiting.pop()
            if one >= 0 and one not in seen:
                seen.append(one)
                if program.ops[one].kind in QUIET and program.ops[one].kind != "element":
                    waiting.extend(program.args[one])
        return seen

    def around(self, op: int, loop: int) -> Iterator[tuple[str, frozenset[str]]]:
        """Traits and roles by the place that holds them."""
        self._mark()
        program = self._code.program
        scope, unit = program.scope_id(op), program.unit_of[op]
        if loop >= 0:
            yield "loop", self._in_loop(scope, loop)
        yield "scope", self._in_scope(scope)
        if unit not in self._files:
            own = range(program.modules[unit].scope_base, program.modules[unit].scope_base + len(program.modules[unit].facts.scopes))
            self._files[unit] = self._reached(own)
        yield "file", self._files[unit]
        if self._program is None:
            self._program = frozenset(t for found in (self._own or {}).values() for t in found)
        yield "program", self._program

    # ---- inside ----

    def _gather(self, starts: Iterable[int], back: bool) -> frozenset[str]:
        program, resolver = self._code.program, self._code.resolver
        found: set[str] = set()
        waiting, seen = list(starts), set[int]()
        while waiting and len(seen) < MOST:
            op = waiting.pop()
            if op < 0 or op in seen:
                continue
            first = not seen
            seen.add(op)
            kind = program.ops[op].kind
            if (back or not first) and kind in ("call", "attribute"):
                found |= self._traits.of(op)
            elif kind == "subscript" and (back or not first):
                found.add(f"key.{key_form(self._code, program.args[op][1])}")
            if not back and not first and kind not in QUIET:
                found.add(f"form.{kind}")
            if back:
                if kind in QUIET or kind == "param":
                    waiting.extend(program.args[op])
                    waiting.extend(resolver.reads.get(op, ()))
                    waiting.extend(resolver.sources.get(op, ()))
            elif first or kind in QUIET:
                waiting.extend(resolver.uses[op])
            elif kind == "attribute":
                waiting.extend(use for use in resolver.uses[op] if program.ops[use].kind == "call" and program.args[use][0] == op)
        return frozenset(found)

    def _mark(self) -> None:
        """What every function holds by itself."""
        if self._own is not None:
            return
        program, own = self._code.program, dict[int, set[str]]()
        called = {program.args[op][0] for op in program.of_kind("call")}
        for op in program.of_kind("call", "attribute"):
            if op in called:
                continue
            found = self._traits.of(op) | self._code.meanings.roles(op)
            scope = program.scope_id(op)
            if found:
                own.setdefault(scope, set()).update(found)
            if found or op in self._code.resolver.targets:
                self._marked.setdefault(scope, []).append(op)
        self._own = {scope: frozenset(found) for scope, found in own.items()}

    def _in_scope(self, scope: int) -> frozenset[str]:
        if scope not in self._scopes:
            self._scopes[scope] = self._reached([scope])
        return self._scopes[scope]

    def _in_loop(self, scope: int, loop: int) -> frozenset[str]:
        if loop not in self._loops:
            program = self._code.program
            inside = [op for op in self._marked.get(scope, ()) if loop in program.blocks_around(op)]
            found = {t for op in inside for t in self._traits.of(op) | self._code.meanings.roles(op)}
            self._loops[loop] = frozenset(found) | self._reached([s for op in inside for s in self._entered(op)])
        return self._loops[loop]

    def _reached(self, scopes: Iterable[int]) -> frozenset[str]:
        """What functions hold, and those that they call."""
        found: set[str] = set()
        waiting, seen = list(scopes), set[int]()
        while waiting and len(seen) < MOST:
            scope = waiting.pop()
            if scope in seen:
                continue
            seen.add(scope)
            found |= (self._own or {}).get(scope, frozenset())
            for op in self._marked.get(scope, ()):
                waiting.extend(self._entered(op))
        return frozenset(found)

    def _entered(self, op: int) -> list[int]:
        targets = self._code.resolver.targets.get(op, ())
        return sorted(number(t) for t in targets if t[0] in ("function", "callback"))


def key_form(code: Code, op: int) -> str:
    """What stands between the brackets of a subscript: text, const, list, tuple, slice, mask, or given."""
    facts = code.program.ops[op] if op >= 0 else None
    if facts is None:
        return "given"
    if facts.kind == "container":
        return str(facts.value)
    if facts.kind in CHOOSING:
        return "mask"
    if facts.kind == "slice":
        return "slice"
    kinds = {v[0] for v in code.resolver.of(op)}
    return "text" if kinds == {"text"} else "const" if kinds == {"const"} else "given"
