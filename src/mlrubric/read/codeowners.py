"""CODEOWNERS: who must approve a change of which files."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlrubric.model.facts import Fact, Owner, Unreadable
from mlrubric.model.place import Span
from mlrubric.source.document import Document

FORMAT = "codeowners"
_WORD = re.compile(r"(?:\\.|[^\s\\])+")
_OWNER = re.compile(r"^(?:@{1,2}[\w.-]+(?:/[\w./-]+)?|[^\s@]+@[^\s@]+\.[^\s@]+)$")
_SECTION = re.compile(r"^(?P<optional>\^?)\[(?P<name>[^\]]+)\](?:\[\d+\])?(?P<owners>(?:\s+\S+)*)\s*$")


def accepts(path: str) -> bool:
    return path in ("CODEOWNERS", ".github/CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")


def read(document: Document) -> Iterator[Fact]:
    section, optional, usual = "", False, ()
    for number, line in enumerate(document.lines(), 1):
        text = re.sub(r"(?:^|(?<=\s))#.*$", "", line).rstrip()
        opened = _SECTION.match(text.strip())
        if opened is not None:  # of GitLab
            section, optional, usual = opened["name"].lower(), bool(opened["optional"]), tuple(opened["owners"].split())
        if not text.strip() or opened is not None:
            continue
        words = list(_WORD.finditer(text))
        if not words:
            yield Unreadable(document.place(Span(number)), FORMAT, "no pattern: a lone backslash")
            continue
        first, *rest = words
        place = document.place(Span(number, first.start() + 1, number, len(text) + 1), first.group())
        owners = tuple(word.group() for word in rest)
        wrong = [owner for owner in owners if not _OWNER.match(owner)]
        if first.group().startswith("!"):
            yield Unreadable(place, FORMAT, "a pattern with `!` is not allowed here: the line has no effect")
        elif wrong:
            yield Unreadable(place, FORMAT, f"`{wrong[0]}` is neither @user, @group/team nor an e-mail address: the line has no effect")
        else:
            yield Owner(place, first.group().replace("\\ ", " "), owners or usual, section, optional)
