"""The changes between two trees, hunk by hunk, and the text of the head with some of them taken back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches

LONG = 3_000  # lines of a file from which lines that occur often are no anchors: comparing would take too long
TOKENS = re.compile(r"\s+|[\w.\-/]+|.")
SHOWN = 60
COMMENT = re.compile(r"\s*(#|//|$)")


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines `old` of the base from line `old_line` (counted from 1) that became `new` of the head from `new_line`. `whole`: the file is
    only in one of the two."""

    path: str
    old_line: int
    old: tuple[str, ...]
    new_line: int
    new: tuple[str, ...]
    whole: bool = False

    def holds(self, path: str, line: int, side: str) -> bool:
        """Whether a line of the head or the base is one of those that changed."""
        first, lines = (self.new_line, self.new) if side == "head" else (self.old_line, self.old)
        return path == self.path and first <= line < first + len(lines)


def hunks_of(path: str, base: str | None, head: str | None) -> list[Hunk]:
    """The hunks of one file; None stands for a file that is not there."""
    old, new = (tuple(text.split("\n")) if text is not None else () for text in (base, head))
    if base is None or head is None:
        return [Hunk(path, 1, old, 1, new, whole=True)]
    matcher = SequenceMatcher(None, old, new, autojunk=len(old) + len(new) > LONG)
    return [Hunk(path, i1 + 1, old[i1:i2], j1 + 1, new[j1:j2]) for tag, i1, i2, j1, j2 in matcher.get_opcodes() if tag != "equal"]


def taken_back(hunks: Iterable[Hunk], heads: Mapping[str, str | None]) -> dict[str, str | None]:
    """The texts of the head with these hunks taken back."""
    texts: dict[str, str | None] = {}
    for hunk in sorted(hunks, key=lambda one: (one.path, -one.new_line, -one.old_line)):
        text = texts.get(hunk.path, heads[hunk.path])
        if hunk.whole:
            texts[hunk.path] = "\n".join(hunk.old) if hunk.old else None
        elif text is not None:
            lines = text.split("\n")
            lines[hunk.new_line - 1 : hunk.new_line - 1 + len(hunk.new)] = hunk.old
            texts[hunk.path] = "\n".join(lines)
    return texts


def told(hunk: Hunk, near: int | None) -> tuple[int, str, str]:
    """Line, side ("head" or "base") and words for a hunk; `near` is the line of the head that matters, if one is known."""
    if hunk.whole:
        return (1, "head", "the file was added") if hunk.new else (1, "base", "the file was deleted")
    if not hunk.new:
        first = _telling(hunk.old)
        return hunk.old_line + first, "base", f"`{_cut(hunk.old[first])}` removed{_more(hunk.old)}"
    index = near - hunk.new_line if near is not None and 0 <= near - hunk.new_line < len(hunk.new) else None
    if not hunk.old:
        index = _telling(hunk.new) if index is None or COMMENT.match(hunk.new[index]) else index
        return hunk.new_line + index, "head", f"`{_cut(hunk.new[index])}` added{_more(hunk.new)}"
    return _replaced(hunk, index)


def _replaced(hunk: Hunk, index: int | None) -> tuple[int, str, str]:
    """Of lines that took the place of others: the one that matters with the words in which it differs from its nearest ancestor."""
    order = [index] if index is not None else [i for i, line in enumerate(hunk.new) if not COMMENT.match(line)] or [0]
    for at in order:
        ancestors = get_close_matches(hunk.new[at], hunk.old, 1, 0.5)
        if not ancestors:
            continue
        if ancestors[0] == hunk.new[at]:
            continue
        return hunk.new_line + at, "head", _difference(ancestors[0], hunk.new[at])
    at = order[0]
    was = _cut(hunk.old[_telling(hunk.old)])
    return hunk.new_line + at, "head", f"`{was}` became `{_cut(hunk.new[at])}`{_more(hunk.new)}"


def _difference(old: str, new: str) -> str:
    before, after = TOKENS.findall(old), TOKENS.findall(new)
    changes = [op for op in SequenceMatcher(None, before, after, autojunk=False).get_opcodes() if op[0] != "equal"]
    taken = "".join(before[changes[0][1] : changes[-1][2]]).strip()
    put = "".join(after[changes[0][3] : changes[-1][4]]).strip()
    if put and all(tag == "insert" for tag, *_ in changes):
        return f"`{_cut(put)}` added"
    if taken and all(tag == "delete" for tag, *_ in changes):
        return f"`{_cut(taken)}` removed"
    return f"`{_cut(taken)}` became `{_cut(put)}`" if taken and put else f"`{_cut(old)}` became `{_cut(new)}`"


def _telling(lines: tuple[str, ...]) -> int:
    return next((i for i, line in enumerate(lines) if not COMMENT.match(line)), 0)


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _more(lines: tuple[str, ...]) -> str:
    left = sum(1 for line in lines if line.strip()) - 1
    return f" with {left} more {'line' if left == 1 else 'lines'}" if left > 0 else ""
