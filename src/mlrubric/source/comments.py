"""Comments in the texts that are read: how they begin, which begins one in a file, and what ours say to this program."""

from __future__ import annotations

import re

SIGNS = ("#", "//", "<!--", ";", "--")
BEGINS = f"(?:{'|'.join(SIGNS)})"  # as a part of an expression
OF_ENDING = {".sql": "-- ", ".js": "// ", ".ts": "// "}
HASHED = re.compile(
    r"\.(pyi?|ya?ml|toml|sh|bash|zsh|txt|in|cfg|ini|conf|tf|ipynb|rb|r)$|(^|/)(Dockerfile|Makefile|Jenkinsfile|\.gitlab-ci)[\w.-]*$"
)
IGNORE = re.compile(rf"{BEGINS}\s*mlrubric:\s*ignore(?:\[(?P<rules>[^\]]*)\])?\s*(?P<reason>[^\"\\]*)")
EXPECT = re.compile(rf"[ \t]*{BEGINS}\s*expect:\s*(?P<rules>[A-Z]+\d+(?:\s*,\s*[A-Z]+\d+)*)?[^\n]*")
WORD = "mlrubric:"  # what every comment to this program holds, for a quick look


def sign_for(path: str) -> str:
    """What begins a comment in a file, with a space; "" where none is known."""
    ending = path[path.rfind(".") :] if "." in path.rpartition("/")[2] else ""
    return OF_ENDING.get(ending, "# " if HASHED.search(path) else "")


def rules_in(listed: str | None) -> tuple[str, ...]:
    """The ids of a list between commas."""
    return tuple(filter(None, (item.strip() for item in (listed or "").split(","))))
