"""One call: does it count, and is it understood?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from benchmarks.coverage.origins import LIBRARY, OWN, PLAIN, Origin, Origins, joined, kind_of_name, names_of
from mlrubric.graph.program import ModuleUnit, Program
from mlrubric.graph.resolve import Resolver
from mlrubric.knowledge.catalogue import Catalogue

KNOWN, MISSING, UNRESOLVED = "known", "missing", "unresolved"


class Judged(NamedTuple):
    """A call that counts. `name` is the qualified name; for an unresolved one, the method behind what is best known of its receiver."""

    path: str
    line: int
    op: int
    verdict: str
    name: str


class Judge:
    """The calls of one repository."""

    def __init__(self, resolver: Resolver, catalogue: Catalogue) -> None:
        self.resolver, self.catalogue = resolver, catalogue
        self._origins = Origins(resolver)
        self._own = _own_names(resolver.program)

    def calls(self) -> Iterator[Judged]:
        program = self.resolver.program
        for unit in program.modules:
            if (unit.facts.owner and not unit.is_notebook) or not self.counts(unit):
                continue
            for op in range(unit.base, unit.base + len(unit.facts.ops)):
                facts = program.ops[op]
                if facts.kind == "call":
                    told = self._judge(op)
                    if told is not None:
                        yield Judged(unit.path, facts.line, op, *told)

    def counts(self, unit: ModuleUnit) -> bool:
        """Whether a module imports a library for data or ML."""
        for op in unit.facts.ops:
            if op.kind == "import" and isinstance(op.value, tuple) and not int(op.value[2]):
                named = str(op.value[0]) or str(op.extra or op.value[1])
                whole = str(op.extra) if isinstance(op.extra, str) else named
                if self.catalogue.area(whole) in ("data", "ml") and not self._is_own(whole):
                    return True
        return False

    def _judge(self, op: int) -> tuple[str, str] | None:
        """None for a call of the project's own code, of a builtin or of the standard library."""
        names, own = names_of(self.resolver, op)
        outside = [n for n in names if kind_of_name(n) == LIBRARY and not self._is_own(n)]
        if outside:
            known = next((n for n in outside if self._has(n)), "")
            return (KNOWN, self.catalogue.canonical(known)) if known else (MISSING, outside[0])
        if own or names:
            return None
        callee = self.resolver.program.args[op][0]
        facts = self.resolver.program.ops[callee]
        if facts.kind == "attribute":
            origin = self._receiver(callee)
            name = f"{origin.text or '?'}.{facts.name}"
        else:
            origin = self._origins.of(callee)
            name = origin.text or facts.name or facts.kind
        if origin.kind in (OWN, PLAIN):
            return None
        if origin.kind == LIBRARY and self._is_own(origin.text):
            return None
        return UNRESOLVED, name

    def _receiver(self, callee: int) -> Origin:
        """Where the receiver comes from; a method of an own class that nothing defines is not known to be own code."""
        read = sorted(self.resolver.reads.get(callee, ()))
        if read:
            found = joined([self._origins.of(a) for a in read])
            if found.kind != "unknown" or found.text:
                return found
        receiver = self._origins.of(self.resolver.program.args[callee][0])
        return Origin("unknown", receiver.text or "own class") if receiver.kind == OWN else receiver

    def _has(self, name: str) -> bool:
        """Whether the catalogue has an entry; a class that is described is one."""
        owner, _, last = name.rpartition(".")
        if self.catalogue.is_class(owner) and (last == "__init__" or self.catalogue.method(owner, last) is not None):
            return True
        return self.catalogue.api(name) is not None

    def _is_own(self, name: str) -> bool:
        top = name.partition(".")[0]
        return top in self._own and top not in self.catalogue.import_names


def _own_names(program: Program) -> frozenset[str]:
    """Names of modules and folders of the repository."""
    found = {part.removesuffix(".py") for unit in program.modules for part in unit.path.split("/") if not part.endswith(".ipynb")}
    return frozenset(name for name in found if name.isidentifier())
