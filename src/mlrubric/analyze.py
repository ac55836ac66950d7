"""The story: discover, read, build the graph, judge, score, report."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from mlrubric.config import Settings
from mlrubric.describe import describe
from mlrubric.fix.plan import marked, with_remedies
from mlrubric.graph.advisories import look_up
from mlrubric.graph.attestations import add_attestations, add_claims, add_stale
from mlrubric.graph.banned import mark_banned
from mlrubric.graph.build import Picture, build
from mlrubric.graph.graph import Graph
from mlrubric.knowledge.catalogue import load_catalogue
from mlrubric.model.facts import FileFacts
from mlrubric.model.policy import changed
from mlrubric.model.report import Message, Model, Report
from mlrubric.model.verdict import Finding
from mlrubric.read.drive import Known, Progress, read_tree
from mlrubric.rules.fold import folded, unfolded
from mlrubric.rules.judge import findings, heard
from mlrubric.rules.own import book_of, chosen, retired
from mlrubric.rules.rule import RuleBook
from mlrubric.score.advice import advised
from mlrubric.score.ages import aged, notices
from mlrubric.score.attest import attested, known_of
from mlrubric.score.cards import Cards, Results, ceilings
from mlrubric.score.claims import Hearsay
from mlrubric.score.credit import score_of
from mlrubric.score.maturity import maturity
from mlrubric.score.measure import measure
from mlrubric.score.plan import Planner, State, breaks
from mlrubric.source.decode import decode
from mlrubric.source.document import Document
from mlrubric.source.ignores import ignores_in
from mlrubric.source.overlay import OverlayTree
from mlrubric.source.tree import DiskTree, Tree
from mlrubric.suppress import complaints, split_suppressed
from mlrubric.system import System, open_system


@dataclass(frozen=True, slots=True)
class Analysis:
    """The report with what it was made from; `files` are all that are there, `texts` gives the text of one, or None."""

    report: Report
    picture: Picture
    facts: Sequence[FileFacts]
    files: frozenset[str]
    texts: Callable[[str], str | None]
    rules: RuleBook
    system: System
    planner: Planner
    state: State

    @property
    def graph(self) -> Graph:
        return self.picture.graph


@dataclass(slots=True)
class Memory:
    """What an editor keeps from one analysis of a root to the next: the facts of its files and of its system's other repositories, and the
    graph with what every module means."""

    facts: Known = field(default_factory=dict)
    members: dict[str, Known] = field(default_factory=dict)
    picture: Picture | None = None


def analyze(
    root: Path,
    settings: Settings,
    progress: Progress | None = None,
    overlay: Mapping[str, str | bytes | None] | None = None,
    memory: Memory | None = None,
) -> Analysis:
    """Analyse the repository at `root`; `overlay` are texts or bytes that stand in for files (open editors, fixes),
    None for one that is gone."""
    tree: Tree = DiskTree(root)
    if overlay:
        tree = OverlayTree(tree, overlay)
    return analyze_tree(tree, root.resolve().name, settings, progress, memory, open_system(root, settings))


def analyze_tree(
    tree: Tree,
    name: str,
    settings: Settings,
    progress: Progress | None = None,
    memory: Memory | None = None,
    system: System | None = None,
) -> Analysis:
    """The same for any tree: a disk, a memory."""
    system = System() if system is None else system
    own = read_tree(tree, progress, known=memory.facts if memory is not None else None, without=settings.excludes)
    facts = system.joined(own, progress, memory.members if memory is not None else None)
    rules = book_of(settings)
    before = memory.picture if memory is not None else None
    as_of = settings.as_of or tree.commit_date
    files = [*(entry.path for entry in tree.files), *system.files]
    picture = build(facts, files, load_catalogue(), before, tree.doubtful | system.doubtful, as_of or "", tree.reviews, tree.whole)
    mark_banned(picture.world, frozenset(settings.banned_features))
    if memory is not None:
        memory.picture = picture
    audited = look_up(picture.graph, facts, settings.osv_url) if settings.audit else None
    policy = dict(settings.policy)
    entries = (replace(one, evidence=tuple(map(system.inner, one.evidence))) for one in settings.attest)
    settings = replace(settings, attest=tuple(entries))
    known = known_of(picture, tree.authors if settings.attest else None, as_of)

    cards, hearsay = Cards(picture, rules.situations), Hearsay(picture)
    asked = cards.named(settings.model, system.outer) if settings.model else ""

    def judge(seen: Picture, tests: Collection[str]) -> Results:
        """What the repository has, or the model that was asked for."""
        judged = cards.judged(seen, [test for test in rules.tests if test.id in tests], policy, only=asked)
        return attested(judged.of(asked), seen, rules, settings, known).results

    def finished(one: Model) -> Model:
        if not one.tests:
            return one
        dated = aged(attested(one.tests, picture, rules, settings, known).results, tree.changed)[0]
        tests = hearsay.beside(advised(dated, rules))
        return replace(one, tests=tests, score=score_of(tests, policy))

    judged = cards.judged(picture, rules.tests, policy, only=asked or None)
    models = tuple(finished(one) for one in judged.models if asked in ("", one.id))
    stated = attested(judged.of(asked), picture, rules, settings, known)
    add_attestations(picture.graph, stated.inside)
    results, old = aged(stated.results, tree.changed)
    add_stale(picture.graph, old)
    results = hearsay.beside(advised(results, rules))
    claims = hearsay.claims(results)
    add_claims(picture.graph, claims)
    score = score_of(results, policy)
    planner = Planner(rules, judge)
    texts = _texts(tree, system)
    asking = chosen(rules, settings)
    found = [
        one
        for one in unfolded(system.published(tuple(findings(picture, asking, settings.persona))))
        if settings.shows(one.level, one.confidence) and not settings.ignores(one.rule, one.place.path)
    ]
    foreign = sorted({one.place.path for one in found} - {one.path for one in own})
    ignores = [*(mark for one in own for mark in one.ignores), *(mark for path in foreign for mark in ignores_in(path, texts(path) or ""))]
    kept, suppressed = split_suppressed(found, ignores)
    kept = with_remedies(kept, asking, picture, texts)
    sought = {rule.id for rule in heard(asking, settings.persona) if settings.shows(rule.level, rule.confidence)}
    idle = complaints(ignores, suppressed, {rule.id for rule in rules.rules}, sought, kept)
    report = describe(
        tree,
        name,
        facts,
        picture,
        results,
        score,
        maturity(picture, rules, "google", results),
        kept,
        suppressed,
        breaks(results),
        marked((step for step, _ in planner.plan(State(picture, results, policy))), kept),
        as_of,
        models,
        cards.concerns(asked),
    )
    report = replace(
        report,
        repository=replace(report.repository, members=system.described),
        policy=changed(policy),
        model=asked,
        ceilings=ceilings(rules.tests),
        azure=maturity(picture, rules, "azure", results) if settings.azure else None,
        measures=measure(picture, rules, results),
    )
    said = (*cards.reading.notices(), *stated.notices, *notices(old), *hearsay.notices(claims), *system.notices, *idle)
    report = system.published(replace(report, notices=(*report.notices, *said)))
    system.publish(picture.graph)
    if audited is not None:
        report = replace(report, audit=audited.status, notices=(*report.notices, Message("note", audited.summary())))
    if gone := retired(asking):
        report = replace(report, notices=(*report.notices, *(Message("warning", words) for words in gone)))
    return Analysis(report, picture, facts, frozenset(files), texts, rules, system, planner, State(picture, report.tests, policy))


def narrowed(analysis: Analysis, kept: Sequence[Finding]) -> Analysis:
    """The analysis with these of its findings alone. Where the first of several that were told as one is not among them, another speaks for
    the rest, and is mended without it."""
    before = set(analysis.report.findings)
    same, changed = list[Finding](), list[Finding]()
    for one in folded(kept):
        if one in before:
            same.append(one)
        else:
            changed.append(replace(one, fix=None, remedy=None))
    fixed = with_remedies(changed, analysis.rules.rules, analysis.picture, analysis.texts)
    found = sorted((*same, *fixed), key=lambda one: (one.place.path, one.place.span, one.rule, one.message))
    return replace(analysis, report=replace(analysis.report, findings=tuple(found)))


def _texts(tree: Tree, system: System) -> Callable[[str], str | None]:
    known: dict[str, str | None] = {}

    def text(path: str) -> str | None:
        if path not in known:
            try:
                where, inner = system.find(path) or (tree, path)
                document = decode(path, where.read(inner))
            except OSError:
                document = None
            known[path] = document.text if isinstance(document, Document) else None
        return known[path]

    return text
