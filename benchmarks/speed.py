"""CPU of each phase as a ratio to the reading of the same files, and how it grows with the number of files.

usage: python -m benchmarks.speed CHECKOUT          phases on a repository
       python -m benchmarks.speed --growth [FILES]  the same on made-up trees of FILES and of ten times as many files

All in one process and one run: ratios travel between machines, seconds do not.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import mlrubric.graph.build as build
from mlrubric.graph.world import World
from mlrubric.knowledge.catalogue import load_catalogue
from mlrubric.read.drive import read_tree
from mlrubric.source.tree import DiskTree, MemoryTree, Tree

RESOLUTION = ("Program", "resolve")
ROWS = ("reading", "names, calls, values", "links", "the rest of the graph", "resolution and links", "everything")


class Clock:
    """CPU seconds by phase; a phase inside another counts for itself."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        started = time.process_time()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.process_time() - started


def measure(tree: Tree) -> dict[str, float]:
    """CPU seconds of reading, of resolution, of the links between files, and of the whole graph."""
    clock = Clock()
    with clock.phase("reading"):
        facts = read_tree(tree, workers=1)
    catalogue = load_catalogue()
    with _watched(clock), clock.phase("graph"):
        picture = build.build(facts, [entry.path for entry in tree.files], catalogue)
    seconds = clock.seconds
    resolution = sum(seconds[name] for name in RESOLUTION)
    print(f"{len(picture.world.code.program.ops):,} operations, {len(picture.graph.nodes):,} nodes, {len(picture.graph.edges):,} edges")
    return {
        "reading": seconds["reading"],
        "names, calls, values": resolution,
        "links": seconds["links"],
        "the rest of the graph": seconds["graph"] - resolution - seconds["links"],
        "resolution and links": resolution + seconds["links"],
        "everything": seconds["reading"] + seconds["graph"],
    }


@contextmanager
def _watched(clock: Clock) -> Iterator[None]:
    """The phases of `build` report to the clock while this is open."""
    before = {name: getattr(build, name) for name in (*RESOLUTION, "_links")}

    def timed(name: str) -> object:
        def call(*arguments: object, **options: object) -> object:
            with clock.phase(name):
                return before[name](*arguments, **options)

        return call

    class Watched:
        """All links as one, under the clock."""

        ORDER = 0

        @staticmethod
        def link(world: World) -> None:
            with clock.phase("links"):
                for link in before["_links"]():
                    link.link(world)

    try:
        for name in RESOLUTION:
            setattr(build, name, timed(name))
        build._links = lambda: [Watched]  # type: ignore[list-item]
        yield
    finally:
        for name, original in before.items():
            setattr(build, name, original)


def made_up(count: int) -> MemoryTree:
    """A tree of `count` modules that read, clean, split, train and judge, each with a helper of the one before and a shared one."""
    files: dict[str, str | bytes] = {"app/__init__.py": "", "app/common.py": COMMON}
    for number in range(count):
        files[f"app/part{number // 50}/__init__.py"] = ""
        before = max(number - 1, 0)
        files[f"app/part{number // 50}/m{number}.py"] = MODULE.format(number=number, before=before, folder=before // 50)
    return MemoryTree(files)


COMMON = """import pandas as pd


class Store:
    def __init__(self, path):
        self.path = path

    def rows(self):
        return pd.read_csv(self.path)


def clean(frame, limit=3):
    frame = frame.dropna()
    return frame[frame["x"] < limit]
"""
MODULE = """import numpy as np
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

from app.common import Store, clean
from app.part{folder}.m{before} import scale{before}


class Model{number}:
    def __init__(self, alpha=1.0):
        self.alpha = alpha
        self.inner = Ridge(alpha=alpha)

    def fit(self, rows, target):
        self.inner.fit(rows, target)
        return self

    def score(self, rows, target):
        return self.inner.score(rows, target)


def scale{number}(frame):
    return (frame - frame.mean()) / frame.std()


def main{number}():
    frame = clean(Store("data/{number}.csv").rows())
    frame["z"] = np.log(scale{before}(frame)["x"])
    train, test = train_test_split(frame, random_state={number})
    model = Model{number}().fit(train.drop(columns="y"), train["y"])
    score = model.score(test.drop(columns="y"), test["y"])
    if score < 0.5:
        raise SystemExit(1)
    return score


if __name__ == "__main__":
    main{number}()
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkout", type=Path, nargs="?")
    parser.add_argument("--growth", type=int, nargs="?", const=100, metavar="FILES")
    options = parser.parse_args()
    if options.growth:
        measure(made_up(5))  # imports and caches are not what grows
        small, large = measure(made_up(options.growth)), measure(made_up(options.growth * 10))
        for row in ROWS:
            print(f"{row:24s} {small[row]:7.2f} s {large[row]:7.2f} s  x {large[row] / small[row]:5.1f}")
    elif options.checkout:
        seconds = measure(DiskTree(options.checkout))
        for row in ROWS:
            print(f"{row:24s} {seconds[row]:7.2f} s  {seconds[row] / seconds['reading']:5.2f} of the reading")
    else:
        parser.error("name a checkout or say --growth")


if __name__ == "__main__":
    main()
