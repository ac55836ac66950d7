"""`rules/attest.toml`: what denies a claim of a person, and what makes an exported definition of another system count."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import cast

import tomli

from mlrubric.knowledge.location import rules_directory
from mlrubric.rules.rule import RuleError, Table, texts

CLAIMS = ("manual", "automated")
DEFAULT_DAYS = 180


@dataclass(frozen=True, slots=True)
class Denial:
    """While a node of `match` is in the graph, and none of `besides`, claims of these statuses are not true. `live`: a trigger that recurs
    must reach it. `evidence`: it must stand in a file that the attestation names."""

    tests: tuple[str, ...]
    match: Table
    because: str
    status: tuple[str, ...] = CLAIMS
    besides: Table | None = None
    live: bool = False
    evidence: bool = False


@dataclass(frozen=True, slots=True)
class Definition:
    """What a file must hold to define, for another system, that a test runs. `named`: something in it is named after the test as well."""

    tests: tuple[str, ...]
    match: Table
    named: bool = False


@dataclass(frozen=True, slots=True)
class AttestRules:
    numbered: frozenset[str]
    denials: tuple[Denial, ...]
    definitions: tuple[Definition, ...]
    days: Table = field(default_factory=dict)
    accepts: Table = field(default_factory=dict)

    def lasts(self, test: str) -> int:
        """For how many days an attestation holds that does not say so."""
        return int(str(self.days.get(test.partition("-")[0], DEFAULT_DAYS)))


@lru_cache(maxsize=4)
def load_attest_rules(root: Path | None = None) -> AttestRules:
    path = (root or rules_directory()) / "attest.toml"
    try:
        table: Table = tomli.loads(path.read_text(encoding="utf-8"))
    except tomli.TOMLDecodeError as problem:
        raise RuleError(path, getattr(problem, "lineno", None) or 1, str(problem)) from problem
    return AttestRules(
        frozenset(texts(table, "numbered")),
        tuple(_denial(raw) for raw in cast("list[Table]", table["denial"])),
        tuple(
            Definition(texts(raw, "tests"), cast("Table", raw["match"]), bool(raw.get("named", False)))
            for raw in cast("list[Table]", table["definition"])
        ),
        cast("Table", table.get("days", {})),
        cast("Table", table.get("accepts", {})),
    )


def _denial(raw: Table) -> Denial:
    return Denial(
        texts(raw, "tests"),
        cast("Table", raw["match"]),
        str(raw["because"]),
        texts(raw, "status") or CLAIMS,
        cast("Table | None", raw.get("besides")),
        bool(raw.get("live", False)),
        bool(raw.get("evidence", False)),
    )
