"""How serving code names the model it loads: by something that moves, or by something that stays."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection

from mlrubric.graph.code import Code, is_test_code
from mlrubric.graph.definitions import plainly_none
from mlrubric.graph.downloads import Downloads
from mlrubric.graph.graph import RUNS
from mlrubric.graph.origins import Origins
from mlrubric.graph.paths import known_texts
from mlrubric.graph.processes import Processes
from mlrubric.graph.values import HOLE, texts
from mlrubric.graph.world import World, parents
from mlrubric.graph.writers import addressed
from mlrubric.knowledge.versions import MOVING_NAMES
from mlrubric.model.facts import Service

MOVING = re.compile(r"(^|[/:@_.-])latest($|[/:@_.-])|^models:/[^/]+/(production|staging|none|archived)$", re.IGNORECASE)
ALIAS = re.compile(r"^models:/[^/@]+@")  # what a release points elsewhere on purpose, and back
VERSIONED = re.compile(r"\d|\{|\*|" + HOLE)
STORES = ("s3://", "gs://", "gcs://", "abfs://", "abfss://", "wasbs://", "hdfs://", "http://", "https://", "pvc://", "minio://", "az://")
ROOT = re.compile(r"^[a-z0-9]+://[^/]+/?")
DOCUMENTS = (".md", ".rst", ".mdx")
PREDICTING = re.compile(r"(^|[/_-])(predict\w*|infer\w*|sample|generate|scor(e|ing)|serv(e|ing|er)|chat|demo|app|api)([_-][^/]*)?\.py$")
ANSWERS = ("serve.handle", "serve.app")
SERVES = (*ANSWERS, "code.predict")
CALLS = frozenset({"call"})
FLOW = frozenset({"flow"})
LEARNS = frozenset({"model.fit", "model.tune", "model.evaluate", "model.compare", "model.register", "model.promote"})
FETCHED = frozenset({"artifact.download", "data.read", "model.load", "run.read", "run.log_data"})
SEARCHES = "run.search"
LOOKUPS = frozenset({"model.lookup", "run.read"})
NUMBERS = frozenset({"version", "version_id", "run_id", "version_name"})
TELLING = frozenset({"log.write", "run.log_artifact", "run.log_metric", "run.log_param", "run.tag", "metric.emit"})
HASH = re.compile(r"[0-9a-f]{12,}")


def mark_references(world: World) -> None:
    """`reference` on the loads of serving code: moving (a word that is pointed elsewhere), stored (a place in a bucket where the next model
    is put), overwritten (a path that training of this repository writes again), unpinned (a name on a hub without a revision); and on
    the lookups of a model's newest version: asked, when nobody tells which one it was."""
    graph = world.graph
    last = {graph.nodes[n].place.path: n for n in _fetched_by_commands(world)}  # one program, one finding
    for node in last.values():
        graph.nodes[node].attributes["reference"] = "stored"
    loads = graph.with_role("model.load", "model.lookup")
    if not loads:
        return
    answering = serving_code(world, ANSWERS)
    predictors = _predictors(world)
    handling = serving_code(world) | predictors
    serving = handling | predicting_programs(world)
    near = _learnt_from(world)
    origins, downloads = Origins(world), Downloads(world, Processes(graph))
    releasing = {graph.nodes[n].place.path for n in graph.with_role("model.register", "model.promote", "model.compare")}
    training = _for_training(world, handling)
    for node in loads:
        op = world.code.node_op.get(node)
        path = graph.nodes[node].place.path
        if op is None or is_test_code(path) or path.endswith((".ipynb", *DOCUMENTS)):
            continue
        if "model.lookup" in graph.nodes[node].roles:
            if path in releasing:
                continue
            if (world.code.holder(op) in serving or _hands_on(world, op)) and not _told(world, op):
                graph.nodes[node].attributes["reference"] = "asked"
            continue
        if world.code.holder(op) not in serving:
            if _of_hub(world, op):
                graph.nodes[node].attributes["hub"] = "unpinned"
                graph.nodes[node].attributes["matters"] = "training" if node in near else "no"
            continue
        reason = _reason(world, downloads, node, op) if world.code.holder(op) not in training else ""
        if not reason and world.code.holder(op) in answering | predictors and _left(world, node, origins.of(node)):
            reason = "left"
        if reason == "overwritten" and world.code.holder(op) not in answering and _chosen(world, origins, node, op):
            continue
        if reason and (reason == "unpinned" or _predicts(world, node)):  # a tokenizer of another revision spoils the model, too
            graph.nodes[node].attributes["reference"] = reason


def _for_training(world: World, serving: Collection[int]) -> set[int]:
    """Functions that a service runs to train again: they lead to a training, or only such ones call them."""
    graph, code = world.graph, world.code
    trains = {code.scope_node[s] for s in code.trains if s in code.scope_node}
    inner = {n for n in serving if graph.nodes[n].kind == "function" and not set(ANSWERS) & set(graph.nodes[n].roles)}
    found = inner & trains
    for node in inner - trains:
        callers = {e.source for e in graph.predecessors(node, CALLS)} & set(serving)
        if callers and callers <= trains:
            found.add(node)
    return found


def _predictors(world: World) -> set[int]:
    """The methods that load of classes that load a model and predict with it, and do not learn or judge."""
    code, graph = world.code, world.graph
    loading: dict[int, set[int]] = {}
    roles: dict[int, set[str]] = {}
    for op, meaning in code.meanings.all().items():
        owner = code.resolver.class_of.get(code.program.scope_id(op))
        if owner is not None and meaning.roles and not is_test_code(code.place(op).path):
            roles.setdefault(owner, set()).update(meaning.roles)
            if "model.load" in meaning.roles:
                loading.setdefault(owner, set()).add(code.holder(op))
    found = [owner for owner in loading if "model.predict" in roles[owner] and not roles[owner] & LEARNS]
    return {n for owner in found for n in loading[owner] if graph.nodes[n].kind == "function"}


def _chosen(world: World, origins: Origins, node: int, op: int) -> bool:
    """Whether the run that trains made what a program beside a service loads, or who starts the program names it."""
    graph, meaning = world.graph, world.code.meanings.of(op)
    if origins.of(node)[0] == "produced" or any(graph.nodes[n].kind == "stage" for n in graph.sweep([node], RUNS, back=True)):
        return True
    named = meaning.arguments["@source"] if meaning is not None and "@source" in meaning.arguments else -1
    behind = world.code.flow.reach([named], back=True) if named >= 0 else ()
    return any(o in world.code.resolver.declared or _options(world.code, o) for o in behind)


def _options(code: Code, op: int) -> bool:
    """Whether a call gives the options of a command line."""
    meaning = code.meanings.of(op)
    return meaning is not None and meaning.entry is not None and meaning.entry.gives == "options"


def _left(world: World, node: int, origin: tuple[str, str]) -> bool:
    """Whether what predicts lies in a file that the repository neither holds, nor pins, nor makes, and whose name tells no version."""
    kind, path = origin
    if kind != "untracked" or path.startswith(("*", HOLE)) or VERSIONED.search(path.rpartition("/")[2].rpartition(".")[0]):
        return False
    following = {role for n in world.graph.next_by_flow([node]) for role in world.graph.nodes[n].roles}
    return "model.predict" in following and "object.unpickle" in world.graph.nodes[node].roles


def _fetched_by_commands(world: World) -> list[int]:
    """Commands by which the program of a service fetches, as it starts, what lies in a bucket under a name without a version."""
    graph = world.graph
    apps = {graph.nodes[n].place.path for n in graph.with_role("serve.handle", "serve.app") if not is_test_code(graph.nodes[n].place.path)}
    modules = {world.code.module_node[world.code.program.by_path[path]] for path in apps if path in world.code.program.by_path}
    starting = {e.source for module in modules for e in graph.predecessors(module, ("import",)) if graph.nodes[e.source].kind == "module"}
    paths = {graph.nodes[n].place.path for n in modules | starting if not is_test_code(graph.nodes[n].place.path)}
    found: list[int] = []
    for node in graph.with_role("data.read", "artifact.download"):
        one = graph.nodes[node]
        if one.kind == "command" and one.place.path in paths:
            address = next((word for word in one.label.split() if word.startswith(STORES)), "")
            if unversioned(address):
                one.attributes["address"] = address
                found.append(node)
    return found


def _hands_on(world: World, lookup: int) -> bool:
    """Whether a function that trains and releases nothing returns what a lookup found."""
    code, graph = world.code, world.graph
    scope = code.program.scope_id(lookup)
    holder = code.holder(lookup)
    if scope in code.trains or graph.nodes[holder].kind != "function":
        return False
    return any(code.program.ops[op].kind == "return" for op in code.flow.reach([lookup]) if code.program.scope_id(op) == scope)


def _told(world: World, lookup: int) -> bool:
    """Whether the version that was found is logged, printed or recorded."""
    code = world.code
    named = [op for op in code.flow.reach([lookup]) if _number(code, op)]
    if not named:
        return False
    reached, unit = code.flow.reach(named), code.program.unit_of[lookup]
    if any(TELLING & code.meanings.roles(op) for op in reached):
        return True
    telling = (op for op, m in code.meanings.all().items() if code.program.unit_of[op] == unit and TELLING & set(m.roles))
    return any(a in reached for op in telling for a in code.program.args[op][1:])  # what is logged gives nothing back


def _number(code: Code, op: int) -> bool:
    """Whether an expression takes the number of a version or run out of a record: `.version`, `["run_id"]`."""
    facts, args = code.program.ops[op], code.program.args[op]
    if facts.kind == "subscript":
        return any(text in NUMBERS for text in texts(code.resolver.of(args[1])))
    return facts.kind == "attribute" and facts.name in NUMBERS


def _told_beside(world: World, load: int) -> bool:
    """Whether the program of a load asks the registry which version it is, and tells it."""
    code = world.code
    unit = code.program.unit_of[load]
    asked = [op for op, m in code.meanings.all().items() if code.program.unit_of[op] == unit and LOOKUPS & set(m.roles)]
    return any(_told(world, op) for op in asked)


def predicting_programs(world: World) -> set[int]:
    """What programs run that load a model and predict, and neither train nor judge: scripts for batches, samples and demonstrations."""
    graph = world.graph
    found: set[int] = set()
    loads = [n for n in graph.with_role("model.load") if n in world.code.node_op]
    above = graph.sweep(loads, CALLS, back=True)
    by_path: dict[str, list[int]] = {}
    for function in graph.of_kind("function"):
        by_path.setdefault(graph.nodes[function].place.path, []).append(function)
    for module in graph.of_kind("module"):
        path = graph.nodes[module].place.path
        if module not in above or is_test_code(path) or path.endswith(DOCUMENTS):
            continue
        main = world.code.main_node.get(world.code.program.by_path.get(path, -1))
        inside = [n for n in by_path.get(path, ()) if not any(True for _ in graph.predecessors(n, CALLS))]  # others call them: handlers
        reached = set(graph.sweep([module, *inside, *([main] if main is not None else [])], CALLS))
        ops = [n for n in reached if graph.nodes[n].kind == "op"]
        roles = {role for n in ops for role in graph.nodes[n].roles}
        if roles & LEARNS or not ("model.predict" in roles or PREDICTING.search(path)):
            continue
        if main is None and not any(graph.nodes[e.target].kind == "op" for e in graph.successors(module, ("call",))):
            continue
        found |= {n for n in reached if graph.nodes[n].kind != "op"}
    return found


def serving_code(world: World, roles: tuple[str, ...] = SERVES) -> set[int]:
    """What handlers and prediction code run, and the modules of handlers, whose loads happen at the start of the service."""
    graph = world.graph
    handlers = [n for n in graph.with_role(*roles) if not is_test_code(graph.nodes[n].place.path)]
    functions = [n for n in handlers if graph.nodes[n].kind == "function"]
    program = world.code.program
    indexes = [program.by_path.get(path) for path in sorted({graph.nodes[n].place.path for n in handlers})]
    modules = [world.code.module_node[index] for index in indexes if index is not None]
    starting = [e.target for m in modules for e in graph.successors(m, RUNS) if graph.nodes[e.target].kind == "function"]
    return set(modules) | set(graph.sweep([*functions, *starting], CALLS))


def _predicts(world: World, node: int) -> bool:
    """Whether what is loaded may be the model itself, not a transformer beside it."""
    following = {role for n in world.graph.next_by_flow([node]) for role in world.graph.nodes[n].roles}
    return "model.predict" in following or not any(role.startswith("transform.") for role in following)


def _reason(world: World, downloads: Downloads, node: int, op: int) -> str:
    graph, meaning = world.graph, world.code.meanings.of(op)
    if meaning is None or "@source" not in meaning.arguments:
        return ""
    names = texts(world.code.resolver.of(meaning.arguments["@source"]))
    behind = [graph.nodes[n] for n in graph.sweep([node], FLOW, back=True) if n != node]
    asked = [one.attributes[role] for one in behind if FETCHED & set(one.roles) for role in ("@source", "@name") if role in one.attributes]
    if any(MOVING.search(name) for name in (*names, graph.nodes[node].attributes.get("path", ""), *asked)):
        return "" if _told_beside(world, op) else "moving"
    if any(ALIAS.search(name) for name in names) and not _told_beside(world, op):
        return "alias"
    searches = [o for o in world.code.flow.reach([meaning.arguments["@source"]], back=True) if SEARCHES in world.code.meanings.roles(o)]
    if searches and not any(_told(world, search) for search in searches):
        return "asked"
    if any(unversioned(name) for name in (*names, *_downloaded(world, downloads, node, meaning.arguments["@source"]))):
        return "stored"
    for edge in graph.predecessors(node, ("read",)):
        if overwritten(world, edge.source):
            graph.nodes[node].attributes["named"] = graph.nodes[edge.source].label
            return "overwritten"
    if _of_hub(world, op):
        return "unpinned"
    return ""


def _of_hub(world: World, op: int) -> bool:
    """Whether a load takes something by its name on a hub, and names no revision, or a branch; the name is kept for the message."""
    meaning = world.code.meanings.of(op)
    if meaning is None or meaning.entry is None or meaning.entry.param("@version") is None or "@source" not in meaning.arguments:
        return False
    said = world.code.meanings.spellings(meaning).get("@version", "none").lower()
    if said not in {"none", *MOVING_NAMES} or (said == "none" and not plainly_none(world.code, meaning.arguments.get("@version", -1))):
        return False
    names = texts(world.code.resolver.of(meaning.arguments["@source"]))
    if not names or any(n.startswith((".", "/", "~")) or HOLE in n or n in world.folders or n in world.files for n in names):
        return False
    attributes = world.graph.nodes[world.code.op_node[op]].attributes
    attributes["named"] = f"`{names[0]}`" if len(names) == 1 else "a model"
    return True


def _learnt_from(world: World) -> Collection[int]:
    """What reaches a training; what only its metrics learn does not."""
    graph = world.graph
    fits = [n for n in graph.with_role("model.fit", "model.tune") if not is_test_code(graph.nodes[n].place.path)]
    aside = [n for n in graph.with_role("model.evaluate") if n not in fits]
    return Processes(graph).sweep(fits, back=True, stop=aside).keys()


def overwritten(world: World, artifact: int) -> bool:
    """Whether training writes a file again under the same name; what is committed stays as it was committed, unless a container of a
    service has its folder mounted."""
    graph, one = world.graph, world.graph.nodes[artifact]
    if not one.attributes.get("produced") or one.label.startswith("*"):
        return False  # of a path in a folder that is not known, nobody can say so
    if VERSIONED.search(one.label.rpartition("/")[2].rpartition(".")[0]):
        return False
    near = [artifact, *(e.source for e in graph.predecessors(artifact, ("join",)))]
    writers = [e.source for n in near for e in graph.predecessors(n, ("write",)) if graph.nodes[e.source].kind == "op"]
    if writers and all("artifact.download" in graph.nodes[w].roles for w in writers):
        return False
    committed = one.attributes.get("exists") == "true" and one.attributes.get("pinned") != "true"
    return not committed or _written_in_service(world, writers) or _mounted(world, one.label)


def _mounted(world: World, path: str) -> bool:
    """Whether a folder that holds a file is part of a container's file system as it lies here: what is written there is served."""
    above = set(parents(path))
    for file, service in world.every(Service):
        for volume in service.volumes:
            source = volume.partition(":")[0]
            if source.startswith("./") and posixpath.normpath(posixpath.join(posixpath.dirname(file), source)) in above:
                return True
    return False


def _downloaded(world: World, downloads: Downloads, node: int, argument: int) -> list[str]:
    """The addresses (or keys in a bucket) that what is loaded was downloaded from."""
    graph, code = world.graph, world.code
    makers = [e.source for r in graph.predecessors(node, ("read",)) for e in graph.predecessors(r.source, ("write",))]
    before = [code.op_node[op] for op in downloads.before(code.node_op[node], argument)]
    found: list[str] = []
    for maker in dict.fromkeys((*makers, *before, *(n for n in graph.sweep([node], FLOW, back=True) if n != node))):
        one = graph.nodes[maker]
        meaning = code.meanings.of(code.node_op[maker]) if maker in code.node_op else None
        if meaning is None or "artifact.download" not in one.roles or "@version" in one.attributes:
            continue
        asked = addressed(code, code.node_op[maker], meaning)
        for source in known_texts(code, asked.arguments["@source"]) if asked is not None and "@version" not in asked.arguments else ():
            if source.strip(HOLE):
                found.append(source if source.startswith(STORES) else f"s3://{one.attributes.get('@name', 'bucket')}/{source}")
                graph.nodes[node].attributes.setdefault("address", source.replace(HOLE, "*"))
    return found


def _written_in_service(world: World, writers: list[int]) -> bool:
    """Whether a schedule of an orchestrator, whose process stays, runs what writes a file: what is committed is only the first one."""
    graph = world.graph
    above = graph.sweep(writers, RUNS, back=True) if writers else {}
    return any("trigger.schedule" in graph.nodes[n].roles and graph.nodes[n].place.path.endswith(".py") for n in above)


def unversioned(source: str) -> bool:
    """Whether the address of a stored model names no version anywhere below its bucket: the next training writes there again."""
    if not source.startswith(STORES):
        return False
    inner = ROOT.sub("", source)
    return bool(inner) and not VERSIONED.search(inner) and "$" not in inner and not HASH.search(inner)
