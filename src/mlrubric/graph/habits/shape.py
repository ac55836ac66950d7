"""What an expression is made of: its receiver, its arguments, the key and the value of a store, the sides of a comparison."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.graph.code import Code
from mlrubric.graph.habits.spelling import spelled
from mlrubric.graph.habits.traits import Traits
from mlrubric.graph.values import number

MOST = 40  # items of a list that are written into an attribute
CHOOSING = frozenset({"&", "|", "^", "~"})  # operators by which masks are put together
LOCATES = "locates"  # the trait of an attribute whose subscripts are those of what it belongs to
PARTS = frozenset({"attribute", "subscript", "store_subscript", "store_attribute"})


class Shape:
    """Answers about operations of one program."""

    def __init__(self, code: Code, traits: Traits) -> None:
        self._code, self._traits = code, traits

    def subject(self, op: int) -> int:
        """What an expression is about: the receiver of a method, an attribute or a subscript; the first argument of a function."""
        program, facts = self._code.program, self._code.program.ops[op] if op >= 0 else None
        if facts is None:
            return -1
        if facts.kind in PARTS:
            held = program.args[op][0]
            located = (
                facts.kind == "store_subscript" and held >= 0 and program.ops[held].kind == "attribute" and LOCATES in self._traits.of(held)
            )
            return program.args[held][0] if located else held
        if facts.kind != "call":
            return -1
        receiver = program.receiver(op)
        if receiver >= 0 and not any(v[0] in ("module", "package", "external") for v in self._code.resolver.of(receiver)):
            return receiver
        return next(iter(program.positional(op)), -1)

    def receiver(self, op: int) -> Iterator[tuple[str, str]]:
        subject = self.subject(op)
        if subject < 0:
            return
        yield "receiver", spelled(self._code.program, subject)
        yield from ((f"on.{t}", "true") for t in sorted(self._traits.of_type(subject)))
        yield "receiver.form", self._code.program.ops[subject].kind
        yield from ((f"receiver.trait.{t}", "true") for t in sorted(self._traits.of(subject)))
        behind = self.subject(subject)
        yield from ((f"receiver.on.{t}", "true") for t in sorted(self._traits.of_type(behind)))
        yield from ((f"receiver.receiver.trait.{t}", "true") for t in sorted(self._traits.of(behind)))
        yield from ((f"receiver.{key}", value) for key, value in (*self.own(subject), *self.arguments(subject)))

    def arguments(self, op: int) -> Iterator[tuple[str, str]]:
        program, meanings = self._code.program, self._code.meanings
        if program.ops[op].kind != "call":
            return
        names, args = program.ops[op].value, program.args[op]
        keywords = names if isinstance(names, tuple) else ()
        given = dict(zip((str(n) for n in keywords), args[len(args) - len(keywords) :], strict=True)) if keywords else {}
        starred = program.ops[op].extra is not None
        takes = [entry.split("|") for entry in self._traits.takes(op)]
        given = {**dict(zip((one[0] for one in takes), () if starred else program.positional(op), strict=False)), **given}
        given |= {one[0]: given[name] for one in takes for name in one[1:] if name in given}
        yield from ((f"given.{name}", self._spelled(value)) for name, value in given.items() if name != "**")
        meaning = meanings.of(op)
        yield from meanings.spellings(meaning).items() if meaning is not None else ()
        yield "arguments", str(len(args) - 1)
        receiver = program.receiver(op)
        yield "called", "method" if receiver >= 0 and self.subject(op) == receiver else "function"
        if "**" in given or starred:
            yield "open", "true"

    def own(self, op: int) -> Iterator[tuple[str, str]]:
        """The parts of an expression that are no arguments."""
        program, facts = self._code.program, self._code.program.ops[op]
        args = program.args[op]
        if facts.kind in ("subscript", "store_subscript"):
            yield "key", self._code.meanings.spelling(args[1]) if args[1] >= 0 else "given"
            yield "key.form", key_form(self._code, args[1])
        if facts.kind in ("store_subscript", "store_attribute"):
            yield "value", self._code.meanings.spelling(args[-1])
            yield "value.form", program.ops[args[-1]].kind
            if args[0] >= 0 and self._within(args[-1], program.ops[args[0]].name):
                yield "value.of_itself", "true"
        elif facts.kind in ("compare", "binary"):
            yield from self._operands(op)
        elif facts.kind == "import" and isinstance(facts.value, tuple):
            yield from self._import(op)

    # ---- inside ----

    def _operands(self, op: int) -> Iterator[tuple[str, str]]:
        program, facts, args = self._code.program, self._code.program.ops[op], self._code.program.args[op]
        yield "operator", " ".join(map(str, facts.value)) if isinstance(facts.value, tuple) else facts.name
        yield from ((f"operand.{t}", "true") for t in sorted({t for a in args for t in self._traits.of(a)}))
        yield from ((f"operand.on.{t}", "true") for t in sorted({t for a in args for t in self._traits.of_type(a)}))
        for side, argument in zip(("left", "right"), args, strict=False):
            if program.ops[argument].kind == "const":
                yield "operand.value", str(program.ops[argument].value)
                yield "operand.side", side
        yield "operand.form", program.ops[args[-1]].kind
        yield "augmented", "true" if facts.extra == "augmented" else "false"

    def _import(self, op: int) -> Iterator[tuple[str, str]]:
        facts = self._code.program.ops[op]
        assert isinstance(facts.value, tuple)
        module = str(facts.extra) if isinstance(facts.extra, str) else ".".join(str(p) for p in facts.value[:2] if p)
        alias = module if isinstance(facts.extra, str) else facts.name
        customary = self._code.meanings.catalogue.customary(module)
        yield "module", module
        yield "alias", alias
        if customary:
            yield "customary", customary
            yield "usual", "true" if customary == alias else "false"
        yield "origin", "project" if facts.value[2] or any(v[0] != "external" for v in self._code.resolver.of(op)) else "library"

    def _within(self, op: int, name: str) -> bool:
        """Whether a variable is read inside of an expression as it is written."""
        program, waiting, seen = self._code.program, [op], 0
        while waiting and seen < MOST:
            one = waiting.pop()
            seen += 1
            if one >= 0 and program.ops[one].kind == "load" and program.ops[one].name == name:
                return True
            waiting.extend(program.args[one] if one >= 0 and program.ops[one].kind not in ("load", "const") else ())
        return False

    def _spelled(self, op: int) -> str:
        """An argument as text; of a list that is written out, its constants and the names of what is called in it."""
        program, meanings = self._code.program, self._code.meanings
        text = meanings.spelling(op)
        lists = [number(v) for v in self._code.resolver.of(op) if v[0] == "made"] if text == "given" else []
        if len(lists) != 1 or program.ops[lists[0]].kind != "container" or len(program.args[lists[0]]) > MOST:
            return text
        items = [meanings.spelling(one) if program.ops[one].kind == "const" else self._last(one) for one in program.args[lists[0]]]
        return ", ".join(items) or text

    def _last(self, op: int) -> str:
        facts = self._code.program.ops[op]
        return (self._code.program.ops[self._code.program.args[op][0]] if facts.kind == "call" else facts).name


def key_form(code: Code, op: int) -> str:
    """What stands between the brackets of a subscript: text, const, list, tuple, slice, mask, or given."""
    facts = code.program.ops[op] if op >= 0 else None
    if facts is None:
        return "given"
    if facts.kind == "container":
        return str(facts.value)
    if facts.kind == "compare" or (facts.kind in ("binary", "unary") and facts.name in CHOOSING):
        return "mask"
    if facts.kind in ("binary", "unary"):
        return "const" if all(a >= 0 and code.program.ops[a].kind == "const" for a in code.program.args[op]) else "given"
    if facts.kind == "slice":
        return "slice"
    kinds = {v[0] for v in code.resolver.of(op)}
    return "text" if kinds == {"text"} else "const" if kinds == {"const"} else "given"
