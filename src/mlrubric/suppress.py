"""Inline ignores: `# mlrubric: ignore[ID, ...] reason` on the first or last line of a finding, or alone on the line above it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from mlrubric.model.facts import Ignore
from mlrubric.model.report import Message
from mlrubric.model.verdict import Finding
from mlrubric.rules.fold import folded, unfolded
from mlrubric.rules.naming import meant


def covers(ignore: Ignore, finding: Finding) -> bool:
    """Whether a comment speaks of a finding: on its first or last line, or alone above it."""
    lines = (finding.place.line, finding.place.span.end_line or finding.place.line)
    return finding.rule in ignore.rules and (ignore.line in lines or (ignore.alone and ignore.line + 1 == lines[0]))


def split_suppressed(findings: Sequence[Finding], ignores: Collection[Ignore]) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Findings that stand, and those that a comment ignores, with its reason. Of several that are told as one each is asked by itself."""
    kept: list[Finding] = []
    silent: list[Finding] = []
    by_path: dict[str, list[Ignore]] = {}
    for ignore in ignores:
        by_path.setdefault(ignore.path, []).append(ignore)
    for finding in unfolded(findings):
        reason = next((one.reason for one in by_path.get(finding.place.path, ()) if covers(one, finding)), None)
        if reason is None:
            kept.append(finding)
        else:
            silent.append(replace(finding, suppressed=reason))
    return folded(kept), tuple(silent)


def complaints(
    ignores: Iterable[Ignore], silent: Sequence[Finding], known: Collection[str], asked: Collection[str], kept: Sequence[Finding] = ()
) -> Iterator[Message]:
    """What is wrong with ignores: no rule, an unknown rule, one that ignores nothing, one without a reason. `asked` are the rules that
    this run looked for: of the others nothing can be said. `kept` are the findings that stand."""
    by_path: dict[str, list[Finding]] = {}
    standing = unfolded(kept)
    for finding in silent:
        by_path.setdefault(finding.place.path, []).append(finding)
    for ignore in ignores:
        used = {finding.rule for finding in by_path.get(ignore.path, ()) if covers(ignore, finding)}
        if ignore.word:
            yield Message("note", f"`{ignore.word}` ignores nothing here: `mlrubric: ignore[ID] reason`", ignore.place)
        elif not ignore.rules:
            yield Message("note", "this ignore names no rule and ignores nothing: `mlrubric: ignore[ID] reason`", ignore.place)
        for rule in ignore.rules:
            if rule not in known:
                yield Message("note", _unknown(rule, ignore, known, standing), ignore.place)
            elif rule in asked and rule not in used:
                yield Message("note", f"nothing to ignore: {rule} finds nothing here any more, the comment can go", ignore.place)
        if used and not ignore.reason:
            yield Message("note", f"this ignore of {', '.join(sorted(used))} gives no reason", ignore.place)


def _unknown(word: str, ignore: Ignore, known: Collection[str], standing: Sequence[Finding]) -> str:
    """What is said of an ignore's rule that is not there; a family is told by the rules of it that speak there."""
    if not word or not any(rule.startswith(word) for rule in known):
        return f"`{word}` of this ignore is no rule{meant(word, known)}"
    inside = [one for one in standing if one.place.path == ignore.path and one.rule.startswith(word)]
    there = sorted({one.rule for one in inside if covers(replace(ignore, rules=(one.rule,)), one)})
    return f"`{word}` of this ignore is a family of rules: it ignores those that it names" + (f" (`{'`, `'.join(there)}`)" if there else "")
