"""Rules on features: a check that no column which is forbidden, or none that is not permitted, is among those that a model learns from.

A rule is a comparison of two sets of names. Which of the two are the features is told by flow (a training selects its columns by that
list, or they are the columns of data or of a model); what the other is, by the words it is called by, or because nothing is selected by it.
A comparison the other way round (all expected columns are there) is a schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mlrubric.graph.code import Code, is_test_code
from mlrubric.graph.column_lists import WORDS, ColumnLists, Names
from mlrubric.graph.graph import Graph
from mlrubric.graph.values import number
from mlrubric.graph.world import World

BANNED = re.compile(
    r"ban(s|ned)?|forbid(den)?|protected|sensitive|pii|prohibited|deny|denied|denylist|blocked|blocklist|blacklist(ed)?|disallowed|leak(s|y|ing|age)?"
    r"|future|deprecated|restricted|personal|private|unavailable|illegal|discriminatory|quasi|identifiers"
)
ALLOWED = re.compile(r"allow(ed|list)?|permitted|approved|whitelist(ed)?|reviewed|registry|registered|certified|available|availability")
FEATURES = re.compile(r"feat(ure)?s?|predictors?|covariates|regressors|inputs|columns|cols")
APART = re.compile(r"numeric(al)?|categorical|cat|num|required|expected|missing")
LATER = re.compile(r"label|prediction|target|cutoff|decision|outcome|scored?")
TIME = re.compile(r"time|timestamp|date|datetime|ts|at|day")
LOADS = frozenset({"data.read", "model.load", "artifact.download", "feature.serve"})
WRAPS = frozenset({"set", "list", "sorted", "frozenset", "tuple", "len", "any", "all", "bool", "next", "sum"})
ASKS = frozenset({"isdisjoint", "intersection", "difference", "issubset", "issuperset", "union"})
FITS = frozenset({"transform.fit", "transform.fit_apply"})
DISJOINT, SUBSET = "disjoint", "subset"
DEPTH, MOST = 3, 80


@dataclass(frozen=True, slots=True)
class Relation:
    """Two values with names of columns: none of the first may be (`disjoint`), or all of it must be (`subset`), in the second; `member`
    when it is asked name by name."""

    kind: str
    first: int
    second: int
    member: bool = False


def mark_bans(world: World) -> None:
    """`feature.ban` on checks of the columns that a model learns from. `rule`: enforced, asked (nothing stops), dropped (a list of
    forbidden columns is taken away, nothing checks it). `rows`: made up when only test code made what is checked. `covers`: some, when
    another training selects columns that no such check looks at."""
    graph, code = world.graph, world.code
    if not graph.with_role("model.fit", "model.load"):
        return
    bans = Bans(graph, code, world.columns)
    found: dict[int, Names | None] = {}
    for node, check in sorted(code.check_of.items()):
        if check.form == "call":
            continue
        said = bans.rule(check.conditions)
        if said is None and not bans.scans(node) and not bans.later(check.conditions):
            continue
        graph.give(node, "feature.ban")
        found[node] = said
        graph.nodes[node].attributes["rule"] = "enforced"
        graph.nodes[node].attributes["rows"] = "real" if said is None or bans.real(said) else "made up"
    _cover(graph, bans, found)
    for condition in bans.printed():
        node = code.node_for(graph, condition, "if", ("check",), "", form="branch")
        graph.give(node, "feature.ban")
        graph.nodes[node].attributes["rule"] = "asked"
    for op in bans.dropped():
        node = code.node_for(graph, op, "drop")
        graph.give(node, "feature.ban")
        graph.nodes[node].attributes["rule"] = "dropped"


def _cover(graph: Graph, bans: Bans, found: dict[int, Names | None]) -> None:
    checked = frozenset(v for names in found.values() if names is not None for v in names.lists)
    frames = {names.frame for names in found.values() if names is not None and names.frame >= 0}
    known = [fit for fit, lists in bans.columns.selected.items() if lists]
    seen = [f for f in known if bans.columns.selected[f] & checked or frames & bans.columns.feeding[f]]
    if seen and len(seen) < len(known):
        for node in found:
            graph.nodes[node].attributes["covers"] = "some"


class Bans:
    """Finds the relations behind conditions and says which of them are rules on features."""

    def __init__(self, graph: Graph, code: Code, columns: ColumnLists) -> None:
        self.graph, self.code, self.program, self.columns = graph, code, code.program, columns

    def rule(self, conditions: Iterable[int]) -> Names | None:
        """The features that a condition holds against a rule, or None."""
        for condition in conditions:
            for relation in self._relations(condition):
                found = self._judge(relation, self._around(condition))
                if found is not None:
                    return found
        return None

    def _around(self, op: int) -> frozenset[str]:
        """The words of the function that asks."""
        return frozenset(w.lower() for w in WORDS.findall(self.program.scopes[self.program.scope_id(op)].name))

    def _judge(self, relation: Relation, around: frozenset[str]) -> Names | None:
        first, second = self.columns.of(relation.first), self.columns.of(relation.second)
        if relation.kind == DISJOINT:
            for features, rule in ((first, second), (second, first)):
                words = rule.words | (around if rule.frame < 0 else frozenset())
                if self._features(features) and rule.frame < 0 and (said(BANNED, words) or self._stranger(relation, features, rule)):
                    return features
            return None
        features, rule = first, second
        if rule.frame >= 0 or not self._features(features):
            return None
        if said(ALLOWED, rule.words) or (said(BANNED, rule.words) and relation.member):
            return features
        return features if features.frame < 0 and self._stranger(relation, features, rule) else None

    def _features(self, names: Names) -> bool:
        called = said(FEATURES, names.words) and not said(BANNED, names.words) and not said(ALLOWED, names.words)
        return names.frame >= 0 or bool(names.lists & self.columns.every) or called

    def _stranger(self, relation: Relation, features: Names, rule: Names) -> bool:
        """A list by which nothing is selected, held against one by which something is."""
        selected = self.columns.every
        plain = not relation.member and rule.several and bool(rule.lists) and not rule.lists & selected and bool(features.lists & selected)
        return (
            plain
            and not said(APART, rule.words)
            and not any("data.read" in self.code.about(op) for op in (relation.first, relation.second))
        )

    def real(self, features: Names) -> bool:
        """Whether what is checked is more than names or rows that a test has made up."""
        if features.lists & self.columns.every:
            return True
        if features.frame < 0:
            return not features.tested
        return bool(LOADS & self.code.about(features.frame)) and not self._rebuilt(features.frame)

    def _rebuilt(self, frame: int) -> bool:
        """Whether a test has fitted by itself what it looks at: that is not what the model was trained with."""
        if not self.code.tested(frame) or not FITS & self.code.about(frame):
            return False
        behind = self.code.flow.reach([frame], back=True)
        return any(FITS & self.code.meanings.roles(op) and self.code.tested(op) for op in behind)

    def scans(self, node: int) -> bool:
        """A check of what a search for personal data found."""
        return "data.anonymize" in self.graph.nodes[node].about and not is_test_code(self.graph.nodes[node].place.path)

    def later(self, conditions: Iterable[int]) -> bool:
        """A comparison of two columns of times, the later of which is that of the label or the decision: no feature reads the future."""
        for condition in conditions:
            for op in self._expression(condition):
                facts, args = self.program.ops[op], self.program.args[op]
                if facts.kind != "compare" or facts.value not in (("<",), ("<=",), (">",), (">=",)) or len(args) != 2:
                    continue
                words = [self._column(a) for a in args]
                sides = words if facts.value[0][0] == "<" else words[::-1]
                earlier = said(TIME, sides[0]) and not said(LATER, sides[0])
                if earlier and said(TIME, sides[1]) and said(LATER, sides[1]) and LOADS & self.code.about(op):
                    return True
        return False

    def _column(self, op: int) -> frozenset[str]:
        facts, args = self.program.ops[op], self.program.args[op]
        name = facts.name if facts.kind == "attribute" else ""
        if facts.kind == "subscript" and len(args) == 2 and args[1] >= 0 and isinstance(self.program.ops[args[1]].value, str):
            name = str(self.program.ops[args[1]].value)
        return frozenset(w.lower() for w in WORDS.findall(name))

    def printed(self) -> Iterator[int]:
        """Conditions under which a forbidden column is only told of."""
        stopped = {c for check in self.code.check_of.values() for c in check.conditions}
        for unit in self.program.modules:
            for block in unit.facts.blocks if not is_test_code(unit.path) else ():
                condition = block.test + unit.base
                if block.kind == "if" and block.test >= 0 and not block.leaves and condition not in stopped:
                    names = self.rule((condition,))
                    if names is not None and names.several and not said(BANNED, names.words):
                        yield condition

    def dropped(self) -> Iterator[int]:
        """Calls that take a list of forbidden columns out of what a training learns from."""
        feeding = frozenset().union(*self.columns.feeding.values()) if self.columns.feeding else frozenset[int]()
        for op in sorted(feeding):
            facts, args = self.program.ops[op], self.program.args[op]
            if facts.kind != "call" or args[0] < 0 or self.program.ops[args[0]].name != "drop":
                continue
            for given in (*self.program.positional(op)[:1], self.program.keyword(op, "columns", "labels")):
                if given >= 0 and said(BANNED, self.columns.of(given).words):
                    yield op
                    break

    # ---- relations behind a condition ---------------------------------------------------------------------------

    def _expression(self, condition: int) -> list[int]:
        """The operations of a condition's expression: through names, wrappers like `set` and `any`, and the project's own functions."""
        program, code = self.program, self.code
        waiting, seen = [(condition, DEPTH)], {condition: None}
        while waiting and len(seen) < MOST:
            op, depth = waiting.pop(0)
            facts, args = program.ops[op], [a for a in program.args[op] if a >= 0]
            after: list[int] = []
            if facts.kind == "call":
                inside = [number(t) for t in sorted(code.resolver.targets.get(op, ()), key=repr) if t[0] == "function"]
                if inside and depth:
                    after = [a for scope in inside for r in program.returns(scope) for a in program.args[r] if a >= 0]
                    waiting.extend((a, depth - 1) for a in after if a not in seen)
                    seen.update(dict.fromkeys(after))
                    continue
                callee = program.ops[args[0]] if args else None
                if callee is not None and callee.name in WRAPS | ASKS:
                    after = [*args[1:], *program.args[args[0]]] if callee.kind == "attribute" else args[1:]
            elif facts.kind == "comprehension":
                tests = facts.extra if isinstance(facts.extra, tuple) else ()
                after = [*args, *(int(t) + program.unit(op).base for t in tests)]
            elif facts.kind in ("load", "assign", "boolean", "unary", "compare", "binary", "conditional", "container", "phi"):
                after = [*args, *(code.resolver.reads.get(op, ()) if facts.kind == "load" and not args else ())]
            for following in after:
                if following >= 0 and following not in seen:
                    seen[following] = None
                    waiting.append((following, depth))
        return list(seen)

    def _relations(self, condition: int) -> Iterator[Relation]:
        for op in self._expression(condition):
            facts, args = self.program.ops[op], self.program.args[op]
            if facts.kind == "binary" and len(args) == 2 and min(args) >= 0:
                if facts.name == "&":
                    yield Relation(DISJOINT, args[0], args[1])
                elif facts.name == "-":
                    yield Relation(SUBSET, args[0], args[1])
            elif facts.kind == "compare" and len(args) == 2 and min(args) >= 0 and isinstance(facts.value, tuple):
                yield from _compared(str(facts.value[0]), args[0], args[1])
            elif facts.kind == "call" and args[0] >= 0 and self.program.ops[args[0]].kind == "attribute":
                yield from self._called(self.program.ops[args[0]].name, self.program.args[args[0]][0], self.program.positional(op))

    def _called(self, name: str, receiver: int, given: tuple[int, ...]) -> Iterator[Relation]:
        if receiver < 0 or not given or given[0] < 0:
            return
        if name in ("isdisjoint", "intersection"):
            yield Relation(DISJOINT, receiver, given[0])
        elif name in ("issubset", "difference"):
            yield Relation(SUBSET, receiver, given[0])
        elif name == "issuperset":
            yield Relation(SUBSET, given[0], receiver)


def _compared(operator: str, first: int, second: int) -> Iterator[Relation]:
    if operator == "not in":
        yield Relation(DISJOINT, first, second, member=True)
    elif operator == "in":
        yield Relation(DISJOINT, first, second, member=True)
        yield Relation(SUBSET, first, second, member=True)
    elif operator in ("<=", "<"):
        yield Relation(SUBSET, first, second)
    elif operator in (">=", ">"):
        yield Relation(SUBSET, second, first)


def said(pattern: re.Pattern[str], words: Iterable[str]) -> bool:
    """Whether one of the words is of a kind."""
    return any(pattern.fullmatch(word) for word in words)
