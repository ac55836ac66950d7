"""What third-party actions do: the roles of the catalogue of actions, given to the steps that use them."""

from __future__ import annotations

from mlrubric.graph.world import World
from mlrubric.knowledge.actions import action

ORDER = 12


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
    if len(version) == 40 and all(c in "0123456789abcdef" for c in version):
        return "commit"
    return "tag" if version[:1] in "v0123456789" and version[1:2].isdigit() | version[:1].isdigit() else "branch"
