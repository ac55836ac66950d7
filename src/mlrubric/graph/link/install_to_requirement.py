"""What images install by words, what passes over a lock file, and which projects are installed though nothing locks them."""

from __future__ import annotations

import posixpath

from mlrubric.graph.code import is_test_code
from mlrubric.graph.link.manifest_to_requirement import constraints_of, fixed_by_files, is_above, is_local, name_of, reference_of, written
from mlrubric.graph.versions import LISTS as FOLDERS
from mlrubric.graph.world import World
from mlrubric.knowledge.catalogue import normal_name
from mlrubric.knowledge.commands import installers, programs_for
from mlrubric.knowledge.invocation import Invocation
from mlrubric.model.facts import Image, Include, Manifest
from mlrubric.source.syntax.conda_spec import CondaProblem, parse_spec
from mlrubric.source.syntax.requirement import RequirementProblem, RequirementText, parse_argument

ORDER = 51  # behind manifests and commands
DOCUMENTS = (".md", ".rst", ".txt")
LISTS = ("pip", "uv")  # managers whose words are requirements of Python
READABLE, CONDA = ("pip",), "conda"  # whose locks an installer of lists can read
RESOLVES = "env.resolve"
PLAIN = "setuptools"  # a build tool, which keeps no lock
UNLOCKED = ("--no-deps", "--no-dependencies")
DEVELOPING = ("tests", "environment", "session", "hooks")
READS, FITS = "data.read", ("model.fit", "model.tune")
# that they are there is all that counts, and what they do is fixed elsewhere
INSTALLERS = frozenset({"setuptools", "wheel", "virtualenv", "pip-tools", "setuptools-scm"})


def link(world: World) -> None:
    """Nodes for what images install by words; `asked` on projects and on commands that resolve versions anew."""
    images = {path for path, image in world.every(Image) if image.use == "from"}
    tools = INSTALLERS | installers() | programs_for(("package.build", "check.lint", "check.audit"), DEVELOPING)
    projects, fixed = _projects(world), fixed_by_files(world)
    installed: set[str] = set()
    read: set[str] = set()
    for node, folder, invocation in list(world.installs):
        path = world.graph.nodes[node].place.path
        if path.endswith(DOCUMENTS):
            continue
        named = {posixpath.normpath(posixpath.join(folder, value)) for value in invocation.all("project")}
        installed |= named
        if invocation.option("manager") in LISTS and invocation.option("constraints") is None:
            read.update(posixpath.normpath(posixpath.join(folder, value)) for value in invocation.all("requirements"))
        if path in images:
            _words(world, node, invocation, tools, _fixed_in(fixed, folder))
            for where in sorted({folder or "."} if RESOLVES in world.graph.nodes[node].roles else named):
                _passes(world, node, invocation, projects.get("" if where == "." else where, []))
    _uncovered(world, read)
    _unlocked(world, projects, {"" if where == "." else where for where in installed})


def _projects(world: World) -> dict[str, list[int]]:
    """The manifests of projects by folder."""
    found: dict[str, list[int]] = {}
    for node in world.graph.with_role("env.manifest"):
        one = world.graph.nodes[node]
        if one.attributes.get("style") == "project":
            found.setdefault(posixpath.dirname(one.place.path), []).append(node)
    return found


def _fixed_in(fixed: dict[str, set[str]], folder: str) -> frozenset[str]:
    return frozenset(name for where, names in fixed.items() if is_above(where, folder) for name in names)


def _words(world: World, node: int, invocation: Invocation, tools: frozenset[str], fixed: frozenset[str]) -> None:
    """A requirement for each word of an install command, as for a line of a list."""
    graph = world.graph
    manager = invocation.option("manager")
    if manager not in (*LISTS, CONDA):
        return
    constrained = invocation.option("constraints") is not None
    for text in _packages(invocation):
        try:
            parsed = _of_conda(text) if manager == CONDA else parse_argument(text)
        except (RequirementProblem, CondaProblem):
            continue
        name, reference = normal_name(parsed.name), reference_of(parsed)
        if parsed.url and not reference:
            continue
        graph.add(
            "requirement",
            name_of(parsed),
            graph.nodes[node].place,
            ("env.require",),
            pinned="true" if parsed.pinned else "false",
            covered="true" if constrained or name in fixed else "false",
            kind="direct",
            group="",
            manager=CONDA if manager == CONDA else "pip",
            editable="true" if parsed.editable else "false",
            local="true" if is_local(parsed) else "false",
            reference=reference,
            written=written(parsed),
            generated="false",
            style="image",
            tool="true" if name in tools or name == "python" else "false",
            named=name_of(parsed),
            inside="",
        )


def _packages(invocation: Invocation) -> list[str]:
    """The packages that a command names; some programs' words come as one text."""
    words = invocation.all("package")
    return [one.strip("\"'") for word in words for one in ([word] if " @ " in word or ";" in word else word.split())]


def _of_conda(text: str) -> RequirementText:
    spec = parse_spec(text)
    return RequirementText(spec.name, spec.specifiers, pinned=spec.pinned)


def _uncovered(world: World, read: set[str]) -> None:
    """A list that pip is told to read gets nothing from the lock of another manager: `covered` is taken back from its lines, and
    `unread_lock` names that lock."""
    waiting, paths = sorted(read), set[str]()
    includes = [(path, one.target) for path, one in world.every(Include) if one.kind == "requirements"]
    while waiting:
        path = waiting.pop()
        if path not in paths:
            paths.add(path)
            waiting += [posixpath.normpath(posixpath.join(posixpath.dirname(p), target)) for p, target in includes if p == path]
    fixed, constrained = fixed_by_files(world, (*READABLE, CONDA)), constraints_of(world)
    locks = {path for path, one in world.every(Manifest) if one.kind == "lock" and one.manager not in (*READABLE, CONDA)}
    for node in world.graph.with_role("env.require"):
        one = world.graph.nodes[node]
        path, name = one.place.path, normal_name(one.label)
        if path not in paths or (one.attributes["style"], one.attributes["covered"]) != ("list", "true"):
            continue
        if name not in constrained.get(path, ()) and name not in _fixed_in(fixed, posixpath.dirname(path)):
            unread = min((lock for lock in locks if is_above(posixpath.dirname(lock), posixpath.dirname(path))), default="")
            one.attributes.update(covered="false", unread_lock=unread)


def _passes(world: World, node: int, invocation: Invocation, manifests: list[int]) -> None:
    """`asked` on a command of an image that takes what is newest although a lock file is there: a manager that is told to resolve anew,
    or an installer that does not read the lock of another one."""
    graph = world.graph
    path = graph.nodes[node].place.path
    manager = invocation.option("manager")
    anew = RESOLVES in graph.nodes[node].roles
    others = [one for n, _, one in world.installs if n != node and graph.nodes[n].place.path == path]
    for number in manifests:
        attributes = graph.nodes[number].attributes
        same = attributes["manager"] == manager
        reads = any(one.all("requirements") or one.option("manager") == attributes["manager"] for one in others)
        foreign = manager in LISTS and attributes["manager"] != PLAIN and not reads and invocation.option(*UNLOCKED) is None
        lock = _lock_of(world, number)
        if lock and attributes["all_pinned"] == "false" and (same if anew else foreign):
            graph.give(node, RESOLVES)
            known = {key: attributes[key] for key in ("style", "requirements", "generated", "manager")}
            graph.nodes[node].attributes.update(
                known, open=attributes["loose"], locked="false", asked="command", unread_lock=lock, manifest=graph.nodes[number].place.path
            )
            return


def _lock_of(world: World, manifest: int) -> str:
    """The lock file beside a project that its own manager has written."""
    one = world.graph.nodes[manifest]
    folder = posixpath.dirname(one.place.path)
    locks = (world.graph.nodes[n] for n in world.graph.with_role("env.lock"))
    found = (
        n.place.path for n in locks if posixpath.dirname(n.place.path) == folder and n.attributes["manager"] == one.attributes["manager"]
    )
    return min(found, default="")


def _unlocked(world: World, projects: dict[str, list[int]], installed: set[str]) -> None:
    """`asked` on projects of a build tool without locks that are installed as they are, and that read data and train: a program, for which
    nobody else chooses the versions."""
    graph = world.graph
    for folder in sorted(installed & projects.keys()):
        start = f"{folder}/" if folder else ""
        lists = [
            n
            for n in graph.with_role("env.manifest", "env.lock")
            if n not in projects[folder] and graph.nodes[n].attributes.get("style") == "list" and _beside(graph.nodes[n].place.path, folder)
        ]
        reads, fits = (
            any(path.startswith(start) and not is_test_code(path) for n in graph.with_role(*roles) if (path := graph.nodes[n].place.path))
            for roles in ((READS,), FITS)
        )
        if reads and fits and not lists:
            for number in projects[folder]:
                if graph.nodes[number].place.path.endswith(".toml"):
                    graph.nodes[number].attributes["asked"] = "installed"


def _beside(path: str, folder: str) -> bool:
    """Whether a list lies in a folder, or in a folder of lists in it."""
    own = posixpath.dirname(path)
    return own == folder or (posixpath.dirname(own) == folder and FOLDERS.search(own) is not None)
