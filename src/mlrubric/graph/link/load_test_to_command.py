"""A load test fails its command when a threshold is broken: scripts with thresholds, and programs that set the exit status of the load."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from mlrubric.graph.world import World
from mlrubric.model.facts import Command, LoadTest
from mlrubric.model.homes import same_home

ORDER = 35
EXIT = "process_exit_code"  # the attribute by which a program of the load generator decides its exit status
TIMES = re.compile(r"duration|waiting|blocked|latency|response|iteration|receiving|sending")
OFF = ("--no-thresholds",)


def link(world: World) -> None:
    """`check.cost` with a gate on commands and steps that run a load test with a limit on time; `limited` says whether one has it."""
    graph = world.graph
    scripts = dict(world.every(LoadTest))
    deciding = _deciding(world)
    if not scripts and not deciding:
        return
    fed = {world.node(path, c.place.symbol): c.reads for path, c in world.every(Command) if c.reads}
    tools = {test.tool for test in scripts.values()}
    for node in graph.of_kind("command", "step"):
        words = graph.nodes[node].label.split() if graph.nodes[node].kind == "command" else list(_options(world, node))
        if graph.nodes[node].kind == "command" and "measure.time" not in graph.nodes[node].roles and not _image(words, tools):
            continue
        words.extend(fed.get(node, ()))
        base = graph.nodes[node].attributes.get("directory", "")
        for word in words:
            path = world.file(base, word.partition("=")[2] or word) or (
                _mounted(word, scripts, graph.nodes[node].place.path) if "." in word else None
            )
            if path in scripts:
                test = scripts[path]
                limited = any(TIMES.search(metric) for metric, _ in test.limits) and not any(option in words for option in OFF)
                _judge(world, node, limited, test.place.path)
            elif path in deciding:
                _judge(world, node, True, path or "")
        if "locustfile.py" in {posixpath.basename(p) for p in deciding} and not any(w in ("-f", "--locustfile") for w in words):
            default = posixpath.join(base, "locustfile.py")
            if default in deciding and graph.nodes[node].kind == "command" and words and "locust" in posixpath.basename(words[0]):
                _judge(world, node, True, default)


def _image(words: list[str], tools: set[str]) -> bool:
    """Whether a command starts an image of the load generator."""
    return any(posixpath.basename(word).partition(":")[0] in tools for word in words)


def _options(world: World, node: int) -> Iterator[str]:
    attributes = world.graph.nodes[node].attributes
    return (v for k, v in attributes.items() if k.startswith("with.") and v.endswith((".js", ".ts")))


def _mounted(word: str, scripts: dict[str, LoadTest], near: str) -> str | None:
    """A script by its name alone, when a container gets it under another folder."""
    same = [path for path in scripts if posixpath.basename(path) == posixpath.basename(word) and same_home(near, path)]
    return same[0] if len(same) == 1 else None


def _judge(world: World, node: int, limited: bool, path: str) -> None:
    world.graph.give(node, "measure.time")
    attributes = world.graph.nodes[node].attributes
    attributes.update(limited="true" if limited else "false", script=path)
    if limited:
        world.graph.give(node, "check.cost")
        world.graph.nodes[node].gate = True
        attributes["timed"] = "serve.client"


def _deciding(world: World) -> frozenset[str]:
    """Files that set the exit status of a load under a condition."""
    program, checks = world.code.program, world.code.checks
    found = {
        program.unit(op).path
        for op, facts in enumerate(program.ops)
        if facts.kind == "store_attribute" and facts.name == EXIT and checks.guards(op)
    }
    return frozenset(found)
