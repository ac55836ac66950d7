"""Files and model names that code reads and writes become artifacts, shared with stages, commands and other code by path."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Collection

from mlrubric.graph.definitions import origin
from mlrubric.graph.meaning import Meaning
from mlrubric.graph.paths import known_texts
from mlrubric.graph.values import HOLE
from mlrubric.graph.world import World, normal, parents
from mlrubric.model.homes import inside, same_home
from mlrubric.model.place import Place
from mlrubric.source.syntax.sql import is_sql

ORDER = 60
OPENS = "file.open"
PATH = "pathlib.Path"
PICKS = frozenset({"sorted", "list", "tuple", "set", "reversed", "max", "min", "next", "iter", "enumerate", "str"})
READS = {"data.read": "@source", "model.load": "@source", "file.open": "@source"}
WRITES = {
    "data.write": "@sink",
    "model.save": "@sink",
    "run.log_model": "@name",
    "model.register": "@name",
    "file.write": "@sink",
    "artifact.download": "@sink",
}


def link(world: World) -> None:
    """Read and write edges between operations and artifacts, then joins of paths that end alike."""
    code = world.code
    _stored(world)
    opened = _opened(world)
    for op, node in sorted(code.op_node.items()):
        meaning = code.meanings.of(op)
        if meaning is None:
            continue
        for role in meaning.roles:
            if role in READS and not (role == "file.open" and "file.write" in meaning.roles):
                for path in _paths(world, meaning.arguments.get(READS[role], -1), opened):
                    artifact = world.artifact(path, code.place(op), {"model.load": "model", "data.read": "dataset"}.get(role, "artifact"))
                    world.graph.connect(artifact, node, "read", code.place(op))
                    world.graph.nodes[node].attributes.setdefault("path", normal(path))
            elif role in WRITES:
                for path in _paths(world, meaning.arguments.get(WRITES[role], _receiver(world, op, role)), opened):
                    place = Place("") if role == "model.register" else code.place(op)  # a registry has one model of a name, whoever asks
                    artifact = world.artifact(path, place, "model" if role.startswith("model") or "model" in role else "artifact")
                    if world.graph.nodes[artifact].place.path == "":
                        world.graph.nodes[artifact].place = code.place(op)
                    world.graph.nodes[artifact].attributes["produced"] = "code"
                    world.graph.connect(node, artifact, "write", code.place(op))
                    world.graph.nodes[node].attributes.setdefault("path", normal(path))
    _join(world)


def _stored(world: World) -> None:
    """What is stored into an array that lies in a file (`mapped[i:j] = rows`) reaches the file."""
    code = world.code
    files = {op for op, m in code.meanings.all().items() if "file.write" in m.roles and "@sink" in m.arguments}

    def is_call(op: int) -> bool:
        return code.program.ops[op].kind == "call"

    mapped = code.flow.reach(files, stop=is_call) if files else {}
    for op in code.program.of_kind("store_subscript") if mapped else ():
        if code.program.args[op] and code.program.args[op][0] in mapped:
            for source in code.flow.reach([code.program.args[op][0]], back=True, stop=is_call):
                if source in files and source < op:
                    code.flow.connect(op, source)


def _receiver(world: World, op: int, role: str) -> int:
    """The file object that `f.write(...)` writes to, or that of a writer that was made for one (`csv.writer(f)`)."""
    receiver = world.code.program.receiver(op)
    if role == "file.write" or receiver < 0:
        return receiver
    made = world.code.meanings.of(origin(world.code, receiver)) if role == "data.write" else None
    return made.arguments.get("@sink", -1) if made is not None and role in made.roles else -1


def _opened(world: World) -> Collection[int]:
    """What holds a file that was opened, or one of a folder, before it is handed to another call."""
    code = world.code
    opens = [op for op, meaning in code.meanings.all().items() if OPENS in meaning.roles]
    return code.flow.reach(opens, stop=lambda op: _takes(world, op)).keys()


def _takes(world: World, op: int) -> bool:
    """Whether an operation is a call that makes something else of what it is given; `sorted(files)` does not, nor does a function of
    the project that gives back a path."""
    if world.code.program.ops[op].kind != "call":
        return False
    meaning = world.code.meanings.of(op)
    if meaning is None:
        return ("object", PATH) not in world.code.resolver.of(op)
    return bool(meaning.roles) or not (meaning.api.startswith("builtins.") and meaning.api.rpartition(".")[2] in PICKS)


def _held(world: World, op: int, meaning: Meaning) -> list[str]:
    """What a file object was opened with, or the files of a folder that fit a pattern."""
    inner = meaning.arguments.get("@source", meaning.arguments.get("@sink", world.code.program.receiver(op)))
    found = known_texts(world.code, inner)
    patterns = known_texts(world.code, meaning.arguments.get("@name", -1))
    return [f"{folder.rstrip('/')}/{pattern}" for folder in found for pattern in patterns] or found


def _paths(world: World, argument: int, opened: Collection[int]) -> list[str]:
    """The paths an argument may be, as far as they are known; a file object stands for the path it was opened with."""
    if argument < 0:
        return []
    found = known_texts(world.code, argument)
    if not found and argument in opened:
        for op in world.code.flow.reach([argument], back=True, stop=lambda o: _takes(world, o)):
            meaning = world.code.meanings.of(op)
            if meaning is not None and OPENS in meaning.roles:
                found.extend(_held(world, op, meaning))
    return [p for p in dict.fromkeys(found) if p.strip(HOLE + "/. ") and "\n" not in p and len(p) < 300 and not is_sql(p)][:8]


def _join(world: World) -> None:
    """Artifacts whose paths end with the same two parts, or where one is the other's end, are probably the same file."""
    by_name: dict[str, list[str]] = {}
    for key in sorted(world.artifacts):
        by_name.setdefault(posixpath.basename(key), []).append(key)
    for name, keys in by_name.items():
        if not name or name == "*":
            continue
        for one in keys:
            for other in keys:
                if one != other and "://" not in one + other and _ends(one, other):
                    a, b = world.artifacts[one], world.artifacts[other]
                    world.graph.connect(a, b, "join", certain=False)
                    world.graph.connect(b, a, "join", certain=False)
    _patterns(world)
    for key, node in sorted(world.artifacts.items()):
        for folder in parents(key):
            above = world.artifacts.get(folder)
            if above is not None:
                world.graph.connect(above, node, "join")
                world.graph.connect(node, above, "join")


def _ends(one: str, other: str) -> bool:
    """Whether a path ends as another one of its repository does."""
    return same_home(one, other) and other.endswith("/" + inside(one).split("*")[-1].lstrip("/"))


def _patterns(world: World) -> None:
    """A path with a part that is not known joins the files in the same folder that fit it."""
    by_folder: dict[str, list[str]] = {}
    for key in sorted(world.artifacts):
        by_folder.setdefault(posixpath.dirname(key), []).append(key)
    for folder, keys in by_folder.items():
        if "*" in folder:
            continue
        for one in keys:
            if "*" in posixpath.basename(one) and posixpath.basename(one).strip("*."):
                for other in fnmatch.filter(keys, one):
                    if other != one:
                        world.graph.connect(world.artifacts[one], world.artifacts[other], "join", certain=False)
                        world.graph.connect(world.artifacts[other], world.artifacts[one], "join", certain=False)
