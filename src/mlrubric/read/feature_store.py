"""The configuration of a Feast repository (`feature_store.yaml`)."""

from __future__ import annotations

from collections.abc import Iterable

from mlrubric.model.facts import Fact, FeatureStore
from mlrubric.source.document import Document
from mlrubric.source.syntax.node import Node
from mlrubric.source.yaml_facts import first_map

FORMAT = "feature_store"


def accepts(path: str) -> bool:
    return path.rsplit("/", 1)[-1] in ("feature_store.yaml", "feature_store.yml")


def read(document: Document) -> Iterable[Fact]:
    root, problems = first_map(document, FORMAT)
    yield from problems
    if root is None:
        return
    yield FeatureStore(
        document.place(root.span, "store"),
        root.scalar("project"),
        root.scalar("provider"),
        root.scalar("registry") or root.scalar("registry", "path"),
        _type(root, "online_store"),
        _type(root, "offline_store"),
    )


def _type(root: Node, key: str) -> str:
    """The kind of a store: a map with `type`, or the type alone; `sqlite` and `file` are what Feast takes when none is named."""
    return root.scalar(key, "type") or root.scalar(key) or ("sqlite" if key == "online_store" else "file")
