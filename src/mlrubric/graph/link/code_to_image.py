"""Container images that code and settings name: `registry.example/team/trainer:latest` handed to a job or a pipeline step."""

from __future__ import annotations

import re

from mlrubric.graph.world import World
from mlrubric.model.facts import Setting
from mlrubric.model.place import Place
from mlrubric.source.syntax.image_name import split_image

ORDER = 55
REFERENCE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?(/[a-z0-9][a-z0-9._-]*)+:latest")  # with a registry: nothing else looks like it


def link(world: World) -> None:
    """Image nodes for the references to a moving tag."""
    for op, facts in enumerate(world.code.program.ops):
        if facts.kind == "const" and isinstance(facts.value, str) and facts.value.endswith(":latest"):
            _add(world, facts.value, world.code.place(op))
    for _, setting in world.every(Setting):
        _add(world, setting.value, setting.place)


def _add(world: World, text: str, place: Place) -> None:
    if REFERENCE.fullmatch(text):
        world.graph.add(
            "image",
            split_image(text)[0],
            place,
            ("image.base",),
            use="code",
            pinned="latest",
            tag="latest",
            internal="false",
            variable="false",
        )
