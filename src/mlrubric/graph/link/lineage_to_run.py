"""Where the lineage of what runs is sent: configurations and variables of an orchestrator and of clients; a transport that only prints
sends nothing anywhere."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.graph.world import World
from mlrubric.model.facts import Setting, Step
from mlrubric.model.lineage import LineageSink
from mlrubric.model.place import Place
from mlrubric.source.syntax import json
from mlrubric.source.syntax.node import SyntaxProblem

ORDER = 86
ROLE = "lineage.emit"
TRANSPORT, OFF = ("__OPENLINEAGE__TRANSPORT", "OPENLINEAGE__TRANSPORT"), ("OPENLINEAGE_DISABLED", "__OPENLINEAGE__DISABLED")
URL = "OPENLINEAGE_URL"
NOWHERE = "console"  # what a client does without configuration


def link(world: World) -> None:
    """A service node for each sink, run by the tasks of the orchestrator that it belongs to; `transport` on the calls and commands that
    emit."""
    graph = world.graph
    sinks = [*(sink for _, sink in world.every(LineageSink)), *_variables(world)]
    tasks = graph.of_kind("task")
    for sink in sinks:
        node = graph.add("service", sink.url or sink.transport, sink.place, (ROLE,), transport="off" if sink.off else sink.transport)
        for task in tasks if sink.runner in ("airflow", "") else ():
            graph.connect(task, node, "run", sink.place, certain=False)
    known = next((("off" if s.off else s.transport) for s in sinks if s.runner in ("", "any")), "")
    for node in graph.with_role(ROLE):
        attributes = graph.nodes[node].attributes
        if "transport" not in attributes and graph.nodes[node].kind in ("op", "command"):
            attributes["transport"] = _own(world, node) or known or NOWHERE


def _own(world: World, node: int) -> str:
    """The transport that the code beside a call names: a class of transports, an address given to the client."""
    code, op = world.code, world.code.node_op.get(node)
    if op is None:
        return ""
    unit = code.program.unit(op)
    for other in range(unit.base, unit.base + len(unit.facts.ops)):
        meaning = code.meanings.of(other)
        if meaning is None:
            continue
        name = meaning.api.rpartition(".")[2]
        if name.endswith("Transport"):
            return name.removesuffix("Transport").lower()
        if "@url" in meaning.arguments and meaning.entry is not None and ROLE not in meaning.roles and "lineage" in meaning.api.lower():
            return "http"
        if ROLE in meaning.roles and "@url" in meaning.arguments:
            return "http"
    return ""


def _variables(world: World) -> Iterator[LineageSink]:
    """Variables that containers and steps are given."""
    found = (s for _, s in world.every(Setting) if "OPENLINEAGE" in s.route)
    given: list[tuple[Place, str, str]] = [(s.place, s.route.rpartition(".")[2], s.value) for s in found]
    for _, step in world.every(Step):
        given += [(step.place, name, value) for name, value in step.environment if "OPENLINEAGE" in name]
    off = any(name.endswith(OFF) and value.lower() in ("true", "1") for _, name, value in given)
    for place, name, value in given:
        if name.endswith(TRANSPORT):
            kind, url = _transport(value)
            yield LineageSink(place, kind or "unknown", url, "airflow" if name.startswith("AIRFLOW") else "any", off)
        elif name == URL:
            yield LineageSink(place, "http", value, "", off)


def _transport(text: str) -> tuple[str, str]:
    try:
        node = json.parse(text)
    except SyntaxProblem:
        return "", ""
    return node.scalar("type"), node.scalar("url")
