"""Manifests, their direct requirements, and what fixes them: a lock file, a constraints file, or a pinned list beside them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection

from mlrubric.graph.world import World
from mlrubric.knowledge.catalogue import normal_name
from mlrubric.model.facts import Include, Manifest, Requirement
from mlrubric.model.homes import same_home
from mlrubric.model.place import Place, Span
from mlrubric.source.syntax.requirement import RequirementText

ORDER = 50
PROJECT_FILES = ("pyproject.toml", "pipfile", "setup.cfg", "setup.py")  # they state ranges; a lock file beside them fixes versions
VCS = ("git+", "hg+", "svn+", "bzr+")
COMMIT = re.compile(r"[0-9a-f]{7,40}")
VERSION_TAG = re.compile(r"v?\d+(\.\d+)*\S*")


def link(world: World) -> None:
    """One node a manifest, one a direct requirement. `covered` says that another tracked file fixes its version."""
    locks = _locks(world)
    fixed = fixed_by_files(world)
    constrained = constraints_of(world)
    conda = {path for path, manifest in world.every(Manifest) if manifest.manager == "conda"}
    manifests: dict[str, int] = {}
    for path, manifest in world.every(Manifest):
        node = world.graph.add(
            "requirement",
            posixpath.basename(path),
            Place(path, Span(1), "manifest"),
            ("env.lock",) if manifest.kind == "lock" else ("env.manifest",),
            manager=manifest.manager,
            kind=manifest.kind,
            locked="true" if any(is_above(f, posixpath.dirname(path)) for f in fixed) else "false",
            style="project" if posixpath.basename(path).lower() in PROJECT_FILES else "list",
            generated="true" if _generated(world, path) else "false",
            asked="nobody" if manifest.manager == "setuptools" else "manager",
        )
        if manifest.python:
            world.graph.nodes[node].attributes["python"] = manifest.python
        manifests[path] = node
        world.nodes[(path, "manifest")] = node
    counts: dict[str, list[int]] = {path: [0, 0, 0] for path in manifests}
    for path, requirement in world.every(Requirement):
        if requirement.kind in ("locked", "constraint", "build") or path in locks:
            continue
        name, folder = normal_name(requirement.name), posixpath.dirname(path)
        covered = name in constrained.get(path, ()) or any(name in names for where, names in fixed.items() if is_above(where, folder))
        node = world.graph.add(
            "requirement",
            requirement.name,
            requirement.place,
            ("env.require",),
            pinned="true" if requirement.pinned else "false",
            covered="true" if covered else "false",
            kind=requirement.kind,
            group=requirement.group,
            manager=requirement.manager,
            editable="true" if requirement.editable else "false",
            local="true" if is_local(requirement) else "false",
            reference=reference_of(requirement),
            written=written(requirement),
            generated="true" if _generated(world, path) else "false",
            style="project" if posixpath.basename(path).lower() in PROJECT_FILES else "list",
            tool="true" if name in ("pip", "python") else "false",
            named=name_of(requirement),
            inside="conda" if requirement.manager == "pip" and path in conda else "",
        )
        if path in manifests:
            world.graph.connect(manifests[path], node, "declare")
        tally = counts.setdefault(path, [0, 0, 0])
        fine = requirement.pinned or is_local(requirement)
        tally[0] += 1
        tally[1] += fine
        tally[2] += not (fine or covered)
    for path, node in manifests.items():
        total, pinned, open_ = counts[path]
        world.graph.nodes[node].attributes.update(
            requirements=str(total), all_pinned="true" if total == pinned else "false", open=str(open_), loose=str(total - pinned)
        )


def name_of(requirement: Requirement | RequirementText) -> str:
    """Its name, else the last word of its address."""
    address = (requirement.url or "").partition("#")[0].rpartition("://")[2].partition("/")[2].partition("@")[0]
    return requirement.name or posixpath.basename(address).removesuffix(".git")


def written(requirement: Requirement | RequirementText) -> str:
    """Name, extras and clauses as somebody wrote them."""
    extras = f"[{','.join(requirement.extras)}]" if requirement.extras else ""
    return f"{requirement.name}{extras}{','.join(requirement.specifiers)}"


def _locks(world: World) -> set[str]:
    return {path for path, manifest in world.every(Manifest) if manifest.kind == "lock"}


def fixed_by_files(world: World, managers: Collection[str] = ()) -> dict[str, set[str]]:
    """Folder -> names whose version a file there fixes for everything below: locks (of these managers only, when some are named), and lists
    in which every line is pinned."""
    locks = _locks(world)
    found: dict[str, set[str]] = {}
    lists: dict[str, list[Requirement]] = {}
    for path, requirement in world.every(Requirement):
        if requirement.kind == "locked" or path in locks:
            if managers and requirement.manager not in managers:
                continue
            found.setdefault(posixpath.dirname(path), set()).add(normal_name(requirement.name))
        elif requirement.kind == "direct" and posixpath.basename(path).lower() not in PROJECT_FILES:
            lists.setdefault(path, []).append(requirement)
    for path, lines in lists.items():
        if all(line.pinned for line in lines):
            found.setdefault(posixpath.dirname(path), set()).update(normal_name(line.name) for line in lines)
    return found


def constraints_of(world: World) -> dict[str, set[str]]:
    """Manifest -> names that the constraints files it asks for (`-c`) pin."""
    found: dict[str, set[str]] = {}
    for path, include in world.every(Include):
        if include.kind == "constraints":
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), include.target))
            pinned = {normal_name(one.name) for one in world.of(target) if isinstance(one, Requirement) and one.pinned}
            found.setdefault(path, set()).update(pinned)
    return found


def is_above(folder: str, below: str) -> bool:
    return same_home(folder, below) and (not folder or folder == below or below.startswith(folder + "/"))


def _generated(world: World, path: str) -> bool:
    """Files that a tracker writes beside a logged model describe that model; nobody installs the project from them."""
    folder = posixpath.dirname(path)
    return f"{folder}/MLmodel" in world.files or ("MLmodel" in world.files and not folder)


def is_local(requirement: Requirement | RequirementText) -> bool:
    url = requirement.url or ""
    return requirement.editable or url.startswith((".", "/", "file:"))


def reference_of(requirement: Requirement | RequirementText) -> str:
    """What a requirement from version control names: commit, tag, branch or nothing; empty for other requirements."""
    url = requirement.url or ""
    if not url.startswith(VCS):
        return ""
    _, at, reference = url.partition("#")[0].rpartition("@")
    if not at or ("/" in reference and ":" in reference):
        return "none"
    if COMMIT.fullmatch(reference):
        return "commit"
    return "tag" if VERSION_TAG.fullmatch(reference) else "branch"
