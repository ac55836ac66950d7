"""conda-lock.yml: every package of every platform, fixed by URL and hash."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mlrubric.model.facts import Fact, Manifest, Requirement, Unreadable
from mlrubric.read.unreadable import unreadable
from mlrubric.source.document import Document
from mlrubric.source.syntax import yaml
from mlrubric.source.syntax.node import Node, SyntaxProblem

FORMAT = "conda_lock"

_NAME = re.compile(r"(?:[^/]*\.)?conda-lock\.ya?ml")


def accepts(path: str) -> bool:
    return _NAME.fullmatch(path.rsplit("/", 1)[-1]) is not None


def read(document: Document) -> Iterable[Fact]:
    try:
        documents = yaml.parse(document.text)
    except SyntaxProblem as problem:
        return [unreadable(document, FORMAT, problem)]
    if not documents or documents[0].get("package") is None:
        return [Unreadable(document.place(), FORMAT, "a conda-lock file without `package`")]
    return list(_lock(document, documents[0]))


def _lock(document: Document, root: Node) -> Iterator[Fact]:
    yield Manifest(document.place(), "lock", "conda", None, root.strings("metadata", "sources"), "conda-lock")
    packages = root.get("package")
    seen: set[tuple[str, str, str]] = set()
    for package in packages.items if packages is not None else ():
        name, version, manager = package.get("name"), package.scalar("version"), package.scalar("manager", default="conda")
        if name is None:
            yield Unreadable(document.place(package.span), FORMAT, "a package without a name")
            continue
        if (name.text, version, manager) in seen:  # the same for another platform
            continue
        seen.add((name.text, version, manager))
        category = package.scalar("category") or (package.strings("categories") or ("",))[0]
        yield Requirement(
            document.place(name.span, name.text),
            name.text,
            (f"=={version}",) if version else (),
            pinned=bool(version),
            url=package.scalar("url") or None,
            hashes=1 if package.get("hash") is not None else 0,
            kind="locked",
            group="" if category == "main" else category,
            manager=manager,
        )
