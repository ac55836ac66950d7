"""What the functions and tests of the project are about: feature code, model code, and the tests that exercise them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from mlrubric.graph.clauses import VALUE, Clauses
from mlrubric.graph.code import is_test_code
from mlrubric.graph.feature_code import on_the_way
from mlrubric.graph.graph import FLOWS, RUNS, Graph
from mlrubric.graph.hollow import mark_hollow
from mlrubric.graph.only_asked import only_asked
from mlrubric.graph.questions import after_training, looks_at_own_model, only_asks_kind
from mlrubric.graph.values import number
from mlrubric.graph.world import World

FEATURE = frozenset(
    {"transform.fit", "transform.apply", "transform.fit_apply", "transform.stateless", "data.derive", "data.join", "feature.define"}
)
CHANGES = frozenset({"transform.fit", "transform.apply", "transform.fit_apply", "transform.stateless"})
ASKED = frozenset({"data.derive", "transform.stateless"})  # what a check looks by at its rows is no feature
MODEL = frozenset({"model.build", "model.fit", "model.loss", "model.tune"})
ENOUGH = 0.8
USE = frozenset({"model.predict", "model.load", "model.evaluate"})


def mark_subjects(world: World) -> None:
    """Roles `code.feature`, `code.model`, `code.serve` on functions, and `test.feature`, `test.model`, `test.serve`, ... on tests that
    reach them and can fail."""
    graph = world.graph
    own: dict[int, set[str]] = {}
    for node in world.code.node_op:
        op, roles = world.code.node_op[node], set(graph.nodes[node].roles)
        if roles & ASKED and only_asked(world.code, op):
            roles -= ASKED
        own.setdefault(world.code.holder(op), set()).update(roles)
    between = set(on_the_way(graph, world.code))
    leading_on = _leading_on(world)
    above = graph.sweep(graph.with_role("model.fit", "model.tune", "model.predict", "model.evaluate"), frozenset({"call"}), back=True)
    for function in graph.of_kind("function"):
        roles = own.get(function, set())
        if (
            (roles & (CHANGES if roles & USE or function in above else FEATURE) or (function in between and function not in above))
            and not roles & {"model.fit", "model.tune"}
            and not is_test_code(graph.nodes[function].place.path)
        ):
            graph.give(function, "code.feature")
            aside = roles & USE or _only_wires(world, function, roles) or not (function in between or function in leading_on)
            graph.nodes[function].attributes["derives"] = "false" if aside else "true"
            graph.nodes[function].attributes["between"] = _flag(function in between)
        if roles & MODEL and not is_test_code(graph.nodes[function].place.path):
            graph.give(function, "code.model")
        if {"model.load", "model.predict"} <= roles and not roles & (MODEL | {"model.evaluate"}):
            graph.give(function, "code.predict")
    leading = _Leading(world)
    for test in graph.of_kind("test"):
        if "declared" not in graph.nodes[test].attributes:  # one that a file of another tool states is what its link says
            _mark_test(world, test, leading)
    _mark_share(world)
    _mark_shared(world)
    _mark_whole(world)
    _mark_baselines(world)
    _mark_requests(world)


def _leading_on(world: World) -> set[int]:
    """What holds operations whose data comes to a training or a prediction: not what only draws, analyses or compares."""
    graph, code = world.graph, world.code
    goals = [n for n in graph.with_role("model.fit", "model.tune", "model.predict") if not is_test_code(graph.nodes[n].place.path)]
    return {code.holder(code.node_op[n]) for n in graph.sweep(goals, FLOWS, back=True) if n in code.node_op}


def _only_wires(world: World, function: int, roles: set[str]) -> bool:
    """A function that reads a file, hands it to the project's functions and writes a file."""
    graph = world.graph
    calls = any(graph.nodes[e.target].kind == "function" for e in graph.successors(function, frozenset({"call"})))
    return calls and {"data.read", "data.write"} <= roles and not roles & {"transform.fit", "transform.fit_apply"}


def _mark_share(world: World) -> None:
    """`tested` on feature code; `share` on the tests of features: most (four of five functions or more are reached by tests that can
    fail), or some. Where only tests that train or ask the service reach a function, it counts half."""
    graph = world.graph
    every = [n for n in graph.with_role("code.feature") if graph.nodes[n].kind == "function"]
    features = [n for n in every if graph.nodes[n].attributes["derives"] == "true"] or every
    features = [n for n in features if not graph.nodes[n].place.path.endswith(".ipynb")] or features  # the pipeline is elsewhere
    tests = [n for n in graph.with_role("test.feature") if graph.nodes[n].kind == "test"]
    kinds = frozenset({"call"})
    reached = graph.sweep(tests, kinds)
    closely = graph.sweep([n for n in tests if not _whole(graph, n)], kinds)
    for node in every:
        graph.nodes[node].attributes["tested"] = "true" if node in reached else "false"
    share = sum((n in reached) + (n in closely) for n in features) / 2 / len(features) if features else 0.0
    for node in tests:
        graph.nodes[node].attributes.setdefault("share", "most" if share >= ENOUGH else "some")


def _whole(graph: Graph, number: int) -> bool:
    """Whether a test runs the pipeline rather than a part of it: it trains, asks the service, or only looks at what a model says."""
    test = graph.nodes[number]
    if test.attributes.get("does.model.fit") == "true" or "test.serve" in test.roles:
        return True
    checks = [graph.nodes[e.target] for e in graph.successors(number, frozenset({"call"})) if "check" in graph.nodes[e.target].roles]
    return bool(checks) and all(USE & check.about for check in checks)


def _mark_baselines(world: World) -> None:
    """`evaluated` on simple models that are evaluated, while another kind of model is as well: a dummy anywhere, a linear one by the same
    code."""
    graph = world.graph
    guesses = [n for n in graph.with_role("model.baseline") if not is_test_code(graph.nodes[n].place.path)]
    built = [n for n in graph.with_role("model.build") if n not in guesses and not is_test_code(graph.nodes[n].place.path)]
    measures = {n: frozenset(m for m in graph.sweep([n], FLOWS) if "model.evaluate" in graph.nodes[m].roles) for n in (*guesses, *built)}
    rivals = {graph.nodes[n].api for n in built if measures[n]}
    for node in guesses:
        graph.nodes[node].attributes["evaluated"] = _flag(bool(rivals - {graph.nodes[node].api} and measures[node]))
    by_measure: dict[int, list[int]] = {}
    for node in built:
        for measure in measures[node]:
            by_measure.setdefault(measure, []).append(node)
    for together in by_measure.values():
        together = [n for n in together if not _wraps(world, n)]
        for node in together:
            rich = [n for n in together if "model.simple" not in graph.nodes[n].roles and not _either_or(world, node, n)]
            if rich and "model.simple" in graph.nodes[node].roles:
                graph.nodes[node].attributes["evaluated"] = "true"


def _either_or(world: World, one: int, other: int) -> bool:
    """Whether two models stand on the two sides of one condition: a run makes only one of them."""
    program, ops = world.code.program, (world.code.node_op[one], world.code.node_op[other])
    if program.unit(ops[0]) is not program.unit(ops[1]):
        return False
    sides = [
        {(b.test, b.kind) for n in program.blocks_around(op) if (b := program.blocks[n]).kind in ("if", "else") and b.test >= 0}
        for op in ops
    ]
    return any((test, "else" if kind == "if" else "if") in sides[1] for test, kind in sides[0])


def _wraps(world: World, node: int) -> bool:
    """Whether a model is made around others: a pipeline, a search."""
    op = world.code.node_op.get(node)
    meaning = world.code.meanings.of(op) if op is not None else None
    return "model.tune" in world.graph.nodes[node].roles or (meaning is not None and bool({"@steps", "@model"} & meaning.arguments.keys()))


def _mark_requests(world: World) -> None:
    """`check.request` on handlers whose requests are validated: a parameter is a declared model (`clause` says when it has rules on
    values), or what comes in is checked inside."""
    graph, code = world.graph, world.code
    clauses = Clauses(code) if graph.with_role("serve.handle") else None
    for scope, node in sorted(code.scope_node.items()):
        if clauses is None or "serve.handle" not in graph.nodes[node].roles:
            continue
        for parameter in code.program.params(scope):
            for value in code.resolver.of(parameter):
                if value[0] == "instance" and any(
                    "data.validate" in _roles_of(world, base) for base in code.resolver.mro(number(value))[1]
                ):
                    graph.give(node, "check.request")
                    if clauses.in_class(number(value)) == VALUE:
                        graph.nodes[node].attributes["clause"] = VALUE
        if "check.request" not in graph.nodes[node].roles and _checked_inside(world, scope, node):
            graph.give(node, "check.request")


def _checked_inside(world: World, scope: int, handler: int) -> bool:
    """Whether a handler, or what it calls, validates what the request brings before it predicts: not its own answer."""
    graph, code = world.graph, world.code
    reached = graph.sweep([handler], frozenset({"call"}))
    checks = [n for n in reached if "data.validate" in graph.nodes[n].roles and n in code.node_op]
    params = set(code.program.params(scope))
    for check in checks:
        op = code.node_op[check]
        if "model.predict" in code.about(op) or code.program.ops[op].kind == "function":
            continue
        behind = code.flow.reach([op], back=True)
        if params & behind.keys() or any(_is_request(world, b) for b in behind):
            return True
    return False


def _is_request(world: World, op: int) -> bool:
    """Whether an operation takes what a request brings, where the framework has it as a global object."""
    meaning = world.code.meanings.of(op)
    return meaning is not None and "data.read" in meaning.roles and ".request." in meaning.api


def _roles_of(world: World, name: str) -> tuple[str, ...]:
    kind = world.code.meanings.catalogue.type(name)
    return kind.constructor.roles if kind is not None else ()


def _mark_shared(world: World) -> None:
    """`code.shared` on feature code that both the training and the serving side run."""
    graph = world.graph
    fits = [n for n in graph.with_role("model.fit") if not is_test_code(graph.nodes[n].place.path)]
    tops = [n for n in graph.sweep(fits, RUNS, back=True) if graph.nodes[n].kind in ("function", "module", "notebook")]
    training = graph.sweep(tops, frozenset({"call"}))
    feeding = graph.sweep(fits, FLOWS, back=True)
    training |= dict.fromkeys((world.code.holder(world.code.node_op[n]) for n in feeding if n in world.code.node_op), -1)
    handlers = [n for n in graph.with_role("serve.handle") if graph.nodes[n].kind == "function"]
    handlers += graph.with_role("code.predict")
    serving = graph.sweep(handlers, frozenset({"call"}))
    for node in graph.with_role("code.feature"):
        if node in training and node in serving and not is_test_code(graph.nodes[node].place.path):
            graph.give(node, "code.shared")


def _mark_whole(world: World) -> None:
    """`code.shared` on loads at serving of a pipeline that was saved whole: what the training did to the columns is in it."""
    graph, code = world.graph, world.code
    whole = [
        n for n in graph.with_role("model.save", "run.log_model", "model.register")
        if n in code.node_op and not is_test_code(graph.nodes[n].place.path) and _is_pipeline(world, code.node_op[n])
    ]  # fmt: skip
    if not whole:
        return
    serving = graph.sweep([*graph.with_role("serve.handle"), *graph.with_role("code.predict")], frozenset({"call"}))
    paths = {graph.nodes[n].place.path for n in serving}
    tops = [n for n in graph.of_kind("module") if graph.nodes[n].place.path in paths]  # what a service does when it starts
    serving |= graph.sweep(tops, frozenset({"call"}))
    files = frozenset({"write", "read", "join"})
    for node in graph.sweep(whole, files):
        if "model.load" not in graph.nodes[node].roles or node not in code.node_op or is_test_code(graph.nodes[node].place.path):
            continue
        if code.holder(code.node_op[node]) in serving:
            graph.give(node, "code.shared")


def _is_pipeline(world: World, save: int) -> bool:
    """Whether what is saved is made of steps, one of which changes columns."""
    code = world.code
    meaning = code.meanings.of(save)
    held = meaning.arguments.get("@model", -1) if meaning is not None else -1
    for value in code.resolver.of(held) if held >= 0 else ():
        kind = code.meanings.catalogue.type(str(value[1])) if value[0] == "object" else None
        if kind is not None and kind.constructor.param("@steps") is not None:
            return bool({"transform.build", "transform.fit"} & code.about(save))
    return False


class _Leading:
    """Which nodes lead to what, by calls and imports: one sweep backwards for each question, whatever the number of tests."""

    def __init__(self, world: World) -> None:
        graph = self.graph = world.graph
        hollow = mark_hollow(world)
        checks = [n for n in graph.with_role("check") if is_test_code(graph.nodes[n].place.path) and n not in hollow]
        own = (n for n in graph.of_kind("function") if not is_test_code(graph.nodes[n].place.path))
        asserting = [*checks, *(n for n in graph.with_role("test.assert") if n not in hollow)]  # `raises` and mocks' own count as well
        self.asserting = self._to(asserting)
        self.unheard = [n for n in asserting if "unheard" in graph.nodes[n].attributes]
        heard = (n for n in asserting if "unheard" not in graph.nodes[n].attributes)
        self.heard = graph.sweep(heard, ("call", "import"), back=True, allow=lambda edge: not edge.blocked and not edge.loss).keys()
        self.own_code = self._to(own)
        trained = after_training(world.code, checks)
        looking = [n for n in checks if graph.nodes[n].about & (MODEL | USE) or n in trained]
        self.checking = self._to(looking)
        self.deeply = self._to(n for n in looking if not only_asks_kind(world.code, n))
        features = (n for n in graph.with_role("code.feature") if graph.nodes[n].kind == "function")
        self.feature = self._to(features, ("call",))  # what an import runs is not what is tested
        self.model = self.role(*MODEL, "code.model")
        functions = (n for n in graph.with_role("code.model") if graph.nodes[n].kind == "function")
        built = [n for n in looking if looks_at_own_model(world.code, n)]
        self.made = self._to(built)
        self.model_code = self._to([*functions, *built], ("call",))
        self.use = self.role(*USE)
        self.explaining = self._to([n for n in graph.with_role("model.explain") if not is_test_code(graph.nodes[n].place.path)], ("call",))
        self.serve = self.role("serve.client", "serve.handle")
        self.needs = {role: self.role(role) for role in ("data.read", "model.fit", "model.predict")}

    def role(self, *roles: str) -> Collection[int]:
        """Nodes that run or import a function or operation with one of the roles."""
        return self._to(n for n in self.graph.with_role(*roles) if self.graph.nodes[n].kind in ("function", "op"))

    def _to(self, goals: Iterable[int], kinds: Collection[str] = ("call", "import")) -> Collection[int]:
        return self.graph.sweep(goals, kinds, back=True, allow=lambda edge: not edge.blocked).keys()


def _mark_test(world: World, test: int, leading: _Leading) -> None:
    graph = world.graph
    attributes = graph.nodes[test].attributes
    attributes["asserts"] = _flag(test in leading.asserting)
    attributes["own_code"] = _flag(test in leading.own_code)
    if test not in leading.asserting:
        attributes["runs_training"] = _flag(test in leading.needs["model.fit"])
        return
    if test not in leading.heard:
        path = graph.nodes[test].place.path
        said = (graph.nodes[n].attributes["unheard"] for n in leading.unheard if graph.nodes[n].place.path == path)
        attributes.update(acts="none", untold=next(said, "what its assertions raise is swallowed"))
    attributes["model_code"] = _flag(test in leading.model_code)
    attributes["model_checked"] = _flag(test in leading.checking)
    if test in leading.feature:
        graph.give(test, "test.feature")
        direct = (graph.nodes[e.target].roles for e in graph.successors(test, RUNS))
        attributes["direct"] = _flag(any("code.feature" in roles for roles in direct))
    attributes["explains"] = _flag(test in leading.explaining)
    attributes["model_asked"] = "values" if test in leading.deeply else "kind" if test in leading.checking else "no"
    if test in leading.model or test in leading.made:
        graph.give(test, "test.model")
    if test in leading.use:
        graph.give(test, "test.prediction")
    if test in leading.serve:
        graph.give(test, "test.serve")
    for role, nodes in leading.needs.items():
        attributes[f"does.{role}"] = _flag(test in nodes)
    if test in leading.needs["model.fit"] and (test in leading.needs["model.predict"] or test in leading.needs["data.read"]):
        graph.give(test, "test.pipeline")


def _flag(holds: bool) -> str:
    return "true" if holds else "false"
