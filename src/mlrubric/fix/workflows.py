"""Pieces of workflows that are written anew: what is checked out and installed before something runs."""

from __future__ import annotations

import posixpath
import re
from collections import Counter

from mlrubric.fix.installs import NAMES, Way
from mlrubric.fix.site import Site
from mlrubric.knowledge.versions import bounds_of

ACTIONS = {
    "actions/checkout": "11bd71901bbe5b1630ceea73d27597364c9af683  # v4.2.2",
    "actions/setup-python": "a26af69be951a213d495a4c3e4e4022e16d87065  # v5.6.0",
}
PYTHONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
PYTHON = "3.11"  # where nothing is said
WORKFLOW = re.compile(r"(^|/)\.github/workflows/[^/]+\.ya?ml$")
ELSEWHERE = re.compile(
    r"(^|/)(\.gitlab-ci\.ya?ml|azure-pipelines[\w.-]*\.ya?ml|Jenkinsfile|\.circleci/config\.ya?ml|bitbucket-pipelines\.yml|cloudbuild\.ya?ml)$"
)


def is_workflow(path: str) -> bool:
    return WORKFLOW.search(path) is not None


def runs_elsewhere(site: Site) -> bool:
    """Whether the repository is built by something else than GitHub."""
    files = site.picture.world.files
    return not any(path.startswith(".github/") for path in files) and any(ELSEWHERE.search(path) for path in files)


def free_name(site: Site, names: tuple[str, ...]) -> str:
    """The first of some names that no workflow has; "" when all are taken."""
    return next((one for one in names if not any(site.has_file(f".github/workflows/{one}.{end}") for end in ("yml", "yaml"))), "")


def project_of(site: Site, folder: str) -> str:
    """The nearest folder at or above another that says what is to be installed; "" for the root."""
    while folder:
        if any(site.has_file(posixpath.join(folder, one)) for one in NAMES):
            return folder
        folder = posixpath.dirname(folder)
    return ""


def job(site: Site, name: str, project: str, way: Way, command: str) -> list[str]:
    """A job that installs a project and runs a command in its folder."""
    rows = [f"  {name}:", "    runs-on: ubuntu-latest"]
    if project:
        rows += ["    defaults:", "      run:", f"        working-directory: {project}"]
    rows += ["    steps:"]
    rows += [f"      - uses: {action}@{_commit(site, action)}" for action in ACTIONS]
    rows += ["        with:", f'          python-version: "{_python(site, project)}"']
    return [*rows, *(f"      - run: {one}" for one in (*way.commands, way.run(command)))]


def _commit(site: Site, action: str) -> str:
    """The commit of an action that the other workflows name, the most of them, else one of ours."""
    graph = site.picture.graph
    uses = [graph.nodes[n].attributes for n in graph.with_role("action.use")]
    known = Counter(one["version"] for one in uses if one.get("action") == action and one.get("version_kind") == "commit")
    return max(sorted(known), key=lambda one: known[one], default=ACTIONS[action])


def _python(site: Site, project: str) -> str:
    """The least Python that the project asks for."""
    graph = site.picture.graph
    said = [graph.nodes[n] for n in graph.with_role("env.manifest") if posixpath.dirname(graph.nodes[n].place.path) == project]
    clauses = [text for node in said if (text := node.attributes.get("python", ""))]
    bounds = bounds_of(clauses[0].split(",") if clauses else ())
    return next((one for one in PYTHONS if clauses and bounds.allows(one)), PYTHON)
