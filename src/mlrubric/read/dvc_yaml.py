"""dvc.yaml: stages with what they run, read and write, repeated ones expanded; top-level metrics, plots and artifacts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mlrubric.model.facts import Embedded, Fact, Setting, Stage, Unreadable
from mlrubric.read.unreadable import unreadable
from mlrubric.source.document import Document
from mlrubric.source.dvc_template import Copy, Scope, copies, filled, variables
from mlrubric.source.paths import rooted
from mlrubric.source.syntax import yaml
from mlrubric.source.syntax.node import Node, SyntaxProblem

FORMAT = "dvc_yaml"
_TOP = ("params", "metrics", "plots", "artifacts", "datasets")


def accepts(path: str) -> bool:
    return path.rsplit("/", 1)[-1] in ("dvc.yaml", "dvc.yml")


def read(document: Document) -> Iterator[Fact]:
    try:
        documents = yaml.parse(document.text)
    except SyntaxProblem as problem:
        yield unreadable(document, FORMAT, problem)
        return
    root = documents[0] if documents else None
    if root is None or root.kind != "map":
        yield Unreadable(document.place(), FORMAT, "no map of stages")
        return
    scope = variables(root.get("vars"))
    stages = root.get("stages")
    if stages is not None and stages.kind not in ("map", "null"):
        yield Unreadable(document.place(stages.span, "stages"), FORMAT, "`stages` is no map")
    for key, stage in stages.entries if stages is not None else ():
        if stage.kind != "map":
            yield Unreadable(document.place(key.span, f"stages.{key.text}"), FORMAT, f"stage `{key.text}` is no map")
            continue
        for copy in copies(key.text, stage, scope):
            yield from _stage(document, key, stage, copy)
    for name in _TOP:
        node = root.get(name)
        for route, leaf in node.leaves(name) if node is not None else ():
            yield Setting(document.place(leaf.span, route), route, leaf.text, leaf.kind)


def _stage(document: Document, key: Node, stage: Node, copy: Copy) -> Iterator[Fact]:
    body, symbol = copy.body, f"stages.{copy.name}"
    directory = rooted(document.directory, filled(body.scalar("wdir"), copy.scope) or ".")
    metrics = _paths(body.get("metrics"), directory, copy.scope)
    outs = _paths(body.get("outs"), directory, copy.scope) + metrics + _paths(body.get("plots"), directory, copy.scope)
    options = [*_flags(body, directory, copy.scope)]
    if copy.unresolved:
        options.append(("foreach", copy.unresolved))
    yield Stage(
        document.place(key.span, symbol),
        "dvc",
        copy.name,
        reads=_paths(body.get("deps"), directory, copy.scope),
        writes=outs,
        metrics=metrics,
        params=tuple(_params(body.get("params"), directory, copy.scope)),
        directory=directory,
        frozen=body.scalar("frozen").lower() == "true" or stage.scalar("frozen").lower() == "true",
        always=body.scalar("always_changed").lower() == "true",
        options=tuple(options),
    )
    command = body.get("cmd")
    if command is None or command.kind in ("map", "null"):
        yield Unreadable(document.place(key.span, symbol), FORMAT, f"stage `{copy.name}` has no cmd")
        return
    for node in command.items if command.kind == "list" else (command,):
        text = filled(node.text, copy.scope)
        place = document.place(node.span, symbol)
        lines = node.content or ((node.span.line, node.span.column + (node.style == "quoted")),)
        # each line is a shell of its own, and the first that fails ends the stage
        options_of_shell = frozenset({"errexit"}) if "\n" in text.strip() else frozenset[str]()
        yield Embedded(place, "shell", text, symbol, lines, shell="sh", options=options_of_shell)


def _paths(node: Node | None, directory: str, scope: Scope) -> tuple[str, ...]:
    """The paths of a list whose items are a path or a map of a path to its options."""
    return tuple(rooted(directory, filled(path, scope)) for path, _ in _entries(node))


def _entries(node: Node | None) -> Iterator[tuple[str, Node | None]]:
    for item in node.items if node is not None and node.kind == "list" else (node,) if node is not None else ():
        if item.kind == "map":
            yield from item.pairs()
        elif item.kind != "null":
            yield item.text, None


def _flags(body: Node, directory: str, scope: Scope) -> Iterator[tuple[str, str]]:
    """What an out says besides its path: `("cache models/m.pkl", "false")`."""
    for section in ("outs", "metrics", "plots"):
        for path, flags in _entries(body.get(section)):
            for name, value in flags.pairs() if flags is not None and flags.kind == "map" else ():
                if value.kind in ("bool", "string"):
                    yield f"{name} {rooted(directory, filled(path, scope))}", value.text


def _params(node: Node | None, directory: str, scope: Scope) -> Iterable[str]:
    """`file:key` for each, a whole file as `file:`; keys without a file belong to params.yaml."""
    default = rooted(directory, "params.yaml")
    for item in node.items if node is not None else ():
        if item.kind == "map":
            for path, keys in item.pairs():
                file = rooted(directory, filled(path, scope))
                names = keys.strings() or ("",)
                yield from (f"{file}:{filled(name, scope)}" for name in names)
        elif item.kind != "null":
            yield f"{default}:{filled(item.text, scope)}"
