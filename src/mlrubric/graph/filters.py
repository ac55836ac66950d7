"""Path filters of triggers against the files of the repository: a trigger that only documents can fire starts nothing for a model."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

PROSE = re.compile(
    r"(^|/)(docs?|images?|assets|\.github|\.gitlab)/|\.(md|rst|adoc|png|jpe?g|gif|svg|pdf|bib|css)$|(^|/)(LICEN[CS]E|NOTICE|AUTHORS|CITATION)[^/]*$",
    re.IGNORECASE,
)


def leaves_out(filters: Sequence[str], files: Iterable[str]) -> str:
    """Why a change of code or data never fires a trigger with these filters; "" when one does, or when nobody can say."""
    wanted, unwanted = _patterns(filters)
    working = [path for path in files if not PROSE.search(path)]
    if not working or any(fires(filters, path) for path in working):
        return ""
    name, patterns = ("paths", wanted) if wanted else ("paths-ignore", unwanted)
    return f"{name}: {', '.join(patterns)} {'names' if wanted else 'leaves'} no file of code or data"


def fires(filters: Sequence[str], path: str) -> bool:
    """Whether a change of a file fires a trigger with these filters, as far as anybody can say."""
    wanted, unwanted = _patterns(filters)
    if (not wanted and not unwanted) or any("${{" in text for text in (*wanted, *unwanted)):
        return True
    return _included(path, wanted) if wanted else not _included(path, unwanted)


def _patterns(filters: Sequence[str]) -> tuple[list[str], list[str]]:
    wanted = [text.removeprefix("paths: ") for text in filters if text.startswith("paths: ")]
    return wanted, [text.removeprefix("paths-ignore: ") for text in filters if text.startswith("paths-ignore: ")]


def _included(path: str, patterns: Sequence[str]) -> bool:
    """The last pattern that fits decides; `!` takes out again."""
    found = False
    for pattern in patterns:
        if _regex(pattern.removeprefix("!")).fullmatch(path):
            found = not pattern.startswith("!")
    return found


@lru_cache(maxsize=1024)
def _regex(pattern: str) -> re.Pattern[str]:
    """`*` stays in a folder, `**` does not, `**/` may be nothing, `?` and `+` count what stands before them."""
    text = ""
    for part in re.split(r"(\*\*/|\*\*|\*|\?|\+|\[[^\]]*\])", pattern.removeprefix("./")):
        text += {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "?", "+": "+"}.get(part) or (
            part if part.startswith("[") and part.endswith("]") else re.escape(part)
        )
    try:
        return re.compile(text)
    except re.error:
        return re.compile(".*")
