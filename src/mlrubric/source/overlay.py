"""A tree with some files' texts replaced: what open editors hold instead of the disk, or what a change would make of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from mlrubric.source.history import Reviews
from mlrubric.source.tree import FileEntry, Notices, Tree


class OverlayTree:
    """Another tree, with `texts` in the place of, or beside, its files; a file whose text is None is not there."""

    def __init__(self, tree: Tree, texts: Mapping[str, str | bytes | None]) -> None:
        self._tree = tree
        self._texts = {path: _encoded(text) if isinstance(text, str) else text for path, text in texts.items() if text is not None}
        self._gone = frozenset(path for path, text in texts.items() if text is None)
        kept = {entry.path: entry.size for entry in tree.files if entry.path not in self._gone}
        sizes = kept | {path: len(data) for path, data in self._texts.items()}
        self.files = tuple(FileEntry(path, sizes[path]) for path in sorted(sizes))
        self.notices: Notices = tree.notices
        self.commit: str | None = tree.commit
        self.commit_date: str | None = tree.commit_date
        self.tracked: frozenset[str] | None = tree.tracked
        self.doubtful: frozenset[str] = tree.doubtful
        self.whole = tree.whole

    @property
    def authors(self) -> frozenset[str] | None:
        return self._tree.authors

    def changed(self, path: str) -> str | None:
        return None if path in self._texts else self._tree.changed(path)

    def reviews(self, paths: Collection[str]) -> Reviews | None:
        return self._tree.reviews(paths)

    def read(self, path: str) -> bytes:
        if path in self._gone:
            raise FileNotFoundError(path)
        return self._texts[path] if path in self._texts else self._tree.read(path)


def _encoded(text: str) -> bytes:
    """As it was read (undecodable bytes are surrogates), or, from an editor, with whatever surrogates it holds."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
