"""ConfigMap: settings of the programs that mount it, and scripts that stand in its data."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.facts import Fact, Setting
from mlrubric.read.kubernetes.manifest import Manifest
from mlrubric.source.document import Document
from mlrubric.source.yaml_facts import embedded, is_scalar

OBJECTS = (("", "ConfigMap"),)
LANGUAGES = {".py": "python", ".sh": "shell", ".bash": "shell", ".sql": "sql"}


def read(document: Document, manifest: Manifest) -> Iterator[Fact]:
    data = manifest.get("data")
    if data is None or data.kind != "map":
        return
    for name, value in data.pairs():
        if not is_scalar(value):
            continue
        route = f"{manifest.symbol}.data.{name}"
        language = next((language for ending, language in LANGUAGES.items() if name.endswith(ending)), "")
        if language:
            yield embedded(document, value, route, route, language, "sh" if language == "shell" else "")
        elif "\n" not in value.text:
            yield Setting(document.place(value.span, route), route, value.text)
