"""`init`: what it writes is valid as it is and when its marks are taken away, and nothing of somebody else is written over."""

from __future__ import annotations

import re
import shutil
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from mlrubric.analyze import analyze
from mlrubric.cli import main
from mlrubric.config import Settings, read_settings

REPOSITORIES = Path(__file__).parents[1] / "fixtures" / "repos"
SETTING = re.compile(r"^# (?=(\"?[\w./*-]+\"? = |\[))", re.MULTILINE)


@pytest.fixture
def bikes(tmp_path: Path) -> Path:
    return Path(shutil.copytree(REPOSITORIES / "level1-bikes", tmp_path / "bikes"))


def test_what_it_writes_changes_nothing(tmp_path: Path) -> None:
    assert main(["init", str(tmp_path)]) == 0
    written = tmp_path / "mlrubric.toml"
    assert read_settings(tmp_path) == Settings(source=str(written))
    assert max(map(len, written.read_text(encoding="utf-8").split("\n"))) <= 112


def test_every_setting_is_valid_when_its_mark_is_taken_away(tmp_path: Path) -> None:
    assert main(["init", str(tmp_path)]) == 0
    (tmp_path / "organisation").mkdir()
    (tmp_path / "organisation" / "mlrubric.toml").write_text('persona = "auditor"\n', encoding="utf-8")
    written = tmp_path / "here" / "mlrubric.toml"
    written.parent.mkdir()
    written.write_text(SETTING.sub("", (tmp_path / "mlrubric.toml").read_text(encoding="utf-8")), encoding="utf-8")
    settings = read_settings(written.parent)
    assert (settings.persona, settings.fail_under, settings.ignore) == ("regular", 1.0, ("NB", "SEED003"))
    assert settings.members == ((tmp_path / "serving").resolve(),) and settings.policy == Settings().policy


def test_a_table_for_pyproject(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(tmp_path), "--stdout"]) == 0
    assert not list(tmp_path.iterdir())
    text = capsys.readouterr().out
    assert tomllib.loads(text) == {"tool": {"mlrubric": {"rules": "2026.1"}}}
    (tmp_path / "pyproject.toml").write_text(SETTING.sub("", text).replace('extends = "../', '# "'), encoding="utf-8")
    assert read_settings(tmp_path).fail_on == "error"


def test_nothing_is_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = tmp_path / "mlrubric.toml"
    own.write_text('persona = "auditor"\n', encoding="utf-8")
    assert main(["init", str(tmp_path)]) == 2
    assert "is there" in capsys.readouterr().err and own.read_text(encoding="utf-8") == 'persona = "auditor"\n'
    assert main(["init", str(tmp_path), "--force"]) == 0
    assert read_settings(tmp_path).persona == "regular"


def test_a_table_in_pyproject_is_not_put_out_of_force(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.mlrubric]\npersona = "auditor"\n', encoding="utf-8")
    assert main(["init", str(tmp_path)]) == 2
    assert "out of force" in capsys.readouterr().err and not (tmp_path / "mlrubric.toml").exists()


def drafted(root: Path) -> list[str]:
    text = (root / "mlrubric.toml").read_text(encoding="utf-8")
    return re.findall(r'^# test = "(.*)"$', text, re.MULTILINE)


def test_drafts_of_what_is_not_shown(bikes: Path) -> None:
    assert main(["init", str(bikes), "--attest", "--as-of", "2026-11-01"]) == 0
    before = analyze(bikes, Settings(exclude=("mlrubric.toml",))).report
    wanted = {test.id for test in before.tests if test.status == "not_visible"} | {"data-6", "model-2"}
    assert wanted <= set(drafted(bikes))
    shown = {test.id for test in before.tests if test.status == "automated"}
    assert shown and not shown & set(drafted(bikes))
    assert not read_settings(bikes).attest  # all of it is commented out
    assert [test.credit for test in analyze(bikes, read_settings(bikes)).report.tests] == [test.credit for test in before.tests]


def test_a_draft_that_is_not_filled_in_is_refused(bikes: Path) -> None:
    main(["init", str(bikes), "--attest", "--as-of", "2026-11-01"])
    names, path = drafted(bikes), bikes / "mlrubric.toml"
    head, _, drafts = path.read_text(encoding="utf-8").partition("# Drafts")
    path.write_text(f"{head}# Drafts{SETTING.sub('', drafts)}", encoding="utf-8")
    settings = read_settings(bikes)
    assert [entry.test for entry in settings.attest] == names
    found = analyze(bikes, replace(settings, as_of="2026-11-01")).report
    refused = [finding for finding in found.findings if finding.rule == "ATT001"]
    assert [finding.tests[0] for finding in refused] == names and all("`owner`" in finding.message for finding in refused)
    assert found.score.attested == found.score.observed


def test_what_is_attested_is_not_drafted_again(bikes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (bikes / "mlrubric.toml").write_text('[[attest]]\ntest = "data-6"\nstatus = "manual"\n', encoding="utf-8")
    assert main(["init", str(bikes), "--attest", "--stdout"]) == 0
    text = capsys.readouterr().out
    assert '# test = "data-6"' not in text and '# test = "model-2"' in text and "[[tool.mlrubric.attest]]" in text
