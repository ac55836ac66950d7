"""What the serving side runs, what the training side runs, and what serving learns from the rows it should only answer for."""

from __future__ import annotations

from mlrubric.graph.code import Code, is_test_code
from mlrubric.graph.graph import FLOWS
from mlrubric.graph.world import World

CALLS = frozenset({"call"})
LEARNS = ("transform.fit", "transform.fit_apply")
TRAINS = ("model.fit", "model.tune")
EXPRESSION = ("load", "compare", "boolean", "unary", "phi", "conditional", "attribute", "subscript", "call", "binary", "assign")
CODE = ("function", "module", "notebook")


class Sides:
    """The functions and modules of the two sides, by node; one may be on both."""

    def __init__(self, world: World) -> None:
        graph = world.graph
        fits = [n for n in graph.with_role(*TRAINS) if not is_test_code(graph.nodes[n].place.path)]
        self.trains = set(graph.sweep(fits, CALLS, back=True))
        handlers = [n for n in graph.with_role("serve.handle", "code.predict") if graph.nodes[n].kind == "function"]
        handlers += self._scripts(world)
        self.handlers = [h for h in handlers if h not in self.trains and not is_test_code(graph.nodes[h].place.path)]
        self.handlers = [h for h in self.handlers if not graph.nodes[h].place.path.endswith(".ipynb")]
        self.serving = dict(graph.sweep(self.handlers, CALLS))
        tops = [n for n in self.trains if graph.nodes[n].kind in CODE]
        training = graph.sweep(tops, CALLS)
        feeding = graph.sweep(fits, FLOWS, back=True)
        training |= dict.fromkeys((world.code.holder(world.code.node_op[n]) for n in feeding if n in world.code.node_op), -1)
        self.training = {n for n in training if not is_test_code(graph.nodes[n].place.path)}

    def _scripts(self, world: World) -> list[int]:
        """Programs that load a model and predict at the top of a module that serves."""
        graph, code = world.graph, world.code
        own: dict[int, set[str]] = {}
        for node, op in code.node_op.items():
            own.setdefault(code.holder(op), set()).update(graph.nodes[node].roles)
        apps = {graph.nodes[n].place.path for n in graph.with_role("serve.app")}
        modules = [n for n in own if graph.nodes[n].kind == "module" and graph.nodes[n].place.path in apps]
        return [n for n in modules if "model.predict" in own[n] and not set(TRAINS) & own[n]]


def mark_refits(world: World, sides: Sides) -> None:
    """`refit` on operations of the serving side that learn from what they then predict on."""
    graph, code = world.graph, world.code
    predictions = [n for n in graph.with_role("model.predict") if n in code.node_op and code.holder(code.node_op[n]) in sides.serving]
    inputs = graph.sweep(predictions, FLOWS, back=True)
    aligned = Aligned(code, [code.node_op[n] for n in predictions])
    for node in graph.with_role(*LEARNS):
        op = code.node_op.get(node)
        if op is None or node not in inputs or code.holder(op) not in sides.serving or not _always_run(world, sides, op, frozenset()):
            continue
        if aligned.holds(op):
            continue
        graph.nodes[node].attributes["refit"] = "fit"
    asked = set(code.flow.reach([code.node_op[n] for n in inputs if n in code.node_op], back=True))
    for op in sorted(asked):
        meaning = code.meanings.of(op)
        salted = meaning is not None and "salted" in code.meanings.traits(meaning) and code.holder(op) in sides.serving
        if meaning is not None and salted and not _number(code, meaning.arguments.get("@data", -1), op):
            graph.nodes[code.node_for(graph, op, meaning.api, (), meaning.api)].attributes["refit"] = "salted"
    told: set[int] = set()
    for node in graph.with_role("data.statistic"):
        op = code.node_op.get(node)
        if op is None or code.holder(op) not in sides.serving or not _changes_rows(code, op, asked):
            continue
        if code.program.scope_id(op) not in told and _always_run(world, sides, op, frozenset()):
            told.add(code.program.scope_id(op))  # one cause: the rows of a request are all there is in this function
            graph.nodes[node].attributes["refit"] = "statistic"


def _number(code: Code, argument: int, op: int) -> bool:
    """Whether what is handed over is known to be a number, which is not salted."""
    given = argument if argument >= 0 else next(iter(code.program.positional(op)), -1)
    values = code.resolver.of(given) if given >= 0 else frozenset()
    return bool(values) and all(v[0] == "const" for v in values)


class Aligned:
    """Which columns made of the categories in a request come to the prediction as the training had them: the data before were given all
    categories, or the columns behind are brought to a list that is not of this request."""

    def __init__(self, code: Code, predictions: list[int]) -> None:
        self._code, self._predictions = code, predictions
        self._inputs: tuple[dict[int, int], dict[int, int]] | None = None

    def holds(self, op: int) -> bool:
        code = self._code
        meaning = code.meanings.of(op)
        if meaning is None or "spreads" not in code.meanings.traits(meaning):
            return False
        data = meaning.arguments.get("@data", -1)
        if data >= 0 and any(self._aligns(before) for before in code.flow.reach([data], back=True)):
            return True
        if self._inputs is None:
            reach = code.flow.reach
            self._inputs = (reach(self._predictions, back=True), reach(self._predictions, back=True, stop=self._aligns))
        return op in self._inputs[0] and op not in self._inputs[1]

    def _aligns(self, op: int) -> bool:
        facts, args = self._code.program.ops[op], self._code.program.args[op]
        if facts.kind == "subscript" and len(args) > 1:
            return self._saved(args[1])
        meaning = self._code.meanings.of(op)
        if meaning is None or "aligns" not in self._code.meanings.traits(meaning):
            return False
        if meaning.entry is None or not {"@columns", "@axis"} & {p.role for p in meaning.entry.params}:
            return True
        axis = meaning.arguments.get("@axis", -1)
        return "@columns" in meaning.arguments or (axis >= 0 and self._code.program.ops[axis].value in (1, "columns"))

    def _saved(self, index: int) -> bool:
        """Whether columns are picked by a list that was loaded, or that the model knows."""
        before = self._code.flow.reach([index], back=True)
        return any("model.load" in self._code.meanings.roles(op) for op in before)


def _changes_rows(code: Code, statistic: int, asked: set[int]) -> bool:
    """Whether a number learnt from rows is put back into them: as the value of a call on them, or by arithmetic, on the way to a
    prediction."""
    program = code.program
    waiting, seen = [statistic], {statistic}
    while waiting:
        here = waiting.pop()
        for use in code.resolver.uses[here]:
            kind, args = program.ops[use].kind, program.args[use]
            if kind in ("load", "assign"):
                if use not in seen:
                    seen.add(use)
                    waiting.append(use)
            elif kind == "call" and here in args[1:]:
                meaning = code.meanings.of(use)
                receiver = program.receiver(use)
                if meaning is None or "data.derive" not in meaning.roles or receiver < 0:
                    continue
                if use in asked or _sources(code, receiver) & asked:
                    return True
            elif kind == "binary" and program.ops[use].name in ("-", "/"):
                other = next((a for a in args if a != here), -1)
                if use in asked and other >= 0 and _root(code, other) == _root(code, statistic) != "":
                    return True
    return False


def _sources(code: Code, op: int) -> set[int]:
    """The definitions of the variable that an expression takes a part of."""
    while code.program.ops[op].kind in ("attribute", "subscript") and code.program.args[op]:
        op = code.program.args[op][0]
    return set(code.program.args[op]) if code.program.ops[op].kind == "load" else set()


def _root(code: Code, op: int) -> str:
    """The variable at the left end of an expression."""
    program = code.program
    while program.ops[op].kind in ("attribute", "subscript", "call", "binary") and program.args[op] and program.args[op][0] >= 0:
        op = program.args[op][0]
    return program.ops[op].name if program.ops[op].kind == "load" else ""


def _always_run(world: World, sides: Sides, op: int, seen: frozenset[int]) -> bool:
    """Whether some handler comes to an operation without a parameter of a function on the way being asked."""
    code = world.code
    if by_flag(code, op):
        return False
    holder = code.holder(op)
    if holder in sides.handlers:
        return True
    scope = code.program.scope_id(op)
    callers = [c for c in sorted(code.resolver.callers.get(scope, ())) if c not in seen and code.holder(c) in sides.serving]
    return any(_always_run(world, sides, c, seen | {op}) for c in callers)


def by_flag(code: Code, op: int) -> bool:
    """Whether a condition on a parameter of its own function decides about an operation: the serving call may switch it off."""
    program = code.program
    own = set(program.params(program.scope_id(op)))
    for condition in code.checks.guards(op):
        waiting, seen = [condition], set[int]()
        while waiting:
            current = waiting.pop()
            if current in seen or current < 0:
                continue
            seen.add(current)
            if current in own:
                return True
            if program.ops[current].kind in EXPRESSION:
                waiting.extend(program.args[current])
    return False
