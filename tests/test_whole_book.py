"""The packaged rule book as a whole: proofs, documentation, no library in a question, few probes, no fact for one rule alone."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.test_house import PROVEN_BY

from mlrubric.knowledge.catalogue import load_catalogue
from mlrubric.knowledge.location import rules_directory
from mlrubric.knowledge.roles import load_roles
from mlrubric.rules.load import NOT_FAMILIES, ROLE_KEYS, load_rules
from mlrubric.rules.rule import SHAPES, Rule

ROOT = Path(__file__).resolve().parent.parent
RULES = load_rules(check=True).rules
DOCS = ("why", "do", "sees", "misses", "bad", "good")
LONGEST_MESSAGE = 220
FAMILIES = {
    "given", "trait", "on", "role", "over",
    "receiver", "operand", "from", "to", "loop", "scope", "file", "program", "class", "fed", "feeds", "op",
}  # fmt: skip
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


EACH = pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])


# ---- proofs and documentation ------------------------------------------------------------------------------------


@EACH
def test_every_rule_is_shown_bad_and_good(rule: Rule) -> None:
    """In its own file (tests/test_rules.py runs them), or as twins below fixtures/rules."""
    if rule.id in PROVEN_BY:
        assert (ROOT / PROVEN_BY[rule.id]).is_file()
        return
    folder = ROOT / "fixtures" / "rules" / rule.id
    trees = {path.name.partition("-")[0] for path in folder.glob("*") if path.is_dir()}
    assert "bad" in trees or any(example.bad for example in rule.examples), "no line is shown that it finds"
    assert "good" in trees or any(example.good for example in rule.examples), "nothing is shown that it leaves alone"


@EACH
def test_every_rule_is_documented(rule: Rule) -> None:
    for key in DOCS:
        text = getattr(rule.docs, key)
        assert text and text == text.strip(), key
        assert key in ("bad", "good") or text.rstrip("`)").endswith((".", "!", "?")), f"{key} ends without a full stop"
    assert rule.docs.bad != rule.docs.good
    for message in (rule.message, *(variant.message for variant in rule.variants if variant.message)):
        assert "\n" not in message and not message.endswith(".") and len(message) <= LONGEST_MESSAGE, message
        assert message.count("`") % 2 == 0, message


def test_names_are_unique() -> None:
    for names in ([rule.id for rule in RULES], [rule.name for rule in RULES]):
        assert len(set(names)) == len(names), sorted({name for name in names if names.count(name) > 1})


def test_what_takes_the_place_of_a_rule_is_there() -> None:
    ids = {rule.id for rule in RULES}
    for rule in RULES:
        assert set(rule.replaced_by) <= ids, rule.id
        assert bool(rule.replaced_by) <= (rule.stage == "deprecated"), rule.id


# ---- questions ---------------------------------------------------------------------------------------------------


def words(value: object) -> Iterator[str]:
    """Every text of a table, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key)
            yield from words(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from words(inner)


def questions(rule: Rule) -> Iterator[Mapping[str, object]]:
    """What a rule asks: its shape, and what its variants hold for."""
    yield rule.question
    yield from (variant.where for variant in rule.variants)


def is_of_the_vocabulary(text: str) -> bool:
    """A role, alone or behind the family of an attribute: `model.evaluate`, `feeds.model.fit`."""
    roles = load_roles(rules_directory()).meanings
    return any(part in roles or part.partition(".")[2] in roles for part in text.split("|"))


@EACH
def test_no_rule_names_a_library(rule: Rule) -> None:
    """The catalogue translates; a name of a library for data or models in a question would be a second catalogue."""
    catalogue = load_catalogue()
    libraries = {name.partition(".")[0] for name in catalogue.import_names if catalogue.area(name)}
    assert {"pandas", "sklearn", "torch", "mlflow"} <= libraries
    said = {word for table in questions(rule) for text in words(table) if not is_of_the_vocabulary(text) for word in WORD.findall(text)}
    assert not said & libraries, f"{rule.id} asks for {sorted(said & libraries)}"


def test_probes_are_at_most_15_percent() -> None:
    """A probe is a rule that Python decides: it has none of the six shapes, or code of the analysis knows it by its id."""
    ids = {rule.id for rule in RULES}
    shapeless = {rule.id for rule in RULES if rule.shape not in SHAPES}
    known: set[str] = set()
    for part in ("graph", "read", "rules", "knowledge", "source", "model"):
        for path in sorted((ROOT / "src" / "mlrubric" / part).rglob("*.py")):
            known |= {word for text in constants(path) for word in WORD.findall(text)} & ids
    assert len(shapeless | known) <= 0.15 * len(RULES), sorted(shapeless | known)


def constants(path: Path) -> Iterator[str]:
    """The texts of a module that are no docstring."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    sayings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in sayings:
            yield node.value


# ---- facts for one rule ------------------------------------------------------------------------------------------


def asked(table: Mapping[str, Any]) -> Iterator[str]:
    """Attributes, roles and kinds that a table of a rule file asks for."""
    for key, value in table.items():
        if key in ("docs", "example", "with"):
            continue
        if key in ("where", "unless"):
            yield from map(family, value)
        elif isinstance(value, Mapping):
            yield from asked(value)
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            for inner in value:
                yield from asked(inner)
        elif key in ROLE_KEYS or key == "kind":
            head = "kind " if key == "kind" else "role "
            yield from (head + word for text in ([value] if isinstance(value, str) else value) for word in str(text).split("|"))
        elif key in ("toward", "join", "on"):
            yield family(str(value))


def family(attribute: str) -> str:
    """Attributes that are general by their form (graph/habits, arguments by role) are one family: `given.axis` is `given.*`."""
    head, dot, _ = attribute.partition(".")
    return "@.*" if attribute.startswith("@") else f"{head}.*" if dot and head in FAMILIES else attribute


@cache
def askers() -> dict[str, set[str]]:
    """What is asked for -> who asks: rules, tests of the rubric, capabilities."""
    found: dict[str, set[str]] = defaultdict(set)
    folders = [path for path in rules_directory().iterdir() if path.is_dir() and path.name not in set(NOT_FAMILIES) - {"tests", "levels"}]
    for path in sorted(file for folder in folders for file in folder.glob("*.toml")):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        for name in asked(table):
            found[name].add(str(table.get("id", path.stem)))
    return found


def listed() -> dict[tuple[str, str], str]:
    """(rule, name) -> reason, as rules/single_use.toml says."""
    entries = tomllib.loads((rules_directory() / "single_use.toml").read_text(encoding="utf-8"))["single"]
    found: dict[tuple[str, str], str] = {}
    for entry in entries:
        rules, names = ([one] if isinstance(one, str) else one for one in (entry["rule"], entry["name"]))
        found |= {(rule, name): entry["reason"] for rule in rules for name in names}
    return found


def test_what_one_rule_alone_asks_for_is_listed_with_its_reason() -> None:
    ids = {rule.id for rule in RULES}
    single = {(next(iter(who)), name) for name, who in askers().items() if len(who) == 1 and who <= ids and not name.endswith(".*")}
    reasons = listed()
    assert all(len(reason) >= 20 for reason in reasons.values())
    missing = sorted(single - reasons.keys())
    assert not missing, f"asked for by one rule only, and not in rules/single_use.toml: {missing}"
    names = {name for _, name in single}
    idle = sorted({name for rule, name in reasons if rule in ids} - names)
    assert not idle, f"in rules/single_use.toml, and asked for by several or by none: {idle}"


def test_the_list_of_askers_sees_what_it_must() -> None:
    """The test above cannot fail when it sees nothing."""
    assert len(askers()["role model.fit"]) > 3 and "CI006" in askers()["role action.use"]
    assert askers()["valid"] == {"ATT001"}
