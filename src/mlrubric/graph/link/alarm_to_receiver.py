"""Alarms that infrastructure makes: a trigger of their own, and whether anybody is told."""

from __future__ import annotations

import posixpath

from mlrubric.graph.world import World
from mlrubric.knowledge.alarms import load_alarms
from mlrubric.knowledge.metrics import load_metrics
from mlrubric.model.facts import Provision

ORDER = 85
ROLES = {"alert": "alert.rule", "objective": "slo.objective"}


def link(world: World) -> None:
    """Nodes and triggers of alarms; what they watch is said by the words of their metric."""
    known = load_alarms()
    for path, fact in world.every(Provision):
        alarm = known.get(fact.kind)
        if alarm is None:
            continue
        options = dict(fact.options)
        subjects = (load_metrics().subject(text) for text in alarm.texts(options))
        told = alarm.tells(options)
        node = world.graph.add(
            "monitor",
            alarm.named(options) or f"{fact.kind}.{fact.name}",
            fact.place,
            (ROLES[alarm.kind],),
            tool=fact.kind,
            subject=next(filter(None, subjects), "unknown"),
            known="true",
            receiver="notifying" if told else "none",
            loaded="false" if fact.off else "true",
        )
        if not told:
            world.graph.nodes[node].attributes["untold"] = "it names nobody to tell"
        settings = {"kind": "alert", "live": "false" if fact.off else "true", "recurring": "true", "reason": fact.off}
        start = world.graph.add("trigger", "alarms of the cloud", fact.place, ("trigger.alert",), "", **settings)
        world.graph.connect(start, node, "trigger", fact.place, certain=posixpath.dirname(path) in world.applied)
