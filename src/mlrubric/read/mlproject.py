"""MLproject: the entry points of an MLflow project and the environment they run in."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.facts import Embedded, Fact, Image, Setting, Stage, Unreadable
from mlrubric.read.unreadable import unreadable
from mlrubric.source.document import Document
from mlrubric.source.syntax import yaml
from mlrubric.source.syntax.node import Node, SyntaxProblem

FORMAT = "mlproject"


def accepts(path: str) -> bool:
    return path.rsplit("/", 1)[-1].lower() in ("mlproject", "mlproject.yaml", "mlproject.yml")


def read(document: Document) -> Iterator[Fact]:
    try:
        documents = yaml.parse(document.text)
    except SyntaxProblem as problem:
        yield unreadable(document, FORMAT, problem)
        return
    root = documents[0] if documents else None
    if root is None or root.kind != "map":
        yield Unreadable(document.place(), FORMAT, "no map")
        return
    for name in ("name", "conda_env", "python_env", "docker_env"):
        node = root.get(name)
        for route, leaf in node.leaves(name) if node is not None else ():
            yield Setting(document.place(leaf.span, route), route, leaf.text, leaf.kind)
    image = root.get("docker_env", "image")
    if image is not None and image.text:
        yield _image(document, image)
    points = root.get("entry_points")
    for key, point in points.entries if points is not None else ():
        yield from _stage(document, key, point)


def _image(document: Document, node: Node) -> Image:
    name, _, digest = node.text.partition("@")
    base, colon, tag = name.rpartition(":")
    tagged = bool(colon) and "/" not in tag
    return Image(document.place(node.span, "docker_env.image"), base if tagged else name, tag if tagged else None, digest or None, "run")


def _stage(document: Document, key: Node, point: Node) -> Iterator[Fact]:
    symbol = f"entry_points.{key.text}"
    place = document.place(key.span, symbol)
    parameters = point.get("parameters")
    options = tuple((name, _default(value)) for name, value in parameters.pairs()) if parameters is not None else ()
    yield Stage(place, "mlproject", key.text, directory=document.directory, default=key.text == "main", options=options)
    command = point.get("command")
    if command is None or command.kind in ("map", "list", "null"):
        yield Unreadable(place, FORMAT, f"entry point `{key.text}` has no command")
        return
    lines = command.content or ((command.span.line, command.span.column + (command.style == "quoted")),)
    yield Embedded(document.place(command.span, symbol), "shell", command.text, symbol, lines, shell="bash")


def _default(value: Node) -> str:
    """The default of a parameter; `alpha: float` names a type only."""
    return value.scalar("default")
