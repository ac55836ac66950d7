"""Verdicts of all rules over one picture, and findings from the unmet ones."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Iterable, Sequence

from mlrubric.graph.build import Picture
from mlrubric.model.graph import Node
from mlrubric.model.verdict import Finding, Outcome, Related, Verdict
from mlrubric.rules.question import ask
from mlrubric.rules.rule import Rule
from mlrubric.rules.shapes import Hit

PERSONAS = ("regular", "pedantic", "auditor")


def verdicts(picture: Picture, rule: Rule) -> list[Verdict]:
    """One verdict for each subject of a rule."""
    answer = ask(picture, rule.shape, rule.question)
    found = [_verdict(picture, rule, hit, Outcome.UNMET) for hit in answer.unmet]
    if rule.shape not in ("match", "absent"):
        found.extend(_verdict(picture, rule, hit, Outcome.MET) for hit in answer.met)
    return found


def _verdict(picture: Picture, rule: Rule, hit: Hit, outcome: Outcome) -> Verdict:
    nodes = picture.graph.nodes
    node = nodes[hit.node]
    values = {"api": _short(node.api or node.label), "label": node.label, "path": node.place.path, **node.attributes}
    related = tuple((nodes[n].place, words) for n, words in hit.related)
    if hit.related:
        values["other"] = _short(nodes[hit.related[0][0]].label)
    path = picture.graph.steps(hit.path)
    return Verdict(rule.id, outcome, node.place, path, tuple(sorted(values.items())), related, _subject(node))


def _subject(node: Node) -> str:
    return f"{node.kind}|{node.place.symbol}|{node.label}"


def _short(name: str) -> str:
    return name.removeprefix("builtins.").removeprefix("?.")


def findings(picture: Picture, rules: Sequence[Rule], persona: str = "regular") -> list[Finding]:
    """Findings of the rules that a persona sees, in order of place, one for each cause."""
    allowed = PERSONAS[: PERSONAS.index(persona) + 1]
    found: list[Finding] = []
    for rule in rules:
        if rule.persona in allowed and rule.stage != "deprecated":
            found.extend(_findings(rule, verdicts(picture, rule)))
    return sorted(found, key=lambda f: (f.place.path, f.place.span, f.rule, f.message))


def _findings(rule: Rule, all_verdicts: Iterable[Verdict]) -> list[Finding]:
    found: list[Finding] = []
    seen: set[str] = set()
    counts: dict[str, int] = {}
    ordered = sorted((v for v in all_verdicts if v.outcome is Outcome.UNMET), key=lambda v: (v.place.path, v.place.span))
    for verdict in ordered:
        place = verdict.place
        key = {"file": place.path, "folder": posixpath.dirname(place.path)}.get(rule.one_per, f"{place.path}:{place.span}:{place.cell}")
        if key in seen:
            continue
        seen.add(key)
        base = f"{rule.id}|{place.path}|{verdict.subject}"
        counts[base] = counts.get(base, 0) + 1
        fingerprint = hashlib.sha256(f"{base}|{counts[base]}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
        found.append(
            Finding(
                rule.id, rule.name, rule.level, rule.confidence, fill(rule.message, dict(verdict.values)), place, rule.tests, rule.fix, verdict.path,
                tuple(Related(p, w) for p, w in verdict.related), fingerprint,
            )  # fmt: skip
        )
    return found


def fill(message: str, values: dict[str, str]) -> str:
    """A message with `{name}` filled in; names that are not known stay empty."""
    import re

    return re.sub(r"\{([@\w.]+)\}", lambda m: values.get(m[1], ""), message)
