"""The table of the peers: complete, every id of ours exists, the page is fresh.

`MLRUBRIC_REGENERATE=1 pytest tests/test_peers.py -k fresh` (`make pages`) writes the page anew.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mlrubric.report.peer_book import peers_page
from mlrubric.rules.load import load_rules
from mlrubric.rules.peers import load_peers, peers_of, unknown
from mlrubric.rules.rule import RuleError

PAGE = Path(__file__).resolve().parent.parent / "docs" / "peers.md"
PEERS = load_peers(check=True)
HEAD = '[peer]\nname = "x"\nversion = "1"\nsource = "https://x.example"\nreads = "files"\nrules = 2\n'
ROW = '[[rule]]\nid = "{id}"\nsays = "s"\n{rest}\n'


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.id)
def test_every_rule_of_ours_exists(peer: object) -> None:
    assert not unknown(peer, load_rules())  # type: ignore[arg-type]


def test_page_is_fresh() -> None:
    text = peers_page(PEERS, load_rules())
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
