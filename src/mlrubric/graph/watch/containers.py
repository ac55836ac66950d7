"""Where a file of the repository lies inside of the containers that get it: volumes of compose services, COPY of images."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator

from mlrubric.graph.world import World
from mlrubric.model.facts import Image, Instruction, Service, Setting

HOST = re.compile(r"(?:https?://)?([A-Za-z0-9][\w-]*)(?::\d+)?(?:/.*)?")
NAMES = re.compile(r"services\.[^.]+\.(?:container_name|hostname|networks\..+\.aliases\[\d+\])")
Bound = tuple[str, str]  # path in the repository, path in the container


class Containers:
    """The files that each container has: `places(path)` are the (container, path in it) of a tracked file."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.bounds: dict[str, tuple[Bound, ...]] = {}
        self.images: dict[str, str] = {}
        self.hosts: set[str] = {s.value for _, s in world.every(Setting) if NAMES.fullmatch(s.route)}
        copied = _copies(world)
        for path, service in world.every(Service):
            if not service.place.symbol.startswith("services."):
                continue  # a container of a cluster: its volumes are objects
            folder = posixpath.dirname(path)
            name = f"{path}:{service.name}"
            bounds = [b for text in service.volumes for b in _volume(folder, text)]
            if service.build:
                bounds.extend(copied.get(posixpath.normpath(posixpath.join(folder, service.build)), ()))
            self.bounds[name], self.images[name] = tuple(bounds), (service.image or "").lower()
            self.hosts.add(service.name)
        built = {b for name in self.bounds for b in self.bounds[name]}
        for folder, bounds in copied.items():
            if not built & set(bounds):
                self.bounds[f"{folder or '.'}/Dockerfile"] = tuple(bounds)
        for path, image in world.every(Image):
            if image.use == "from" and path.rpartition("/")[2].lower().startswith("dockerfile"):
                self.images.setdefault(f"{posixpath.dirname(path) or '.'}/Dockerfile", image.name.lower())

    def places(self, path: str) -> Iterator[tuple[str, str]]:
        for name, bounds in self.bounds.items():
            for inside, target in bounds:
                if path == inside:
                    yield name, posixpath.join(target, posixpath.basename(path)) if target.endswith("/") else target
                elif inside in ("", ".") or path.startswith(f"{inside}/"):
                    rest = path if inside in ("", ".") else path[len(inside) + 1 :]
                    yield name, posixpath.join(target, rest)

    def answers(self, path: str, address: str) -> bool | None:
        """Whether a service answers at an address that a configuration names; None when nobody here can tell: it runs elsewhere, or the
        address is none of a network of containers."""
        match = HOST.fullmatch(address)
        if match is None or match[1] == "localhost" or not any(":" in name for name, _ in self.places(path)):
            return None
        return match[1] in self.hosts

    def with_image(self, word: str) -> list[str]:
        """The containers whose image's name holds a word."""
        return [name for name, image in self.images.items() if word in image.rpartition("/")[2]]


def _volume(folder: str, text: str) -> Iterator[Bound]:
    """`./prometheus:/etc/prometheus:ro`; a volume with a name is none of ours."""
    source, colon, target = text.partition(":")
    target = target.partition(":")[0]
    source = source.replace("${PWD}", ".").replace("$PWD", ".")
    if colon and target.startswith("/") and (source.startswith(".") or ("/" in source and not source.startswith(("/", "$", "~")))):
        yield posixpath.normpath(posixpath.join(folder, source)), target


def _copies(world: World) -> dict[str, list[Bound]]:
    """What the Dockerfile of a folder copies from it."""
    found: defaultdict[str, list[Bound]] = defaultdict(list)
    workdir: dict[str, str] = {}
    for path, instruction in world.every(Instruction):
        folder = posixpath.dirname(path)
        words = [w for w in instruction.arguments if not w.startswith("--")]
        if instruction.name == "WORKDIR" and words:
            workdir[path] = posixpath.join(workdir.get(path, "/"), words[0])
        if instruction.name in ("COPY", "ADD") and len(words) > 1 and not any(w.startswith("--from") for w in instruction.arguments):
            target = posixpath.join(workdir.get(path, "/"), words[-1])
            for word in words[:-1]:
                source = posixpath.normpath(posixpath.join(folder, word))
                into = f"{target.rstrip('/')}/" if source in world.files and words[-1].endswith(("/", ".")) else target.rstrip("/") or "/"
                found[folder].append((source, into))
    return dict(found)
