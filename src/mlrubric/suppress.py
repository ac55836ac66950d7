"""Inline ignores: `# mlrubric: ignore[ID, ...] reason` on the first or last line of a finding, or alone on the line above it."""

from __future__ import annotations

import codecs
import difflib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from mlrubric.model.place import Place, Span
from mlrubric.model.report import Message
from mlrubric.model.verdict import Finding

WORD = "mlrubric:"  # what every mark holds, for a quick look
MARK = re.compile(r"(?:#|//|<!--|;|--)\s*mlrubric:\s*ignore(?:\[([^\]]*)\])?\s*([^\"\\]*)")
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
SIGNS = ("#", "//", "<!--", ";", "--")


@dataclass(frozen=True, slots=True)
class Ignore:
    """A comment that ignores rules. `alone`: nothing else stands on its line, so that it speaks of the next one."""

    path: str
    line: int
    rules: tuple[str, ...]
    reason: str
    alone: bool

    @property
    def place(self) -> Place:
        return Place(self.path, Span(self.line))

    def covers(self, finding: Finding) -> bool:
        lines = (finding.place.line, finding.place.span.end_line or finding.place.line)
        return finding.rule in self.rules and (self.line in lines or (self.alone and self.line + 1 == lines[0]))


def may_ignore(data: bytes) -> bool:
    """Whether a file can hold a mark, in any encoding that it may be in."""
    return WORD.encode() in data or (data[:2] in UTF_16 and WORD.encode() in data.replace(b"\0", b""))


def ignores_in(path: str, text: str) -> Iterator[Ignore]:
    """The marks of one file, in order."""
    if WORD not in text:
        return
    for number, line in enumerate(text.split("\n"), 1):
        found = MARK.search(line) if WORD in line else None
        if found is not None:
            rules = tuple(filter(None, (item.strip() for item in (found[1] or "").split(","))))
            reason = found[2].strip().removesuffix("-->").strip()
            yield Ignore(path, number, rules, reason, line.strip().lstrip('"').startswith(SIGNS))


def ignores_of(paths: Iterable[str], text: Callable[[str], str | None]) -> list[Ignore]:
    """The marks of all these files."""
    return [ignore for path in sorted(paths) for ignore in ignores_in(path, text(path) or "")]


def split_suppressed(findings: Sequence[Finding], ignores: Collection[Ignore]) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Findings that stand, and those that a comment ignores, with its reason."""
    kept: list[Finding] = []
    silent: list[Finding] = []
    by_path: dict[str, list[Ignore]] = {}
    for ignore in ignores:
        by_path.setdefault(ignore.path, []).append(ignore)
    for finding in findings:
        reason = next((one.reason for one in by_path.get(finding.place.path, ()) if one.covers(finding)), None)
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
        used = {finding.rule for finding in by_path.get(ignore.path, ()) if ignore.covers(finding)}
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
