"""A tree with some files' texts replaced: what open editors hold instead of the disk."""

from __future__ import annotations

from collections.abc import Mapping

from mlrubric.source.tree import FileEntry, Notices, Tree


class OverlayTree:
    """Another tree, with `texts` in the place of, or beside, its files."""

    def __init__(self, tree: Tree, texts: Mapping[str, str]) -> None:
        self._tree = tree
        self._texts = {path: text.encode("utf-8", "surrogatepass") for path, text in texts.items()}
        sizes = {entry.path: entry.size for entry in tree.files} | {path: len(data) for path, data in self._texts.items()}
        self.files = tuple(FileEntry(path, sizes[path]) for path in sorted(sizes))
        self.notices: Notices = tree.notices
        self.commit: str | None = tree.commit
        self.commit_date: str | None = tree.commit_date
        self.tracked: frozenset[str] | None = tree.tracked
        self.doubtful: frozenset[str] = tree.doubtful

    def read(self, path: str) -> bytes:
        return self._texts[path] if path in self._texts else self._tree.read(path)
