"""pyproject.toml: what a project depends on (PEP 621, dependency groups, build system, tools' tables), its packages and settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from mlrubric.model.facts import Fact, Include, Manifest, Requirement, Setting, Unreadable
from mlrubric.read.declared import from_pip_lines, from_strings, from_table, inside, location_of, settings
from mlrubric.read.pyproject_layout import project_of
from mlrubric.read.unreadable import unreadable
from mlrubric.source.document import Document
from mlrubric.source.syntax import toml
from mlrubric.source.syntax.node import Node, SyntaxProblem

FORMAT = "pyproject"

_DEPENDENCY_TABLES = (
    "tool.poetry.dependencies",
    "tool.poetry.dev-dependencies",
    "tool.poetry.group.*.dependencies",
    "tool.pdm.dev-dependencies",
    "tool.uv.dev-dependencies",
    "tool.uv.constraint-dependencies",
    "tool.uv.override-dependencies",
    "tool.uv.build-constraint-dependencies",
    "tool.uv.sources",
    "tool.rye.dev-dependencies",
    "tool.hatch.envs.*.dependencies",
    "tool.hatch.envs.*.extra-dependencies",
)
_TABLES = (
    ("project",),
    ("project", "optional-dependencies"),
    ("dependency-groups",),
    ("tool", "poetry", "dependencies"),
    ("tool", "pdm", "dev-dependencies"),
)
_BACKENDS = {"hatchling": "hatch", "poetry": "poetry", "pdm": "pdm", "uv_build": "uv", "setuptools": "setuptools", "flit": "flit"}


def accepts(path: str) -> bool:
    return path.rsplit("/", 1)[-1] == "pyproject.toml"


def read(document: Document) -> Iterable[Fact]:
    try:
        root = toml.parse(document.text)
    except SyntaxProblem as problem:
        return [unreadable(document, FORMAT, problem)]
    manager = _manager(root)
    facts: list[Fact] = []
    if root.get("project") or root.get("tool", "poetry") or root.get("dependency-groups") or root.get("build-system"):
        python = root.scalar("project", "requires-python") or root.scalar("tool", "poetry", "dependencies", "python")
        facts.append(Manifest(document.place(), "manifest", manager, python or None))
    project = project_of(document, root)
    if project is not None:
        facts.append(project)
    for route in _TABLES:
        node = root.get(*route)
        if node is not None and node.kind != "map":
            facts.append(Unreadable(document.place(node.span, ".".join(route)), FORMAT, f"{'.'.join(route)} must be a table"))
    sources = _sources(root)
    for fact in _requirements(document, root, manager):
        facts.append(_relocated(fact, sources) if isinstance(fact, Requirement) else fact)
    facts.extend(_included(document, root))
    facts.extend(settings(document, root.get("tool"), "tool", _DEPENDENCY_TABLES))
    return facts


def _manager(root: Node) -> str:
    """The tool that manages the environment: the one whose own table is there, else the build backend."""
    tool = root.get("tool")
    for name in ("poetry", "pdm", "uv", "rye"):
        if tool is not None and tool.get(name) is not None:
            return name
    backend = root.scalar("build-system", "build-backend")
    if tool is not None and tool.get("hatch", "envs") is not None:
        return "hatch"
    return next((manager for start, manager in _BACKENDS.items() if backend.startswith(start)), "setuptools" if backend else "pip")


def _requirements(document: Document, root: Node, manager: str) -> Iterator[Fact]:
    yield from from_strings(document, FORMAT, root.get("build-system", "requires"), manager=manager, kind="build", group="build-system")
    yield from from_strings(document, FORMAT, root.get("project", "dependencies"), manager=manager)
    for table in (("project", "optional-dependencies"), ("dependency-groups",)):
        for group, strings in _pairs(root.get(*table)):
            yield from _included_groups(document, strings, group)
            yield from from_strings(document, FORMAT, strings, manager=manager, group=group)
    for group, strings in _pairs(root.get("tool", "pdm", "dev-dependencies")):
        for item in strings.items:  # pdm also takes `-e` here
            yield from from_pip_lines(document, FORMAT, item.text, inside(item), manager="pdm", group=group)
    for tool in ("uv", "rye"):
        yield from from_strings(document, FORMAT, root.get("tool", tool, "dev-dependencies"), manager=tool, group="dev")
    for key in ("constraint-dependencies", "override-dependencies", "build-constraint-dependencies"):
        yield from from_strings(document, FORMAT, root.get("tool", "uv", key), manager="uv", kind="constraint")
    for name, environment in _pairs(root.get("tool", "hatch", "envs")):
        for key in ("dependencies", "extra-dependencies"):
            yield from from_strings(document, FORMAT, environment.get(key), manager="hatch", group=name)
    yield from _poetry(document, root)


def _poetry(document: Document, root: Node) -> Iterator[Fact]:
    asked = from_strings(document, FORMAT, root.get("project", "dependencies"), manager="poetry")
    known = {_normal(fact.name) for fact in asked if isinstance(fact, Requirement)}
    tables = [("", root.get("tool", "poetry", "dependencies")), ("dev", root.get("tool", "poetry", "dev-dependencies"))]
    tables += [(group, table.get("dependencies")) for group, table in _pairs(root.get("tool", "poetry", "group"))]
    for group, table in tables:
        for name, value in table.entries if table is not None else ():
            # With [project] dependencies the same name here only says where poetry takes it from.
            if not (group == "" and (name.text == "python" or _normal(name.text) in known)):
                yield from from_table(document, FORMAT, name, value, manager="poetry", group=group)


def _included_groups(document: Document, strings: Node, group: str) -> Iterator[Setting]:
    for item in strings.items:
        other = item.get("include-group") if item.kind == "map" else None
        if other is not None:
            route = f"dependency-groups.{group}.include-group"
            yield Setting(document.place(item.span, route), route, other.text)


def _sources(root: Node) -> dict[str, tuple[str, bool]]:
    """Project name -> where uv or poetry really takes it from, and whether that fixes its content."""
    found: dict[str, tuple[str, bool]] = {}
    for table in (root.get("tool", "uv", "sources"), root.get("tool", "poetry", "dependencies") if root.get("project") else None):
        for name, value in _pairs(table):
            places = [location_of(item) for item in (value.items if value.kind == "list" else (value,))]
            urls = [(url, fixed) for url, fixed in places if url is not None]
            if urls:
                found[_normal(name)] = (urls[0][0], all(fixed for _, fixed in urls) and len(urls) == len(places))
    return found


def _relocated(requirement: Requirement, sources: dict[str, tuple[str, bool]]) -> Requirement:
    if requirement.url is not None or _normal(requirement.name) not in sources:
        return requirement
    url, fixed = sources[_normal(requirement.name)]
    return replace(requirement, url=url, pinned=requirement.pinned or fixed)


def _included(document: Document, root: Node) -> Iterator[Include]:
    """Requirements files that setuptools or a plugin of hatch reads at build time."""
    dynamic = root.get("tool", "setuptools", "dynamic")
    groups = [("", dynamic.get("dependencies"))] if dynamic is not None else []
    groups += list(_pairs(dynamic.get("optional-dependencies") if dynamic is not None else None))
    hook = root.get("tool", "hatch", "metadata", "hooks", "requirements_txt")
    files = [(group, node.get("file")) for group, node in groups if node is not None]
    files.append(("", hook.get("files") if hook is not None else None))
    for group, node in files:
        for item in node.items or (node,) if node is not None else ():
            if item.kind == "string":
                yield Include(document.place(item.span, item.text), item.text, "requirements", group)


def _pairs(node: Node | None) -> Iterator[tuple[str, Node]]:
    return node.pairs() if node is not None and node.kind == "map" else iter(())


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")
