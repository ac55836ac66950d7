"""Resources of Terraform: what they mean, the command that makes them, and what their schedules start."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from mlrubric.graph.clock import Clock, add_trigger
from mlrubric.graph.world import World
from mlrubric.knowledge.resources import ResourceEntry, load_resources
from mlrubric.model.facts import Include, Provision, Variable

ORDER = 32
REFERENCE = re.compile(r"\b((?:data\.)?[a-z][a-z0-9]*_[a-z0-9_]+)\.([\w-]+)")
NAMED = re.compile(r"(?:\$\{)?\s*((?:var|local)\.[\w-]+)\s*\}?")
HERE = re.compile(r"\$\{path\.(?:module|root|cwd)\}/?")
PUBLIC = "data.public"
WEBSITE = re.compile(
    r"(^|[^a-z])(web(site|page)?|site|static|front[_-]?end|assets|cdn|docs|www|public[_-]site|ui)([^a-z]|$)", re.IGNORECASE
)
CLOCK = re.compile(r"(?:cron|at)\((.*)\)")
Key = tuple[str, str, str]  # folder, kind, name


@dataclass(slots=True)
class _Resource:
    fact: Provision
    folder: str
    options: dict[str, str]
    entry: ResourceEntry


def link(world: World) -> None:
    """Nodes with roles, run edges from `apply`, triggers of schedules."""
    resources = _resources(world)
    made = _made(world)
    world.applied.update(made)
    websites = _websites(world)
    for key, one in resources.items():
        roles = one.entry.roles_for(one.options)
        if roles:
            node = world.graph.add(one.entry.node or "artifact", f"{one.fact.kind}.{one.fact.name}", one.fact.place, roles)
            if one.fact.off:
                world.graph.nodes[node].attributes["off"] = one.fact.off
            if PUBLIC in roles:
                _opened(world, one, node, websites)
            if any(route in one.options for route in one.entry.analysis):
                world.graph.nodes[node].attributes["analysis"] = "true"
            for command, certain in made.get(key[0], ()):
                world.graph.connect(command, node, "run", one.fact.place, certain=certain, blocked=one.fact.off)
            if one.entry.schedule:
                _schedule(world, one, [node], bool(made.get(key[0])))
        elif one.entry.schedule:
            started = [code for other in _reached(resources, key) for code in _code(world, resources, other)]
            if started:
                _schedule(world, one, started, bool(made.get(key[0])))


def _opened(world: World, one: _Resource, node: int, websites: set[tuple[str, str]]) -> None:
    """What is open to everybody protects nothing. `opens`: the option that says so; `website`: it is there to be read by all."""
    graph = world.graph
    graph.take(node, "data.access")
    named = {(kind, name) for _, kind, name in _references(one)} | {(one.fact.kind, one.fact.name)}
    called = " ".join((one.fact.name, *one.options.values()))
    serves = bool(named & websites) or any(route.startswith("website") for route in one.options) or WEBSITE.search(called) is not None
    graph.nodes[node].attributes["opens"] = one.entry.because(PUBLIC, one.options)
    graph.nodes[node].attributes["website"] = "true" if serves else "false"


def _websites(world: World) -> set[tuple[str, str]]:
    """The buckets that resources for websites name."""
    facts = [fact for _, fact in world.every(Provision) if "website" in fact.kind]
    return {(kind, name) for fact in facts for _, value in fact.options for kind, name in REFERENCE.findall(value)}


def _resources(world: World) -> dict[Key, _Resource]:
    """The resources that mean something, by folder, kind and name, with their variables filled in."""
    known = load_resources()
    values = {(posixpath.dirname(path), one.place.symbol): one.value for path, one in world.every(Variable)}
    found: dict[Key, _Resource] = {}
    for path, fact in world.every(Provision):
        entry, folder = known.get(fact.kind), posixpath.dirname(path)
        if entry is not None:
            options = {route: _filled(text, folder, values) for route, text in fact.options}
            found[folder, fact.kind, fact.name] = _Resource(fact, folder, options, entry)
    return found


def _filled(text: str, folder: str, values: dict[tuple[str, str], str | None]) -> str:
    match = NAMED.fullmatch(text)
    value = values.get((folder, match[1])) if match is not None else None
    return text if value is None else value


def _made(world: World) -> dict[str, list[tuple[int, bool]]]:
    """For each folder the commands that apply it, itself or as a module of another folder; without a folder of its own a command applies
    the only root there is."""
    modules: dict[str, set[str]] = {}
    for path, include in world.every(Include):
        if include.kind == "terraform":
            folder = posixpath.dirname(path)
            modules.setdefault(folder, set()).add(posixpath.normpath(posixpath.join(folder, include.target)))
    folders = {posixpath.dirname(path) for path, _ in world.every(Provision)} | set(modules)
    used = {inner for many in modules.values() for inner in many}
    roots = sorted(folders - used)
    found: dict[str, list[tuple[int, bool]]] = {}
    for node in world.graph.of_kind("command"):
        attributes = world.graph.nodes[node].attributes
        if attributes.get("does") != "infrastructure":
            continue
        written = attributes.get("applies", "")
        chosen, certain = ([written], True) if written in folders else (roots, False)
        waiting, seen = list(chosen), set(chosen)
        while waiting:
            here = waiting.pop()
            found.setdefault(here, []).append((node, certain))
            for inner in sorted(modules.get(here, set()) - seen):
                seen.add(inner)
                waiting.append(inner)
    return found


def _schedule(world: World, one: _Resource, targets: list[int], applied: bool) -> None:
    """The trigger of a resource with a clock; one that nobody here applies is only assumed to exist."""
    written = one.options.get(one.entry.schedule, "")
    if not written:
        return
    clock = CLOCK.fullmatch(written)
    off = one.fact.off or one.entry.switched_off(one.options)
    text = clock[1] if clock is not None else written
    add_trigger(world, Clock(text, live=not off, reason=off, certain=applied), one.fact.place, targets)


def _references(one: _Resource) -> Iterator[Key]:
    for text in one.options.values():
        for kind, name in REFERENCE.findall(text):
            yield one.folder, kind, name


def _reached(resources: dict[Key, _Resource], start: Key) -> list[Key]:
    """The resources with code that a schedule leads to: it names them, they name it, or what only joins others lies between."""
    joined: dict[Key, set[Key]] = {}
    for key, one in resources.items():
        for other in _references(one):
            if other in resources and other != key:
                joined.setdefault(key, set()).add(other)
                joined.setdefault(other, set()).add(key)
    found, waiting, seen = list[Key](), [start], {start}
    while waiting:
        for other in sorted(joined.get(waiting.pop(), set()) - seen):
            seen.add(other)
            if resources[other].entry.handler:
                found.append(other)
            elif resources[other].entry.wires:
                waiting.append(other)
    return found


def _code(world: World, resources: dict[Key, _Resource], key: Key) -> list[int]:
    """The function of the repository that a resource runs: `main.handler` in the folder that is packed for it."""
    one = resources[key]
    written = one.options.get(one.entry.handler, "")
    module, _, name = written.rpartition(".")
    folder = _folder(resources, one)
    if not name or folder is None or "$" in written:
        return []
    path = posixpath.join(folder, f"{(module or 'main').replace('.', '/')}.py")
    code = world.code
    index = code.program.by_path.get(path)
    scopes = code.program.scopes
    return [n for s, n in sorted(code.scope_node.items()) if code.program.scope_unit[s] == index and scopes[s].qualname == name]


def _folder(resources: dict[Key, _Resource], one: _Resource) -> str | None:
    """The folder whose code is packed for a resource, through the archives and objects that it names."""
    for _ in range(5):
        written = one.options.get(one.entry.source, "")
        other = next((key for key in _keys(one.folder, written) if key in resources), None)
        if other is None:
            plain = HERE.sub("", written)
            return None if not plain or "$" in plain or "var." in plain else posixpath.normpath(posixpath.join(one.folder, plain))
        one = resources[other]
    return None


def _keys(folder: str, text: str) -> Iterator[Key]:
    return ((folder, kind, name) for kind, name in REFERENCE.findall(text))
