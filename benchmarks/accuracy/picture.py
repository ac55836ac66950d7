"""The graph of one case of a set."""

from __future__ import annotations

import tempfile
from pathlib import Path

from mlrubric.graph.build import Picture, build
from mlrubric.knowledge.catalogue import load_catalogue
from mlrubric.read.drive import read_tree
from mlrubric.source.tree import DiskTree


def picture_of(path: Path) -> Picture:
    """The graph of one case; a notebook is a repository of its own."""
    if path.is_dir():
        tree = DiskTree(path)
        return build(read_tree(tree, workers=1), [entry.path for entry in tree.files], load_catalogue())
    with tempfile.TemporaryDirectory() as folder:
        alone = Path(folder) / path.name
        alone.write_bytes(path.read_bytes())
        return picture_of(Path(folder))
