"""Data that lies in the repository itself: its size decides, and what a pointer or a rule of LFS covers is fine."""

from __future__ import annotations

from pathlib import Path

from mlrubric.graph.build import build
from mlrubric.knowledge.catalogue import load_catalogue
from mlrubric.read.drive import read_tree
from mlrubric.rules.judge import findings
from mlrubric.rules.load import load_rules
from mlrubric.rules.rule import Rule
from mlrubric.source.tree import DiskTree

SMALL, LARGE = 4_900_000, 5_100_000


def raw(root: Path) -> list[str]:
    rule = load_rules().find("DATA014")
    assert isinstance(rule, Rule)
    tree = DiskTree(root)
    picture = build(list(read_tree(tree)), [entry.path for entry in tree.files], load_catalogue())
    return [f"{one.place.path}: {one.message}" for one in findings(picture, [rule])]


def write(path: Path, size: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.truncate(size)


def test_only_large_files_of_data_are_named(tmp_path: Path) -> None:
    write(tmp_path / "data" / "rows.csv", LARGE)
    write(tmp_path / "data" / "few.csv", SMALL)
    write(tmp_path / "film.mp4", LARGE)
    found = raw(tmp_path)
    assert len(found) == 1 and found[0].startswith("data/rows.csv: `data/rows.csv` (5 MB)"), found


def test_a_rule_of_lfs_covers_them(tmp_path: Path) -> None:
    write(tmp_path / "data" / "rows.csv", LARGE)
    (tmp_path / ".gitattributes").write_text("*.csv filter=lfs diff=lfs merge=lfs -text\n", encoding="utf-8")
    assert not raw(tmp_path)
