"""What pyproject.toml says about the project itself: its name, where its packages lie, its scripts and entry points."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.facts import Project
from mlrubric.source.document import Document
from mlrubric.source.syntax.node import Node


def project_of(document: Document, root: Node) -> Project | None:
    """The project, when the file describes one."""
    name = root.get("project", "name") or root.get("tool", "poetry", "name") or root.get("tool", "flit", "metadata", "module")
    table = root.get("project") or root.get("tool", "poetry") or root.get("tool", "flit", "metadata")
    roots, packages = _layout(root)
    if (table is None or table.kind != "map") and not roots and not packages:
        return None
    place = document.place(name.span if name is not None else (table.span if table is not None else None), "project")
    title = name.text if name is not None else ""
    return Project(place, title, tuple(sorted(set(roots))), tuple(sorted(set(packages))), tuple(_scripts(root)))


def _layout(root: Node) -> tuple[list[str], list[str]]:
    roots: list[str] = []
    packages: list[str] = []
    setuptools = root.get("tool", "setuptools")
    if setuptools is not None:
        roots += setuptools.strings("packages", "find", "where")
        roots += [folder.text for package, folder in _pairs(setuptools.get("package-dir")) if package == ""]
        packages += setuptools.strings("packages") + setuptools.strings("py-modules")
    for target in ("wheel", "sdist"):
        hatch = root.get("tool", "hatch", "build", "targets", target) if target == "wheel" else root.get("tool", "hatch", "build")
        if hatch is not None:
            for path in hatch.strings("packages"):
                folder, _, package = path.strip("/").rpartition("/")
                roots += [folder] if folder else []
                packages.append(package)
            roots += hatch.strings("sources")
    for item in _items(root.get("tool", "poetry", "packages")):
        source = item.scalar("from")
        roots += [source] if source else []
        packages += [item.scalar("include")] if item.scalar("include") else []
    for route in (
        ("tool", "pdm", "build", "package-dir"),
        ("tool", "pdm", "package-dir"),
        ("tool", "uv", "build-backend", "module-root"),
        ("tool", "maturin", "python-source"),
    ):
        roots += [root.scalar(*route)] if root.scalar(*route) else []
    for route in (("tool", "flit", "module", "name"), ("tool", "uv", "build-backend", "module-name")):
        packages += root.strings(*route)
    if not roots and root.scalar("build-system", "build-backend") == "uv_build" and root.get("tool", "uv", "build-backend") is None:
        roots.append("src")  # uv's backend looks there unless told otherwise
    return [path.rstrip("/") or "." for path in roots], packages


def _scripts(root: Node) -> Iterator[tuple[str, str]]:
    """Console scripts as (name, target), entry points of other groups as (`group:name`, target)."""
    for table in (("project", "scripts"), ("project", "gui-scripts"), ("tool", "poetry", "scripts"), ("tool", "flit", "scripts")):
        for name, target in _pairs(root.get(*table)):
            text = target.text or target.scalar("reference") or target.scalar("callable")
            if text:
                yield name, text
    for table in (("project", "entry-points"), ("tool", "poetry", "plugins"), ("tool", "flit", "entrypoints")):
        for group, entries in _pairs(root.get(*table)):
            for name, target in _pairs(entries):
                yield (name if group == "console_scripts" else f"{group}:{name}"), target.text


def _pairs(node: Node | None) -> Iterator[tuple[str, Node]]:
    return node.pairs() if node is not None and node.kind == "map" else iter(())


def _items(node: Node | None) -> tuple[Node, ...]:
    return node.items if node is not None else ()
