"""Which code uses a query: names its file by path, or holds its text; and whether that code trains or predicts."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from mlrubric.graph.code import Code, is_test_code
from mlrubric.graph.link.program_to_language import names_file
from mlrubric.graph.link.query_to_table import TABLE
from mlrubric.graph.serving import CALLS, CODE, Sides
from mlrubric.graph.values import HOLE, texts
from mlrubric.graph.world import World
from mlrubric.model.documents import DerivedColumn, LearntNumber
from mlrubric.model.facts import QueryFeatures
from mlrubric.model.place import Place, Span
from mlrubric.source.syntax.sql import is_sql
from mlrubric.source.syntax.sql_features import described

FILES = (".sql", ".sql.j2", ".sql.jinja", ".sql.jinja2", ".ddl")
HOLDS = re.compile(r"\bselect\b.*\bfrom\b", re.IGNORECASE | re.DOTALL)
STEPS = frozenset({"binary", "call", "fstring"})
LEAST = 40  # characters of a text that makes features


@dataclass(frozen=True, slots=True)
class Used:
    """A statement with the operations that name its file or hold its text, and the nodes that run these."""

    fact: QueryFeatures
    sites: tuple[int, ...]
    holders: frozenset[int]
    readers: tuple[int, ...] = ()  # operations that read the tables it writes

    @property
    def path(self) -> str:
        return self.fact.place.path


class Uses:
    def __init__(self, world: World, sides: Sides) -> None:
        self.world, self.code, self._sides = world, world.code, sides
        self._serving: frozenset[int] | None = None
        files: dict[str, list[QueryFeatures]] = {}
        for path, fact in world.every(QueryFeatures):
            if not fact.owner and not is_test_code(path):
                files.setdefault(path, []).append(fact)
        found = list(self._files(files)) if files else []
        self.all = sorted(map(self._read, [*found, *self._texts()]), key=lambda one: (one.path, one.fact.place.span.line))

    # ---- sides --------------------------------------------------------------------------------------------------

    def trains(self, used: Used) -> bool:
        return bool(used.holders & (self._sides.trains | self._sides.training))

    def both(self, used: Used) -> bool:
        """Whether code that trains runs it, and other code that predicts runs it again."""
        return self.trains(used) and bool(self._holders(list(used.sites)) & self.serving)

    def reaches(self, op: int) -> bool:
        """Whether an operation belongs to code that trains."""
        return self.code.holder(op) in self._sides.trains | self._sides.training

    def serves(self, used: Used) -> bool:
        """Whether everybody who uses it predicts by a model, and does not train."""
        return bool(used.holders) and used.holders <= self.serving and not self.trains(used)

    @property
    def serving(self) -> frozenset[int]:
        """What leads to a prediction and to no training, and all that it calls."""
        if self._serving is None:
            graph = self.world.graph
            predicts = [n for n in graph.with_role("model.predict") if not is_test_code(graph.nodes[n].place.path)]
            judges = graph.sweep(graph.with_role("model.evaluate"), CALLS, back=True)  # who measures a model does not serve it
            tops = set(graph.sweep(predicts, CALLS, back=True)) - self._sides.trains - judges.keys()
            below = set(graph.sweep([n for n in tops if graph.nodes[n].kind in CODE and n not in self._sides.training], CALLS))
            self._serving = frozenset(below | set(self._sides.serving)) - self._sides.training
        return self._serving

    # ---- tables -------------------------------------------------------------------------------------------------

    def _read(self, used: Used) -> Used:
        """With what reads its tables, through other files of SQL; who names no file and reads its table holds it too."""
        graph, nodes, node_op = self.world.graph, self.world.graph.nodes, self.code.node_op
        names = {TABLE + table for table in used.fact.writes}
        waiting = [self.world.artifacts[name] for name in sorted(names) if name in self.world.artifacts]
        if not names and not used.sites:
            files = [n for n in graph.of_kind("module") if nodes[n].label == used.path and "language" in nodes[n].attributes]
            waiting = [e.target for n in files for e in graph.successors(n, ("write",))]
        seen, readers = set(waiting), set[int]()
        while waiting:
            for edge in graph.successors(waiting.pop(), ("read", "write", "join")):
                node = edge.target
                if node in node_op:
                    readers |= {node_op[node]} if edge.kind == "read" and not self.code.tested(node_op[node]) else set()
                elif node not in seen and (edge.kind != "read" or "language" in nodes[node].attributes):
                    seen.add(node)
                    waiting.append(node)
        if not readers:
            return used
        holders = {self.code.holder(op) for op in readers}
        return replace(used, readers=tuple(sorted(readers)), holders=used.holders | holders)

    # ---- files --------------------------------------------------------------------------------------------------

    def _files(self, files: dict[str, list[QueryFeatures]]) -> Iterator[Used]:
        sites: dict[str, list[int]] = {path: [] for path in files}
        for op in self.code.program.of_kind("const"):
            value = self.code.program.ops[op].value
            if isinstance(value, str) and value.endswith(FILES) and len(value) < 300 and not self.code.tested(op):
                for path in self._named(op, list(files)):
                    sites[path].append(op)
        for op, path in self._by_name(list(files)):
            sites[path].append(op)
        for path, facts in files.items():
            for fact in facts:
                yield Used(fact, tuple(sites[path]), self._holders(sites[path]))

    def _named(self, op: int, paths: list[str]) -> list[str]:
        """The file that a text names, put together with the folders that it is joined to; nothing when it may be several."""
        resolver, best = self.code.resolver, str(self.code.program.ops[op].value)
        waiting, seen = [op], {op}
        while waiting:
            for use in resolver.uses[waiting.pop()]:
                if use not in seen and self.code.program.ops[use].kind in STEPS:
                    seen.add(use)
                    longer = [t for t in texts(resolver.of(use)) if t.endswith(best.rpartition("/")[2])]
                    if len(longer) == 1:
                        best = max(best, longer[0], key=len)
                        waiting.append(use)
        near = self.code.place(op).path
        name = posixpath.normpath(best.rpartition(HOLE)[2].lstrip("/"))
        found = [path for path in paths if names_file(name, path, near)]
        if len(found) > 1:
            here = posixpath.dirname(near)
            exact = [p for p in found if p in (name, posixpath.normpath(posixpath.join(here, name)))]
            found = exact or [p for p in found if here and p.startswith(here + "/")]
        return found if len(found) == 1 else []

    def _by_name(self, paths: list[str]) -> Iterator[tuple[int, str]]:
        """The names that are handed to a function that puts `.sql` behind what it is given."""
        program, resolver = self.code.program, self.code.resolver
        puts = {program.scope_id(op) for op in program.of_kind("fstring", "binary") if self._puts_end(op)}
        for call in sorted({c for scope in puts for c in resolver.callers.get(scope, ()) if not self.code.tested(c)}):
            for argument in program.args[call][1:]:
                value = program.ops[argument].value if argument >= 0 and program.ops[argument].kind == "const" else None
                if isinstance(value, str) and value:
                    found = [p for p in paths if any(p.endswith(f"/{value}{end}") or p == value + end for end in FILES)]
                    if len(found) == 1:
                        yield argument, found[0]

    def _puts_end(self, op: int) -> bool:
        """`f"{name}.sql"`, `name + ".sql"`."""
        facts, args = self.code.program.ops[op], self.code.program.args[op]
        if facts.kind == "binary":
            last = self.code.program.ops[args[-1]].value if facts.name == "+" and args and args[-1] >= 0 else None
            return isinstance(last, str) and last in FILES
        return _text(facts.value).endswith(tuple(HOLE + end for end in FILES))

    def _holders(self, sites: list[int]) -> frozenset[int]:
        """Who runs the sites; of a constant at the top of a module, the functions that take it."""
        found: set[int] = set()
        for site in sites:
            holder = self.code.holder(site)
            inside = self._takers(site) if self.world.graph.nodes[holder].kind == "module" else set()
            found |= inside or {holder}
        return frozenset(found)

    def _takers(self, site: int) -> set[int]:
        ops, uses, here = self.code.program.ops, self.code.resolver.uses, self.code.program.scope_id(site)
        waiting, seen, found = [site], {site}, set[int]()
        while waiting:
            for use in uses[waiting.pop()]:
                if use in seen or ops[use].kind not in (*STEPS, "load", "assign", "phi"):
                    continue
                seen.add(use)
                if self.code.program.scope_id(use) != here:
                    found.add(self.code.holder(use))
                else:
                    waiting.append(use)
        return found

    # ---- texts --------------------------------------------------------------------------------------------------

    def _texts(self) -> Iterator[Used]:
        program = self.code.program
        for op in program.of_kind("const", "fstring"):
            text = _text(program.ops[op].value)
            if len(text) < LEAST or not HOLDS.search(text) or not is_sql(text) or self.code.tested(op):
                continue
            for one, said in described(text):
                fact = QueryFeatures(
                    _inside(self.code, op, text, one.offset),
                    tuple(LearntNumber(_inside(self.code, op, text, n.offset), n.name, n.column, n.use, n.yields) for n in said.learns),
                    tuple(DerivedColumn(_inside(self.code, op, text, d.offset), d.name, d.tokens) for d in said.derives),
                    said.picks,
                    tuple(one.reads),
                    tuple(one.writes),
                    said.takes,
                    said.makes,
                )
                if fact.learns or fact.derives or fact.picks:
                    yield Used(fact, (op,), self._holders([op]))


def _text(value: object) -> str:
    """A text, or one that is put together, with holes."""
    if isinstance(value, tuple):
        return "".join(part if isinstance(part, str) else HOLE for part in value)
    return value if isinstance(value, str) else ""


def _inside(code: Code, op: int, text: str, offset: int) -> Place:
    """The line of a text of several lines."""
    place, down = code.place(op), text.count("\n", 0, offset)
    return replace(place, span=Span(place.span.line + down)) if down and place.cell is None else place
