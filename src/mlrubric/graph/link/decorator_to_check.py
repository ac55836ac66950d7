"""Decorators that check what a function is given or gives: the parameters and results that they look at become checks."""

from __future__ import annotations

from collections.abc import Iterable

from mlrubric.graph.checks import Check
from mlrubric.graph.clauses import Clauses
from mlrubric.graph.code import Code
from mlrubric.graph.definitions import decorated
from mlrubric.graph.meaning import Meaning
from mlrubric.graph.world import World

ORDER = 8
SCHEMA = "data.schema"


def link(world: World) -> None:
    code = world.code
    clauses: Clauses | None = None
    for definition, decorator in decorated(code):
        meaning = code.meanings.of(decorator) or code.meanings.named(decorator)
        if meaning is None or meaning.entry is None or not meaning.entry.checks or not meaning.raises:
            continue
        scope = code.program.defined(definition)
        for op, schemas in _looked_at(code, scope, decorator, meaning):
            clauses = clauses or Clauses(code)
            _add(world, op, meaning, clauses.behind(schemas))


def _add(world: World, op: int, meaning: Meaning, clause: str) -> None:
    """The check at a parameter or a result."""
    code, graph = world.code, world.graph
    if op in code.op_node:
        return
    node = graph.add("op", meaning.api, code.place(op), ("data.validate", "check"), meaning.api, form="call", clause=clause, certain="true")
    code.place_op(graph, op, node)
    graph.nodes[node].gate = True
    code.check_of[node] = Check(op, (op,), "call")


def _looked_at(code: Code, scope: int, decorator: int, meaning: Meaning) -> Iterable[tuple[int, list[int]]]:
    """The parameters and results that a decorator looks at, each with what names its schema."""
    assert meaning.entry is not None
    program, checked = code.program, meaning.entry.checks
    params = [p for p in program.params(scope) if program.ops[p].name not in ("self", "cls")]
    given = [meaning.arguments["@schema"]] if "@schema" in meaning.arguments else []
    if "annotated" in checked:
        for param in params:
            annotation = program.ops[param].extra
            if isinstance(annotation, int) and annotation >= 0 and (schemas := _schemas(code, annotation + program.unit(param).base)):
                yield param, schemas
        said = program.scopes[scope].returns_annotation
        if said >= 0 and (schemas := _schemas(code, said + program.modules[program.scope_unit[scope]].base)):
            yield from ((result, schemas) for result in program.returns(scope))
        return
    keywords = _keywords(code, decorator)
    if "input" in checked:
        named = [(p, [keywords[program.ops[p].name]]) for p in params if program.ops[p].name in keywords]
        if named or "output" in checked:
            yield from named
        elif given and params:
            yield params[0], given
    if "output" in checked and ("out" in keywords or "input" not in checked):
        yield from ((result, [keywords["out"]] if "out" in keywords else given) for result in program.returns(scope))


def _keywords(code: Code, decorator: int) -> dict[str, int]:
    facts, args = code.program.ops[decorator], code.program.args[decorator]
    names = facts.value if facts.kind == "call" and isinstance(facts.value, tuple) else ()
    return dict(zip(names, args[len(args) - len(names) :], strict=True)) if names else {}


def _schemas(code: Code, annotation: int) -> list[int]:
    """The parts of an annotation that name a schema, when what stands around them says that it is one: `DataFrame[Rows]`."""
    waiting, seen, found = [annotation], list[int](), False
    while waiting and len(seen) < 40:
        op = waiting.pop()
        if op < 0 or op in seen:
            continue
        seen.append(op)
        named = code.meanings.named(op)
        found = found or (named is not None and SCHEMA in named.roles)
        waiting.extend(code.program.args[op] if code.program.ops[op].kind in ("subscript", "container", "binary", "attribute") else ())
    return seen if found else []
