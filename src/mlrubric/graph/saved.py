"""Fitted transformers that nobody keeps: the model goes out, what its columns mean stays behind."""

from __future__ import annotations

from mlrubric.graph.code import Code, is_test_code
from mlrubric.graph.parts.learners import answers
from mlrubric.graph.processes import Processes
from mlrubric.graph.serving import TRAINS, Sides
from mlrubric.graph.values import number, texts
from mlrubric.graph.world import World

SAVES = frozenset(
    {"model.save", "model.register", "run.log_model", "run.log_artifact", "run.log_data", "data.write", "file.write", "artifact.upload"}
)  # fmt: skip
BUILDS = frozenset({"transform.build", "model.build"})
RELEASED = frozenset({"model.register", "model.promote", "model.deploy"})
GOES = frozenset({"model.save", "run.log_model"})
HOLDS = ("load", "assign", "phi", "param", "container", "dict", "conditional", "unpack", "subscript", "element", "boolean", "enter")
MOST = 400


def mark_kept(world: World, sides: Sides) -> None:
    """`kept` = "no" and `released` (the number of the node that shows it) on fits of transformers whose object is dropped, while a model
    that learnt from their output goes out."""
    graph, code = world.graph, world.code
    processes = Processes(graph)
    fits = [n for n in graph.with_role(*TRAINS) if n in code.node_op]
    models = {n: goes for n in fits if (goes := _goes_out(world, sides, processes, n)) is not None}
    if not models:
        return
    handed_out = _handed_out(code)
    for node in graph.with_role("transform.fit", "transform.fit_apply"):
        op = code.node_op.get(node)
        if op is None or is_test_code(graph.nodes[node].place.path) or "refit" in graph.nodes[node].attributes:
            continue
        made = _makers(code, op)
        if not made or _may_be_kept(code, made, handed_out):
            continue
        reached = processes.sweep([node])
        teaches = frozenset(int(n) for n in str(graph.nodes[node].attributes.get("teaches", "")).split())
        learnt = next((m for m in sorted(models) if m in reached and not _only_target(code, op, code.node_op[m], teaches)), None)
        if learnt is not None:
            graph.nodes[node].attributes.update(kept="no", released=str(models[learnt]))


def _goes_out(world: World, sides: Sides, processes: Processes, fit: int) -> int | None:
    """The registration, deployment or serving load that a trained model reaches, or None."""
    graph, code = world.graph, world.code
    if is_test_code(graph.nodes[fit].place.path):
        return None
    reached = processes.sweep([fit])
    for node in sorted(reached):
        one = graph.nodes[node]
        if node == fit or is_test_code(one.place.path):
            continue
        if RELEASED & set(one.roles) or (GOES & set(one.roles) and not one.place.path.endswith(".ipynb")):
            return node
        op = code.node_op.get(node)
        if op is not None and "model.load" in one.roles and code.holder(op) not in sides.trains and not one.place.path.endswith(".ipynb"):
            holder = code.holder(op)
            if holder in sides.serving or any(e.source in sides.serving for e in graph.predecessors(holder, ("call", "import"))):
                return node
            if any(graph.nodes[h].place.path == one.place.path for h in sides.handlers):
                return node
    return None


def _makers(code: Code, fit: int) -> list[int]:
    """The calls that made the object that a `fit` is called on; empty when one of its origins is not known."""
    program, resolver = code.program, code.resolver
    receiver = program.receiver(fit)
    if receiver < 0:
        return []
    waiting, seen, found = [receiver], set[int](), list[int]()
    while waiting:
        op = waiting.pop()
        if op in seen or op < 0:
            continue
        seen.add(op)
        kind = program.ops[op].kind
        if kind == "call":
            meaning, returned = code.meanings.of(op), resolver.results.get(op, ())
            if meaning is not None and "transform.build" in meaning.roles:
                found.append(op)
            elif returned and all(program.ops[r].kind == "return" and program.args[r] for r in returned):
                waiting.extend(program.args[r][0] for r in returned)
            else:
                return []
        elif kind in ("load", "assign", "phi", "conditional"):
            waiting.extend((*program.args[op], *resolver.reads.get(op, ())))
        elif kind in ("attribute", "slot") and resolver.reads.get(op):
            waiting.extend(resolver.reads[op])  # of an object of the project
        else:
            return []  # a parameter, an element: others hold it too
    return found


def _may_be_kept(code: Code, makers: list[int], handed_out: frozenset[int]) -> bool:
    """Whether the object may reach a file, a pipeline that is kept, or somebody whom we do not know."""
    program, resolver = code.program, code.resolver
    waiting, seen = list(makers), set(makers)

    def follow(op: int) -> None:
        if op not in seen:
            seen.add(op)
            waiting.append(op)

    while waiting:
        if len(seen) > MOST:
            return True
        here = waiting.pop()
        for use in (*resolver.uses[here], *(f for f in code.flow.forward[here] if program.ops[f].kind in ("load", "param"))):
            kind = program.ops[use].kind
            if kind in HOLDS:
                follow(use)
            elif kind in ("store_subscript",):
                follow(use)
                if program.args[use][0] >= 0:
                    follow(program.args[use][0])
            elif kind == "slot":
                if program.scope_id(use) in handed_out:
                    return True
                follow(use)
            elif kind == "store_attribute":
                if not any(program.ops[f].kind == "slot" for f in resolver.uses[here]):
                    return True  # of an object that is not known
            elif kind == "attribute" and program.ops[here].kind == "slot":
                follow(use)
            elif kind == "attribute":
                if not all(_own_method(code, call, use) for call in resolver.uses[use]):
                    return True
                for call in resolver.uses[use]:
                    if "transform.fit" in code.meanings.roles(call):
                        follow(call)  # `fit` gives the object back
            elif kind == "call":
                roles = code.meanings.roles(use)
                inside = any(t[0] in ("function", "callback") for t in resolver.targets.get(use, ()))
                if program.args[use][0] == here or (not inside and not roles) or roles & SAVES:
                    return True
                if roles & BUILDS:
                    follow(use)
            elif kind == "return":
                calls = resolver.callers.get(program.scope_id(use), ())
                if not calls or any(t[0] == "callback" for call in calls for t in resolver.targets.get(call, ())):
                    return True  # who calls it, or to whom it is handed, is not known
                for call in calls:
                    follow(call)
            elif kind not in ("compare", "assert", "fstring", "unary", "slice"):
                return True
    return False


def _handed_out(code: Code) -> frozenset[int]:
    """The classes of the project of which some object may be kept by something that is not the project's: it is handed to a library or
    put into a container, or the class has a base of a library."""
    program, resolver = code.program, code.resolver
    found: set[int] = set()
    for op, facts in enumerate(program.ops):
        if facts.kind == "class" and any(v[0] != "class" for base in program.args[op] for v in resolver.of(base)):
            found.add(program.defined(op))
        inside = facts.kind == "call" and any(t[0] in ("function", "class") for t in resolver.targets.get(op, ()))
        if (facts.kind == "call" and not inside) or facts.kind in ("container", "dict", "store_subscript"):
            for argument in program.args[op][1:] if facts.kind == "call" else program.args[op]:
                found.update(number(v) for v in (resolver.of(argument) if argument >= 0 else ()) if v[0] == "instance")
    return frozenset(found)


def _own_method(code: Code, call: int, attribute: int) -> bool:
    """Whether a method of the object is called that keeps nothing and shows nothing of what was learnt: fitting and applying."""
    if code.program.ops[call].kind != "call" or code.program.args[call][0] != attribute:
        return False
    return any(role.startswith("transform.") for role in code.meanings.roles(call))


def _only_target(code: Code, fit: int, model: int, teaches: frozenset[int]) -> bool:
    """Whether what is encoded is the column that the model learns to predict."""
    meaning = code.meanings.of(model)
    target = meaning.arguments.get("@target", -1) if meaning is not None else -1
    near = code.program.unit_of[fit] == code.program.unit_of[model]
    encodes = code.meanings.of(fit)
    columns = answers(code, [target]) if target >= 0 else frozenset[str]()
    stored = {
        text
        for f in code.flow.reach([fit], stop=lambda o: code.program.ops[o].kind == "store_subscript")
        if code.program.ops[f].kind == "store_subscript" and f - fit < 40 and len(code.program.args[f]) > 2
        for text in texts(code.resolver.of(code.program.args[f][1])) or ("",)
    }
    if stored:
        return stored <= columns
    if encodes is not None and "@data" not in encodes.arguments and (not near or code.op_node[model] not in teaches):
        return True  # an encoder of targets, and none of the columns is seen to come of it
    data = meaning.arguments.get("@data", -1) if meaning is not None else -1
    if data < 0 or not near:
        return False
    return fit not in code.flow.reach([data], back=True) and fit in code.flow.reach([target], back=True)
