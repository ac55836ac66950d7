"""ConfigMap and Secret: the files that they carry (monitoring's, scripts), and settings of the programs that mount them."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.facts import Fact, Setting
from mlrubric.read.kubernetes.manifest import Manifest
from mlrubric.source.document import Document
from mlrubric.source.monitoring import carried
from mlrubric.source.monitoring.inner import inner
from mlrubric.source.syntax.node import Node
from mlrubric.source.yaml_facts import embedded, is_scalar

OBJECTS = (("", "ConfigMap"), ("", "Secret"))
LANGUAGES = {".py": "python", ".sh": "shell", ".bash": "shell", ".sql": "sql"}
FILE = 40  # characters of the shortest text that can be a file of monitoring


def read(document: Document, manifest: Manifest) -> Iterator[Fact]:
    for part in ("data", "stringData"):
        entries = manifest.get(part)
        for name, value in entries.pairs() if entries is not None and entries.kind == "map" else ():
            if is_scalar(value):
                yield from _entry(document, manifest, part, name, value)


def _entry(document: Document, manifest: Manifest, part: str, name: str, value: Node) -> Iterator[Fact]:
    route = f"{manifest.symbol}.{part}.{name}"
    if len(value.text) > FILE:
        yield from carried(inner(document, value, name, route), f"{manifest.symbol}/{name}")
    if manifest.resource.kind == "Secret":
        return
    language = next((language for ending, language in LANGUAGES.items() if name.endswith(ending)), "")
    if language:
        yield embedded(document, value, route, route, language, "sh" if language == "shell" else "")
    elif "\n" not in value.text:
        yield Setting(document.place(value.span, route), route, value.text)
