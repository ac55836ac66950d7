"""`rules/claims.toml`: the words by which a document, a badge or the name of a test speaks of a test of the rubric."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import cast

import tomli

from mlrubric.knowledge.location import rules_directory
from mlrubric.rules.rule import RuleError, Table


@dataclass(frozen=True, slots=True)
class Claim:
    """`about` in words for people; a sentence that claims it holds `words` and `says`, a badge or a name `named`."""

    test: str
    about: str
    words: re.Pattern[str]
    says: re.Pattern[str]
    named: re.Pattern[str]

    def stated(self, sentence: str) -> bool:
        return self.words.search(sentence) is not None and self.says.search(sentence) is not None


@lru_cache(maxsize=4)
def load_claims(root: Path | None = None) -> tuple[Claim, ...]:
    path = (root or rules_directory()) / "claims.toml"
    found = []
    try:
        for raw in cast("list[Table]", tomli.loads(path.read_text(encoding="utf-8"))["claim"]):
            patterns = (rf"\b(?:{raw['words']})", rf"(?:{raw['says']})", rf"(?<![a-z])(?:{raw['named']})")
            words, says, named = (re.compile(pattern, re.IGNORECASE) for pattern in patterns)
            found.append(Claim(str(raw["test"]), str(raw["about"]), words, says, named))
    except (tomli.TOMLDecodeError, re.error, KeyError) as problem:
        raise RuleError(path, getattr(problem, "lineno", None) or 1, f"a claim that cannot be used: {problem}") from problem
    return tuple(found)
