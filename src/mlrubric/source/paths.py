"""Paths as files write them, made relative to the root of the repository."""

from __future__ import annotations

import posixpath
import re

_REMOTE = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]+://|^/|^[A-Za-z]:[\\/]|^\$")


def rooted(directory: str, path: str) -> str:
    """`path` as seen from `directory`, both relative to the root; URLs, absolute paths and expressions stay as written."""
    if not path or _REMOTE.match(path):
        return path
    joined = posixpath.normpath(posixpath.join(directory, path.replace("\\", "/")))
    return "" if joined == "." else joined
