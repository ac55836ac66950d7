"""Resolution after an edit. What a module that did not change means is taken over; edited modules are resolved anew.

What the rest sees of an edited module are the operations of other modules that follow its own: they are asked again. When one of them
has lost a value, its module is resolved anew as well, since more may rest on what was lost; values that come in addition simply spread.
A value that two modules only hand to each other, and nobody makes any more, stays until one of them is resolved anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TypeVar

from mlrubric.graph.inputs import Inputs
from mlrubric.graph.program import ModuleUnit, Program
from mlrubric.graph.resolve import implicit
from mlrubric.graph.resolve.engine import Resolver
from mlrubric.graph.resolve.given import maker, store_of
from mlrubric.graph.values import ANY, Moved, Values, moved

K = TypeVar("K")
M = TypeVar("M")

OPS_BY_OP = ("sources", "results", "reads", "loads", "holders", "item_watchers")
FOUND_AGAIN = ("results", "reads", "loads")  # an operation that is asked again says anew what it follows
OPS_BY_ATTRIBUTE = ("stores", "watchers")
OPS_BY_SCOPE = ("callers",)
VALUES_BY_OP = ("targets", "entered", "receivers")
SCOPES = ("properties", "setters", "statics", "classmethods", "wrapped")
OPS = ("records", "declared")
ALONE = ("values", "slots", "foreign", "contents", "items", "fields", "components", "spellings")  # taken over each in its own way
LARGEST = 2  # when more than one of so many modules must be resolved anew, all are


def resolve_again(before: Resolver, program: Program, inputs: Inputs | None = None) -> Resolver | None:
    """The resolution of a program by that of an earlier state of it; None when too much has changed and all must be resolved."""
    units = _same_units(before.program, program)
    same = ("class_names", "roots", "named", "installed")
    inputs = inputs or Inputs()
    if units is None or not inputs.same_as(before.inputs) or any(getattr(before.program, name) != getattr(program, name) for name in same):
        return None
    changed = {new.index for old, new in units if old.facts is not new.facts and old.facts != new.facts}
    while len(changed) * LARGEST <= len(program.modules):
        program.drop_slots()
        again = _Again(before, program, inputs, units, changed)
        if again.resolver.fixtures != before.fixtures:
            break
        again.run()
        lost = again.lost()
        if not lost:
            again.resolver.resolved = frozenset(changed)
            return again.resolver
        changed |= lost
    program.drop_slots()
    return None


def _same_units(old: Program, new: Program) -> list[tuple[ModuleUnit, ModuleUnit]] | None:
    """The modules of both programs in pairs, when they are the same files with the same embedded code."""
    if [(u.path, u.facts.owner) for u in old.modules] != [(u.path, u.facts.owner) for u in new.modules]:
        return None
    return list(zip(old.modules, new.modules, strict=True))


class _Again:
    """One try with a set of modules that are resolved anew."""

    def __init__(
        self, before: Resolver, program: Program, inputs: Inputs, units: list[tuple[ModuleUnit, ModuleUnit]], changed: Collection[int]
    ) -> None:
        self.before, self.changed = before, changed
        self.resolver = r = Resolver(program, before.catalogue, inputs, queue=False)
        self.ops = [-1] * len(before.program.ops)  # old -> new, -1 when it is gone
        self.scopes = [-1] * len(before.program.scopes)
        for old, new in units:
            if new.index in changed:
                self._same_scopes(old, new)
            else:
                for number in range(len(old.facts.ops)):
                    self.ops[old.base + number] = new.base + number
                for number in range(len(old.facts.scopes)):
                    self.scopes[old.scope_base + number] = new.scope_base + number
        for key, slot in before.slots.items():
            if self.scopes[key[0]] >= 0 and before.program.unit_of[slot] not in changed:
                self.ops[slot] = program.add_slot(self.scopes[key[0]], key[1])
        r.grow()
        self.asked = self._asked()
        self._take_over()
        self._begin()

    def _same_scopes(self, old: ModuleUnit, new: ModuleUnit) -> None:
        """In a module that changed, what has the same name is the same function or class."""
        named = {(facts.kind, facts.qualname): new.scope_base + number for number, facts in reversed(list(enumerate(new.facts.scopes)))}
        for number, facts in enumerate(old.facts.scopes):
            self.scopes[old.scope_base + number] = named.get((facts.kind, facts.qualname), -1)

    # ---- what is asked again ----------------------------------------------------------------------------------------

    def _asked(self) -> set[int]:
        """Operations (of before) in unchanged modules that follow something in a changed one."""
        before, program = self.before, self.before.program
        found: set[int] = set()
        for op, uses in enumerate(before.uses):
            if self.ops[op] < 0:
                found.update(use for use in uses if self.ops[use] >= 0)
        for (owner, _), watchers in before.watchers.items():
            if self._owner_changed(owner):
                found.update(op for op in watchers if self.ops[op] >= 0)
        for scope, callers in before.callers.items():
            if self._is_changed(scope):
                found.update(op for op in callers if self.ops[op] >= 0)
        for op in [op for op in found if op in before.receivers]:  # who called the method is asked for the receivers
            found.update(c for c in before.callers.get(program.scope_id(op), ()) if self.ops[c] >= 0)
        return found

    def _is_changed(self, scope: int) -> bool:
        return self.before.program.scope_unit[scope] in self.changed

    def _owner_changed(self, owner: int) -> bool:
        """Whether what has an attribute stands in a changed module: a class, or a parser by its negative number."""
        return self._is_changed(owner) if owner >= 0 else self.before.program.unit_of[maker(owner)] in self.changed

    def _owner(self, old: int) -> int | None:
        if old >= 0:
            return self._scope(old)
        made = self._op(maker(old))
        return None if made is None else store_of(made)

    # ---- taking over ------------------------------------------------------------------------------------------------

    def _take_over(self) -> None:
        before, r = self.before, self.resolver
        memory: dict[Values, Values] = {}
        for old, op in enumerate(self.ops):
            if op >= 0 and old not in self.asked:
                r.values[op] = self._values(before.values[old], memory)
        for key, slot in before.slots.items():
            if self.ops[slot] >= 0:
                r.keep_slot(self.scopes[key[0]], key[1], self.ops[slot])
        for name in OPS_BY_OP:
            for old, members in getattr(before, name).items():
                if old not in self.asked or name not in FOUND_AGAIN:
                    self._keep(getattr(r, name), self._op(old), self._of(members))
        for name in OPS_BY_ATTRIBUTE:
            for (old, attribute), members in getattr(before, name).items():
                owner = self._owner(old)
                if owner is not None:
                    self._keep(getattr(r, name), (owner, attribute), self._of(members))
        for name in OPS_BY_SCOPE:
            for scope, members in getattr(before, name).items():
                self._keep(getattr(r, name), self._scope(scope), self._of(members))
        for name in VALUES_BY_OP:
            for old, values in getattr(before, name).items():
                if old not in self.asked:
                    self._keep(getattr(r, name), self._op(old), set(self._values(frozenset(values), memory)))
        for old, names in before.foreign.items():
            self._keep(r.foreign, self._op(old), set(names) if old not in self.asked else set())
        for old, inside in before.contents.items():
            if self.ops[old] >= 0:
                r.contents[self.ops[old]] = self._values(inside, memory)
        for old, by_key in before.items.items():
            kept = {key: ops for key, members in by_key.items() if (ops := self._of(members))}
            if self.ops[old] >= 0 and kept:
                r.items[self.ops[old]] = kept
        for (old, field), inside in before.fields.items():
            owner = self._owner(old)
            if owner is not None:
                r.fields[owner, field] = self._values(inside, memory)
        for scope, made in before.components.items():
            if self.scopes[scope] >= 0 and not self._is_changed(scope):
                r.components[self.scopes[scope]] = made
        for old, spelled in before.spellings.items():
            if self.ops[old] >= 0:
                r.spellings[self.ops[old]] = {self.ops[op]: words for op, words in spelled.items() if self.ops[op] >= 0}
        for name in SCOPES:
            getattr(r, name).update(self.scopes[s] for s in getattr(before, name) if self.scopes[s] >= 0 and not self._is_changed(s))
        for name in OPS:
            getattr(r, name).update(self._of(getattr(before, name)))

    def _keep(self, edges: dict[K, set[M]], key: K | None, members: set[M]) -> None:
        if key is not None and members:
            edges[key] = members

    def _op(self, old: int) -> int | None:
        return self.ops[old] if self.ops[old] >= 0 else None

    def _scope(self, old: int) -> int | None:
        return self.scopes[old] if self.scopes[old] >= 0 else None

    def _of(self, members: Iterable[int]) -> set[int]:
        return {self.ops[m] for m in members if self.ops[m] >= 0}

    def _values(self, values: Values, memory: dict[Values, Values]) -> Values:
        known = memory.get(values)
        if known is None:
            found = (moved(v, self._moved) for v in values)
            known = memory[values] = frozenset(v for v in found if v is not None)
        return known

    def _moved(self, kind: Moved, number: int) -> int | None:
        if kind == "op":
            return self._op(number)
        return self._scope(number) if kind == "scope" else number

    # ---- running ----------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        r = self.resolver
        for edges in (r.sources, r.results, r.reads, r.loads):
            for target, sources in edges.items():
                for source in sources:
                    r.uses[source].append(target)
        for index in sorted(self.changed):
            r.queue(r.program.modules[index])
        for old in sorted(self.asked):
            r.push(self.ops[old])

    def run(self) -> None:
        """Until nothing changes; in the late round only what is resolved anew or asked again has something to ask."""
        r = self.resolver
        r.settle()
        r.late = True
        asked = {self.ops[old] for old in self.asked}
        for op in implicit.late(r):
            if op in asked or r.program.unit_of[op] in self.changed:
                r.push(op)
        for op in sorted(asked):
            r.push(op)
        r.settle()

    def lost(self) -> set[int]:
        """Modules with an operation that has lost a value which it had before."""
        memory: dict[Values, Values] = {}
        found: set[int] = set()
        for old in self.asked:
            now = self.resolver.values[self.ops[old]]
            if ANY not in now and not self._values(self.before.values[old], memory) <= now:
                found.add(self.resolver.program.unit_of[self.ops[old]])
        return found - set(self.changed)
