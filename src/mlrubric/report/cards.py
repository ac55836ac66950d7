"""What people are told about a rule, a test or a capability: the documentation tables of the TOML files, as text."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mlrubric.report.statuses import Status, statuses_of_capability, statuses_of_test
from mlrubric.rules import rule
from mlrubric.rules.rule import CapabilityRule, Rule, RuleBook, Table, TestRule

HOLE = re.compile(r"\{([@\w.]+)\}")
DOCS_ORDER = ("why", "reason", "counts", "sees", "misses", "not", "do")


@dataclass(frozen=True, slots=True)
class Example:
    bad: str = ""
    good: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """A variant of a rule: when it is told, and what is other then ("" for as always)."""

    when: str
    level: str
    confidence: str
    persona: str
    message: str


@dataclass(frozen=True, slots=True)
class Card:
    """One entry of the rule book. `kind`: rule, test, capability. `docs` holds headings and texts in the order of printing.

    `security` is the severity of a security defect as code scanning counts it ("0.1" to "10.0"), "" for all others.
    """

    id: str
    kind: str
    name: str
    file: str = ""
    level: str = ""
    confidence: str = ""
    persona: str = "regular"
    stage: str = "stable"
    tests: tuple[str, ...] = ()
    fix: str | None = None
    security: str = ""
    message: str = ""
    docs: tuple[tuple[str, str], ...] = ()
    examples: tuple[Example, ...] = field(default=())
    statuses: tuple[Status, ...] = ()
    advice: str = ""
    fixes: tuple[tuple[str, str], ...] = ()  # title and safety
    variants: tuple[Form, ...] = ()
    shown: tuple[rule.Example, ...] = ()  # the examples that are run
    replaced_by: tuple[str, ...] = ()
    packaged: bool = False  # a rule of the packaged book, which has a page

    @property
    def title(self) -> str:
        """What it is called in a sentence: `split-without-seed` reads "Split without seed"."""
        return (self.name[:1].upper() + self.name[1:].replace("-", " ")) if self.kind == "rule" else self.name

    def doc(self, key: str) -> str:
        return next((text for name, text in self.docs if name == key), "")


def cards_of(book: RuleBook) -> dict[str, Card]:
    """Every rule, test and capability by id, in the order of the book."""
    items: list[Rule | TestRule | CapabilityRule] = [*book.rules, *book.tests, *book.capabilities]
    return {item.id: card_of(item) for item in items}


def nearest(name: str, known: Iterable[str]) -> str:
    """ "; did you mean X?", or nothing."""
    names = {k.lower(): k for k in known}
    close = difflib.get_close_matches(name.lower(), names, 1, 0.6)
    return f"; did you mean {names[close[0]]}?" if close else ""


def card_of(item: Rule | TestRule | CapabilityRule) -> Card:
    """What is told about one entry."""
    if isinstance(item, Rule):
        return Card(
            id=item.id,
            kind="rule",
            name=item.name,
            file=_file(item.path),
            level=item.level,
            confidence=item.confidence,
            persona=item.persona,
            stage=item.stage,
            tests=item.tests,
            fix=item.fix,
            security=item.security,
            message=item.message,
            docs=tuple((key, getattr(item.docs, key)) for key in DOCS_ORDER if getattr(item.docs, key, "")),
            examples=(Example(item.docs.bad, item.docs.good),) if item.docs.bad or item.docs.good else (),
            advice=item.advice,
            fixes=tuple((_with_options(fix), fix.safety) for fix in item.fixes),
            variants=tuple(Form(_when(one.where), one.level, one.confidence, one.persona, one.message) for one in item.variants),
            shown=item.examples,
            replaced_by=item.replaced_by,
            packaged=not item.own,
        )
    known = [key for key in DOCS_ORDER if key in item.docs]
    told = [(key, _text(item.docs[key])) for key in [*known, *(key for key in item.docs if key not in known)]]
    if isinstance(item, CapabilityRule):
        told.insert(0, ("place", _place_of_capability(item)))
        if item.next:
            told.append(("do", item.next))
        if item.message:
            told.append(("when it is missing", item.message))
    else:
        told.insert(0, ("place", _place_of_test(item)))
    return Card(
        id=item.id,
        kind="test" if isinstance(item, TestRule) else "capability",
        name=item.title,
        file=_file(item.path),
        docs=tuple(told),
        statuses=statuses_of_test(item) if isinstance(item, TestRule) else statuses_of_capability(item),
    )


def _with_options(fix: rule.FixRule) -> str:
    """The title of a fix with what its rule tells the recipe; names that only a finding has stay."""
    told = {name: f"{{{value}}}" if str(value).startswith("@") else str(value) for name, value in fix.options.items()}
    return HOLE.sub(lambda hole: told.get(hole[1], hole[0]), fix.title)


def _when(where: Table) -> str:
    """Clauses over attributes in words: `pinned` is tag; `mode` is gone or stale."""
    said = []
    for key, wanted in where.items():
        if isinstance(wanted, Mapping):
            parts = [
                f"is {' or '.join(wanted['in'])}" if "in" in wanted else "",
                f"is not {' or '.join(wanted['not_in'])}" if "not_in" in wanted else "",
            ]
            parts += [f"fits `{wanted['matches']}`" if "matches" in wanted else ""]
            said.append(f"`{key}` {' and '.join(part for part in parts if part)}")
        else:
            said.append(f"`{key}` is {str(wanted).lower() if isinstance(wanted, bool) else wanted}")
    return ", ".join(said)


def _place_of_capability(rule: CapabilityRule) -> str:
    if rule.model in ("google", "azure"):
        return f"{rule.model.capitalize()} level {rule.level}, {'required' if rule.required else 'not required'}"
    return {
        "gate": "the registry's gate: asked of every promotion",
        "loop": "the closed loop: from drift to retraining, canary and rollback",
        "lineage": f"lineage of every model and feature, depth {rule.level}",
    }.get(rule.model, rule.model)


def _place_of_test(test: TestRule) -> str:
    judged = "judged for each model" if test.specific == "model" else "judged once for the repository"
    cadence = "must run by time, event or alert" if test.cadence == "time" else "a change of code may start it"
    ceiling = {"automated": "1 point", "manual": "half a point"}.get(test.ceiling, "no point")
    return f"section {test.section}; {judged}; {cadence}; a repository can show at most {ceiling} of it"


def _file(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _text(value: object) -> str:
    return "\n".join(f"- {item}" for item in value) if isinstance(value, list) else str(value).strip()
