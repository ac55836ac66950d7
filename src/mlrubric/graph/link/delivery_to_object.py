"""What brings manifests into a cluster leads to their objects: commands, steps of deploying actions, kustomizations, GitOps objects.

Services and things that run once are started by it; what has a schedule or a controller of its own is only made known, and a schedule
that nobody makes known is assumed.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from mlrubric.graph.earlier import earlier_runs
from mlrubric.graph.graph import RUNS
from mlrubric.graph.manifests import NAMED, Manifests, Named
from mlrubric.graph.world import World
from mlrubric.knowledge.actions import action
from mlrubric.knowledge.invocation import Invocation
from mlrubric.model.facts import Command, Delivery, Part, Resource, Step, Trigger
from mlrubric.model.homes import home
from mlrubric.model.place import Place

ORDER = 60
ONCE = (
    "Job", "Pod", "Workflow", "Experiment", "RayJob", "SparkApplication",
    "PyTorchJob", "TFJob", "MPIJob", "XGBoostJob", "PaddleJob", "JAXJob",
)  # fmt: skip
FLOWS = ("argo", "argo-events", "katib", "kfp")  # what is brought for these is a pipeline, no server
CONTROLLERS = ("argo-cd", "flux")
ENDINGS = (".yaml", ".yml", ".json")
MARKS = frozenset("${*<")


def link(world: World) -> None:
    """Edges from every delivery to what it delivers; deliveries that bring nothing to serve lose their role."""
    known = Manifests(world)
    for node, folder, command, invocation in world.delivers:
        found = _of_command(world, known, folder, command, invocation)
        if found:
            _deliver(world, known, node, found, command.place)
    for path, step in world.every(Step):
        at = world.node(path, step.place.symbol)
        if at is not None and world.graph.nodes[at].attributes.get("does") == "deploy":
            found = _of_words(known, _named(step), home(path))
            if found:
                _deliver(world, known, at, found, step.place)
    for path, delivery in world.every(Delivery):
        owner = world.node(path, delivery.owner)
        if owner is not None:
            _of_delivery(world, known, path, owner, delivery)
    _environments(world)
    _assume(world)
    _left_out(world)
    _decided(world)


def _named(step: Step) -> list[str]:
    """The words of a deploying action that may name manifests: all of the option for them, elsewhere those that look like paths."""
    entry = action(step.uses or "")
    paths = {value for name, value in entry.options if name == "path"} if entry is not None else set()
    found: list[str] = []
    for name, value in step.options:
        found.extend(word for word in NAMED.findall(value) if name in paths or "/" in word or word.endswith(ENDINGS))
    return found


def _of_command(world: World, known: Manifests, folder: str, command: Command, invocation: Invocation) -> Named:
    """What a command brings: by its files, by the chart, by the name of a GitOps object, or by what is piped into it."""
    found = Named()
    if invocation.kind in ("chart", "manifests") and not invocation.role and not _brings(invocation):
        return found  # only puts together what the next command takes
    if invocation.kind == "chart":
        for word in invocation.target.split():
            chart, certain = known.chart(word, folder)
            if chart or (certain and word in (".", "./")):
                found.files |= known.of_chart(chart)
                found.certain = found.certain and certain
    elif invocation.kind == "sync":
        found = _called(world, known, invocation.target.split())
    elif invocation.kind == "manifests" and invocation.option("manager"):
        file = invocation.option("file") or "skaffold.yaml"
        node = world.node(posixpath.normpath(posixpath.join(folder, file)), "skaffold")
        if node is not None:
            found.nodes.add(node)
    elif invocation.kind == "manifests":
        recursive = invocation.option("recursive") is not None
        files = [*invocation.all("file"), *invocation.all("kustomize")]
        for text in files:
            for word in text.split(","):
                if word in ("-", "/dev/stdin"):
                    found = _joined(found, _piped(world, known, folder, command))
                else:
                    found = _joined(found, known.named(word, folder, recursive) or _written(world, known, folder, command, word))
    return found


def _brings(invocation: Invocation) -> bool:
    """Whether a command without the role brings something after all: what its own words say serves no model (`helm install prometheus`)."""
    return invocation.option("install", "--install") is not None or (bool(invocation.all("file")) and invocation.kind == "manifests")


def _called(world: World, known: Manifests, words: list[str]) -> Named:
    """Objects that a command calls by name: of a GitOps controller, or the service whose image is set anew (`deployment/churn`)."""
    found = Named(there=True)
    names = {word.rpartition("/")[2] for word in words if "=" not in word}
    for path, resources in sorted(known.by_file.items()):
        for resource in resources:
            node = world.node(path, resource.place.symbol)
            if resource.name not in names or node is None:
                continue
            one = world.graph.nodes[node]
            if one.attributes.get("kind") in CONTROLLERS:
                found.nodes.add(node)
            elif one.kind == "service":
                found.objects.append((path, resource))
    return found


def _piped(world: World, known: Manifests, folder: str, command: Command) -> Named:
    """What the commands before it in its pipeline put together, or the file that is handed to it."""
    found = _of_words(known, command.reads, folder)
    path, line = command.place.path, command.place.line
    fed = [r for r in known.by_file.get(path, ()) if line <= r.place.line]
    ends = [c.place.line for _, _, c, _ in world.delivers if c.place.path == path and c.place.line > line]
    found.objects = [(path, r) for r in fed if r.place.line < min(ends, default=r.place.line + 1)]
    for _, other_folder, other, invocation in world.delivers:
        if other.owner != command.owner or other.place.path != command.place.path or other.pipeline != command.pipeline:
            continue
        if not 0 < command.index - other.index < len(command.pipeline):
            continue
        if invocation.kind == "chart":
            for word in invocation.target.split():
                chart, certain = known.chart(word, other_folder)
                if chart:
                    found = _joined(found, Named(known.of_chart(chart), set(), certain))
        elif invocation.kind == "manifests":
            found = _joined(found, _of_words(known, invocation.target.split() or ["."], other_folder))
        else:
            words = [w for w in (*other.argv[1:], *other.reads) if w.endswith(ENDINGS)]
            found = _joined(found, _of_words(known, words, other_folder))
    return found


def _written(world: World, known: Manifests, folder: str, command: Command, word: str) -> Named:
    """A file that an earlier command of the same text makes out of manifests: `sed ... a.yaml > b.yaml`."""
    found = Named()
    for path in (command.place.path,):
        for other in (f for f in world.of(path) if isinstance(f, Command) and f.owner == command.owner and f.index < command.index):
            if word in other.writes:
                found = _joined(found, _of_words(known, (w for w in (*other.argv[1:], *other.reads) if w.endswith(ENDINGS)), folder))
    found.certain = False
    return found


def _of_words(known: Manifests, words: Iterable[str], folder: str) -> Named:
    found = Named()
    for word in words:
        found = _joined(found, known.named(word, folder))
    return found


def _joined(one: Named, other: Named) -> Named:
    if not other:
        return one
    return Named(one.files | other.files, one.nodes | other.nodes, one.certain and other.certain, [*one.objects, *other.objects])


def _deliver(world: World, known: Manifests, source: int, found: Named, place: Place) -> None:
    """Edges to the nodes of objects; `idle` when no object of them runs or routes anything."""
    graph = world.graph
    serves = bool(found.nodes)
    whole = [(path, resource) for path in sorted(found.files) for resource in known.by_file[path]]
    for path, resource in (*whole, *found.objects):
        reached = _to_object(world, source, path, resource, place, found.certain and path not in world.guessed, found.there)
        serves = serves or (reached and (path, resource.place.symbol) not in known.beside)
    for node in sorted(found.nodes):
        if node != source:
            graph.connect(source, node, "run", place, certain=found.certain)
    if not serves and graph.nodes[source].kind in ("command", "step"):
        graph.take(source, "model.deploy")


def _to_object(world: World, source: int, path: str, resource: Resource, place: Place, certain: bool, there: bool) -> bool:
    graph = world.graph
    node = world.node(path, resource.place.symbol)
    if node is None or node == source:
        return False
    runs = graph.nodes[node].kind != "workflow" or resource.kind in ONCE
    graph.connect(source, node, "run" if runs else "declare", place, certain=certain)
    if not there:
        graph.nodes[node].attributes["applied"] = "true"
    if graph.nodes[node].attributes.get("kind") in FLOWS:
        graph.give(source, "flow.run" if runs else "flow.deploy")
        return False
    return graph.nodes[node].kind in ("service", "workflow")


def _of_delivery(world: World, known: Manifests, path: str, owner: int, delivery: Delivery) -> None:
    folder = posixpath.dirname(path) if delivery.beside else world.home_of(delivery.repository, path)
    found = Named()
    for source in delivery.sources:
        if delivery.tool == "helm":
            chart, certain = known.chart(source, folder)
            here = Named(known.of_chart(chart), set(), certain) if chart else Named()
        else:
            here = known.named(source, folder, delivery.deep)
        if not here and _ours(world, delivery, source):
            world.broken.append((delivery.place, f"{source} is not in this repository"))
        found = _joined(found, here)
    if found:
        _deliver(world, known, owner, found, delivery.place)
        if world.graph.nodes[owner].kind == "workflow":
            world.graph.give(owner, "model.deploy")


def _ours(world: World, delivery: Delivery, source: str) -> bool:
    """Whether a path that is not there should be: one of this file's own neighbours."""
    if not delivery.beside or "://" in source or "?" in source or MARKS & set(source):
        return False
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(delivery.place.path), source))
    return not joined.startswith("..") and joined not in world.files and joined not in world.folders


def _environments(world: World) -> None:
    """`environments` on kustomizations that stand beside others for the same manifests: one folder for each place that they go to."""
    graph = world.graph
    overlays: dict[str, list[int]] = {}
    for node in graph.of_kind("stage"):
        one = graph.nodes[node]
        if one.attributes.get("tool") == "kustomize" and any(
            graph.nodes[e.target].kind == "stage" for e in graph.successors(node, ("run",))
        ):
            overlays.setdefault(posixpath.dirname(posixpath.dirname(one.place.path)), []).append(node)
    for nodes in overlays.values():
        for node in nodes if len(nodes) > 1 else ():
            graph.nodes[node].attributes["environments"] = "several"


def _assume(world: World) -> None:
    """The schedule of an object that nothing here brings into a cluster is only assumed to run."""
    graph = world.graph
    symbols = {(path, resource.place.symbol) for path, resource in world.every(Resource)}
    for path, trigger in world.every(Trigger):
        node = world.node(path, trigger.owner)
        if (path, trigger.owner) not in symbols or node is None or graph.nodes[node].kind != "workflow":
            continue
        attributes = graph.nodes[node].attributes
        if attributes.get("kind") in CONTROLLERS or attributes.get("applied") == "true":
            continue
        for number in graph.incoming[node]:
            if graph.edges[number].kind == "trigger":
                graph.doubt(number)


def _left_out(world: World) -> None:
    """A roll-out that is brought without the analysis that decides about it is decided by nothing."""
    graph = world.graph
    brought = {part.owner: _applied(world, path, part.owner) for path, part in world.every(Part) if part.kind == "analysis"}
    for path, part in world.every(Part):
        node = world.node(path, part.place.symbol)
        missing = [name for name in part.refers if not brought.get(name, True)]
        if node is None or not missing or not _applied(world, path, part.owner) or "serve.split" not in graph.nodes[node].roles:
            continue
        graph.nodes[node].attributes.update(
            analysis="false", defect="undecided", canary=f"{missing[0]} decides about it, and nothing brings that into the cluster"
        )
        graph.take(node, "serve.rollback")


def _applied(world: World, path: str, owner: str) -> bool:
    node = world.node(path, owner)
    return node is not None and world.graph.nodes[node].attributes.get("applied") == "true"


def _decided(world: World) -> None:
    """A division that stands still is decided about when, after the command that brings it, a check that can fail runs before the command
    that goes on."""
    graph = world.graph
    splits = [n for n in graph.with_role("serve.split") if graph.nodes[n].attributes.get("analysis", "false") == "false"]
    deploys = [n for n in graph.with_role("model.deploy") if graph.nodes[n].kind in ("command", "step")]
    if not splits or len(deploys) < 2:
        return
    reached = {d: graph.sweep([d], RUNS) for d in deploys}
    before = {d: graph.sweep(earlier_runs(world, d), RUNS, allow=lambda e: not e.loss and not e.blocked) for d in deploys}
    for later in deploys:
        for first in (d for d in deploys if d != later and d in before[later]):
            checks = [n for n in before[later] if n not in before[first] and n not in reached[first] and _checks(world, n)]
            for split in splits:
                if checks and split in reached[first] and split not in reached[later].keys() - {later}:
                    graph.nodes[split].attributes["analysis"] = "true"


def _checks(world: World, node: int) -> bool:
    """A test, a probe, or a check of the code that stops the run."""
    one = world.graph.nodes[node]
    return one.kind == "test" or one.gate or bool({"serve.probe", "serve.client"} & set(one.roles))
