"""Results in a document: measured values in prose, in pasted output or in the cells of a table; no versions, no targets."""

from __future__ import annotations

import re
from functools import lru_cache

from mlrubric.model.facts import Heading

FENCE = re.compile(r"^[ \t]*(```+|~~~+)[ \t]*([\w+-]*)[^\n]*\n(.*?)(?:^[ \t]*\1[`~]*[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
PASTED = frozenset({"", "text", "txt", "output", "console", "plain", "plaintext", "none"})
NOT_PROSE = re.compile(r"\]\([^()\s]*\)|<[^<>\n]*>|https?://\S+|`[^`\n]*`|^\s*(?:\d+[.)]|[-*+])\s", re.MULTILINE)
MEASURED = re.compile(
    r"(?<![\w.,:/#-])[-+~≈±]?(?:\d+(?:[.,]\d+)*\s?(?:%|‰|ms\b|µs\b|secs?\b|seconds?\b|minutes?\b|min\b|s\b|[kMG]i?B\b|rps\b|req/s|qps\b|\$|€)"
    r"|\d+[.,]\d+(?:e-?\d+)?(?![\w%]|[.,-]\w))"
)
CELL = re.compile(r"[*_~ ]*[-+~≈±]?\d+(?:[.,]\d+)*(?:e-?\d+)?\s?(?:%|ms|s|x|[kMG]i?B)?[*_ ]*(?:\s*(?:±|\+/-|\().*)?")
WANTED = re.compile(
    r"\b(targets?|thresholds?|limits?|goals?|slos?|slas?|must|should|at least|at most|minimum|maximum|required?|alerts?|below|above"
    r"|exceeds?|e\.g\.|for example|todo|expected)\b",
    re.IGNORECASE,
)
NO_RESULT = re.compile(
    r"\b(targets?|thresholds?|limits?|goals?|slos?|slas?|defaults?|ports?|versions?|range|steps?|ids?|nr|no|week|date|day|year|points?"
    r"|weight|required|expected|action|size|cells?|lines?)\b|^\s*#?\s*$",
    re.IGNORECASE,
)
NAMED_BEFORE = re.compile(
    r"\b(python|version|release|java|node|cuda|ubuntu|spark|torch|tensorflow|section|chapter|edition|v)\s*$", re.IGNORECASE
)
BOUNDED = ("<", ">", "≥", "≤", "=", "&lt;", "&gt;")
NO_FIGURE = re.compile(
    r"badge|shields\.io|\.svg\b|codecov|/workflows/|youtu|video|vimeo|loom|logo|banner|icon|architect|diagram|overview", re.IGNORECASE
)
IMAGE = re.compile(r"!\[[^\]]*\]\(\s*<?([^)\s>]+)|<img[^>]*\bsrc=[\"']([^\"']+)", re.IGNORECASE)


def shows_result(heading: Heading) -> bool:
    """Whether the part below a heading holds a measured value, or a picture of results."""
    return bool(_rows(heading.body)) or _told(heading.body)


def row_of_result(heading: Heading, pattern: re.Pattern[str]) -> bool:
    """Whether a row of a table that names something has a measured value for it."""
    return any(pattern.search(name) for name in _rows(heading.body))


@lru_cache(maxsize=4096)
def _told(body: str) -> bool:
    return any(_measured(line) for line in _prose(body).split("\n")) or _pictured(body)


def _prose(body: str) -> str:
    """The text without tables and code; pasted output stays."""
    body = FENCE.sub(lambda m: m[3] if m[2].lower() in PASTED else "\n", body)
    lines = (line for line in body.split("\n") if not line.lstrip().startswith("|"))
    return NOT_PROSE.sub(" ", "\n".join(lines))


def _measured(line: str) -> bool:
    if WANTED.search(line):
        return False
    for found in MEASURED.finditer(line):
        before = line[: found.start()].rstrip(" *_$")
        if not before.endswith(BOUNDED) and NAMED_BEFORE.search(before) is None:
            return True
    return False


@lru_cache(maxsize=4096)
def _rows(body: str) -> tuple[str, ...]:
    """The names of rows of tables that have a measured value, each with its column's name: the first cell is a name, and columns of
    targets, defaults and the like are none."""
    found: list[str] = []
    header: list[str] | None = None
    for line in body.split("\n") if "|" in body else ():
        if "|" not in line or not line.strip().strip("|"):
            header = None
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if all(re.fullmatch(r":?-+:?", cell) for cell in cells if cell):
            continue
        if header is None:
            header = cells
            continue
        for title, cell in zip(header[1:], cells[1:], strict=False):
            if NO_RESULT.search(title) is None and CELL.fullmatch(cell):
                found.append(f"{cells[0]} {title}")
    return tuple(found)


def _pictured(body: str) -> bool:
    return any(NO_FIGURE.search(one or other) is None for one, other in IMAGE.findall(body))
