"""What an install command asks for, in one set of option names whatever the installer is."""

from __future__ import annotations

import re

_NAMES = {
    "-r": "requirements", "--requirement": "requirements", "--requirements": "requirements", "--file": "requirements", "-f": "requirements",
    "-c": "constraints", "--constraint": "constraints", "-e": "editable", "--editable": "editable",
    "-E": "extra", "--extra": "extra", "--extras": "extra", "-G": "group", "--group": "group", "--with": "group", "--only": "group",
    "--no-group": "without", "--without": "without",
}  # fmt: skip
_PATH = re.compile(r"(?P<path>\.{1,2}(?:/[^\[]*)?|[^\[]*/[^\[]*)(?:\[(?P<extras>[^\]]*)\])?")


def install_options(options: tuple[tuple[str, str], ...], words: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Options renamed; `.[dev]` becomes `project` with its `extra`; further words are `package`."""
    found: list[tuple[str, str]] = []
    for name, value in options:
        known = _NAMES.get(name, name)
        if known == "editable":
            found.append(("editable", value))
            found.extend(_word(value))
        elif known in ("extra", "group", "without"):
            found.extend((known, part) for part in re.split(r"[\s,]+", value) if part)
        else:
            found.append((known, value))
    for word in words:
        found.extend(_word(word))
    return tuple(found)


def _word(word: str) -> list[tuple[str, str]]:
    local = _PATH.fullmatch(word) if "://" not in word and "@" not in word else None
    if local is None:
        return [("package", word)]
    extras = [("extra", extra.strip()) for extra in (local["extras"] or "").split(",") if extra.strip()]
    return [("project", local["path"]), *extras]
