"""Edits become bytes: those of one file that do not meet are made together, in the file's own encoding and with its own line ends."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Round:
    """One go: new bytes by path, what was mended by it, and why some of it could not be."""

    files: dict[str, bytes]
    fixed: list[Fixed]
    findings: list[Finding]  # that were mended
    problems: dict[str, str]


def one_round(findings: Iterable[Finding], read: Mapping[str, bytes], there: frozenset[str], unsafe: bool) -> Round:
    """Makes every remedy that meets no earlier one. `read` are the bytes of the files that are spoken of, `there` all paths there are.

    What belongs together is made together or not at all: where a file cannot be made, what touches it is left out and the rest made anew.
    """
    wanted = [(one, one.remedy) for one in findings if one.remedy is not None and (one.remedy.safety == "safe" or unsafe)]
    problems: dict[str, str] = {}
    while True:
        mended = apart((one for one in wanted if not one[1].paths & problems.keys()), there)
        files, wrong = _made(mended, read)
        if not wrong:
            fixed = [Fixed(one.rule, one.place.path, one.place.line, remedy.title, remedy.safety) for one, remedy in mended]
            return Round(files, fixed, [finding for finding, _ in mended], problems)
        problems.update(wrong)


def apart(wanted: Iterable[tuple[Finding, Remedy]], there: Collection[str] = ()) -> list[tuple[Finding, Remedy]]:
    """Those that can be made together: of two that meet the first, and nothing that would write a new file over another."""
    edits: dict[str, list[TextEdit]] = {}
    added: dict[str, str] = {}
    found: list[tuple[Finding, Remedy]] = []
    for finding, remedy in wanted:
        if any(file.path in there or added.get(file.path, file.text) != file.text for file in remedy.files):
            continue
        if any(edit != other and edit.overlaps(other) for edit in remedy.edits for other in edits.get(edit.path, ())):
            continue
        for edit in remedy.edits:
            if edit not in edits.setdefault(edit.path, []):
                edits[edit.path].append(edit)
        added.update((file.path, file.text) for file in remedy.files)
        found.append((finding, remedy))
    return found


def _made(mended: Iterable[tuple[Finding, Remedy]], read: Mapping[str, bytes]) -> tuple[dict[str, bytes], dict[str, str]]:
    """The new bytes of all files, and why some of them cannot be made."""
    edits: dict[str, set[TextEdit]] = {}
    files: dict[str, bytes] = {}
    problems: dict[str, str] = {}
    for _, remedy in mended:
        files.update((file.path, file.text.encode()) for file in remedy.files)
        for edit in remedy.edits:
            edits.setdefault(edit.path, set()).add(edit)
    for path, own in sorted(edits.items()):
        made = edited(path, read[path], own) if path in read else "it cannot be read whole"
        if isinstance(made, str):
            problems[path] = made
        else:
            files[path] = made
    return files, problems


def edited(path: str, data: bytes, edits: Collection[TextEdit]) -> bytes | str:
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
    for edit in sorted(edits, key=lambda one: (one.start, one.end)):
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
