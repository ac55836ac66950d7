"""What a rule of one's own says and asks, held against what there is: regular expressions, argument roles, names in its messages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import cast

from mlrubric.knowledge.location import rules_directory
from mlrubric.knowledge.roles import load_roles
from mlrubric.rules.load import load_rules, row_of
from mlrubric.rules.rule import Rule, RuleError, Table

HOLE = re.compile(r"\{([^{}]*)\}")
ALWAYS = frozenset(("api", "label", "path", "kind", "other", "other_line", "more"))  # what a finding has whatever its subject is
PATTERNS = ("matches", "path")  # keys whose value is a regular expression, in a clause and in a question
CLAUSES = ("where", "unless")


def check_wording(rule: Rule) -> None:
    """Raises RuleError for the first thing that would silently fit nothing, or say nothing."""
    tables = [rule.question, *_forms(rule)]
    for table in tables:
        for pattern in _patterns(table):
            try:
                re.compile(pattern)
            except re.error as problem:
                raise RuleError(rule.path, _row(rule, pattern), f"`{pattern}` is no regular expression: {problem}") from problem
        for key in _keys(table):
            _check_role(rule, key)
    own = {key for table in tables for key in _keys(table)}
    for text in (rule.message, rule.advice, *(said for one in rule.variants for said in (one.message, one.advice))):
        for name in HOLE.findall(text):
            _check_role(rule, name)
            if not name.startswith("@") and "." not in name and name not in ALWAYS | own | _told():
                known = ", ".join(f"{{{one}}}" for one in sorted(ALWAYS))
                said = f"no subject has `{{{name}}}`: there are {known}, arguments such as {{@source}}, and attributes that rules ask for"
                raise RuleError(rule.path, row_of(rule.path, f"{{{name}}}"), said)


def _forms(rule: Rule) -> list[Table]:
    return [*({"where": one.where} for one in rule.variants), *({"where": one.where} for one in rule.fixes)]


def _check_role(rule: Rule, name: str) -> None:
    known = load_roles(rules_directory()).arguments
    if name.startswith("@") and name not in known:
        import difflib

        close = difflib.get_close_matches(name, sorted(known), 1, 0.6)
        hint = f"; did you mean `{close[0]}`?" if close else ""
        raise RuleError(rule.path, row_of(rule.path, name), f"no argument has the role `{name}`{hint} (the vocabulary is roles.toml)")


def _row(rule: Rule, pattern: str) -> int:
    """The line of a pattern, which a TOML text may have written with escapes."""
    found = row_of(rule.path, pattern)
    return found if found > 1 else row_of(rule.path, pattern.replace("\\", "\\\\"))


def _patterns(table: Table) -> Iterator[str]:
    for key, value in table.items():
        if key in PATTERNS and isinstance(value, str):
            yield value
        else:
            yield from (pattern for inner in _tables(value) for pattern in _patterns(inner))


def _keys(table: Table) -> Iterator[str]:
    """The attributes that a question asks for."""
    for key, value in table.items():
        if key in CLAUSES and isinstance(value, Mapping):
            yield from value
        else:
            yield from (name for inner in _tables(value) for name in _keys(inner))


def _tables(value: object) -> Iterable[Table]:
    if isinstance(value, Mapping):
        return (cast("Table", value),)
    return [cast("Table", one) for one in value if isinstance(one, Mapping)] if isinstance(value, list) else ()


@lru_cache(maxsize=1)
def _told() -> frozenset[str]:
    """The attributes that the packaged book names anywhere."""
    book = load_rules()
    found: set[str] = set()
    for rule in book.rules:
        found.update(_keys(rule.question))
        for text in (rule.message, rule.advice, *(said for one in rule.variants for said in (one.message, one.advice))):
            found.update(HOLE.findall(text))
        found.update(key for form in _forms(rule) for key in _keys(form))
    for checks in (*(test.checks for test in book.tests), *(one.checks for one in book.capabilities)):
        found.update(key for _, question in checks.values() for key in _keys(question))
    return frozenset(found)
