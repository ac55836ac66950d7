"""Names, arguments and commands that the versions which are installed do not have: marked where they stand, with what takes their place."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mlrubric.graph.code import Code
from mlrubric.graph.environments import Environments
from mlrubric.graph.values import HOLE, Value
from mlrubric.graph.versions import Pinned
from mlrubric.graph.world import World
from mlrubric.knowledge.moved import Moved
from mlrubric.model.graph import Node

FALLBACKS = frozenset(f"builtins.{name}" for name in ("ImportError", "ModuleNotFoundError", "AttributeError", "TypeError", "NameError"))
BROAD = frozenset({"builtins.Exception", "builtins.BaseException"})
ASKS = re.compile(r"version|^has_|^is_.*available|^have_|hasattr|find_spec|compat", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Lacking:
    """An operation (or the node of a command) that the installed version lacks; `state` is gone or early."""

    at: int
    moved: Moved
    state: str
    pins: tuple[Pinned, ...]


def mark_moved(world: World) -> tuple[list[Lacking], list[Lacking]]:
    """`moved` (gone, early, deprecated) on what the installed versions lack or will lack, with `change` (the version), `distribution`,
    `pin`, `pinned_by` (the node of the pin) and `do`; gives the operations and the commands that fail when they are reached."""
    environments = Environments(world)
    failing, commands = list[Lacking](), list[Lacking]()
    lines: set[tuple[int, int, str]] = set()
    judged: list[tuple[int, Moved, tuple[Pinned, ...], str]] = []
    for op, moved in _candidates(world.code):
        pins = environments.of_op(op, moved)
        judged.append((op, moved, pins, state_of(moved, pins)))
    for op, moved, pins, state in sorted(judged, key=lambda one: one[3] == "deprecated"):  # of one line, what fails first
        if not state or _provided_for(world.code, op):
            continue
        if state != "deprecated":
            failing.append(Lacking(op, moved, state, pins))
        unit = world.code.program.unit(op)
        line = (unit.index, world.code.program.ops[op].line, moved.name)
        if line not in lines:
            lines.add(line)
            _mark(world, _node(world, op, named(moved)), moved, state, pins)
    for node, folder, moved in world.moved:
        pins = environments.of_command(node, folder, moved)
        state = state_of(moved, pins)
        if state:
            _mark(world, world.graph.nodes[node], moved, state, pins)
            if state != "deprecated":
                commands.append(Lacking(node, moved, state, pins))
    return failing, commands


def state_of(moved: Moved, pins: tuple[Pinned, ...]) -> str:
    """What holds in every environment; nothing when they differ or nothing is said."""
    states = {moved.state(pin.bounds) for pin in pins}
    return states.pop() if len(states) == 1 else "deprecated" if states == {"gone", "deprecated"} else ""


def named(moved: Moved) -> str:
    """The name as a person reads it."""
    if moved.arguments:
        return f"{' / '.join(moved.arguments)} of {moved.name}"
    return moved.name.replace("*", "...")


def why(moved: Moved, state: str, pins: tuple[Pinned, ...]) -> str:
    """One line for a hop that cannot be taken."""
    change = f"is gone since {pins[0].name} {moved.removed}" if state == "gone" else f"comes only with {pins[0].name} {moved.added}"
    do = f"; use {moved.instead}" if moved.instead and state == "gone" else ""
    return f"{named(moved)} {change}, and {pins[0].place.path}:{pins[0].place.span.line} has {pins[0].said}{do}"


def _mark(world: World, node: Node, moved: Moved, state: str, pins: tuple[Pinned, ...]) -> None:
    change = {"gone": moved.removed, "early": moved.added, "deprecated": moved.deprecated}[state]
    do = f"use `{moved.instead}`" if moved.instead else moved.reason
    node.attributes.update(
        moved=state,
        name=named(moved),
        change=change,
        distribution=pins[0].name,
        pin=pins[0].said,
        do=f": {do}" if do and state != "early" else "",
        instead=moved.instead,
        lacking=moved.name,
        becomes=" ".join(moved.becomes),
        renamed=" ".join(moved.arguments),
        pinned_by=str(_pin_node(world, pins[0])),
    )


def _pin_node(world: World, pin: Pinned) -> int:
    """The node of the place that says the version."""
    for kind in ("requirement", "image", "command"):
        for number in world.graph.of_kind(kind):
            if world.graph.nodes[number].place == pin.place:
                return number
    return world.graph.add("requirement", pin.said, pin.place)


def _node(world: World, op: int, label: str) -> Node:
    """The node of an operation: that of the call when what is called is meant, else its own."""
    code = world.code
    for use in (op, *code.resolver.uses[op]):
        facts = code.program.ops[use]
        if use in code.op_node and (use == op or (facts.kind == "call" and code.program.args[use][0] == op)):
            return world.graph.nodes[code.op_node[use]]
    return world.graph.nodes[code.node_for(world.graph, op, label, (), label)]


# ---- what may be lacking ---------------------------------------------------------------------------------------------


def _candidates(code: Code) -> list[tuple[int, Moved]]:
    """Operations that name what some version does not have."""
    program, catalogue = code.program, code.meanings.catalogue
    libraries = {name: found for name in _imported(code) if (found := catalogue.moved(name)) is not None}
    tables = list({id(one): one for one in libraries.values()}.values())
    lasts = {last for one in tables for last in one.lasts}
    patterns = any(one.patterns for one in tables)
    keywords = {keyword for one in tables for known in one.arguments.values() for m in known for keyword in m.arguments}
    asked: list[tuple[int, Moved | None]] = [(op, _of_import(code, op)) for op in program.of_kind("import")]
    asked += ((op, _of_attribute(code, op)) for op in program.of_kind("attribute") if patterns or program.ops[op].name in lasts)
    for op in program.of_kind("call") if keywords else ():
        names = program.ops[op].value
        if isinstance(names, tuple) and not keywords.isdisjoint(names):
            asked.append((op, _of_argument(code, op, frozenset(str(name) for name in names))))
    return [(op, found) for op, found in asked if found is not None]


def _imported(code: Code) -> set[str]:
    found = set()
    for op in code.program.of_kind("import"):
        value = code.program.ops[op].value
        if isinstance(value, tuple) and not value[2]:
            found.add(str(value[0]).partition(".")[0])
    return found


def _of_import(code: Code, op: int) -> Moved | None:
    facts = code.program.ops[op]
    if not isinstance(facts.value, tuple) or facts.value[2]:
        return None
    module, symbol = str(facts.value[0]), str(facts.value[1])
    moved = code.meanings.catalogue.moved(module)
    if moved is None:
        return None
    if facts.name == "*":
        outside = code.program.find_module(module, 0, code.program.unit(op)) is None
    else:
        outside = any(value[0] == "external" for value in code.resolver.of(op))
    whole = f"{module}.{symbol}" if symbol and facts.name != "*" else str(facts.extra) if isinstance(facts.extra, str) else module
    return moved.under(whole) if outside else None


def _of_attribute(code: Code, op: int) -> Moved | None:
    """The entry that all values of the receiver agree in."""
    name, receiver = code.program.ops[op].name, code.program.args[op][0]
    values = code.resolver.of(receiver) if receiver >= 0 else frozenset[Value]()
    found = {_at(code, value, name) for value in values}
    return found.pop() if len(found) == 1 else None


def _at(code: Code, value: Value, name: str) -> Moved | None:
    catalogue = code.meanings.catalogue
    if value[0] == "external":
        moved = catalogue.moved(str(value[1]))
        return moved.at(f"{value[1]}.{name}") if moved is not None else None
    if value[0] != "object":
        return None
    for base in catalogue.bases(str(value[1])):
        moved = catalogue.moved(base)
        found = moved.at(f"{base}.{name}") if moved is not None else None
        if found is not None:
            return found
    return None


def _of_argument(code: Code, op: int, given: frozenset[str]) -> Moved | None:
    catalogue = code.meanings.catalogue
    found: set[Moved | None] = set()
    for target in code.resolver.targets.get(op, ()):
        names: tuple[str, ...] = ()
        if target[0] == "external":
            owner, _, last = str(target[1]).rpartition(".")
            names = (str(target[1]), *(f"{base}.{last}" for base in catalogue.bases(owner)))
        elif target[0] == "method":
            names = tuple(f"{base}.{target[2]}" for base in catalogue.bases(str(target[1])))
        tables = ((name, moved) for name in names if (moved := catalogue.moved(name)) is not None)
        entries = (entry for name, moved in tables for entry in moved.arguments.get(name, ()))
        found.add(next((entry for entry in entries if not given.isdisjoint(entry.arguments)), None))
    return found.pop() if len(found) == 1 else None


# ---- what is provided for --------------------------------------------------------------------------------------------


def _provided_for(code: Code, op: int) -> bool:
    """Whether the program expects that the name may be lacking: another way stands beside it, or a condition asks for the version."""
    program, unit = code.program, code.program.unit(op)
    is_import = program.ops[op].kind == "import"
    for block in program.blocks_around(op):
        facts = program.blocks[block]
        if facts.kind == "scope":
            break
        if facts.kind == "except":
            kinds = _kinds(code, facts.test + unit.base) if facts.test >= 0 else BROAD
            if kinds & (FALLBACKS | BROAD):
                return True
        if facts.kind == "try":
            for other in unit.facts.blocks:
                if other.kind == "except" and other.parent == facts.parent and other.line > facts.line:
                    kinds = _kinds(code, other.test + unit.base) if other.test >= 0 else BROAD
                    if kinds & FALLBACKS or (is_import and kinds & BROAD):
                        return True
    return any(_asks_version(code, condition) for condition in code.checks.guards(op))


def _kinds(code: Code, op: int) -> frozenset[str]:
    if code.program.ops[op].kind == "container":
        return frozenset(name for a in code.program.args[op] if a >= 0 for name in _kinds(code, a))
    return frozenset(str(value[1]) for value in code.resolver.of(op) if value[0] == "external")


def _asks_version(code: Code, condition: int) -> bool:
    """Whether a condition speaks of a version, or of whether a name is there."""
    waiting, seen = [condition], set[int]()
    while waiting and len(seen) < 60:
        op = waiting.pop()
        if op < 0 or op in seen:
            continue
        seen.add(op)
        facts = code.program.ops[op]
        if facts.kind in ("attribute", "load", "assign", "import") and ASKS.search(facts.name.replace(HOLE, "")):
            return True
        if facts.kind == "import" and isinstance(facts.value, tuple) and ASKS.search(str(facts.value[1])):
            return True
        if facts.kind != "function":
            waiting.extend(code.program.args[op])
            waiting.extend(code.resolver.reads.get(op, ()))
    return False
