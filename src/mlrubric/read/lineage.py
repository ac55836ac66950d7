"""Where lineage goes: openlineage.yml, the section of airflow.cfg, spark-defaults.conf."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from mlrubric.model.facts import Fact
from mlrubric.model.lineage import LineageSink
from mlrubric.model.place import Span
from mlrubric.read.unreadable import unreadable
from mlrubric.source.document import Document
from mlrubric.source.syntax import ini, json, yaml
from mlrubric.source.syntax.node import Node, SyntaxProblem

FORMAT = "lineage"

_NAMES = ("openlineage.yml", "openlineage.yaml", "airflow.cfg", "spark-defaults.conf")
_SPARK = re.compile(r"^\s*spark\.openlineage\.(transport\.type|transport\.url|host|url)[\s=]+(\S+)", re.MULTILINE)


def accepts(path: str) -> bool:
    return posixpath.basename(path) in _NAMES


def read(document: Document) -> Iterator[Fact]:
    if document.name == "spark-defaults.conf":
        yield from _spark(document)
        return
    try:
        if document.name == "airflow.cfg":
            yield from _airflow(document, ini.parse(document.text))
        else:
            root = next(iter(yaml.parse(document.text)), None)
            if root is not None and root.kind == "map":
                yield from _client(document, root)
    except SyntaxProblem as problem:
        yield unreadable(document, FORMAT, problem)


def _client(document: Document, root: Node) -> Iterator[Fact]:
    transport = root.get("transport")
    off = root.scalar("disabled").lower() == "true"
    if transport is None or transport.kind != "map":
        return
    kind = transport.scalar("type")
    inner = transport.get("transports")
    if kind == "composite" and inner is not None:
        for one in (*inner.items, *(value for _, value in inner.pairs())):
            yield LineageSink(document.place(one.span, "transport"), one.scalar("type"), one.scalar("url"), "", off)
        return
    yield LineageSink(document.place(transport.span, "transport"), kind, transport.scalar("url"), "", off)


def _airflow(document: Document, root: Node) -> Iterator[Fact]:
    section = root.get("openlineage")
    transport = section.get("transport") if section is not None else None
    if section is None or transport is None or not transport.text.strip():
        return
    off = section.scalar("disabled").lower() in ("true", "1")
    kind, url = transport_of(transport.text)
    yield LineageSink(document.place(transport.span, "openlineage.transport"), kind, url, "airflow", off)


def transport_of(text: str) -> tuple[str, str]:
    """Type and address of a transport that is written as JSON."""
    try:
        node = json.parse(text)
    except SyntaxProblem:
        return "", ""
    return node.scalar("type"), node.scalar("url")


def _spark(document: Document) -> Iterator[Fact]:
    found = list(_SPARK.finditer(document.text))
    kinds = [m[2] for m in found if m[1] == "transport.type"]
    addresses = [m[2] for m in found if m[1] != "transport.type"]
    if found:
        line = document.text.count("\n", 0, found[0].start()) + 1
        kind = kinds[0] if kinds else "http"
        yield LineageSink(document.place(Span(line), "spark.openlineage"), kind, addresses[0] if addresses else "", "spark")
