"""The pages of the 28 tests and of the capabilities (docs/tests, docs/levels) say what the rule book says, with every status.

`MLRUBRIC_REGENERATE=1 pytest tests/test_pages.py -k fresh` (`make pages`) writes them anew.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest

from mlrubric.cli import main
from mlrubric.report.cards import Card, cards_of
from mlrubric.report.pages import Example, index, page
from mlrubric.rules.load import load_rules

ROOT = Path(__file__).parents[1]
CARDS = cards_of(load_rules())
FOLDERS = {
    "tests": ("The 28 tests", [card for card in CARDS.values() if card.kind == "test"]),
    "levels": ("The capabilities", [card for card in CARDS.values() if card.kind == "capability"]),
}


def examples(card: Card) -> list[Example]:
    """The fixtures of a test, in the order of its statuses."""
    order = [status.name for status in card.statuses]
    found = []
    for file in sorted((ROOT / "fixtures" / "tests" / card.id).glob("*/expected.toml")):
        expected = tomllib.loads(file.read_text(encoding="utf-8"))
        folder = file.parent.relative_to(ROOT).as_posix()
        found.append(Example(folder, expected["status"], expected.get("condition", ""), expected.get("why", "")))
    return sorted(found, key=lambda one: (order.index(one.status), one.condition, one.folder))


def written() -> dict[Path, str]:
    pages: dict[Path, str] = {}
    for name, (title, cards) in FOLDERS.items():
        folder = ROOT / "docs" / name
        pages[folder / "README.md"] = index(title, cards)
        pages |= {folder / f"{card.id}.md": page(card, CARDS, examples(card)) for card in cards}
    return pages


def test_pages_are_fresh() -> None:
    pages = written()
    if os.environ.get("MLRUBRIC_REGENERATE"):
        for file, text in pages.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")
    there = {file for name in FOLDERS for file in (ROOT / "docs" / name).glob("*.md")}
    assert there == set(pages)
    stale = [file.name for file, text in pages.items() if file.read_text(encoding="utf-8") != text]
    assert not stale, "run `make pages`"


@pytest.mark.parametrize("card", [card for _, cards in FOLDERS.values() for card in cards], ids=lambda card: card.id)
def test_every_status_is_explained(card: Card, capsys: pytest.CaptureFixture[str]) -> None:
    assert [status.name for status in card.statuses] == [s.name for s in card.statuses if all(way.strip() for way in s.when) and s.when]
    assert main(["explain", card.id]) == 0
    printed = capsys.readouterr().out
    assert all(status.name.replace("_", " ") in printed for status in card.statuses)


def test_a_fixture_shows_no_status_that_its_page_does_not_know() -> None:
    for card in FOLDERS["tests"][1]:
        known = {status.name for status in card.statuses}
        assert {one.status for one in examples(card)} <= known, card.id
