"""Programs in languages that we do not read: they are nodes under the commands that run them, named in a notice, and nothing is said of
what they do or leave out."""

from __future__ import annotations

import posixpath
import re

from mlrubric.graph.unread import UNREAD
from mlrubric.graph.world import World, parents
from mlrubric.model.facts import NotebookInfo
from mlrubric.model.homes import home, same_home
from mlrubric.model.place import Place, Span

ORDER = 37  # behind all links that make commands
LANGUAGES = {
    ".r": "R", ".rmd": "R", ".qmd": "R", ".jl": "Julia", ".scala": "Scala", ".sc": "Scala", ".sas": "SAS", ".do": "Stata", ".m": "MATLAB",
}  # fmt: skip
INTERPRETERS = {"Rscript": "R", "R": "R", "julia": "Julia", "sbt": "Scala", "scala": "Scala"}
INSTALLS = re.compile(r"install|restore|update|add\(|instantiate|precompile|--version|publish|assembly|package\b")
PYTHON = ("python", "ipython", "")


def link(world: World) -> None:
    """A node for each such program that a command runs."""
    graph = world.graph
    notebooks = {path: info.language for path, info in world.every(NotebookInfo) if not info.language.startswith(PYTHON[:2])}
    by_name: dict[str, list[str]] = {}
    for path in sorted(world.files):
        if posixpath.splitext(path)[1].lower() in LANGUAGES or path in notebooks:
            by_name.setdefault(posixpath.basename(path), []).append(path)
    for command in graph.of_kind("command"):
        node = graph.nodes[command]
        if node.attributes.get("does", "unknown") not in ("unknown", "shell-script", "notebook", "flow"):
            continue
        words = node.label.split()
        named = [(w, path) for w in words for path in by_name.get(posixpath.basename(w), ())]
        named = [(w, path) for w, path in named if names_file(w, path, node.place.path, node.attributes.get("directory", ""))]
        for _, path in named:
            _run(world, command, path, notebooks.get(path) or LANGUAGES[posixpath.splitext(path)[1].lower()], Place(path, Span(1)))
        interpreter = INTERPRETERS.get(posixpath.basename(words[0])) if words and not named else None
        if interpreter is not None and len(words) > 1 and not INSTALLS.search(node.label):
            _run(world, command, node.label, interpreter, node.place)


def names_file(word: str, path: str, near: str, folder: str = "") -> bool:
    """Whether a word of a command is the path of a file: from the root, from the command's file or folder, or by its end."""
    cleaned = posixpath.normpath(word)
    bases = (home(near), folder, posixpath.dirname(near), *parents(near))
    ends = path.endswith("/" + cleaned) and same_home(path, near)
    return ends or any(posixpath.normpath(posixpath.join(base, cleaned)) == path for base in bases)


def _run(world: World, command: int, name: str, language: str, where: Place) -> None:
    graph = world.graph
    node = world.nodes.get((name, UNREAD))
    if node is None:
        node = world.nodes[(name, UNREAD)] = graph.add("module", name, where, (UNREAD,), entry="true", why=f"is {language}: not analysed")
        ran = "" if where == graph.nodes[command].place else f"; {graph.nodes[command].place} runs it"
        said = f"`{name}` is {language}, which is not analysed: what it checks, trains or writes is not known{ran}"
        world.broken.append((where, said))
    place = graph.nodes[command].place
    graph.nodes[command].attributes.pop("unwired", None)
    graph.connect(command, node, "run", place)
