"""dvc.lock and *.dvc files: data whose content is fixed by a hash or a revision."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.facts import Embedded, Fact, Pin, Setting, Stage, Unreadable
from mlrubric.read.unreadable import unreadable
from mlrubric.source.document import Document
from mlrubric.source.paths import rooted
from mlrubric.source.syntax import yaml
from mlrubric.source.syntax.node import Node, SyntaxProblem

FORMAT = "dvc_lock"
_DIGESTS = ("md5", "checksum", "etag", "sha256")


def accepts(path: str) -> bool:
    name = path.rsplit("/", 1)[-1]
    return name == "dvc.lock" or (name.endswith(".dvc") and name != ".dvc")


def read(document: Document) -> Iterator[Fact]:
    try:
        documents = yaml.parse(document.text)
    except SyntaxProblem as problem:
        yield unreadable(document, FORMAT, problem)
        return
    root = documents[0] if documents else None
    if root is None or root.kind != "map":
        if document.name == "dvc.lock" and not document.text.strip():
            return  # `dvc` itself leaves an empty lock behind when the last stage is removed
        yield Unreadable(document.place(), FORMAT, "no map")
    elif document.name == "dvc.lock":
        yield from _lock(document, root)
    else:
        yield from _file(document, root)


def _lock(document: Document, root: Node) -> Iterator[Fact]:
    """Schema 2 has its stages under `stages`, schema 1 at the top."""
    stages = root.get("stages") if root.get("schema") is not None else root
    for name, stage in stages.pairs() if stages is not None else ():
        symbol = f"stages.{name}"
        if stage.kind != "map":
            yield Unreadable(document.place(stage.span, symbol), FORMAT, f"stage `{name}` is no map")
            continue
        command = stage.get("cmd")
        if command is not None and command.kind not in ("map", "null"):
            text = "\n".join(item.text for item in command.items) if command.kind == "list" else command.text
            yield Setting(document.place(command.span, f"{symbol}.cmd"), f"{symbol}.cmd", text)
        for section in ("deps", "outs"):
            entries = stage.get(section)
            for index, entry in enumerate(entries.items if entries is not None else ()):
                yield from _pin(document, entry, f"{symbol}.{section}[{index}]", document.directory)
        for file, values in _maps(stage.get("params")):
            for route, leaf in values.leaves(f"{symbol}.params.{file}"):
                yield Setting(document.place(leaf.span, route), route, leaf.text, leaf.kind)


def _maps(node: Node | None) -> Iterator[tuple[str, Node]]:
    yield from node.pairs() if node is not None else ()


def _file(document: Document, root: Node) -> Iterator[Fact]:
    """A tracked or imported file; before DVC 1 also a stage with a command."""
    directory = rooted(document.directory, root.scalar("wdir") or ".")
    deps, outs = root.get("deps"), root.get("outs")
    sources = [_source(item) for item in deps.items if item.kind == "map"] if deps is not None else []
    source = next((text for text in sources if text), "")
    if outs is None or not outs.items:
        yield Unreadable(document.place(root.span), FORMAT, "no outs: nothing is tracked by this file")
    command = root.get("cmd")
    if command is not None and command.kind == "string":
        symbol = "stage"
        reads = tuple(rooted(directory, item.scalar("path")) for item in deps.items) if deps is not None else ()
        writes = tuple(rooted(directory, item.scalar("path")) for item in outs.items) if outs is not None else ()
        frozen = "true" in (root.scalar("frozen").lower(), root.scalar("locked").lower())
        yield Stage(document.place(root.span, symbol), "dvc", document.path, reads, writes, directory=directory, frozen=frozen)
        lines = command.content or ((command.span.line, command.span.column),)
        place = document.place(command.span, symbol)
        yield Embedded(place, "shell", command.text, symbol, lines, shell="sh", options=frozenset({"errexit"}))
        for index, entry in enumerate(deps.items if deps is not None else ()):
            yield from _pin(document, entry, f"deps[{index}]", directory)
    # what `dvc import --no-download` fixes is the source's own revision or tag
    entries = deps.items if deps is not None else ()
    fixed = (item.scalar("repo", "rev_lock") or item.scalar("etag") or item.scalar("md5") for item in entries)
    revision = next((text for text in fixed if text), "")
    for index, entry in enumerate(outs.items if outs is not None else ()):
        yield from _pin(document, entry, f"outs[{index}]", directory, source, revision)


def _source(dependency: Node) -> str:
    """Where an imported file comes from, with its revision when it has one."""
    url = dependency.scalar("repo", "url")
    if url:
        revision = dependency.scalar("repo", "rev_lock") or dependency.scalar("repo", "rev")
        return f"{url}@{revision}" if revision else url
    path = dependency.scalar("path")
    return path if "://" in path else ""


def _pin(document: Document, entry: Node, symbol: str, directory: str, source: str = "", revision: str = "") -> Iterator[Fact]:
    path = entry.scalar("path")
    digest = next((entry.scalar(name) for name in _DIGESTS if entry.scalar(name)), "")
    if not digest and entry.get("files") is not None:
        digest = "files"  # `dvc` lists a cloud-versioned directory file by file, each with its own version
    if entry.kind != "map" or not path:
        yield Unreadable(document.place(entry.span, symbol), FORMAT, "an entry without path")
    elif digest or revision or source:
        yield Pin(document.place(entry.span, symbol), rooted(directory, path), digest or revision, "dvc", source)
