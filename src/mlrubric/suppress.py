"""Inline ignores: `# mlrubric: ignore[ID, ...] reason` on the line of a finding, or alone on the line above it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from mlrubric.model.verdict import Finding

MARK = re.compile(r"(?:#|//|<!--|;)\s*mlrubric:\s*ignore\[([^\]]+)\]\s*([^\"\\]*)")


def split_suppressed(findings: Sequence[Finding], text: Callable[[str], str | None]) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Findings that stand, and those that a comment ignores, with its reason."""
    kept: list[Finding] = []
    ignored: list[Finding] = []
    lines: dict[str, list[str]] = {}
    for finding in findings:
        path = finding.place.path
        if path not in lines:
            lines[path] = (text(path) or "").split("\n")
        reason = _reason(lines[path], finding)
        if reason is None:
            kept.append(finding)
        else:
            ignored.append(replace(finding, suppressed=reason))
    return tuple(kept), tuple(ignored)


def _reason(lines: list[str], finding: Finding) -> str | None:
    line = finding.place.line
    candidates = [lines[line - 1]] if 0 < line <= len(lines) else []
    above = lines[line - 2] if 1 < line <= len(lines) + 1 else ""
    if above.strip().lstrip('"').startswith(("#", "//", "<!--", ";")):
        candidates.append(above)
    for candidate in candidates:
        match = MARK.search(candidate)
        if match and finding.rule in {i.strip() for i in match[1].split(",")}:
            return match[2].strip().removesuffix("-->").strip()
    return None
