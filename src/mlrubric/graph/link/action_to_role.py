"""What third-party actions do: the roles of the catalogue of actions, given to the steps that use them."""

from __future__ import annotations

import re

from mlrubric.graph.world import World
from mlrubric.knowledge.actions import action

ORDER = 12
COMMIT = re.compile(r"[0-9a-f]{40}")
TAG = re.compile(r"[vV]?\d[\w.+-]*")


def link(world: World) -> None:
    """Roles and pins of `uses:` steps."""
    for node in world.graph.of_kind("step"):
        attributes = world.graph.nodes[node].attributes
        uses = attributes.get("uses", "")
        if not uses or uses.startswith(("./", "#")):
            continue
        name, _, version = uses.partition("@")
        attributes["action"] = name
        attributes["version"] = version
        attributes["version_kind"] = _kind(version)
        if not uses.startswith("docker://"):
            world.graph.give(node, "action.use")
        known = action(uses)
        if known is not None:
            attributes["does"] = known.kind
            inputs = {k.removeprefix("with."): v for k, v in attributes.items() if k.startswith("with.")}
            for role in known.roles_for(inputs):
                world.graph.give(node, role)


def _kind(version: str) -> str:
    """What a version names: a commit, a tag, a branch, nothing, or something that an expression decides."""
    if not version:
        return "none"
    if "{" in version:
        return "variable"
    if COMMIT.fullmatch(version):
        return "commit"
    return "tag" if TAG.fullmatch(version) else "branch"
