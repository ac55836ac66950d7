"""What must stand in an attestation, judged by itself: the fields, the dates, the links, who signed it."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from mlrubric.config import Attestation
from mlrubric.rules.attesting import AttestRules

SHORTEST_CLAIM = 40
LONGEST_DAYS = 180
TO_DO = "TODO"  # what a draft begins with
LINK = re.compile(r"https://[^\s/?#.:@]+(\.[^\s/?#.:@]+)*(:\d+)?([/?#]\S*)?")
NOREPLY = re.compile(r"^(?:\d+\+)?(?P<handle>[^@]+)@users\.noreply\.")
LINE = re.compile(r":\d+(-\d+|:\d+)?$")


@dataclass(frozen=True, slots=True)
class Known:
    """What an attestation is held against: the files there are, who answers for code or wrote some (None: nobody can tell), today."""

    files: frozenset[str]
    folders: frozenset[str]
    people: frozenset[str] | None
    today: date | None


def problems_of(entry: Attestation, rules: AttestRules, known: Known) -> list[str]:
    """All that is wrong with it."""
    fields = {"claim": (entry.claim,), "owner": (entry.owner,), "date": (entry.date,), "evidence": entry.evidence}
    open_ones = [name for name, texts in fields.items() if any(text.startswith(TO_DO) for text in texts)]
    if open_ones:
        return [f"{', '.join(f'`{name}`' for name in open_ones)} still to be filled in"]
    said = [_of_claim(entry, rules), _of_owner(entry, known), _of_dates(entry, rules, known.today), _of_evidence(entry, known)]
    return [problem for problem in (*said, *_of_automation(entry)) if problem is not None]


def _of_claim(entry: Attestation, rules: AttestRules) -> str | None:
    applies = entry.status != "not_applicable"
    if len(entry.claim.strip()) < SHORTEST_CLAIM:
        return f"the {'claim' if applies else 'reason'} has fewer than {SHORTEST_CLAIM} characters"
    if applies and entry.test in rules.numbered and not re.search(r"\d", entry.claim):
        return "the claim tells no number"
    return None


def _of_owner(entry: Attestation, known: Known) -> str | None:
    if not entry.owner.strip():
        return "no owner"
    if known.people is not None and not _names(entry.owner) & known.people:
        return f"its owner {entry.owner} is neither in CODEOWNERS nor among the authors of the repository"
    return None


def _of_dates(entry: Attestation, rules: AttestRules, today: date | None) -> str | None:
    made, ends = day(entry.date), expiry(entry, rules)
    if not entry.date:
        return "no date"
    if made is None or ends is None:
        return f"`{entry.date if made is None else entry.expires}` is no date (YYYY-MM-DD)"
    if ends < made:
        return "it expires before its date"
    if today is not None and made > today:
        return f"its date {made} is in the future"
    if today is not None and ends < today:
        return f"it expired on {ends}"
    if (ends - made).days > LONGEST_DAYS:
        return f"it must expire within {LONGEST_DAYS} days after its date"
    return None


def _of_evidence(entry: Attestation, known: Known) -> str | None:
    if not entry.evidence:
        return "no evidence"
    for link in entry.evidence:
        if re.match(r"[a-z][a-z0-9+.-]+:", link, re.IGNORECASE) and link not in known.files:
            if LINK.fullmatch(link) is None and path_of(link) not in known.files:
                return f"its evidence {link} is neither an https address nor a path of the repository"
        elif path_of(link) == entry.place.path:
            return "its evidence is the attestation itself"
        elif link not in known.files and path_of(link) not in known.files and path_of(link) not in known.folders:
            return f"its evidence {link} is not in the repository"
    return None


def _of_automation(entry: Attestation) -> list[str]:
    if entry.status != "automated":
        return []
    found = [] if entry.cadence.strip() else ["an automated test needs a cadence, that is, how often it runs"]
    if not entry.reviewer.strip() or _names(entry.reviewer) & _names(entry.owner):
        found.append("an automated test needs a reviewer who is not the owner")
    return found


def path_of(link: str) -> str:
    """The path that a link names, without what it points at inside of the file."""
    return LINE.sub("", link.partition("#")[0]).removeprefix("./").rstrip("/")


def day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def expiry(entry: Attestation, rules: AttestRules) -> date | None:
    """Its last day: as it is written, else as long as the test allows."""
    if entry.expires:
        return day(entry.expires)
    made = day(entry.date)
    try:
        return made + timedelta(days=rules.lasts(entry.test)) if made is not None else None
    except OverflowError:
        return None


def names_of(people: Collection[str]) -> frozenset[str]:
    """All the ways in which people and teams may be written."""
    return frozenset(name for person in people for name in _names(person))


def _names(person: str) -> set[str]:
    """A handle with and without its organisation, a name, an address and the name in it."""
    text = person.strip().casefold()
    found = {text.lstrip("@")} - {""}
    if text.startswith("@"):
        return found | {text.rpartition("/")[2].lstrip("@")}
    name, bracket, address = text.partition("<")
    if bracket:
        found = {name.strip(), address.rstrip("> ")} - {""}
    for one in list(found):
        if "@" in one:
            hidden = NOREPLY.match(one)
            found |= {hidden["handle"] if hidden else one.partition("@")[0]}
    return found
