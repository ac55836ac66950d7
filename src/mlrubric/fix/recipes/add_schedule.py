"""A new workflow that runs, every day, the script that only a person runs."""

from __future__ import annotations

import posixpath

from mlrubric.fix.installs import way_of
from mlrubric.fix.site import Edits, Site
from mlrubric.fix.workflows import free_name, job, project_of, runs_elsewhere
from mlrubric.model.remedy import NewFile


def remedy(site: Site) -> Edits | None:
    """Only of scripts that do it when they are run: at their top, or below `if __name__ == "__main__"`."""
    name, op = free_name(site, ("drift", "drift-check")), site.op
    if op is None or not site.path.endswith(".py") or not name or runs_elsewhere(site):
        return None
    program = site.program.program
    if program.scopes[program.scope_id(op)].kind != "module" and program.unit(op).index not in site.program.main_node:
        return None
    project = project_of(site, posixpath.dirname(site.path))
    way = way_of(site, project)
    if way is None:
        return None
    rows = [f"name: {name}", "on:", "  schedule:", '    - cron: "0 6 * * *"', "  workflow_dispatch:"]
    rows += ["permissions:", "  contents: read", "jobs:"]
    rows += job(site, "drift", project, way, f"python {posixpath.relpath(site.path, project or '.')}")
    path = f".github/workflows/{name}.yml"
    return Edits(files=(NewFile(path, "\n".join(rows) + "\n"),), title=f"Write {path}, which runs it every day")
