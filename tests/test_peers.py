"""The table of the peers: complete, every id of ours exists, the page is fresh.

`MLRUBRIC_REGENERATE=1 pytest tests/test_peers.py -k fresh` (`make pages`) writes the page anew.
"""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path
from typing import Any

import pytest

from mlrubric.graph.build import build
from mlrubric.knowledge.catalogue import load_catalogue
from mlrubric.knowledge.location import rules_directory
from mlrubric.read.drive import read_tree
from mlrubric.report.peer_book import peers_page
from mlrubric.rules.judge import PERSONAS, findings
from mlrubric.rules.load import load_rules
from mlrubric.rules.peers import load_peers, peers_of, unknown
from mlrubric.rules.rule import RuleError
from mlrubric.source.tree import MemoryTree

PAGE = Path(__file__).resolve().parent.parent / "docs" / "peers.md"
PEERS = load_peers(check=True)
HEAD = '[peer]\nname = "x"\nversion = "1"\nsource = "https://x.example"\nreads = "files"\nrules = 2\n'
ROW = '[[rule]]\nid = "{id}"\nsays = "s"\n{rest}\n'


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.id)
def test_every_rule_of_ours_exists(peer: object) -> None:
    assert not unknown(peer, load_rules())  # type: ignore[arg-type]


def settled(text: str) -> str:
    """A table in which no row waits for a rule that is there: `why_not = "WAITS: ID"` and `# waits: ID` behind `ours` name what comes."""
    lines: list[str] = []
    for line in text.split("\n"):
        if line.startswith("# waits: ") and lines[-1].startswith("ours = "):
            ids = [*tomllib.loads(lines.pop())["ours"], *line.removeprefix("# waits: ").split()]
        elif line.startswith('why_not = "WAITS: '):
            ids = line.removeprefix('why_not = "WAITS: ').rstrip('"').split()
        else:
            lines.append(line)
            continue
        there = [one for one in ids if load_rules().find(one) is not None]
        waiting = " ".join(one for one in ids if one not in there)
        lines += (
            [f"ours = {json.dumps(there)}", *([f"# waits: {waiting}"] if waiting else [])] if there else [f'why_not = "WAITS: {waiting}"']
        )
    return "\n".join(lines)


def test_tables_are_fresh() -> None:
    for file in sorted((rules_directory() / "peers").glob("*.toml")):
        text = settled(file.read_text(encoding="utf-8"))
        if os.environ.get("MLRUBRIC_REGENERATE"):
            file.write_text(text, encoding="utf-8", newline="\n")
        assert file.read_text(encoding="utf-8") == text, "run `make pages`"


def test_page_is_fresh() -> None:
    text = peers_page(load_peers(), load_rules())
    if os.environ.get("MLRUBRIC_REGENERATE"):
        PAGE.write_text(text, encoding="utf-8", newline="\n")
    assert PAGE.read_text(encoding="utf-8") == text, "run `make pages`"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([('a', 'ours = ["PD001"]')], "has 2 rules, and 1 are listed"),
        ([('a', 'ours = ["PD001"]'), ('a', 'why_not = "w"')], "listed twice: a"),
        ([('a', 'ours = ["PD001"]'), ('b', '')], "either"),
        ([('a', 'ours = ["PD001"]'), ('b', 'ours = ["PD001"]\nwhy_not = "w"')], "either"),
    ],
)  # fmt: skip
def test_a_table_that_is_not_whole_is_refused(tmp_path: Path, rows: list[tuple[str, str]], said: str) -> None:
    (tmp_path / "peers").mkdir()
    text = HEAD + "".join(ROW.format(id=name, rest=rest) for name, rest in rows)
    (tmp_path / "peers" / "x.toml").write_text(text, encoding="utf-8")
    with pytest.raises(RuleError, match=said):
        load_peers(tmp_path)


def test_ids_that_the_book_does_not_have(tmp_path: Path) -> None:
    (tmp_path / "peers").mkdir()
    text = HEAD + ROW.format(id="a", rest='ours = ["PD001", "XX999"]') + ROW.format(id="b", rest='ours = ["infra-3"]')
    (tmp_path / "peers" / "x.toml").write_text(text, encoding="utf-8")
    (peer,) = load_peers(tmp_path)
    assert unknown(peer, load_rules()) == ["XX999"]
    assert [theirs.id for _, theirs in peers_of((peer,), "PD001")] == ["a"]


EXAMPLES = [
    one
    for file in sorted((PAGE.parent.parent / "fixtures" / "peers").glob("*.toml"))
    for one in tomllib.loads(file.read_text(encoding="utf-8"))["example"]
]


def speaking(files: str | dict[str, Any], ids: set[str]) -> set[str]:
    """Which of these rules speak of some files, for the persona that hears most; a large file is a text and how many `times`."""
    several = {"example.py": files} if isinstance(files, str) else files
    tree = MemoryTree({name: one if isinstance(one, str) else one["text"] * one["times"] for name, one in several.items()})
    picture = build(list(read_tree(tree, workers=1)), [entry.path for entry in tree.files], load_catalogue())
    return {one.rule for one in findings(picture, [rule for rule in load_rules().rules if rule.id in ids], PERSONAS[-1])}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["title"])
def test_what_a_peer_finds_is_found(example: dict[str, Any]) -> None:
    rules = {f"{peer.id}:{rule.id}": rule for peer in PEERS for rule in peer.rules}
    ours = {name: set(rules[name].ours) for name in example["of"] if rules[name].ours}
    ids = {one for found in ours.values() for one in found}
    bad = speaking(example["bad"], ids)
    silent = sorted(name for name, wanted in ours.items() if not wanted & bad)
    assert not silent, f"nothing speaks for {silent}; {sorted(bad)} do"
    assert not speaking(example["good"], ids), "the clean twin"


def test_every_rule_that_is_said_to_be_here_has_an_example() -> None:
    shown = {name for example in EXAMPLES for name in example["of"]}
    rules = {rule.id for rule in load_rules().rules}
    peers = {name.partition(":")[0] for name in shown}
    lacking = {f"{peer.id}:{rule.id}" for peer in PEERS if peer.id in peers for rule in peer.rules if rules & set(rule.ours)} - shown
    assert not lacking
