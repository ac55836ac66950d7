"""A new workflow that runs, on every push and pull request, the tests that nothing runs."""

from __future__ import annotations

import posixpath
import re

from mlrubric.fix.installs import way_of
from mlrubric.fix.site import Edits, Site
from mlrubric.fix.workflows import free_name, job, project_of, runs_elsewhere
from mlrubric.model.graph import Node
from mlrubric.model.remedy import NewFile

SETTINGS = ("pyproject.toml", "pytest.ini", ".pytest.ini", "setup.cfg", "tox.ini", "conftest.py")
NARROWING = re.compile(r"\b(python_files|python_classes|python_functions|collect_ignore\w*|norecursedirs|--ignore|--deselect)\b")


def remedy(site: Site) -> Edits | None:
    projects: dict[str, list[str]] = {}
    nobody = [node for node in site.alike() if node.attributes.get("folder_run") != "skipped" and _collected(site, node)]
    for folder in sorted({node.attributes.get("folder", "") for node in nobody}):
        projects.setdefault(project_of(site, folder), []).append(folder)
    name = free_name(site, ("tests", "pytest", "run-tests"))
    if not name or not projects or runs_elsewhere(site) or any(_narrowed(site, project) for project in {"", *projects}):
        return None
    rows = [f"name: {name}", "on:", "  push:", "  pull_request:", "permissions:", "  contents: read", "jobs:"]
    sure = True
    for project, folders in projects.items():
        way = way_of(site, project, "pytest")
        if way is None:
            return None
        sure = sure and way.sure
        called = "tests" if len(projects) == 1 or not project else "tests-" + re.sub(r"[^A-Za-z0-9_-]+", "-", project)
        inner = [posixpath.relpath(folder or ".", project or ".") for folder in folders]
        rows += job(site, called, project, way, f"python -m pytest{''.join(f' {one}' for one in inner if one != '.')}")
    path = f".github/workflows/{name}.yml"
    file = NewFile(path, "\n".join(rows) + "\n")
    return Edits(files=(file,), safety="safe" if sure else "unsafe", title=f"Write {path}, which runs them")


def _collected(site: Site, node: Node) -> bool:
    """Whether pytest would take a test that a run comes to: not in a class that is called otherwise and is no case of unittest."""
    holder = node.label.rpartition(".")[0]
    return not holder or holder.startswith("Test") or "TestCase" in site.text(node.place.path)


def _narrowed(site: Site, project: str) -> bool:
    """Whether settings keep tests from being collected: a run more would not find them either."""
    files = [posixpath.join(project, one) for one in SETTINGS]
    return any(NARROWING.search(site.text(file)) for file in files if site.has_file(file))
