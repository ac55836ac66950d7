"""Schedules that code sets up: when they start something, whether they ever do, and the trigger nodes for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from mlrubric.graph.code import Code
from mlrubric.graph.values import HOLE, number, texts
from mlrubric.graph.world import World
from mlrubric.model.place import Place
from mlrubric.source.syntax.cron import NICKNAMES, cron_problem

ONCE = "`@once` starts a single run"
NEVER = frozenset({"none", "false", "null", ""})
SPANS = ("microseconds", "seconds", "minutes", "hours", "days", "weeks")
LENGTH = re.compile(r"(timedelta|duration|interval\w*)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Clock:
    """When something starts. `text` is the schedule as far as it is known; without `recurring` a person starts it."""

    text: str = ""
    live: bool = True
    recurring: bool = True
    reason: str = ""
    certain: bool = True
    kind: str = "schedule"


BY_HAND = Clock("", True, False, "no schedule is set: started by hand", True, "manual")


def add_trigger(world: World, clock: Clock, place: Place, targets: Iterable[int], certain: bool = True) -> int:
    """The trigger node of a schedule, with its edges."""
    graph = world.graph
    role = {"schedule": "trigger.schedule", "manual": "trigger.manual"}.get(clock.kind, "trigger.event")
    node = graph.add(
        "trigger", f"{clock.kind} {clock.text}".strip(), place, (role,), kind=clock.kind, live="true" if clock.live else "false",
        recurring="true" if clock.recurring else "false", reason=clock.reason,
    )  # fmt: skip
    if clock.text:
        graph.nodes[node].attributes["schedule"] = clock.text
    for target in targets:
        graph.connect(node, target, "trigger", place, certain=clock.certain and certain)
    return node


# ---- reading a schedule -------------------------------------------------------------------------------------------


def clock_of(code: Code, op: int) -> Clock:
    """What a value means as a schedule: a cron line, a length of time, data that is waited for, nothing."""
    if op == -1:
        return BY_HAND
    if op < 0:
        return Clock(certain=False)
    found = [clock for value in sorted(code.resolver.of(op), key=repr) if (clock := _of_value(code, value)) is not None]
    made = origin(code, op)
    if not found and code.program.ops[made].kind == "call":
        return _of_call(code, made)
    live = [clock for clock in found if clock.live and clock.recurring]
    if not live:
        return found[0] if found else Clock(certain=False)
    return live[0] if len(found) == 1 else replace(live[0], certain=False)


def _of_value(code: Code, value: tuple[object, ...]) -> Clock | None:
    if value[0] == "text":
        return clock_of_text(str(value[1]))
    if value[0] == "const":
        return BY_HAND if value[1] is None or value[1] is False else Clock(f"every {value[1]}")
    if value[0] == "made":
        made = number(value)
        items = [item for item in code.program.args[made] if item >= 0]
        if code.program.ops[made].kind == "container" and items:
            inner = [clock_of(code, item) for item in items]
            if all(one.text for one in inner):
                return inner[0]
        return Clock("", kind="event") if items else BY_HAND  # data that is waited for
    return None


def clock_of_text(text: str) -> Clock:
    if text.strip().lower() in NEVER:
        return BY_HAND
    if HOLE in text:
        return Clock(text.replace(HOLE, "{}"), certain=False)
    if text.startswith("@"):
        return Clock(text, live=text != "@once", reason=ONCE if text == "@once" else "")
    plain = NICKNAMES.get(text, text)
    problem = cron_problem(plain) if len(plain.split()) == 5 else ""
    return Clock(text, live=not problem, reason=problem)


def _of_call(code: Code, call: int) -> Clock:
    """`timedelta(hours=1)`, `CronSchedule(cron="...")`, `crontab(hour=3)`, and classes like them."""
    given, args = code.program.ops[call].value, code.program.args[call]
    names = [str(name) for name in given] if isinstance(given, tuple) else []
    for name in ("cron", "cron_expression", "cron_schedule", "expression", "interval", "rrule", "schedule"):
        if name in names:
            return clock_of(code, code.program.keyword(call, name))
    lengths = [f"{code.meanings.spelling(code.program.keyword(call, name))} {name}" for name in names if name in SPANS]
    if lengths:
        return Clock(f"every {' '.join(lengths)}")
    if len(args) > len(names) + 1:
        first = texts(code.resolver.of(args[1]))
        if len(first) == 1:
            return clock_of_text(first[0])
    targets = {str(v[1]).rsplit(".", 1)[-1] for v in code.resolver.targets.get(call, ()) if v[0] == "external"}
    return Clock(certain=bool(targets) and all(LENGTH.search(name) or "cron" in name.lower() for name in targets))


def origin(code: Code, op: int) -> int:
    """The operation that makes a value, through names that are bound once."""
    program, seen = code.program, {op}
    while program.ops[op].kind in ("load", "assign"):
        behind = {*program.args[op], *code.resolver.reads.get(op, ())} - {-1}
        if len(behind) != 1:
            break
        op = behind.pop()
        if op in seen:
            break
        seen.add(op)
    return op


# ---- what is started ----------------------------------------------------------------------------------------------


def functions(code: Code, op: int) -> list[int]:
    """The nodes of the project's functions that a value may be, through `partial` and bound methods."""
    found: list[int] = []
    for value in sorted(code.resolver.of(op), key=repr) if op >= 0 else ():
        if value[0] in ("function", "bound") and number(value) in code.scope_node:
            found.append(code.scope_node[number(value)])
        elif value[0] == "partial":
            inner = code.program.args[number(value)]
            found.extend(functions(code, inner[1]) if len(inner) > 1 else ())
    return list(dict.fromkeys(found))


def methods(world: World, scope: int, role: str = "", name: str = "") -> list[int]:
    """The nodes of the methods of a class, in their order; only those with a role or a name, if one is given."""
    program, nodes = world.code.program, world.graph.nodes
    return [
        node
        for inner, node in sorted(world.code.scope_node.items())
        if program.parent_scope(inner) == scope
        and (not role or role in nodes[node].roles)
        and (not name or program.scopes[inner].name == name)
    ]


def decorated(code: Code) -> Iterator[tuple[int, int]]:
    """Every function or class definition with each of its decorators."""
    for op, facts in enumerate(code.program.ops):
        if facts.kind in ("function", "class"):
            for decorator in code.program.decorators(op):
                yield op, decorator
