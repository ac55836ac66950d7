"""The comments of a text that ignore rules: `# mlrubric: ignore[ID, ...] reason`."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.facts import Ignore
from mlrubric.source.comments import IGNORE, SIGNS, WORD, rules_in


def ignores_in(path: str, text: str) -> Iterator[Ignore]:
    """The marks of one file, in order."""
    if WORD not in text:
        return
    for number, line in enumerate(text.split("\n"), 1):
        found = IGNORE.search(line) if WORD in line else None
        if found is not None:
            reason = found["reason"].strip().removesuffix("-->").strip()
            yield Ignore(path, number, rules_in(found["rules"]), reason, line.strip().lstrip('"').startswith(SIGNS))
