"""Where a value comes from when the resolver has no answer: own code, the language and its standard library, a library, or nobody knows."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import NamedTuple

from mlrubric.graph.resolve import Resolver
from mlrubric.graph.values import Value, number, ordered

OWN, PLAIN, LIBRARY, UNKNOWN = "own", "plain", "library", "unknown"
DEEPEST = 60
# What hands on whatever it is given, holds or finds: its result says nothing about the standard library.
HANDS_ON = frozenset(
    ["pickle.load", "pickle.loads", "copy.copy", "copy.deepcopy", "functools.reduce", "functools.partial", "importlib.import_module",
     "asyncio.run", "asyncio.gather", "asyncio.wait_for", "contextlib.closing", "contextlib.nullcontext", "itertools.chain",
     "itertools.islice", "itertools.product", "typing.cast", "collections.deque", "queue.Queue", "types.SimpleNamespace", "vars", "getattr"]
)  # fmt: skip
BUILTIN_HANDS_ON = frozenset(
    ["getattr", "next", "iter", "list", "tuple", "set", "frozenset", "sorted", "reversed", "min", "max", "sum", "map", "filter", "zip",
     "enumerate", "eval", "vars", "super", "type", "property", "globals", "locals", "__import__", "dict"]
)  # fmt: skip
METHODS_HAND_ON = frozenset(
    ["get", "pop", "popitem", "popleft", "setdefault", "values", "items", "copy", "__getitem__", "__next__", "send", "result", "get_nowait",
     "submit", "map", "apply", "apply_async", "imap", "enter_context", "run_until_complete", "most_common", "union", "create_task", "run"]
)  # fmt: skip


class Origin(NamedTuple):
    """`text` is the best-known name: of a library's function whose result it is, of a parameter, of a type."""

    kind: str
    text: str = ""


NOBODY = Origin(UNKNOWN)


def kind_of_name(name: str) -> str:
    """Whose a qualified name is, going by its first part."""
    top = name.partition(".")[0]
    return PLAIN if top == "builtins" or top in sys.stdlib_module_names else LIBRARY


def names_of(resolver: Resolver, op: int) -> tuple[list[str], bool]:
    """The names outside the project that a call enters, and whether it enters code of the project."""
    targets = resolver.targets.get(op, set())
    own = any(t[0] in ("function", "class") for t in targets)
    found = [str(t[1]) for t in ordered(targets) if t[0] == "external"]
    found += [f"{t[1]}.{t[2]}" for t in ordered(targets) if t[0] == "method" and not (own and t[2] == "__init__")]
    return [*found, *sorted(resolver.foreign.get(op, ()))], own


class Origins:
    """Follows a value back along the operations that hand it on."""

    def __init__(self, resolver: Resolver) -> None:
        self._r = resolver
        self._known: dict[int, Origin] = {}
        self._open: set[int] = set()

    def of(self, op: int) -> Origin:
        if op < 0:
            return NOBODY
        known = self._known.get(op)
        if known is not None:
            return known
        if op in self._open or len(self._open) > DEEPEST:
            return NOBODY
        self._open.add(op)
        found = self._find(op)
        self._open.discard(op)
        if not self._open:
            self._known[op] = found
        return found

    def _find(self, op: int) -> Origin:
        r = self._r
        facts = r.program.ops[op]
        spoken = [self._of_value(v) for v in ordered(r.of(op))]
        if spoken and (facts.kind in ("param", "slot", "attribute", "load") or any(o.kind == LIBRARY for o in spoken)):
            told = joined(spoken)
            if told.kind != UNKNOWN:
                return told
        if facts.kind == "call":
            return self._of_call(op)
        if facts.kind == "param":
            return self._of_parameter(op)
        if facts.kind in ("const", "fstring", "compare", "slice", "lambda", "function", "class"):
            return Origin(OWN if facts.kind in ("lambda", "function", "class") else PLAIN)
        if facts.kind == "assign" and not r.program.args[op] and isinstance(facts.extra, int):
            return self._annotated(facts.extra + r.program.unit(op).base) or NOBODY
        behind = [a for a in r.program.args[op] if a >= 0]
        if facts.kind == "dict":
            behind = behind[1::2]
        if facts.kind in ("subscript", "store_attribute"):
            behind = behind[:1] if facts.kind == "subscript" else behind[1:]
        if facts.kind == "conditional":
            behind = behind[1:]
        reads = sorted(r.reads.get(op, ()))
        if facts.kind == "attribute" and reads:
            behind = []
        if facts.kind in ("container", "dict", "comprehension"):
            return self._of_container(op, behind)
        found = joined([self.of(a) for a in (*behind, *reads)])
        if facts.kind == "attribute" and not reads and found.kind == LIBRARY:
            return Origin(LIBRARY, f"{found.text}.{facts.name}")
        if facts.kind == "attribute" and not reads and found.kind == OWN:
            return Origin(UNKNOWN, f"own.{facts.name}")
        return found

    def _of_container(self, op: int, behind: list[int]) -> Origin:
        """What is in it, as far as it is seen; nothing is known of what an empty one will hold."""
        r = self._r
        more = [item for items in r.items.get(op, {}).values() for item in sorted(items)]
        found = [*(self.of(a) for a in (*behind, *more)), *(self._of_value(v) for v in ordered(r.contents.get(op, ())))]
        return joined(found) if found else Origin(UNKNOWN, "an item")

    def _of_call(self, op: int) -> Origin:
        r = self._r
        names, own = names_of(r, op)
        outside = [n for n in names if kind_of_name(n) == LIBRARY]
        if outside:
            return Origin(LIBRARY, f"{outside[0]}()")
        if own:
            made = joined([self.of(a) for a in sorted(r.results.get(op, ()))])
            entered = any(t[0] == "class" for t in r.targets.get(op, ()))
            return Origin(OWN) if entered else made
        callee, *arguments = r.program.args[op]
        for name in names:
            last = name.rpartition(".")[2]
            if name in HANDS_ON or (name.startswith("builtins.") and name.count(".") == 1 and last in BUILTIN_HANDS_ON):
                handed = joined([self.of(a) for a in arguments])
                return handed if handed.kind in (LIBRARY, OWN) else Origin(UNKNOWN, f"{name}()")
            if name.count(".") > 1 and last in METHODS_HAND_ON and r.program.ops[callee].kind == "attribute":
                held = joined([self.of(a) for a in r.program.args[callee]])
                plain = held.kind == PLAIN and name.startswith("builtins.")
                return held if plain or held.kind in (LIBRARY, OWN) else Origin(UNKNOWN, f"{name}()")
        if names:
            return Origin(PLAIN, f"{names[0]}()")
        behind = self.of(callee)
        return Origin(behind.kind if behind.kind in (LIBRARY, PLAIN) else UNKNOWN, f"{behind.text}()")

    def _of_parameter(self, op: int) -> Origin:
        r = self._r
        facts = r.program.ops[op]
        found = [self.of(s) for s in sorted(r.sources.get(op, ()))]
        annotation = facts.extra
        if isinstance(annotation, int) and annotation >= 0:
            named = self._annotated(annotation + r.program.unit(op).base)
            if named is not None:
                found.append(named)
        told = joined(found)
        return told if told.kind != UNKNOWN else Origin(UNKNOWN, told.text or f"parameter {facts.name}")

    def _annotated(self, op: int, depth: int = 0) -> Origin | None:
        """What an annotation names, through `Optional[...]` and `... | None`."""
        r = self._r
        if depth > 3 or op < 0:
            return None
        facts = r.program.ops[op]
        for value in ordered(r.of(op)):
            if value[0] == "external" and str(value[1]) not in ("builtins.None", "typing.Any", "builtins.object"):
                name = str(value[1])
                if not name.startswith("typing."):
                    return Origin(kind_of_name(name), name)
            if value[0] == "class":
                return Origin(OWN)
        inner = [self._annotated(a, depth + 1) for a in r.program.args[op]] if facts.kind in ("subscript", "binary", "container") else []
        told = [o for o in inner if o is not None]
        return joined(told) if told else None

    def _of_value(self, value: Value) -> Origin:
        kind = value[0]
        if kind in ("external", "object", "foreign", "method"):
            name = str(value[1]) if kind != "method" else f"{value[1]}.{value[2]}"
            return Origin(kind_of_name(name), name) if name not in ("builtins.NotImplemented",) else NOBODY
        if kind in ("many", "tuple"):
            first = str(value[1]) if kind == "many" else str(value[1][0]) if isinstance(value[1], tuple) and value[1] else ""
            return Origin(kind_of_name(first), first) if first and not first.startswith("any") else NOBODY
        if kind in ("instance", "class", "function", "bound", "super", "module", "package", "record"):
            return Origin(OWN, self._r.program.qualified(number(value)) if kind in ("instance", "class", "function") else "")
        if kind in ("text", "parsed", "settings", "opened", "parents", "parser") or (kind == "const" and value[1] is not None):
            return Origin(PLAIN)
        return NOBODY


def joined(found: Iterable[Origin]) -> Origin:
    """A library's if any is, else unknown if any is, else own, else the language's."""
    by_kind: dict[str, Origin] = {}
    for one in found:
        if one.kind not in by_kind or (one.text and not by_kind[one.kind].text):
            by_kind[one.kind] = one
    return next((by_kind[k] for k in (LIBRARY, UNKNOWN, OWN, PLAIN) if k in by_kind), NOBODY)
