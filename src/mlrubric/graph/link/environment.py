"""Requirements, bots, owners, secrets, pins and notebooks as nodes with the attributes that rules ask for."""

from __future__ import annotations

import posixpath

from mlrubric.graph.world import World, normal
from mlrubric.model.facts import Bot, DataFile, Manifest, NotebookInfo, Owner, Pin, Remote, Requirement, Secret, Trigger
from mlrubric.model.place import Place, Span

ORDER = 50


def link(world: World) -> None:
    """Nodes that code does not lead to, but the rubric asks about."""
    _requirements(world)
    for _, secret in world.every(Secret):
        world.graph.add("document", secret.hint, secret.place, ("secret.literal",), hint=secret.hint)
    for path, bot in world.every(Bot):
        node = world.graph.add("service", f"{bot.tool} {bot.ecosystem}", bot.place, ("check.update",), tool=bot.tool, ecosystem=bot.ecosystem)
        if bot.disabled:
            world.graph.nodes[node].attributes["disabled"] = bot.disabled
        world.nodes[(path, bot.place.symbol)] = node
    for path, trigger in world.every(Trigger):
        target = world.node(path, trigger.owner)
        if trigger.kind == "bot" and target is not None and world.graph.nodes[target].kind != "workflow":
            live = trigger.live and "disabled" not in world.graph.nodes[target].attributes
            node = world.graph.add(
                "trigger", trigger.schedule or "bot", trigger.place, ("trigger.bot",), kind="bot", live="true" if live else "false",
                recurring="true" if trigger.recurring else "false", reason=trigger.reason,
            )  # fmt: skip
            world.graph.connect(node, target, "trigger", trigger.place)
    for path, owner in world.every(Owner):
        world.graph.add("document", owner.pattern, owner.place, ("check.review",), pattern=owner.pattern, owners=" ".join(owner.owners), path=path)
    for _, pin in world.every(Pin):
        node = world.artifact(pin.path, pin.place, "dataset")
        world.graph.nodes[node].attributes.update(pinned="true", pinned_by=pin.tool)
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
            attributes["executed"] = "true" if run and any(c[3] for c in info.cells) else "false"
            attributes["ordered"] = "true" if run == sorted(run) and len(set(run)) == len(run) else "false"
            attributes["all_run"] = "true" if None not in counts else "false"
            attributes["code_cells"] = str(len(info.cells))


def _requirements(world: World) -> None:
    """One node a direct requirement; `covered` says that a lock file fixes it, `manifest` nodes say whether a lock stands beside them."""
    locked: dict[str, set[str]] = {}  # folder -> names
    locks = {path for path, manifest in world.every(Manifest) if manifest.kind == "lock"}
    for path, requirement in world.every(Requirement):
        if requirement.kind == "locked" or path in locks:
            locked.setdefault(posixpath.dirname(path), set()).add(_name(requirement.name))
    manifests: dict[str, int] = {}
    for path, manifest in world.every(Manifest):
        folder = posixpath.dirname(path)
        node = world.graph.add(
            "requirement", posixpath.basename(path), Place(path, Span(1), "manifest"), ("env.lock",) if manifest.kind == "lock" else ("env.manifest",),
            manager=manifest.manager, kind=manifest.kind, locked="true" if any(f == folder or not f for f in locked) else "false",
        )  # fmt: skip
        if manifest.python:
            world.graph.nodes[node].attributes["python"] = manifest.python
        manifests[path] = node
        world.nodes[(path, "manifest")] = node
    counts: dict[str, list[int]] = {}
    for path, requirement in world.every(Requirement):
        if requirement.kind == "locked" or path in locks:
            continue
        folder = posixpath.dirname(path)
        covered = any(_name(requirement.name) in names for where, names in locked.items() if where == folder or not where or folder.startswith(where + "/"))
        node = world.graph.add(
            "requirement", requirement.name, requirement.place, ("env.require",), pinned="true" if requirement.pinned else "false",
            covered="true" if covered else "false", kind=requirement.kind, group=requirement.group, manager=requirement.manager,
            editable="true" if requirement.editable else "false", local="true" if _is_local(requirement) else "false",
            vcs="true" if requirement.url and requirement.url.startswith(("git+", "hg+", "svn+")) else "false",
            specifiers=",".join(requirement.specifiers),
        )  # fmt: skip
        if path in manifests:
            world.graph.connect(manifests[path], node, "declare")
        tally = counts.setdefault(path, [0, 0])
        tally[0] += 1
        tally[1] += requirement.pinned
    for path, node in manifests.items():
        total, pinned = counts.get(path, [0, 0])
        world.graph.nodes[node].attributes.update(requirements=str(total), all_pinned="true" if total == pinned else "false")


def _name(name: str) -> str:
    return name.replace("_", "-").replace(".", "-").lower()


def _is_local(requirement: Requirement) -> bool:
    url = requirement.url or ""
    return requirement.editable or url.startswith((".", "/", "file:"))


def pinned_paths(world: World) -> frozenset[str]:
    """Paths whose content a tracked file fixes."""
    return frozenset(normal(pin.path) for _, pin in world.every(Pin))
