"""How one sees that a document is about the rubric itself: what somebody gave the repository by hand is no result of a check."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mlrubric.model.documents import Heading

SELF_SCORED = re.compile(r"(?<![a-z])(?:ml|machine[ _-]?learning)[ _-]?test[ _-]?scores?(?![a-z])|test[ _-]score[ _-]rubric", re.IGNORECASE)


def results_only(headings: Iterable[tuple[str, Heading]]) -> Iterator[tuple[str, Heading]]:
    """Parts of documents, without those in which the rubric is filled in: a document named after it, a heading with what is below it."""
    inside: tuple[str, int] | None = None
    for path, heading in headings:
        if inside is not None and (path != inside[0] or heading.level <= inside[1]):
            inside = None
        if inside is None and (SELF_SCORED.search(heading.text) or SELF_SCORED.search(path.rpartition("/")[2])):
            inside = path, heading.level
        if inside is None:
            yield path, heading
