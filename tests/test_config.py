"""Settings: where they are read from, how layers join, and that every mistake is told with file, line and a suggestion."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from mlrubric.cli import main
from mlrubric.config import POLICY_DEFAULTS, ConfigError, Settings, read_settings
from mlrubric.knowledge.location import rules_directory

ATTESTATION = """\
[[attest]]
test = "model-2"
status = "manual"
claim = "A/B 2026-09: model degraded by 3% AUC lost 1.1% CTR"
owner = "@ml-growth"
date = 2026-10-02
expires = "2027-03-31"
evidence = ["docs/experiments/2026-09-ab.md"]
"""


def write(folder: Path, text: str, name: str = "mlrubric.toml") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert read_settings(tmp_path) == Settings()
    write(tmp_path, "[tool.other]\nx = 1\n", "pyproject.toml")
    assert read_settings(tmp_path) == Settings()


def test_own_file_wins_over_pyproject(tmp_path: Path) -> None:
    write(tmp_path, '[tool.mlrubric]\npersona = "auditor"\n', "pyproject.toml")
    assert read_settings(tmp_path).persona == "auditor"
    own = write(tmp_path, 'persona = "pedantic"\n')
    assert read_settings(tmp_path).persona == "pedantic"
    assert read_settings(tmp_path).source == str(own)


def test_a_broken_pyproject_of_somebody_else_is_not_our_error(tmp_path: Path) -> None:
    write(tmp_path, "[project\nkeywords = ['mlrubric']\n", "pyproject.toml")
    assert read_settings(tmp_path) == Settings()


def test_a_broken_pyproject_with_our_table_loses_no_gate_silently(tmp_path: Path) -> None:
    write(tmp_path, "[project]\n\n[tool.mlrubric\nfail_under = 1.0\n", "pyproject.toml")
    with pytest.raises(ConfigError, match=r"pyproject\.toml:3"):
        read_settings(tmp_path)


def test_everything_can_be_set(tmp_path: Path) -> None:
    write(
        tmp_path,
        f"""\
rules = "2026.1"
select = ["LEAK", "SEED001"]
ignore = ["LEAK002"]
exclude = ["legacy/"]
persona = "pedantic"
profile = "lenient"
fail_under = 1
fail_on = "warning"
attest_max_per_section = 2
[per_path_ignores]
"notebooks/*" = ["SEED"]
[policy]
review = "pull-request"
[system]
members = ["../serving"]
{ATTESTATION}""",
    )
    settings = read_settings(tmp_path)
    assert (settings.persona, settings.profile, settings.fail_under, settings.fail_on) == ("pedantic", "lenient", 1.0, "warning")
    assert settings.members == ((tmp_path.parent / "serving").resolve(),)
    assert settings.switch("review") == "pull-request" and settings.switch("partial") == dict(POLICY_DEFAULTS)["partial"]
    assert settings.excludes("legacy/train.py") and not settings.excludes("src/train.py")
    assert settings.ignores("SEED001", "notebooks/a.ipynb") and not settings.ignores("LEAK001", "notebooks/a.ipynb")
    (attested,) = settings.attest
    assert (attested.test, attested.date, attested.expires, attested.reviewer) == ("model-2", "2026-10-02", "2027-03-31", "")
    text = (tmp_path / "mlrubric.toml").read_text(encoding="utf-8")
    assert text.split("\n")[attested.place.line - 1] == "[[attest]]"


@pytest.mark.parametrize(
    ("select", "ignore", "rule", "wanted"),
    [
        ((), (), "LEAK001", True),
        (("LEAK",), (), "LEAK001", True),
        (("LEAK",), (), "SEED001", False),
        (("LEAK",), ("LEAK001",), "LEAK001", False),
        (("LEAK001",), ("LEAK",), "LEAK001", True),
        (("ALL",), ("LEAK",), "LEAK001", False),
        ((), ("LEAK",), "LEAK001", False),
        (("LEAK001",), ("LEAK001",), "LEAK001", False),
        ((), ("ALL",), "SEED001", False),
    ],
)
def test_the_longest_selector_decides(select: tuple[str, ...], ignore: tuple[str, ...], rule: str, wanted: bool) -> None:
    assert Settings(select=select, ignore=ignore).wants(rule) is wanted


def test_layers_join(tmp_path: Path) -> None:
    write(
        tmp_path,
        'select = ["LEAK"]\npersona = "auditor"\n[policy]\npartial = "full"\nreview = "pull-request"\n'
        f'[per_path_ignores]\n"a" = ["SEED"]\n{ATTESTATION}',
        "organisation/base.toml",
    )
    write(
        tmp_path,
        'extends = "organisation/base.toml"\nselect = ["SEED"]\n[policy]\npartial = "half"\n'
        f'[per_path_ignores]\n"b" = ["LEAK"]\n{ATTESTATION}',
    )
    settings = read_settings(tmp_path)
    assert settings.select == ("SEED",) and settings.persona == "auditor"
    assert settings.switch("partial") == "half" and settings.switch("review") == "pull-request"
    assert dict(settings.per_path_ignores) == {"a": ("SEED",), "b": ("LEAK",)}
    assert [(entry.place.path, entry.outside) for entry in settings.attest] == [("mlrubric.toml", False)]


@pytest.mark.parametrize(
    ("text", "where", "said"),
    [
        ('persona = "regular"\npersonna = "x"\n', "2:1", "unknown key `personna`; did you mean `persona`?"),
        ("fail-under = 1\n", "1:1", "did you mean `fail_under`?"),
        ('persona = "auditr"\n', "1:11", "persona: `auditr` is none of regular, pedantic, auditor; did you mean `auditor`?"),
        ('\n[policy]\npartial = "some"\n', "3:11", "policy.partial"),
        ('[policy]\nparts = "half"\n', "2:1", "unknown key `parts` in policy; did you mean `partial`?"),
        ("fail_under = 9\n", "1:14", "fail_under"),
        ('fail_under = "1"\n', "1:14", "must be a number"),
        ('select = ["leak"]\n', "1:11", "select[0]"),
        ('[[attest]]\ntest = "model-9"\nstatus = "manual"\n', "2:8", "attest[0].test"),
        ('[[attest]]\ntest = "model-2"\n', "1:1", "attest[0]: `status` missing"),
        ('rules = "2031.7"\n', "1:9", "rule book 2031.7 is not in this version of mlrubric, which has 2026.1"),
        ('extends = "nothing.toml"\n', "1:11", "no such file"),
        ("x = \n", "1:5", ""),
        ('a = "\n', "1:", ""),
    ],
)
def test_mistakes_are_told_with_their_place(tmp_path: Path, text: str, where: str, said: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as raised:
        read_settings(tmp_path)
    assert str(raised.value).startswith(f"{path}:{where}")
    assert said in str(raised.value)


def test_mistakes_in_pyproject_have_the_line_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, '[project]\nname = "x"\n\n[tool.mlrubric]\nselekt = ["LEAK"]\n', "pyproject.toml")
    with pytest.raises(ConfigError, match="did you mean `select`") as raised:
        read_settings(tmp_path)
    assert str(raised.value).startswith(f"{path}:5:1")
    write(tmp_path, "[tool]\nmlrubric = 3\n", "pyproject.toml")
    with pytest.raises(ConfigError, match="must be a table"):
        read_settings(tmp_path)


def test_files_that_extend_each_other(tmp_path: Path) -> None:
    write(tmp_path, 'extends = "b.toml"\n')
    write(tmp_path, 'extends = "mlrubric.toml"\n', "b.toml")
    with pytest.raises(ConfigError, match="extends itself"):
        read_settings(tmp_path)


def test_the_given_file_must_be_there_and_be_text(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        read_settings(tmp_path, tmp_path / "x.toml")
    (tmp_path / "mlrubric.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not UTF-8"):
        read_settings(tmp_path)


def test_bom_and_crlf(tmp_path: Path) -> None:
    (tmp_path / "mlrubric.toml").write_bytes(b'\xef\xbb\xbfpersona = "auditor"\r\nprofile = "lenient"\r\n')
    settings = read_settings(tmp_path)
    assert (settings.persona, settings.profile) == ("auditor", "lenient")


def test_the_schema_is_a_schema_and_knows_every_setting() -> None:
    schema = json.loads((rules_directory() / "schema" / "config.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    fields = set(Settings.__dataclass_fields__) - {
        "source",
        "members",
        "sources",
        "as_of",
        "audit",
        "osv_url",
        "model",
        "azure",
        "own_rules",
        "named",
    }
    assert fields == set(schema["properties"]) - {"extends", "system"}
    assert {name for name, _ in POLICY_DEFAULTS} == set(schema["properties"]["policy"]["properties"])
    for name, value in POLICY_DEFAULTS:
        assert schema["properties"]["policy"]["properties"][name]["enum"][0] == value


@pytest.mark.parametrize(
    ("text", "where", "said"),
    [
        ('select = ["LEAK", "XXX"]\n', "1:19", "no rule is called or begins with `XXX`"),
        ('\nper_path_ignores = { "*.ipynb" = ["SEEED"] }\n', "2:35", "`SEEED`; did you mean `SEED`?"),
        ('ignore = ["SEDE001"]\n', "1:11", "did you mean `SEED001`?"),
    ],
)
def test_a_rule_that_is_not_there_is_told_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, where: str, said: str
) -> None:
    path = write(tmp_path, text)
    assert main(["check", str(tmp_path)]) == 2
    err = capsys.readouterr().err
    assert f"{path}:{where}: " in err and said in err


@pytest.mark.parametrize(("selector", "said"), [("leak", "LEAK"), ("no-seed", "SEED001"), ("SEEED", "SEED"), ("DTAA001", "DATA001")])
def test_an_unknown_selector_of_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], selector: str, said: str) -> None:
    assert main(["check", str(tmp_path), "--select", selector]) == 2
    assert f"did you mean `{said}`?" in capsys.readouterr().err


def test_a_table_of_nearly_our_name_is_told(tmp_path: Path) -> None:
    project = tmp_path / "pyproject.toml"
    project.write_text('[project]\nname = "x"\n\n[tool.mlrubrik]\nignore = ["NB"]\n')
    with pytest.raises(ConfigError, match=r"4:1: .*did you mean \[tool\.mlrubric\]"):
        read_settings(tmp_path)
    project.write_text("[tool.rubric]\nx = 1\n[tool.mypy]\n")
    assert read_settings(tmp_path) == Settings()


def test_an_empty_selection_selects_nothing(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        main(["check", str(tmp_path), "--select", ""])
