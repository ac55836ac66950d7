"""ConfigMap and Secret: the files that they carry, as far as monitoring reads them."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.facts import Fact
from mlrubric.read.kubernetes.manifest import Manifest
from mlrubric.source.document import Document
from mlrubric.source.monitoring import carried
from mlrubric.source.monitoring.inner import inner
from mlrubric.source.yaml_facts import is_scalar

OBJECTS = (("", "ConfigMap"), ("", "Secret"))


def read(document: Document, manifest: Manifest) -> Iterator[Fact]:
    for part in ("data", "stringData"):
        entries = manifest.get(part)
        for name, value in entries.pairs() if entries is not None and entries.kind == "map" else ():
            if is_scalar(value) and len(value.text) > 40:
                text = inner(document, value, name, f"{manifest.symbol}.{part}.{name}")
                yield from carried(text, f"{manifest.symbol}/{name}")
