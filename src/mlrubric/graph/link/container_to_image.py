"""Containers start what their image starts: joined with Dockerfiles by the names that builds give, or as a guess by folder, or because
there is only one of each; and what well-known images are."""

from __future__ import annotations

import posixpath
import re

from mlrubric.graph.graph import RUNS
from mlrubric.graph.image_names import ImageNames, plain
from mlrubric.graph.world import World
from mlrubric.knowledge.images import BESIDE, known_image
from mlrubric.model.facts import Command, Heading, Image, ImageName, Part, Resource, Service

MOVES = re.compile(r"main|master|dev|devel(op(ment)?)?|staging|stable|edge|nightly|prod(uction)?|current|release|canary", re.IGNORECASE)
TRIAL = re.compile(r"(^|/)(dev|develop|development|local|kind|minikube|k3d|tests?|e2e|examples?|samples?)/", re.IGNORECASE)
REWRITES = re.compile(r"""s(?P<by>[/|#,@]).*\bimage\b.*(?P=by).*\$.*(?P=by)|\.image\s*\|?=|\bimage:.*\$\{?\w""")  # of a stream, of a tree
DOCUMENTS = (".md", ".rst", ".txt")
BACK = re.compile(r"roll(ing|ed)?[-\s]?back|revert|\bundo\b|going back", re.IGNORECASE)
ORDER = 70  # behind commands and deliveries


def link(world: World) -> None:
    """Run edges from containers and commands to what their images start; `serves` on images that answer requests."""
    names = ImageNames(world)
    replaced = {plain(one.name): one for _, one in world.every(ImageName) if one.use == "replaced"}
    manifests = {path for path, _ in world.every(Resource)}
    own = {(path, command.owner) for path, command in world.every(Command) if command.argv and not command.argv[0].startswith("-")}
    written = _written(world, manifests)
    serving = {(path, part.owner) for path, part in world.every(Part) if part.kind in ("server", "split", "explainer")}
    strange: list[tuple[int, str]] = []
    for path, image in world.every(Image):
        if image.use != "run" or not image.place.symbol.endswith(".image"):
            continue
        symbol = image.place.symbol.removesuffix(".image")
        container = world.node(path, symbol)
        if container is None and path in manifests:
            container = _holder(world, path, symbol)
        if container is None:
            continue
        other = replaced.get(plain(image.name))
        file, certain = names.dockerfile(other.becomes if other is not None and other.becomes else image.name)
        if not file and other is not None:
            file, certain = names.dockerfile(image.name)
        builds = any(isinstance(f, Service) and f.place.symbol == symbol and f.build for f in world.of(path))
        if file and (path, symbol) not in own and not builds:
            world.graph.connect(container, world.nodes[(file, "run")], "run", image.place, certain=certain)
        if path in manifests:
            object_ = symbol.partition(".")[0]
            _judge(world, path, image, container, bool(file) or (path, object_) in serving, other)
            node = world.node(path, image.place.symbol)
            if node is not None and path in written:
                world.graph.nodes[node].attributes.setdefault("replaced", "by a script")
            if not file and known_image(image.name) is None and (path, symbol) not in own:
                strange.append((container, plain(image.name)))
    if len({name for _, name in strange}) == 1 and len(names.dockerfiles) == 1 and not names.built:
        for container, _ in strange:
            world.graph.connect(container, world.nodes[(names.dockerfiles[0], "run")], "run", certain=False)
    _commands(world, names)
    _prepared(world)


def _written(world: World, manifests: set[str]) -> set[str]:
    """The manifests whose image a script writes anew as it deploys them: `cat web.yml | sed "s/image: .*/image: $NEW/" | ...`."""
    found: set[str] = set()
    scripts: dict[tuple[str, str], list[Command]] = {}
    for path, command in world.every(Command):
        if not path.endswith(DOCUMENTS):
            scripts.setdefault((path, command.owner), []).append(command)
    for commands in scripts.values():
        if any(REWRITES.search(word) for command in commands for word in command.argv):
            words = {posixpath.normpath(word) for command in commands for word in command.argv if word.endswith((".yml", ".yaml"))}
            found |= {m for m in manifests for word in words if m == word or m.endswith(f"/{word}")}
    return found


def _holder(world: World, path: str, symbol: str) -> int | None:
    """The node of the object, or of the part of it, that a container stands in."""
    while "." in symbol:
        symbol = symbol.rpartition(".")[0]
        node = world.node(path, symbol)
        if node is not None and "/" in symbol:
            return node
    return None


def _judge(world: World, path: str, image: Image, container: int, ours: bool, other: ImageName | None) -> None:
    """Whether an image answers requests, and the roles of what is known of it."""
    known = known_image(image.name)
    for role in known.roles if known is not None else ():
        world.graph.give(container, role)
    node = world.node(path, image.place.symbol)
    if node is None or world.graph.nodes[container].kind != "service" or (known is not None and known.kind in BESIDE and not ours):
        return
    attributes = world.graph.nodes[node].attributes
    attributes["serves"] = "true"
    if not image.digest and (not image.tag or image.tag == "latest" or MOVES.fullmatch(image.tag)):
        attributes["moves"] = "branch" if image.tag and image.tag != "latest" else "latest" if image.tag else "none"
    if (not ours and known is None) or TRIAL.search(path):
        attributes["certain"] = "false"
    if other is not None and (other.digest or (other.tag and other.tag != "latest")):
        attributes["replaced"] = other.tag or other.digest


def _commands(world: World, names: ImageNames) -> None:
    """`docker run name` of an image that this repository builds."""
    graph = world.graph
    for node, _, command, invocation in world.images:
        if invocation.kind != "image-run" or any(True for e in graph.successors(node, ("run",)) if e.certain):
            continue
        file, certain = names.dockerfile(invocation.target)
        if file and posixpath.basename(file):
            graph.connect(node, world.nodes[(file, "run")], "run", command.place, certain=certain)


def _prepared(world: World) -> None:
    """`prepared` on a way back that a person can start, a workflow with a button for it; `runbook` on one that a document tells how to
    go, below a heading for it."""
    graph = world.graph
    by_hand = [n for n in graph.of_kind("trigger") if graph.nodes[n].attributes.get("kind") == "manual"]
    reached = graph.sweep(by_hand, RUNS, allow=lambda e: not e.blocked)
    for node in graph.with_role("serve.rollback"):
        if node in reached:
            graph.nodes[node].attributes["prepared"] = "true"
        place = graph.nodes[node].place
        above = [f for f in world.of(place.path) if isinstance(f, Heading) and f.place.line <= place.line]
        if above and BACK.search(max(above, key=lambda f: f.place.line).text):
            graph.nodes[node].attributes["runbook"] = "true"
