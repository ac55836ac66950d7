"""Entry points that files of servers and clouds name, and images of clouds' functions, lead to the code that answers requests."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import replace

from mlrubric.graph.resolve import attributes
from mlrubric.graph.world import World
from mlrubric.model.facts import Image, Instruction, Trigger
from mlrubric.model.homes import at_home, home, same_home
from mlrubric.model.serving import EntryPoint, ModelFile, ModelReference

ORDER = 39
LAMBDA = re.compile(r"(^|/)lambda/|aws-lambda")
DOTTED = re.compile(r"[\w./-]+\.[A-Za-z_]\w*")
ROLE = "serve.handle"
STARTS = ("__init__", "load", "setup", "initialize")


def link(world: World) -> None:
    """A service node for every entry point, its code below it, and the triggers that start it."""
    for path, entry in (*world.every(EntryPoint), *_images(world), *_served(world)):
        node = world.graph.add("service", entry.target, entry.place, ("serve.app",), tool=entry.tool)
        world.nodes.setdefault((path, entry.place.symbol), node)
        _connect(world, node, entry)
        for fact in world.of(path):
            if isinstance(fact, Trigger) and fact.owner == entry.place.symbol:
                _trigger(world, node, fact)
    for _, model in world.every(ModelReference):
        node = world.graph.add("model", f"{model.name}:{model.version}" if model.version else model.name, model.place, tool=model.tool)
        world.graph.nodes[node].attributes["pinned"] = "false" if model.mutable else "true"
    for path, file in world.every(ModelFile):
        node = world.artifact(file.folder or path, file.place, "model")
        said = {"flavors": " ".join(file.flavors), "signature": "true" if file.signature else "false", "run_id": file.run}
        world.graph.nodes[node].attributes.update(said)


def _connect(world: World, node: int, entry: EntryPoint) -> None:
    code, program, graph = world.code, world.code.program, world.graph
    module, _, name = entry.target.partition(":")
    index = _module(world, at_home(entry.place.path, entry.directory or "."), module)
    if index is None:
        if "." not in module or module.split(".")[0] not in program.libraries:
            world.broken.append((entry.place, f"{module} is not in this repository"))
        return
    graph.connect(node, code.module_node[index], "run", entry.place)
    scope = next((s for s in code.scope_node if program.scope_unit[s] == index and program.scopes[s].qualname == name), None)
    if scope is not None:
        graph.connect(node, code.scope_node[scope], "run", entry.place)
        if entry.kind == "handler":
            graph.give(code.scope_node[scope], ROLE)
        return
    unit = program.modules[index]
    classes = [s for s, f in enumerate(program.scopes) if f.kind == "class" and program.scope_unit[s] == index and f.qualname == name]
    for owner in classes:
        for method in (*STARTS, *entry.methods):
            for base in attributes.order(code.resolver, owner)[0]:
                found = [program.defined(d) for d in program.exports[base].get(method, ()) if program.ops[d].kind == "function"]
                for target in (s for s in found if s in code.scope_node):
                    graph.connect(node, code.scope_node[target], "run", entry.place)
                    if method in entry.methods and method not in STARTS:
                        graph.give(code.scope_node[target], ROLE)
    if not classes and entry.kind != "app" and name not in program.exports[unit.scope_base]:
        world.broken.append((entry.place, f"{name} is not defined in {unit.path}"))


def _module(world: World, folder: str, name: str) -> int | None:
    """The module that an entry point names, dotted or as a path, in its folder or at the root."""
    stem = name.removesuffix(".py")
    stem = stem if "/" in stem else stem.replace(".", "/")
    for base in dict.fromkeys((folder, home(folder), *(root for root in world.code.program.roots if same_home(root, folder)))):
        path = posixpath.normpath(posixpath.join(base, stem))
        for candidate in (f"{path}.py", f"{path}/__init__.py"):
            found = world.code.program.by_path.get(candidate)
            if found is not None:
                return found
    return None


def _trigger(world: World, node: int, trigger: Trigger) -> None:
    label = f"{trigger.kind} {trigger.schedule}" if trigger.schedule else trigger.kind
    role = "trigger.schedule" if trigger.kind == "schedule" else "trigger.event"
    start = world.graph.add(
        "trigger", label, trigger.place, (role,), kind=trigger.kind, live="true" if trigger.live else "false",
        recurring="true" if trigger.recurring else "false", reason=trigger.reason,
    )  # fmt: skip
    world.graph.connect(start, node, "trigger", trigger.place, certain=trigger.certain)


def _images(world: World) -> Iterator[tuple[str, EntryPoint]]:
    """`CMD ["app.handler"]` of an image that is built on one for functions."""
    built = {path for path, image in world.every(Image) if image.use == "from" and LAMBDA.search(image.name)}
    for path, instruction in world.every(Instruction):
        words = instruction.arguments
        if path in built and instruction.name == "CMD" and len(words) == 1 and DOTTED.fullmatch(words[0]):
            module, _, name = words[0].rpartition(".")
            place = replace(instruction.place, symbol="handler")
            yield path, EntryPoint(place, "aws-lambda", f"{module}:{name}", "handler", posixpath.dirname(path))


def _served(world: World) -> Iterator[tuple[str, EntryPoint]]:
    """Commands that serve a class by its name, whose module is called as it is, or a function of a file."""
    for number in world.graph.of_kind("command"):
        node = world.graph.nodes[number]
        kind, _, target = node.attributes.get("serves", "").partition(" ")
        if target.startswith("$"):
            target = _variable(world, node.place.path, target.strip("${}"))
        if target:
            target = target if ":" in target else f"{target}:{target.rpartition('.')[2]}"
            place = replace(node.place, symbol=f"{node.place.symbol}.serves")
            methods = ("predict", "predict_raw", "transform_input", "send_feedback") if kind == "class" else ()
            yield node.place.path, EntryPoint(place, "command", target, kind, node.attributes.get("folder", ""), methods)


def _variable(world: World, path: str, name: str) -> str:
    """The value that an image gives to a variable."""
    for fact in world.of(path):
        if isinstance(fact, Instruction) and fact.name == "ENV":
            words = fact.arguments
            if len(words) == 2 and words[0] == name:
                return words[1]
            found = next((word.partition("=")[2] for word in words if word.startswith(f"{name}=")), "")
            if found:
                return found
    return ""
