"""What a program writes, by the path and by the expression that names it, and whether that was before something reads it."""

from __future__ import annotations

from mlrubric.graph.code import Code
from mlrubric.graph.meaning import Meaning
from mlrubric.graph.world import World

WRITES = frozenset({"model.save", "data.write", "file.write"})
DEPTH = 6
MOST = 60
Shape = tuple[object, ...]


class Writers:
    """What a program writes, by the expression that names it and by its path."""

    def __init__(self, world: World) -> None:
        self.world, self.code = world, world.code
        self.by_shape: dict[tuple[int, Shape], list[int]] = {}
        for op, meaning in self.code.meanings.all().items():
            if WRITES & set(meaning.roles) and "@sink" in meaning.arguments:
                sink = meaning.arguments["@sink"]
                self.by_shape.setdefault((self.code.program.unit_of[sink], shape(self.code, sink)), []).append(op)

    def here(self, node: int) -> list[int]:
        """The operations that write the file that a node reads, as far as its path says."""
        graph = self.world.graph
        found: list[int] = []
        for edge in graph.predecessors(node, ("read",)):
            near = [edge.source, *(e.source for e in graph.predecessors(edge.source, ("join",)))]
            writes = [e.source for one in near for e in graph.predecessors(one, ("write",))]
            found.extend(self.code.node_op[w] for w in writes if w in self.code.node_op)
        return found

    def before(self, node: int, argument: int, *, by_path: bool = True) -> bool:
        """Whether the program itself may have written what it reads: under the same name in its file, or (`by_path`) the same path."""
        alike = self.by_shape.get((self.code.program.unit_of[argument], shape(self.code, argument)), []) if argument >= 0 else []
        load = self._ways(self.code.node_op[node])
        for writer in {*alike, *(self.here(node) if by_path else ())}:
            ways = self._ways(writer)
            if any(min(ways[scope]) < max(load[scope]) for scope in ways.keys() & load.keys()):
                return True
        return False

    def together(self, node: int) -> bool:
        """Whether one program writes the file that it reads."""
        load = self._ways(self.code.node_op[node])
        return any(self._ways(writer).keys() & load.keys() for writer in self.here(node))

    def _ways(self, op: int) -> dict[int, set[int]]:
        """The scopes that lead to an operation, each with the operations in it that do."""
        program = self.code.program
        found = {program.scope_id(op): {op}}
        waiting = [program.scope_id(op)]
        while waiting and len(found) < MOST:
            scope = waiting.pop()
            for call in self.code.resolver.callers.get(scope, ()):
                above = program.scope_id(call)
                if above not in found:
                    waiting.append(above)
                found.setdefault(above, set()).add(call)
        return found


def shape(code: Code, op: int, depth: int = 0) -> Shape:
    """An expression as it is written: names, attributes, texts, and what is put together of them."""
    facts = code.program.ops[op]
    if facts.kind in ("load", "param"):
        return ("name", facts.name)
    if depth > DEPTH:
        return ("deep",)
    inner = tuple(shape(code, a, depth + 1) for a in code.program.args[op] if a >= 0)
    if facts.kind in ("assign", "enter") and len(inner) == 1:
        return inner[0]
    return (facts.kind, facts.name, str(facts.value), *inner)


def addressed(code: Code, op: int, meaning: Meaning) -> Meaning | None:
    """The call that says where something lies: the call itself, or the one that made its receiver (`bucket.blob(key).download()`)."""
    receiver = code.program.receiver(op)
    if "@source" in meaning.arguments or receiver < 0:
        return meaning if "@source" in meaning.arguments else None
    makers = [m for m in code.flow.reach([receiver], back=True, stop=lambda o: _says(code, o)) if m != op and _says(code, m)]
    return code.meanings.of(makers[0]) if len(makers) == 1 else None


def _says(code: Code, op: int) -> bool:
    """Whether a call names something that is kept."""
    meaning = code.meanings.of(op)
    return meaning is not None and "@source" in meaning.arguments and "@sink" not in meaning.arguments
