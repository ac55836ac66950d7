"""Dockerfiles: building runs the RUN instructions, running starts CMD and ENTRYPOINT; base images become nodes."""

from __future__ import annotations

from mlrubric.graph.world import World
from mlrubric.model.facts import Command, Image, Instruction
from mlrubric.model.homes import home
from mlrubric.model.place import Place, Span
from mlrubric.source.syntax.image_name import split_image

ORDER = 15
PROBE = "HEALTHCHECK"
WORDS = frozenset(
    [
        "latest",
        "stable",
        "rolling",
        "main",
        "master",
        "nightly",
        "edge",
        "dev",
        "devel",
        "current",
        "lts",
        "mainline",
        "slim",
        "alpine",
        "release",
        "prod",
        "production",
        "staging",
    ]
)
ALWAYS = frozenset({"latest", "nightly", "edge", "rolling"})
RELEASES = frozenset(["stretch", "buster", "bullseye", "bookworm", "trixie", "focal", "jammy", "noble", "windowsservercore", "nanoserver"])
STARTS = ("CMD", "ENTRYPOINT", PROBE)


def link(world: World) -> None:
    """Build and run nodes of every Dockerfile, one node for each image that is named."""
    own = _built(world)
    built = {home(path) for path, image in world.every(Image) if image.use == "from"}
    for path, image in world.every(Image):
        pinned = "digest" if image.digest else "none" if not image.tag else "latest" if moves(image.tag) else "tag"
        node = world.graph.add(
            "image",
            image.name,
            image.place,
            ("image.base",),
            use=image.use,
            pinned=pinned,
            tag=image.tag or "",
            internal="true" if image.internal or image.name in own else "false",
            variable="true" if "$" in f"{image.name}{image.tag}" else "false",
            alone="true" if image.use == "run" and home(path) not in built else "false",
        )
        world.nodes.setdefault((path, image.place.symbol), node)
        if image.use == "from" and (path, "build") not in world.nodes:
            _ends(world, path)
    for path, instruction in world.every(Instruction):
        if (path, "build") not in world.nodes:
            _ends(world, path)
        node = world.graph.add(
            "command", f"{instruction.name} {' '.join(instruction.arguments)}"[:200], instruction.place, does="instruction"
        )
        world.nodes[(path, instruction.place.symbol)] = node
        if instruction.name == PROBE and instruction.arguments[:1] != ("NONE",):
            world.graph.give(node, "serve.probe")
        end = "run" if instruction.name in STARTS else "build"
        world.graph.connect(world.nodes[(path, end)], node, "run", instruction.place)


def moves(tag: str) -> bool:
    """Whether a tag says no version: `latest`, `stable`, `slim-bookworm` (of whatever version)."""
    parts = set(tag.lower().split("-"))
    return bool(parts & ALWAYS) or (bool(parts & WORDS) and parts <= WORDS | RELEASES)


def _built(world: World) -> set[str]:
    """Names of images that a command of this repository builds."""
    found: set[str] = set()
    for _, command in world.every(Command):
        if "build" in command.argv and command.argv[0] in ("docker", "podman", "buildah", "nerdctl"):
            for flag, name in zip(command.argv, command.argv[1:], strict=False):
                if flag in ("-t", "--tag"):
                    found.add(split_image(name)[0])
    return found


def _ends(world: World, path: str) -> None:
    for end in ("build", "run"):
        world.nodes[(path, end)] = world.graph.add(
            "image", f"{path} ({end})", Place(path, Span(1), end), use=end, pinned="own", internal="true"
        )
