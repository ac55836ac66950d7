"""Findings of leakage in the form of `score_findings.py`: which file holds which kind, where, and which models train on it."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.accuracy.picture import picture_of
from mlrubric.graph.build import Picture
from mlrubric.graph.layers.callsites import code_cell
from mlrubric.model.verdict import Finding
from mlrubric.rules.judge import findings
from mlrubric.rules.load import load_rules
from mlrubric.rules.rule import Rule

Found = dict[str, str | int]
LEAKS = {
    "leakage_yang": {
        "LEAK001": "preprocessing",
        "LEAK002": "preprocessing",
        "LEAK007": "preprocessing",
        "LEAK009": "preprocessing",
        "LEAK005": "overlap",
    },
    "leakage_wald": {"LEAK001": "leakage-fit-before-split", "LEAK006": "leakage-temporal-shuffle"},
}


def leaks(folder: Path, kinds: dict[str, str]) -> list[Found]:
    """What the default persona is told about every file of a set; each file is a repository of its own."""
    rows = [json.loads(line) for line in (folder / "truth.jsonl").read_text(encoding="utf-8").splitlines()]
    rules = [rule for name in kinds if isinstance(rule := load_rules().find(name), Rule)]
    found: list[Found] = []
    for file in sorted({str(row["file"]) for row in rows if row["kind"] in kinds.values()}):
        picture = picture_of(folder / file)
        for finding in findings(picture, rules):
            at = {"file": file, "kind": kinds[finding.rule], **_place(picture, finding)}
            found.extend({**at, "model": model} for model in _models(picture, finding) or [""])
    return found


def _place(picture: Picture, finding: Finding) -> Found:
    """A line, in notebooks with its code cell counted from 0 and the line inside it."""
    place = finding.place
    if place.cell is None or place.cell_line is None:
        return {"line": place.line}
    unit = next(m for m in picture.world.code.program.modules if m.path == place.path)
    return {"line": place.cell_line, "cell": code_cell(picture, unit, place.line, place.span.column) - 1}


def _models(picture: Picture, finding: Finding) -> list[str]:
    """The classes of the models that train on what has leaked."""
    nodes = picture.graph.nodes
    names: set[str] = set()
    for node in nodes:
        if node.kind == "op" and node.place == finding.place and "trains" in node.attributes:
            names |= {nodes[int(n)].attributes.get("type", "").rpartition(".")[2] for n in node.attributes["trains"].split()}
    return sorted(names - {""})
