"""A container of a manifest: the image it runs, its environment, and its command."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from mlrubric.model.facts import Command, Embedded, Fact, Image, Setting
from mlrubric.model.place import Place
from mlrubric.source.document import Document
from mlrubric.source.syntax.image_name import split_image
from mlrubric.source.syntax.node import Node
from mlrubric.source.syntax.shell_call import shell_text_of
from mlrubric.source.yaml_facts import embedded, entry_place, is_scalar, line_map

_FILLED = re.compile(r"\{\{[^\n{}]*\}\}")  # a parameter that is filled in later: a name of equal length stands for it
_SHELL = re.compile(r"\b(ba|da|a|z|k)?sh\b")


def container(document: Document, node: Node, route: str, owner: str) -> Iterator[Fact]:
    """The facts of a container spec (`image`, `command`, `args`, `env`); its commands belong to `owner`."""
    reference = node.scalar("image")
    if reference:
        name, tag, digest = split_image(reference)
        yield Image(entry_place(document, node, "image", f"{route}.image"), name, tag, digest, "run", node.scalar("name") or None)
    for index, item in enumerate(_items(node.get("env"))):
        value = item.get("value")
        if value is not None and is_scalar(value):
            symbol = f"{route}.env[{index}].{item.scalar('name')}"
            yield Setting(document.place(value.span, symbol), symbol, value.text)
    yield from command(document, node, route, owner)


def command(document: Document, node: Node, route: str, owner: str) -> Iterator[Fact]:
    """What `command` and `args` start: the command line, and the text of a shell that it hands over."""
    words = [*_items(node.get("command")), *_items(node.get("args"))]
    argv = tuple(word.text for word in words if is_scalar(word))
    first = node.get("command") or node.get("args")
    if first is None or not argv:
        return
    place = document.place(first.span, f"{route}.command[0]")
    yield Command(place, owner, argv)
    found = shell_text_of(argv)
    if found is not None:
        text, shell, options = found
        symbol = f"{place.symbol}.text"
        written = next((word for word in words if word.text == text), first)
        yield Embedded(
            Place(place.path, document.place(written.span).span, symbol), "shell", text, place.symbol, line_map(written), (), shell, options
        )


def source(document: Document, node: Node, route: str, owner: str) -> Iterator[Fact]:
    """A script that stands in `source` (Argo): a shell text, or Python when its command is an interpreter of it."""
    yield from container(document, node, route, owner)
    text = node.get("source")
    if text is not None and is_scalar(text):
        words = " ".join(node.strings("command"))
        if "python" in words:
            inner = embedded(document, text, f"{route}.source", owner, "python")
            yield replace(inner, text=_FILLED.sub(lambda found: "p".ljust(len(found[0]), "_"), inner.text))
        elif not words or _SHELL.search(words):
            yield embedded(document, text, f"{route}.source", owner, "shell", words)


def _items(node: Node | None) -> tuple[Node, ...]:
    """The entries of a list; a single scalar is a list of one."""
    if node is None:
        return ()
    return node.items if node.kind == "list" else (node,) if is_scalar(node) else ()
