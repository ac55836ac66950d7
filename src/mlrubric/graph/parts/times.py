"""Rows in the order of time: what shows that data is a series, and splits that mix its past with its future."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.graph.code import Code, is_test_code
from mlrubric.graph.meaning import Meaning
from mlrubric.graph.parts.layout import SERIES, SORTED
from mlrubric.graph.parts.seen import Seen
from mlrubric.graph.values import texts

CALENDAR = "time"


def series(code: Code) -> dict[int, int]:
    """Operations that show an order in time: values of rows before or after, a calendar, and sorting by a column of times."""
    found: dict[int, int] = {}
    sorting: list[tuple[int, Meaning]] = []
    for op, meaning in sorted(code.meanings.all().items()):
        traits = code.meanings.traits(meaning)
        if "window" in traits:
            found[op] = SERIES
        elif "order" in traits:
            sorting.append((op, meaning))
    times = _times(code) if sorting else frozenset()
    for op, _ in sorting:
        if any((code.program.unit_of[op], text) in times for a in _arguments(code, op) for text in texts(code.resolver.of(a))):
            found[op] = found.get(op, 0) | SORTED
    return found


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
        node = code.op_node.get(split.op)
        if node is None or split.given or is_test_code(graph.nodes[node].place.path):
            continue
        mixed = _shuffles(code, split.meaning)
        maker = _maker(code, split.op) if split.folds else -1
        if maker >= 0:
            node = code.op_node.get(maker, node)
            mixed = _shuffles(code, code.meanings.of(maker))
        timely = any(seen.bits[a] & (SERIES | SORTED) for a in split.inputs)
        graph.nodes[node].attributes["order"] = ("mixed" if mixed else "kept") if timely else "none"
        seen.node(code.node_op[node])
    for op, meaning in sorted(code.meanings.all().items()):
        if meaning.entry is None or not meaning.entry.folds or code.tested(op):
            continue
        data, maker = meaning.arguments.get("@data", -1), _splitter(code, _folds(code, op, meaning))
        if data >= 0 and maker in code.op_node and seen.bits[data] & (SERIES | SORTED):
            mixed = _shuffles(code, code.meanings.of(maker))
            graph.nodes[seen.node(maker)].attributes["order"] = "mixed" if mixed else "kept"


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
