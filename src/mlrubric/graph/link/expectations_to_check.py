"""Checks of data and what files say they check: suites, schemas and contracts are joined by name or path to the calls and commands that
run them, with the data that they speak of."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator
from itertools import pairwise

from mlrubric.graph.definitions import origin
from mlrubric.graph.paths import ends_alike, known_texts
from mlrubric.graph.values import HOLE
from mlrubric.graph.world import World, normal
from mlrubric.model.expectations import Checkpoint, DataSource, Expectations
from mlrubric.model.place import Place

ORDER = 66  # behind files and tables
CHECKS = frozenset({"data.validate", "data.report"})
ENDINGS = (".yml", ".yaml")
SETTINGS = ("-c", "--configuration", "--data-source", "-ds")
CONTRACTS = frozenset({"odcs", "datacontract"})
TABLE = "table:"
NAMED = ("@name", "@schema", "@source")
STOPS = frozenset({"data.read", "data.split"})


class Declared:
    """All that the files declare, by tool and name, and by path."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.suites: dict[str, list[Expectations]] = {}
        self.by_path: dict[str, list[Expectations]] = {}
        self.checkpoints: dict[str, Checkpoint] = {}
        self.sources: dict[str, list[str]] = {}
        for path, suite in world.every(Expectations):
            self.suites.setdefault(suite.name, []).append(suite)
            self.by_path.setdefault(path, []).append(suite)
        for _, checkpoint in world.every(Checkpoint):
            self.checkpoints.setdefault(checkpoint.name, checkpoint)
        for _, source in world.every(DataSource):
            self.sources.setdefault(source.name, []).extend(source.data)

    def of(self, text: str) -> tuple[list[Expectations], list[str], bool]:
        """The suites behind a name or a path, the data that is checked with them, and whether people are told."""
        checkpoint = self.checkpoints.get(text)
        if checkpoint is not None:
            return self._behind(checkpoint, frozenset())
        suites = list(self.suites.get(text, ()))
        if not suites and ("/" in text or "." in text):
            key = normal(text)
            suites = [s for path in sorted(self.by_path) if path == key or ends_alike(key, path) for s in self.by_path[path]]
        return suites, [d for s in suites for d in s.data], False

    def _behind(self, checkpoint: Checkpoint, seen: frozenset[str]) -> tuple[list[Expectations], list[str], bool]:
        suites = [s for name in checkpoint.suites for s in self.suites.get(name, ())]
        data, tells = [d for name in checkpoint.data for d in self._located(name)], checkpoint.tells
        for name in checkpoint.asks:
            inner = self.checkpoints.get(name)
            if inner is not None and name not in seen:
                more = self._behind(inner, seen | {checkpoint.name})
                suites, data, tells = [*suites, *more[0]], [*data, *more[1]], tells or more[2]
        return suites, data, tells

    def _located(self, name: str) -> Iterator[str]:
        """Where `source/asset` lies: as the asset says, or under the folder of the source."""
        if name in self.sources:
            yield from self.sources[name]
            return
        source, _, asset = name.partition("/")
        for folder in self.sources.get(source, ()):
            yield f"{folder}/{asset}" if folder else asset
        if not self.sources.get(source):
            yield TABLE + asset.lower()


def link(world: World) -> None:
    for node in world.graph.with_role("data.validate"):
        if world.graph.nodes[node].kind == "command":
            world.graph.nodes[node].gate = True  # its status fails the step
            world.graph.nodes[node].attributes.setdefault("acts", "stop")
    declared = Declared(world)
    if not declared.suites and not declared.checkpoints:
        return
    for op, node in sorted(world.code.op_node.items()):
        if CHECKS & set(world.graph.nodes[node].roles):
            _join(world, declared, node, _texts(world, op), world.code.place(op), _in_code(world, op))
            _moved(world, declared, op, node)
    for node in world.graph.with_role("data.validate"):
        if world.graph.nodes[node].kind == "command" and "clause" not in world.graph.nodes[node].attributes:
            words = world.graph.nodes[node].label.split()
            _join(world, declared, node, words[1:], world.graph.nodes[node].place, "")
            _missing(world, node, words)


def _join(world: World, declared: Declared, node: int, names: Iterable[str], place: Place, written: str) -> None:
    """Clause, data and notification of a check, from the files that it names."""
    suites: list[Expectations] = []
    attributes = world.graph.nodes[node].attributes
    known = False
    for text in dict.fromkeys(names):
        known = known or text in declared.checkpoints
        found, data, tells = declared.of(text)
        suites.extend(found)
        for where in data:
            _connect(world, node, where, place)
        if tells:
            attributes["acts"] = "tell"
    if any(suite.tool in CONTRACTS for suite in suites):
        world.graph.give(node, "check.source")
    if suites or known:
        values, structure = sum(s.values for s in suites), sum(s.structure for s in suites)
        said = "value" if values else "structure" if structure else "none"
        attributes["clause"] = "value" if written == "value" else said
        attributes["skew"] = "true" if any(s.skew for s in suites) else "false"


def _missing(world: World, node: int, words: list[str]) -> None:
    """A file of checks that a command names and that is nowhere: nothing is checked. Addresses and what a shell puts in are not known."""
    attributes = world.graph.nodes[node].attributes
    if "clause" in attributes or words[:1] not in (["soda"], ["datacontract"]):
        return
    given = [w for before, w in pairwise(words) if w.endswith(ENDINGS) and before not in SETTINGS]
    names = {path.rpartition("/")[2] for path in world.files}
    if given and not any("$" in w or "://" in w or "*" in w or w.rpartition("/")[2] in names for w in given):
        attributes["clause"] = "none"
        world.broken.append((world.graph.nodes[node].place, f"{given[0]} is not in this repository"))


def _moved(world: World, declared: Declared, op: int, node: int) -> None:
    """A checkpoint that is asked for by its name, while the files hold others only, cannot run."""
    code, attributes = world.code, world.graph.nodes[node].attributes
    if not declared.checkpoints or "clause" in attributes:
        return
    made = origin(code, code.program.receiver(op)) if code.program.receiver(op) >= 0 else -1
    for asking in (op, made):
        meaning = code.meanings.of(asking) if asking >= 0 else None
        if meaning is None or "@name" not in meaning.arguments or "@data" in meaning.arguments or "@schema" in meaning.arguments:
            continue
        names = known_texts(code, meaning.arguments["@name"])
        if len(names) == 1 and HOLE not in names[0] and not any(declared.of(names[0])):
            attributes["clause"] = "none"
            world.broken.append((code.place(asking), f"no file here declares `{names[0]}`"))
            return


def _texts(world: World, op: int) -> list[str]:
    """Names and paths that a check, or what it is called on, was given."""
    code = world.code
    meaning = code.meanings.of(op)
    if meaning is None:
        return []
    starts = [code.program.receiver(op), meaning.arguments.get("@schema", -1), op]
    found: list[str] = []
    roles = code.meanings.roles
    for back in sorted(code.flow.reach([s for s in starts if s >= 0], back=True, stop=lambda o: bool(STOPS & roles(o)))):
        inner = code.meanings.of(back)
        for role in NAMED if inner is not None else ():
            argument = inner.arguments.get(role, -1) if inner is not None else -1
            if argument >= 0:
                found.extend(known_texts(code, argument))
    return found


def _in_code(world: World, op: int) -> str:
    """`value` when clauses on values are written in the code that the check is run with."""
    code, receiver = world.code, world.code.program.receiver(op)
    roles = code.meanings.roles
    if receiver < 0:
        return ""
    back = code.flow.reach([receiver], back=True, stop=lambda o: bool(STOPS & roles(o)))
    return "value" if any("data.clause" in roles(o) for o in back) else ""


def _connect(world: World, node: int, where: str, place: Place) -> None:
    """The check reads what is checked: the very file or table, or those of the folder whose names say so."""
    graph = world.graph
    if where.startswith(TABLE):
        name = where.removeprefix(TABLE)
        matching = [
            k for k in world.artifacts if k.startswith(TABLE) and k.rpartition(".")[2].removeprefix(TABLE) == name.rpartition(".")[2]
        ]
        for key in matching or [where]:
            graph.connect(world.artifact(key, place, "dataset"), node, "read", place)
        return
    key = normal(where)
    folder, _, asset = key.rpartition("/")
    matching = [k for k in sorted(world.artifacts) if k == key or fnmatch.fnmatchcase(k, key) or _names(k, folder, asset)]
    for one in matching or [key]:
        graph.connect(world.artifact(one, place, "dataset"), node, "read", place, certain=one == key)


def _names(key: str, folder: str, asset: str) -> bool:
    """Whether a file lies in the folder and is called like the asset, its ending aside."""
    return key.rpartition("/")[0] == folder and key.rpartition("/")[2].partition(".")[0] == asset.partition(".")[0] != ""
