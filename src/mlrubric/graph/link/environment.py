"""Bots, owners, secrets and pins as nodes with the attributes that rules ask for."""

from __future__ import annotations

import posixpath
from fnmatch import fnmatchcase

from mlrubric.graph.world import World, parents
from mlrubric.model.facts import Bot, DataFile, Owner, Pin, Remote, ReviewRule, Secret, Trigger

ORDER = 50


def link(world: World) -> None:
    """Nodes that code does not lead to, but the rubric asks about."""
    for _, secret in world.every(Secret):
        world.graph.add("document", secret.hint, secret.place, ("secret.literal",), hint=secret.hint)
    for path, bot in world.every(Bot):
        node = world.graph.add(
            "service", f"{bot.tool} {bot.ecosystem}", bot.place, ("check.update",), tool=bot.tool, ecosystem=bot.ecosystem
        )
        if bot.disabled:
            world.graph.nodes[node].attributes["disabled"] = bot.disabled
        world.nodes[(path, bot.place.symbol)] = node
    for path, trigger in world.every(Trigger):
        target = world.node(path, trigger.owner)
        if trigger.kind == "bot" and target is not None and world.graph.nodes[target].kind != "workflow":
            live = trigger.live and "disabled" not in world.graph.nodes[target].attributes
            node = world.graph.add(
                "trigger",
                trigger.schedule or "bot",
                trigger.place,
                ("trigger.bot",),
                kind="bot",
                live="true" if live else "false",
                recurring="true" if trigger.recurring else "false",
                reason=trigger.reason,
            )
            world.graph.connect(node, target, "trigger", trigger.place)
    for path, owner in world.every(Owner):
        node = world.graph.add(
            "document", owner.pattern, owner.place, ("check.review",), pattern=owner.pattern, owners=" ".join(owner.owners), path=path
        )
        world.nodes[(path, f"{owner.place.span.line}")] = node
    for path, rule in world.every(ReviewRule):
        asks = "nothing" if rule.off else "owners" if rule.owners and not rule.approvals else "approval"
        node = world.graph.add("document", rule.tool, rule.place, ("check.review",), asks=asks, path=path)
        world.graph.nodes[node].attributes["required"] = "true" if rule.required and not rule.off else "false"
        if rule.off:
            world.graph.nodes[node].attributes["off"] = rule.off
    for path, pin in world.every(Pin):
        node = world.artifact(pin.path, pin.place, "dataset")
        by_run = "true" if path.endswith("dvc.lock") else "false"
        world.graph.nodes[node].attributes.update(pinned="true", pinned_by=pin.tool, pinned_by_run=by_run)
    for _, remote in world.every(Remote):
        world.graph.add("service", remote.name, remote.place, tool="dvc-remote", url=remote.url)
    patterns = sorted({pin.path for _, pin in world.every(Pin) if "*" in pin.path})
    for path, data in world.every(DataFile):
        node = world.artifact(path, data.place, "model" if data.kind == "model" else "artifact")
        world.graph.nodes[node].attributes.update(exists="true", size=str(data.size), content=data.kind)
        world.graph.nodes[node].attributes["megabytes"] = str(data.size // 1_000_000)
        world.graph.nodes[node].attributes["tracked"] = "unknown" if _doubtful(world, path) else "true"
        if any(fnmatchcase(path if "/" in pattern else posixpath.basename(path), pattern) for pattern in patterns):
            world.graph.nodes[node].attributes["tracked"] = "aside"


def _doubtful(world: World, path: str) -> bool:
    return path in world.doubtful or any(folder in world.doubtful for folder in parents(path))
