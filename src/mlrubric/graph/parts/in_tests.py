"""What tests teach: a transformer that is fitted to the very rows a model from a file is judged by, and the model itself when a test trains
it on and writes it back."""

from __future__ import annotations

from mlrubric.graph.meaning import Meaning
from mlrubric.graph.parts.carry import Inside
from mlrubric.graph.parts.seen import Seen

LEARNS = frozenset({"transform.fit", "transform.fit_apply"})


def mark_taught_in_tests(seen: Seen, bits: list[int], inside: Inside) -> None:
    """`fits_on` = asked or kept on fits in test code; `bits` are those of every operation when tests are run as well."""
    code, graph, loaded = seen.code, seen.world.graph, seen.layout.all("loaded")
    if not loaded:
        return
    meanings = sorted(code.meanings.all().items())
    own = code.flow.reach([op for op, m in meanings if "model.fit" in m.roles and code.tested(op)])  # models that the tests train
    of_files = [(op, m) for op, m in meanings if op not in own and "model.fit" not in m.roles and _of(seen, op, m, bits) & loaded]
    judged = [op for op, m in of_files if "model.evaluate" in m.roles]
    asked = [op for op, m in of_files if "model.predict" in m.roles]
    saves = [op for op, m in meanings if "model.save" in m.roles and code.tested(op)]
    for op, meaning in meanings:
        roles = set(meaning.roles)
        if not code.tested(op) or not inside.useful[op] or not roles & (LEARNS | {"model.fit"}):
            continue
        if roles & LEARNS and (judged or asked) and "categories" not in code.meanings.traits(meaning):
            reached = code.flow.reach([op])
            by = next((o for o in (*judged, *asked) if o in reached), -1)
            alone = not any("model.fit" in code.meanings.roles(o) for o in reached)
            if by >= 0 and alone and not _learned_alike(seen, meaning, bits):
                graph.nodes[seen.node(op)].attributes.update(fits_on="asked", toward=str(seen.node(by)))
        elif "model.fit" in roles and _of(seen, op, meaning, bits) & loaded:
            reached = code.flow.reach([op])
            kept = next((o for o in saves if o in reached or _of(seen, o, code.meanings.all()[o], bits) & _of(seen, op, meaning, bits)), -1)
            if kept >= 0:
                graph.nodes[seen.node(op)].attributes.update(fits_on="kept", toward=str(seen.node(kept)))


def _learned_alike(seen: Seen, meaning: Meaning, bits: list[int]) -> bool:
    """Whether the training has fitted such a transformer to all rows of the same source: what it knows is the same again."""
    data = meaning.arguments.get("@data", -1)
    rows = bits[data] & seen.layout.all("root") if data >= 0 else 0
    for one in seen.learners:
        known = seen.code.meanings.of(one.op)
        if known is not None and known.kind == meaning.kind and seen.part(one.data) == "whole" and seen.bits[one.data] & rows:
            return True
    return False


def _of(seen: Seen, op: int, meaning: Meaning, bits: list[int]) -> int:
    """The bits of the model that an operation is of."""
    found = 0
    for one in (*seen.code.program.args[op][:1], *(meaning.arguments.get(role, -1) for role in ("@model", "@predictions"))):
        found |= bits[one] if one >= 0 else 0
    return found
