"""What a check of data says about it: clauses on values, or only columns and types."""

from __future__ import annotations

from collections.abc import Iterable

from mlrubric.graph.code import Code
from mlrubric.graph.graph import Graph
from mlrubric.graph.meaning import Meaning
from mlrubric.graph.values import number

VALUE, STRUCTURE = "value", "structure"
CLAUSE, SCHEMA = "data.clause", "data.schema"
LEAVES = frozenset({"data.read", "artifact.download", "model.fit", "model.predict", "data.split"})
DEPTH = 6  # classes inside classes


class Clauses:
    """Looks behind schemas: at the calls that built them, and into the classes of the project that are schemas."""

    def __init__(self, code: Code) -> None:
        self.code = code
        self._in_class: dict[int, list[int]] = {}
        self._valued: frozenset[int] | None = None
        self._declared: frozenset[int] | None = None
        self._guessed: frozenset[int] | None = None
        program = code.program
        for op, facts in enumerate(program.ops):
            scope = program.scope_id(op)
            if program.scopes[scope].kind == "class" and facts.kind in ("call", "load", "attribute", "subscript", "function"):
                self._in_class.setdefault(scope, []).append(op)

    def of(self, op: int, meaning: Meaning) -> str:
        """The clause of a check of the library: `value`, or `structure` when its schema is seen and says nothing of values."""
        if CLAUSE in meaning.roles:
            return VALUE
        if SCHEMA in meaning.roles and "data.validate" not in meaning.roles:
            return STRUCTURE
        schemas = [self.code.program.receiver(op), meaning.arguments.get("@schema", -1)]
        if meaning.entry is not None and meaning.entry.kind == "constructor":
            schemas.append(self.code.program.args[op][0])
        return self.behind(s for s in schemas if s >= 0)

    def tautology(self, op: int, meaning: Meaning) -> bool:
        """Whether the schema was inferred from the very rows that are checked, and nothing was added to it."""
        roles = self.code.meanings.roles
        schemas = [s for s in (self.code.program.receiver(op), meaning.arguments.get("@schema", -1)) if s >= 0]
        if self._guessed is None:
            self._guessed = self._forward([o for o in self.code.meanings.all() if {"data.profile", SCHEMA} <= roles(o)])
        if not any(schema in self._guessed for schema in schemas):
            return False
        back = self.code.flow.reach(schemas, back=True, stop=lambda o: bool(LEAVES & roles(o)))
        inferred = [o for o in back if {"data.profile", SCHEMA} <= roles(o)]
        if not inferred or any(CLAUSE in roles(o) for o in back):
            return False
        checked = self._reads(meaning.arguments.get("@data", -1))
        for one in inferred:
            of = self.code.meanings.of(one)
            if of is not None and checked & self._reads(of.arguments.get("@data", -1)):
                return True
        return False

    def _reads(self, data: int) -> frozenset[int]:
        if data < 0:
            return frozenset()
        return frozenset(o for o in self.code.flow.reach([data], back=True) if "data.read" in self.code.meanings.roles(o))

    def behind(self, schemas: Iterable[int]) -> str:
        """The clause of some schemas; what is not seen being built is taken to say something of values."""
        if self._valued is None or self._declared is None:
            self._valued, self._declared = self._reached()
        starts = list(schemas)
        if any(op in self._valued for op in starts) or not any(op in self._declared for op in starts):
            return VALUE
        return STRUCTURE

    def _reached(self) -> tuple[frozenset[int], frozenset[int]]:
        """The operations that a clause on values flows into, and those that any schema flows into."""
        roles, program = self.code.meanings.roles, self.code.program
        said = {scope: kind for scope, facts in enumerate(program.scopes) if facts.kind == "class" and (kind := self.in_class(scope))}
        valued, declared = list[int](), list[int]()
        for op in range(len(program.ops)):
            found = roles(op)
            kinds = {said.get(number(v), "") for v in self.code.resolver.of(op) if v[0] in ("class", "instance")} if said else set[str]()
            if CLAUSE in found or VALUE in kinds:
                valued.append(op)
            if SCHEMA in found or STRUCTURE in kinds:
                declared.append(op)
        return self._forward(valued), self._forward(declared)

    def _forward(self, starts: list[int]) -> frozenset[int]:
        roles = self.code.meanings.roles
        return frozenset(self.code.flow.reach(starts, stop=lambda o: bool(LEAVES & roles(o)))) if starts else frozenset()

    def in_class(self, scope: int, depth: int = DEPTH) -> str:
        """The clause of a class that is a schema, its own and inherited; "" when it is none."""
        own, libraries = self.code.resolver.mro(scope)
        catalogue = self.code.meanings.catalogue
        bases = [kind for name in libraries if (kind := catalogue.type(name)) is not None]
        if not any({SCHEMA, "data.validate"} & set(kind.constructor.roles) for kind in bases):
            return ""
        for one in (scope, *own):
            for op in self._in_class.get(one, ()):
                if self._says(op):
                    return VALUE
                for value in self.code.resolver.of(op) if depth and self.code.program.ops[op].kind != "function" else ():
                    if value[0] == "class" and number(value) not in (scope, *own) and self.in_class(number(value), depth - 1) == VALUE:
                        return VALUE
        return STRUCTURE

    def _says(self, op: int) -> bool:
        program = self.code.program
        if CLAUSE in self.code.meanings.roles(op):
            return True
        if program.ops[op].kind in ("load", "attribute"):  # `Literal[...]`, `PositiveInt` are used without a call
            named = self.code.meanings.named(op)
            return named is not None and CLAUSE in named.roles
        for decorator in program.decorators(op) if program.ops[op].kind == "function" else ():
            named = self.code.meanings.of(decorator) or self.code.meanings.named(decorator)
            if named is not None and CLAUSE in named.roles:
                return True
        return False


def mark_clauses(graph: Graph, code: Code, clauses: Clauses) -> None:
    """`clause` on every check of data that a library makes."""
    for node in graph.with_role("data.validate", "data.drift"):
        op = code.node_op.get(node)
        meaning = code.meanings.of(op) if op is not None else None
        if op is not None and meaning is not None and (meaning.judges or "data.validate" in meaning.roles):
            attributes = graph.nodes[node].attributes
            if meaning.entry is not None and meaning.entry.kind == "constructor" and not _makes_rows(graph, code, op):
                attributes["clause"] = "none"  # an answer, a setting, a request: no rows of data
                continue
            if "clause" not in attributes and clauses.tautology(op, meaning):
                attributes["clause"], attributes["tautology"] = "none", "true"
            attributes.setdefault("clause", clauses.of(op, meaning))


def _makes_rows(graph: Graph, code: Code, op: int) -> bool:
    """Whether an object that checks itself is made of data that was read, no answer of a model; then making it is the check."""
    about = code.about(op)
    if code.tested(op) or "data.read" not in about or about & {"model.predict", "model.load", "model.evaluate", "model.fit"}:
        return False
    node = code.op_node[op]
    graph.give(node, "check")
    graph.nodes[node].gate = True
    return True
