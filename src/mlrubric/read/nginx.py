"""Configuration of nginx, as far as it divides or copies traffic: `split_clients` and `mirror`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlrubric.model.facts import Fact, Part, Service
from mlrubric.model.place import Place, Span
from mlrubric.source.document import Document

FORMAT = "nginx"
OWNER = "server"
_NAMES = re.compile(r"(?:^|/)(?:nginx[\w.-]*\.(?:conf|tmpl|template)(?:\.\w+)?|[^/]+\.conf(?:\.template)?)$|(?:^|/)nginx/[^/]+$")
_SPLIT = re.compile(r"^[ \t]*split_clients[ \t]+(\S+)[ \t]+(\$\w+)\s*\{([^}]*)\}", re.MULTILINE)
_SHARE = re.compile(r"(?:^|[;{\n])[ \t]*([\d.]+%|\*)[ \t]+([^;\s]+)[ \t]*;", re.MULTILINE)
_MIRROR = re.compile(r"^[ \t]*mirror[ \t]+(/[^;\s]*)[ \t]*;", re.MULTILINE)


def accepts(path: str) -> bool:
    return _NAMES.search(path) is not None


def read(document: Document) -> Iterator[Fact]:
    text = re.sub(r"#[^\n]*", lambda match: " " * len(match[0]), document.text)
    parts = [*_SPLIT.finditer(text), *_MIRROR.finditer(text)]
    if not parts:
        return
    yield Service(document.place(symbol=OWNER), "nginx")
    for number, match in enumerate(_SPLIT.finditer(text)):
        divided = [(who.strip('"'), share) for share, who in _SHARE.findall(match[3])]
        known = sum(float(share.rstrip("%")) for _, share in divided if share != "*")
        shares = tuple((who or "rest", f"{100 - known:g}" if share == "*" else share.rstrip("%")) for who, share in divided)
        used = len(re.findall(re.escape(match[2]) + r"\b", text)) > 1
        problem = "" if used else f"nothing asks for {match[2]}"
        yield Part(_at(document, match.start(), f"split[{number}]"), OWNER, "split", match[2], shares=shares, problem=problem)
    for number, match in enumerate(_MIRROR.finditer(text)):
        yield Part(_at(document, match.start(1), f"mirror[{number}]"), OWNER, "shadow", match[1])


def _at(document: Document, offset: int, symbol: str) -> Place:
    return document.place(Span(document.position(offset)[0]), f"{OWNER}.{symbol}")
