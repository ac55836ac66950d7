"""Scripts of k6: the thresholds that fail a run, and the addresses that are loaded. Only the options are read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from mlrubric.model.facts import Fact, LoadTest
from mlrubric.source.document import Document

FORMAT = "k6"
MOST = 60_000  # characters

_IMPORT = re.compile(r"""\bfrom\s*['"]k6(?:/[\w/-]+)?['"]|\brequire\(\s*['"]k6(?:/[\w/-]+)?['"]\s*\)""")
_COMMENT = re.compile(r"""("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|//[^\n]*|/\*.*?\*/""", re.DOTALL)
_THRESHOLDS = re.compile(r"""(?<![\w.])['"]?thresholds['"]?\s*[:=]\s*\{""")
_ENTRY = re.compile(r"""(?:['"`]((?:[^'"`\\]|\\.)+)['"`]|([\w$]+))\s*:\s*(\[|['"`{])""")
_TEXT = re.compile(r"""['"`]([^'"`\n]+)['"`]""")
_LIMIT = re.compile(r"""^\s*(?:(?:p\(\d+(?:\.\d+)?\)|avg|min|max|med|rate|count|value)\s*(?:<=|>=|<|>|==|===|!=)\s*[\d.]+)\s*$""")
_URL = re.compile(r"""https?://[^\s'"`$]+""")


_PLACE = re.compile(r"(load|perf|k6|stress|smoke|bench|spike|soak|latency|threshold|test|script)[^/]*(/.*)?\.(js|mjs|ts)$", re.IGNORECASE)
_BUILT = re.compile(r"(^|/)(node_modules|dist|static|vendor)/|\.min\.js$|\.d\.ts$")


def accepts(path: str) -> bool:
    return path.endswith((".js", ".mjs", ".ts")) and _PLACE.search(path) is not None and _BUILT.search(path) is None


def read(document: Document) -> Iterator[Fact]:
    if "k6" not in document.text or len(document.text) > MOST or _IMPORT.search(document.text) is None:
        return  # a script that people write is no bundle
    text = _COMMENT.sub(lambda match: match[1] if match[1] else re.sub(r"[^\n]", " ", match[0]), document.text)
    limits: list[tuple[str, str]] = []
    place = document.place()
    for found in islice(_THRESHOLDS.finditer(text), 20):
        end = _end(text, found.end())
        limits.extend(_limits(text[found.end() : end]))
        place = document.place(document.span(found.start(), end), "options.thresholds")
    urls = tuple(dict.fromkeys(match[0] for match in _URL.finditer(text)))
    yield LoadTest(place, "k6", tuple(limits), urls)


def _end(text: str, start: int) -> int:
    """Where the brace that is open at `start` is closed; texts may hold braces."""
    depth = 1
    for match in re.finditer(r""""(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|[{}]""", text[start:]):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if not depth:
            return start + match.end()
    return len(text)


def _limits(body: str) -> Iterator[tuple[str, str]]:
    entries = [match for match in _ENTRY.finditer(body) if (match[1] or match[2]) not in ("threshold", "abortOnFail", "delayAbortEval")]
    for index, match in enumerate(entries):
        end = entries[index + 1].start() if index + 1 < len(entries) else len(body)
        for text in _TEXT.finditer(body[match.start(3) : end]):
            if _LIMIT.match(text[1]):
                yield match[1] or match[2], text[1].strip()
