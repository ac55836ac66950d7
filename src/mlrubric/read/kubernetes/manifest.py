"""The objects of a YAML file that look like Kubernetes manifests, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mlrubric.model.cluster import Resource
from mlrubric.model.facts import Unreadable
from mlrubric.model.place import Span
from mlrubric.source.document import Document
from mlrubric.source.syntax.node import Node, SyntaxProblem
from mlrubric.source.syntax.yaml import parse_template
from mlrubric.source.yaml_facts import text_pairs

_BETWEEN = re.compile(r"^---(?:[ \t].*)?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object as a tree. `symbol` is `Kind/name`; routes below it are symbols such as `Kind/name.spec.template`."""

    root: Node
    resource: Resource

    @property
    def symbol(self) -> str:
        return self.resource.place.symbol

    def get(self, *keys: str) -> Node | None:
        return self.root.get(*keys)

    def text(self, *keys: str, default: str = "") -> str:
        """The scalar at a route."""
        return self.root.scalar(*keys, default=default)


def manifests(document: Document, format_: str) -> Iterator[Manifest | Unreadable]:
    """Every object with `apiVersion` and `kind`, also inside of a `List`, and the documents of the file that could not be read."""
    template = "{{" in document.text
    for root in _documents(document, format_):
        if isinstance(root, Unreadable):
            yield root
            continue
        items = root.get("items")
        for node in items.items if root.scalar("kind").endswith("List") and items is not None else (root,):
            if node.scalar("kind") and node.scalar("apiVersion"):
                yield Manifest(node, _resource(document, node, template))


def _resource(document: Document, node: Node, template: bool) -> Resource:
    group, _, version = node.scalar("apiVersion").rpartition("/")
    kind, name = node.scalar("kind"), node.scalar("metadata", "name") or node.scalar("metadata", "generateName")
    place = document.place(node.span, f"{kind}/{name}")
    labels = text_pairs(node.get("metadata", "labels"))
    return Resource(place, group, version, kind, name, node.scalar("metadata", "namespace"), labels, template)


def _documents(document: Document, format_: str) -> Iterator[Node | Unreadable]:
    """The maps of the file; when it is not YAML as a whole, those of its documents that are."""
    try:
        yield from (node for node in parse_template(document.text) if node.kind == "map")
        return
    except SyntaxProblem as problem:
        whole = Unreadable(document.place(Span(problem.line, problem.column)), format_, problem.reason)
    starts = [0, *(match.end() for match in _BETWEEN.finditer(document.text))]
    if len(starts) == 1:
        yield whole
        return
    ends = [*(match.start() for match in _BETWEEN.finditer(document.text)), len(document.text)]
    for start, end in zip(starts, ends, strict=True):
        part = document.text[start:end]
        if "apiVersion" not in part:
            continue
        try:
            yield from (node for node in parse_template(re.sub(r"[^\n]", "", document.text[:start]) + part) if node.kind == "map")
        except SyntaxProblem as problem:
            yield Unreadable(document.place(Span(problem.line, problem.column)), format_, problem.reason)
