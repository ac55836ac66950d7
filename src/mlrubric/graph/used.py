"""What becomes of a result: whether a search's choice is trained with, and whether what is checked is what is predicted on."""

from __future__ import annotations

from mlrubric.graph.code import Code, is_test_code
from mlrubric.graph.definitions import origin
from mlrubric.graph.graph import FLOWS, RUNS
from mlrubric.graph.values import number
from mlrubric.graph.world import World

KEPT = frozenset({"model.save", "model.register"})
TRAINED = KEPT | {"model.build", "model.fit", "run.log_model", "model.predict"}
COMING = frozenset({"data.read", "artifact.download", "feature.serve"})


def mark_used(world: World) -> None:
    """`chosen` on searches whose best parameters or best model reach a model, `serving_data` on checks of what is predicted on."""
    _mark_choices(world)
    _mark_pruned(world)
    _mark_worth(world)
    _mark_inputs(world)
    _mark_fetched(world)


def _mark_fetched(world: World) -> None:
    """`serves` on features that are fetched from a store: training, serving, or nothing that is seen. `bypasses` on predictions for
    requests that get theirs otherwise while only the training asks the store."""
    graph, code = world.graph, world.code
    fetched: dict[str, list[int]] = {}
    from_store: set[int] = set()
    serving = graph.sweep([*graph.with_role("code.predict"), *graph.with_role("serve.handle")], frozenset({"call"}))
    for node in graph.with_role("feature.serve"):
        op = code.node_op.get(node)
        if op is None or is_test_code(graph.nodes[node].place.path):
            continue
        later = graph.sweep([node], FLOWS)
        trains = any({"model.fit", "model.tune"} & set(graph.nodes[n].roles) for n in later)
        answers = code.holder(op) in serving or any("model.predict" in graph.nodes[n].roles for n in later)
        serves = "training" if trains else "serving" if answers else "none"
        graph.nodes[node].attributes["serves"] = serves
        fetched.setdefault(serves, []).append(node)
        from_store |= graph.sweep([node], FLOWS, stop=graph.with_role("model.fit", "model.tune")).keys()  # as rows, not as a model
    if fetched.keys() != {"training"}:
        return
    answering = graph.sweep(
        [n for n in graph.with_role("serve.handle") if not is_test_code(graph.nodes[n].place.path)], frozenset({"call"})
    )
    for node in graph.with_role("model.predict"):
        if node in code.node_op and node not in from_store and code.holder(code.node_op[node]) in answering:
            graph.nodes[node].attributes["bypasses"] = str(fetched["training"][0])


def _mark_choices(world: World) -> None:
    """What a search tries out itself, in the function that it is given, is not yet its choice. `search`: prepared, when another call
    that searches comes of it, or run."""
    graph, code = world.graph, world.code
    searches = [code.node_op[n] for n in graph.with_role("model.tune") if n in code.node_op]
    tried = [code.scope_node[number(t)] for op in searches for t in code.resolver.targets.get(op, ()) if t[0] in ("function", "callback")]
    trials = graph.sweep(tried, RUNS)
    for node in graph.with_role("model.tune.single"):
        graph.nodes[node].attributes["chosen"] = "true"  # by the fit itself
    for node in graph.with_role("model.tune"):
        reached = graph.sweep([node], FLOWS)
        later = [n for n in reached if "model.tune" not in graph.nodes[n].roles and not is_test_code(graph.nodes[n].place.path)]
        used = any((KEPT if n in trials else TRAINED) & set(graph.nodes[n].roles) for n in later)
        graph.nodes[node].attributes["chosen"] = "true" if used else "false"
        graph.nodes[node].attributes["candidates"] = "one" if _single(code, node) else "several"
        further = any("model.tune" in graph.nodes[n].roles for n in reached if n != node)
        graph.nodes[node].attributes["search"] = "prepared" if further else "run"


def _single(code: Code, node: int) -> bool:
    """Whether a search is given a grid in which every list has one value."""
    op = code.node_op.get(node, -1)
    meaning = code.meanings.of(op) if op >= 0 else None
    if meaning is not None and "@params" not in meaning.arguments and code.program.receiver(op) >= 0:
        meaning = code.meanings.of(origin(code, code.program.receiver(op)))  # what is fitted was made elsewhere
    grid = meaning.arguments.get("@params", -1) if meaning is not None else -1
    made = origin(code, grid) if grid >= 0 else -1
    if made < 0 or code.program.ops[made].kind != "dict":
        return False
    lists = [origin(code, value) if value >= 0 else -1 for value in code.program.args[made][1::2]]
    return bool(lists) and all(one >= 0 and code.program.ops[one].kind == "container" and len(code.program.args[one]) == 1 for one in lists)


def _mark_pruned(world: World) -> None:
    """`chosen` on measures of features that decide what a training learns from; `single` on those inside prediction code: they explain
    one answer."""
    graph, code = world.graph, world.code
    serving = graph.sweep([*graph.with_role("code.predict"), *graph.with_role("serve.handle")], frozenset({"call"}))
    for node in graph.with_role("feature.importance"):
        op = code.node_op.get(node)
        if op is None or is_test_code(graph.nodes[node].place.path):
            continue
        if code.holder(op) in serving:
            graph.nodes[node].attributes["single"] = "true"
        elif graph.nodes[node].attributes.get("pruned") == "true":
            graph.nodes[node].attributes["chosen"] = "true"
        elif "model.fit" not in graph.nodes[node].roles or "sweep" in graph.nodes[node].attributes:
            later = graph.sweep([node], FLOWS)
            fits = [n for n in later if n != node and "model.fit" in graph.nodes[n].roles]
            graph.nodes[node].attributes["chosen"] = "true" if fits else "false"


def _mark_worth(world: World) -> None:
    """`worth_on` on checks of the worth of features. real: measured on rows that are read, or told by a fitted model alone; made up: a test
    measures it on rows of its own; code: a test of the code that measures."""
    graph, code = world.graph, world.code
    for node, check in sorted(code.check_of.items()):
        if "feature.importance" not in graph.nodes[node].about:
            continue
        real = here = False
        for op in code.flow.reach([c for c in check.conditions if c >= 0], back=True):
            measure = code.op_node.get(op)
            if measure is None or "feature.importance" not in graph.nodes[measure].roles:
                continue
            here = here or code.tested(op)
            meaning = code.meanings.of(op)
            rows = meaning.arguments.get("@data", op) if meaning is not None else op
            real = real or bool((COMING if meaning is not None else COMING | {"model.load"}) & code.about(rows))
        graph.nodes[node].attributes["worth_on"] = "real" if real else "made up" if here else "code"


def _mark_inputs(world: World) -> None:
    """A check of data looks at serving inputs when they are what a prediction outside of training and evaluation is made on."""
    graph, code = world.graph, world.code
    serving = graph.sweep([*graph.with_role("code.predict"), *graph.with_role("serve.handle")], frozenset({"call"}))
    predictions = [
        n for n in graph.with_role("model.predict")
        if n in code.node_op and code.holder(code.node_op[n]) in serving and not is_test_code(graph.nodes[n].place.path)
    ]  # fmt: skip
    inputs = graph.sweep(predictions, FLOWS, back=True)
    sources = [n for n in inputs if COMING & set(graph.nodes[n].roles)]
    looked_at = graph.sweep(sources, FLOWS)  # an assertion gives nothing on: what it looks at is predicted on as well
    calls = frozenset({"call"})
    above = [n for n in graph.sweep(serving, calls, back=True) if graph.nodes[n].kind in ("function", "module", "notebook")]
    together = graph.sweep([n for n in above if not is_test_code(graph.nodes[n].place.path)], calls)
    for node in graph.with_role("data.validate"):
        if not is_test_code(graph.nodes[node].place.path):
            looks = node in inputs or node in looked_at
            graph.nodes[node].attributes["serving_data"] = "true" if looks and node in together else "false"
