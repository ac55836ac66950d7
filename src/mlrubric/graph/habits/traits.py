"""Which traits of the catalogue an expression bears: by the names it calls or reads, and by the type it is called on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mlrubric.graph.code import Code
from mlrubric.graph.values import Value, number, ordered

KNOWN = frozenset({"external", "object", "foreign", "module", "package", "made", "text", "const", "instance", "class", "function"})
NAMED = frozenset({"load", "attribute", "store_attribute", "call", "import"})

UNEQUAL = "not_a_number"  # a value that the program makes by itself, as `float("nan")`


class Traits:
    """Traits of operations; what was asked is kept."""

    def __init__(self, code: Code) -> None:
        self._code = code
        self._catalogue = code.meanings.catalogue
        self._known: dict[int, tuple[str, ...]] = {}
        self._of: dict[int, frozenset[str]] = {}
        self._bearing: dict[str, set[int]] | None = None
        self._targets: dict[Value, tuple[str, ...]] = {}
        self._members: dict[tuple[Value, str], tuple[str, ...]] = {}

    def bearing(self, trait: str) -> set[int]:
        """The calls, and the attributes that nobody calls, whose name has a trait."""
        return set(self._index().get(trait, ()))

    def all(self) -> list[int]:
        """All operations that bear some trait, in order."""
        return sorted({op for ops in self._index().values() for op in ops})

    def _index(self) -> dict[str, set[int]]:
        if self._bearing is None:
            self._bearing = {}
            program = self._code.program
            called = {program.args[op][0] for op in program.of_kind("call")}
            for op in program.of_kind("call", "attribute", "store_attribute"):
                for found in self.of(op) if op not in called else ():
                    self._bearing.setdefault(found, set()).add(op)
        return self._bearing

    def of(self, op: int) -> frozenset[str]:
        """The traits of the name that an operation calls or reads."""
        known = self._of.get(op)
        if known is None:
            found = {t for name in self.names(op) for t in self._catalogue.traits(name)}
            if op >= 0 and any(value[0] == "const" and value[1] != value[1] for value in self._code.resolver.of(op)):
                found.add(UNEQUAL)
            if op >= 0 and self._code.program.ops[op].kind == "call":
                asked = (one for name in self.names(op) for one in self._catalogue.traits_with(name))
                found.update(t for t, keywords in asked if self._code.program.keyword(op, *keywords) != -1)
            known = self._of[op] = frozenset(found)
        return known

    def name(self, op: int) -> str:
        """The first name of the catalogue that says something about an operation, else the first one at all."""
        names = self.names(op)
        return next((name for name in names if self._catalogue.traits(name)), names[0] if names else "")

    def takes(self, op: int) -> tuple[str, ...]:
        """What the arguments of a call are called, in order, as far as the catalogue says."""
        return next((found for name in self.names(op) if (found := self._catalogue.takes(name))), ())

    def guessed(self, op: int) -> bool:
        """Whether only the name of a method spoke, on a receiver of unknown type, or something else may be called that is not like it."""
        names = self.names(op)
        if names and names[0].startswith("?."):
            return True
        targets = self._code.resolver.targets.get(op, ()) if op >= 0 else ()
        traits = {frozenset(t for name in self._named(target) for t in self._catalogue.traits(name)) for target in targets}
        return len(traits) > 1

    def of_type(self, op: int) -> frozenset[str]:
        """The traits that all types which a value may have agree in; none when some type is not known."""
        values = self._code.resolver.of(op) if op >= 0 else frozenset[Value]()
        found = [self._of_value(value) for value in values if value != ("const", None, "NoneType")]
        return frozenset.intersection(*found) if found else frozenset()

    def of_class(self, op: int) -> frozenset[str]:
        """The traits of what the class around an operation extends; none outside of a class."""
        scope = self._code.program.class_around(op)
        return self._of_value(("instance", scope)) if scope >= 0 else frozenset()

    def names(self, op: int) -> tuple[str, ...]:
        """The qualified names, along the bases of types, that an operation calls or reads; `?.name` when nothing is known but that."""
        known = self._known.get(op)
        if known is None:
            known = self._known[op] = tuple(dict.fromkeys(self._names(op))) if op >= 0 else ()
        return known

    # ---- inside ----

    def _names(self, op: int) -> Iterator[str]:
        code, facts = self._code, self._code.program.ops[op]
        if facts.kind not in NAMED:
            return
        if facts.kind == "call":
            for target in ordered(code.resolver.targets.get(op, ())):
                yield from self._named(target)
            yield from self.names(code.program.args[op][0])
            return
        for value in ordered(code.resolver.of(op)):
            yield from self._named(value)
        if facts.kind in ("attribute", "store_attribute"):
            receiver = code.program.args[op][0]
            values = ordered(code.resolver.of(receiver)) if receiver >= 0 else []
            for value in values:
                yield from self._member(value, facts.name)
            if not any(value[0] in KNOWN for value in values):
                yield f"?.{facts.name}"

    def _named(self, target: Value) -> tuple[str, ...]:
        known = self._targets.get(target)
        if known is None:
            known = self._targets[target] = tuple(self._target(target))
        return known

    def _member(self, value: Value, name: str) -> tuple[str, ...]:
        known = self._members.get((value, name))
        if known is None:
            bases = (str(value[1]),) if value[0] == "external" else self._types(value)
            known = self._members[value, name] = tuple(f"{base}.{name}" for base in bases)
        return known

    def _target(self, target: Value) -> Iterator[str]:
        if target[0] == "external":
            name = str(target[1])
            yield self._catalogue.canonical(name)
            if self._catalogue.is_class(name):
                yield from self._catalogue.bases(name)
            owner, _, last = name.rpartition(".")
            if owner and self._catalogue.is_class(owner):
                yield from (f"{base}.{last}" for base in self._catalogue.bases(owner))
        elif target[0] == "method":
            yield from (f"{base}.{target[2]}" for base in self._catalogue.bases(str(target[1])))
        elif target[0] == "class":
            yield from (base for name in self._code.resolver.mro(number(target))[1] for base in self._catalogue.bases(name))

    def _types(self, value: Value) -> Iterable[str]:
        """The names of a value's types, the nearest first."""
        if value[0] in ("object", "foreign"):
            return self._catalogue.bases(str(value[1]))
        if value[0] in ("instance", "super"):
            return (base for name in self._code.resolver.mro(number(value))[1] for base in self._catalogue.bases(name))
        return ()

    def _of_value(self, value: Value) -> frozenset[str]:
        return frozenset(t for name in self._types(value) for t in self._catalogue.traits(name))
