"""Tables are artifacts: what SQL in code, in files and in the models of dbt writes, other SQL and calls that name a table read."""

from __future__ import annotations

import posixpath

from mlrubric.graph.chained import chained
from mlrubric.graph.link.program_to_language import names_file
from mlrubric.graph.meaning import Meaning
from mlrubric.graph.values import HOLE, texts
from mlrubric.graph.world import World, normal, parents
from mlrubric.model.facts import Query
from mlrubric.model.place import Place, Span
from mlrubric.source.syntax.sql import is_sql, statements

ORDER = 63  # behind files, before declared files and the registry
TABLE = "table:"
TEXTS = ("@source", "@sink", "@command")
KEYWORDS = ("sql", "query", "statement")
PROJECT = "dbt_project.yml"
BUILDS = ("run", "build")


def link(world: World) -> None:
    """Read and write edges between tables and what names them, then joins of names that end alike."""
    files = _files(world)
    for op, meaning in sorted(world.code.meanings.all().items()):
        node = world.code.op_node.get(op)
        if node is not None and meaning.roles:
            _operation(world, op, node, meaning, files)
    _commands(world, files)
    _join(world)


def _operation(world: World, op: int, node: int, meaning: Meaning, files: dict[str, int]) -> None:
    """The tables of the SQL that a call is given, or of the name that it is given."""
    code, place = world.code, world.code.place(op)
    for name in (*texts(code.resolver.of(meaning.arguments.get("@table", -1))), *(chained(code, op, meaning) or ())):
        if HOLE not in name and not is_sql(name):
            _edge(world, node, name.lower(), place, writes="data.write" in meaning.roles)
    arguments = [meaning.arguments[role] for role in TEXTS if role in meaning.arguments]
    given = code.program.keyword(op, *KEYWORDS)
    for argument in dict.fromkeys([*arguments, *([given] if given >= 0 else [])]):
        for value in sorted(code.resolver.of(argument), key=repr):
            if value[0] == "text" and is_sql(str(value[1])):
                for one in statements(str(value[1])):
                    _edges(world, node, one.reads, one.writes, place)
            elif value[0] == "opened" and str(value[1]).endswith(".sql"):
                for path, file in files.items():
                    if names_file(str(value[1]), path, place.path):
                        world.graph.connect(code.holder(op), file, "run", place)
                        queries = [q for q in world.of(path) if isinstance(q, Query)]
                        _edges(world, node, [r for q in queries for r in q.reads], [w for q in queries for w in q.writes], place)


def _edges(world: World, node: int, reads: list[str], writes: list[str], place: Place) -> None:
    for table in reads:
        _edge(world, node, table, place, writes=False)
    for table in writes:
        _edge(world, node, table, place, writes=True)


def _edge(world: World, node: int, table: str, place: Place, *, writes: bool) -> int:
    artifact = world.artifact(TABLE + table, place, "dataset")
    if writes:
        world.graph.nodes[artifact].attributes["produced"] = "sql"
    world.graph.connect(*((node, artifact) if writes else (artifact, node)), "write" if writes else "read", place)
    return artifact


# ---- files --------------------------------------------------------------------------------------------------------


def _files(world: World) -> dict[str, int]:
    """A node for each file of SQL, with its tables; a model of dbt writes the table of its name."""
    graph, found = world.graph, dict[str, int]()
    projects = {posixpath.dirname(path) for path in world.files if posixpath.basename(path) == PROJECT}
    for path, query in world.every(Query):
        if query.owner:
            holder = world.node(path, query.owner) or world.node(path, "notebook")
            if holder is None and path in world.code.program.by_path:
                holder = world.code.module_node[world.code.program.by_path[path]]
            if holder is not None:
                _edges(world, holder, list(query.reads), list(query.writes), query.place)
            continue
        if path not in found:
            found[path] = graph.add("module", path, Place(path, Span(1)), language="SQL", entry="false")
        writes = list(query.writes)
        project = next((p for p in (*parents(path), "") if p in projects), None)
        if project is not None:
            graph.nodes[found[path]].attributes["project"] = project or "."
            inside = path[len(project) :].strip("/").split("/")
            if inside[0] in ("models", "snapshots") and not writes:
                writes = [posixpath.basename(path).partition(".")[0].lower()]
        _edges(world, found[path], list(query.reads), writes, query.place)
        for read, place in query.files:
            _file(world, found[path], read, writes, place)
        for table in writes:
            if query.columns:
                graph.nodes[world.artifacts[TABLE + table]].attributes["columns"] = " ".join(query.columns)
    return found


def _file(world: World, holder: int, path: str, writes: list[str], place: Place) -> None:
    """A statement that reads rows from a file, as a command of its own: what it writes comes from there."""
    graph = world.graph
    command = graph.add("command", "SQL", place, does="tool", statement=path)
    graph.give(command, "data.read")
    graph.connect(holder, command, "run", place)
    graph.connect(world.artifact(normal(path), place, "dataset"), command, "read", place)
    for table in writes:
        _edge(world, command, table, place, writes=True)


def _commands(world: World, files: dict[str, int]) -> None:
    """What runs the files: `dbt run` all models of its project, others a file that they name (`psql -f load.sql`)."""
    graph = world.graph
    if not files:
        return
    for command in graph.of_kind("command"):
        node = graph.nodes[command]
        words = node.label.split()
        if words[:1] == ["dbt"] and any(word in BUILDS for word in words[1:]):
            here = [f for p, f in files.items() if graph.nodes[f].attributes.get("project")]
            named = {graph.nodes[f].attributes["project"] for f in here}
            chosen = [f for f in here if len(named) == 1 or graph.nodes[f].attributes["project"] in words]
            for file in chosen:
                graph.connect(command, file, "run", node.place)
        elif ".sql" in node.label and node.attributes.get("does", "unknown") in ("unknown", "tool", "builtin"):
            for word in words:
                for path, file in files.items() if word.endswith(".sql") else ():
                    if names_file(word, path, node.place.path, node.attributes.get("directory", "")):
                        graph.connect(command, file, "run", node.place)


def _join(world: World) -> None:
    """`orders` is probably `shop.orders`, when it is no other."""
    graph = world.graph
    tables = {key.removeprefix(TABLE): node for key, node in sorted(world.artifacts.items()) if key.startswith(TABLE)}
    by_last: dict[str, list[str]] = {}
    for name in tables:
        by_last.setdefault(name.rpartition(".")[2], []).append(name)
    for last, names in by_last.items():
        longer = [name for name in names if name != last]
        if last in tables and len(longer) == 1:
            graph.connect(tables[last], tables[longer[0]], "join", certain=False)
            graph.connect(tables[longer[0]], tables[last], "join", certain=False)
