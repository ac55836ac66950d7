"""Bots, owners, secrets, pins and notebooks as nodes with the attributes that rules ask for."""

from __future__ import annotations

from mlrubric.graph.code import cell_of
from mlrubric.graph.world import World
from mlrubric.model.facts import Bot, DataFile, NotebookInfo, Owner, Pin, Remote, ReviewRule, Secret, Trigger
from mlrubric.model.place import Place, Span

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
    for path, data in world.every(DataFile):
        node = world.artifact(path, data.place, "model" if data.kind == "model" else "artifact")
        world.graph.nodes[node].attributes.update(exists="true", size=str(data.size), content=data.kind)
    for path, info in world.every(NotebookInfo):
        index = world.code.program.by_path.get(path)
        if index is not None:
            counts = [c[2] for c in info.cells]
            run = [c for c in counts if c is not None]
            attributes = world.graph.nodes[world.code.module_node[index]].attributes
            attributes["executed"] = "true" if any(c[3] and not c[4] for c in info.cells) else "false"
            attributes["ordered"] = "true" if run == sorted(run) and len(set(run)) == len(run) else "false"
            attributes["all_run"] = "true" if None not in counts else "false"
            attributes["code_cells"] = str(len(info.cells))
            _cells(world, index, path, info)


def _cells(world: World, module: int, path: str, info: NotebookInfo) -> None:
    """Cells that were run before an earlier one, or left out between cells that were run; cells without code aside."""
    unit = world.code.program.modules[module]
    speaking = {cell_of(unit, op.line)[0] for op in unit.facts.ops}
    last, highest = max((i for i, c in enumerate(info.cells) if c[2] is not None), default=-1), 0
    for index, (number, line, count, _, _) in enumerate(info.cells):
        broken = (
            "before"
            if count is not None and count <= highest
            else "left out"
            if count is None and index < last and number in speaking
            else ""
        )
        if broken:
            place = Place(path, Span(line), f"cell {number}", number, 1)
            node = world.graph.add("cell", f"cell {number}", place, ran=broken, count=str(count or ""), previous=str(highest))
            world.graph.connect(world.code.module_node[module], node, "declare")
        highest = max(highest, count or 0)
