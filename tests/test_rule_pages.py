"""The pages of the rules (docs/rules) say what the rule book says; `explain` prints the same.

`MLRUBRIC_REGENERATE=1 pytest tests/test_rule_pages.py -k fresh` (`make pages`) writes them anew.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from mlrubric.cli import main
from mlrubric.report.cards import cards_of
from mlrubric.report.rule_pages import rule_index, rule_page
from mlrubric.rules.load import load_rules
from mlrubric.rules.peers import load_peers

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "rules"
CARDS = cards_of(load_rules())
RULES = [card for card in CARDS.values() if card.kind == "rule"]
TESTS = [card for card in CARDS.values() if card.kind == "test"]
PEERS = load_peers()
PLACE = "https://example.org/docs/rules"
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")


def written() -> dict[Path, str]:
    pages = {FOLDER / "README.md": rule_index(RULES, TESTS, PEERS)}
    for card in RULES:
        fixtures = f"fixtures/rules/{card.id}"
        pages[FOLDER / f"{card.id}.md"] = rule_page(card, CARDS, PEERS, fixtures if (ROOT / fixtures).is_dir() else "")
    return pages


def test_pages_of_rules_are_fresh() -> None:
    pages = written()
    if os.environ.get("MLRUBRIC_REGENERATE"):
        FOLDER.mkdir(parents=True, exist_ok=True)
        for file in set(FOLDER.glob("*.md")) - pages.keys():
            file.unlink()
        for file, text in pages.items():
            file.write_text(text, encoding="utf-8", newline="\n")
    assert set(FOLDER.glob("*.md")) == set(pages)
    stale = [file.name for file, text in pages.items() if file.read_text(encoding="utf-8") != text]
    assert not stale, "run `make pages`"


def test_the_index_finds_every_rule_and_every_link_leads_somewhere() -> None:
    pages = written()
    index = pages[FOLDER / "README.md"]
    assert all(f"[{card.id}]({card.id}.md)" in index for card in RULES)
    for file, text in pages.items():
        prose = re.sub(r"(`{3,}).*?\n\1", "", text, flags=re.DOTALL)
        dead = [link for link in LINK.findall(prose) if not link.startswith("http") and not (file.parent / link).resolve().exists()]
        assert not dead, f"{file.name}: {dead}"


@pytest.mark.parametrize("part", ["variants", "fixes", "shown", "peers"])
def test_explain_says_all_that_the_page_says(part: str, capsys: pytest.CaptureFixture[str]) -> None:
    """For the first rule that has such a part."""
    named = {one for peer in PEERS for rule in peer.rules for one in rule.ours}
    card = next(card for card in RULES if (card.id in named if part == "peers" else getattr(card, part)))
    assert main(["explain", card.id]) == 0
    printed = capsys.readouterr().out
    words = {"variants": "Milder and graver forms", "fixes": "\nFix\n", "shown": "Example, bad: ", "peers": "Stands for"}
    assert words[part] in printed
    assert all(heading in printed for heading in ("Why", "What is seen", "What is not seen", "What to do", "Bad", "Good"))


def test_findings_link_to_the_pages_that_somebody_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "requirements.txt").write_text("pandas>=2\n")
    for place in ("", PLACE, f"{PLACE}/"):
        monkeypatch.setenv("MLRUBRIC_PAGES", place)
        main(["check", str(tmp_path), "--output-format", "sarif"])
        [run] = json.loads(capsys.readouterr().out)["runs"]
        links = {rule["id"]: rule.get("helpUri") for rule in run["tool"]["driver"]["rules"]}
        assert links == ({name: f"{PLACE}/{name}.md" for name in links} if place else dict.fromkeys(links))
        main(["check", str(tmp_path), "--output-format", "rdjson"])
        codes = [one["code"] for one in json.loads(capsys.readouterr().out)["diagnostics"]]
        assert codes and all(code.get("url") == (f"{PLACE}/{code['value']}.md" if place else None) for code in codes)
        for form, link in (("markdown", "[`ENV001`]({})"), ("html", '<a href="{}">ENV001</a>')):
            main(["check", str(tmp_path), "--output-format", form])
            assert (link.format(f"{PLACE}/ENV001.md") in capsys.readouterr().out) is bool(place)
