"""A server with an analysis that the tests can steer: a line with BAD is a finding, CRASH is a bug, SLOW takes its time."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Lock

from mlrubric.lsp import serve
from mlrubric.model.place import Place, Span
from mlrubric.model.remedy import CellEdit, NewFile, Remedy, TextEdit
from mlrubric.model.report import Message, Report, Repository, Score
from mlrubric.model.verdict import Finding, Maturity, Related

_ONE_AT_A_TIME = Lock()


def analyse(root: Path, overlay: Mapping[str, str]) -> Report:
    if not _ONE_AT_A_TIME.acquire(blocking=False):
        raise RuntimeError("two analyses at once")
    try:
        return _analyse(root, overlay)
    finally:
        _ONE_AT_A_TIME.release()


def _remedy(path: str, text: str, number: int, column: int, cells: Sequence[Mapping[str, Sequence[str]]], place: Place) -> Remedy:
    """GOOD in the place of BAD: safe, but for a yaml file, where it comes with a new file and is unsafe."""
    start = sum(len(row) + 1 for row in text.split("\n")[: number - 1]) + column - 1
    inner = None
    if cells:
        rows = cells[(place.cell or 1) - 1]["source"][: (place.cell_line or 1)]
        at = sum(map(len, rows[:-1])) + rows[-1].find("BAD")
        inner = CellEdit(place.cell or 0, at, at + 3, "GOOD")
    edits = (TextEdit(path, start, start + 3, "GOOD", inner),)
    if path.endswith(".yaml"):
        return Remedy("Say GOOD, in a file too", "unsafe", edits, (NewFile("new/good.txt", "GOOD\n"),))
    return Remedy("Say GOOD", "safe", edits)


def _analyse(root: Path, overlay: Mapping[str, str]) -> Report:
    print("something prints where the protocol speaks")
    with (root / "runs.log").open("a") as log:
        log.write(json.dumps(sorted(overlay)) + "\n")
    paths = [path for path in sorted(root.rglob("*")) if path.suffix in (".py", ".ipynb", ".yaml")]
    texts = {path.relative_to(root).as_posix(): path.read_text() for path in paths}
    findings: list[Finding] = []
    unreadable: list[Message] = []
    for path, text in sorted({**texts, **overlay}.items()):
        if "CRASH" in text:
            raise ValueError("a bug of ours")
        if "EXIT" in text:
            sys.exit(3)
        if "SLOW" in text:
            time.sleep(0.5)
        cells = json.loads(text)["cells"] if path.endswith(".ipynb") else []
        inside = [(number, row) for number, cell in enumerate(cells, 1) for row in range(1, len(cell["source"]) + 1)]
        for number, line in enumerate(text.split("\n"), 1):
            if "((" in line:
                unreadable.append(Message("note", "'(' was never closed", Place(path, Span(number))))
            if (column := line.find("BAD") + 1) == 0:
                continue
            place = Place(path, Span(number, column, number, column + 3))
            if cells:
                cell, row = next((c, r) for c, r in inside if "BAD" in cells[c - 1]["source"][r - 1])
                place = Place(path, place.span, f"cell {cell}", cell, row)
            related = (Related(Place("other.py", Span(1, 2, 1, 3)), "the other side"),)
            found = Finding("ENV003", "bad", "warning", "high", f"a bad line of {path}", place, related=related, fingerprint="f")
            findings.append(replace(found, remedy=_remedy(path, text, number, column, cells, place)))
    score = Score(0, 0, 0, "", 0, 0, 0, ())
    repository = Repository(".", root.name, None, None, "pipeline", unreadable=tuple(unreadable))
    return Report(repository, score, (), Maturity(0), tuple(findings))


if __name__ == "__main__":
    sys.exit(serve(analyse))
