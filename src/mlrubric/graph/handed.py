"""What a call is handed beside its arguments as they are written: entries of a dict with `**`, settings of a file, what `partial` bound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from mlrubric.graph.program import Program
from mlrubric.graph.resolve import Resolver, containers, given
from mlrubric.graph.resolve.calls import arguments_of
from mlrubric.graph.values import Value, Values, number, ordered
from mlrubric.knowledge.catalogue import Catalogue
from mlrubric.knowledge.entries import Api

FAR = 300  # operations
CHOSEN = "chosen"
KNOWN = ("made", "settings", "parsed", "object")


@dataclass(slots=True)
class Entries:
    """Entries of a dict by name, as operations or as the values of settings; `open` when there may be others."""

    ops: dict[str, int] = field(default_factory=dict)
    settings: dict[str, Values] = field(default_factory=dict)
    open: bool = False


class Handed:
    """Looks behind `**options`, an argument of options, and callables that are bound to some of their arguments."""

    def __init__(self, program: Program, resolver: Resolver, catalogue: Catalogue) -> None:
        self.program, self.resolver, self.catalogue = program, resolver, catalogue

    def bound(self, op: int) -> dict[str, int]:
        """The keywords that `partial` has given to what is called."""
        found: dict[str, int] = {}
        for value in ordered(v for v in self.resolver.of(self.program.args[op][0]) if v[0] == "partial"):
            for name, argument in arguments_of(self.resolver, number(value)).keywords:
                found.setdefault(name, argument)
        return found

    def entries(self, op: int, api: Api, arguments: dict[str, int]) -> Entries:
        """All that a call is handed in dicts."""
        names, args = self.program.ops[op].value, self.program.args[op]
        names = names if isinstance(names, tuple) else ()
        handed = [a for n, a in zip(names, args[len(args) - len(names) :], strict=True) if n == "**"]
        if api.options in arguments:
            handed.append(arguments[api.options])
        found = Entries()
        for argument in handed:
            self._read(op, argument, found, set())
            for name, value in self._added(op, argument, found):
                found.settings.pop(name, None)
                found.ops[name] = value
        return found

    def _read(self, op: int, argument: int, found: Entries, seen: set[Value]) -> None:
        values = ordered(v for v in self.resolver.of(argument) if v[0] in KNOWN)
        found.open = found.open or not values
        for value in values:
            if value in seen:
                continue
            seen.add(value)
            if value[0] == "object":
                found.open = found.open or CHOSEN not in self.catalogue.traits(str(value[1]))
            elif value[0] == "made":
                self._made(op, number(value), found, seen)
            else:
                for name, values_of in given.named(self.resolver, op, value):
                    found.settings.setdefault(name, values_of)

    def _made(self, op: int, container: int, found: Entries, seen: set[Value]) -> None:
        known = dict(containers.entries(self.resolver, container))
        found.open = found.open or not known or None in known  # a parameter, or an empty dict that others fill
        for key, ops in known.items():
            if isinstance(key, str):
                found.ops.setdefault(key, ops[-1])
            elif key == containers.SPREAD:
                for source in ops:
                    self._read(op, source, found, seen)

    def _added(self, call: int, argument: int, found: Entries) -> Iterator[tuple[str, int]]:
        """What was put into a dict under a name before a call hands it over: `options["seed"] = 1`, `options.update(seed=1)`."""
        program, name = self.program, self.program.ops[argument].name
        scope = program.scope_id(call)
        for op in range(max(argument - FAR, 0), argument) if name else ():
            kind = program.ops[op].kind
            if kind not in ("store_subscript", "call") or program.scope_id(op) != scope:
                continue
            if kind == "call":
                receiver = program.receiver(op)
                if receiver >= 0 and program.ops[receiver].name == name and program.ops[program.args[op][0]].name == "update":
                    given_here = arguments_of(self.resolver, op)
                    yield from ((n, value) for n, value in given_here.keywords if n != "**")
                    for one in (*given_here.positional, *(value for n, value in given_here.keywords if n == "**")):
                        self._read(op, one, found, set())
                continue
            holder, key, value = program.args[op][:3]
            if holder >= 0 and key >= 0 and program.ops[holder].name == name:
                text = program.ops[key].value
                if isinstance(text, str) and program.ops[key].kind == "const":
                    yield text, value
