"""Inline ignores: `# mlrubric: ignore[ID, ...] reason` on the first or last line of a finding, or alone on the line above it."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from mlrubric.model.facts import Ignore
from mlrubric.model.report import Message
from mlrubric.model.verdict import Finding


def covers(ignore: Ignore, finding: Finding) -> bool:
    """Whether a comment speaks of a finding: on its first or last line, or alone above it."""
    lines = (finding.place.line, finding.place.span.end_line or finding.place.line)
    return finding.rule in ignore.rules and (ignore.line in lines or (ignore.alone and ignore.line + 1 == lines[0]))


def split_suppressed(findings: Sequence[Finding], ignores: Collection[Ignore]) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Findings that stand, and those that a comment ignores, with its reason."""
    kept: list[Finding] = []
    silent: list[Finding] = []
    by_path: dict[str, list[Ignore]] = {}
    for ignore in ignores:
        by_path.setdefault(ignore.path, []).append(ignore)
    for finding in findings:
        reason = next((one.reason for one in by_path.get(finding.place.path, ()) if covers(one, finding)), None)
        if reason is None:
            kept.append(finding)
        else:
            silent.append(replace(finding, suppressed=reason))
    return tuple(kept), tuple(silent)


def complaints(ignores: Iterable[Ignore], silent: Sequence[Finding], known: Collection[str], asked: Collection[str]) -> Iterator[Message]:
    """What is wrong with ignores: no rule, an unknown rule, one that ignores nothing, one without a reason. `asked` are the rules that
    this run looked for: of the others nothing can be said."""
    by_path: dict[str, list[Finding]] = {}
    for finding in silent:
        by_path.setdefault(finding.place.path, []).append(finding)
    for ignore in ignores:
        used = {finding.rule for finding in by_path.get(ignore.path, ()) if covers(ignore, finding)}
        if not ignore.rules:
            yield Message("note", "this ignore names no rule and ignores nothing: `mlrubric: ignore[ID] reason`", ignore.place)
        for rule in ignore.rules:
            if rule not in known:
                close = difflib.get_close_matches(rule, sorted(known), 1, 0.6)
                hint = f"; did you mean `{close[0]}`?" if close else ""
                yield Message("note", f"`{rule}` of this ignore is no rule{hint}", ignore.place)
            elif rule in asked and rule not in used:
                yield Message("note", f"nothing to ignore: {rule} finds nothing here any more, the comment can go", ignore.place)
        if used and not ignore.reason:
            yield Message("note", f"this ignore of {', '.join(sorted(used))} gives no reason", ignore.place)
