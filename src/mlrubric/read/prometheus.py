"""Prometheus: rule files, and the configuration that loads them."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.facts import Fact
from mlrubric.source.document import Document
from mlrubric.source.monitoring import of_yaml, prometheus
from mlrubric.source.yaml_facts import first_map

FORMAT = "prometheus"


def accepts(path: str) -> bool:
    return path.endswith((".yml", ".yaml", ".rules")) and ".github/" not in path


def read(document: Document) -> Iterator[Fact]:
    text = document.text
    if not (prometheus.looks_like_rules(text) or prometheus.looks_like_config(text)) or (
        "apiVersion:" in text and "\nkind:" in f"\n{text}"
    ):
        return
    root, problems = first_map(document, FORMAT, template=True)
    yield from problems
    if root is None:
        return
    rules = root.get("groups") is not None and prometheus.looks_like_rules(text)
    if rules or root.get("scrape_configs") is not None or root.get("rule_files") is not None:
        yield from of_yaml(document, root)
