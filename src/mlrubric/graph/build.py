"""Facts become the graph: code first, then every link in its order, then labels."""

from __future__ import annotations

import importlib
import pkgutil
import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from mlrubric.graph import link as links
from mlrubric.graph.absences import mark_absences
from mlrubric.graph.apart import mark_apart
from mlrubric.graph.automation import Schedule
from mlrubric.graph.bans import mark_bans
from mlrubric.graph.benchmarks import mark_benchmarks
from mlrubric.graph.cards import mark_cards
from mlrubric.graph.causes import mark_started
from mlrubric.graph.chains import mark_chains
from mlrubric.graph.charts import put_together
from mlrubric.graph.code import add_code
from mlrubric.graph.copies import without_copies
from mlrubric.graph.doomed import mark_doomed
from mlrubric.graph.frameworks import Fixtures
from mlrubric.graph.gates import Guarded, guard_releases
from mlrubric.graph.graph import Graph
from mlrubric.graph.habits import Habits
from mlrubric.graph.in_use import mark_in_use
from mlrubric.graph.inputs import Inputs
from mlrubric.graph.judging_mode import mark_judging_mode
from mlrubric.graph.keeping import mark_keeping
from mlrubric.graph.label import label
from mlrubric.graph.lifecycle import mark_lifecycle
from mlrubric.graph.literals import mark_literals
from mlrubric.graph.meaning import Meanings
from mlrubric.graph.moved import mark_moved
from mlrubric.graph.origins import mark_origins
from mlrubric.graph.overwrites import mark_overwrites
from mlrubric.graph.parts import mark_parts
from mlrubric.graph.personal import mark_personal
from mlrubric.graph.privacy import mark_privacy
from mlrubric.graph.program import Program
from mlrubric.graph.protected import mark_protected
from mlrubric.graph.raw_requests import mark_raw
from mlrubric.graph.references import mark_references
from mlrubric.graph.repeats import mark_repeats
from mlrubric.graph.resolve import resolve, resolve_again
from mlrubric.graph.resolve.dispatch import configured
from mlrubric.graph.reviews import History, mark_reviews
from mlrubric.graph.runs import mark_runs
from mlrubric.graph.seedings import mark_seedings
from mlrubric.graph.seeds import mark_seeds
from mlrubric.graph.shared_packages import installed
from mlrubric.graph.skew import mark_skew
from mlrubric.graph.stamped import mark_stamped
from mlrubric.graph.starts import mark_starts
from mlrubric.graph.subjects import mark_subjects
from mlrubric.graph.swallows import mark_swallows
from mlrubric.graph.test_manners import mark_test_manners
from mlrubric.graph.trained import Trained, trained
from mlrubric.graph.training import mark_training
from mlrubric.graph.training_loops import mark_training_loops
from mlrubric.graph.trust import mark_trust
from mlrubric.graph.unread import mark_unread
from mlrubric.graph.unrunnable import mark_unrunnable
from mlrubric.graph.used import mark_used
from mlrubric.graph.validation import mark_validated
from mlrubric.graph.versions import Versions
from mlrubric.graph.watch.handled import mark_handled
from mlrubric.graph.watch.later import mark_later
from mlrubric.graph.watch.mark import mark_fed, mark_watched
from mlrubric.graph.watch.traces import mark_traces
from mlrubric.graph.world import World, parents
from mlrubric.knowledge.catalogue import Catalogue
from mlrubric.model.collector import no_collection
from mlrubric.model.facts import FileFacts, Project, Setting
from mlrubric.model.python import PythonModule

NAMING = frozenset({"_target_"})  # keys of configuration files whose values are names of code


class Link(Protocol):
    """A module of `graph/link/`."""

    ORDER: int
    __name__: str

    def link(self, world: World) -> None: ...


@dataclass(slots=True)
class Picture:
    """The graph with what it was made from."""

    graph: Graph
    world: World
    schedule: Schedule
    real: Schedule  # the same without what only tests run
    guarded: tuple[Guarded, ...]
    trained: Trained = field(default_factory=Trained)
    _habits: Habits | None = None

    @property
    def habits(self) -> Habits:
        """The expressions that rules of habit ask for; nothing is computed until one does."""
        if self._habits is None:
            self._habits = Habits(self.world)
        return self._habits


def build(
    facts: Sequence[FileFacts],
    files: Sequence[str],
    catalogue: Catalogue,
    before: Picture | None = None,
    doubtful: frozenset[str] = frozenset(),
    today: str = "",
    history: History | None = None,
    whole: bool = True,
) -> Picture:
    """The graph of a repository from the facts of its files; what modules mean that did not change is taken from the picture `before`.
    `doubtful` are files and folders of which nobody can say whether they are tracked; `today` is the day that schedules are judged by;
    `history` tells how the commits that touch given files were reviewed; `whole` says that the files are those of a repository from its
    top."""
    with no_collection():
        picture = _build(facts, files, catalogue, before, doubtful, today, history)
    picture.world.whole = whole
    return picture


def _build(
    facts: Sequence[FileFacts],
    files: Sequence[str],
    catalogue: Catalogue,
    before: Picture | None,
    doubtful: frozenset[str],
    today: str,
    history: History | None,
) -> Picture:
    charts = put_together(facts)
    by_path: dict[str, list[FileFacts]] = {}
    for one in charts.facts:
        by_path.setdefault(one.path, []).append(one)
    modules = [(path, fact) for path in sorted(by_path) for one in by_path[path] for fact in one.facts if isinstance(fact, PythonModule)]
    program = Program(without_copies(modules), _roots(by_path), catalogue.import_names, _named(by_path), installed(by_path))
    inputs = Inputs(by_path)
    resolver = resolve_again(before.world.code.resolver, program, inputs) if before is not None else None
    resolver = resolver or resolve(program, catalogue, inputs)
    fixtures = Fixtures(program, resolver)
    versions = Versions(by_path, catalogue)
    meanings = Meanings(program, resolver, catalogue, versions)
    graph = Graph()
    code = add_code(graph, program, resolver, meanings)
    world = World(graph, code, fixtures, by_path, versions, frozenset(files), _folders(files), doubtful, today)
    world.guessed.update(charts.guessed)
    world.broken.extend(charts.notes)
    for module in _links():
        module.link(world)
    mark_doomed(world, *mark_moved(world))
    mark_unrunnable(world)
    mark_absences(world)
    label(graph, code)
    mark_parts(world)
    mark_seeds(graph, code)
    mark_seedings(graph, code)
    models = trained(world)
    guarded = tuple(guard_releases(world, models))
    mark_subjects(world)
    mark_raw(world)
    mark_bans(world)
    mark_benchmarks(world)
    mark_cards(world)
    mark_references(world)
    mark_overwrites(world, models)
    mark_chains(world)
    mark_test_manners(world)
    mark_keeping(world)
    mark_repeats(world)
    mark_in_use(world)
    mark_training(world)
    mark_training_loops(world)
    mark_judging_mode(world)
    mark_used(world)
    mark_skew(world)
    mark_origins(world)
    mark_trust(world)
    mark_apart(world)
    mark_later(world)
    mark_literals(world)
    mark_validated(world)
    mark_privacy(world)
    mark_personal(world)
    mark_protected(world)
    mark_stamped(world)
    mark_unread(world)
    mark_watched(world)
    mark_traces(world)
    mark_reviews(world, history)
    schedule = Schedule(graph)
    mark_runs(world, schedule)
    mark_fed(world, schedule)
    mark_handled(world)
    mark_started(world, schedule)
    mark_starts(world, schedule)
    mark_swallows(world, schedule)
    real = Schedule(graph, through_tests=False)
    mark_lifecycle(world, real, guarded)
    return Picture(graph, world, schedule, real, guarded, models)


def _links() -> list[Link]:
    names = sorted(m.name for m in pkgutil.iter_modules(links.__path__))
    modules = [importlib.import_module(f"{links.__name__}.{name}") for name in names]
    return sorted(modules, key=lambda m: (m.ORDER, m.__name__))


def _roots(by_path: Mapping[str, Sequence[FileFacts]]) -> list[str]:
    """Folders that projects name as the roots of their packages."""
    found: list[str] = []
    for path in sorted(by_path):
        for one in by_path[path]:
            for fact in one.facts:
                if isinstance(fact, Project):
                    base = posixpath.dirname(path)
                    found.append(base)
                    found.extend(posixpath.normpath(posixpath.join(base, root)) for root in fact.package_roots)
    return found


def _named(by_path: Mapping[str, Sequence[FileFacts]]) -> dict[str, tuple[tuple[tuple[str, ...], str], ...]]:
    """What configuration names for the code to find: classes to make, entry points."""
    facts = [(path, fact) for path in sorted(by_path) for one in by_path[path] for fact in one.facts]
    settings = [(path, f.route, f.value) for path, f in facts if isinstance(f, Setting) and f.route.rpartition(".")[2] in NAMING]
    return configured(settings, [script for _, f in facts if isinstance(f, Project) for script in f.scripts])


def _folders(files: Sequence[str]) -> frozenset[str]:
    return frozenset(folder for path in files for folder in parents(path))
