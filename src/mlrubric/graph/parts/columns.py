"""The target among the features: a model is fitted on columns that the target is one of, or that hold what the target was made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from mlrubric.graph.meaning import Meaning
from mlrubric.graph.parts.asked import mark_asked_columns
from mlrubric.graph.parts.pieces import written
from mlrubric.graph.parts.seen import Seen
from mlrubric.graph.parts.unused import mark_unused_columns
from mlrubric.graph.values import texts

KEPT = "columns"
REMOVERS = frozenset({"pop", "drop"})
PLACED = frozenset({"loc", "iloc"})
NEIGHBOURS = frozenset({"window", "statistic", "groups", "counts", "extreme"})
STEPS = 40

Frame = tuple[int, ...]


@dataclass(slots=True)
class Origin:
    """Where a value comes from: the definitions of the frames that it is all of, each with the name or call that it got by; which columns
    were chosen, and which taken out, on the way; and at the end, perhaps, one column of a frame. `#3` is a column by its position."""

    frames: dict[Frame, int] = field(default_factory=dict)
    column: tuple[Frame, str] | None = None
    chosen: tuple[str, ...] | None = None
    out: set[str] = field(default_factory=set)
    known: bool = True

    def holds(self, column: str) -> bool:
        """Whether a column is certainly among those that are left."""
        if column in self.out or not self.known:
            return False
        return _covers(self.chosen, column) if self.chosen is not None else True


def mark_columns(seen: Seen) -> None:
    """`answer` on the place where the target, or its double, becomes one of the features of a training: `target` for the column itself,
    `double` for one that is made of it alone, or that it alone is made of."""
    finder = _Finder(seen)
    trained: dict[int, tuple[str, ...]] = {}
    for op, data, meaning in seen.fits:
        if (chosen := finder.chosen(data, op)) is not None:
            trained[op] = chosen
        target = meaning.arguments.get("@target", -1)
        if target < 0 or not meaning.certain or _chooses(seen, op, meaning):
            continue
        truth, features = finder.truth(target, op), finder.origin(data, op)
        if truth is None or features.column is not None or _removed(seen, features.frames):
            continue
        frame, column = truth
        if frame in features.frames and features.holds(column):
            finder.mark(features.frames[frame], "target", column, op)
            continue
        for store, other in finder.doubles(features, column):
            if features.holds(other):
                finder.mark(store, "double", other, op)
                break
        for shift, other in finder.later(features) if features.known and (features.chosen is not None or features.out) else ():
            if other != column and features.holds(other):
                seen_node = seen.node(shift, "data.statistic")
                seen.world.graph.nodes[seen_node].attributes.update(learns="future", seen="split", toward=str(seen.node(op)))
    mark_asked_columns(seen, trained, finder.chosen)
    mark_unused_columns(seen, trained)


class _Finder:
    def __init__(self, seen: Seen) -> None:
        self.seen, self.code, self.program = seen, seen.code, seen.code.program
        self.names = seen.world.column_names
        self._attributes: frozenset[str] | None = None

    def chosen(self, data: int, at: int) -> tuple[str, ...] | None:
        """The columns that a value is chosen to have, in their order; None when it cannot be told."""
        found = self.origin(data, at)
        if found.chosen is None or not found.known or found.column is not None or any(c.startswith("#") for c in found.chosen):
            return None
        return tuple(c for c in found.chosen if c not in found.out) or None

    def mark(self, op: int, how: str, column: str, fit: int) -> None:
        attributes = self.seen.world.graph.nodes[self.seen.node(op)].attributes
        attributes.update(answer=how, column=column, toward=str(self.seen.node(fit)))

    @property
    def attributes(self) -> frozenset[str]:
        """Names that are used as columns somewhere in the program."""
        if self._attributes is None:
            self._attributes = _columns(self.seen)
        return self._attributes

    def truth(self, target: int, at: int) -> tuple[Frame, str] | None:
        """The frame and the column that a target is taken from, whatever is done with its values."""
        op = target
        for _ in range(STEPS):
            column = self.origin(op, at).column
            if column is not None:
                return column if column[1] else None
            while self.program.ops[op].kind in ("load", "assign") and len(self.program.args[op]) == 1 and self.program.args[op][0] >= 0:
                op = self.program.args[op][0]
            if self.program.ops[op].kind == "unpack":
                op = _unsplit(self.seen, op)
            elif self.program.ops[op].kind == "call" and self.code.meanings.roles(op) <= {"data.derive"}:
                op = self.program.receiver(op)
            else:
                return None
            if op < 0:
                return None
        return None

    def origin(self, op: int, at: int) -> Origin:
        """The frames and the column behind a value, through names, splits, chosen columns and what leaves the columns as they are."""
        program, found = self.program, Origin()
        for _ in range(STEPS):
            facts, args = program.ops[op], program.args[op]
            if facts.kind == "load" and len(args) == 1:
                found.frames[args] = at
                if program.ops[args[0]].kind != "assign" or not program.args[args[0]]:
                    break
                op, at = program.args[args[0]][0], args[0]
            elif facts.kind == "attribute" and facts.name in ("values", "array"):
                op = args[0]
            elif facts.kind == "subscript" and len(args) > 1 and self._frame(args[0]) >= 0:
                frame = self._frame(args[0])
                column, chosen = self._chosen(args[0], args[1])
                if column:
                    if program.ops[frame].kind == "load":
                        found.column = (program.args[frame], column)
                    break
                if chosen is None:
                    found.known = False
                    break
                if chosen:
                    found.chosen = chosen if found.chosen is None else tuple(c for c in found.chosen if _covers(chosen, c))
                op = frame
            elif facts.kind == "attribute" and program.ops[args[0]].kind == "load" and facts.name in self.attributes:
                found.column = (program.args[args[0]], facts.name)
                break
            else:
                op = self._before(op, found)
                if op < 0:
                    break
        return found

    def _frame(self, op: int) -> int:
        """The frame that is indexed, `.loc` and `.iloc` left out."""
        facts = self.program.ops[op]
        return self.program.args[op][0] if facts.kind == "attribute" and facts.name in PLACED else op

    def _chosen(self, place: int, index: int) -> tuple[str, tuple[str, ...] | None]:
        """The one column that an index takes, or the columns: () for all of them, None when it cannot be told."""
        program, held = self.program, self.program.ops[place]
        by = held.name if held.kind == "attribute" and held.name in PLACED else ""
        if by:
            elements = program.args[index] if program.ops[index].kind == "container" and program.ops[index].value == "tuple" else (index,)
            if len(elements) < 2:
                return "", () if program.ops[index].kind == "slice" else None
            index = elements[1]
        if program.ops[index].kind == "slice":
            return "", self._span(index) if by == "iloc" else () if not by or set(program.args[index]) <= {-1} else None
        if not by and program.ops[index].kind in ("compare", "unary"):
            return "", ()  # some of the rows
        if by == "iloc":
            position = self._number(index)
            return (f"#{position}", ()) if position is not None else ("", None)
        given = texts(self.code.resolver.of(index))
        if len(given) == 1 and len(self.code.resolver.of(index)) == 1:
            return given[0], ()
        return "", self.names.several(index)

    def _span(self, index: int) -> tuple[str, ...] | None:
        """`#a:b` for a slice of columns by their position."""
        lower, upper, step = self.program.args[index]
        bounds = [self._number(o) if o >= 0 else None for o in (lower, upper)]
        if step >= 0 or any(b is None and o >= 0 for b, o in zip(bounds, (lower, upper), strict=True)):
            return None
        return () if lower < 0 and upper < 0 else (f"#{'' if bounds[0] is None else bounds[0]}:{'' if bounds[1] is None else bounds[1]}",)

    def _number(self, op: int) -> int | None:
        values = [v[1] for v in self.code.resolver.of(op) if v[0] == "const" and isinstance(v[1], int) and not isinstance(v[1], bool)]
        if self.program.ops[op].kind == "unary" and self.program.ops[op].name == "-":
            inner = self._number(self.program.args[op][0])
            return -inner if inner is not None else None
        return int(values[0]) if len(values) == 1 else None

    def _before(self, op: int, found: Origin) -> int:
        """What a piece was split from, or a call keeps the columns of; -1 when that is not known."""
        facts = self.program.ops[op]
        if facts.kind == "unpack":
            element = written(self.code, op)
            return element if element != op else _unsplit(self.seen, op)
        if facts.kind != "call":
            return -1
        callee = self.program.args[op][0]
        if callee >= 0 and self.program.ops[callee].kind == "attribute" and self.program.ops[callee].name == "drop":
            out = self._dropped(op)
            found.known = found.known and out is not None
            found.out.update(out or ())
            return self.program.receiver(op) if out is not None else -1
        return _kept(self.seen, op)

    def _dropped(self, call: int) -> tuple[str, ...] | None:
        """The columns that `drop` takes out; () when it takes rows."""
        by = self.program.keyword(call, "columns")
        if by < 0:
            axis = self.program.keyword(call, "axis")
            positional = self.program.positional(call)
            axis = axis if axis >= 0 or len(positional) < 2 else positional[1]
            if axis < 0 or self.code.meanings.spelling(axis) not in ("1", "columns"):
                return ()
            by = self.program.keyword(call, "labels")
            by = by if by >= 0 else positional[0] if positional else -1
        return self.names.of(by)

    def later(self, features: Origin) -> Iterator[tuple[int, str]]:
        """(the call, the column) for columns that take the values of later rows: `frame["next"] = frame["x"].shift(-1)`."""
        for store, column in self._stores(features):
            waiting = [self.program.args[store][2]]
            while waiting:
                op = waiting.pop()
                facts, args = self.program.ops[op], self.program.args[op]
                if facts.kind == "call":
                    meaning, receiver = self.code.meanings.of(op), self.program.receiver(op)
                    steps = self.program.positional(op)[:1] or [self.program.keyword(op, "periods")]
                    if meaning is not None and "window" in self.code.meanings.traits(meaning) and steps[0] >= 0:
                        moved = self._number(steps[0])
                        if moved is not None and moved < 0:
                            yield op, column
                    waiting.extend([receiver] if receiver >= 0 else [])
                elif facts.kind in ("binary", "unary", "compare"):
                    waiting.extend(a for a in args if a >= 0)

    def _stores(self, features: Origin) -> Iterator[tuple[int, str]]:
        """(the operation, the column) for everything that is stored in one of the frames."""
        program, uses = self.program, self.code.resolver.uses
        frames = set(features.frames)
        for definition in sorted({d for frame in frames for d in frame}):
            for load in uses[definition]:
                if program.ops[load].kind != "load" or program.args[load] not in frames:
                    continue
                for store in uses[load]:
                    args = program.args[store]
                    if program.ops[store].kind == "store_subscript" and args[0] == load and len(args) > 2:
                        given = texts(self.code.resolver.of(args[1]))
                        if len(given) == 1:
                            yield store, given[0]

    def doubles(self, features: Origin, target: str) -> Iterator[tuple[int, str]]:
        """(where it is stored, the column that would give the target away) for columns that are made of the target
        alone, or that the target alone is made of, row by row."""
        for store, column in self._stores(features):
            made = self._made_of(self.program.args[store][2])
            if made == {target} and column != target:
                yield store, column
            elif column == target and made is not None and len(made) == 1 and target not in made:
                (source,) = made
                yield store, source

    def _made_of(self, value: int) -> set[str] | None:
        """The columns that a value is made of, row by row and of nothing else; None when it is made otherwise."""
        program, found, waiting = self.program, set[str](), [value]
        for _ in range(STEPS):
            if not waiting:
                return found
            op = waiting.pop()
            facts, args = program.ops[op], program.args[op]
            if facts.kind in ("const", "lambda", "function") or op < 0:
                continue
            if facts.kind == "subscript" and len(args) > 1:
                given = texts(self.code.resolver.of(args[1]))
                if len(given) != 1 or program.ops[args[0]].kind != "load":
                    return None
                found.add(given[0])
            elif facts.kind == "attribute" and args and program.ops[args[0]].kind == "load" and facts.name in self.attributes:
                found.add(facts.name)
            elif facts.kind in ("binary", "compare", "unary"):
                waiting.extend(args)
            elif facts.kind == "call":
                meaning, receiver = self.code.meanings.of(op), program.receiver(op)
                if meaning is None or not set(meaning.roles) <= {"data.derive"} or NEIGHBOURS & self.code.meanings.traits(meaning):
                    return None
                waiting.extend([receiver] if receiver >= 0 else [])
                waiting.extend(a for a in args[1:] if a >= 0 and program.ops[a].kind in ("subscript", "attribute", "binary", "compare"))
            else:
                return None
        return None


def _covers(chosen: tuple[str, ...], column: str) -> bool:
    """Whether a choice of columns holds one, by name or by position."""
    if not column.startswith("#"):
        return column in chosen
    position = int(column[1:])
    for one in chosen:
        if one.startswith("#") and ":" in one:
            low, _, high = one[1:].partition(":")
            if position < 0:
                if not high or (int(high) < 0 and position < int(high)):
                    return not low or int(low) >= 0 or position >= int(low)
            elif (not low or (int(low) >= 0 and position >= int(low))) and high and int(high) >= 0 and position < int(high):
                return True
        elif one == column:
            return True
    return False


def _chooses(seen: Seen, op: int, meaning: Meaning) -> bool:
    """Whether the model may choose its columns itself: it is made of steps, wraps another, or is of a type that is not known."""
    code = seen.code
    made = code.meanings.catalogue.type(meaning.kind)
    if made is None or meaning.entry is None or meaning.entry.folds or made.constructor.param("@steps") is not None:
        return True
    callee = code.program.args[op][0]
    makers = code.flow.reach([callee], back=True, stop=lambda o: code.program.ops[o].kind == "call") if callee >= 0 else {}
    return any("@model" in found.arguments for maker in makers if (found := code.meanings.of(maker)) is not None)


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
