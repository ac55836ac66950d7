"""A rule, a rubric test and a maturity capability as read from TOML."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

Table = Mapping[str, object]
Files = Mapping[str, str]
SHAPES = ("match", "absent", "must_pass", "must_not_reach", "reached_by", "agree")


class RuleError(Exception):
    """A rule file is wrong; says which and where."""

    def __init__(self, path: Path, line: int, message: str) -> None:
        here = Path.cwd()
        super().__init__(f"{path.relative_to(here) if path.is_relative_to(here) else path}:{line}: {message}")
        self.path, self.line, self.message = path, line, message


def texts(table: Table, key: str) -> tuple[str, ...]:
    """A list of texts, which may be written as one text."""
    value = table.get(key, ())
    if isinstance(value, str):
        return (value,)
    return tuple(str(v) for v in cast("list[object]", value))


@dataclass(frozen=True, slots=True)
class Docs:
    why: str = ""
    do: str = ""
    sees: str = ""
    misses: str = ""
    bad: str = ""
    good: str = ""


@dataclass(frozen=True, slots=True)
class Variant:
    """The same defect in a milder or graver form: the first variant whose `where` a subject meets decides; empty texts are the rule's
    own."""

    where: Table
    level: str = ""
    persona: str = ""
    confidence: str = ""
    message: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class FixRule:
    """One way to mend a finding: the recipe of `fix/recipes/`, what it is told, and for which subjects it is tried."""

    recipe: str
    safety: str
    title: str
    options: Table
    where: Table


@dataclass(frozen=True, slots=True)
class Example:
    """Small repositories as path and text: lines of `bad` that bear `expect: ID` are found and no others, `good` is silent, `fixed` is
    what the fix makes of `bad`. Empty ones are not there."""

    title: str
    bad: Files
    good: Files
    fixed: Files


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the linter. `question` is the table of its one shape."""

    id: str
    name: str
    path: Path
    level: str
    confidence: str
    message: str
    tests: tuple[str, ...]
    shape: str
    question: Table
    persona: str = "regular"
    stage: str = "stable"
    security: str = ""  # security-severity, for security rules
    fixes: tuple[FixRule, ...] = ()  # the first that can do something is taken
    docs: Docs = Docs()
    one_per: str = ""  # "file" | "folder" | "repository" | "line": only the first finding of each
    counts: str = ""  # the attribute that lists what a finding counts up: with one more it is another finding
    variants: tuple[Variant, ...] = ()
    examples: tuple[Example, ...] = ()
    since: str = ""  # the version of the rule book that it came with; "" for the first
    replaced_by: tuple[str, ...] = ()  # what to use in the place of a deprecated one
    own: bool = False  # not of the packaged book
    advice: str = ""  # what to do in this code, with names filled in; else `docs.do`

    @property
    def fix(self) -> str | None:
        """The best that can be hoped for: safe, unsafe or nothing."""
        return min((fix.safety for fix in self.fixes), default=None)


@dataclass(frozen=True, slots=True)
class Grade:
    """One grade of a rubric test: it holds when all of `all`, one of `any` and none of `none` hold, and `effective`'s nodes run well
    enough."""

    status: str
    quality: str = "full"
    all: tuple[str, ...] = ()
    any: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    effective: tuple[str, ...] = ()
    confidence: float = 0.9
    because: str = ""  # why it is partial, for `broken`
    condition: str = "covering"  # the condition that a partial grade breaks
    documented: bool = False  # only with a documented result, whatever has run
    policy: tuple[tuple[str, str], ...] = ()  # the switches and their values under which the grade is asked at all
    at_least: int = 1  # how many of `any` must hold

    def asked(self, policy: Mapping[str, str]) -> bool:
        """Whether the grade is asked under these policy switches."""
        return all(policy.get(name) == value for name, value in self.policy)

    def permits(self, true: Callable[[str], bool]) -> bool:
        """Whether `all`, `any` and `none` hold, given which conditions are true; `effective` asks for more than that."""
        enough = not self.any or sum(map(true, self.any)) >= self.at_least
        return all(map(true, self.all)) and enough and not any(map(true, self.none))


@dataclass(frozen=True, slots=True)
class TestRule:
    """One of the 28 tests. `checks` are named questions: (shape, table)."""

    __test__ = False

    id: str
    title: str
    section: str
    path: Path
    specific: str  # "model" | "shared"
    cadence: str  # "any" | "time"
    checks: Mapping[str, tuple[str, Table]]
    grades: tuple[Grade, ...]
    next: tuple[str, ...] = ()
    documented: tuple[str, ...] = ()
    hidden: str = ""  # "serving": not visible when nothing is served here
    unread: tuple[str, ...] = ()  # words in the names of programs and what runs them: one that is not analysed may be such a test
    effort: int = 2  # 1: an afternoon, 2: days, 3: an organisation; orders the plan
    docs: Table = field(default_factory=dict)

    @property
    def ceiling(self) -> str:
        """The best status that a repository can show: some tests are never automated within one."""
        statuses = {grade.status for grade in self.grades}
        return next((status for status in ("automated", "manual", "present") if status in statuses), "none")


@dataclass(frozen=True, slots=True)
class CapabilityRule:
    """One capability of a maturity level: met when `met` holds, else partial when `partial` holds."""

    id: str
    title: str
    level: int
    required: bool
    path: Path
    checks: Mapping[str, tuple[str, Table]]
    met: tuple[Grade, ...]
    partial: tuple[Grade, ...]
    message: str
    cadence: str = "any"
    docs: Table = field(default_factory=dict)
    model: str = ""  # the id of the maturity model or gate that it belongs to
    hidden: str = ""  # "serving", "training": not visible when nothing here serves, or trains
    next: str = ""  # what makes it met
    edits: int = 1  # in about how many places somebody has to write something


@dataclass(frozen=True, slots=True)
class MaturityModel:
    """A model of maturity, or another row of capabilities that is counted. `beginning` is what the ids of its capabilities begin with."""

    id: str
    title: str
    beginning: str
    target: tuple[str, ...] = ()  # roles of which one must be there, else no level is reached
    target_reason: str = ""
    not_assessed: tuple[str, ...] = ()  # what nobody sees in a repository
    given: tuple[str, ...] = ()  # roles without which the model says nothing


@dataclass(frozen=True, slots=True)
class Mend:
    """What mends a break that is told in words which `said` is found in; `{0}` and `{1}` of `do` are the words and their first group."""

    said: re.Pattern[str]
    do: str
    edits: int = 1

    def advice(self, message: str) -> str | None:
        found = self.said.search(message)
        return None if found is None else self.do.format(message, *found.groups())


@dataclass(frozen=True, slots=True)
class Situation:
    """How tests are read where the project fits no model itself: `read` by test, and why the absence of some says nothing (`hidden`)."""

    id: str
    holds: str
    said: str
    read: Mapping[str, str]
    hidden: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RuleBook:
    """Everything that is judged, in order of id, and what mends a break."""

    rules: tuple[Rule, ...]
    tests: tuple[TestRule, ...]
    capabilities: tuple[CapabilityRule, ...]
    mends: tuple[Mend, ...] = ()
    situations: tuple[Situation, ...] = ()
    models: tuple[MaturityModel, ...] = ()

    def of_model(self, model: str) -> tuple[CapabilityRule, ...]:
        return tuple(rule for rule in self.capabilities if rule.model == model)

    def find(self, identifier: str) -> Rule | TestRule | CapabilityRule | None:
        wanted = identifier.lower()
        items: list[Rule | TestRule | CapabilityRule] = [*self.rules, *self.tests, *self.capabilities]
        for item in items:
            if item.id.lower() == wanted or (isinstance(item, Rule) and item.name == wanted):
                return item
        return None
