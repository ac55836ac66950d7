"""A sweep of Weights & Biases (sweep.yaml): the program that is tried, and what is searched."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlrubric.model.facts import Embedded, Fact, Setting, Stage
from mlrubric.read.unreadable import unreadable
from mlrubric.source.document import Document
from mlrubric.source.syntax import yaml
from mlrubric.source.syntax.node import Node, SyntaxProblem

FORMAT = "sweep"

_PLACE = re.compile(r"(^|/)([^/]*sweep[^/]*|sweeps?/[^/]+)\.ya?ml$", re.IGNORECASE)
_METHOD = re.compile(r"^method\s*:\s*[\"']?(grid|random|bayes|custom)\b", re.MULTILINE)
_FILLED = {
    "${env}": "env",
    "${interpreter}": "python",
    "${program}": "",
    "${args}": "",
    "${args_no_hyphens}": "",
    "${args_no_boolean_flags}": "",
}


def accepts(path: str) -> bool:
    return _PLACE.search(path) is not None


def read(document: Document) -> Iterator[Fact]:
    if not _METHOD.search(document.text):
        return
    try:
        root = next(iter(yaml.parse(document.text)), None)
    except SyntaxProblem as problem:
        yield unreadable(document, FORMAT, problem)
        return
    if root is None or root.kind != "map":
        return
    searched = root.get("parameters")
    names = tuple(name for name, value in searched.pairs() if _varies(value)) if searched is not None else ()
    place = document.place((root.get("method") or root).span, "sweep")
    metric = root.scalar("metric", "name")
    yield Stage(place, "sweep", root.scalar("name") or document.name, params=names, options=(("method", root.scalar("method")),))
    for route, leaf in searched.leaves("parameters") if searched is not None else ():
        yield Setting(document.place(leaf.span, route), route, leaf.text, leaf.kind)
    if metric:
        yield Setting(document.place((root.get("metric", "name") or root).span, "metric.name"), "metric.name", metric)
    program = root.get("program")
    words = [_FILLED.get(word, word) for word in root.strings("command")]
    file = program.text if program is not None else ""
    text = " ".join(w for w in words if w) if words else f"python {file}" if file else ""
    if words and "${program}" in root.strings("command"):
        text = text.replace("python", f"python {file}", 1)
    if text:
        node = program or root.get("command") or root
        yield Embedded(document.place(node.span, "sweep"), "shell", text, "sweep", ((node.span.line, node.span.column),), shell="sh")


def _varies(value: Node) -> bool:
    """Whether a parameter has more than one candidate."""
    if value.kind != "map":
        return False
    values = value.get("values")
    if values is not None:
        return len(values.items) > 1
    return any(value.get(key) is not None for key in ("min", "max", "distribution", "parameters"))
