"""Where read data comes from, and whether the same bytes come back the next time: tracked, pinned, produced by this run, or only found
there."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable
from fnmatch import fnmatchcase

from mlrubric.graph.chained import chained
from mlrubric.graph.code import is_test_code
from mlrubric.graph.definitions import origin as made_at
from mlrubric.graph.definitions import plainly_none
from mlrubric.graph.digests import Digests
from mlrubric.graph.graph import RUNS, Graph
from mlrubric.graph.handover import HANDED
from mlrubric.graph.idle import idle
from mlrubric.graph.meaning import Meaning
from mlrubric.graph.paths import known_texts
from mlrubric.graph.processes import Processes
from mlrubric.graph.values import ANY, HOLE
from mlrubric.graph.world import World, normal, parents
from mlrubric.graph.writers import Writers, addressed
from mlrubric.knowledge.versions import MOVING_NAMES
from mlrubric.model.facts import Pin
from mlrubric.model.graph import Edge
from mlrubric.model.homes import at_home, home
from mlrubric.source.syntax.sql import is_sql, statements

READS = ("data.read", "artifact.download")
USED = frozenset({"model.predict", "transform.apply", "model.evaluate"})  # of what is loaded
FIXED = re.compile(r"[0-9a-f]{32,64}(?![0-9a-f])")  # a commit or a content hash in an address
NUMBERED = re.compile(r"/versions/\d+(/|$)")  # of a data set
NAMELESS = re.compile(r"(/|^)(\.(?:pkl|pickle|joblib|pth?|csv|parquet|jsonl?|npy|npz|txt)$)")  # f"models/{name}.pkl" of an empty name
AS_OF = re.compile(r"version_?as_?of|timestamp_?as_?of|snapshot-?_?id|as-of-timestamp|as\.of\.instant", re.IGNORECASE)
FROZEN = re.compile(
    r"\b(for\s+system_time\s+as\s+of|(version|timestamp)\s+as\s+of|(at|before)\s*\(\s*(timestamp|statement|offset)\s*=>)", re.IGNORECASE
)
CHAIN = 8
DRIVERS = ("trigger", "workflow", "job", "step", "stage", "service")
BRANCHED = {"lakefs": re.compile(r"^lakefs://[^/]+/(?![0-9a-f]{8,64}/|v?\d+[\w.-]*/)[^/]+/", re.IGNORECASE)}  # repository/branch/path
SCHEMES = {
    "s3": "bucket",
    "s3a": "bucket",
    "gs": "bucket",
    "gcs": "bucket",
    "abfs": "bucket",
    "abfss": "bucket",
    "wasbs": "bucket",
    "az": "bucket",
    "adl": "bucket",
    "minio": "bucket",
}


def mark_origins(world: World) -> None:
    """`origin` on every read of data, and `to_fit`: whether what it reads reaches a training."""
    graph = world.graph
    reach = _training_sources(world)
    origins = Origins(world)
    for node in graph.with_role(*READS):
        one = graph.nodes[node]
        if one.kind != "op" and "statement" not in one.attributes:
            continue
        one.attributes["origin"], source = origins.of(node)
        one.attributes["source"] = source.replace(HOLE, "*")
        one.attributes["to_fit"] = "true" if node in reach and not _of_model(graph, node) else "false"


def _of_model(graph: Graph, node: int) -> bool:
    """Whether a download brings a model that is learnt further, or what prepares its rows, and no rows."""
    reads = {e.target for w in graph.successors(node, ("write",)) for e in graph.successors(w.target, ("read",))}
    loads = [n for n in reads if "model.load" in graph.nodes[n].roles]
    uses = {role for n in graph.next_by_flow(loads) for role in graph.nodes[n].roles} if loads else set()
    return bool(loads) and not any("data.read" in graph.nodes[n].roles for n in reads) and bool(USED & uses)


def _training_sources(world: World) -> set[int]:
    """Everything whose data reaches a training outside of tests; folders join only the files that code hands over in them."""
    graph = world.graph
    fits = [n for n in graph.with_role("model.fit", "model.tune") if not is_test_code(graph.nodes[n].place.path) and not idle(world, n)]
    reached = Processes(graph).sweep(fits, back=True, allow=lambda e: not loose(graph, e))
    direct = world.code.flow.reach([world.code.node_op[n] for n in fits if n in world.code.node_op], back=True)
    return {n for n in reached if n not in world.code.node_op or _comes_in(world, reached, n, direct)}


def _comes_in(world: World, reached: dict[int, int], read: int, direct: Collection[int]) -> bool:
    """Whether a way from a read to a training holds call by call: what a parameter of a shared function carries is not what another
    call gave to it. Behind a file, a stage or a task the way begins anew."""
    path = world.graph.path(reached, read, back=True)
    inside = all(edge is None or (edge.kind == "flow" and edge.label != HANDED) for _, edge in path)
    return not inside or world.code.node_op[read] in direct


def loose(graph: Graph, edge: Edge) -> bool:
    """A join of a folder and a file in it that hands no data on: downwards when no code writes the folder as a whole, upwards when none
    reads it."""
    if edge.kind != "join" or not edge.certain:
        return False
    downwards = graph.downwards(edge)
    folder = edge.source if downwards else edge.target
    whole = graph.predecessors(folder, ("write",)) if downwards else graph.successors(folder, ("read",))
    return not any(graph.nodes[n].kind in ("op", "command") for e in whole for n in (e.source, e.target))


class Origins:
    """Answers for one repository; files, pins and products are looked up by path."""

    def __init__(self, world: World) -> None:
        self.world, self.graph = world, world.graph
        self.pins = frozenset(normal(pin.path) for _, pin in world.every(Pin))
        self.produced = {
            key: node
            for key, node in world.artifacts.items()
            if "produced" in world.graph.nodes[node].attributes or any(True for _ in world.graph.predecessors(node, ("write",)))
        }
        self.writers, self.digests = Writers(world), Digests(world.code)
        self._above: dict[int, frozenset[int]] = {}

    def of(self, node: int) -> tuple[str, str]:
        """(origin, what is read), the least fixed of the possible sources."""
        code = self.world.code
        if "statement" in self.graph.nodes[node].attributes:  # of SQL, that reads a file
            path = self.graph.nodes[node].attributes["statement"]
            return self._one(path, node), path
        node_op = code.node_op[node]
        meaning = code.meanings.of(node_op)
        if meaning is None:
            return "unknown", ""
        if not meaning.arguments and "path" in self.graph.nodes[node].attributes:  # read by name, from the file that a catalogue says
            return self._path(self.graph.nodes[node].attributes["path"], node), self.graph.nodes[node].attributes["path"]
        if meaning.entry is not None and meaning.entry.bundled:
            return "bundled", meaning.api
        for role in ("@version", "@digest"):
            said = code.meanings.spelling(meaning.arguments[role]) if role in meaning.arguments else "none"
            if said.lower().rpartition(":")[2] in MOVING_NAMES:
                return "store" if ":" in said else "branch", said
            if said != "none" or not plainly_none(code, meaning.arguments.get(role, -1)):
                return "versioned", meaning.api
        if "@url" in meaning.arguments and meaning.entry is not None and meaning.entry.param("@version") is not None:
            return "branch", code.meanings.spelling(meaning.arguments["@url"])  # of another repository, as it is there today
        if self._as_of(node_op):
            return "versioned", meaning.api
        if "@table" in meaning.arguments:
            return "database", code.meanings.spelling(meaning.arguments["@table"])
        named = chained(code, node_op, meaning)
        if named is not None:
            return "database", ", ".join(named)
        kept = self._kept(node_op, meaning)
        if kept is not None:
            return kept
        sources = self._texts(meaning.arguments.get("@source", -1))
        if not sources and "path" in self.graph.nodes[node].attributes:  # of a file that was opened for it
            sources = [_named(self.graph.nodes[node].attributes["path"])]
        if not sources:
            return self._declared(node)
        found = [(self._one(source, node), source) for source in sources]
        if meaning.entry is not None and meaning.entry.param("@version") is not None:  # it knows revisions: no path, a name in a store
            found = [
                ("store" if origin == "untracked" and "." not in posixpath.basename(source) else origin, source) for origin, source in found
            ]
        declared = self._declared(node)
        if declared[0] != "unknown" and all(posixpath.dirname(normal(s)).strip("*/") == "" and HOLE in s for s in sources):
            return declared  # only the file's name is known here, and its stage says where it lies
        origin, source = min(found, key=lambda pair: (RANK.index(pair[0]), "test" in posixpath.basename(pair[1])))
        source = source.removeprefix("file://")
        if origin in ("url", "bucket") and self.digests.compared(node_op):
            return "pinned", source
        if source.startswith((HOLE, "*")) and origin == "untracked" and self._fetched_before(node):
            return "unknown", source
        if origin in ("untracked", "left") and self.writers.before(node, meaning.arguments.get("@source", -1)):
            origin = "produced"
        return origin, source

    def _kept(self, op: int, meaning: Meaning) -> tuple[str, str] | None:
        """What lies in a store under a key, which is no path here; None when nothing is known of the key. `blob.download()` fetches what
        the blob was made with."""
        if meaning.entry is None or not meaning.entry.stored:
            return None
        if meaning.entry.stored == "url":  # a library that knows the address by itself
            return "url", meaning.api.partition(".")[0]
        code = self.world.code
        asked = addressed(code, op, meaning)
        if asked is None:
            return None
        if "@version" in asked.arguments and not plainly_none(code, asked.arguments["@version"]):
            return "versioned", asked.api
        keys = [key for key in self._texts(asked.arguments["@source"]) if "://" not in key]
        if not keys:
            return (meaning.entry.stored, listed) if (listed := self._listed(asked.arguments["@source"])) else None
        if all(FIXED.search(key) or NUMBERED.search(key) for key in keys):
            return "versioned", keys[0]
        return ("pinned" if self.digests.compared(op) else meaning.entry.stored), keys[0]

    def _listed(self, argument: int) -> str:
        """What a key comes from that a store itself names: `for one in client.list_objects(...)`."""
        for op in sorted(self.world.code.flow.reach([argument], back=True)):
            meaning = self.world.code.meanings.of(op)
            if meaning is not None and meaning.entry is not None and meaning.entry.stored and not meaning.roles:
                return "all that is listed"
        return ""

    def _fetched_before(self, node: int) -> bool:
        """Whether what a path begins with comes from another read: `os.path.join(artifact.download(), "rows.csv")`."""
        behind = self.graph.sweep([node], ("flow",), back=True)
        return any(n != node and set(READS) & set(self.graph.nodes[n].roles) for n in behind)

    def _as_of(self, op: int) -> bool:
        """Whether an option of a reader, further up in the chain of calls, names a version or a moment of the table."""
        program = self.world.code.program
        for _ in range(CHAIN):
            op = program.receiver(op)
            if op < 0 or program.ops[op].kind != "call":
                return False
            if any(AS_OF.fullmatch(text) for argument in program.positional(op)[:1] for text in known_texts(self.world.code, argument)):
                return True
        return False

    def _declared(self, node: int) -> tuple[str, str]:
        """What the stages that run an operation say they read, the most fixed of it."""
        paths = {self.graph.nodes[e.source].label for e in self.graph.predecessors(node, ("read",)) if not e.certain}
        for above in self.graph.sweep([node], RUNS, back=True):
            if self.graph.nodes[above].kind == "stage":
                paths |= {self.graph.nodes[e.source].label for e in self.graph.predecessors(above, ("read", "declare"))}
        found = [(self._path(path, node), path) for path in sorted(paths) if not path.endswith(".py")]
        return max(found, key=lambda pair: RANK.index(pair[0]), default=("unknown", ""))

    def _texts(self, argument: int) -> list[str]:
        found = [v for v in known_texts(self.world.code, argument) if v.strip(HOLE + "/. ") and len(v) < 2000]
        return [_named(file) for v in found or self._last(argument) for file in _files(v) or [v]]

    def _last(self, argument: int) -> list[str]:
        """The files that a path may end in, of which there are more than are kept: `join(folder, name)` of many folders and names."""
        code = self.world.code
        if argument < 0 or ANY not in code.resolver.of(argument):
            return []
        made = made_at(code, argument)
        parts = code.program.positional(made) if code.program.ops[made].kind == "call" else code.program.args[made]
        return [f"{HOLE}/{name}" for name in (known_texts(code, parts[-1]) if len(parts) > 1 else ()) if "." in name.strip("./")]

    def _one(self, source: str, node: int) -> str:
        api = self.graph.nodes[node].api
        if FROZEN.search(source):
            return "versioned"
        if "\n" in source or re.match(r"\s*(select|with)\b", source, re.IGNORECASE):
            return "database"
        if "://" in source:
            scheme = source.partition("://")[0].lower()
            if FIXED.search(source):
                return "versioned"
            if scheme in BRANCHED:
                return "branch" if BRANCHED[scheme].search(source) else "versioned"
            if scheme == "file":
                return self._path(source.partition("://")[2], node)
            return SCHEMES.get(scheme, "url" if scheme in ("http", "https", "ftp") else "database" if "sql" in scheme else "store")
        if "sql" in api.rpartition(".")[2]:
            return "database"
        return self._path(source, node)

    def _path(self, source: str, node: int) -> str:
        key = normal(source)
        for candidate in self._candidates(key, node):
            if candidate in self.world.files or any(True for _ in self._matching(candidate, self.world.files)):
                return "tracked"
            if self._pinned(candidate):
                return "pinned"
        for candidate in self._candidates(key, node):
            makers = [self.produced[p] for p in self._matching(candidate, self.produced)]
            makers += [self.produced[p] for p in parents(candidate) if p in self.produced]
            fetched = [address for maker in makers for address in self._fetched(maker)]
            if fetched:
                return "url"
            if makers:
                return "produced" if any(self._same_run(maker, node) for maker in makers) else "left"
        if any(path in self.world.doubtful for candidate in self._candidates(key, node) for path in (candidate, *parents(candidate))):
            return "unknown"
        return self._elsewhere(key, home(self.graph.nodes[node].place.path))

    def _fetched(self, artifact: int) -> list[str]:
        """The addresses from which commands fetch a file, where none of them compares a digest."""
        found: list[str] = []
        makers = [e.source for e in self.graph.predecessors(artifact, ("write",))]
        makers += [e.target for m in makers if self.graph.nodes[m].kind == "stage" for e in self.graph.successors(m, RUNS)]
        for maker in makers:
            one = self.graph.nodes[maker]
            if one.kind == "command" and set(READS) & set(one.roles):
                words = [w for w in one.label.split() if w.startswith(("http://", "https://", "ftp://", "s3://", "gs://"))]
                found.extend(w for w in words if not FIXED.search(w))
        return found

    def _elsewhere(self, key: str, root: str) -> str:
        """A path that is not there as written: mounted or copied under another root, when its end names exactly one tracked or pinned
        file."""
        tail = key.lstrip("/*").rsplit("*/", 1)[-1]
        parts = tail.split("/")
        for length in range(len(parts), 0, -1):
            end = "/".join(parts[-length:])
            if "*" in end or not end or (length == 1 and len(parts) > 1 and not key.startswith(("/", "*"))):
                continue
            hits = [p for p in self.world.files | self.pins if (p == end or p.endswith("/" + end)) and home(p) == root]
            if len(hits) == 1 or (hits and length > 1):
                return "tracked" if hits[0] in self.world.files else "pinned"
        name = posixpath.basename(key)
        if not name.strip("*") or (key.startswith("*") and "." not in name):
            return "unknown"  # a folder in a place that somebody names
        if "/" not in key and "." not in name and "*" not in name:
            return "store"  # a name in somebody's collection of data sets, no path
        return "untracked"

    def _candidates(self, key: str, node: int) -> Iterable[str]:
        """The path from the root, and from each folder above the reading file; a leading part that is not known is one of those."""
        if key.startswith("*/"):
            key = key.removeprefix("*/")
        yield at_home(self.graph.nodes[node].place.path, key)
        for folder in parents(self.graph.nodes[node].place.path):
            yield posixpath.normpath(posixpath.join(folder, key))

    def _matching(self, pattern: str, paths: Iterable[str]) -> Iterable[str]:
        if "*" not in pattern:
            return [pattern] if pattern in paths else []
        if not posixpath.basename(pattern).strip("*."):
            return []
        return [p for p in paths if fnmatchcase(p, pattern)]

    def _pinned(self, path: str) -> bool:
        return path in self.pins or any(p in self.pins for p in parents(path)) or any(True for _ in self._matching(path, self.pins))

    def _same_run(self, artifact: int, reader: int) -> bool:
        """Whether one run writes the artifact and reads it: a common driver above both, stages of one file, or one program."""
        below = self._drivers(reader)
        for edge in self.graph.predecessors(artifact, ("write", "declare")):
            if below & self._drivers(edge.source):
                return True
        return False

    def _drivers(self, node: int) -> frozenset[int]:
        """What runs a node: the first node of each file that holds stages stands for all of its stages."""
        if node not in self._above:
            found: set[int] = set()
            for above in self.graph.sweep([node], RUNS, back=True):
                one = self.graph.nodes[above]
                if one.kind == "stage":
                    found.add(min(n for n in self.graph.of_kind("stage") if self.graph.nodes[n].place.path == one.place.path))
                elif one.kind in DRIVERS or one.kind in ("function", "module", "notebook"):
                    found.add(above)
            self._above[node] = frozenset(found)
        return self._above[node]


def _files(text: str) -> list[str]:
    """The files that a text of SQL reads, when it reads no table beside them."""
    found = statements(text) if is_sql(text) else []
    if any(one.reads for one in found):
        return []
    return [path if "://" in path else f"file://{path}" for one in found for path, _ in one.files]


def _named(path: str) -> str:
    """A path with a hole for a name of which only the ending is known."""
    return NAMELESS.sub(rf"\1{HOLE}\2", path)


# from the least to the most fixed
RANK = (
    "url",
    "bucket",
    "branch",
    "store",
    "database",
    "untracked",
    "left",
    "unknown",
    "produced",
    "pinned",
    "tracked",
    "versioned",
    "bundled",
)
