"""Command lines that stand in arguments: of calls that start a program, and of actions that run a text (`with: run: ...`)."""

from __future__ import annotations

import shlex

from mlrubric.graph.link.command_to_target import follow
from mlrubric.graph.meaning import Meaning
from mlrubric.graph.values import HOLE, number
from mlrubric.graph.words import Words
from mlrubric.graph.world import World
from mlrubric.knowledge.commands import interpret
from mlrubric.model.facts import Command
from mlrubric.model.homes import home
from mlrubric.model.place import Place

ORDER = 35
OPTIONS = ("with.run", "with.command", "with.script", "with.args", "with.inlineScript", "with.cmd")
INTERPRETER = "python"
SHELLS = ("sh", "bash", "ash", "dash", "zsh")
LOSS = "the exit status of the program is not looked at"


def link(world: World) -> None:
    """A command node below each such operation or step, followed like any command."""
    for op, node in sorted(world.code.op_node.items()):
        meaning = world.code.meanings.of(op)
        main = _main(meaning) if meaning is not None and "process.run" in meaning.roles else ""
        if meaning is not None and "process.run" in meaning.roles and ("@command" in meaning.arguments or main):
            given = _lines(world, meaning.arguments["@command"], whole=not main) if "@command" in meaning.arguments else []
            lines = _whole(world, op, meaning) or given
            lines = [[main, *line] for line in lines or [[]]] if main else lines
            task = meaning.raises or (
                meaning.entry is not None and meaning.entry.kind == "constructor"
            )  # an operator of an orchestrator fails by itself
            _add(world, node, world.code.place(op), lines, certain=len(lines) == 1, loss="" if task or looked_at(world, op) else LOSS)
    words: Words | None = None
    for step in world.graph.of_kind("step"):
        attributes = world.graph.nodes[step].attributes
        if attributes.get("uses") and not attributes["uses"].startswith("./"):
            for option in OPTIONS:
                if option in attributes:
                    place, text = world.graph.nodes[step].place, attributes[option]
                    if "inputs." in text:
                        words = words or Words(world)
                        told = words.by_caller(place.path, text)
                        for (path, symbol), one in told:  # each caller runs its own
                            caller = world.node(path, symbol)
                            if caller is not None:
                                _add(world, caller, place, _split(one), certain=False, loss="")
                        if told:
                            continue
                        text = words.filled(place.path, text)
                    _add(world, step, place, _split(text), certain=False, loss="")


def _add(world: World, holder: int, place: Place, lines: list[list[str]], *, certain: bool, loss: str) -> None:
    path = place.path
    told = [line for spelled in lines for line in ([spelled] if not _told(spelled) else _split(_told(spelled)))]
    for index, spelled in enumerate(told):
        words = [word.replace(HOLE, "${}") for word in spelled]  # the shell's way to write what is not known
        if "||" in words[1:]:
            cut = words.index("||")
            otherwise = words[cut + 1 :]
            words, lost = words[:cut], f"failure lost: || {' '.join(otherwise)}"
            loss = loss if otherwise[:1] in (["exit"], ["false"]) else lost
        node = world.graph.add("command", " ".join(words)[:200], place, index=str(index), argument="true")
        world.graph.connect(holder, node, "run", place, certain=certain, loss=loss)
        command = Command(place, "", tuple(words), index)
        for invocation in interpret(command.argv):
            follow(world, node, path, command, home(path), invocation)


def _main(meaning: Meaning) -> str:
    """The program whose `main` is called inside this one, with the words that would follow it: `pytest.main(["-q", "tests"])`."""
    library, _, name = meaning.api.rpartition(".")
    return library if name == "main" and "." not in library else ""


def looked_at(world: World, call: int) -> bool:
    """Whether the call raises by `check=True`, or its status decides something later on."""
    program = world.code.program
    if world.code.meanings.spelling(program.keyword(call, "check")) == "true":
        return True
    for op in world.code.flow.reach([call], stop=lambda o: program.ops[o].kind == "call"):
        facts = program.ops[op]
        if facts.kind in ("compare", "assert", "raise", "unary") or (
            facts.kind == "attribute" and facts.name in ("returncode", "check_returncode")
        ):
            return True
        if any("process.exit" in world.code.meanings.roles(use) for use in (op, *world.code.resolver.uses[op])):
            return True
    unit = program.unit(call)
    tests = {block.test + unit.base for block in unit.facts.blocks if block.test >= 0}
    return bool(tests & world.code.flow.reach([call], stop=lambda o: program.ops[o].kind == "call").keys())


def _told(words: list[str]) -> str:
    """What a shell is told to run: the text behind `sh -c`."""
    return words[2] if len(words) > 2 and words[0].rpartition("/")[2] in SHELLS and words[1].startswith("-") and "c" in words[1] else ""


def _whole(world: World, op: int, meaning: Meaning) -> list[list[str]]:
    """The one command line that several lists of words make up: the command of a container and its arguments."""
    param = meaning.entry.param("@command") if meaning.entry is not None else None
    given = [a for name in (param.keywords if param is not None else ()) if (a := world.code.program.keyword(op, name)) >= 0]
    parts = [_lines(world, argument) for argument in given]
    return [[word for part in parts for word in part[0]]] if len(parts) > 1 and all(len(part) == 1 for part in parts) else []


def _lines(world: World, argument: int, whole: bool = True) -> list[list[str]]:
    """The command lines that an argument may be: texts, or lists of words; `whole` when the program is the first of them."""
    found: list[list[str]] = []
    for value in sorted(world.code.resolver.of(argument), key=repr):
        if value[0] == "text":
            found.extend(_split(str(value[1])))
        elif value[0] == "made":
            words = [word_of(world, item) for item in world.code.program.args[number(value)]]
            if words and (words[0] != HOLE or not whole):
                found.append(words)
    return found[:8]


def word_of(world: World, op: int) -> str:
    if op < 0:
        return HOLE
    values = world.code.resolver.of(op)
    if any(v[0] == "external" and str(v[1]) == "sys.executable" for v in values):
        return INTERPRETER
    texts = sorted(str(v[1]) for v in values if v[0] in ("text", "const"))
    return texts[0] if len(texts) == 1 else HOLE


def _split(text: str) -> list[list[str]]:
    """Simple commands of a text; a line that no shell would take is left out."""
    found: list[list[str]] = []
    for line in text.replace("&&", "\n").replace(";", "\n").split("\n"):
        try:
            words = shlex.split(line, comments=True)
        except ValueError:
            continue
        if words:
            found.append(words)
    return found
