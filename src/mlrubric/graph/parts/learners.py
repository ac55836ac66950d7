"""What learns from rows: transformers, samplers that invent rows, and numbers that stand for all rows."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from mlrubric.graph.code import Code
from mlrubric.graph.meaning import Meaning
from mlrubric.graph.parts.repeated import repeated
from mlrubric.graph.values import keys_of, number, texts

FITTED = ("transform.fit", "transform.fit_apply")
MOST = 400
AVERAGES = frozenset({"mean", "median", "std", "var", "quantile"})
HANDED = frozenset({"transform", "agg", "aggregate", "apply"})
ROWWISE = (1, "1", "columns")
SPREAD = frozenset({"-"})
COUNTED = frozenset({"groups", "window", "counts"})


@dataclass(frozen=True, slots=True)
class Learner:
    """One operation that learns. `what`: scale (its values), select (columns by the target), encode (which categories there are),
    resample (rows are repeated or invented), thin (rows are left out by what lies near them), statistic, total (the target by groups),
    future (values of later rows), model (whose importances or guesses may choose or make columns), inside (a call that cannot be read
    gives what it fitted). `data` are the rows it learns from."""

    op: int
    what: str
    data: int

    @property
    def kind(self) -> str:
        """The kind of bit that stands for what it learned."""
        return "fitted" if self.what == "model" else "learned"


def learners(code: Code) -> list[Learner]:
    """Every transformer and model that is fitted and every sampler that repeats rows, outside of tests."""
    found: list[Learner] = []
    for op, meaning in sorted(code.meanings.all().items()):
        if code.tested(op):
            continue
        if (
            "model.fit" in meaning.roles
            and {"@data", "@target"} <= meaning.arguments.keys()
            and not (meaning.entry and meaning.entry.folds)
        ):
            found.append(Learner(op, "model", meaning.arguments["@data"]))
        if not (set(FITTED) & set(meaning.roles) or "data.sample" in meaning.roles):
            continue
        what = _what(code, meaning)
        data = meaning.arguments.get("@data", meaning.arguments.get("@target", code.program.receiver(op)))
        if what and data >= 0 and (meaning.entry is not None or _remembers(code, op)):
            found.append(Learner(op, what, data))
    found.extend(Learner(op, "repeat", data) for op, data in repeated(code))
    return sorted(found, key=lambda one: one.op)


def scales(code: Code, meaning: Meaning) -> bool:
    """Whether a transformer learns values of the rows, not only which categories there are."""
    return _what(code, meaning) in ("scale", "select")


def _what(code: Code, meaning: Meaning) -> str:
    traits = code.meanings.traits(meaning)
    if "data.sample" in meaning.roles:
        replaces = code.meanings.spelling(meaning.arguments["@replace"]) if "@replace" in meaning.arguments else "absent"
        if replaces == "true" or ("oversamples" in traits and replaces != "false"):
            return "resample"
        return "thin" if "undersamples" in traits else ""
    if "categories" in traits:
        return "encode"
    return "select" if "feature.importance" in meaning.roles and "@target" in meaning.arguments else "scale"


def _remembers(code: Code, op: int) -> bool:
    """Whether a transformer of the project keeps something of the rows it is fitted on; one that only returns itself does not."""
    program = code.program
    for target in code.resolver.targets.get(op, ()):
        if target[0] != "function":
            continue
        scope = number(target)
        reached = code.flow.reach(program.params(scope)[1:], stop=lambda o, scope=scope: program.scope_id(o) != scope)  # type: ignore[misc]
        if any(program.ops[o].kind == "store_attribute" and program.scope_id(o) == scope for o in reached):
            return True
    return False


def statistics(code: Code, read: Collection[int], applied: set[int]) -> list[Learner]:
    """Numbers that stand for all rows of data that is `read`: a mean, a deviation, a range, taken over the rows and not inside of a
    function that is `applied` to each row or group; the target by groups; and values of later rows."""
    found, predicted = list[Learner](), targets(code)
    for op, facts in enumerate(code.program.ops):
        if facts.kind != "call" or code.tested(op):
            continue
        meaning, traits = code.meanings.of(op), _traits(code, op)
        receiver = code.program.receiver(op)
        if "window" in traits and _keyword(code, op, "center") in (True, "True") and receiver in read:
            found.append(Learner(op, "future", receiver))
        if _of_later(code, op, traits) and receiver in read:
            found.append(Learner(op, "future", receiver))
        groups = target_by_group(code, op, predicted) if predicted else -1
        if groups in read:
            found.append(Learner(op, "target", groups))
        if "statistic" not in traits:
            continue
        data = meaning.arguments.get("@data", -1) if meaning is not None else -1
        if data < 0:
            data = receiver
        if data not in read:
            data = _said_of(code, op, read)
        if data not in read or _rowwise(code, op) or _applied(code, op, applied) or _counted(code, data):
            continue
        if "extreme" in traits and not _range(code, op):
            continue
        found.append(Learner(op, "statistic", data))
    return found


def targets(code: Code) -> frozenset[str]:
    """The columns that trainings learn to predict, by name."""
    fits = (m.arguments for m in code.meanings.all().values() if "model.fit" in m.roles)
    return answers(code, [arguments["@target"] for arguments in fits if "@target" in arguments])


def answers(code: Code, given: list[int]) -> frozenset[str]:
    """The columns that some targets are taken from, by name."""
    program, found, waiting, seen = code.program, set[str](), [*given], set(given)
    while waiting and len(seen) < MOST:
        op = waiting.pop()
        facts, args, after = program.ops[op], program.args[op], list[int]()
        if facts.kind == "subscript" and len(args) > 1:
            names = texts(code.resolver.of(args[1]))
            found.update(names if len(names) == 1 else ())
        elif facts.kind == "attribute" and facts.name not in ("values", "array"):
            found.add(facts.name)
        elif facts.kind in ("load", "assign", "phi", "attribute", "conditional"):
            after = [*args, *code.resolver.reads.get(op, ())]
        elif facts.kind == "param":
            after = [*code.resolver.sources.get(op, ())]
        elif facts.kind == "unpack":
            made = args[0]
            while program.ops[made].kind in ("load", "assign") and len(program.args[made]) == 1:
                made = program.args[made][0]
            if "data.split" in code.meanings.roles(made) and isinstance(facts.value, int):
                after = list(program.positional(made)[facts.value // 2 : facts.value // 2 + 1])
            else:
                after = [r for returned in code.resolver.results.get(made, ()) for r in _element(code, returned, facts.value)]
        elif facts.kind == "call" and program.receiver(op) >= 0 and code.meanings.roles(op) <= {"data.derive"}:
            after = [program.receiver(op)]
        for one in after:
            if one >= 0 and one not in seen:
                seen.add(one)
                waiting.append(one)
    return frozenset(found)


def _element(code: Code, returned: int, index: object) -> list[int]:
    values = code.program.args[returned]
    element = code.program.element(values[0], index) if values and isinstance(index, int) else None
    return [element] if element is not None else []


def target_by_group(code: Code, op: int, predicted: frozenset[str]) -> int:
    """The rows of which a call takes the target by groups: `frame.groupby("city")["price"].mean()`; -1 when it does not."""
    program = code.program
    callee, receiver = program.args[op][0], program.receiver(op)
    if callee < 0 or receiver < 0 or program.ops[callee].kind != "attribute":
        return -1
    name = program.ops[callee].name
    if name in HANDED:
        given = [texts(code.resolver.of(a)) for a in program.args[op][1:2] if a >= 0]
        if not given or len(given[0]) != 1 or given[0][0] not in AVERAGES:
            return -1
    elif name not in AVERAGES:
        return -1
    chosen = program.ops[receiver]
    if chosen.kind == "subscript" and len(program.args[receiver]) > 1:
        columns = texts(code.resolver.of(program.args[receiver][1]))
    else:
        columns = (chosen.name,) if chosen.kind == "attribute" else ()
    groups = program.args[receiver][0] if columns and set(columns) <= predicted else -1
    while groups >= 0 and program.ops[groups].kind in ("load", "assign") and len(program.args[groups]) == 1:
        groups = program.args[groups][0]
    if groups < 0 or program.ops[groups].kind != "call" or "groups" not in _traits(code, groups):
        return -1
    return program.receiver(groups)


def _of_later(code: Code, op: int, traits: Collection[str]) -> bool:
    """Whether earlier rows get the values of later ones."""
    return "later" in traits or _keyword(code, op, "method") in ("bfill", "backfill")


def _said_of(code: Code, op: int, read: Collection[int]) -> int:
    """The frame that a statistic in an expression about columns is taken of, as in
    `frame.with_columns(col("age").fill_null(col("age").mean()))`."""
    program = code.program
    for use in code.flow.reach([op], stop=lambda o: program.ops[o].kind in ("assign", "load")):
        receiver = program.receiver(use) if program.ops[use].kind == "call" and use != op else -1
        if receiver in read and "data.derive" in code.meanings.roles(use) and "groups" not in _traits(code, use):
            return receiver
        if program.ops[use].kind == "call" and "groups" in _traits(code, use):
            return -1
    return -1


def _rowwise(code: Code, op: int) -> bool:
    return _keyword(code, op, "axis") in ROWWISE


def _keyword(code: Code, op: int, wanted: str) -> object:
    """The constant that a call hands over under a name, None when there is none."""
    return next(iter(keys_of(code.resolver.of(code.program.keyword(op, wanted)))), None)


def applications(code: Code) -> Iterator[tuple[int, int, int]]:
    """(call, receiver, function): functions of the project that are handed to a method, which will call them with what it holds."""
    for op, facts in enumerate(code.program.ops):
        receiver = code.program.receiver(op) if facts.kind == "call" else -1
        if receiver >= 0:
            for argument in code.program.args[op][1:]:
                for value in code.resolver.of(argument):
                    if value[0] == "function":
                        yield op, receiver, number(value)


def _traits(code: Code, op: int) -> Collection[str]:
    """What a call does to rows; on an unknown receiver, what the name of the method says."""
    meaning, callee = code.meanings.of(op), code.program.args[op][0]
    if meaning is not None:
        return code.meanings.traits(meaning)
    if callee < 0 or code.program.ops[callee].kind != "attribute" or code.resolver.targets.get(op):
        return ()
    return code.meanings.catalogue.traits(f"?.{code.program.ops[callee].name}")


def _applied(code: Code, op: int, applied: set[int]) -> bool:
    """Whether the rows come in by the parameters of a function that a library calls for each of them."""
    scope = code.program.scope_id(op)
    if scope not in applied and code.program.scopes[scope].kind != "lambda":
        return False
    parameters = set(code.program.params(scope))
    back = code.flow.reach([op], back=True, stop=lambda o: code.program.scope_id(o) != scope)
    return bool(parameters & back.keys())


def _counted(code: Code, data: int) -> bool:
    """Whether the numbers are of groups, missing values or sizes and no values of a column."""
    for op in code.flow.reach([data], back=True, stop=lambda o: code.program.ops[o].kind in ("assign", "param")):
        meaning = code.meanings.of(op)
        if meaning is not None and COUNTED & code.meanings.traits(meaning):
            return True
        if code.program.ops[op].name in ("shape", "index", "columns"):
            return True
    return False


def _range(code: Code, op: int) -> bool:
    """Whether an extreme is one end of a difference of two extremes: the range that values are scaled by."""
    for use in code.flow.reach([op], stop=lambda o: code.program.ops[o].kind == "binary"):
        facts = code.program.ops[use]
        if facts.kind == "binary" and facts.name in SPREAD:
            sides = [_extreme(code, a) for a in code.program.args[use]]
            if len(sides) == 2 and all(sides):
                return True
    return False


def _extreme(code: Code, op: int) -> bool:
    for _ in range(4):
        facts = code.program.ops[op]
        if facts.kind == "call":
            return "extreme" in _traits(code, op)
        if facts.kind in ("load", "assign") and len(code.program.args[op]) == 1:
            op = code.program.args[op][0]
    return False
