"""The comments of a text that ignore rules: `# mlrubric: ignore[ID, ...] reason`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlrubric.model.facts import Ignore

WORD = "mlrubric:"  # what every mark holds, for a quick look
MARK = re.compile(r"(?:#|//|<!--|;|--)\s*mlrubric:\s*ignore(?:\[([^\]]*)\])?\s*([^\"\\]*)")
SIGNS = ("#", "//", "<!--", ";", "--")


def ignores_in(path: str, text: str) -> Iterator[Ignore]:
    """The marks of one file, in order."""
    if WORD not in text:
        return
    for number, line in enumerate(text.split("\n"), 1):
        found = MARK.search(line) if WORD in line else None
        if found is not None:
            rules = tuple(filter(None, (item.strip() for item in (found[1] or "").split(","))))
            reason = found[2].strip().removesuffix("-->").strip()
            yield Ignore(path, number, rules, reason, line.strip().lstrip('"').startswith(SIGNS))
