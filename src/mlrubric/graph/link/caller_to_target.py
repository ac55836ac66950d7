"""Command lines of which a part is a parameter: `run_module("src.train")` runs that module, and no other caller's.

The flow between functions does not know who called. Here each text is followed back to the call that gives it, and the function that
makes that call leads to the command.
"""

from __future__ import annotations

from mlrubric.graph.code import Code
from mlrubric.graph.link.argument_to_target import INTERPRETER, LOSS, looked_at, word_of
from mlrubric.graph.link.command_to_target import follow
from mlrubric.graph.values import HOLE, number, texts
from mlrubric.graph.world import World
from mlrubric.knowledge.commands import interpret
from mlrubric.model.facts import Command
from mlrubric.model.homes import home

ORDER = 36
DEPTH = 5  # functions between the call that gives a text and the one that starts the program
MOST = 40  # texts for one program


def link(world: World) -> None:
    """A command node for each text that a caller gives, below the function that gives it."""
    code = world.code
    for op in sorted(code.op_node):
        meaning = code.meanings.of(op)
        if meaning is None or "process.run" not in meaning.roles or "@command" not in meaning.arguments:
            continue
        for value in sorted(code.resolver.of(meaning.arguments["@command"]), key=repr):
            if value[0] == "made":
                _variants(world, op, code.program.args[number(value)], meaning.raises)


def _variants(world: World, op: int, items: tuple[int, ...], raises: bool) -> None:
    """One command for each text of the one word that differs from caller to caller."""
    code, graph = world.code, world.graph
    words = [word_of(world, item) for item in items]
    if words[1:2] == ["-m"] and words[0] == HOLE:
        words[0] = INTERPRETER
    for position, item in enumerate(items[:4]):
        if words[position] != HOLE or item < 0:
            continue
        for text, place in _given(code, item, DEPTH)[:MOST]:
            chosen = [word.replace(HOLE, "${}") for word in (*words[:position], text, *words[position + 1 :])]
            node = graph.add("command", " ".join(chosen)[:200], code.place(place), argument="true")
            loss = "" if raises or looked_at(world, op) else LOSS
            graph.connect(code.holder(place), node, "run", code.place(place), loss=loss)
            command = Command(code.place(place), "", tuple(chosen))
            for invocation in interpret(command.argv):
                follow(world, node, code.place(op).path, command, home(code.place(op).path), invocation)
        break


def _given(code: Code, op: int, depth: int) -> list[tuple[str, int]]:
    """The texts that a value may be, each with the operation at which a caller gives it; nothing for texts of the function itself."""
    program = code.program
    found: list[tuple[str, int]] = []
    waiting, seen = [op], {op}
    while waiting:
        current = waiting.pop()
        facts = program.ops[current]
        if facts.kind == "param":
            for source in sorted(code.resolver.sources.get(current, ())):
                given = texts(code.resolver.of(source))
                if program.ops[source].kind == "const" and given:
                    found.extend((text, source) for text in given)
                elif depth:
                    deeper = _given(code, source, depth - 1)
                    found.extend(deeper or [(text, source) for text in given if len(given) == 1])
        elif facts.kind in ("load", "assign", "phi", "conditional", "boolean"):
            behind = {*program.args[current], *code.resolver.reads.get(current, ())}
            waiting.extend(sorted(b for b in behind if b >= 0 and b not in seen))
            seen |= behind
    return list(dict.fromkeys(found))
