"""What fixes change, as a unified diff."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping

from mlrubric.source.decode import decode
from mlrubric.source.document import Document

NO_NEWLINE = "\\ No newline at end of file\n"


def unified(files: Mapping[str, bytes], before: Callable[[str], bytes | None]) -> str:
    """The changes of all files in order of path; a file that was not there is compared with nothing."""
    return "".join(_of_file(path, before(path), data) for path, data in sorted(files.items()))


def _of_file(path: str, old: bytes | None, new: bytes) -> str:
    first = f"a/{path}" if old is not None else "/dev/null"
    rows = difflib.unified_diff(_rows(path, old or b""), _rows(path, new), first, f"b/{path}")
    return "".join(row if row.endswith("\n") else f"{row}\n{NO_NEWLINE}" for row in rows)


def _rows(path: str, data: bytes) -> list[str]:
    document = decode(path, data)
    return document.text.splitlines(keepends=True) if isinstance(document, Document) else []
