"""Edits become bytes: those of one file that do not meet are made together, in the file's own encoding and with its own line ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mlrubric.fix.proof import problem_after
from mlrubric.model.remedy import Fixed, Remedy, TextEdit
from mlrubric.model.verdict import Finding
from mlrubric.source.decode import decode
from mlrubric.source.document import Document

MARKS = {
    "utf-8": b"\xef\xbb\xbf",
    "utf-16-le": b"\xff\xfe",
    "utf-16-be": b"\xfe\xff",
    "utf-32-le": b"\xff\xfe\0\0",
    "utf-32-be": b"\0\0\xfe\xff",
}


@dataclass(slots=True)
class Round:
    """One go: new bytes by path, what was mended by it, and why some of it could not be."""

    files: dict[str, bytes] = field(default_factory=dict)
    fixed: list[Fixed] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)  # that were mended
    problems: dict[str, str] = field(default_factory=dict)


def one_round(findings: Iterable[Finding], read: Mapping[str, bytes], there: frozenset[str], unsafe: bool) -> Round:
    """Makes every remedy that meets no earlier one. `read` are the bytes of the files that are spoken of, `there` all paths there are."""
    round_ = Round()
    chosen: dict[str, list[TextEdit]] = {}
    added: dict[str, str] = {}
    mended: list[tuple[Finding, Remedy]] = []
    for finding in findings:
        remedy = finding.remedy
        if remedy is None or (remedy.safety != "safe" and not unsafe):
            continue
        if any(file.path in there or added.get(file.path, file.text) != file.text for file in remedy.files):
            continue
        if any(edit != other and edit.overlaps(other) for edit in remedy.edits for other in chosen.get(edit.path, ())):
            continue
        for edit in remedy.edits:
            if edit not in chosen.setdefault(edit.path, []):
                chosen[edit.path].append(edit)
        added.update((file.path, file.text) for file in remedy.files)
        mended.append((finding, remedy))
    for path, edits in sorted(chosen.items()):
        made = edited(path, read[path], edits) if path in read else "it cannot be read whole"
        if isinstance(made, str):
            round_.problems[path] = made
        else:
            round_.files[path] = made
    round_.files.update((path, text.encode()) for path, text in added.items())
    for finding, remedy in mended:
        if not remedy.paths & round_.problems.keys():
            place = finding.place
            round_.findings.append(finding)
            round_.fixed.append(Fixed(finding.rule, place.path, place.line, remedy.title, remedy.safety))
    if round_.problems:  # what belongs together is made together or not at all
        _drop_torn(round_, mended, read)
    return round_


def _drop_torn(round_: Round, mended: Sequence[tuple[Finding, Remedy]], read: Mapping[str, bytes]) -> None:
    kept = [(finding, remedy) for finding, remedy in mended if not remedy.paths & round_.problems.keys()]
    torn = {path for _, remedy in mended if remedy.paths & round_.problems.keys() for path in remedy.paths}
    for path in torn & round_.files.keys():
        edits = [edit for _, remedy in kept for edit in remedy.edits if edit.path == path]
        made = edited(path, read[path], edits) if edits else ""
        if isinstance(made, bytes):
            round_.files[path] = made
        else:
            del round_.files[path]


def edited(path: str, data: bytes, edits: Sequence[TextEdit]) -> bytes | str:
    """The bytes of a file after edits, or why they cannot be made."""
    document = decode(path, data)
    if not isinstance(document, Document):
        return document.reason
    mark = MARKS.get(document.encoding, b"") if document.bom else b""
    raw = data[len(mark) :].decode(document.encoding)
    ends = _line_ends(raw)
    newline = max(sorted(ends), key=lambda one: ends[one], default="\n")
    offsets = _offsets(raw) if "\r" in raw else None
    pieces, at = [], 0
    for edit in sorted(set(edits), key=lambda one: (one.start, one.end)):
        start, end = (edit.start, edit.end) if offsets is None else (offsets[edit.start], offsets[edit.end])
        pieces += [raw[at:start], edit.new.replace("\n", newline)]
        at = end
    new = "".join([*pieces, raw[at:]])
    try:
        made = mark + new.encode(document.encoding)
    except UnicodeEncodeError:
        return f"what is to be written cannot be in {document.encoding}"
    problem = problem_after(path, data, made)
    return problem or made


def _line_ends(raw: str) -> dict[str, int]:
    crlf = raw.count("\r\n")
    counted = {"\r\n": crlf, "\n": raw.count("\n") - crlf, "\r": raw.count("\r") - crlf}
    return {end: count for end, count in counted.items() if count}


def _offsets(raw: str) -> list[int]:
    """For every offset of the text with plain line ends, that of the raw text."""
    found, at = [], 0
    while at < len(raw):
        found.append(at)
        at += 2 if raw.startswith("\r\n", at) else 1
    return [*found, len(raw)]
