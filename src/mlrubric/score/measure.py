"""Everything that is measured beside the rubric and the levels, put together."""

from __future__ import annotations

from collections.abc import Sequence

from mlrubric.graph.build import Picture
from mlrubric.graph.lifecycle.columns import columns_behind
from mlrubric.model.measures import Measures, Traced
from mlrubric.model.verdict import Links, TestResult
from mlrubric.rules.rule import MaturityModel, RuleBook
from mlrubric.score.evidence import Answers
from mlrubric.score.maturity import judged
from mlrubric.score.objectives import alert_actions, importances, latencies, objectives
from mlrubric.score.shift_left import checked_reads


def measure(picture: Picture, book: RuleBook, results: Sequence[TestResult]) -> Measures:
    """The measures of one picture; a row of links is there when the repository has what it is asked of."""
    models = {model.id: model for model in book.models}
    traced = _traced(picture)
    return Measures(
        checked_reads(picture),
        objectives(picture),
        latencies(picture),
        importances(picture),
        alert_actions(picture),
        traced,
        _gate(picture, book, models["gate"], results),
        _loop(picture, book, models["loop"], results),
        judged(picture, book, book.of_model("lineage"), results) if traced else (),
    )


def _gate(picture: Picture, book: RuleBook, model: MaturityModel, results: Sequence[TestResult]) -> tuple[Links, ...]:
    """The gate of every promotion."""
    graph, rules = picture.graph, book.of_model(model.id)
    subjects = [n for n in graph.with_role(*model.given) if graph.nodes[n].attributes.get("audit") == "subject"]
    found: list[Links] = []
    asked: dict[str, Answers] = {}
    for node in sorted(subjects, key=lambda n: (graph.nodes[n].place, n)):
        links = judged(picture, book, rules, results, node.__eq__, asked)
        found.append(Links(model.title, links, graph.steps([(node, None)])[0]))
    return tuple(found)


def _loop(picture: Picture, book: RuleBook, model: MaturityModel, results: Sequence[TestResult]) -> Links | None:
    if not picture.graph.with_role(*model.given):
        return None
    return Links(model.title, judged(picture, book, book.of_model(model.id), results))


def _traced(picture: Picture) -> tuple[Traced, ...]:
    graph, code = picture.graph, picture.world.code
    found = []
    for node in graph.nodes:
        level = node.attributes.get("lineage")
        if level is None:
            continue
        op = code.node_op.get(node.id)
        columns = columns_behind(code, [op]) if op is not None and node.attributes["traced"] == "model" else ()
        found.append(Traced(node.attributes["traced"], node.label, int(level), node.place, columns))
    return tuple(sorted(found, key=lambda one: (one.kind != "model", one.place, one.name)))
