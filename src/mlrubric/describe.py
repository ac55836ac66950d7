"""What kind of repository this is, which models it has and how they are released: the report put together."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from mlrubric.graph.build import Picture
from mlrubric.graph.code import is_test_code
from mlrubric.graph.gates import Guarded
from mlrubric.graph.graph import RUNS, Graph
from mlrubric.graph.trained import is_real
from mlrubric.model.facts import FileFacts, Notice, Project, Unreadable
from mlrubric.model.place import Place
from mlrubric.model.report import Message, Model, Release, Report, Repository, Score
from mlrubric.model.verdict import Break, Finding, Maturity, NextStep, Step, TestResult
from mlrubric.score.ml_test import serving_visible
from mlrubric.source.tree import Tree

SERVES = ("serve.handle", "serve.app")
RELEASES = ("serve.split", "serve.shadow", "model.deploy")
MODEL_NAME = re.compile(r"model|predict|infer|classif|scor(e|ing)\b|\bml\b", re.IGNORECASE)
TEMPLATE = re.compile(r"\.(py|ipynb)\.(tmpl|tpl|j2|jinja2?|mustache|erb|template)$")
PRIMARY = (
    "python",
    "notebook",
    "shell",
    "github_workflow",
    "github_action",
    "dockerfile",
    "compose",
    "requirements",
    "pyproject",
    "dvc_yaml",
    "makefile",
    "markdown",
)


def describe(
    tree: Tree,
    name: str,
    facts: Sequence[FileFacts],
    picture: Picture,
    results: tuple[TestResult, ...],
    score: Score,
    maturity: Maturity,
    findings: tuple[Finding, ...],
    suppressed: tuple[Finding, ...],
    shared: tuple[Break, ...],
    plan: tuple[NextStep, ...],
    as_of: str | None,
    models: tuple[Model, ...] = (),
    concerns: Callable[[int], bool] = lambda node: True,
) -> Report:
    """The report of one analysis."""
    unreadable = tuple(Message("warning", f.reason, f.place) for one in facts for f in one.facts if isinstance(f, Unreadable))
    analysed = len({one.path for one in facts if any(not isinstance(f, Unreadable) for f in one.facts)})
    kind = kind_of(picture)
    repository = Repository(
        ".", name or ".", tree.commit, as_of, kind, _files(facts), _triggers(picture), unreadable, serving_visible(picture), analysed
    )
    return Report(
        repository,
        score,
        results,
        maturity,
        findings,
        models,
        shared,
        tuple(_releases(picture, concerns)),
        plan,
        _notices(tree, facts, picture),
        suppressed,
    )


def kind_of(picture: Picture) -> str:
    """service, pipeline, notebooks, research, library, template or none, by what the graph reaches."""
    graph = picture.graph
    if any("{{" in path and "cookiecutter" in path for path in picture.world.files) or "cookiecutter.json" in picture.world.files:
        return "template"
    fits, serves, uses = (_real(graph, *roles) for roles in (("model.fit", "model.tune"), SERVES, ("model.load", "model.predict")))
    if not fits and not uses:
        if _names_a_model(graph, [*serves, *_real(graph, *RELEASES)]):
            return "service"
        return "library" if _real(graph, "model.build") else "none"
    handlers = [n for n in serves if graph.nodes[n].kind == "function"]
    if not graph.sweep(handlers, RUNS).keys().isdisjoint(uses) or (serves and not fits):
        return "service"
    if not fits:
        packaged = any(True for _ in picture.world.every(Project))
        return "library" if packaged and not _real(graph, "data.read") else "research"
    in_code = [n for n in fits if not graph.nodes[n].place.path.endswith(".ipynb")]
    if not in_code:
        return "notebooks"
    run = picture.real.reached("kept") | picture.real.reached("lost")
    stages = any(graph.nodes[n].attributes.get("tool") in ("dvc", "mlproject") for n in graph.of_kind("stage"))
    orchestrated = bool(graph.with_role("flow.define", "flow.task"))
    if any(n in run for n in in_code) or stages or orchestrated:
        return "pipeline"
    released = graph.with_role("model.register", "model.promote", "model.deploy") or serves
    return "pipeline" if released else "research"


def _real(graph: Graph, *roles: str) -> list[int]:
    """Nodes with a role that are no tests and are not only told in a document."""
    return [n for n in graph.with_role(*roles) if is_real(graph, n)]


def _names_a_model(graph: Graph, nodes: Iterable[int]) -> bool:
    """Whether something that serves says by its name or route that it answers with a model."""
    return any(MODEL_NAME.search(f"{graph.nodes[n].label} {graph.nodes[n].attributes.get('@route', '')}") for n in nodes)


def _files(facts: Sequence[FileFacts]) -> tuple[tuple[str, int], ...]:
    counts = Counter(one.format for one in facts if one.facts)
    order = {name: index for index, name in enumerate(PRIMARY)}
    return tuple(sorted(counts.items(), key=lambda item: (order.get(item[0], 99), item[0])))


def _triggers(picture: Picture) -> tuple[Step, ...]:
    graph = picture.graph
    ordered = sorted(
        graph.of_kind("trigger"),
        key=lambda n: (graph.nodes[n].attributes.get("live") != "true", graph.nodes[n].attributes.get("recurring") != "true", n),
    )
    return graph.steps((n, None) for n in ordered)


def _releases(picture: Picture, concerns: Callable[[int], bool]) -> Iterator[Release]:
    """Releases that a live trigger reaches and that no blocking check guards."""
    graph = picture.graph
    live = picture.real.reached("kept") | picture.real.reached("lost")
    for guarded in picture.guarded:
        if not guarded.checks and guarded.node in live and concerns(guarded.node):
            automation = picture.real.of(guarded.node)
            yield Release(graph.nodes[guarded.node].place, automation.path, _reason(picture, guarded))


def _reason(picture: Picture, guarded: Guarded) -> str:
    graph, core = picture.graph, picture.trained.core
    evaluations = [n for n in graph.with_role("model.evaluate") if not is_test_code(graph.nodes[n].place.path)]
    own = core.get(guarded.node, 0)
    evaluations = [n for n in evaluations if not own or core.get(n, own) & own]
    if not evaluations:
        return "no evaluation on this path"
    first = graph.nodes[evaluations[0]].place
    trigger = next((n for n in graph.sweep([guarded.node], RUNS, back=True) if graph.nodes[n].kind == "trigger"), None)
    reached = graph.sweep([trigger], RUNS) if trigger is not None else {}
    if any(n in reached for n in evaluations):
        return f"evaluated at {first}, but nothing stops when the result is bad"
    return f"no evaluation on this path; {first} is not run by it"


def _notices(tree: Tree, facts: Sequence[FileFacts], picture: Picture) -> tuple[Message, ...]:
    found = [Message("note", reason, Place(path)) for path, reason in tree.notices]
    found.extend(Message("note", f.message, f.place) for one in facts for f in one.facts if isinstance(f, Notice))
    found.extend(Message("note", message, place) for place, message in picture.world.broken)
    read = {one.path for one in facts if one.format in ("python", "notebook")}
    templates = [entry.path for entry in tree.files if entry.path not in read and TEMPLATE.search(entry.path)]
    if templates:
        many = f"{len(templates)} templates of code are" if len(templates) > 1 else "a template of code is"
        said = f"{many} not read, what a project that is made from them does is not judged: {min(templates, key=len)}"
        found.append(Message("note", said))
    return tuple(dict.fromkeys(found))
