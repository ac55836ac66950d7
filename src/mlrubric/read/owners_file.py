"""OWNERS: who must approve what lies in its folder (Prow and its like)."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.facts import Fact, Owner
from mlrubric.source.document import Document
from mlrubric.source.syntax import yaml
from mlrubric.source.syntax.node import SyntaxProblem

FORMAT = "owners_file"


def accepts(path: str) -> bool:
    return path.rpartition("/")[2] == "OWNERS"


def read(document: Document) -> Iterator[Fact]:
    if "approvers:" not in document.text:
        return  # plain lists of addresses ask for nothing by themselves
    try:
        documents = yaml.parse(document.text)
    except SyntaxProblem:
        return
    folder = document.path.rpartition("/")[0]
    for root in documents:
        approvers = root.get("approvers")
        names = approvers.strings() if approvers is not None else ()
        if approvers is not None and names:
            pattern = f"/{folder}/**" if folder else "*"
            yield Owner(document.place(approvers.span, pattern), pattern, tuple(f"@{name.lstrip('@')}" for name in names), "approvers")
