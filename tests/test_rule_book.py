"""The whole book holds its schemas; a wrong file says which line is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlrubric.knowledge.location import rules_directory
from mlrubric.rules.load import load_rules
from mlrubric.rules.rule import Rule, RuleError

RULE = """id = "XX001"
name = "some-pattern"
tests = ["infra-1"]
severity = "warning"
confidence = "high"
message = "`{api}` is wrong"

[match]
role = "model.fit"
where = { a = "b" }

[docs]
why = "w"
do = "d"
sees = "s"
misses = "m"
bad = "b"
good = "g"
"""
TEST = """id = "data-1"
title = "t"
section = "data"
specific = "shared"
cadence = "any"

[check.first]
role = "data.validate"

[[grade]]
status = "automated"
all = ["first"]

[[grade]]
status = "manual"
any = ["first"]

[docs]
reason = "r"
counts = "c"
not = "n"
"""


def book(tmp_path: Path, family: str, name: str, text: str) -> Path:
    """A rule book with one file and the schemas of the real one."""
    (tmp_path / "schema").mkdir()
    for schema in (rules_directory() / "schema").glob("*.json"):
        (tmp_path / "schema" / schema.name).write_bytes(schema.read_bytes())
    (tmp_path / family).mkdir()
    (tmp_path / family / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_the_whole_book_holds_its_schemas() -> None:
    found = load_rules(check=True)
    assert len(found.tests) == 28 and [len(found.of_model(m.id)) for m in found.models] == [20, 17, 5, 4, 5]
    assert len({rule.id for rule in found.rules}) == len(found.rules) >= 19


def test_schemas_are_schemas() -> None:
    import jsonschema

    for name in ("rule", "test", "level"):
        jsonschema.Draft202012Validator.check_schema(
            json.loads((rules_directory() / "schema" / f"{name}.schema.json").read_text(encoding="utf-8"))
        )


def test_a_good_rule_is_loaded(tmp_path: Path) -> None:
    variant = '[[variant]]\nwhere = { a = "c" }\nseverity = "note"\npersona = "pedantic"\n'
    (rule,) = load_rules(book(tmp_path, "family", "XX001-some-pattern.toml", RULE + variant), check=True).rules
    assert isinstance(rule, Rule)
    assert (rule.id, rule.shape, rule.level, rule.docs.misses) == ("XX001", "match", "warning", "m")
    assert [(v.level, v.persona, v.message) for v in rule.variants] == [("note", "pedantic", "")]


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("name = ", "name == ", 2, "Invalid value"),
        ('severity = "warning"', 'severity = "bad"', 4, "`bad` is none of"),
        ('tests = ["infra-1"]', 'tests = ["infra-9"]', 3, "does not match"),
        ('role = "model.fit"', 'roel = "model.fit"', 9, "unknown key `roel`"),
        ("[match]", "[macht]", 8, "macht"),
        ('where = { a = "b" }', "where = { a = { inn = ['b'] } }", 10, "inn"),
        ('misses = "m"\n', "", 12, "`misses` missing"),
        ('confidence = "high"\n', "", 1, "`confidence` missing"),
    ],
)  # fmt: skip
def test_a_wrong_rule_says_where(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    assert old in RULE
    with pytest.raises(RuleError) as caught:
        load_rules(book(tmp_path, "family", "XX001-some-pattern.toml", RULE.replace(old, new)), check=True)
    assert said in caught.value.message
    assert (caught.value.path.name, caught.value.line) == ("XX001-some-pattern.toml", line)
    assert f"XX001-some-pattern.toml:{line}: " in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ('status = "manual"', 'status = "often"', 15, "`often` is none of"),
        ('any = ["first"]', 'any = ["frist"]', 16, "`frist`"),
        ('role = "data.validate"', 'shape = "round"', 8, "`round` is none of"),
        ('role = "data.validate"', 'shape = "must_pass"\nfrom = "data.read"\nto = "model.fit"', 7, "`through` missing"),
    ],
)
def test_a_wrong_test_says_where(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    assert old in TEST
    with pytest.raises(RuleError) as caught:
        load_rules(book(tmp_path, "tests", "data-1.toml", TEST.replace(old, new)), check=True)
    assert said in caught.value.message
    assert caught.value.line == line


def test_without_schemas_a_rule_needs_one_shape(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="exactly one shape"):
        load_rules(book(tmp_path, "family", "XX001-some-pattern.toml", RULE + "[agree]\n"))
