"""Google Cloud Build (cloudbuild*.yaml): steps as commands. What starts a build is set up elsewhere: in Terraform, or as documents say."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from mlrubric.model.facts import Command, Embedded, Fact, Job, Step, Unreadable, Workflow
from mlrubric.model.place import Place, Span
from mlrubric.source.automation_facts import by_hand, image, lines_of
from mlrubric.source.document import Document
from mlrubric.source.syntax.node import Node
from mlrubric.source.syntax.shell_call import interpreter, shell_text_of
from mlrubric.source.yaml_facts import entry_place, first_map, is_scalar, settings

FORMAT = "cloudbuild"

_PLACE = re.compile(r"(^|/)[^/]*cloud-?_?build[^/]*\.ya?ml$|(^|/)\.?cloud-?_?build/([^/]+/)*[^/]+\.ya?ml$", re.IGNORECASE)
_BUILDER = re.compile(r"(?:^|/)(?:cloud-builders|cloud-builders-community|cloudsdktool)/([\w-]+)(?:[:@].*)?$")
_PROGRAMS = {"cloud-sdk": "", "gke-deploy": "gke-deploy", "gcs-fetcher": ""}
_OUTSIDE = "no trigger for it is defined in this repository"
_VARIABLE = re.compile(r"\$\{?(_[A-Z0-9_]+)\}?")


def accepts(path: str) -> bool:
    return _PLACE.search(path) is not None


def read(document: Document) -> Iterable[Fact]:
    root, problems = first_map(document, FORMAT)
    if root is None or root.get("steps") is None:
        if "build" in document.name.lower():
            yield from problems
        return
    yield from problems
    place = document.place(Span(root.span.line), "workflow")
    listed = root.get("steps")
    items = listed.items if listed is not None and listed.kind == "list" else ()
    yield Workflow(place, document.path, "cloudbuild", "" if items else "it has no steps")
    yield by_hand(place, "workflow", _OUTSIDE)
    yield from settings(document, root.get("substitutions"), "substitutions")
    values = {name: node.text for name, node in _pairs(root.get("substitutions")) if node.text and "$" not in node.text}
    yield Job(document.place(root.span, "build"), "build")
    for index, item in enumerate(items):
        symbol = f"steps[{index}]"
        if item.kind != "map":
            yield Unreadable(document.place(item.span, symbol), FORMAT, "a step must be a map")
        else:
            yield from _step(document, item, symbol, index, values)


def _pairs(node: Node | None) -> Iterator[tuple[str, Node]]:
    return iter(()) if node is None else node.pairs()


def _step(document: Document, node: Node, symbol: str, index: int, values: Mapping[str, str]) -> Iterator[Fact]:
    place = document.place(node.span, symbol)
    forgiven = node.scalar("allowFailure").lower() == "true"
    swallowed = entry_place(document, node, "allowFailure", f"{symbol}.allowFailure") if forgiven else None
    environment = tuple((name, value) for text in node.strings("env") for name, _, value in [text.partition("=")])
    yield Step(
        place, "build", index, node.scalar("id") or node.scalar("name"), None, True, None, "", swallowed,
        node.scalar("dir") or None, (), environment,
    )  # fmt: skip
    name = node.get("name")
    if name is not None and name.text:
        yield image(document.place(name.span, f"{symbol}.name"), name.text)
    text = node.get("script")
    if text is not None and is_scalar(text):
        yield _script(document, text, symbol)
        return
    arguments = node.get("args")
    words = [*_program(node), *(_filled(one.text, values) for one in _arguments(arguments))]
    inner = shell_text_of(words)
    if inner is not None:
        holder = next((one for one in _arguments(arguments) if _filled(one.text, values) == inner[0]), None)
        yield _embedded(document, holder or node, symbol, inner[0], inner[1].rsplit("/", 1)[-1], inner[2])
    elif words:
        at = arguments.span if arguments is not None else node.span
        yield Command(document.place(at, f"{symbol}.args"), symbol, tuple(words))


def _arguments(node: Node | None) -> list[Node]:
    if node is None:
        return []
    return [item for item in node.items if is_scalar(item)] if node.kind == "list" else [node] if is_scalar(node) else []


def _program(node: Node) -> list[str]:
    """The entry point, else the program that a builder image is named after."""
    given = node.scalar("entrypoint")
    if given:
        return shlex.split(given) if given.count("'") % 2 == given.count('"') % 2 == 0 else given.split()
    builder = _BUILDER.search(node.scalar("name"))
    if builder is None:
        return []
    program = _PROGRAMS.get(builder[1], builder[1])
    return [program] if program else []


def _filled(text: str, values: Mapping[str, str]) -> str:
    """Substitutions with a value in the file put in; `$$` is a plain dollar sign."""
    known = _VARIABLE.sub(lambda match: values.get(match[1], match[0]), text.replace("$$", "\0"))
    return known.replace("\0", "$")


def _script(document: Document, node: Node, symbol: str) -> Embedded:
    """`script` is run by `sh` unless its first line says otherwise; nothing stops it at a failed line."""
    first = node.text.lstrip().split("\n")[0]
    known = interpreter(first[2:].strip()) if first.startswith("#!") else ("sh", frozenset[str]())
    if known is None and "python" in first:
        return replace(_embedded(document, node, symbol, node.text, "", frozenset()), language="python")
    shell, options = known or ("sh", frozenset())
    return _embedded(document, node, symbol, node.text, shell, options)


def _embedded(document: Document, node: Node, symbol: str, text: str, shell: str, options: frozenset[str]) -> Embedded:
    place = Place(document.path, node.span, f"{symbol}.script")
    return Embedded(place, "shell", text, symbol, lines_of([node]).starts if is_scalar(node) else (), (), shell, options)
