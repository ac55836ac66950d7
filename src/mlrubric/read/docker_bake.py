"""Bake files of Docker Buildx: the images that each target builds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlrubric.model.facts import Fact, ImageName
from mlrubric.model.place import Span
from mlrubric.read.unreadable import unreadable
from mlrubric.source.document import Document
from mlrubric.source.syntax import json
from mlrubric.source.syntax.node import SyntaxProblem

FORMAT = "docker_bake"
_NAMES = re.compile(r"(?:^|/)docker-bake[\w.-]*\.(?:hcl|json)$")
_TARGET = re.compile(r'^target\s+"([^"]+)"\s*\{', re.MULTILINE)
_TEXT = re.compile(r'^\s*(context|dockerfile)\s*=\s*"([^"\n]*)"', re.MULTILINE)
_TAGS = re.compile(r"^\s*tags\s*=\s*\[([^\]]*)\]", re.MULTILINE)
_QUOTED = re.compile(r'"([^"\n]*)"')


def accepts(path: str) -> bool:
    return _NAMES.search(path) is not None


def read(document: Document) -> Iterator[Fact]:
    if document.name.endswith(".json"):
        yield from _json(document)
        return
    starts = list(_TARGET.finditer(document.text))
    for number, match in enumerate(starts):
        end = starts[number + 1].start() if number + 1 < len(starts) else len(document.text)
        body = document.text[match.end() : end]
        given = dict(_TEXT.findall(body))
        tags = _TAGS.search(body)
        place = document.place(Span(document.position(match.start())[0]), f"target.{match[1]}")
        for tag in _QUOTED.findall(tags[1]) if tags else ():
            yield ImageName(place, tag, "built", given.get("dockerfile", "Dockerfile"), given.get("context", "."))


def _json(document: Document) -> Iterator[Fact]:
    try:
        root = json.parse(document.text)
    except SyntaxProblem as problem:
        yield unreadable(document, FORMAT, problem)
        return
    targets = root.get("target")
    for name, target in targets.pairs() if targets is not None else ():
        for tag in target.strings("tags"):
            dockerfile, context = target.scalar("dockerfile", default="Dockerfile"), target.scalar("context", default=".")
            yield ImageName(document.place(target.span, f"target.{name}"), tag, "built", dockerfile, context)
