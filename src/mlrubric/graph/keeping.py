"""How a repository is kept: what is used and not declared, declared twice or in the wrong group, tracked without its settings, written
without a word, or lost without a sound."""

from __future__ import annotations

import posixpath

from mlrubric.graph.code import is_test_code, is_test_file
from mlrubric.graph.world import World
from mlrubric.knowledge.catalogue import normal_name
from mlrubric.knowledge.commands import programs_for
from mlrubric.model.facts import Include, Manifest, Pin, Requirement
from mlrubric.model.place import Place, Span

TRACKER, SETTINGS = "dvc", ".dvc/config"
PIPELINE, LOCK = "dvc.yaml", "dvc.lock"
HOOKS = "pre-commit"
GROUPED = ("pyproject.toml", "Pipfile")  # manifests that have a place of their own for what only developers need
DEVELOPING = ("check.lint", "check.audit")
KINDS = ("tests", "environment", "session", "hooks")
DATA = frozenset(
    {"data.read", "data.write", "data.join", "data.split", "transform.fit", "transform.apply", "transform.fit_apply", "model.save"}
)
ANSWERS = frozenset({"serve.handle", "serve.app"})  # who asked is told
FEW = 3  # lines of a function that its name alone may explain


def mark_keeping(world: World) -> None:
    """Attributes, and nodes for files that have none, which the rules of the repository itself ask for."""
    _tracking(world)
    _declared(world)
    _hooks(world)
    _tests(world)
    _words(world)
    _lost(world)


def _tracking(world: World) -> None:
    """`undeclared` and `tracks` on the settings of the data's versions, `unsettled` on what is tracked without them, `unlocked` on the
    stages of a pipeline that was never locked."""
    graph = world.graph
    pinned = [(path, pin) for path, pin in world.every(Pin) if pin.tool == TRACKER]
    declared = {normal_name(r.name) for _, r in world.every(Requirement)}
    declared |= {normal_name(word.partition("[")[0]) for _, _, one in world.installs for word in one.all("package")}
    here = any(name == TRACKER or name.startswith(f"{TRACKER}-") for name in declared)
    here = here or any(TRACKER in node.attributes.get("uses", "") for node in graph.nodes if node.kind == "step")
    for path in sorted(p for p in world.files if p == SETTINGS or p.endswith(f"/{SETTINGS}")):
        base = path.removesuffix(SETTINGS)
        tracks = any(p.startswith(base) for p, _ in pinned) or any(p.startswith(base) and p.endswith(PIPELINE) for p in world.files)
        graph.add("document", path, Place(path, Span(1)), tracks="some" if tracks else "nothing", undeclared="" if here else TRACKER)
    if not any(p == SETTINGS or p.endswith(f"/{SETTINGS}") for p in world.files):
        for _, pin in pinned:
            key = world.artifacts.get(pin.path)
            if key is not None:
                graph.nodes[key].attributes["unsettled"] = "true"
    for number in graph.of_kind("stage"):
        stage = graph.nodes[number]
        if stage.attributes.get("tool") == TRACKER and posixpath.basename(stage.place.path) == PIPELINE:
            lock = posixpath.join(posixpath.dirname(stage.place.path), LOCK)
            stage.attributes["unlocked"] = "false" if lock in world.files else "true"


def _declared(world: World) -> None:
    """`rival` on a manifest beside another of another manager that asks for the same things; `develops` on what only developers need."""
    graph = world.graph
    names: dict[str, set[str]] = {}
    managers: dict[str, str] = {}
    for path, manifest in world.every(Manifest):
        if manifest.kind == "manifest" and not manifest.generated_by:
            managers[path] = manifest.manager
    for path, requirement in world.every(Requirement):
        if path in managers and requirement.kind == "direct":
            names.setdefault(path, set()).add(normal_name(requirement.name))
    made = _made(world)
    joined = {(path, posixpath.normpath(posixpath.join(posixpath.dirname(path), one.target))) for path, one in world.every(Include)}
    before: dict[str, list[str]] = {}  # folder -> the manifests in it that have been looked at
    for path in sorted(names):
        beside = before.setdefault(posixpath.dirname(path), [])
        for other in beside:
            apart = managers[other] != managers[path] and not {path, other} & made and not {(path, other), (other, path)} & joined
            both = names[path] & names[other] if apart else set()
            node = world.node(path, "manifest") if len(both) > 1 else None
            if node is not None and "rival" not in graph.nodes[node].attributes:
                graph.nodes[node].attributes.update(rival=other, twice=str(len(both)))
        beside.append(path)
    tools = programs_for(DEVELOPING, KINDS)
    for number in graph.with_role("env.require"):
        one = graph.nodes[number]
        if posixpath.basename(one.place.path) in GROUPED and not one.attributes.get("group"):
            name = normal_name(one.label)
            one.attributes["develops"] = "true" if name in tools or name.partition("-")[0] in tools else "false"


def _made(world: World) -> set[str]:
    """Manifests that a tool has written: beside a logged model, or a list of pins twice as long as what a project asks for."""
    nodes = [world.graph.nodes[n] for n in world.graph.with_role("env.manifest")]
    least = min((int(n.attributes.get("requirements", "0")) for n in nodes if n.attributes.get("style") == "project"), default=0)
    return {
        n.place.path
        for n in nodes
        if n.attributes.get("generated") == "true"
        or (n.attributes.get("all_pinned") == "true" and least and int(n.attributes.get("requirements", "0")) > 2 * least)
    }


def _hooks(world: World) -> None:
    """Hooks before a commit that are called as a linter, or begin like one (`ruff-format`), check as it does."""
    linters = programs_for(DEVELOPING[:1], ())
    for number in world.graph.of_kind("stage"):
        attributes = world.graph.nodes[number].attributes
        hook = attributes.get("with.id", "")
        if attributes.get("tool") == HOOKS and (hook in linters or hook.partition("-")[0] in linters):
            world.graph.give(number, DEVELOPING[0])


def _tests(world: World) -> None:
    """On every test: `files` of tests, `others`, and `file_share`, how many files of a hundred are tests."""
    modules = [unit.path for unit in world.code.program.modules if unit.path.endswith(".py") and not unit.path.endswith("__init__.py")]
    tests = [path for path in modules if is_test_file(path)]
    others = [path for path in modules if not is_test_code(path)]
    for _, node in world.tests:
        attributes = world.graph.nodes[node].attributes
        attributes.update(
            files=str(len(tests)), others=str(len(others)), file_share=str(100 * len(tests) // max(1, len(tests) + len(others)))
        )


def _words(world: World) -> None:
    """`documented` on the functions that make features and models."""
    graph, program = world.graph, world.code.program
    features = (n for n in graph.with_role("code.feature") if graph.nodes[n].attributes.get("derives") == "true")
    wanted = {*features, *graph.with_role("code.model")}
    for scope, node in sorted(world.code.scope_node.items()):
        if node in wanted:
            facts = program.scopes[scope]
            short = facts.end_line - facts.line < FEW or facts.name.startswith("_")
            graph.nodes[node].attributes["documented"] = "true" if facts.docstring or short else "false"


def _lost(world: World) -> None:
    """`lost` on operations with data whose failure a handler takes and says nothing: the line of the handler."""
    graph, code = world.graph, world.code
    for node in graph.with_role(*sorted(DATA)):
        op = code.node_op.get(node)
        if op is not None and not code.tested(op):
            line = code.checks.swallowed(op)
            if line and not ANSWERS & set(graph.nodes[code.holder(op)].roles):
                graph.nodes[node].attributes["lost"] = str(line)
