"""What is said and not done: sentences and badges without a check behind them, tests that are called after the rubric and check nothing,
and scores that somebody gave the repository by hand. They earn nothing; the report says which line says so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import unquote

from mlrubric.graph.attestations import Claimed
from mlrubric.graph.build import Picture
from mlrubric.model.facts import Heading, Link, Statement
from mlrubric.model.place import Place
from mlrubric.model.report import Message
from mlrubric.model.verdict import Broken, TestResult
from mlrubric.rules.claiming import Claim, load_claims
from mlrubric.score.self_scored import SELF_SCORED

BADGE = re.compile(r"^https://(?:img\.)?shields\.io/(?:badge/|static/v1\?)(?P<text>[^?#]*)", re.IGNORECASE)
NAMED = re.compile(r"(?<![a-z])(data|model|infra|monitor)[_ -]?([1-7])(?!\d)", re.IGNORECASE)
TEACHING = re.compile(
    r"(^|/)(lectures?|course|lessons?|slides|tutorials?|cohorts|homework|assignments?|book|blog|chapter|part|extension|proposal)"
    r"(/|s/|$|[-_]?\d|\.)",
    re.IGNORECASE,
)
OPEN = ("none", "not_visible")


@dataclass(frozen=True, slots=True)
class _Saying:
    place: Place
    words: str  # what it is and says, without its place
    kind: str  # "claim" | "test"


class Hearsay:
    """What a repository says of each test, listened to once."""

    def __init__(self, picture: Picture) -> None:
        self.scores = tuple(_scores(picture))
        self._said: dict[str, list[_Saying]] = {}
        for test, saying in _sayings(picture, load_claims()):
            self._said.setdefault(test, []).append(saying)

    def beside(self, results: Iterable[TestResult]) -> tuple[TestResult, ...]:
        """Each test without any evidence is told with the first place that claims it."""
        return tuple(_with(result, said) if (said := self._of(result)) else result for result in results)

    def claims(self, results: Iterable[TestResult]) -> tuple[Claimed, ...]:
        """The first claim for each test of which nothing is there."""
        found = []
        for result in results:
            first = next((one for one in self._of(result) if one.kind == "claim"), None)
            if first is not None and result.status == "none":
                found.append(Claimed(result.id, first.words, first.place))
        return tuple(found)

    def notices(self, claims: Iterable[Claimed]) -> tuple[Message, ...]:
        by_hand = []
        if self.scores:
            (place, words), *others = self.scores
            also = f"; also {', '.join(str(other) for other, _ in others)}" if others else ""
            by_hand.append(Message("note", f"{words}: it earns nothing, only checks that are run do{also}", place))
        told = [Message("note", f"{one.words}; nothing in the repository does it, and it earns nothing", one.place) for one in claims]
        return (*by_hand, *told)

    def _of(self, result: TestResult) -> list[_Saying]:
        return self._said.get(result.id, []) if result.status in OPEN and not result.evidence else []


def _with(result: TestResult, sayings: list[_Saying]) -> TestResult:
    """The first hollow test and the first claim, in words."""
    firsts = [next((one for one in sayings if one.kind == kind), None) for kind in ("test", "claim")]
    shown = [one for one in firsts if one is not None]
    nothing = "nothing in the repository does it" if result.status == "none" else "nothing here shows it"
    told = "; ".join(f"{one.place} {one.words}" + (f", and {nothing}" if one.kind == "claim" else "") for one in shown)
    broken = result.broken
    message = told if broken is None or result.status == "none" else f"{broken.message}; {told}"
    place = shown[0].place if result.status == "none" else broken.place if broken is not None else None
    return replace(result, broken=Broken(broken.condition if broken is not None else "wired", place, message))


def _sayings(picture: Picture, claims: Sequence[Claim]) -> Iterator[tuple[str, _Saying]]:
    for path, statement in picture.world.every(Statement):
        if not TEACHING.search(path):
            for claim in claims:
                if claim.stated(statement.text):
                    yield claim.test, _Saying(statement.place, f"says that {claim.about}", "claim")
    for _, link in picture.world.every(Link):
        badge = BADGE.match(link.target) if link.image else None
        text = unquote(badge["text"]).replace("_", " ").replace("-", " ") if badge is not None else ""
        for claim in claims if text else ():
            if claim.named.search(text):
                yield claim.test, _Saying(link.place, f"shows a badge, written by hand, that {claim.about}", "claim")
    for node in picture.graph.of_kind("test"):
        test = picture.graph.nodes[node]
        if test.attributes.get("asserts") == "false":
            name = test.label.rpartition(".")[2]
            for meant in sorted(_meant(f"{test.label} {test.place.path}", name, claims)):
                yield meant, _Saying(test.place, f"`{name}` asserts nothing about it", "test")


def _meant(whole: str, name: str, claims: Iterable[Claim]) -> set[str]:
    """The tests of the rubric that a test is called after: by number, else by what it is about."""
    numbered = {f"{match[1].lower()}-{match[2]}" for match in NAMED.finditer(name)} or {
        f"{match[1].lower()}-{match[2]}" for match in NAMED.finditer(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", whole))
    }
    text = name.replace("_", " ")
    return numbered or {claim.test for claim in claims if claim.named.search(text)}


def _scores(picture: Picture) -> Iterator[tuple[Place, str]]:
    """Where somebody scores the repository by the rubric: documents, tables, scripts, badges; one for each file."""
    seen: set[str] = set()
    for path in sorted(picture.world.files):
        if SELF_SCORED.search(path.rpartition("/")[2]):
            seen.add(path)
            yield Place(path), "an ML Test Score that is given by hand"
    for path, heading in picture.world.every(Heading):
        if path not in seen and SELF_SCORED.search(heading.text):
            seen.add(path)
            yield heading.place, "an ML Test Score that is written by hand"
    for path, link in picture.world.every(Link):
        badge = BADGE.match(link.target) if link.image else None
        if path not in seen and badge is not None and SELF_SCORED.search(unquote(badge["text"])):
            seen.add(path)
            yield link.place, "a badge with an ML Test Score that is written by hand"
    program = picture.world.code.program
    for op in program.of_kind("const"):
        value, path = program.ops[op].value, program.unit(op).path
        if isinstance(value, str) and path not in seen and len(value) < 500 and SELF_SCORED.search(value):
            seen.add(path)
            yield picture.world.code.place(op), "a program of the repository that works out an ML Test Score of its own"
