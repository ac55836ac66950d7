"""The columns that a model is asked by where it serves, beside those that it was trained on: others, fewer, or in another order."""

from __future__ import annotations

from collections.abc import Callable

from mlrubric.graph.column_names import ColumnNames
from mlrubric.graph.parts.seen import Seen

STEPS = 12
MADE = frozenset({"DataFrame", "from_records", "array", "asarray", "from_dict"})
SHOWN = 4
Columns = tuple[str, ...]


def mark_asked_columns(seen: Seen, trained: dict[int, Columns], chosen: Callable[[int, int], Columns | None]) -> None:
    """`asks` on predictions: `others` when the columns are not those of the training, `order` when only their order differs. `trained` are
    the columns of trainings where they are known, `chosen` those that a frame is selected by."""
    code, graph = seen.code, seen.world.graph
    if not trained:
        return
    names = seen.world.column_names
    fits = {one.op: one.fit for one in seen.trainings}
    for op, meaning in sorted(code.meanings.all().items()):
        data = meaning.arguments.get("@data", -1)
        if "model.predict" not in meaning.roles or data < 0 or code.tested(op) or "model.fit" in meaning.roles:
            continue
        state = seen.all_bits((code.program.args[op][0], meaning.arguments.get("@model", -1)))
        known = {fits.get(f, f) for f in seen.layout.of(state, "fitted")}
        unit = code.program.unit_of[op]
        of = sorted(known & trained.keys()) if known else sorted(trained) if len(trained) == 1 else []
        of = [f for f in of if code.program.unit_of[f] != unit]
        if len({trained[f] for f in of}) != 1 or (known and not known <= trained.keys()):
            continue
        asked = chosen(data, op) or _made(seen, names, data)
        if asked is None or asked == trained[of[0]]:
            continue
        attributes = graph.nodes[seen.node(op)].attributes
        missing = [c for c in trained[of[0]] if c not in asked]
        more = [c for c in asked if c not in trained[of[0]]]
        if not missing and not more and len(asked) == len(trained[of[0]]):
            first = next(i for i, (a, b) in enumerate(zip(asked, trained[of[0]], strict=True)) if a != b)
            attributes.update(asks="order", columns=f"`{asked[first]}` stands where the training has `{trained[of[0]][first]}`")
        elif len(set(asked) & set(trained[of[0]])) * 2 >= len(trained[of[0]]):
            said = ([f"without {_listed(missing)}"] if missing else []) + ([f"with {_listed(more)} besides"] if more else [])
            attributes.update(asks="others", columns=" and ".join(said) or "with one column twice")
        else:
            continue
        attributes["toward"] = str(seen.node(of[0]))


def _listed(columns: list[str]) -> str:
    shown = [f"`{name}`" for name in columns[:SHOWN]]
    return ", ".join(shown) + (f" and {len(columns) - SHOWN} more" if len(columns) > SHOWN else "")


def _made(seen: Seen, names: ColumnNames, data: int) -> Columns | None:
    """The columns of a frame or array that is written out: by the keys of a dict, by a list of names, or value by value."""
    program, op = seen.code.program, data
    for _ in range(STEPS):
        if op < 0:
            return None
        facts, args = program.ops[op], program.args[op]
        if facts.kind in ("load", "assign"):
            if len(args) != 1 or _changed(seen, op):
                return None
            op = args[0]
        elif facts.kind == "call":
            callee = args[0]
            if callee < 0 or program.ops[callee].name not in MADE:
                return None
            columns = program.keyword(op, "columns")
            if columns >= 0:
                return names.several(columns)
            positional = program.positional(op)
            if len(positional) > 1:
                return None
            op = positional[0] if positional else program.keyword(op, "data")
        elif facts.kind == "container" and len(args) == 1 and args[0] >= 0:
            op = args[0]
        elif facts.kind == "container" and len(args) > 1:
            values = [_value(seen, a) for a in args]
            return tuple(v for v in values if v) if all(values) else None
        elif facts.kind == "dict":
            keys = [names.of(k) if k >= 0 else None for k in args[::2]]
            return tuple(k[0] for k in keys if k) if all(keys) and len(keys) > 1 else None
        else:
            return None
    return None


def _changed(seen: Seen, load: int) -> bool:
    """Whether columns are stored in a variable after it was made."""
    program, uses = seen.code.program, seen.code.resolver.uses
    if program.ops[load].kind != "load":
        return False
    return any(
        program.ops[use].kind in ("store_subscript", "delete") and program.args[use][0] == other
        for definition in program.args[load]
        for other in uses[definition]
        for use in uses[other]
    )


def _value(seen: Seen, op: int) -> str:
    """The name that a value goes by: the field of a request, the key of a dict, the variable or parameter; "" for anything else."""
    program = seen.code.program
    for _ in range(4):
        facts, args = program.ops[op], program.args[op]
        if facts.kind == "attribute":
            return facts.name
        if facts.kind == "subscript" and len(args) > 1 and isinstance(program.ops[args[1]].value, str):
            return str(program.ops[args[1]].value)
        if facts.kind == "load":
            return facts.name
        if facts.kind == "call" and len(args) == 2 and args[1] >= 0:
            op = args[1]  # float(row["x"])
        else:
            return ""
    return ""
