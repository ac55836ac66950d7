"""The target among the features: a model is fitted on the frame that its target column was taken from, and nothing took it out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from mlrubric.graph.meaning import Meaning
from mlrubric.graph.parts.seen import Seen
from mlrubric.graph.values import texts

KEPT = "columns"
REMOVERS = frozenset({"pop", "drop"})


Frame = tuple[int, ...]


@dataclass(slots=True)
class Origin:
    """Where a value comes from: the definitions of the frames that it is all of, each with the name or call that it got by, and at the
    end, perhaps, a column of a frame."""

    frames: dict[Frame, int] = field(default_factory=dict)
    column: tuple[Frame, str] | None = None


def mark_columns(seen: Seen) -> None:
    """`answer` on the place where a frame that still holds the target column becomes the features of a training."""
    names: frozenset[str] | None = None
    for op, data, meaning in seen.fits:
        target = meaning.arguments.get("@target", -1)
        if target < 0 or not meaning.certain or _chooses(seen, op, meaning):
            continue
        if names is None:
            names = _columns(seen)
        truth = _origin(seen, target, op, names).column
        features = _origin(seen, data, op, names)
        if truth is None or features.column is not None or truth[0] not in features.frames or _removed(seen, features.frames):
            continue
        attributes = seen.world.graph.nodes[seen.node(features.frames[truth[0]])].attributes
        attributes["answer"], attributes["column"], attributes["toward"] = "true", truth[1], str(seen.node(op))


def _chooses(seen: Seen, op: int, meaning: Meaning) -> bool:
    """Whether the model may choose its columns itself: it is made of steps, wraps another, or is of a type that is not known."""
    code = seen.code
    made = code.meanings.catalogue.type(meaning.kind)
    if made is None or meaning.entry is None or meaning.entry.folds or made.constructor.param("@steps") is not None:
        return True
    callee = code.program.args[op][0]
    makers = code.flow.reach([callee], back=True, stop=lambda o: code.program.ops[o].kind == "call") if callee >= 0 else {}
    return any("@model" in found.arguments for maker in makers if (found := code.meanings.of(maker)) is not None)


def _origin(seen: Seen, op: int, at: int, names: frozenset[str]) -> Origin:
    """The frames and the column behind a value, through names, splits and what leaves the columns as they are."""
    code, program, found = seen.code, seen.code.program, Origin()
    for _ in range(40):
        facts, args = program.ops[op], program.args[op]
        if facts.kind == "load" and len(args) == 1:
            found.frames[args] = at
            if program.ops[args[0]].kind != "assign" or not program.args[args[0]]:
                break
            op, at = program.args[args[0]][0], args[0]
        elif facts.kind == "attribute" and facts.name in ("values", "array"):
            op = args[0]
        elif facts.kind == "subscript" and len(args) > 1 and program.ops[args[0]].kind == "load":
            given = texts(code.resolver.of(args[1]))
            found.column = (program.args[args[0]], given[0] if len(given) == 1 else "")
            break
        elif facts.kind == "attribute" and program.ops[args[0]].kind == "load" and facts.name in names:
            found.column = (program.args[args[0]], facts.name)
            break
        else:
            op = _unsplit(seen, op) if facts.kind == "unpack" else _kept(seen, op) if facts.kind == "call" else -1
            if op < 0:
                break
    if found.column is not None and not found.column[1]:
        found.column = ((), "")
    return found


def _columns(seen: Seen) -> frozenset[str]:
    """Names that are used as columns somewhere in the program."""
    program = seen.code.program
    return frozenset(
        str(program.ops[program.args[op][1]].value)
        for op, facts in enumerate(program.ops)
        if facts.kind in ("subscript", "store_subscript") and len(program.args[op]) > 1 and program.ops[program.args[op][1]].kind == "const"
    )


def _unsplit(seen: Seen, piece: int) -> int:
    """What was split into a piece: the results follow the arguments, two and two."""
    index = seen.code.program.ops[piece].value
    for split in seen.splits:
        if piece in split.pieces and isinstance(index, int) and split.inputs and not split.folds and not split.selected:
            return split.inputs[index // 2] if index // 2 < len(split.inputs) else -1
    return -1


def _kept(seen: Seen, call: int) -> int:
    """What a call gives back with the same columns: its receiver, or the data that a transformer changes."""
    code = seen.code
    meaning = code.meanings.of(call)
    return code.program.receiver(call) if meaning is not None and KEPT in code.meanings.traits(meaning) else -1


def _removed(seen: Seen, frames: Iterable[Frame]) -> bool:
    """Whether something takes columns out of one of the frames itself."""
    program, uses = seen.code.program, seen.code.resolver.uses
    for definition in (d for frame in frames for d in frame):
        for following in (f for use in uses[definition] for f in uses[use]):
            facts = program.ops[following]
            if facts.kind == "delete" or (facts.kind == "attribute" and facts.name in REMOVERS and _in_place(seen, following)):
                return True
    return False


def _in_place(seen: Seen, method: int) -> bool:
    """`frame.pop(...)`, or `frame.drop(..., inplace=True)`."""
    program = seen.code.program
    given = (program.ops[call].value for call in seen.code.resolver.uses[method])
    return program.ops[method].name == "pop" or any(isinstance(names, tuple) and "inplace" in names for names in given)
