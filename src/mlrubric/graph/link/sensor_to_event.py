"""What listens to an event is started by it: certain when the source of the event is in the repository, dead when it has no such event."""

from __future__ import annotations

from dataclasses import replace

from mlrubric.graph.clock import Clock, add_trigger
from mlrubric.graph.world import World
from mlrubric.model.facts import EventSource, Listener
from mlrubric.source.syntax.cron import cron_problem

ORDER = 12


def link(world: World) -> None:
    """A trigger for every listener."""
    sources: dict[str, dict[str, EventSource]] = {}
    for _, event in world.every(EventSource):
        sources.setdefault(event.source, {})[event.event] = event
    for path, listener in world.every(Listener):
        target = world.node(path, listener.owner)
        if target is not None:
            add_trigger(world, _clock(sources.get(listener.source), listener), listener.place, [target])


def _clock(events: dict[str, EventSource] | None, listener: Listener) -> Clock:
    if events is None:
        return Clock(kind="event", certain=False, reason=f"the event source `{listener.source}` is not in this repository")
    event = events.get(listener.event)
    if event is None:
        return Clock(kind="event", live=False, reason=f"the event source `{listener.source}` has no event `{listener.event}`")
    if not event.schedule:
        return Clock(kind="event")
    problem = cron_problem(event.schedule) if len(event.schedule.split()) == 5 else ""
    return replace(Clock(event.schedule), live=not problem, reason=problem)
