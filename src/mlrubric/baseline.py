"""Findings that are known: a file of them, and which of today's they are, also when lines, functions or files have moved."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from mlrubric.model.verdict import Finding
from mlrubric.rules.fold import unfolded

FORMAT = "mlrubric-baseline/1"
TEXTS = ("file", "rule", "fingerprint", "line", "message")


class BaselineError(Exception):
    """A baseline that cannot be used; its text names the file."""


@dataclass(frozen=True, slots=True, order=True)
class Known:
    """A finding as it is remembered. `line` is a digest of the line's text without its indentation: the text itself is not kept. `counted`
    is what it counted up, nothing where that was not remembered."""

    file: str
    rule: str
    fingerprint: str
    line: str
    message: str
    counted: tuple[str, ...] = ()

    def explains(self, today: Known) -> bool:
        """Whether all that one of today's counts was counted then."""
        return not self.counted or set(today.counted) <= set(self.counted)


@dataclass(frozen=True, slots=True)
class Sorted:
    """`new` findings, and what is known and gone."""

    new: tuple[Finding, ...]
    gone: tuple[Known, ...]


def known_of(findings: Iterable[Finding], text: Callable[[str], str | None]) -> list[Known]:
    """How findings are remembered, in order; of several that are told as one each by itself."""
    lines: dict[str, list[str]] = {}

    def digest(finding: Finding) -> str:
        path = finding.place.path
        if path not in lines:
            lines[path] = (text(path) or "").split("\n")
        number = finding.place.line
        row = lines[path][number - 1] if 0 < number <= len(lines[path]) else ""
        return hashlib.sha256(row.strip().encode("utf-8", "surrogatepass")).hexdigest()[:16]

    return [Known(one.place.path, one.rule, one.fingerprint, digest(one), one.message, one.counted) for one in unfolded(findings)]


def sort_out(findings: Sequence[Finding], text: Callable[[str], str | None], known: Iterable[Known], files: Collection[str]) -> Sorted:
    """Each known finding explains one of today's: the very same; else one on a line of the same text in its file (it moved, or another
    of its kind came before it); else one of the same subject (its line was edited); else, where its file is gone from `files`, one on
    a line of the same text elsewhere (the file was renamed). What is new is by itself, not folded; what is there and counts more than it
    did is new and not gone."""
    findings = unfolded(findings)
    today = list(zip(findings, known_of(findings, text), strict=True))
    left = sorted(known)
    for alike in (
        lambda one: (one.rule, one.file, one.fingerprint, one.line),
        lambda one: (one.rule, one.file, one.line),
        lambda one: (one.rule, one.file, one.fingerprint),
    ):
        today, left = _paired(today, left, alike)
    moved = [one for one in left if one.file not in files]
    today, unmatched = _paired(today, moved, lambda one: (one.rule, one.line))
    grown = {(one.rule, one.file, one.fingerprint) for _, one in today}
    gone = [one for one in [*(one for one in left if one.file in files), *unmatched] if (one.rule, one.file, one.fingerprint) not in grown]
    return Sorted(tuple(finding for finding, _ in today), tuple(sorted(gone)))


def _paired(
    today: list[tuple[Finding, Known]], known: list[Known], alike: Callable[[Known], tuple[str, ...]]
) -> tuple[list[tuple[Finding, Known]], list[Known]]:
    """What is left of both when those that are alike have been taken away in pairs."""
    waiting: dict[tuple[str, ...], list[Known]] = {}
    for one in known:
        waiting.setdefault(alike(one), []).append(one)
    left = []
    for finding, one in today:
        partners = waiting.get(alike(one), [])
        partner = next((index for index, known_one in enumerate(partners) if known_one.explains(one)), None)
        if partner is None:
            left.append((finding, one))
        else:
            partners.pop(partner)
    return left, sorted(one for partners in waiting.values() for one in partners)


def write_baseline(known: Iterable[Known]) -> str:
    """The text of a baseline: one finding a line, in order, so that a review reads well."""
    rows = ",\n".join(f"  {json.dumps(_told(one), sort_keys=True, ensure_ascii=False)}" for one in sorted(known))
    return f'{{\n "format": "{FORMAT}",\n "findings": [\n{rows}\n ]\n}}\n'


def _told(one: Known) -> dict[str, object]:
    return {name: value for name, value in asdict(one).items() if value or name != "counted"}


def read_baseline(path: Path) -> list[Known]:
    """The findings of a baseline."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BaselineError(f"{path}: {error.strerror or error}; --write-baseline {path} makes it") from error
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        line = getattr(error, "lineno", 1)
        raise BaselineError(f"{path}:{line}: no baseline: {error}") from error
    if not isinstance(told, dict) or told.get("format") != FORMAT or not isinstance(told.get("findings"), list):
        raise BaselineError(f"{path}:1: no baseline: `format` must be {FORMAT}")
    try:
        return [Known(**{key: str(one[key]) for key in TEXTS}, counted=tuple(map(str, one.get("counted", ())))) for one in told["findings"]]
    except (KeyError, TypeError, AttributeError) as error:
        raise BaselineError(f"{path}: a finding without {error}") from error
