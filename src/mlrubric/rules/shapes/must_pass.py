"""`must_pass`: every flow from a `from` node to a `to` node meets a `through` node; the cut decides, not a dominator."""

from __future__ import annotations

from typing import cast

from mlrubric.graph.build import Picture
from mlrubric.graph.graph import FLOWS
from mlrubric.graph.processes import Processes
from mlrubric.rules.rule import Table
from mlrubric.rules.select import select
from mlrubric.rules.shapes import Answer, Hit

Selector = Table | str | list[str]


def ask(picture: Picture, table: Table) -> Answer:
    """Met: the `through` nodes that cut all ways to some goal. Unmet: each goal that a way around reaches, with that way."""
    graph = picture.graph
    starts = select(picture, cast("Selector", table["from"]))
    through = set(select(picture, cast("Selector", table["through"])))
    if table.get("gate", False):
        through = {n for n in through if graph.nodes[n].gate}
    answer = Answer()
    if not starts:
        return answer
    view = Processes(graph)
    starts = _sources(view, starts)
    checked = _checked(picture, view, starts, through)
    free = [s for s in starts if s not in checked]
    reached = view.sweep(free, stop=through)
    everything = view.sweep(starts)
    used: set[int] = set()
    for goal in select(picture, cast("Selector", table["to"])):
        if goal in reached and goal not in through and reached[goal] >= 0:
            answer.unmet.append(Hit(goal, graph.path(reached, goal)))
        elif goal in everything:
            back = view.sweep([goal], back=True)
            used |= {t for t in through if t in back} | {t for s in starts if s in back for t in checked.get(s, ())}
    answer.met = [Hit(n) for n in sorted(used)]
    return answer


def _sources(view: Processes, starts: list[int]) -> list[int]:
    """The starts that no other start feeds: what a later step reads back has come in by an earlier one."""
    known, reached = set(starts), view.sweep(starts)
    fed = {s for s in starts if any(e.source in reached for e in view.graph.predecessors(s, FLOWS))}
    return [s for s in starts if s not in fed or not known & view.sweep([s], back=True, until=known).keys() - {s}] or starts


def _checked(picture: Picture, view: Processes, starts: list[int], through: set[int]) -> dict[int, set[int]]:
    """Sources that a check looks at from the side (an assert on what was read, or on the same file), with those checks."""
    graph = picture.graph
    files: dict[int, list[int]] = {}
    for start in starts:
        for edge in graph.predecessors(start, ("read",)):
            files.setdefault(edge.source, []).append(start)
    found: dict[int, set[int]] = {}
    for check in sorted(through):
        if not graph.nodes[check].gate:
            continue
        back = view.sweep([check], back=True)
        for start in {*(s for s in starts if s in back), *(s for f, members in files.items() if f in back for s in members)}:
            found.setdefault(start, set()).add(check)
    return found
