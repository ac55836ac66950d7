"""Kustomizations: which manifests they put together, and the images they put in place of others."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlrubric.model.facts import Delivery, Fact, ImageName, Stage
from mlrubric.source.document import Document
from mlrubric.source.syntax.node import Node
from mlrubric.source.yaml_facts import entry_place, first_map, is_scalar

FORMAT = "kustomize"
OWNER = "kustomization"
LISTS = ("resources", "bases", "components", "crds", "generators", "transformers", "patchesStrategicMerge")
_NAME = re.compile(r"(?:^|/)(?:kustomization\.ya?ml|Kustomization)$")


def accepts(path: str) -> bool:
    return _NAME.search(path) is not None


def read(document: Document) -> Iterator[Fact]:
    root, problems = first_map(document, FORMAT, template=True)
    yield from problems
    if root is None:
        return
    yield Stage(document.place(root.span, OWNER), "kustomize", document.directory or ".")
    for key in LISTS:
        named = tuple(text for text in root.strings(key) if "\n" not in text)
        if named:
            yield Delivery(entry_place(document, root, key, f"{OWNER}.{key}"), OWNER, "kustomize", named, beside=True)
    for key in ("patches", "patchesJson6902"):
        named = tuple(item.scalar("path") for item in _maps(root.get(key)) if item.scalar("path"))
        if named:
            yield Delivery(entry_place(document, root, key, f"{OWNER}.{key}"), OWNER, "kustomize", named, beside=True)
    for item in _maps(root.get("helmCharts")):
        values = (*((item.scalar("valuesFile"),) if item.scalar("valuesFile") else ()), *item.strings("additionalValuesFiles"))
        chart = f"charts/{item.scalar('name')}"
        yield Delivery(document.place(item.span, f"{OWNER}.helmCharts"), OWNER, "helm", (chart,), beside=True, values=values)
    for number, item in enumerate(_maps(root.get("images"))):
        place = document.place(item.span, f"{OWNER}.images[{number}]")
        new = item.scalar("newName") or item.scalar("name")
        yield ImageName(place, item.scalar("name"), "replaced", becomes=new, tag=item.scalar("newTag"), digest=item.scalar("digest"))


def _maps(node: Node | None) -> tuple[Node, ...]:
    return tuple(item for item in node.items if item.kind == "map" and not is_scalar(item)) if node is not None else ()
