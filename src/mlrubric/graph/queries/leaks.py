"""Numbers that a query learns from all rows before another query or the code splits them."""

from __future__ import annotations

import re

from mlrubric.graph.queries.marks import Marks
from mlrubric.graph.queries.uses import Used, Uses
from mlrubric.graph.values import HOLE, texts
from mlrubric.graph.world import World
from mlrubric.source.syntax.sql import is_sql

TRAIN_PART = re.compile(r"(^|[._])train($|[._])")


def mark_leaks(world: World, uses: Uses, marks: Marks) -> None:
    """`seen` and `toward` on numbers over rows that are split afterwards, when a training takes them."""
    rows = Rows(world)
    picking = [one for one in uses.all if one.fact.picks in ("hash", "chance") and one.holders]
    for used in uses.all:
        if not used.fact.learns or any(TRAIN_PART.search(table) for table in used.fact.reads):
            continue
        split = rows.split(used, uses)
        if split < 0 and uses.trains(used):
            later = next((other for other in picking if other.holders & used.holders and rows.follows(used, other)), None)
            later = later or (used if used.fact.picks == "parts" else None)
            split = marks.statement(later) if later is not None else -1
        if split >= 0:
            world.graph.nodes[marks.number(used)].attributes.update(seen="split", learns="statistic", toward=str(split))


class Rows:
    """Where the rows that a query yields get to."""

    def __init__(self, world: World) -> None:
        self.world, self.graph, self.code = world, world.graph, world.code

    def split(self, used: Used, uses: Uses) -> int:
        """The node of a split in the code that gets the rows, on the way to a training; -1 when there is none."""
        starts = [*used.sites, *used.readers]
        if not starts:
            return -1
        for op in sorted(self.code.flow.reach(starts)):
            meaning = self.code.meanings.of(op)
            if meaning is None or "data.split" not in meaning.roles or self.code.tested(op) or op not in self.code.op_node:
                continue
            if uses.reaches(op):
                return self.code.op_node[op]
        return -1

    def follows(self, first: Used, second: Used) -> bool:
        """Whether a query reads what another one writes: a table by name, or a name that is handed over as the target of the one and as
        what the other is about."""
        if set(first.fact.writes) & set(second.fact.reads):
            return True
        if first.path == second.path and first.fact.makes:
            return first.fact.makes in second.fact.takes
        (told, target), (about, elsewhere) = self._names(first), self._names(second)
        return bool((target - told - elsewhere) & (about | set(second.fact.reads)))

    def _names(self, used: Used) -> tuple[set[str], set[str]]:
        """The texts beside a query where it is named, and those beside it where it is handed on."""
        beside, handed = set[str](), set[str]()
        for site in used.sites:
            if self._holds(site):  # the text itself: what is put into it, and the call that it is given to
                beside |= self._texts(site)
                handed |= {text for call in self._calls(site) for text in self._texts(call)}
                continue
            first = self._calls(site)
            for call in first:
                beside |= self._texts(call)
                for later in self._calls(call):
                    handed |= self._texts(later)
        return beside, handed

    def _holds(self, site: int) -> bool:
        facts = self.code.program.ops[site]
        return facts.kind == "fstring" or (isinstance(facts.value, str) and is_sql(facts.value))

    def _calls(self, op: int) -> list[int]:
        """The nearest calls in the same function that a value is an argument of, paths that are put together left out."""
        ops, resolver, scope = self.code.program.ops, self.code.resolver, self.code.program.scope_id(op)
        waiting, seen, found = [op], {op}, list[int]()
        while waiting:
            here = waiting.pop()
            for use in resolver.uses[here]:
                if use in seen or self.code.program.scope_id(use) != scope:
                    continue
                seen.add(use)
                kind = ops[use].kind
                joined = kind == "call" and any(v[0] == "text" and str(v[1]).endswith(".sql") for v in resolver.of(use))
                if kind == "call" and not joined and here in self.code.program.args[use][1:]:
                    found.append(use)
                elif joined or kind in ("load", "assign", "phi", "binary", "attribute"):
                    waiting.append(use)
        return sorted(found)

    def _texts(self, call: int) -> set[str]:
        own = self.code.program.ops[call].kind == "call"
        arguments = [a for a in self.code.program.args[call][1 if own else 0 :] if a >= 0]
        said = {text for a in arguments for text in texts(self.code.resolver.of(a))}
        return {text for text in said if text.strip(HOLE + "./_") and not text.endswith(".sql") and len(text) < 200 and not is_sql(text)}
