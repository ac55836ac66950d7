"""The names under which images of this repository are known, and the Dockerfiles that they are built from."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from mlrubric.graph.world import World
from mlrubric.model.facts import ImageName, Service, Step
from mlrubric.model.homes import home
from mlrubric.source.syntax.image_name import split_image

VARIABLE = re.compile(r"\$\{\{[^}]*\}\}|\$\([^)]*\)|\$\{[^}]*\}|\$\w+|\{\{[^}]*\}\}|<[\w -]+>")
OF_WORKFLOW = re.compile(r"\$\{\{\s*env\.(\w+)\s*\}\}|\$\{(\w+)\}|\$(\w+)")
REMOTE = re.compile(r"^[a-z]+://|^git@|\.git(#|$)")


@dataclass(frozen=True, slots=True)
class Built:
    """A name (`*` for its variables, without tag) and the Dockerfile behind it."""

    name: str
    dockerfile: str

    @property
    def last(self) -> str:
        return self.name.rpartition("/")[2]


def plain(reference: str) -> str:
    """The name of an image without tag and digest, with `*` for what is not known of it."""
    starred = VARIABLE.sub("*", reference.strip().strip("\"'"))
    return split_image(starred)[0]


class ImageNames:
    """All names that builds of this repository give."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.dockerfiles = sorted({path for (path, end) in world.nodes if end == "build" and (path, "run") in world.nodes})
        self.built = sorted(
            {Built(name, file) for name, file in self._all() if name and name.strip("*")}, key=lambda b: (b.name, b.dockerfile)
        )

    def dockerfile(self, reference: str) -> tuple[str, bool]:
        """The Dockerfile that an image was built from, and whether that is sure."""
        name = plain(reference)
        exact = {b.dockerfile for b in self.built if b.name == name or fnmatchcase(name, b.name) or fnmatchcase(b.name, name)}
        if len(exact) == 1:
            return exact.pop(), True
        last = name.rpartition("/")[2]
        if "*" in last:
            return "", False
        alike = [b for b in self.built if b.last == last]
        files = {b.dockerfile for b in alike}
        if len(files) == 1:
            return files.pop(), any("*" in b.name or "/" not in b.name for b in alike) or "*" in name
        near = [file for file in self.dockerfiles if _named_like(file, last)]
        return (near[0], False) if len(near) == 1 else ("", False)

    def _all(self) -> Iterator[tuple[str, str]]:
        world = self.world
        environment = {(path, step.place.symbol): dict(step.environment) for path, step in world.every(Step)}
        for _, folder, command, invocation in world.images:
            if invocation.kind == "image-build":
                known = environment.get((command.place.path, command.owner), {})
                file = self._file(folder, invocation.target or ".", invocation.option("file") or "")
                for tag in invocation.all("tag"):
                    yield plain(_filled(tag, known)), file
        for path, step in world.every(Step):
            node = world.node(path, step.place.symbol)
            if node is not None and world.graph.nodes[node].attributes.get("does") == "image":
                options = dict(step.options)
                file = self._file(home(path), options.get("context", "."), options.get("file", ""))
                tags = options.get("tags", "") or options.get("image", "")
                if ".outputs." in tags:
                    tags += "\n" + "\n".join(dict(s.options).get("images", "") for s in self._siblings(path, step))
                for tag in re.split(r"[\n,]", _filled(tags, dict(step.environment))):
                    yield plain(tag), file
        for path, service in world.every(Service):
            if service.build and service.image:
                folder = posixpath.dirname(path)
                yield plain(service.image), self._file(folder, service.build, "")
        for path, one in world.every(ImageName):
            if one.use == "built":
                yield plain(one.name), self._file(posixpath.dirname(path), one.context or ".", one.dockerfile)

    def _siblings(self, path: str, step: Step) -> Iterator[Step]:
        return (other for other in self.world.of(path) if isinstance(other, Step) and other.owner == step.owner)

    def _file(self, folder: str, context: str, file: str) -> str:
        """The Dockerfile of a build, or nothing."""
        if REMOTE.search(context):
            return ""
        inside = posixpath.normpath(posixpath.join(folder, context))
        candidates = [posixpath.join(folder, file), posixpath.join(inside, file)] if file else [posixpath.join(inside, "Dockerfile")]
        return next((c for c in map(posixpath.normpath, candidates) if c in self.dockerfiles), "")


def _filled(text: str, known: dict[str, str]) -> str:
    return OF_WORKFLOW.sub(lambda m: known.get(m[1] or m[2] or m[3], m[0]), text)


def _named_like(file: str, last: str) -> bool:
    """`last/Dockerfile`, `Dockerfile.last`, `last.Dockerfile`."""
    folder, _, name = file.rpartition("/")
    lower, wanted = name.lower(), last.lower()
    return posixpath.basename(folder).lower() == wanted or lower in (f"dockerfile.{wanted}", f"{wanted}.dockerfile", f"dockerfile-{wanted}")
