"""`[[moved]]` entries against unpacked versions: the last one before a change has the name, the first one after it has not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks.entries.static import Package
from mlrubric.knowledge.catalogue import normal_name
from mlrubric.knowledge.library import Library
from mlrubric.knowledge.moved import Moved
from mlrubric.knowledge.versions import Key, key

Versions = dict[str, list[tuple[Key, str, Package]]]


def in_old(distribution: str, spellings: Iterable[str], versions: Versions) -> bool:
    """Whether an unpacked version of a distribution has one of the spellings of a name."""
    packages = [package for _, _, package in reversed(versions.get(normal_name(distribution), []))]
    return any(package.find(name) is not None for name in spellings for package in packages)


def versions_in(folder: Path) -> Versions:
    """Distribution -> its unpacked versions in order; folders are called `name-version`, their metadata says which version that is."""
    found: Versions = {}
    for path in sorted(p for p in folder.iterdir() if p.is_dir()):
        name, _, version = path.name.rpartition("-")
        for info in path.glob("*.dist-info"):
            named, _, written = info.name.removesuffix(".dist-info").rpartition("-")
            if normal_name(named) == normal_name(name):
                version = written
        if re.match(r"\d", version):
            found.setdefault(normal_name(name), []).append((key(version), version, Package(path)))
    return {name: sorted(known, key=lambda one: one[0]) for name, known in found.items()}


def check(library: Library, versions: Versions) -> Iterator[tuple[Moved, str]]:
    """Every entry of a library with what is wrong with it: "" when both sides were seen, `unseen` when a version is not there."""
    entries = [*library.moved.names.values(), *library.moved.patterns]
    entries += [m for known in library.moved.arguments.values() for m in known]
    for moved in sorted(entries, key=lambda m: (m.name, m.removed, m.arguments)):
        yield moved, _wrong(moved, [one for d in moved.distributions for one in versions.get(normal_name(d), [])])


def _wrong(moved: Moved, known: list[tuple[Key, str, Package]]) -> str:
    if not known:
        return "unseen: no version is here"
    said: list[str] = []
    for change, has_before in ((moved.removed, True), (moved.added, False), (moved.again, False)):
        if not change:
            continue
        before = [one for one in known if one[0] < key(change)]
        after = [
            one for one in known if one[0] >= key(change) and not (change == moved.removed and moved.again and one[0] >= key(moved.again))
        ]
        for side, here, wanted in (
            (before[-1:], "before", has_before),
            (after[:1], "from", not has_before),
            (after[-1:], "last", not has_before),
        ):
            if not side:
                said.append(f"unseen: no version {here} {change}")
                continue
            there = _has(moved, side[0][2])
            if there is None:
                said.append(f"unseen: {side[0][1]} does not show it")
            elif there != wanted:
                said.append(f"{side[0][1]} {'has' if there else 'has not'} got it, change is said to be {change}")
    if moved.deprecated and moved.removed == moved.added == "":
        there = _has(moved, known[-1][2])
        if there is False:
            said.append(f"is called deprecated, but {known[-1][1]} has not got it")
    return "; ".join(dict.fromkeys(said))


def _has(moved: Moved, package: Package) -> bool | None:
    """Whether a version has the name, or the arguments; None when the source does not tell."""
    if "*" in moved.name:
        return _any_like(moved.name, package)
    names = [moved.name, *_spellings(moved.name)]
    if moved.arguments:
        signatures = [found for name in names if (found := package.signature(name)) is not None]
        if not signatures:
            return None
        if any(set(moved.arguments) & set(found) for found in signatures):
            return True
        return None if all("**" in found for found in signatures) else False
    seen = [one for name in names if (one := package.find(name)) is not None]
    if any(one.sure for one in seen):
        return True
    return None if seen else False


def _spellings(name: str) -> list[str]:
    """A type's name of ours as the package writes it."""
    return [real + name[len(ours) :] for ours, reals in PSEUDO.items() if name.startswith(ours + ".") for real in reals]


PSEUDO = {
    "great_expectations.DataContext": ("great_expectations.data_context.data_context.abstract_data_context.AbstractDataContext",),
    "mlflow.MlflowClient": ("mlflow.tracking.client.MlflowClient",),
    "pandas.DataFrame": ("pandas.core.frame.DataFrame",),
    "pandas.Series": ("pandas.core.series.Series",),
    "pandas.Index": ("pandas.core.indexes.base.Index",),
    "lightning.pytorch": ("pytorch_lightning",),
}
"""Types as the catalogue calls them, and where their class is written."""


def _any_like(pattern: str, package: Package) -> bool | None:
    owner, _, last = pattern.rpartition(".")
    if "*" in owner:
        return None
    form = re.compile(re.escape(last).replace(r"\*", r"\w*"))
    if any(form.fullmatch(name) for name in package.names(owner)):
        return True
    return None if package.lazy(owner) else False
