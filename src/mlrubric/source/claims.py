"""Sentences of a document that say that something is done or holds, with their lines: no plans, wishes, questions or instructions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlrubric.model.documents import Statement
from mlrubric.model.place import Place, Span
from mlrubric.source.document import Document
from mlrubric.source.prose import Text

DOES = re.compile(
    r"\b(is|are|was|were|gets?|been|we|ensures?|guarantees?|monitor\w*|watch(es)?|tracks?|detects?|alerts?|validates?|checks?|"
    r"verif(y|ies)|tests?|requires?|supports?|prevents?|explains?|respects?|outperforms?|compares?|fully|canary)\b",
    re.IGNORECASE,
)
OPEN = re.compile(
    r"\b(to ?do|will|would|should|shall|could|might|may|must|needs? to|plan(s|ned|ning)?|future|next steps?|roadmap|no longer|not|never|"
    r"without|missing|lacks?|wip|coming soon|optional(ly)?|if you|you (can|may|need|want)|how to|ideas?|improvements?|consider|wants?|"
    r"wanted|goals?|aims? to|assignment|exercise|homework|learn(ing)? (how|about)|tbd|for example|e\.g\.|instead of|difference between|"
    r"depends on)\b|n't\b|\?|\[ \]",
    re.IGNORECASE,
)
DECLINED = re.compile(
    r"\b(to ?do|future|next steps?|roadmap|plans?|planned|ideas?|improvements?|limitations?|wish|backlog|tasks?|exercises?|"
    r"propos(al|ed)|extensions?|recommend\w+|best practices?)\b",
    re.IGNORECASE,
)
_LIST = re.compile(r"^[ \t>]*(?:[-*+]|\d+[.)])[ \t]+")
_END = re.compile(r"(?<=[.!?])[ \t]+(?=[^\s])")
_IMAGES = re.compile(r"\[?!\[[^\]]*\]\([^()\s]*\)(?:\]\([^()\s]*\))?")
_MARKS = re.compile(r"\[([^\]]*)\]\([^()\s]*\)|[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}|<[^<>\n]*>")
ORDERS = re.compile(
    r"(?:please |then |now |first,? |finally,? )?(?:write|create|add|use|run|make|build|implement|train|deploy|set|install|ensure|define|"
    r"configure|follow|open|go|see|click|push|pull|clone|commit|update|note|remember|try|start|choose|select|check|test|verify|make|let)\b",
    re.IGNORECASE,
)
MOST, LONGEST = 300, 400


def statements(document: Document, lines: list[str], text: Text, start: int) -> Iterator[Statement]:
    """The sentences, each on the line where it begins."""
    left_out = {number for block in text.blocks for number in range(block.line, block.end_line + 1)}
    headings = {number: section for section in text.sections for number in range(section.line, section.end_line + 1)}
    declined = 0  # the level of a heading below which everything is a plan
    paragraph: list[tuple[int, str]] = []
    count = 0
    for number, line in enumerate([*lines[start:], ""], start + 1):
        section = headings.get(number)
        if section is not None and (not declined or section.level <= declined):
            declined = section.level if DECLINED.search(section.text) else 0
        plain = number in left_out or section is not None or declined or line.lstrip().startswith(("|", "    ", "\t"))
        if plain or not line.strip() or _LIST.match(line):
            for statement in _of_paragraph(document, paragraph):
                count += 1
                if count > MOST:
                    return
                yield statement
            paragraph = []
        if not plain and line.strip():
            paragraph.append((number, line))


def _of_paragraph(document: Document, paragraph: list[tuple[int, str]]) -> Iterator[Statement]:
    if not paragraph or not any(DOES.search(line) for _, line in paragraph):
        return
    pieces: list[tuple[int, str]] = []  # a sentence may go over several lines
    for number, line in paragraph:
        parts = _END.split(_LIST.sub("", line.rstrip()))
        if pieces and not pieces[-1][1].rstrip().endswith((".", "!", "?", ":")):
            pieces[-1] = (pieces[-1][0], f"{pieces[-1][1]} {parts[0].strip()}")
            parts = parts[1:]
        pieces.extend((number, part) for part in parts)
    for number, piece in pieces:
        said = re.sub(r"\s+", " ", _MARKS.sub(r"\1", _IMAGES.sub("", piece))).strip()
        if 8 < len(said) <= LONGEST and not said.endswith(":") and DOES.search(said) and not OPEN.search(said) and not ORDERS.match(said):
            yield Statement(Place(document.path, Span(number), said[:60]), said)
