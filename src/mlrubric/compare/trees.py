"""What differs between two trees."""

from __future__ import annotations

from mlrubric.compare.hunks import Hunk, hunks_of
from mlrubric.source.tree import Tree, text_limit


def differences(base: Tree, head: Tree) -> tuple[dict[str, str | None], list[Hunk]]:
    """The head's text of every file that differs, None where it has none, and all hunks."""
    old, new = ({entry.path: entry.size for entry in tree.files} for tree in (base, head))
    heads: dict[str, str | None] = {}
    hunks: list[Hunk] = []
    for path in sorted(old.keys() | new.keys()):
        if max(old.get(path, 0), new.get(path, 0)) > text_limit(path):
            continue
        was, now = (_bytes(tree, path) if path in sizes else None for tree, sizes in ((base, old), (head, new)))
        if was != now:
            heads[path] = _text(now)
            hunks += hunks_of(path, _text(was), heads[path])
    return heads, hunks


def _bytes(tree: Tree, path: str) -> bytes | None:
    try:
        return tree.read(path)
    except OSError:
        return None


def _text(data: bytes | None) -> str | None:
    return data.decode("utf-8", "surrogateescape") if data is not None else None
