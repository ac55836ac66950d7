"""`reached_by`: a subject is run by something. With several subjects and `by`, one run of that kind must reach them all."""

from __future__ import annotations

from typing import cast

from mlrubric.graph.build import Picture
from mlrubric.graph.graph import RUNS
from mlrubric.rules.rule import Table, texts
from mlrubric.rules.select import select
from mlrubric.rules.shapes import Answer, Hit

Selector = Table | str | list[str]


def ask(picture: Picture, table: Table) -> Answer:
    if "roles" in table:
        return _together(picture, table)
    level = str(table.get("level", "lost"))
    reached = picture.schedule.reached(level) | picture.schedule.reached("kept")
    answer = Answer()
    for node in select(picture, cast("Selector", table["subject"])):
        (answer.met if node in reached else answer.unmet).append(Hit(node))
    return answer


def _together(picture: Picture, table: Table) -> Answer:
    """Nodes of the `by` kinds from which one run reaches an operation of every role in `roles`; with `kept`, without a lost failure."""
    graph = picture.graph
    wanted = [set(graph.with_role(*role.split("|"))) for role in texts(table, "roles")]
    answer = Answer()
    if not all(wanted):
        return answer
    kept = bool(table.get("kept", False))
    leading = [graph.sweep(members, RUNS, back=True, allow=lambda e: not e.blocked and not (kept and e.loss)) for members in wanted]
    for node in graph.of_kind(*texts(table, "by")):
        if all(node in one for one in leading):
            answer.met.append(Hit(node))
        else:
            answer.unmet.append(Hit(node))
    return answer
