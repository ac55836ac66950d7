"""Text to a libcst tree with its `ast` twin; a text that is no Python 3 gets its reason in words."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass

import libcst as cst

_TEMPLATE = re.compile(r"\{\{-?.*?-?\}\}|\{%-?.*?-?%\}|\{#.*?#\}", re.DOTALL)
_PYTHON_2 = (
    (re.compile(r"^\s*(?:.*[:;]\s*)?print\s+[^\s(=]|^\s*(?:.*[:;]\s*)?print\s*>>|^\s*print\s*$"), "`print` is a statement"),
    (re.compile(r"^\s*except\s+[\w.()]+\s*,\s*\w+\s*:"), "`except X, name`"),
    (re.compile(r"^\s*raise\s+[\w.]+\s*,"), "`raise X, text`"),
    (re.compile(r"^\s*exec\s+[^\s(=]"), "`exec` is a statement"),
    (re.compile(r"<>"), "`<>`"),
    (re.compile(r"`"), "backquotes"),
    (re.compile(r"\b[uU][rR]['\"]"), "`ur` strings"),
    (re.compile(r"\b0[0-7]+\b|\b\d+[lL]\b"), "old number literals"),
    (re.compile(r"^\s*def\s.*\(.*\(.*\)"), "parameters that unpack tuples"),
)  # fmt: skip
_DEEP = "nested too deeply to be read"
_MAX_DEPTH = 200


@dataclass(frozen=True, slots=True)
class Parsed:
    tree: cst.Module
    twin: ast.Module | None
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    line: int
    column: int
    reason: str


def parse(text: str) -> Parsed | Refusal:
    parsed = _parse(text)
    if isinstance(parsed, Refusal) and ("{{" in text or "{%" in text):
        masked = _masked(text)
        again = _parse(masked) if masked != text else parsed
        if isinstance(again, Parsed):
            return Parsed(again.tree, again.twin, "a template: read with its placeholders taken as names")
    return parsed


def _parse(text: str) -> Parsed | Refusal:
    # `ast` goes first: it refuses what is nested so deeply that libcst's parser would crash
    twin = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            twin = ast.parse(text)
    except (RecursionError, MemoryError):
        return Refusal(1, 1, _DEEP)
    except SyntaxError as error:
        if "too many nested" in (error.msg or "") or _too_deep(text):
            return Refusal(error.lineno or 1, error.offset or 1, _DEEP)
    except ValueError as error:  # null bytes
        line = text[: max(text.find("\0"), 0)].count("\n") + 1
        return Refusal(line, 1, str(error))
    try:
        return Parsed(cst.parse_module(text), twin)
    except cst.ParserSyntaxError as error:
        return _refusal(text, error)
    except (RecursionError, ValueError, UnicodeError) as error:
        return Refusal(1, 1, f"libcst: {error}")


def _refusal(text: str, error: cst.ParserSyntaxError) -> Refusal:
    lines = text.split("\n")
    line = min(max(error.raw_line, 1), len(lines))
    message = str(error.message).split(": error at ")[-1].split("expected")[0].strip(" :,")
    for number in (line, line - 1):
        said = lines[number - 1].split("#")[0] if number else ""
        for pattern, what in _PYTHON_2:
            if number and pattern.search(said):
                return Refusal(number, 1, f"Python 2? {what} here")
    del message
    return Refusal(line, error.raw_column + 1, "not valid Python 3")


def _too_deep(text: str) -> bool:
    """Whether brackets or prefix operators pile up; counted roughly, for texts that `ast` refuses."""
    depth = deepest = 0
    for character in re.sub(r"[^()\[\]{}]+", "", text):
        depth = depth + 1 if character in "([{" else max(depth - 1, 0)
        deepest = max(deepest, depth)
    return deepest > _MAX_DEPTH or re.search(r"(?:(?:[-+~]|not\b|lambda\b[^:\n]*:|\w+\s*\(|\w+\s*[-+*/.]\s*)\s*){1000}", text) is not None


def _masked(text: str) -> str:
    """The text with its template placeholders as names of the same length; a line that only steers the template is blank."""

    def mask(found: re.Match[str]) -> str:
        written = found[0]
        if written.startswith("{{") and "\n" not in written:
            return re.sub(r"[^0-9A-Za-z_]", "_", written)
        return re.sub(r"[^\n]", " ", written)

    return _TEMPLATE.sub(mask, text)
