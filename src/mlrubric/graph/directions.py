"""Which way a comparison of quality lets models through: one that stops the good ones, or releases the weak ones, is no gate."""

from __future__ import annotations

import re

from mlrubric.graph.checks import Check
from mlrubric.graph.code import Code
from mlrubric.graph.definitions import origin
from mlrubric.graph.thresholds import LOWER, UPPER, number_of
from mlrubric.graph.values import number
from mlrubric.knowledge import qualities

OLD_WORDS = r"champion|prod|production|baseline|dummy|old|previous|prev|incumbent|existing|deployed|serving"
HIGHER, LESS, OLD = (re.compile(rf"(?<![a-z])({words})(?![a-z])") for words in (qualities.HIGHER, qualities.LOWER, OLD_WORDS))
SANE = 0.95  # beyond this a limit asks whether a score is too good to be true
NAMED = ("load", "attribute", "param")
MEASURES = frozenset({"model.evaluate", "run.read"})


def stops_the_good(code: Code, check: Check) -> bool:
    """Whether a check fails where the quality is good, and passes where it is bad."""
    if check.form == "assert" and check.conditions:
        return lets_weak_through(code, check.conditions[0], True)
    if check.form not in ("raise", "exit"):
        return False
    side = _side(code, check.op)
    return side is not None and lets_weak_through(code, side[0], not side[1])


def released_weak(code: Code, op: int) -> set[int]:
    """The conditions around an operation on whose wrong side it stands, and earlier ones that leave on the right one."""
    found: set[int] = set()
    unit = code.program.unit(op)
    line = code.program.ops[op].line
    for block in code.program.blocks_around(op):
        facts = code.program.blocks[block]
        if facts.kind in ("if", "else") and facts.test >= 0 and lets_weak_through(code, facts.test + unit.base, facts.kind == "if"):
            found.add(facts.test + unit.base)
        elif facts.kind == "with" and facts.test >= 0:
            found.update(c for c in code.checks.deciders.opened(facts.test + unit.base) if lets_weak_through(code, c, True))
        for leaving in code.checks.leaving(block):
            left = code.program.blocks[leaving]
            earlier = left.test >= 0 and 0 < left.end_line < line
            if earlier and lets_weak_through(code, left.test + unit.base, left.kind == "else"):
                found.add(left.test + unit.base)
        if facts.kind == "scope":
            break
    return found


def _side(code: Code, op: int) -> tuple[int, bool] | None:
    """The innermost condition around an operation, and whether it stands where that holds."""
    unit = code.program.unit(op)
    for block in code.program.blocks_around(op):
        facts = code.program.blocks[block]
        if facts.kind in ("if", "else") and facts.test >= 0:
            return facts.test + unit.base, facts.kind == "if"
        if facts.kind not in ("with", "try", "cell"):
            return None
    return None


def lets_weak_through(code: Code, condition: int, passing: bool) -> bool:
    """Whether all that a condition asks of a quality is asked the wrong way round, when `passing` is its value for what goes on."""
    program, waiting, said, steps = code.program, [(condition, passing)], list[bool](), 0
    while waiting and steps < 40:
        op, wanted = waiting.pop()
        steps += 1
        facts, args = program.ops[op], [a for a in program.args[op] if a >= 0]
        if facts.kind == "unary" and facts.name == "not":
            waiting.append((args[0], not wanted))
        elif facts.kind == "boolean":
            waiting.extend((a, wanted) for a in args)
        elif facts.kind == "compare":
            verdict = _compared(code, op, wanted)
            if verdict is not None:
                said.append(verdict)
            elif MEASURES & code.about(op):
                return False
        elif facts.kind == "load" and (made := origin(code, op)) != op:
            waiting.append((made, wanted))
        elif facts.kind == "call" and (inner := _returned(code, op)) >= 0:
            waiting.append((inner, wanted))
        elif MEASURES & code.about(op):
            return False
    return bool(said) and all(said)


def weak_where(code: Code, condition: int) -> bool | None:
    """The value of a condition on whose side the weak models are; None when nobody can say."""
    weak = [value for value in (True, False) if lets_weak_through(code, condition, value)]
    return weak[0] if len(weak) == 1 else None


def _returned(code: Code, call: int) -> int:
    """The one value that a function of the project returns, or -1."""
    targets = [t for t in code.resolver.targets.get(call, ()) if t[0] == "function"]
    if len(targets) != 1:
        return -1
    values = [code.program.args[r][0] for r in code.program.returns(number(targets[0])) if code.program.args[r]]
    return values[0] if len(values) == 1 and code.program.ops[values[0]].kind in ("compare", "boolean", "unary", "load") else -1


def _compared(code: Code, compare: int, wanted: bool) -> bool | None:
    """Whether one comparison of a quality, which must have this value, is the wrong way round; None when nobody can say."""
    args, signs = code.program.args[compare], code.program.ops[compare].value
    if not isinstance(signs, tuple) or len(signs) != 1 or len(args) != 2 or min(args) < 0 or signs[0] not in LOWER | UPPER:
        return None
    above = (signs[0] in UPPER) == wanted  # what goes on has the left side above the right one
    left, right = args
    if OLD.search(_spelled(code, left)) and not OLD.search(_spelled(code, right)):
        left, right, above = right, left, not above
    elif not (OLD.search(_spelled(code, right)) and not OLD.search(_spelled(code, left))):
        limit = number_of(code, right)
        if limit is None:
            limit, left, right, above = number_of(code, left), right, left, not above
        if limit is None or "model.evaluate" not in code.about(left):
            return None
        polarity = _polarity(code, left)
        if polarity is None or (polarity and not 1 - SANE < limit < SANE) or (not polarity and limit <= 0):
            return None
        return polarity != above
    if not MEASURES & code.about(left) or not MEASURES & code.about(right):
        return None
    polarity = _polarity(code, left)
    return None if polarity is None else polarity != above


def _polarity(code: Code, quality: int) -> bool | None:
    """Whether more of a quality is better, by what it is called, else by what measured it; None when that is not known."""
    said = _of_words(_spelled(code, quality))
    if said is not None or _turned(code, quality):
        return said
    apis = {
        _of_words(meaning.api.rpartition(".")[2].replace("_score", ""))
        for op in code.flow.reach([quality], back=True)
        if (meaning := code.meanings.of(op)) is not None and "model.evaluate" in meaning.roles
    }
    return apis.pop() if len(apis) == 1 else None


def _of_words(text: str) -> bool | None:
    more, less = HIGHER.search(text) is not None, LESS.search(text) is not None
    return None if more == less else more


def _spelled(code: Code, op: int) -> str:
    """What a value is called where it is compared: the variable, the attribute, the key."""
    facts, args = code.program.ops[op], code.program.args[op]
    words = [facts.name] if facts.kind in NAMED else []
    if facts.kind == "subscript" and len(args) == 2 and min(args) >= 0:
        words += [str(code.program.ops[args[1]].value), code.program.ops[args[0]].name]
    if facts.kind == "attribute" and args and args[0] >= 0:
        words.append(code.program.ops[args[0]].name)
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", " ".join(w for w in words if w)).lower().replace("_", " ").replace("roc auc", "auc")


def _turned(code: Code, quality: int) -> bool:
    """Whether something is computed from what was measured, so that more may have become less."""
    waiting, seen = [quality], set[int]()
    while waiting and len(seen) < 40:
        op = waiting.pop()
        if op < 0 or op in seen:
            continue
        seen.add(op)
        facts = code.program.ops[op]
        if facts.kind == "binary" or (facts.kind == "unary" and facts.name == "-"):
            return True
        if facts.kind in ("load", "assign", "subscript", "attribute"):
            waiting.extend(code.program.args[op])
    return False
