"""A new `.github/dependabot.yml` that watches what the repository depends on."""

from __future__ import annotations

import posixpath
import re

from mlrubric.fix.site import Edits, Site
from mlrubric.fix.workflows import is_workflow, runs_elsewhere
from mlrubric.model.remedy import NewFile

PATH = ".github/dependabot.yml"
LISTS = re.compile(r"(^|/)(requirements[\w.-]*\.(txt|in)|pyproject\.toml|setup\.py|Pipfile)$")
IMAGE = re.compile(r"(^|/)(Dockerfile|[\w.-]+\.Dockerfile|Dockerfile\.[\w-]+)$")
MOST = 10  # folders of one kind


def remedy(site: Site) -> Edits | None:
    files = sorted(site.picture.world.files)
    if any(path in files for path in (PATH, ".github/dependabot.yaml")) or runs_elsewhere(site):
        return None
    rows = ["version: 2", "updates:"]
    manifests = {site.picture.graph.nodes[n].place.path for n in site.picture.graph.with_role("env.manifest")}
    locked = {posixpath.dirname(path) for path in files if posixpath.basename(path) == "uv.lock"}
    folders = sorted({posixpath.dirname(path) for path in manifests if LISTS.search(path)})
    for folder in folders[:MOST]:
        rows += _entry("uv" if folder in locked else "pip", folder)
    for folder in sorted({posixpath.dirname(path) for path in files if IMAGE.search(path)})[:MOST]:
        rows += _entry("docker", folder)
    if any(path.startswith(".github/") and is_workflow(path) for path in files):
        rows += _entry("github-actions", "")
    return Edits(files=(NewFile(PATH, "\n".join(rows) + "\n"),)) if folders else None


def _entry(ecosystem: str, folder: str) -> list[str]:
    return [f"  - package-ecosystem: {ecosystem}", f"    directory: /{folder}", "    schedule:", "      interval: weekly"]
