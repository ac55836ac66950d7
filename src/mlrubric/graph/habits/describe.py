"""What an expression is like, as attributes that any rule can ask for."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.graph.code import Code
from mlrubric.graph.habits.nearby import Nearby
from mlrubric.graph.habits.repetition import Repetition
from mlrubric.graph.habits.spelling import spelled
from mlrubric.graph.habits.traits import Traits
from mlrubric.graph.values import number

MOST = 40  # items of a list that are written into an attribute
CHOOSING = frozenset({"compare", "boolean", "unary", "binary"})


class Describer:
    """Attributes of operations of one program."""

    def __init__(self, code: Code, traits: Traits) -> None:
        self._code, self._traits = code, traits
        self._nearby = Nearby(code, traits)
        self._repetition = Repetition(code)
        self._deciding: set[int] | None = None

    def attributes(self, op: int) -> dict[str, str]:
        """All attributes of an expression."""
        program, facts = self._code.program, self._code.program.ops[op]
        found = {"form": facts.kind, "certain": "false" if self._traits.guessed(op) else "true", "name": self._last(op)}
        found |= dict.fromkeys((f"trait.{t}" for t in self._traits.of(op)), "true")
        found |= dict.fromkeys((f"role.{r}" for r in self._code.meanings.roles(op)), "true")
        loop = self._repetition.loop(op)
        found["in_loop"] = "true" if loop >= 0 else "false"
        repeated = self._repetition.of(op)
        if repeated:
            found["repeated"] = repeated
            found["conditional"] = "false" if self._repetition.unconditional(op) else "true"
        if facts.kind in ("call", "compare", "binary", "attribute", "subscript"):
            found["result"] = self._result(op)
        if facts.kind == "call":
            found |= self._arguments(op)
            found["grows"] = "true" if self._repetition.grows(op) else "false"
        subject = self._subject(op)
        if subject >= 0:
            found["receiver"] = spelled(program, subject)
            found |= dict.fromkeys((f"on.{t}" for t in self._traits.of_type(subject)), "true")
            found |= dict.fromkeys((f"from.{t}" for t in self._nearby.before(subject)), "true")
            found |= {f"receiver.{key}": value for key, value in self._shape(subject)}
        found |= dict.fromkeys((f"to.{t}" for t in self._nearby.after(op)), "true")
        found |= dict(self._own_shape(op))
        for where, names in self._nearby.around(op, loop):
            found |= dict.fromkeys((f"{where}.{name}" for name in names), "true")
        return found

    def _last(self, op: int) -> str:
        facts = self._code.program.ops[op]
        called = self._code.program.ops[self._code.program.args[op][0]] if facts.kind == "call" else facts
        return called.name

    def _subject(self, op: int) -> int:
        """What an expression is about: the receiver of a method, an attribute or a subscript; the first argument of a function."""
        program, facts = self._code.program, self._code.program.ops[op]
        if facts.kind in ("attribute", "subscript", "store_subscript", "store_attribute"):
            return program.args[op][0]
        if facts.kind != "call":
            return -1
        receiver = program.receiver(op)
        if receiver >= 0 and not any(v[0] in ("module", "package", "external") for v in self._code.resolver.of(receiver)):
            return receiver
        return next(iter(program.positional(op)), -1)

    def _arguments(self, op: int) -> dict[str, str]:
        program, meanings = self._code.program, self._code.meanings
        names, args = program.ops[op].value, program.args[op]
        keywords = names if isinstance(names, tuple) else ()
        given = dict(zip((str(n) for n in keywords), args[len(args) - len(keywords) :], strict=True)) if keywords else {}
        starred = program.ops[op].extra is not None
        positional = () if starred else program.positional(op)
        given = {**dict(zip(self._traits.takes(op), positional, strict=False)), **given}
        found = {f"given.{name}": self._spelled(value) for name, value in given.items() if name != "**"}
        meaning = meanings.of(op)
        found |= meanings.spellings(meaning) if meaning is not None else {}
        found["arguments"] = str(len(args) - 1)
        if "**" in given or starred:
            found["open"] = "true"
        return found

    def _spelled(self, op: int) -> str:
        """An argument as text; of a list that is written out, its constants and the names of what is called in it."""
        program, meanings = self._code.program, self._code.meanings
        text = meanings.spelling(op)
        lists = [number(v) for v in self._code.resolver.of(op) if v[0] == "made"] if text == "given" else []
        if len(lists) != 1 or program.ops[lists[0]].kind != "container" or len(program.args[lists[0]]) > MOST:
            return text
        items = [meanings.spelling(one) if program.ops[one].kind == "const" else self._last(one) for one in program.args[lists[0]]]
        return ", ".join(items) or text

    def _shape(self, op: int) -> Iterator[tuple[str, str]]:
        """What a receiver is like: its form, its type, its own traits."""
        yield "form", self._code.program.ops[op].kind
        yield from ((f"trait.{t}", "true") for t in sorted(self._traits.of(op)))
        subject = self._subject(op)
        yield from ((f"on.{t}", "true") for t in sorted(self._traits.of_type(subject)))
        yield from ((f"receiver.trait.{t}", "true") for t in sorted(self._traits.of(subject)))
        yield from self._own_shape(op)

    def _own_shape(self, op: int) -> Iterator[tuple[str, str]]:
        program, facts = self._code.program, self._code.program.ops[op]
        args = program.args[op]
        if facts.kind in ("subscript", "store_subscript"):
            yield "key", self._code.meanings.spelling(args[1]) if args[1] >= 0 else "given"
            yield "key.form", self._key(args[1])
        if facts.kind == "store_subscript":
            yield "value", self._code.meanings.spelling(args[2])
            yield "value.form", program.ops[args[2]].kind
        elif facts.kind == "store_attribute":
            yield "value", self._code.meanings.spelling(args[1])
        elif facts.kind in ("compare", "binary"):
            yield "operator", " ".join(map(str, facts.value)) if isinstance(facts.value, tuple) else facts.name
            yield from ((f"operand.{t}", "true") for t in sorted({t for a in args for t in self._traits.of(a)}))
            yield from ((f"operand.on.{t}", "true") for t in sorted({t for a in args for t in self._traits.of_type(a)}))
            yield from ((f"operand.from.{t}", "true") for t in sorted({t for a in args for t in self._nearby.before(a)}))
            yield from (
                (f"operand.to.{t}", "true") for t in sorted({t for a in args for d in self._meant(a) for t in self._nearby.after(d)})
            )
            for side, a in zip(("left", "right"), args, strict=False):
                if program.ops[a].kind == "const":
                    yield "operand.value", str(program.ops[a].value)
                    yield "operand.side", side
            yield "operand.form", program.ops[args[-1]].kind
            yield "augmented", "true" if facts.extra == "augmented" else "false"
        elif facts.kind == "import" and isinstance(facts.value, tuple):
            module = str(facts.extra) if isinstance(facts.extra, str) else ".".join(str(p) for p in facts.value[:2] if p)
            yield "module", module
            yield "alias", facts.name
            yield "customary", self._code.meanings.catalogue.customary(module) or "absent"
            yield "origin", "project" if any(v[0] != "external" for v in self._code.resolver.of(op)) else "library"

    def _meant(self, op: int) -> tuple[int, ...]:
        """The definitions of a variable that is read, else the operation itself."""
        return self._code.program.args[op] if self._code.program.ops[op].kind == "load" else (op,)

    def _key(self, op: int) -> str:
        facts = self._code.program.ops[op] if op >= 0 else None
        if facts is None:
            return "given"
        if facts.kind == "container":
            return "list" if facts.value == "list" else str(facts.value)
        if facts.kind in CHOOSING:
            return "mask"
        if facts.kind == "slice":
            return "slice"
        values = self._code.resolver.of(op)
        kinds = {v[0] for v in values}
        return "text" if kinds == {"text"} else "const" if kinds == {"const"} else "given"

    def _result(self, op: int) -> str:
        """Whether something is done with a value."""
        program = self._code.program
        uses = [use for use in self._code.resolver.uses[op] if program.ops[use].kind != "slot"]
        if any(program.ops[use].kind != "await" or self._result(use) == "kept" for use in uses) or op in self._tests():
            return "kept"
        unit = program.unit(op)
        if unit.is_notebook and self._ends_cell(op):
            return "shown"
        return "unused"

    def _ends_cell(self, op: int) -> bool:
        """Whether no other operation of a cell comes after this one."""
        program, unit = self._code.program, self._code.program.unit(op)
        cell = self._code.place(op).cell
        last = unit.base + len(unit.facts.ops) - 1
        while op < last and program.ops[op + 1].scope != program.ops[op].scope:
            op += 1
        return op == last or self._code.place(op + 1).cell != cell

    def _tests(self) -> set[int]:
        """The operations whose value decides where the run goes on, which no other operation shows."""
        if self._deciding is None:
            program = self._code.program
            self._deciding = {b.test + unit.base for unit in program.modules for b in unit.facts.blocks if b.test >= 0}
            for op in program.of_kind("comprehension"):
                extra = program.ops[op].extra
                if isinstance(extra, tuple):
                    self._deciding.update(int(c) + program.unit(op).base for c in extra)
        return self._deciding
