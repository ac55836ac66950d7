"""Where data is split, and which operations hold the pieces: calls of splitters, folds in a loop, and two selections from one variable
that are named after what they are for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from mlrubric.graph.code import Code
from mlrubric.graph.meaning import Meaning
from mlrubric.graph.values import keys_of, number

TRAIN, TEST, VALIDATION = "train", "test", "validation"
NAMES = {
    TRAIN: frozenset({"train", "training", "trn", "tr", "fit", "development"}),
    TEST: frozenset({"test", "testing", "tst", "te", "holdout", "heldout", "oot"}),
    VALIDATION: frozenset({"val", "valid", "validation", "dev", "eval", "evaluation", "calib", "calibration", "cal"}),
}
THROUGH = frozenset({"builtins.list", "builtins.tuple", "builtins.next", "builtins.iter"})
COUNTED = "builtins.enumerate"
GIVEN = ("return", "yield")
KEYS = {"train": TRAIN, "test": TEST, "validation": VALIDATION}


@dataclass(slots=True)
class Split:
    """One split. `pieces`: operation -> part; `inputs`: what is split; `folds`: the parts change places in a loop or inside the call;
    `given`: the data came in parts, nobody here split it."""

    op: int
    meaning: Meaning | None
    pieces: dict[int, str] = field(default_factory=dict)
    inputs: tuple[int, ...] = ()
    folds: bool = False
    given: bool = False
    selected: bool = False


def named(name: str) -> str:
    """The part that a name speaks of, "" when none: `X_train`, `testData`, `y_val`."""
    words = re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower())
    found = {part for part, known in NAMES.items() if known & set(words)}
    return next(iter(found)) if len(found) == 1 else ""


def splits(code: Code) -> list[Split]:
    """Every split of the program, in order of operation."""
    found: list[Split] = []
    for op, meaning in sorted(code.meanings.all().items()):
        entry = meaning.entry
        if entry is None:
            continue
        if "data.split" in meaning.roles and not entry.folds:
            folds = code.flow.meanings.catalogue.method(meaning.kind, "get_n_splits") is not None if meaning.kind else False
            one = Split(op, meaning, inputs=_inputs(code, op, meaning), folds=folds)
        elif entry.parts and "data.read" in meaning.roles:
            one = Split(op, meaning, given=True)
        else:
            continue
        _pieces(code, one, entry.parts)
        found.append(one)
    found.extend(_iterated(code))
    found.extend(_selections(code, frozenset(p for one in found for p in one.pieces)))
    return sorted(found, key=lambda s: s.op)


def _inputs(code: Code, op: int, meaning: Meaning) -> tuple[int, ...]:
    """The data that goes in: all positional arguments, those after the first array too, or the receiver of a method of the data."""
    positional = [a for a in code.program.positional(op) if a >= 0]
    data, receiver = meaning.arguments.get("@data", -1), code.program.receiver(op)
    if data < 0 and receiver >= 0 and meaning.entry is not None and not any(p.role == "@data" for p in meaning.entry.params):
        return (receiver,)
    if data >= 0 and data not in positional:
        positional.append(data)
    return tuple(positional) or ((receiver,) if receiver >= 0 else ())


def _pieces(code: Code, split: Split, parts: tuple[str, ...]) -> None:
    """The operations that take one piece out of the result, whatever holds the result meanwhile."""
    program = code.program
    for holder, counted in holders(code, split.op):
        for use in code.flow.after(holder):
            facts = program.ops[use]
            index: object = None
            if facts.kind == "unpack":
                if counted and facts.value == 1:
                    continue
                index = facts.value
            elif facts.kind == "subscript" and len(program.args[use]) > 1 and program.args[use][0] == holder:
                index = next(iter(keys_of(code.resolver.of(program.args[use][1]))), None)
            if isinstance(index, str) and index in KEYS:
                split.pieces[use] = KEYS[index]
            elif isinstance(index, int) and not isinstance(index, bool) and parts:
                usual = parts[index % len(parts)] if not _third(code, use) else TEST if index else TRAIN
                split.pieces[use] = _part(code, use, usual)


def _third(code: Code, unpack: int) -> bool:
    """Whether a result is taken apart into exactly three: then the parts do not repeat."""
    holder = code.program.args[unpack][0]
    taken = [u for u in code.flow.after(holder) if code.program.ops[u].kind == "unpack"]
    return len(taken) == 3


def _part(code: Code, piece: int, usual: str) -> str:
    """The part of a piece: as its position says, unless its own name says that it is there to choose by."""
    said = named(_name(code, piece))
    return VALIDATION if said == VALIDATION and usual != TRAIN else usual


def _name(code: Code, op: int) -> str:
    """The name that a value is given first."""
    return next((code.program.ops[u].name for u in code.resolver.uses[op] if code.program.ops[u].kind == "assign"), "")


def holders(code: Code, start: int) -> Iterator[tuple[int, bool]]:
    """Operations that hold the same result: names, loop elements, lists of it, what a function that returns it gives, and
    parameters that get nothing else; the second value says that an enumeration stands between."""
    program, waiting, seen = code.program, [(start, False)], {(start, False)}
    while waiting:
        op, counted = waiting.pop()
        yield op, counted
        for use in code.flow.after(op):
            facts, after = program.ops[use], counted
            if facts.kind == "call":
                meaning = code.meanings.of(use)
                api = meaning.api if meaning is not None else ""
                if program.ops[op].kind != "return" and api not in THROUGH and api != COUNTED:
                    continue
                after = counted or api == COUNTED
            elif facts.kind == "unpack":
                if not (counted and facts.value == 1):
                    continue
                after = False
            elif facts.kind == "param":
                if program.ops[op].kind not in GIVEN and len(code.resolver.sources.get(use, ())) != 1:
                    continue  # what a fixture gives comes in by a parameter, and what every caller hands over
            elif facts.kind not in ("assign", "load", "element", "phi", *GIVEN):
                continue
            if (use, after) not in seen and len(seen) < 200:
                seen.add((use, after))
                waiting.append((use, after))


def _iterated(code: Code) -> Iterator[Split]:
    """Splitters of old versions, which are iterated over themselves."""
    for op, facts in enumerate(code.program.ops):
        if facts.kind != "element" or not code.program.args[op]:
            continue
        for value in sorted(code.resolver.of(code.program.args[op][0]), key=repr):
            if value[0] != "object":
                continue
            api = code.meanings.catalogue.method(str(value[1]), "split")
            if api is not None and "data.split" in api.roles and api.parts:
                split = Split(op, None, folds=True)
                _pieces(code, split, api.parts)
                if split.pieces:
                    yield split
                break


# ---- two selections from one variable -------------------------------------------------------------------------------


def _selections(code: Code, known: frozenset[int]) -> Iterator[Split]:
    """`train = rows[:n]` and `test = rows[n:]`, or any other two selections of rows whose names tell the parts."""
    program = code.program
    groups: dict[tuple[object, ...], dict[int, str]] = {}
    for op, facts in enumerate(program.ops):
        if facts.kind != "assign" or not program.args[op]:
            continue
        part = named(facts.name)
        value = written(code, program.args[op][0])
        source = _selected(code, value) if part and not follows(code, value, known) else None
        if source is not None:
            groups.setdefault((program.scope_id(op), source, _rest(facts.name)), {})[value] = part
    for members in groups.values():
        parts = set(members.values())
        if TRAIN in parts and len(parts) > 1:
            first = min(members)
            yield Split(first, None, dict(members), tuple(a for m in members for a in program.args[m][:1] if a >= 0), selected=True)


def written(code: Code, value: int) -> int:
    """The value itself, or the element of a written tuple that is unpacked: `train, test = rows[:n], rows[n:]`."""
    facts = code.program.ops[value]
    element = code.program.element(code.program.args[value][0], facts.value) if facts.kind == "unpack" else None
    return value if element is None else element


def follows(code: Code, selection: int, known: frozenset[int]) -> bool:
    """Whether the index of a selection is a piece of a split that is known already: the rows of a fold."""
    for index in code.program.args[selection][1:2]:
        for held in code.program.args[index] if index >= 0 and code.program.ops[index].kind == "load" else ():
            if held in known or any(a in known for a in code.program.args[held]):
                return True
    return False


def _rest(name: str) -> str:
    """What is left of a name without the word for the part: `X_train` and `X_test` are the same thing."""
    words = re.findall(r"[a-z0-9]+", re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower())
    known = frozenset().union(*NAMES.values())
    return "_".join(w for w in words if w not in known)


def _selected(code: Code, value: int, depth: int = 0) -> object | None:
    """The definition that a selection of rows is made from; None when it is no such selection."""
    program = code.program
    if value < 0 or depth > 4:
        return None
    facts, args = program.ops[value], program.args[value]
    if facts.kind == "subscript" and len(args) > 1:
        if columns(code, args[1]):
            return _selected(code, args[0], depth + 1)
        return definition(code, args[0])
    if facts.kind == "call" and args and args[0] >= 0 and program.ops[args[0]].kind == "attribute":
        meaning = code.meanings.of(value)
        receiver = program.args[args[0]][0]
        if meaning is not None and gives_rows(code, meaning):
            return _selected(code, receiver, depth + 1) or definition(code, receiver)
        if meaning is not None and meaning.entry is not None and set(meaning.roles) <= {"data.derive"}:
            return _selected(code, receiver, depth + 1)
    return None


def gives_rows(code: Code, meaning: Meaning) -> bool:
    return meaning.entry is not None and "rows" in code.meanings.traits(meaning)


def columns(code: Code, index: int) -> bool:
    """Whether an index names columns: a text or a list of texts, written there or elsewhere."""
    facts = code.program.ops[index]
    if facts.kind == "const":
        return isinstance(facts.value, str)
    if facts.kind == "container":
        args = code.program.args[index]
        return facts.value == "list" and all(isinstance(code.program.ops[a].value, str) for a in args)
    if facts.kind in ("load", "attribute"):
        values = code.resolver.of(index)
        return bool(values) and all(v[0] == "text" or (v[0] == "made" and _texts(code, number(v))) for v in values)
    return False


def _texts(code: Code, made: int) -> bool:
    """Whether a list is written out and holds texts alone."""
    facts, args = code.program.ops[made], code.program.args[made]
    listed = facts.kind == "container" and facts.value == "list"
    return listed and bool(args) and all(isinstance(code.program.ops[a].value, str) for a in args)


def definition(code: Code, op: int) -> object | None:
    """What identifies the value of a variable, `.loc` and the like left out."""
    program = code.program
    while op >= 0 and program.ops[op].kind == "attribute" and program.args[op]:
        op = program.args[op][0]
    if op < 0 or program.ops[op].kind != "load":
        return None
    return program.args[op] or (program.ops[op].name,)
