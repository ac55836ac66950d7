"""Commands that start a flow of an orchestrator, by its file or by its name: `argo submit train.yaml`, `kedro run --pipeline train`."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from mlrubric.graph.definitions import functions
from mlrubric.graph.link.task_to_requirement import RUN, methods_of
from mlrubric.graph.world import World
from mlrubric.knowledge.commands import interpret
from mlrubric.knowledge.invocation import Invocation
from mlrubric.model.facts import Command

ORDER = 84  # once all flows have their nodes
NAMED = "named:"
NAMES = ("--from", "--pipeline", "--pipelines", "-p", "--job", "-j", "--name", "-n", "--dag-id", "argument")
WHOLE = ("", "__default__")


def link(world: World) -> None:
    """Run edges from such commands."""
    flows: _Flows | None = None
    for path, command in world.every(Command):
        node = world.node(path, command.place.symbol)
        if node is None or world.graph.nodes[node].kind != "command":
            continue
        for invocation in interpret(command.argv):
            if invocation.kind == "flow" and invocation.role == "flow.run":
                flows = flows or _Flows(world)
                folder = posixpath.normpath(posixpath.join(world.graph.nodes[node].attributes.get("directory", ""), invocation.directory))
                started = list(flows.started("" if folder == "." else folder, command.argv, invocation))
                for target, certain in started:
                    world.graph.connect(node, target, "run", command.place, certain=certain)
                if started:
                    world.graph.nodes[node].attributes.pop("unwired", None)


class _Flows:
    """What there is to start: workflows by file and name, functions and DAGs by name, tasks that name their data."""

    def __init__(self, world: World) -> None:
        self.world = world
        graph, code = world.graph, world.code
        self.by_file: dict[str, list[int]] = {}
        self.by_name: dict[str, list[int]] = {}
        for (path, _), node in sorted(world.nodes.items()):
            if graph.nodes[node].kind == "workflow" and node not in self.by_file.get(path, ()):
                self.by_file.setdefault(path, []).append(node)
                self.by_name.setdefault(graph.nodes[node].label, []).append(node)
        for node in graph.of_kind("task"):
            if "dag" in graph.nodes[node].attributes:
                self.by_name.setdefault(graph.nodes[node].attributes["dag"], []).append(node)
        for scope, node in sorted(code.scope_node.items()):
            if "flow.define" in graph.nodes[node].roles:
                for name in dict.fromkeys((code.program.scopes[scope].name, *self._given(scope))):
                    self.by_name.setdefault(name, []).append(node)
        for scope, facts in enumerate(code.program.scopes):
            if facts.kind == "class" and (run := methods_of(world, scope).get(RUN)) is not None:
                self.by_name.setdefault(facts.name, []).append(code.scope_node[run])
        self.named: list[tuple[str, int]] = []  # file of the declaration, function
        for op, meaning in sorted(code.meanings.all().items()):
            if meaning.entry is not None and meaning.entry.gives.startswith(NAMED):
                self.named += [(code.place(op).path, n) for n in functions(code, meaning.arguments.get("@function", -1))]

    def _given(self, scope: int) -> Iterator[str]:
        """The name that the decorator of a flow gives it."""
        code = self.world.code
        for decorator in code.program.decorators(code.program.definition(scope)):
            meaning = code.meanings.of(decorator)
            if meaning is not None and "@name" in meaning.arguments:
                yield code.meanings.spelling(meaning.arguments["@name"])

    def started(self, folder: str, argv: tuple[str, ...], invocation: Invocation) -> Iterator[tuple[int, bool]]:
        """The nodes that a command starts, and whether that is certain."""
        manager = invocation.option("manager") or ""
        if manager == "kedro":
            yield from self._project(folder, invocation.target)
            return
        words = [invocation.target, *(value for name in NAMES for value in invocation.all(name))]
        names = [part for word in words for part in word.split()]
        found = [n for name in dict.fromkeys(names) for n in self._called(name)]
        files = [path for word in argv[1:] if (path := self.world.file(folder, word)) is not None]
        for path in files:
            inside = [n for n in found if self.world.graph.nodes[n].place.path == path]
            flows = self.by_file.get(path, [])
            yield from ((n, True) for n in inside or flows)
            index = self.world.code.program.by_path.get(path)
            if index is not None:
                yield self.world.code.module_node[index], True
                if not inside and not flows:
                    here = [n for nodes in self.by_name.values() for n in nodes if self.world.graph.nodes[n].place.path == path]
                    yield from ((n, len(set(here)) == 1) for n in dict.fromkeys(here))
        if not files:
            yield from ((n, len(found) == 1) for n in found)

    def _called(self, name: str) -> list[int]:
        """Flows of a name: as it is, the last part of a path (`workflowtemplate/train`), the first of `flow/deployment`."""
        for spelled in (name, name.rpartition("/")[2], name.partition("/")[0], name.rpartition(":")[2], name.rpartition(".")[2]):
            if spelled in self.by_name:
                return self.by_name[spelled]
        return []

    def _project(self, folder: str, pipeline: str) -> Iterator[tuple[int, bool]]:
        """All tasks of a project that name their data, or those of a pipeline's own folder."""
        inside = [(path, n) for path, n in self.named if not folder or path.startswith(folder + "/")]
        wanted = pipeline.split()
        if wanted and not set(wanted) & set(WHOLE):
            own = [(path, n) for path, n in inside if set(wanted) & set(posixpath.dirname(path).split("/"))]
            yield from ((n, bool(own)) for _, n in own or inside)
        else:
            yield from ((n, True) for _, n in inside)
