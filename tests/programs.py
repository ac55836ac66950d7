"""What the tests of the graph share: small repositories written in the test, and the graph or the calls of them."""

from __future__ import annotations

from collections.abc import Mapping

from mlrubric.graph.build import Picture, build
from mlrubric.graph.layers import LAYERS
from mlrubric.knowledge.catalogue import load_catalogue
from mlrubric.read.drive import read_tree
from mlrubric.source.tree import MemoryTree

Edge = tuple[str, str]


def picture(files: Mapping[str, str], today: str = "") -> Picture:
    """The graph of a repository with these files, on a day."""
    tree = MemoryTree(dict(files))
    return build(list(read_tree(tree, workers=1)), [entry.path for entry in tree.files], load_catalogue(), today=today)


def calls(files: Mapping[str, str]) -> set[Edge]:
    """Who calls whom, by qualified names: all tables of the layer."""
    layer = LAYERS["calls"](picture(files))
    found: set[Edge] = set()
    for table in (layer["calls"], layer["external"], layer["implicit"], layer["handed"]):
        assert isinstance(table, dict)
        found |= {(caller, callee) for caller, callees in table.items() for callee in callees}
    return found
