"""Text to a libcst tree with its `ast` twin; a text that is no Python 3 gets its reason in words."""

from __future__ import annotations

import ast
import re
import sys
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
    (re.compile(r"^\s*def\s+\w+\((?:[^()=:]*,)?\s*\("), "parameters that unpack tuples"),
)  # fmt: skip
_OLD_EXCEPT = re.compile(r"^[ \t]*except[ \t]+[\w.]+[ \t]*,[ \t]*[a-z_][a-z0-9_]*[ \t]*:", re.MULTILINE)
_STRING = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"")
DEEP = "nested too deeply to be read"
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
    twin = problem = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            twin = ast.parse(text)
    except (RecursionError, MemoryError):
        return Refusal(1, 1, DEEP)
    except SyntaxError as error:
        if "too many nested" in (error.msg or "") or _too_deep(text):
            return Refusal(error.lineno or 1, error.offset or 1, DEEP)
        if "\0" in text:
            return _null(text)
        problem = error
    except ValueError as error:
        return _null(text) if "\0" in text else Refusal(1, 1, f"not valid Python 3: {error}")
    if twin is None or sys.version_info >= (3, 14):
        # Python 3.14 reads `except A, b:` as two types, Python 2 as a type and a name; a type has no such name
        old = _OLD_EXCEPT.search(text)
        if old is not None:
            return Refusal(text.count("\n", 0, old.start()) + 1, 1, "Python 2? `except X, name` here")
    try:
        return Parsed(cst.parse_module(text), twin)
    except cst.ParserSyntaxError as error:
        return _refusal(text, error, problem)
    except (RecursionError, ValueError, UnicodeError) as error:
        return Refusal(1, 1, f"libcst: {error}")


def _null(text: str) -> Refusal:
    return Refusal(text.count("\n", 0, text.find("\0")) + 1, 1, "not valid Python 3: it holds a null byte")


def _refusal(text: str, error: cst.ParserSyntaxError, problem: SyntaxError | None) -> Refusal:
    """Both parsers' places are tried for Python 2; `ast` words the reason better, libcst knows newer syntax."""
    lines = text.split("\n")
    line, column, reason = error.raw_line, error.raw_column + 1, "not valid Python 3"
    if problem is not None:
        reason = f"not valid Python 3: {problem.msg}"
        if problem.lineno:
            line, column = problem.lineno, problem.offset or 1
    line = min(max(line, 1), len(lines))
    for number in sorted({line, line - 1, error.raw_line, error.raw_line - 1} - {0}, reverse=True):
        said = _STRING.sub("''", lines[number - 1]).split("#")[0] if number <= len(lines) else ""
        for pattern, what in _PYTHON_2:
            if pattern.search(said):
                return Refusal(number, 1, f"Python 2? {what} here")
    return Refusal(line, max(column, 1), reason)


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
