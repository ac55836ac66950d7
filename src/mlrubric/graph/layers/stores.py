"""What an attribute of one object holds at a point: the last store that surely ran before it.

Only for objects that are made at one place, in code without loops: the constructor's store holds until another call, or a store, that
surely changes it. Where one may change it and may not, nothing is said.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from mlrubric.graph.resolve.containers import entries
from mlrubric.graph.values import Values, keys_of, number

if TYPE_CHECKING:
    from mlrubric.graph.layers.sharpen import Context, Sharpener

LOOPS = frozenset({"for", "while", "try"})
REACHED = 60  # functions that one call may lead to


class Stores:
    """Stores by class and attribute, found when they are first asked for."""

    def __init__(self, sharpener: Sharpener) -> None:
        self.sharpener = sharpener
        self.resolver = sharpener.resolver
        self.program = sharpener.program
        self._writers: dict[str, list[int]] | None = None
        self._made: dict[int, list[int]] | None = None
        self._reached: dict[int, frozenset[int]] = {}
        self._in_scope: dict[int, list[int]] = {}
        self._all: dict[int, frozenset[int]] = {}
        self._writers_of: dict[tuple[int, str], frozenset[int]] = {}
        self._storing: dict[str, frozenset[int]] = {}
        self._blocks: dict[int, list[int]] = {}
        self._ops: dict[int, list[int]] | None = None

    def last(self, op: int, context: Context | None) -> Values | None:
        """The values of an attribute by the store before it; None when that is not sure."""
        name = self.program.ops[op].name
        made = self._made_at(self.program.args[op][0])
        if made < 0 or not self._is_straight(op, made):
            return None
        scope = next(number(v) for v in self.resolver.of(made) if v[0] == "instance")
        writers = self._writers_to(scope, name)
        scopes = {self.program.scope_id(w) for w in writers}
        constructors = {number(t) for t in self.resolver.targets.get(made, ()) if t[0] == "function"}
        if scopes <= constructors:
            return self._written(made, name, context)
        if len(self.allocations(scope)) != 1:
            return None
        for before in reversed(self._between(made, op)):
            facts = self.program.ops[before]
            if before in writers:
                return self.sharpener.values(self.program.args[before][1], context) if self._covers(before, op) else None
            if facts.kind == "call" and before != made and self.reached(before) & scopes:
                return self._written(before, name, context) if self._covers(before, op) else None
        return self._written(made, name, context)

    def last_item(self, op: int, key: object, context: Context | None) -> Values | None:
        """The values of an item of a list or table that is written down, by the last store under that key; None when that is not sure."""
        made = self._written_down(self.program.args[op][0])
        if made < 0 or made in self.resolver.contents or not self._is_straight(op, made) or (isinstance(key, int) and key < 0):
            return None
        later = {value for values in self.resolver.items.get(made, {}).values() for value in values}
        if not later:
            return None
        stores = (o for o in self._between(made, len(self.program.ops)) if self.program.ops[o].kind == "store_subscript")
        scope = [o for o in stores if self._written_down(self.program.args[o][0]) == made]
        if later != {self.program.args[o][2] for o in scope}:
            return None
        for store in reversed(scope):
            if store > op:
                continue
            keys = keys_of(self.resolver.of(self.program.args[store][1]))
            if len(keys) != 1 or not self._covers(store, op):
                return None
            if keys[0] == key and type(keys[0]) is type(key):
                return self.sharpener.values(self.program.args[store][2], context)
        first = [o for known, found in entries(self.resolver, made) if known == key for o in found if o not in later]
        return self.sharpener.values(first[0], context) if len(first) == 1 else None

    def writers(self, name: str) -> list[int]:
        """All operations that store an attribute of that name."""
        if self._writers is None:
            self._writers = {}
            for op, facts in enumerate(self.program.ops):
                if facts.kind == "store_attribute":
                    self._writers.setdefault(facts.name, []).append(op)
        return self._writers.get(name, [])

    def allocations(self, scope: int) -> list[int]:
        """The calls that make an instance of a class of the project."""
        if self._made is None:
            self._made = {}
            for op in sorted(self.resolver.targets):
                for target in self.resolver.targets[op]:
                    if target[0] == "class":
                        self._made.setdefault(number(target), []).append(op)
        return self._made.get(scope, [])

    def reached(self, call: int) -> frozenset[int]:
        """The functions that a call leads to, at any depth."""
        known = self._all.get(call)
        if known is None:
            known = self._all[call] = self._find_reached(call)
        return known

    def _find_reached(self, call: int) -> frozenset[int]:
        found: set[int] = set()
        waiting = self.resolver.callees(call)
        while waiting and len(found) < REACHED:
            scope = waiting.pop()
            if scope not in found:
                found.add(scope)
                if scope not in self._reached:
                    self._reached[scope] = frozenset(s for inner in self._calls(scope) for s in self.resolver.callees(inner))
                waiting.extend(self._reached[scope])
        return frozenset(found)

    # ---- inside -------------------------------------------------------------------------------------------------

    def _made_at(self, op: int) -> int:
        """The call that makes the object which an operation loads, where a variable with one definition holds it; -1 elsewhere."""
        for _ in range(4):
            facts, args = self.program.ops[op], self.program.args[op]
            if facts.kind not in ("load", "assign") or len(args) != 1 or facts.extra:
                break
            op = args[0]
        kinds = self.resolver.of(op)
        return op if self.program.ops[op].kind == "call" and {v[0] for v in kinds} == {"instance"} and len(kinds) == 1 else -1

    def _written_down(self, op: int) -> int:
        """The list or table that an operation loads from a variable with one definition; -1 elsewhere."""
        for _ in range(4):
            facts, args = self.program.ops[op], self.program.args[op]
            if facts.kind not in ("load", "assign") or len(args) != 1 or facts.extra:
                break
            op = args[0]
        return op if self.program.ops[op].kind in ("container", "dict") else -1

    def _writers_to(self, scope: int, name: str) -> frozenset[int]:
        """The operations that store an attribute in instances of a class."""
        key = (scope, name)
        if key not in self._writers_of:
            made = ("instance", scope)
            self._writers_of[key] = frozenset(w for w in self.writers(name) if made in self.resolver.of(self.program.args[w][0]))
        return self._writers_of[key]

    def _is_straight(self, op: int, made: int) -> bool:
        """Whether the object is made before the operation on every way to it, and neither stands in a loop."""
        if self.program.scope_id(op) != self.program.scope_id(made) or made > op or not self._covers(made, op):
            return False
        return not any(self.program.blocks[b].kind in LOOPS for b in self._around(op))

    def _covers(self, earlier: int, later: int) -> bool:
        return self.program.block_id(earlier) in self._around(later)

    def _around(self, op: int) -> list[int]:
        """The blocks around an operation, in its scope."""
        first = block = self.program.block_id(op)
        if first not in self._blocks:
            unit, found = self.program.unit(op), [block]
            while self.program.blocks[block].kind != "scope" and self.program.parent_block(block, unit) >= 0:
                block = self.program.parent_block(block, unit)
                found.append(block)
            self._blocks[first] = found
        return self._blocks[first]

    def _between(self, first: int, last: int) -> list[int]:
        """The operations of the scope of the first one, from it to the last one."""
        if self._ops is None:
            self._ops = {}
            for op in range(len(self.program.ops)):
                self._ops.setdefault(self.program.scope_id(op), []).append(op)
        own = self._ops[self.program.scope_id(first)]
        return own[bisect_left(own, first) : bisect_left(own, last)]

    def _calls(self, scope: int) -> list[int]:
        if not self._in_scope:
            for op in sorted(self.resolver.targets):
                self._in_scope.setdefault(self.program.scope_id(op), []).append(op)
        return self._in_scope.get(scope, [])

    def _entered(self, op: int) -> list[int]:
        return [number(t) for t in self.resolver.targets.get(op, ()) if t[0] in ("function", "callback")]

    def _written(self, call: int, name: str, context: Context | None, depth: int = 0) -> Values | None:
        """What a call surely stores under a name: in the function that it enters, or in one that this function surely calls."""
        entered = self.resolver.callees(call)
        if len(entered) != 1 or depth > 3:
            return None
        (scope,) = entered
        inner = self.sharpener.context(call, context)
        stores = [w for w in self.writers(name) if self.program.scope_id(w) == scope]
        deeper = [c for c in self._calls(scope) if self._stores_below(c, name)]
        if len(stores) + len(deeper) != 1:
            return None
        (one,) = [*stores, *deeper]
        if self.program.blocks[self.program.block_id(one)].kind != "scope":
            return None
        return self.sharpener.values(self.program.args[one][1], inner) if stores else self._written(one, name, inner, depth + 1)

    def _stores_below(self, call: int, name: str) -> bool:
        if name not in self._storing:
            self._storing[name] = frozenset(self.program.scope_id(w) for w in self.writers(name))
        return not self._storing[name].isdisjoint(self.reached(call))
