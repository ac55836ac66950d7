"""Compose files: services, the images they run or build, their environment, and their commands."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterable, Iterator

from mlrubric.model.facts import Command, Embedded, Fact, Image, Include, Part, Service, Setting, Unreadable
from mlrubric.model.place import Place
from mlrubric.source.document import Document
from mlrubric.source.syntax.image_name import split_image
from mlrubric.source.syntax.node import Node
from mlrubric.source.syntax.shell_call import shell_text_of
from mlrubric.source.yaml_facts import embedded, entry_place, first_map, is_scalar, line_map, pair_place

FORMAT = "compose"

_NAME = re.compile(r"(?:[\w.-]*[._-])?(?:(?:docker-)?compose|(?:docker-)?stack)(?:[._-][\w.-]*)?\.ya?ml", re.IGNORECASE)
_DEFAULT = re.compile(r"(?<!\$)\$\{(\w+):?-([^{}]*+)\}")


def accepts(path: str) -> bool:
    return _NAME.fullmatch(path.rsplit("/", 1)[-1]) is not None


def read(document: Document) -> Iterable[Fact]:
    root, problems = first_map(document, FORMAT, template=True)
    yield from problems
    if root is None:
        return
    included = root.get("include")
    for item in included.items if included is not None else ():
        for target in (item.text,) if is_scalar(item) else item.strings("path"):
            yield Include(document.place(item.span, "include"), target, "compose")
    services = root.get("services")
    if services is None or services.kind != "map":
        if (
            included is None
            and "compose" in document.name.lower()
            and not any(root.get(key) for key in ("volumes", "networks", "configs", "secrets"))
        ):
            yield Unreadable(document.place(), FORMAT, "no `services`")
        return
    lines = document.lines()
    for key, node in services.entries:
        symbol = f"services.{key.text}"
        if node.kind != "map":
            yield Unreadable(document.place(node.span, symbol), FORMAT, "a service must be a map")
        else:
            yield from _service(document, lines, key, node, symbol)


def _service(document: Document, lines: list[str], key: Node, node: Node, symbol: str) -> Iterator[Fact]:
    name = key.text
    written = node.scalar("image")
    build = node.get("build")
    context = node.scalar("build") or node.scalar("build", "context", default="." if build is not None else "")
    depends = node.get("depends_on")
    command = node.get("command")
    yield Service(
        pair_place(document, key, node, symbol),
        name,
        _resolved(written) or None,
        context or None,
        _words(command),
        _short(node.get("ports"), "published", "target"),
        _short(node.get("volumes"), "source", "target"),
        tuple(key for key, _ in depends.pairs()) if depends is not None and depends.kind == "map" else node.strings("depends_on"),
        node.strings("profiles"),
    )
    update = node.get("deploy", "update_config")
    if update is not None and update.scalar("failure_action") == "rollback":
        yield Part(entry_place(document, update, "failure_action", f"{symbol}.deploy.failure_action"), symbol, "undo", name)
    if written:
        image, tag, digest = split_image(_resolved(written))
        yield Image(entry_place(document, node, "image", f"{symbol}.image"), image, tag, digest, "run", name, build is not None)
    if build is not None and node.scalar("build", "dockerfile_inline") == "" and not re.match(r"\w+://|git@", context):
        target = posixpath.normpath(posixpath.join(_resolved(context), _resolved(node.scalar("build", "dockerfile", default="Dockerfile"))))
        yield Include(entry_place(document, node, "build", f"{symbol}.build"), target, "dockerfile", symbol)
    if node.scalar("extends", "file"):
        yield Include(entry_place(document, node, "extends", f"{symbol}.extends"), node.scalar("extends", "file"), "compose", symbol)
    yield from _names(document, node, symbol)
    yield from _environment(document, node, symbol)
    yield from _command(document, lines, node, symbol)
    yield from _health(document, node.get("healthcheck", "test"), f"{symbol}.healthcheck", symbol)


def _names(document: Document, node: Node, symbol: str) -> Iterator[Fact]:
    """The other names under which a service answers."""
    for key in ("container_name", "hostname"):
        if node.scalar(key):
            yield Setting(entry_place(document, node, key, f"{symbol}.{key}"), f"{symbol}.{key}", _resolved(node.scalar(key)))
    networks = node.get("networks")
    for name, network in networks.pairs() if networks is not None else ():
        for index, alias in enumerate(network.strings("aliases")):
            route = f"{symbol}.networks.{name}.aliases[{index}]"
            yield Setting(document.place(network.span, route), route, alias)


def _environment(document: Document, node: Node, symbol: str) -> Iterator[Fact]:
    environment = node.get("environment")
    if environment is None:
        return
    for name, value in environment.pairs():
        route = f"{symbol}.environment.{name}"
        yield Setting(document.place(value.span, route), route, _resolved(value.text))
    for item in environment.items:
        name, equals, text = item.text.partition("=")
        route = f"{symbol}.environment.{name}"
        if equals:
            yield Setting(document.place(item.span, route), route, _resolved(text))


def _command(document: Document, written: list[str], service: Node, owner: str) -> Iterator[Fact]:
    """A command is what its entry point gets as arguments; compose splits a string like a shell but starts no shell."""
    key = "command" if _words(service.get("command")) else "entrypoint"
    node = service.get(key)
    argv = (*_words(service.get("entrypoint")), *_words(service.get("command")))
    if node is None or not argv:
        return
    route = f"{owner}.{key}"
    place = document.place(node.span, route)
    yield Command(Place(place.path, place.span, f"{route}.command[0]"), owner, argv)
    found = shell_text_of(argv)
    if found is not None:
        text, shell, options = found
        symbol = f"{route}.command[0]"
        lines = _lines_of(written, node, text)
        yield Embedded(Place(place.path, place.span, f"{symbol}.text"), "shell", text, symbol, lines, (), shell, options)


def _lines_of(lines: list[str], node: Node, text: str) -> tuple[tuple[int, int], ...]:
    """Where a text inside of a command begins: a list item's own lines, or the first place in the string that shows it."""
    for item in node.items:
        if item.text.replace("$$", "$") == text:
            return line_map(item)
    head = text.strip().split("\n", 1)[0][:20]
    for number in range(node.span.line, max(node.span.end_line, node.span.line) + 1):
        at = lines[number - 1].find(head) if number <= len(lines) else -1
        if at >= 0:
            blank = len(text) - len(text.lstrip("\n"))
            return tuple((number - blank + index, at + 1) for index in range(text.count("\n") + 1))
    return line_map(node)[:1]


def _health(document: Document, node: Node | None, route: str, owner: str) -> Iterator[Fact]:
    if node is None:
        return
    if is_scalar(node):
        yield embedded(document, node, route, owner, shell="/bin/sh")
        return
    words = node.strings()
    if words[:1] == ("CMD-SHELL",) and len(node.items) > 1:
        yield embedded(document, node.items[1], route, owner, shell="/bin/sh")
    elif words[:1] == ("CMD",):
        yield Command(document.place(node.span, f"{route}.command[0]"), owner, words[1:])


def _words(node: Node | None) -> tuple[str, ...]:
    if node is None or node.kind in ("map", "null"):
        return ()
    if node.kind == "list":
        return tuple(_resolved(text).replace("$$", "$") for text in node.strings())
    text = _resolved(node.text).replace("$$", "$")
    try:
        return tuple(shlex.split(text))
    except ValueError:
        return tuple(text.split())


def _short(node: Node | None, first: str, second: str) -> tuple[str, ...]:
    """Ports and volumes in their short form."""
    if node is None:
        return ()
    long = (":".join(filter(None, [item.scalar(first), item.scalar(second)])) for item in node.items if item.kind == "map")
    return (*(_resolved(text) for text in node.strings()), *long)


def _resolved(text: str) -> str:
    """`${X:-default}` as its default."""
    return _DEFAULT.sub(lambda match: match[2], text)
