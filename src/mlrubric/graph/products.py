"""The models of a repository as what a team answers for: their names, how each is released, and which of them count for the whole.

Those count that are released. What is tried beside them (candidates in the same file, simple rivals, models of notebooks) is no product;
where nothing is released, all that is trained for a task of its own counts.
"""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from mlrubric.graph.build import Picture
from mlrubric.graph.causes import CARRIES
from mlrubric.graph.code import is_test_code
from mlrubric.graph.earlier import earlier_runs
from mlrubric.graph.graph import FLOWS, RUNS, Graph
from mlrubric.graph.trained import bits, is_name
from mlrubric.model.place import Place

BEST = ("serving", "batch", "registry", "artifact", "none")
CARRIED = frozenset(CARRIES)
REGISTERS = frozenset({"model.register", "model.promote"})
SERVES = frozenset({"serve.handle", "serve.app", "serve.split", "serve.shadow", "model.deploy"})
WRITES = frozenset({"data.write", "file.write"})
JUDGES = ("model.evaluate", "model.fit", "model.tune")
APPLIES = ("transform.apply", "transform.fit_apply")
REMOTE = ("s3://", "s3a://", "gs://", "hf://", "abfs://", "abfss://", "azure://", "wasbs://", "dbfs:/Volumes", "oci://", "r2://")
NOTEBOOK = ".ipynb"
MODEL_WORD = re.compile(r"model|classif|regress|predict|pipeline|forest|boost|\bnet\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Product:
    """`bits` are its numbers in `Trained.core`; `main` says that it counts for the repository."""

    name: str
    release: str
    fits: tuple[int, ...]
    bits: int
    place: Place
    main: bool = False


def products(picture: Picture) -> tuple[Product, ...]:
    """The models, in order of their first fit."""
    releases = _Releases(picture)
    made = [
        Product("", releases.of(number), fits, 1 << number, picture.graph.nodes[fits[0]].place)
        for number, fits in enumerate(picture.trained.fits)
    ]
    made = _one_for_each_place(picture, _without_candidates(picture, made))
    if all(one.release == "none" for one in made):
        made = _by_task(picture.graph, made)
    return _named(picture, _main(picture, made))


class _Releases:
    """How each model goes out, by all nodes that show it."""

    def __init__(self, picture: Picture) -> None:
        self._picture, self._graph = picture, picture.graph
        self._found: dict[int, set[str]] = defaultdict(set)
        alone = {0} if len(picture.trained.fits) == 1 else set[int]()
        for node, release in self._shown():
            reached = set(picture.trained.of(node))
            if not reached and release == "artifact":
                reached = self._made_before(node)
            for number in reached or alone:
                self._found[number].add(release)

    def of(self, number: int) -> str:
        return next(release for release in BEST if release in self._found[number] | {"none"})

    def _shown(self) -> Iterable[tuple[int, str]]:
        graph, live = self._graph, self._serving()
        for node in [*graph.with_role(*SERVES), *self._picture.trained.core]:
            if is_test_code(graph.nodes[node].place.path):
                continue
            if node in live or SERVES & set(graph.nodes[node].roles):
                yield node, "serving"
            elif graph.nodes[node].kind == "model" and graph.nodes[node].label.startswith(REMOTE):
                yield node, "artifact"
            elif REGISTERS & set(graph.nodes[node].roles):
                yield node, "registry"
        for node in graph.with_role("model.predict"):
            if self._scores(node):
                yield node, "batch"
        for one in self._picture.guarded:
            if CARRIED & set(graph.nodes[one.node].roles):
                yield one.node, "artifact"

    def _serving(self) -> frozenset[int]:
        """Loads and predictions of what answers requests: of its handlers, and of the files that they stand in."""
        graph = self._graph
        handlers = [n for n in graph.with_role("serve.handle", "serve.app") if not is_test_code(graph.nodes[n].place.path)]
        paths = {graph.nodes[n].place.path for n in handlers if graph.nodes[n].kind in ("function", "op", "class")}
        tops = [n for n in graph.of_kind("module") if graph.nodes[n].place.path in paths]
        reached = graph.sweep([*handlers, *tops], ("call",))
        uses = graph.with_role("model.load", "model.predict")
        return frozenset(n for n in uses if n in reached or (graph.nodes[n].place.path in paths and "model.load" in graph.nodes[n].roles))

    def _scores(self, node: int) -> bool:
        """Whether predictions with a model that was loaded are written where nothing is trained or judged: a job that scores."""
        graph, code = self._graph, self._picture.world.code
        path = graph.nodes[node].place.path
        op = code.node_op.get(node)
        if op is None or is_test_code(path) or path.endswith(NOTEBOOK) or not any(True for _ in self._picture.trained.of(node)):
            return False
        beside = (graph.nodes[e.target].roles for e in graph.successors(code.holder(op), ("call",)))
        if any(set(JUDGES) & set(roles) for roles in beside):
            return False
        barrier = graph.with_role(*JUDGES)
        loaded = graph.sweep([node], FLOWS, back=True, stop=barrier)
        if not any("model.load" in graph.nodes[n].roles for n in loaded):
            return False
        written = graph.sweep([node], FLOWS, stop=barrier)
        return any(WRITES & set(graph.nodes[n].roles) for n in written) and self._picture.real.of(node).level != "none"

    def _made_before(self, node: int) -> set[int]:
        """The models that the run trains before it publishes something."""
        reached = self._graph.sweep(earlier_runs(self._picture.world, node), RUNS, stop=self._graph.of_kind("test"))
        return {number for number, fits in enumerate(self._picture.trained.fits) if any(fit in reached for fit in fits)}


def _joined(group: list[Product]) -> Product:
    """One model of several: the best released of them, with the fits of all."""
    first = min(group, key=lambda one: BEST.index(one.release))
    others = sorted({fit for one in group for fit in one.fits} - set(first.fits))
    mask = 0
    for one in group:
        mask |= one.bits
    return replace(first, fits=(*first.fits, *others), bits=mask)


def _without_candidates(picture: Picture, made: list[Product]) -> list[Product]:
    """What a file trains beside what goes out of it under a name of its own, or without anything going out, was tried for it."""
    by_file: dict[str, list[Product]] = defaultdict(list)
    for one in made:
        by_file[one.place.path].append(one)
    kept: list[Product] = []
    for group in by_file.values():
        named = [one for one in group if one.release != "none" and own_name(picture, one)]
        first = named[:1] or [min(group, key=lambda one: BEST.index(one.release))]
        kept += [_joined([*first, *(one for one in group if one not in (*first, *named))]), *named[1:]]
    return sorted(kept, key=lambda one: min(bits(one.bits)))


def _one_for_each_place(picture: Picture, made: list[Product]) -> list[Product]:
    """Models that nothing tells apart where they are loaded are rivals for one place: whichever is put there goes out."""
    core = picture.trained.core
    loads = [core[n] for n in picture.graph.with_role("model.load") if n in core and not is_test_code(picture.graph.nodes[n].place.path)]
    groups: list[list[Product]] = []
    for one in made:
        rivals = [] if one.release == "none" or own_name(picture, one) else [g for g in groups if _share(g[0], one, loads)]
        if rivals and not own_name(picture, rivals[0][0]):
            rivals[0].append(one)
        else:
            groups.append([one])
    return [_joined(group) for group in groups]


def _share(first: Product, second: Product, loads: list[int]) -> bool:
    return first.release != "none" and any(mask & first.bits and mask & second.bits for mask in loads)


def _by_task(graph: Graph, made: list[Product]) -> list[Product]:
    """Models that learn from the same file or table are tried for one task."""
    sources: dict[int, list[Product]] = {}
    groups: list[list[Product]] = []
    for one in made:
        back = graph.sweep(one.fits, FLOWS, back=True)
        read = sorted(n for n in back if graph.nodes[n].kind in ("dataset", "artifact") and is_name(graph.nodes[n].label))
        group = next((sources[n] for n in read if n in sources), None)
        if group is None:
            group = []
            groups.append(group)
        group.append(one)
        for node in read:
            sources.setdefault(node, group)
    return [_joined(group) for group in groups]


def _main(picture: Picture, made: list[Product]) -> list[Product]:
    """Released models count, those of notebooks when they are seen to be used or nothing else counts; where none is released, all but
    trivial rivals."""
    graph = picture.graph
    out = [one for one in made if one.release != "none"]
    outside = [one for one in out or made if not _in_notebooks(graph, one) or _seen_in_use(picture, one)]
    counted = outside or out or made
    counted = [one for one in counted if not _prepares(graph, one)] or counted
    if not out:
        counted = [one for one in counted if not _simple(graph, one)] or counted
    return [replace(one, main=one in counted) for one in made]


def _prepares(graph: Graph, one: Product) -> bool:
    """Whether what was fitted changes rows for a model and gives no answer itself."""
    applied = graph.with_role(*APPLIES)
    reached = graph.sweep(one.fits, FLOWS, stop=applied).keys()
    return not reached.isdisjoint(applied) and reached.isdisjoint(graph.with_role("model.predict", "model.evaluate", *REGISTERS))


def _seen_in_use(picture: Picture, one: Product) -> bool:
    return one.release in ("serving", "batch") and bool(own_name(picture, one))


def _in_notebooks(graph: Graph, one: Product) -> bool:
    return all(graph.nodes[fit].place.path.endswith(NOTEBOOK) for fit in one.fits)


def _simple(graph: Graph, one: Product) -> bool:
    """Whether all that is trained are models that stand for a trivial guess."""
    guesses = set(graph.with_role("model.baseline")) - set(graph.with_role("model.simple"))
    return bool(guesses) and all(guesses & graph.sweep([fit], FLOWS, back=True).keys() for fit in one.fits)


def _named(picture: Picture, made: list[Product]) -> tuple[Product, ...]:
    """Names of registries before those of files; a file that several models may be written to names none of them."""
    found = [replace(one, name=_name(picture, one)) for one in made]
    for number, one in enumerate(found):
        if any(other.name == one.name for other in found[:number]):
            found[number] = replace(one, name=f"{one.name} ({one.place.path})")
    seen: dict[str, int] = {}
    for number, one in enumerate(found):
        seen[one.name] = seen.get(one.name, 0) + 1
        if seen[one.name] > 1:
            found[number] = replace(one, name=f"{one.name} #{seen[one.name]}")
    return tuple(found)


def _name(picture: Picture, one: Product) -> str:
    return own_name(picture, one) or next(iter(sorted(_kept_as(picture, one))), one.place.path)


def own_name(picture: Picture, one: Product) -> str:
    """The name that this model alone is kept under: in a registry, else as a file; "" when there is none."""
    found = {label: writers for label, writers in _kept_as(picture, one).items() if is_name(label)}
    entries = [label for label, writers in found.items() if "model.register" in writers]
    return min(entries or found, key=lambda label: (MODEL_WORD.search(label) is None, label), default="")


def _kept_as(picture: Picture, one: Product) -> dict[str, set[str]]:
    """What is written for this model alone, with the roles of what writes it."""
    graph, core = picture.graph, picture.trained.core
    own = [n for n in graph.of_kind("model") if core.get(n, 0) & one.bits and not core[n] & ~one.bits]
    writers = {n: {role for e in graph.predecessors(n, ("write",)) for role in graph.nodes[e.source].roles} for n in own}
    return {graph.nodes[n].label: roles for n, roles in writers.items() if roles and posixpath.basename(graph.nodes[n].label).strip("*.")}
