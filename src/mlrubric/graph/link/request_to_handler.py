"""What asks a service by a path leads to the handler of that path: `client.post("/predict")` in a test, in a job that has started it."""

from __future__ import annotations

import re

from mlrubric.graph.values import number
from mlrubric.graph.world import World

ORDER = 62
ASKS, HANDLES = "serve.client", "serve.handle"
HOST = re.compile(r"^(?:https?://)?[^/]*?(?=/)")
HOLE = re.compile(r"\{[^}]*\}|<[^>]*>|:\w+")
MOST = 4  # handlers of one path


def link(world: World) -> None:
    """Call edges from requests to the functions behind their path; a guess where the path is only the end of what is asked."""
    graph, code = world.graph, world.code
    routes: list[tuple[re.Pattern[str], str, int]] = []
    for node in graph.with_role(HANDLES):
        route = graph.nodes[node].attributes.get("@route", "given").strip("^$")
        op = code.node_op.get(node)
        if op is None or route in ("given", "none", "") or not route.strip("/"):
            continue
        whole = "/" + route.strip("/")
        pattern = re.compile("".join("[^/]+" if i % 2 else re.escape(p) for i, p in enumerate(re.split(f"({HOLE.pattern})", whole))))
        routes.extend((pattern, whole, function) for function in _functions(world, op))
    if not routes:
        return
    for node in graph.with_role(ASKS):
        asked = graph.nodes[node].attributes.get("@route", "given").partition("?")[0]
        op = code.node_op.get(node)
        if op is None or not asked.strip("/") or asked == "given":
            continue
        path = "/" + HOST.sub("", asked).strip("/") if "/" in asked else "/" + asked
        exact = [f for pattern, _, f in routes if pattern.fullmatch(path)]
        ending = [f for pattern, whole, f in routes if path.endswith(whole) or re.search(pattern.pattern + "$", path)]
        found = sorted(set(exact or ending))
        for function in found if len(found) <= MOST else ():
            graph.connect(node, function, "call", graph.nodes[node].place, certain=bool(exact))


def _functions(world: World, op: int) -> list[int]:
    """The functions that an operation registers: those it decorates or is handed, else the methods that answer of a view."""
    code = world.code
    program, found = code.program, list[int]()
    for use in code.resolver.uses[op]:
        if program.ops[use].kind == "function" and op in program.decorators(use):
            found.append(program.defined(use))
    meaning = code.meanings.of(op)
    given = meaning.arguments.get("@function", -1) if meaning is not None else -1
    found.extend(number(v) for v in code.resolver.of(given) if v[0] == "function")
    for argument in (a for a in program.args[op][1:] if a >= 0 and not found):
        found.extend(_of_view(world, argument))
    return sorted({code.scope_node[s] for s in found if s in code.scope_node})


def _of_view(world: World, argument: int) -> list[int]:
    """The methods that answer of `View.as_view()`, or of an object or class."""
    code, program, waiting = world.code, world.code.program, [argument]
    if program.ops[argument].kind == "call" and program.receiver(argument) >= 0:
        waiting.append(program.receiver(argument))
    owners = {number(v) for op in waiting for v in code.resolver.of(op) if v[0] in ("class", "instance")}
    if not owners:
        return []
    answering = (s for s, node in code.scope_node.items() if HANDLES in world.graph.nodes[node].roles)
    return [scope for scope in answering if program.parent_scope(scope) in owners]
