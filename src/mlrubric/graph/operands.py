"""The two sides of a measure of drift: whether they are two data sets at all."""

from __future__ import annotations

from mlrubric.graph.code import Code
from mlrubric.graph.definitions import origin
from mlrubric.graph.graph import Graph
from mlrubric.graph.meaning import Meaning

READ = "data.read"
COMING_IN = frozenset({"data.read", "artifact.download", "feature.serve"})


def mark_operands(graph: Graph, code: Code) -> None:
    """`operands` on measures of drift: `no condition` when nothing says what is too much, `same` when both sides are one value or one
    file, `made up` when a test hands over rows of its own, else `two`."""
    for node in graph.with_role("data.drift"):
        op = code.node_op.get(node)
        meaning = code.meanings.of(op) if op is not None else None
        if op is None:
            continue
        if graph.nodes[node].attributes.get("clause") == "structure" and meaning is not None and meaning.judges:
            graph.nodes[node].attributes["operands"] = "no condition"
            continue
        if meaning is None:
            graph.nodes[node].attributes.setdefault("operands", "two")
            continue
        first, second = _reference(code, op, meaning), meaning.arguments.get("@current", -1)
        said = "two"
        if first >= 0 and second >= 0 and _same(code, first, second):
            said = "same"
        elif code.tested(op) and not COMING_IN & code.about(op):
            said = "made up"
        graph.nodes[node].attributes.setdefault("operands", said)


def _reference(code: Code, op: int, meaning: Meaning) -> int:
    """What the call compares with: its own argument, or what the detector that it is called on was made or fitted with."""
    given = meaning.arguments.get("@reference", -1)
    receiver = code.program.receiver(op)
    if given >= 0 or receiver < 0:
        return given
    found = set[int]()
    for back in code.flow.reach([receiver], back=True, stop=lambda o: READ in code.meanings.roles(o)):
        made = code.meanings.of(back)
        if made is not None and back != op and "@reference" in made.arguments:
            found.add(made.arguments["@reference"])
    return found.pop() if len(found) == 1 else -1


def _same(code: Code, first: int, second: int) -> bool:
    """One and the same value, or the same file read twice as it is."""
    one, other = origin(code, first), origin(code, second)
    if one == other:
        return code.program.ops[one].kind != "const"
    program = code.program
    if program.ops[one].kind == program.ops[other].kind == "subscript" and len(program.args[one]) == len(program.args[other]) == 2:
        (base, key), (other_base, other_key) = program.args[one], program.args[other]
        alike = min(key, other_key) >= 0 and program.ops[key].kind == "const" and program.ops[key].value == program.ops[other_key].value
        return alike and min(base, other_base) >= 0 and _same(code, base, other_base)
    if program.ops[one].kind == program.ops[other].kind == "call" and len(program.args[one]) == len(program.args[other]) == 1:
        calls = [program.ops[program.args[op][0]].name for op in (one, other)]
        receivers = [program.receiver(op) for op in (one, other)]
        if min(receivers) >= 0 and calls[0] == calls[1]:
            return _same(code, receivers[0], receivers[1])
    here, there = code.meanings.of(one), code.meanings.of(other)
    if here is None or there is None or READ not in here.roles or here.api != there.api:
        return False
    sources = [code.meanings.spellings(m).get("@source", "given") for m in (here, there)]
    return sources[0] == sources[1] and sources[0] not in ("given", "none") and "{}" not in sources[0]
