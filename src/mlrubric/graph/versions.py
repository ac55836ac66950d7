"""Which versions of a distribution a file is run with, as far as the files of the repository say.

The nearest folder above a file in which something speaks of the distribution governs it: a manifest, a lock file, an install command, an
image. Without one, everything in the repository that speaks of it does. An exact version settles the ranges around it that allow it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mlrubric.knowledge.catalogue import Catalogue, normal_name
from mlrubric.knowledge.commands import interpret
from mlrubric.knowledge.versions import Bounds, bounds_of, key
from mlrubric.model.facts import Command, FileFacts, Image, Requirement
from mlrubric.model.homes import home, inside, same_home
from mlrubric.model.place import Place

LISTS = re.compile(r"(^|/)(requirements?|reqs?|deps|dependencies|envs?|environments?|conda|docker|constraints)$", re.IGNORECASE)
WORD = re.compile(r"\s*([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*(.*)")
INSTALLING = frozenset({"install", "add", "pip", "pip3", "conda", "mamba", "uv", "poetry", "pipenv", "pdm"})
NOTHING = Bounds()


@dataclass(frozen=True, slots=True)
class Pinned:
    """One place that says which versions of a distribution may come."""

    name: str
    place: Place
    bounds: Bounds
    said: str  # as written: `evidently==0.7.1`
    locked: bool = False


class Versions:
    """Answers for one repository; what its files say is gathered when it is first asked for."""

    def __init__(self, facts: Mapping[str, Sequence[FileFacts]], catalogue: Catalogue) -> None:
        self._facts, self._catalogue = facts, catalogue
        self._all: dict[str, list[tuple[str, Pinned]]] | None = None
        self._known: dict[tuple[str, str], tuple[Pinned, ...]] = {}

    def of(self, path: str, distribution: str) -> tuple[Pinned, ...]:
        """Everything that governs which version of a distribution the code of a file meets; nothing when nothing speaks of it."""
        asked = (posixpath.dirname(path), normal_name(distribution))
        if asked not in self._known:
            self._known[asked] = settled(self._nearest(*asked))
        return self._known[asked]

    def bounds(self, path: str, distribution: str) -> Bounds:
        """The versions that may come when all that governs a file agrees in it, without bounds otherwise. For a meaning that changed with a
        version: `versions.bounds(path, "apache-airflow").at_least("3")`, `.below("3")`; neither holds when it is not known."""
        found = self.of(path, distribution)
        return common([one.bounds for one in found])

    def likely(self, path: str, name: str) -> str:
        """The version of the distribution behind an import name, as the catalogue's entries with `since` and `until` want it."""
        distribution = self._catalogue.distribution(name)
        return self.bounds(path, distribution).likely if distribution else ""

    # ---- inside ----

    def _nearest(self, folder: str, name: str) -> list[Pinned]:
        rows = [(where, one) for where, one in self._rows().get(name, []) if same_home(where, folder)]
        here = folder
        while rows:
            near = [one for where, one in rows if where == here]
            if near or here == home(folder):
                return near or [one for _, one in rows]
            here = posixpath.dirname(here)
        return []

    def _rows(self) -> dict[str, list[tuple[str, Pinned]]]:
        """Distribution -> (folder that it holds for, what is said)."""
        if self._all is None:
            self._all = {}
            for path in sorted(self._facts):
                folder = _folder(path)
                for name, one in self._said(path):
                    self._all.setdefault(name, []).append((folder, one))
        return self._all

    def _said(self, path: str) -> Iterator[tuple[str, Pinned]]:
        for fact in (fact for one in self._facts[path] for fact in one.facts):
            if isinstance(fact, Requirement):
                if fact.kind != "build" and fact.name and not _beside_model(path, self._facts):
                    yield normal_name(fact.name), of_requirement(fact)
            elif isinstance(fact, Command) and not INSTALLING.isdisjoint(fact.argv):
                for invocation in interpret(fact.argv):
                    for word in invocation.all("package") if invocation.kind == "install" else ():
                        one = of_word(word, fact.place)
                        if one is not None:
                            yield normal_name(one.name), one
            elif isinstance(fact, Image) and not fact.internal:
                name = self._catalogue.inside_image(fact.name)
                if name and fact.tag and "$" not in fact.tag:
                    yield normal_name(name), Pinned(name, fact.place, _of_tag(fact.tag), f"{fact.name}:{fact.tag}")


def _folder(path: str) -> str:
    """The folder that what a file says holds for: the one that it lies in, above folders that only hold lists; what workflows install
    speaks for the root."""
    folder = posixpath.dirname(path)
    while LISTS.search(folder):
        folder = posixpath.dirname(folder)
    return home(path) if inside(folder).startswith((".github", ".circleci", ".gitlab")) else folder


def _beside_model(path: str, facts: Mapping[str, Sequence[FileFacts]]) -> bool:
    """What a tracker writes beside a logged model speaks of that model only."""
    return posixpath.join(posixpath.dirname(path), "MLmodel") in facts


def of_requirement(fact: Requirement) -> Pinned:
    bounds = bounds_of(fact.specifiers) if not fact.url else NOTHING
    return Pinned(fact.name, fact.place, bounds, f"{fact.name}{','.join(fact.specifiers)}", fact.kind == "locked")


def of_word(word: str, place: Place) -> Pinned | None:
    """What a word of an install command asks for; a word with a variable in it says nothing of the version."""
    match = WORD.match(word.strip("\"'"))
    if match is None or "://" in word:
        return None
    clauses = match[2].partition(";")[0]
    bounds = NOTHING if "$" in word or "{" in word else bounds_of([clauses] if clauses else [])
    return Pinned(match[1], place, bounds, word.strip("\"'"))


def _of_tag(tag: str) -> Bounds:
    """The version that an image's tag begins with: `2.8.1-python3.11` is exact, `2` and `2.8` are the beginning of one."""
    match = re.match(r"v?(\d+(?:\.\d+)*)", tag)
    if match is None:
        return NOTHING
    return bounds_of([f"=={match[1]}" if match[1].count(".") >= 2 else f"=={match[1]}.*"])


def settled(rows: Iterable[Pinned]) -> tuple[Pinned, ...]:
    """What is left when exact versions, lock files first, have settled the ranges that allow them."""
    found = list(dict.fromkeys(rows))
    exact = [one for one in found if one.bounds.exact]
    exact = [one for one in exact if one.locked] + [one for one in exact if not one.locked]
    open_ = [one for one in found if not one.bounds.exact and not any(one.bounds.allows(e.bounds.exact) for e in exact)]
    return (*exact, *open_)


def common(bounds: Sequence[Bounds]) -> Bounds:
    """The bounds that hold for every one of some: from the least lower to the greatest upper."""
    if not bounds:
        return NOTHING
    lower = min((b.lower for b in bounds), key=key) if all(b.lower for b in bounds) else ""
    last = max(bounds, key=lambda b: (key(b.upper), b.closed)) if all(b.upper for b in bounds) else NOTHING
    exact = bounds[0].exact if len({b.exact for b in bounds}) == 1 else ""
    return Bounds(lower, last.upper, last.closed, exact)
