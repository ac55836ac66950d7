"""Rows in the order of time: what shows that data is a series, and splits that mix its past with its future."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlrubric.graph.code import Code, is_test_code
from mlrubric.graph.meaning import Meaning
from mlrubric.graph.parts.layout import GROUPED, SERIES, SORTED
from mlrubric.graph.parts.pieces import TEST, TRAIN, Split
from mlrubric.graph.parts.seen import Seen
from mlrubric.graph.values import number, texts
from mlrubric.source.syntax.sql import is_sql

CALENDAR = "time"
CLOCK = frozenset({"year", "month", "day", "hour"})
ENTITY = re.compile(r"(?:[_\s-]|[a-z](?=I))id$|^id[_A-Z]|(?:[_\s-]|^)uuid$", re.IGNORECASE)
LAG = re.compile(r"\blag\s*\(|\b(?:avg|sum|min|max|stddev\w*)\s*\([^()]*\)\s*over\s*\([^)]*\border\s+by\b", re.IGNORECASE)
ROWWISE = frozenset({"transform", "cumcount", "cumsum", "cummax", "cummin", "rank", "ffill", "bfill"})


def series(code: Code) -> dict[int, int]:
    """Operations that show an order in time: values of rows before or after, a calendar, and sorting by a column of times."""
    found: dict[int, int] = {}
    sorting: list[int] = []
    joining: list[int] = []
    indexing: list[int] = []
    for op, meaning in sorted(code.meanings.all().items()):
        traits = code.meanings.traits(meaning)
        if "window" in traits:
            found[op] = SERIES
        elif "groups" in traits and any(ENTITY.search(text) for a in _arguments(code, op) for text in texts(code.resolver.of(a))):
            found.update((use, GROUPED) for use in _spread(code, op))
        elif "order" in traits:
            sorting.append(op)
        elif "indexes" in traits:
            indexing.append(op)
        elif (
            ("@times" in meaning.arguments and code.program.keyword(op, "index_col") >= 0)
            or _clockwork(code, op)
            or _lagged(code, op, meaning)
        ):
            found[op] = SERIES
        elif "data.join" in meaning.roles and code.program.keyword(op, "on") >= 0:
            joining.append(op)
    times = _times(code) if sorting or joining else frozenset()
    for op in joining:  # a row for each moment
        keys = texts(code.resolver.of(code.program.keyword(op, "on")))
        if len(keys) == 1 and (code.program.unit_of[op], keys[0]) in times:
            found[op] = SERIES
    indexed = code.flow.reach([op for op in indexing if _by_times(code, op, times)] if sorting else [])
    for op in sorting:
        if _by_times(code, op, times) or (op in indexed and not any(True for _ in _arguments(code, op))):
            found[op] = found.get(op, 0) | SORTED
    for op, facts in enumerate(code.program.ops):
        index = facts.kind == "store_attribute" and facts.name == "index" and _of_times(code, code.program.args[op][1])
        window = facts.kind == "subscript" and len(code.program.args[op]) > 1 and _window(code, code.program.args[op][1])
        if index or window:
            found[op] = SERIES
    return found


def _lagged(code: Code, op: int, meaning: Meaning) -> bool:
    """Whether rows are read by a statement that gives them the values of the rows before them."""
    said = (t for a in _arguments(code, op) for t in texts(code.resolver.of(a))) if "data.read" in meaning.roles else ()
    return any(is_sql(text) and LAG.search(text) is not None for text in said)


def _by_times(code: Code, op: int, times: frozenset[tuple[int, str]]) -> bool:
    """Whether a call names a column of times."""
    return any((code.program.unit_of[op], text) in times for a in _arguments(code, op) for text in texts(code.resolver.of(a)))


def _clockwork(code: Code, op: int) -> bool:
    """Whether a call names columns that tell year, month, day and hour apart: rows of a clock."""
    for argument in code.program.args[op][1:]:
        if argument >= 0 and code.program.ops[argument].kind == "container" and len(code.program.args[argument]) >= len(CLOCK):
            named = {text.lower() for e in code.program.args[argument] if e >= 0 for text in texts(code.resolver.of(e))}
            if named >= CLOCK:
                return True
    return False


def _of_times(code: Code, value: int) -> bool:
    """Whether a value is made of moments: by its own call, or by the function that is applied to each row."""
    program = code.program
    for op in code.flow.reach([value], back=True, stop=lambda o: program.ops[o].kind in ("load", "param")):
        functions = [number(v) for a in program.args[op][1:] if a >= 0 for v in code.resolver.of(a) if v[0] == "function"]
        made = [op, *(o for scope in functions for returned in program.returns(scope) for o in program.args[returned] if o >= 0)]
        if any((meaning := code.meanings.of(o)) is not None and CALENDAR in code.meanings.traits(meaning) for o in made):
            return True
    return False


def _window(code: Code, index: int) -> bool:
    """Whether an index takes the rows around the one that a loop has come to, step by step: `rows[i - 24:i]`."""
    program = code.program
    if program.ops[index].kind == "container" and program.args[index]:
        index = program.args[index][0]
    if program.ops[index].kind != "slice":
        return False
    lower, upper, _ = program.args[index]
    if lower < 0 or upper < 0:
        return False
    first, last = _step(code, lower), _step(code, upper)
    return first is not None and last is not None and first[0] == last[0] and first != last


def _step(code: Code, bound: int) -> tuple[tuple[int, ...], bool] | None:
    """The loop variable that a bound counts from, and whether something is added to it or taken away."""
    program, moved = code.program, False
    while program.ops[bound].kind == "binary" and program.ops[bound].name in ("+", "-"):
        moved, bound = True, program.args[bound][0]
    if program.ops[bound].kind != "load" or len(program.args[bound]) != 1:
        return None
    held = program.args[bound]
    value = program.args[held[0]][0] if program.ops[held[0]].kind == "assign" and program.args[held[0]] else -1
    if value < 0 or program.ops[value].kind != "element":
        return None
    counted = program.args[value][0]
    called = program.ops[counted].kind == "call" and ("external", "builtins.range") in code.resolver.of(program.args[counted][0])
    return (held, moved) if called and len(program.positional(counted)) < 3 else None


def _spread(code: Code, groups: int) -> Iterator[int]:
    """The calls that give every row something of its group: `groupby("user_id")["x"].transform("mean")`."""
    program = code.program
    for use in code.flow.reach([groups], stop=lambda o: program.ops[o].kind in ("assign", "store_subscript")):
        callee = program.args[use][0] if program.ops[use].kind == "call" else -1
        if callee >= 0 and program.ops[callee].kind == "attribute" and program.ops[callee].name in ROWWISE:
            yield use


def _arguments(code: Code, op: int) -> Iterator[int]:
    """The arguments of a call and the elements of lists among them."""
    for argument in code.program.args[op][1:]:
        if argument >= 0:
            yield argument
            if code.program.ops[argument].kind == "container":
                yield from code.program.args[argument]


def _times(code: Code) -> frozenset[tuple[int, str]]:
    """(module, column) that times are stored in: `frame["day"] = to_datetime(...)`, `parse_dates=["day"]`."""
    found: set[tuple[int, str]] = set()
    for op, facts in enumerate(code.program.ops):
        if facts.kind == "store_subscript" and len(code.program.args[op]) > 2:
            _, index, value = code.program.args[op][:3]
            meaning = code.meanings.of(value)
            if meaning is not None and CALENDAR in code.meanings.traits(meaning):
                found |= {(code.program.unit_of[op], text) for text in texts(code.resolver.of(index))}
    for op, meaning in code.meanings.all().items():
        if "@times" in meaning.arguments:
            argument = meaning.arguments["@times"]
            elements = code.program.args[argument] if code.program.ops[argument].kind == "container" else (argument,)
            found |= {(code.program.unit_of[op], text) for e in elements for text in texts(code.resolver.of(e))}
    return frozenset(found)


def mark_series(seen: Seen) -> None:
    """`order` on splits: mixed when rows in the order of time are shuffled into the parts, kept when they are not."""
    code, graph = seen.code, seen.world.graph
    for split in seen.splits:
        if split.given or is_test_code(code.program.unit(split.op).path):
            continue
        op, mixed = split.op, _drawn(code, split) if split.meaning is None else _shuffles(code, split.meaning)
        maker = _maker(code, split.op) if split.folds else -1
        if maker >= 0:
            op = maker if maker in code.op_node else op
            mixed = _shuffles(code, code.meanings.of(maker)) and (split.meaning is None or "@groups" not in split.meaning.arguments)
        timely = any(seen.bits[a] & (SERIES | SORTED) for a in split.inputs)
        grouped = any(seen.bits[a] & GROUPED for a in split.inputs)
        order = ("mixed" if mixed else _reversed(seen, split)) if timely else "torn" if mixed and grouped else "none"
        if op in code.op_node or order in ("mixed", "reversed", "torn"):
            graph.nodes[seen.node(op)].attributes["order"] = order
    for op, meaning in sorted(code.meanings.all().items()):
        if meaning.entry is None or not meaning.entry.folds or code.tested(op):
            continue
        data, maker = meaning.arguments.get("@data", -1), _splitter(code, _folds(code, op, meaning))
        if data >= 0 and maker in code.op_node and seen.bits[data] & (SERIES | SORTED):
            mixed = _shuffles(code, code.meanings.of(maker))
            graph.nodes[seen.node(maker)].attributes["order"] = "mixed" if mixed else "kept"


def _drawn(code: Code, split: Split) -> bool:
    """Whether the selections of a split are made by chance: a random mask, a permutation, a sample."""

    def sized(op: int) -> bool:
        """How many rows there are does not say which."""
        meaning = code.meanings.of(op)
        return code.program.ops[op].name == "shape" or (meaning is not None and "counts" in code.meanings.traits(meaning))

    for piece in split.pieces:
        chosen = code.program.args[piece][1:] if code.program.ops[piece].kind == "subscript" else (piece,)
        behind = code.flow.reach([c for c in chosen if c >= 0], back=True, stop=sized) if piece not in chosen else {piece: -1}
        if any({"random.use", "data.sample"} & code.meanings.roles(op) and "data.split" not in code.meanings.roles(op) for op in behind):
            return True
    return False


def _reversed(seen: Seen, split: Split) -> str:
    """`reversed` when the training part begins where the test part ends: the past is judged by what learned from the future."""
    program = seen.code.program
    bounds: dict[str, tuple[bool, bool]] = {}
    for piece, part in split.pieces.items():
        index = program.args[piece][1] if program.ops[piece].kind == "subscript" and len(program.args[piece]) > 1 else -1
        if index >= 0 and program.ops[index].kind == "slice":
            lower, upper, step = program.args[index]
            bounds[part] = (lower >= 0, upper >= 0) if step < 0 else (True, True)
    backwards = bounds.get(TEST) == (False, True) and bounds.get(TRAIN) == (True, False)
    return "reversed" if backwards else "kept"


def _folds(code: Code, op: int, meaning: Meaning) -> int:
    """The folds that a cross-validation is given, or the search whose `fit` is called was made with."""
    receiver = code.program.receiver(op)
    if "@folds" not in meaning.arguments and receiver >= 0:
        made = code.meanings.of(_splitter(code, receiver))
        return made.arguments.get("@folds", -1) if made is not None else -1
    return meaning.arguments.get("@folds", -1)


def _shuffles(code: Code, meaning: Meaning | None) -> bool:
    """Whether a split draws its rows at random."""
    if meaning is None or meaning.entry is None or "@groups" in meaning.arguments:
        return False
    return bool(meaning.entry.random_for({role: code.meanings.spelling(a) for role, a in meaning.arguments.items()}))


def _maker(code: Code, call: int) -> int:
    """The construction of the splitter whose method is called."""
    return _splitter(code, code.program.receiver(call))


def _splitter(code: Code, op: int) -> int:
    """The construction behind a name, when there is exactly one."""
    for _ in range(6):
        if op < 0:
            return -1
        facts, args = code.program.ops[op], code.program.args[op]
        if facts.kind == "call":
            meaning = code.meanings.of(op)
            return op if meaning is not None and meaning.entry is not None and meaning.entry.kind == "constructor" else -1
        sources = args or tuple(code.resolver.reads.get(op, ()))
        if facts.kind not in ("load", "assign") or len(sources) != 1:
            return -1
        op = sources[0]
    return -1
