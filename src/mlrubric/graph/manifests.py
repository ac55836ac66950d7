"""Which manifests a path names: files, folders, kustomizations, charts; and the nodes of their objects."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from mlrubric.graph.world import World, parents
from mlrubric.knowledge.images import BESIDE, known_image
from mlrubric.model.facts import ChartFile, Resource, Service
from mlrubric.model.homes import home
from mlrubric.source.syntax.image_name import split_image
from mlrubric.source.syntax.node import SyntaxProblem
from mlrubric.source.syntax.yaml import parse_template

VARIABLE = re.compile(r"\$\{\{[^}]*\}\}|\$\([^)]*\)|\$\{[^}]*\}|\$\w+|\{\{[^}]*\}\}|<[\w -]+>")
KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
NAMED = re.compile(r"[\w./*\-]+")


@dataclass(slots=True)
class Named:
    """What a path or a text stands for: files of manifests, the nodes of kustomizations, single objects (by file); `certain` is false for
    a guess."""

    files: set[str] = field(default_factory=set)
    nodes: set[int] = field(default_factory=set)
    certain: bool = True
    objects: list[tuple[str, Resource]] = field(default_factory=list)
    there: bool = False  # what is called by its name is in the cluster already

    def __bool__(self) -> bool:
        return bool(self.files or self.nodes or self.objects)


class Manifests:
    """The manifests of a repository by file and folder."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.by_file: dict[str, list[Resource]] = {}
        for path, resource in world.every(Resource):
            self.by_file.setdefault(path, []).append(resource)
        self.charts = {posixpath.dirname(path) for path, one in world.every(ChartFile) if one.kind == "chart"}
        self.by_name = {_chart_name(one.text): posixpath.dirname(path) for path, one in world.every(ChartFile) if one.kind == "chart"}
        self.beside = _beside(world)
        self.folders: dict[str, list[str]] = {}
        for path in sorted(self.by_file):
            self.folders.setdefault(posixpath.dirname(path), []).append(path)

    def named(self, text: str, folder: str, recursive: bool = False) -> Named:
        """What a path says when it is read from a folder: as written, or with `*` for its variables."""
        text = text.strip().strip("\"'")
        if not text or "://" in text or text.startswith(("git@", "github.com")):
            return Named()
        pattern = VARIABLE.sub("*", text)
        path = posixpath.normpath(posixpath.join(folder, pattern))
        path = "" if path == "." else path.lstrip("/")
        if path.startswith(".."):
            return Named()
        if any(c in path for c in "*?["):
            return self._matching(path, certain=pattern == text)
        found = self._at(path, recursive)
        if not found and folder and not text.startswith("."):
            found = self._at(posixpath.normpath(posixpath.join(home(folder), text)), recursive)
        return found

    def _at(self, path: str, recursive: bool) -> Named:
        found = Named()
        path = "" if path == "." else path
        if path in self.by_file and path not in self._own_files(path):
            found.files.add(path)
            return found
        for name in KUSTOMIZATIONS:
            node = self.world.node(posixpath.join(path, name) if path else name, "kustomization")
            if node is not None:
                found.nodes.add(node)
                return found
        if posixpath.basename(path) in KUSTOMIZATIONS:
            node = self.world.node(path, "kustomization")
            if node is not None:
                found.nodes.add(node)
                return found
        if path in self.charts:
            found.files.update(self.of_chart(path))
            return found
        if recursive or path in self.folders:
            for folder, files in self.folders.items():
                if folder == path or (recursive and (not path or folder.startswith(path + "/"))):
                    found.files.update(files)
        return found

    def _own_files(self, path: str) -> frozenset[str]:
        return frozenset({path}) if posixpath.basename(path) in KUSTOMIZATIONS else frozenset()

    def _matching(self, pattern: str, certain: bool) -> Named:
        found = Named(certain=certain)
        depth = pattern.count("/")
        found.files.update(p for p in self.by_file if p.count("/") == depth and fnmatchcase(p, pattern))
        for folder in sorted({f for p in self.by_file for f in parents(p)} | set(self.charts)):
            if folder.count("/") == depth and fnmatchcase(folder, pattern):
                inner = self._at(folder, recursive=False)
                found.files |= inner.files
                found.nodes |= inner.nodes
        return found

    def chart(self, text: str, folder: str) -> tuple[str, bool]:
        """The folder of the chart that a word names, and whether that is sure; nothing for one of a registry that is not here."""
        path = posixpath.normpath(posixpath.join(folder, VARIABLE.sub("*", text))).lstrip("/")
        path = "" if path == "." else path
        if path in self.charts:
            return path, True
        if "*" in path:
            fitting = [c for c in sorted(self.charts) if fnmatchcase(c, path)]
            return (fitting[0], False) if len(fitting) == 1 else ("", False)
        name = text.rstrip("/").rpartition("/")[2]
        if "/" in text and not text.startswith(".") and name in self.by_name and self.by_name[name]:
            return self.by_name[name], False
        return "", False

    def of_chart(self, folder: str) -> set[str]:
        """The files of manifests that a chart and the charts inside of it give."""
        root = f"{folder}/" if folder else ""
        return {path for path in self.by_file if path.startswith(root) and "templates/" in path[len(root) :]}


def _beside(world: World) -> set[tuple[str, str]]:
    """Objects of which all containers are well-known and answer no requests of a model: databases, monitoring, proxies."""
    images: dict[tuple[str, str], list[str]] = {}
    for path, service in world.every(Service):
        if service.image and "/" in service.place.symbol:
            images.setdefault((path, service.place.symbol.partition(".containers.")[0]), []).append(service.image)
    return {key for key, names in images.items() if all((k := known_image(split_image(n)[0])) and k.kind in BESIDE for n in names)}


def _chart_name(text: str) -> str:
    try:
        roots = parse_template(text)
    except SyntaxProblem:
        return ""
    return roots[0].scalar("name") if roots else ""
