"""Tasks that name the data they take and give: a function's result reaches the parameters of the tasks that take it by that name, and
names that a catalogue of data sets describes are files, read and written by the functions' own parameters and results."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field

from mlrubric.graph.definitions import functions
from mlrubric.graph.handover import Handover, hand_over
from mlrubric.graph.meaning import Meaning
from mlrubric.graph.values import number, texts
from mlrubric.graph.world import World
from mlrubric.model.facts import Setting
from mlrubric.model.place import Place

ORDER = 58  # before files become artifacts
CATALOG = "catalog"
PATHS = ("filepath", "path")
NAMED = "named:"
Key = tuple[str, str]  # the folder of a project, the name of a data set
PARAMETERS = ("params:", "parameters")
MODELS = (".pkl", ".pickle", ".joblib", ".h5", ".keras", ".pt", ".pth", ".onnx", ".json", "")


@dataclass(slots=True)
class Names:
    """Who gives and who takes the data of a name: operations that return it, parameters that receive it."""

    store: str
    given: list[int] = field(default_factory=list)
    taken: list[int] = field(default_factory=list)


def link(world: World) -> None:
    """From the results of tasks to the parameters of others, and between both and the files of the catalogue."""
    declarations = [(op, m) for op, m in sorted(world.code.meanings.all().items()) if m.entry and m.entry.gives.startswith(NAMED)]
    if not declarations:
        return
    files = _catalogue(world)
    names = _names(world, declarations, sorted({project for project, _ in files}, key=len, reverse=True))
    for key, who in sorted(names.items()):
        if key in files:
            _file(world, key[1], *files[key], who)
    hand_over(world, [Handover(tuple(w.given), tuple(w.taken), w.taken[0]) for _, w in sorted(names.items()) if w.given and w.taken])


def _names(world: World, declarations: list[tuple[int, Meaning]], projects: list[str]) -> dict[Key, Names]:
    """Who gives and takes each name in each of the projects, which are the folders that have a catalogue."""
    code, found = world.code, dict[Key, Names]()
    scopes = {node: scope for scope, node in code.scope_node.items()}
    for op, meaning in declarations:
        path = code.program.unit(op).path
        project = next((p for p in projects if not p or path.startswith(p + "/")), path.rpartition("src/")[0].rstrip("/"))
        for node in functions(code, meaning.arguments.get("@function", -1)):
            _declared(world, meaning, scopes[node], project, found)
    return found


def _declared(world: World, meaning: Meaning, scope: int, project: str, found: dict[Key, Names]) -> None:
    """What one task takes and gives, by the names in its declaration."""
    store = meaning.entry.gives.partition(":")[2] if meaning.entry is not None else ""
    program = world.code.program
    params = [p for p in program.params(scope) if program.ops[p].value in ("positional", "keyword")]
    by_name = {program.ops[p].name: p for p in params}
    for place, name in _listed(world, meaning.arguments.get("@source", -1)):
        parameter = by_name.get(place, -1) if isinstance(place, str) else params[place] if place < len(params) else -1
        if parameter >= 0 and not name.startswith(PARAMETERS):
            found.setdefault((project, _plain(name)), Names(store)).taken.append(parameter)
    outputs = _listed(world, meaning.arguments.get("@sink", -1))
    for place, name in outputs:
        for returned in program.returns(scope):
            found.setdefault((project, _plain(name)), Names(store)).given.append(_part(world, returned, place, len(outputs)))


def _plain(name: str) -> str:
    """The data set behind `name@format`: another way to read the same file."""
    return name.partition("@")[0]


def _part(world: World, returned: int, place: str | int, count: int) -> int:
    """The operation of one of several results, where they are written out; else the whole result."""
    program = world.code.program
    value = next(iter(program.args[returned]), -1)
    if value < 0 or count < 2:
        return returned
    items = program.args[value]
    if program.ops[value].kind == "container" and isinstance(place, int) and len(items) == count:
        return items[place]
    if program.ops[value].kind == "dict":
        for key, item in zip(items[::2], items[1::2], strict=True):
            if key >= 0 and ("text", place) in world.code.resolver.of(key):
                return item
    return returned


def _listed(world: World, op: int) -> list[tuple[str | int, str]]:
    """The names of an argument with their places: one text, a list of texts, or a dict from parameter (or key) to text."""
    resolver, program = world.code.resolver, world.code.program
    found: list[tuple[str | int, str]] = []
    for value in sorted(resolver.of(op), key=repr) if op >= 0 else ():
        if value[0] == "text":
            found.append((0, str(value[1])))
        elif value[0] == "made":
            made = number(value)
            items = program.args[made]
            if program.ops[made].kind == "container":
                found += [(i, text) for i, item in enumerate(items) for text in texts(resolver.of(item))]
            elif program.ops[made].kind == "dict":
                for key, item in zip(items[::2], items[1::2], strict=True):
                    found += [(k, text) for k in texts(resolver.of(key)) for text in texts(resolver.of(item))]
    return found


def _catalogue(world: World) -> dict[Key, tuple[str, Place]]:
    """Data sets of each project -> their files and where they are described."""
    settings = world.code.resolver.inputs.settings
    found: dict[Key, tuple[str, Place]] = {}
    for path, fact in world.every(Setting):
        name, _, key = fact.route.rpartition(".")
        if key in PATHS and posixpath.basename(path).startswith(CATALOG) and name and "." not in name and path in settings.paths:
            value = settings.at(path, (name, key))
            if value is not None and isinstance(value[0], str):
                project = path.rpartition("conf/")[0].rstrip("/")
                found.setdefault(
                    (project, _plain(name)), (posixpath.join(project, value[0]) if "://" not in value[0] else value[0], fact.place)
                )
    return found


def _file(world: World, name: str, path: str, place: Place, who: Names) -> None:
    """What only comes in by the name is read from the file, what is given is written to it."""
    model = posixpath.splitext(path)[1].lower() in MODELS and ("model" in name.lower() or "regressor" in name or "classifier" in name)
    artifact = world.artifact(path, place, "model" if model else "dataset")
    for parameter in who.taken if not who.given else ():  # else the run itself hands it over
        reader = _operation(world, parameter, "model.load" if model else "data.read", f"{who.store}.load", place)
        if reader >= 0:
            world.graph.nodes[reader].attributes.setdefault("path", world.graph.nodes[artifact].label)
            world.graph.connect(artifact, reader, "read", place)
    for given in who.given:
        writer = _operation(world, given, "model.save" if model else "data.write", f"{who.store}.save", world.code.place(given))
        if writer >= 0:
            if model:
                world.graph.nodes[artifact].attributes["produced"] = "code"
            world.graph.connect(writer, artifact, "write", place)


def _operation(world: World, op: int, role: str, api: str, place: Place) -> int:
    """The node of a parameter or a result that a catalogue loads or saves."""
    code = world.code
    if op not in code.op_node:
        node = world.graph.add("op", api, place, (role,), api)
        code.op_node[op], code.node_op[node] = node, op
        world.graph.connect(code.holder(op), node, "call", code.place(op))
        code.meanings.add(op, Meaning(api, (role,), {}, code.resolver.catalogue.api(api)))
    return code.op_node[op] if role in world.graph.nodes[code.op_node[op]].roles else -1
