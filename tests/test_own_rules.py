"""Rule files of one's own beside the pinned book: they are held against the schema, judged, explained, and their examples run."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mlrubric import RULES_VERSION, RULES_VERSIONS
from mlrubric.cli import main
from mlrubric.config import ConfigError, Settings, read_settings
from mlrubric.rules import own
from mlrubric.rules.load import load_rules
from mlrubric.rules.own import book_of, chosen, retired
from mlrubric.rules.rule import RuleError

RULE = """\
id = "OWN001"
name = "table-from-the-old-warehouse"
tests = ["infra-1"]
severity = "warning"
confidence = "high"
message = "`{api}` reads {@source}, which is switched off in May"

[match]
role = "data.read"
where = { "@source" = { matches = "^/mnt/old/" } }

[docs]
why = "The old warehouse goes."
do = "Read the new one."
sees = "Reads below `/mnt/old`."
misses = "Paths from the environment."
bad = "pd.read_csv('/mnt/old/a.csv')"
good = "pd.read_csv('/mnt/new/a.csv')"

[[example]]
file = "train.py"
bad = '''
import pandas as pd

frame = pd.read_csv("/mnt/old/a.csv")  # expect: OWN001
'''
good = '''
import pandas as pd

frame = pd.read_csv("/mnt/new/a.csv")
'''
"""
PROGRAM = 'import pandas as pd\n\nframe = pd.read_csv("/mnt/old/a.csv")\n'
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: object) -> tuple[int, str, str]:
        status = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return call


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a rule of its own and a line that breaks it."""
    (tmp_path / "rules" / "data").mkdir(parents=True)
    (tmp_path / "rules" / "data" / "OWN001-old.toml").write_text(RULE)
    (tmp_path / "mlrubric.toml").write_text(f'rules = ["{RULES_VERSION}", "./rules"]\n')
    (tmp_path / "train.py").write_text(PROGRAM)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def edited(project: Path, old: str, new: str) -> Path:
    path = project / "rules" / "data" / "OWN001-old.toml"
    assert old in RULE
    path.write_text(RULE.replace(old, new, 1))
    return path


# ---- judged, explained, listed -----------------------------------------------------------------------------------


def test_an_own_rule_finds_beside_the_book(run: Run, project: Path) -> None:
    status, out, _ = run("check", ".", "--output-format", "json")
    found = {(one["rule"], one["file"], one["line"]) for one in json.loads(out)["findings"]}
    assert status == 0 and ("OWN001", "train.py", 3) in found
    assert {rule for rule, _, _ in found} > {"OWN001"}, "the rules of the book run as well"
    assert "`pd.read_csv` reads /mnt/old/a.csv, which is switched off in May" in out


def test_it_is_selected_ignored_and_suppressed_like_any_other(run: Run, project: Path) -> None:
    assert {f["rule"] for f in json.loads(run("check", "--select", "OWN", "--output-format", "json")[1])["findings"]} == {"OWN001"}
    assert "OWN001" not in run("check", "--ignore", "OWN001", "--output-format", "json")[1]
    (project / "train.py").write_text(PROGRAM.rstrip() + "  # mlrubric: ignore[OWN001] moved in April\n")
    assert json.loads(run("check", "--select", "OWN", "--output-format", "json")[1])["findings"] == []


def test_it_stands_in_the_list_in_explain_and_in_sarif(run: Run, project: Path) -> None:
    assert "OWN001" in {rule["id"] for rule in json.loads(run("rules", "--output-format", "json")[1])["rules"]}
    assert "The old warehouse goes." in run("explain", "table-from-the-old-warehouse")[1]
    [tool] = [one["tool"]["driver"] for one in json.loads(run("check", "--output-format", "sarif")[1])["runs"]]
    assert "OWN001" in {rule["id"] for rule in tool["rules"]}


def test_without_the_folder_the_rule_is_not_there(run: Run, project: Path) -> None:
    (project / "mlrubric.toml").write_text(f'rules = "{RULES_VERSION}"\n')
    assert "OWN001" not in run("check", "--output-format", "json")[1]
    assert run("explain", "OWN001")[0] == 2


def test_a_folder_is_sought_from_the_configuration_and_given_by_an_organisation(run: Run, project: Path, tmp_path: Path) -> None:
    (project / "team").mkdir()
    (project / "team" / "mlrubric.toml").write_text('extends = "../mlrubric.toml"\n')
    assert read_settings(project / "team").own_rules == (project / "rules",)
    (project / "team" / "mlrubric.toml").write_text(f'extends = "../mlrubric.toml"\nrules = "{RULES_VERSION}"\n')
    assert read_settings(project / "team").own_rules == (project / "rules",), "a pin alone leaves the folders"
    (project / "team" / "mlrubric.toml").write_text(f'extends = "../mlrubric.toml"\nrules = ["{RULES_VERSION}"]\n')
    assert read_settings(project / "team").own_rules == ()


# ---- what is wrong is told with its line -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ('severity = "warning"', 'severity = "fatal"', 4, "severity: `fatal` is none of error, warning, note"),
        ('why = "The old', 'wy = "The old', 13, "docs: unknown key `wy`"),
        ('role = "data.read"', 'role = "data.reads"', 9, "no role is called `data.reads`"),
        ('id = "OWN001"', 'id = "LEAK001"', 1, "`LEAK001` is a rule of the rule book already"),
        ('name = "table-from-the-old-warehouse"', 'name = "no-seed"', 2, "`no-seed` is a rule of the rule book already"),
        ("[docs]", "[docs", 12, "Expected"),
        ('"^/mnt/old/"', '"(^/mnt/old/"', 10, "`(^/mnt/old/` is no regular expression"),
        ('"@source" = {', '"@sauce" = {', 10, "no argument has the role `@sauce`; did you mean `@source`?"),
        ("{@source}, which", "{@sauce}, which", 6, "no argument has the role `@sauce`; did you mean `@source`?"),
        ("{@source}, which", "{nonsense}, which", 6, "no subject has `{nonsense}`"),
        ("[docs]\n", '[fix]\nrecipe = "add-keywrod"\nsafety = "safe"\ntitle = "x"\n\n[docs]\n', 13, "`add-keywrod` is none of"),
        ("[match]", "[mach]", 8, "unknown key `mach`; did you mean `match`?"),
    ],
)
def test_a_broken_rule_file_says_where(run: Run, project: Path, old: str, new: str, line: int, said: str) -> None:
    edited(project, old, new)
    for arguments in (("check", "."), ("score", "."), ("rules", "--test", "rules"), ("rules",)):
        status, _, err = run(*arguments)
        assert status == 2 and said in err, (arguments, err)
        assert f"{Path('rules', 'data', 'OWN001-old.toml')}:{line}: " in err, err


def test_two_rules_of_one_id_say_where_the_other_is(run: Run, project: Path) -> None:
    (project / "rules" / "second.toml").write_text(RULE.replace("table-from", "another-from"))
    status, _, err = run("check", ".")
    assert status == 2 and "second.toml:1: `OWN001` is a rule of" in err and "OWN001-old.toml" in err


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ('"2031.9"', rf"1:9: rule book 2031\.9 is not in this version of mlrubric, which has .*{RULES_VERSION}"),
        (f'["{RULES_VERSION}", "nowhere"]', r"1:\d+: rules: `nowhere` is neither a version of the rule book \(2026\.1\) nor a folder"),
        (f'["{RULES_VERSION}", "{RULES_VERSION}"]', "one version"),
        ("2026", "must be a text or a list"),
    ],
)
def test_a_wrong_setting_says_where(tmp_path: Path, rules: str, said: str) -> None:
    (tmp_path / "mlrubric.toml").write_text(f"rules = {rules}\n")
    with pytest.raises(ConfigError, match=said):
        read_settings(tmp_path)


def test_an_empty_folder_is_no_rule_book(run: Run, project: Path) -> None:
    (project / "rules" / "data" / "OWN001-old.toml").unlink()
    status, _, err = run("check", ".")
    assert status == 2 and "no rule files" in err


# ---- rules --test ------------------------------------------------------------------------------------------------


def test_examples_of_own_rules_run(run: Run, project: Path) -> None:
    status, out, _ = run("rules", "--test", "rules")
    assert status == 0 and "1 rule, 1 example, 0 differences" in out


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  # expect: OWN001", "", "bad: no line is marked"),
        ('/mnt/old/a.csv")  # expect', '/mnt/a.csv")  # expect', "bad: train.py:3: expected, not found"),
        ('frame = pd.read_csv("/mnt/new/a.csv")', 'frame = pd.read_csv("/mnt/old/b.csv")', "good: train.py:3"),
    ],
)
def test_an_example_that_is_not_as_it_says_fails(run: Run, project: Path, old: str, new: str, said: str) -> None:
    edited(project, old, new)
    status, out, _ = run("rules", "--test", "rules")
    words = " ".join(out.split())
    assert status == 1 and said in words and "1 difference" in words
    assert f"{Path('rules', 'data', 'OWN001-old.toml')}:20" in words
    status, out, _ = run("rules", "--test", "rules", "--output-format", "json")
    [difference] = json.loads(out)["differences"]
    assert status == 1 and (difference["rule"], difference["example"], difference["line"]) == ("OWN001", 1, 20)


# ---- versions and stages -----------------------------------------------------------------------------------------


def test_what_came_later_than_the_pinned_version_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    versions = ("2026.1", "2026.2", "2027.1")
    monkeypatch.setattr(own, "RULES_VERSIONS", versions)
    whole = load_rules()
    first, second, third, *_ = whole.rules
    rules = (replace(first, since="2026.2"), replace(second, since="2027.1"), third)
    monkeypatch.setattr(own, "load_rules", lambda: replace(whole, rules=rules))
    at = {version: {rule.id for rule in book_of(replace(Settings(), rules=version)).rules} for version in versions}
    assert at == {"2026.1": {third.id}, "2026.2": {third.id, first.id}, "2027.1": {third.id, first.id, second.id}}


def test_every_version_that_a_rule_names_is_known() -> None:
    assert RULES_VERSIONS[-1] == RULES_VERSION
    assert all(rule.since in ("", *RULES_VERSIONS) for rule in load_rules().rules)


def test_stages(run: Run, project: Path) -> None:
    def rules_asked(**settings: object) -> set[str]:
        return {rule.id for rule in chosen(book, replace(Settings(), **settings)) if rule.own}  # type: ignore[arg-type]

    for stage, plainly, tried, by_name in (
        ("stable", True, True, True),
        ("preview", False, True, True),
        ("deprecated", False, False, True),
    ):
        edited(project, 'severity = "warning"', f'severity = "warning"\nstage = "{stage}"')
        book = book_of(read_settings(project))
        assert ("OWN001" in rules_asked()) is plainly
        assert ("OWN001" in rules_asked(select=("OWN",))) is plainly, "a beginning names no rule"
        assert ("OWN001" in rules_asked(preview=True)) is tried
        assert ("OWN001" in rules_asked(select=("OWN001",))) is by_name


def test_a_deprecated_rule_that_is_asked_for_says_what_took_its_place(run: Run, project: Path) -> None:
    edited(project, 'severity = "warning"', 'severity = "warning"\nstage = "deprecated"\nreplaced_by = "DATA001"')
    notices = json.loads(run("check", "--select", "OWN001", "--output-format", "json")[1])["notices"]
    assert "OWN001 (table-from-the-old-warehouse) is deprecated: DATA001 took its place" in {notice["message"] for notice in notices}
    assert retired(load_rules().rules) == ()


def test_the_rule_of_the_documentation_runs(run: Run, tmp_path: Path) -> None:
    """docs/own-rules.md shows a file that works as it stands."""
    text = (Path(__file__).parents[1] / "docs" / "own-rules.md").read_text(encoding="utf-8")
    rule = next(block for block in text.split("```toml\n")[1:] if "\nid = " in block).partition("```")[0]
    (tmp_path / "OWN001.toml").write_text(rule)
    assert run("rules", "--test", tmp_path)[:2] == (0, "1 rule, 1 example, 0 differences\n")


@pytest.mark.parametrize(
    "where", ['{ "given.axis" = "1" }', '{ form = "cal" }', '{ form = { not_in = ["call"] } }', '{ "trait.array" = false }']
)
def test_a_question_about_all_expressions_is_none(tmp_path: Path, where: str) -> None:
    question = f'[match]\nkind = "expression"\nwhere = {where}\n'
    begin, _, rest = RULE.partition("[match]")
    (tmp_path / "OWN001-table-from-the-old-warehouse.toml").write_text(begin + question + rest[rest.index("\n[docs]") :], encoding="utf-8")
    with pytest.raises(RuleError, match="asks for") as caught:
        own.own_rules([tmp_path])
    assert caught.value.line == 9
