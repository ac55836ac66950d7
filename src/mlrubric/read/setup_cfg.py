"""setup.cfg: the project that setuptools builds from it, its requirements, and the settings of the tools that share the file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mlrubric.model.facts import Fact, Include, Manifest, Project
from mlrubric.model.place import Span
from mlrubric.read.declared import from_text, settings
from mlrubric.read.unreadable import unreadable
from mlrubric.source.document import Document
from mlrubric.source.syntax import ini
from mlrubric.source.syntax.node import Node, SyntaxProblem

FORMAT = "setup_cfg"

_LISTS = (("install_requires", "direct", ""), ("setup_requires", "build", "build-system"), ("tests_require", "direct", "test"))
_OWN = ("options.extras_require",)


def accepts(path: str) -> bool:
    return path.rsplit("/", 1)[-1] == "setup.cfg"


def read(document: Document) -> Iterable[Fact]:
    try:
        root = ini.parse(document.text)
    except SyntaxProblem as problem:
        return [unreadable(document, FORMAT, problem)]
    return list(_facts(document, root))


def _facts(document: Document, root: Node) -> Iterator[Fact]:
    options = root.get("options")
    if options is not None or root.get("metadata") is not None:
        python = options.scalar("python_requires") if options is not None else ""
        yield Manifest(document.place(), "manifest", "setuptools", python or None)
        yield _project(document, root)
    for key, kind, group in _LISTS:
        node = options.get(key) if options is not None else None
        if node is not None:
            yield from _requirements(document, node, kind, group)
    extras = root.get("options.extras_require")
    for group, node in extras.pairs() if extras is not None else ():
        yield from _requirements(document, node, "direct", group)
    for section, table in root.pairs():
        if section == "options":
            yield from settings(document, table, section, tuple(f"options.{key}" for key, _, _ in _LISTS))
        elif section not in _OWN:
            yield from settings(document, table, section)


def _project(document: Document, root: Node) -> Project:
    options = root.get("options") or Node("map", Span(1))
    named = root.get("metadata", "name")
    packages = [line for line, _ in _lines(options.get("packages")) if not line.startswith(("find:", "find_namespace:"))]
    roots = [folder.strip() for _, folder in _assignments(options.get("package_dir"), "")]
    roots += [line for line, _ in _lines(root.get("options.packages.find", "where"))]
    scripts: list[tuple[str, str]] = []
    entries = root.get("options.entry_points")
    for group, node in entries.pairs() if entries is not None else ():
        for name, target in _assignments(node):
            scripts.append((name if group in ("console_scripts", "gui_scripts") else f"{group}:{name}", target))
    place = document.place(named.span if named is not None else Span(1), "project")
    return Project(place, named.text if named is not None else "", tuple(sorted(set(roots))), tuple(sorted(packages)), tuple(scripts))


def _requirements(document: Document, node: Node, kind: str, group: str) -> Iterator[Fact]:
    """One requirement a line; `file: a, b` names files instead. Extras may be separated by `;` on one line as setuptools allows."""
    for line, span in _lines(node):
        if line.startswith("file:"):
            for target in re.split(r"\s*,\s*", line.removeprefix("file:").strip()):
                yield Include(document.place(span, target), target, "requirements", group)
            continue
        text = re.split(r"(?:^|\s)#", line, maxsplit=1)[0].strip()
        if text:
            end = Span(span.line, span.column, span.end_line, span.column + len(text))
            yield from_text(document, FORMAT, text, end, manager="setuptools", kind=kind, group=group)


def _lines(node: Node | None) -> Iterator[tuple[str, Span]]:
    """The lines of a value that are not blank, with where they stand."""
    if node is None:
        return
    starts = node.content or ((node.span.line, node.span.column),)
    for (line, column), text in zip(starts, node.text.split("\n"), strict=False):
        if text.strip():
            yield text.strip(), Span(line, column, line, column + len(text.strip()))


def _assignments(node: Node | None, only: str | None = None) -> Iterator[tuple[str, str]]:
    """`name = value` lines of a value."""
    for line, _ in _lines(node):
        name, sign, value = line.partition("=")
        if sign and (only is None or name.strip() == only):
            yield name.strip(), value.strip()
