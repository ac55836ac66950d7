"""MLmodel: what a folder with a model of MLflow says of it: its flavours, its signature, the run it comes from."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from mlrubric.model.facts import Fact, Unreadable
from mlrubric.model.serving import ModelFile
from mlrubric.read.unreadable import unreadable
from mlrubric.source.document import Document
from mlrubric.source.syntax import yaml
from mlrubric.source.syntax.node import SyntaxProblem

FORMAT = "mlmodel"


def accepts(path: str) -> bool:
    return posixpath.basename(path) == "MLmodel"


def read(document: Document) -> Iterator[Fact]:
    try:
        root = next(iter(yaml.parse(document.text)), None)
    except SyntaxProblem as problem:
        yield unreadable(document, FORMAT, problem)
        return
    flavors = root.get("flavors") if root is not None and root.kind == "map" else None
    if root is None or flavors is None or flavors.kind != "map":
        yield Unreadable(document.place(), FORMAT, "no map with flavours")
        return
    signature = root.get("signature")
    signed = signature is not None and signature.kind == "map" and signature.get("inputs") is not None
    names = tuple(name for name, _ in flavors.pairs())
    yield ModelFile(document.place(), document.directory, names, signed, root.scalar("run_id"), root.scalar("mlflow_version"))
