"""Findings of the rules over one picture: the unmet verdicts, one for each cause."""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from mlrubric.config import CONFIDENCES
from mlrubric.graph.build import Picture
from mlrubric.graph.habits.spelling import spelled
from mlrubric.model.graph import Node
from mlrubric.model.verdict import Finding, Outcome, Related, Verdict
from mlrubric.rules.fold import MORE, folded
from mlrubric.rules.question import ask
from mlrubric.rules.rule import Rule
from mlrubric.rules.select import holds
from mlrubric.rules.shapes import Hit

PERSONAS = ("regular", "pedantic", "auditor")
CALLED = re.compile(r"(\w[\w.]*)\((?:\.\.\.)?\)")  # `nn.Linear(...)`, but not what is longer
NAMED = re.compile(r"\{([@\w.]+)\}")


def _unmet(picture: Picture, rule: Rule) -> list[tuple[Rule, Verdict]]:
    """Each unmet verdict with the form of the rule that speaks of its subject."""
    hits = ask(picture, rule.shape, rule.question).unmet
    told = " ".join((rule.message, rule.advice, *(f"{one.message} {one.advice}" for one in rule.variants)))
    keys = [*(key for one in rule.variants for key in one.where), *NAMED.findall(told)]
    for hit in hits:
        picture.habits.complete(hit.node, keys)
    return [(_form(rule, picture.graph.nodes[hit.node], hit), _verdict(picture, rule, hit)) for hit in hits]


def _form(rule: Rule, node: Node, hit: Hit) -> Rule:
    """The rule as its first fitting variant says it; a guessed subject or hop lowers the confidence by one."""
    for variant in rule.variants:
        if all(holds(node, key, wanted) for key, wanted in variant.where.items()):
            rule = replace(
                rule,
                level=variant.level or rule.level,
                persona=variant.persona or rule.persona,
                message=variant.message or rule.message,
                confidence=variant.confidence or rule.confidence,
                advice=variant.advice or rule.advice,
            )
            break
    guessed = node.attributes.get("certain") == "false" or any(edge is not None and not edge.certain for _, edge in hit.path)
    lower = CONFIDENCES[min(CONFIDENCES.index(rule.confidence) + 1, 2)]
    return replace(rule, confidence=lower) if guessed else rule


def _verdict(picture: Picture, rule: Rule, hit: Hit) -> Verdict:
    nodes = picture.graph.nodes
    node = nodes[hit.node]
    values = {"api": _named(picture, hit.node), "label": node.label, "path": node.place.path, **node.attributes}
    related = tuple((nodes[n].place, words) for n, words in hit.related)
    if hit.related:
        other = nodes[hit.related[0][0]]
        values["other"] = other.attributes.get("who") or _named(picture, hit.related[0][0])
        values["other_line"] = str(other.place)
    path = picture.graph.steps(hit.path)
    return Verdict(rule.id, Outcome.UNMET, node.place, path, tuple(sorted(values.items())), related, _subject(node), node.id)


def _subject(node: Node) -> str:
    return f"{node.kind}|{node.place.symbol}|{node.label}"


def _named(picture: Picture, node: int) -> str:
    """A call as it is written there, else by the name that it was resolved to."""
    subject, code = picture.graph.nodes[node], picture.world.code
    written = spelled(code.program, code.node_op[node]) if node in code.node_op else ""
    called = CALLED.fullmatch(written)
    return called[1] if called else _short(subject.api or subject.label)


def _short(name: str) -> str:
    return name.removeprefix("builtins.").removeprefix("?.")


def heard(rules: Sequence[Rule], persona: str) -> list[Rule]:
    """The rules that a persona may hear of, in one of their forms."""
    allowed = PERSONAS[: PERSONAS.index(persona) + 1]
    forms = [(rule, {rule.persona, *(variant.persona for variant in rule.variants)}) for rule in rules]
    return [rule for rule, personas in forms if not personas.isdisjoint(allowed)]


def findings(picture: Picture, rules: Sequence[Rule], persona: str = "regular") -> list[Finding]:
    """Findings of the rules that a persona sees, in order of place, one for each cause."""
    allowed = PERSONAS[: PERSONAS.index(persona) + 1]
    found: list[Finding] = []
    for rule in heard(rules, persona):
        found.extend(folded(_findings((form, v) for form, v in _unmet(picture, rule) if form.persona in allowed)))
    return sorted(found, key=lambda f: (f.place.path, f.place.span, f.rule, f.message))


def _findings(unmet: Iterable[tuple[Rule, Verdict]]) -> list[Finding]:
    found: list[Finding] = []
    seen: set[str] = set()
    counts: dict[str, int] = {}
    for rule, verdict in sorted(unmet, key=lambda pair: (pair[1].place.path, pair[1].place.span)):
        values = dict(verdict.values)
        together, alone = _together(rule, verdict)
        folds = MORE in rule.message
        if (alone if folds else together) in seen:
            continue
        seen.add(alone if folds else together)
        base = f"{rule.id}|{verdict.place.path}|{verdict.subject}"
        counts[base] = counts.get(base, 0) + 1
        fingerprint = hashlib.sha256(f"{base}|{counts[base]}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
        found.append(
            Finding(
                rule.id,
                rule.name,
                rule.level,
                rule.confidence,
                fill(rule.message, values),
                verdict.place,
                rule.tests or tuple(said for name, said in verdict.values if name == "test"),
                None,
                verdict.path,
                tuple(Related(p, w) for p, w in verdict.related),
                fingerprint,
                node=verdict.node,
                advice=fill(rule.advice, values) if rule.advice else rule.docs.do,
                counted=tuple(sorted(filter(None, values.get(rule.counts, "").split(", ")))),
                fold=f"{rule.one_per} {together}" if folds else "",
                pattern=fill(rule.message, {**values, "more": MORE}) if folds else "",
            )
        )
    return found


def _together(rule: Rule, verdict: Verdict) -> tuple[str, str]:
    """What one finding stands for (all verdicts with the same answer; with `{more}` in its message they are folded, and it tells how many
    others there are), and what a verdict is by itself."""
    place = verdict.place
    here = f"{place.path}:{place.span}:{place.cell}"
    together = {
        "file": place.path,
        "folder": posixpath.dirname(place.path),
        "repository": "",
        "line": f"{place.path}:{place.line}:{place.cell}:{place.cell_line}",
    }.get(rule.one_per, here)
    return together, f"{here}:{verdict.subject}"


def fill(message: str, values: dict[str, str]) -> str:
    """A message with `{name}` filled in; names that are not known stay empty."""
    return NAMED.sub(lambda m: values.get(m[1], ""), message)
