"""A new workflow that runs, on every push and pull request, the tests that nothing runs."""

from __future__ import annotations

import posixpath
import re

from mlrubric.fix.site import Edits, Site
from mlrubric.model.remedy import NewFile

NAMES = ("tests", "pytest", "run-tests")
ACTIONS = {
    "actions/checkout": "11bd71901bbe5b1630ceea73d27597364c9af683  # v4.2.2",
    "actions/setup-python": "a26af69be951a213d495a4c3e4e4022e16d87065  # v5.6.0",
}
LISTS = ("requirements.txt", "requirements-dev.txt", "requirements-test.txt", "requirements_dev.txt", "requirements_test.txt")
VERSION = re.compile(r"3\.\d+")


def remedy(site: Site) -> Edits | None:
    folders = {node.attributes.get("folder", "") for node in site.alike()}
    projects: dict[str, list[str]] = {}
    for folder in sorted(folders):
        projects.setdefault(_project(site, folder), []).append(folder)
    name = next((one for one in NAMES if not any(site.has_file(f".github/workflows/{one}.{end}") for end in ("yml", "yaml"))), "")
    if not name or not folders:
        return None
    rows = [f"name: {name}", "on:", "  push:", "  pull_request:", "permissions:", "  contents: read", "jobs:"]
    for project, inner in projects.items():
        rows += _job(site, project, inner, single=len(projects) == 1)
    path = f".github/workflows/{name}.yml"
    return Edits(files=(NewFile(path, "\n".join(rows) + "\n"),), title=f"Write {path}, which runs them")


def _project(site: Site, folder: str) -> str:
    """The nearest folder above some tests that says what is to be installed."""
    while folder:
        if any(site.has_file(posixpath.join(folder, one)) for one in (*LISTS, "pyproject.toml", "setup.py")):
            return folder
        folder = posixpath.dirname(folder)
    return ""


def _job(site: Site, project: str, folders: list[str], single: bool) -> list[str]:
    name = "tests" if single or not project else "tests-" + re.sub(r"[^A-Za-z0-9_-]+", "-", project)
    rows = [f"  {name}:", "    runs-on: ubuntu-latest"]
    if project:
        rows += ["    defaults:", "      run:", f"        working-directory: {project}"]
    rows += ["    steps:"]
    rows += [f"      - uses: actions/checkout@{_version(site, 'actions/checkout')}"]
    rows += [f"      - uses: actions/setup-python@{_version(site, 'actions/setup-python')}"]
    rows += ["        with:", f'          python-version: "{_python(site, project)}"']
    lists = [one for one in LISTS if site.has_file(posixpath.join(project, one))]
    installs = [f"-r {one}" for one in lists]
    if any(site.has_file(posixpath.join(project, one)) for one in ("pyproject.toml", "setup.py")):
        installs.append("-e .")
    rows += [f"      - run: pip install {' '.join([*installs, 'pytest'])}"]
    inner = [posixpath.relpath(folder or ".", project or ".") for folder in folders]
    rows += [f"      - run: pytest{''.join(f' {one}' for one in inner if one != '.')}"]
    return rows


def _version(site: Site, action: str) -> str:
    """The commit of an action that the other workflows name, else one of ours."""
    graph = site.picture.graph
    uses = [graph.nodes[n].attributes for n in graph.with_role("action.use")]
    known = sorted({one["version"] for one in uses if one.get("action") == action and one.get("version_kind") == "commit"})
    return known[-1] if known else ACTIONS[action]


def _python(site: Site, project: str) -> str:
    """The least Python that the project asks for."""
    graph = site.picture.graph
    said = [graph.nodes[n] for n in graph.with_role("env.manifest") if posixpath.dirname(graph.nodes[n].place.path) == project]
    versions = [found[0] for node in said if (found := VERSION.search(node.attributes.get("python", "")))]
    return versions[0] if versions else "3.11"
