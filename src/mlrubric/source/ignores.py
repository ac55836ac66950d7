"""The comments of a text that ignore rules: `# mlrubric: ignore[ID, ...] reason`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from mlrubric.model.facts import Ignore
from mlrubric.source.comments import BEGINS, SIGNS, WORD, rules_in

IGNORE = "ignore"
PROSE = (".md", ".markdown", ".rst")  # they show such comments; their own are those of HTML
MARK = re.compile(rf"(?P<sign>{BEGINS})\s*mlrubric:\s*(?P<word>[\w-]+)(?:\[(?P<rules>[^\]]*)\])?\s*(?P<reason>[^\"\\]*)")
OTHERS = ("noqa", "disable", "skip", "ignored")  # how other tools call it
ALIKE = 0.75


def ignores_in(path: str, text: str) -> Iterator[Ignore]:
    """The marks of one file, in order, with those that are nearly one."""
    if WORD not in text:
        return
    prose = path.lower().endswith(PROSE)
    for number, line in enumerate(text.split("\n"), 1):
        found = MARK.search(line) if WORD in line else None
        if found is None or (prose and found["sign"] != "<!--"):
            continue
        if found["word"] == IGNORE or _meant(found["word"]):
            reason = found["reason"].strip().removesuffix("-->").strip()
            alone = line.strip().lstrip('"').startswith(SIGNS)
            word = "" if found["word"] == IGNORE else found["word"]
            yield Ignore(path, number, () if word else rules_in(found["rules"]), reason, alone, word)


def _meant(word: str) -> bool:
    return word.lower() in OTHERS or SequenceMatcher(None, word.lower(), IGNORE).ratio() >= ALIKE
