"""Objects that are put together again from a file or message: where that comes from, and who may have written it."""

from __future__ import annotations

import re

from mlrubric.graph.code import is_test_code
from mlrubric.graph.digests import Digests
from mlrubric.graph.downloads import FETCHES, Downloads
from mlrubric.graph.graph import RUNS
from mlrubric.graph.meaning import Meaning
from mlrubric.graph.origins import READS, Origins
from mlrubric.graph.processes import Processes
from mlrubric.graph.references import ANSWERS, serving_code
from mlrubric.graph.values import HOLE
from mlrubric.graph.world import World, normal
from mlrubric.graph.writers import Writers, addressed

ADDRESS = re.compile(r"(?<![\w/])(https?|ftp|s3|gs)://")
COMMIT = re.compile(r"[0-9a-f]{7,64}")
OWN = ("tracked", "pinned", "bundled")
OUTSIDE = ("url", "bucket")
FOUND = ("untracked", "left", "produced", "database")
NEUTRAL = frozenset({"file.open", "file.write", "data.derive", "config.read"})
DOCUMENTS = (".md", ".rst", ".mdx")
TABLES = (".csv", ".tsv", ".parquet", ".json", ".yaml")  # not what unpickles: another path that comes the same way


def mark_trust(world: World) -> None:
    """`trust` on every load that runs what a file says: `fetched` (it came over the network, and nothing compared its digest), `found` (it
    lies where neither the repository nor its pins vouch for it), `pulled` (a service loads what a remote store gave), `own` (committed,
    pinned, or written before in the same run), `unknown`; `from`, and `switch` when the call has a switch that makes it safe."""
    graph, code = world.graph, world.code
    nodes = [n for n in graph.with_role("object.unpickle") if n in code.node_op and not graph.nodes[n].place.path.endswith(DOCUMENTS)]
    if not nodes:
        return
    fetches, origins, writers = _Fetches(world), Origins(world), Writers(world)
    for node in nodes:
        meaning = code.meanings.of(code.node_op[node])
        if meaning is None:
            continue
        attributes = graph.nodes[node].attributes
        attributes["switch"] = "true" if meaning.entry is not None and meaning.entry.param("@unsafe") is not None else "false"
        trust, text = _trust(fetches, origins, writers, node, meaning.arguments.get("@source", -1))
        attributes["trust"], attributes["from"] = trust, normal(text) if text else "a file"


def _trust(fetches: _Fetches, origins: Origins, writers: Writers, node: int, argument: int) -> tuple[str, str]:
    source = fetches.behind(node, argument)
    if source is not None:
        return ("own" if fetches.digests.compared(fetches.code.node_op[node]) else "fetched"), source
    origin, text = origins.of(node)
    if origin in OUTSIDE or (origin == "store" and "://" in text):
        return ("own" if fetches.digests.compared(fetches.code.node_op[node]) else "fetched"), text
    if origin == "pinned" and fetches.pulled(node):
        return "pulled", text
    if is_test_code(fetches.world.graph.nodes[node].place.path) or origin in OWN:
        return "own", text  # what a test loads, it or its fixtures made
    if fetches.verified(node, argument) or writers.before(node, argument, by_path=not _loose(writers.world, node)):
        return "own", text
    if origin == "produced" and not writers.together(node):
        return "own", text  # by an earlier stage of the pipeline
    sure = origin in FOUND and not text.startswith(("*", HOLE)) and not text.endswith(TABLES)
    return ("found" if sure else "unknown"), text


def _loose(world: World, node: int) -> bool:
    """Whether a load can be told to load tensors only, and of its path no more than the end is known."""
    attributes = world.graph.nodes[node].attributes
    return attributes["switch"] == "true" and attributes.get("path", "").startswith("*")


class _Fetches:
    """What comes over the network into a load: through values, or through a file that a download wrote."""

    def __init__(self, world: World) -> None:
        self.world, self.code = world, world.code
        self.processes = Processes(world.graph)
        self.downloads = Downloads(world, self.processes)
        self.serving, self.answering = serving_code(world), serving_code(world, ANSWERS)
        self.digests = Digests(self.code)

    def behind(self, node: int, argument: int) -> str | None:
        """What is fetched before a load, as its call names it; None when nothing is."""
        if argument < 0:
            return None
        code, graph = self.code, self.world.graph
        for op in code.flow.reach([argument], back=True, stop=self._is_source):
            meaning = code.meanings.of(op)
            if meaning is None or not self._is_source(op) or self._pinned(meaning):
                continue
            if FETCHES & set(meaning.roles) or self._of_hub(op) or self._outside(op):
                return self._source(op)
        for op in self.downloads.before(code.node_op[node], argument):
            if not self._same_again(op):
                return self._source(op)
        for edge in graph.predecessors(node, ("read",)):
            for maker in self._makers(edge.source):
                one = graph.nodes[maker]
                if maker != node and self._fetches(maker) and (one.kind != "op" or self._together(maker, node)):
                    return self._source(code.node_op[maker]) if maker in code.node_op else one.label
        return None

    def verified(self, node: int, argument: int) -> bool:
        """Whether what is loaded was fetched, and each time as the same bytes."""
        fetches = self.downloads.before(self.code.node_op[node], argument)
        return bool(fetches) and all(self._same_again(op) for op in fetches)

    def _same_again(self, op: int) -> bool:
        meaning = self.code.meanings.of(op)
        return meaning is None or self._pinned(meaning) or self.digests.compared(op)

    def _pinned(self, meaning: Meaning) -> bool:
        """Whether a fetch names a digest or a version; that of a model only by its commit."""
        said = self.code.meanings.spellings(meaning)
        version = said.get("@version", "none")
        pinned = said.get("@digest", "none") != "none" or COMMIT.fullmatch(version) is not None
        return pinned or ("model.load" not in meaning.roles and version != "none")

    def _source(self, op: int) -> str:
        """What a fetch fetches, as its call names it."""
        meaning = self.code.meanings.of(op)
        asked = addressed(self.code, op, meaning) if meaning is not None else None
        source = self.code.meanings.spellings(asked).get("@source", "given") if asked is not None else "given"
        return source if source not in ("given", "none") else (meaning.api if meaning is not None else "")

    def _fetches(self, maker: int) -> bool:
        """Whether what writes a file downloads it, or writes down what was downloaded as it came."""
        one = self.world.graph.nodes[maker]
        if FETCHES & set(one.roles):
            return True
        if one.kind == "command":
            return bool(set(READS) & set(one.roles)) and ADDRESS.search(one.label) is not None
        if "file.write" not in one.roles or maker not in self.code.node_op:
            return False
        op = self.code.node_op[maker]
        behind = self.code.flow.reach([op], back=True, stop=lambda o: o != op and self._is_source(o))
        return any(FETCHES & set(self.code.meanings.roles(o)) for o in behind)

    def _outside(self, op: int) -> bool:
        """Whether an operation reads what lies in a bucket or at an address."""
        node = self.code.op_node.get(op)
        return node is not None and self.world.graph.nodes[node].attributes.get("origin") in OUTSIDE

    def pulled(self, node: int) -> bool:
        """Whether a service loads what a data tool pulls from a remote store, outside of the pipeline that makes it."""
        graph = self.world.graph
        if self.code.holder(self.code.node_op[node]) not in self.serving:
            return False
        if self.code.holder(self.code.node_op[node]) not in self.answering and any(
            graph.nodes[n].kind == "stage" for n in graph.sweep([node], RUNS, back=True)
        ):
            return False
        files = [e.source for e in graph.predecessors(node, ("read",))]
        near = [*files, *(e.source for f in files for e in graph.predecessors(f, ("join",)))]
        return any(graph.nodes[n].attributes.get("pinned_by", "").startswith("dvc") for n in near)

    def _makers(self, artifact: int) -> list[int]:
        graph = self.world.graph
        own = [e.source for e in graph.predecessors(artifact, ("write",))]
        around = [e.source for e in graph.predecessors(artifact, ("join",))]
        return own or [e.source for one in around for e in graph.predecessors(one, ("write",))]

    def _together(self, maker: int, node: int) -> bool:
        """Whether one program may run both, or they stand in one file."""
        graph = self.world.graph
        same = graph.nodes[maker].place.path == graph.nodes[node].place.path
        return same or bool(self.processes.of(maker) & self.processes.of(node))

    def _is_source(self, op: int) -> bool:
        """Where a way back ends: at any call that means something to the pipeline."""
        return bool(self.code.meanings.roles(op) - NEUTRAL)

    def _of_hub(self, op: int) -> bool:
        """A load by a name in a store of models, of which the file is handed on."""
        meaning = self.code.meanings.of(op)
        return (
            meaning is not None
            and "object.unpickle" not in meaning.roles
            and meaning.entry is not None
            and (meaning.entry.param("@version") is not None)
        )
