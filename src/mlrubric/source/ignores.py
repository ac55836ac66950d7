"""The comments of a text that ignore rules: `# mlrubric: ignore[ID, ...] reason`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from mlrubric.model.facts import Ignore

WORD = "mlrubric:"  # what every mark holds, for a quick look
IGNORE = "ignore"
SIGNS = ("#", "//", "<!--", ";", "--")
PROSE = (".md", ".markdown", ".rst")  # they show such comments; their own are those of HTML
MARK = re.compile(r"(#|//|<!--|;|--)\s*mlrubric:\s*([\w-]+)(?:\[([^\]]*)\])?\s*([^\"\\]*)")
OTHERS = ("noqa", "disable", "skip", "ignored")  # how other tools call it
ALIKE = 0.75


def ignores_in(path: str, text: str) -> Iterator[Ignore]:
    """The marks of one file, in order, with those that are nearly one."""
    if WORD not in text:
        return
    prose = path.lower().endswith(PROSE)
    for number, line in enumerate(text.split("\n"), 1):
        found = MARK.search(line) if WORD in line else None
        if found is None or (prose and found[1] != "<!--"):
            continue
        if found[2] == IGNORE or _meant(found[2]):
            rules = tuple(filter(None, (item.strip() for item in (found[3] or "").split(","))))
            reason = found[4].strip().removesuffix("-->").strip()
            alone = line.strip().lstrip('"').startswith(SIGNS)
            word = "" if found[2] == IGNORE else found[2]
            yield Ignore(path, number, () if word else rules, reason, alone, word)


def _meant(word: str) -> bool:
    return word.lower() in OTHERS or SequenceMatcher(None, word.lower(), IGNORE).ratio() >= ALIKE
