"""ConfigMap and Secret: settings of the programs that mount them, scripts, and the files that monitoring reads."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.facts import Fact, Setting
from mlrubric.read.kubernetes.manifest import Manifest
from mlrubric.source.document import Document
from mlrubric.source.monitoring import carried
from mlrubric.source.monitoring.inner import inner
from mlrubric.source.yaml_facts import embedded, is_scalar

OBJECTS = (("", "ConfigMap"), ("", "Secret"))
LANGUAGES = {".py": "python", ".sh": "shell", ".bash": "shell", ".sql": "sql"}


def read(document: Document, manifest: Manifest) -> Iterator[Fact]:
    secret = manifest.resource.kind == "Secret"
    for part in ("data", "stringData"):
        entries = manifest.get(part)
        for name, value in entries.pairs() if entries is not None and entries.kind == "map" else ():
            if not is_scalar(value):
                continue
            route = f"{manifest.symbol}.{part}.{name}"
            language = next((language for ending, language in LANGUAGES.items() if name.endswith(ending)), "")
            if language:
                yield embedded(document, value, route, route, language, "sh" if language == "shell" else "")
            elif "\n" not in value.text and not secret:
                yield Setting(document.place(value.span, route), route, value.text)
            if len(value.text) > 40:
                text = inner(document, value, name, route)
                yield from carried(text, f"{manifest.symbol}/{name}")
