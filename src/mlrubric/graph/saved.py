"""Fitted transformers that nobody keeps: the model goes out, what its columns mean stays behind."""

from __future__ import annotations

from mlrubric.graph.code import Code, is_test_code
from mlrubric.graph.processes import Processes
from mlrubric.graph.serving import TRAINS, Sides
from mlrubric.graph.values import texts
from mlrubric.graph.world import World

SAVES = frozenset(
    {"model.save", "model.register", "run.log_model", "run.log_artifact", "run.log_data", "data.write", "file.write", "artifact.upload"}
)  # fmt: skip
BUILDS = frozenset({"transform.build", "model.build"})
RELEASED = frozenset({"model.register", "model.promote", "model.deploy"})
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
    for node in graph.with_role("transform.fit", "transform.fit_apply"):
        op = code.node_op.get(node)
        if op is None or is_test_code(graph.nodes[node].place.path) or "refit" in graph.nodes[node].attributes:
            continue
        made = _makers(code, op)
        if not made or _may_be_kept(code, made):
            continue
        reached = processes.sweep([node])
        learnt = next((m for m in sorted(models) if m in reached and not _only_target(code, op, code.node_op[m])), None)
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
        if RELEASED & set(one.roles):
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
            meaning = code.meanings.of(op)
            if meaning is None or "transform.build" not in meaning.roles:
                return []
            found.append(op)
        elif kind in ("load", "assign", "phi", "conditional"):
            waiting.extend((*program.args[op], *resolver.reads.get(op, ())))
        else:
            return []  # a parameter, an attribute, an element: others hold it too
    return found


def _may_be_kept(code: Code, makers: list[int]) -> bool:
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
                if not calls:
                    return True
                for call in calls:
                    follow(call)
            elif kind not in ("compare", "assert", "fstring", "unary", "slice"):
                return True
    return False


def _own_method(code: Code, call: int, attribute: int) -> bool:
    """Whether a method of the object is called that keeps nothing and shows nothing of what was learnt: fitting and applying."""
    if code.program.ops[call].kind != "call" or code.program.args[call][0] != attribute:
        return False
    return any(role.startswith("transform.") for role in code.meanings.roles(call))


def _only_target(code: Code, fit: int, model: int) -> bool:
    """Whether what is encoded is the column that the model learns to predict."""
    meaning = code.meanings.of(model)
    target = meaning.arguments.get("@target", -1) if meaning is not None else -1
    near = code.program.unit_of[fit] == code.program.unit_of[model]
    encodes = code.meanings.of(fit)
    if encodes is not None and "@data" not in encodes.arguments and not near:
        return True  # an encoder of targets, and what the columns are is not seen from here
    columns = _columns(code, target)
    stored = {
        text
        for f in code.flow.reach([fit], stop=lambda o: code.program.ops[o].kind == "store_subscript")
        if code.program.ops[f].kind == "store_subscript" and f - fit < 40 and len(code.program.args[f]) > 2
        for text in texts(code.resolver.of(code.program.args[f][1]))
    }
    if stored:
        return stored <= columns
    data = meaning.arguments.get("@data", -1) if meaning is not None else -1
    if data < 0 or not near:
        return False
    return fit not in code.flow.reach([data], back=True) and fit in code.flow.reach([target], back=True)


def _columns(code: Code, op: int) -> set[str]:
    """The names of columns that an operand is taken by, within its own expression and names."""
    found, waiting, seen = set[str](), [op], set[int]()
    while waiting and len(seen) < 60:
        here = waiting.pop()
        if here in seen or here < 0:
            continue
        seen.add(here)
        facts, args = code.program.ops[here], code.program.args[here]
        if facts.kind == "subscript" and len(args) > 1:
            found.update(texts(code.resolver.of(args[1])))
        if facts.kind == "attribute":
            found.add(facts.name)
        waiting.extend(code.flow.backward[here])
    return found
