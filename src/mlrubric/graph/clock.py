"""Schedules that code sets up: when they start something, whether they ever do, and the trigger nodes for them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from mlrubric.graph.code import Code
from mlrubric.graph.definitions import origin
from mlrubric.graph.values import HOLE, number, texts
from mlrubric.graph.world import World
from mlrubric.model.place import Place
from mlrubric.source.syntax.cron import NICKNAMES, cron_problem

ONCE = "`@once` starts a single run"
NEVER = frozenset({"none", "false", "null", ""})
DAY = re.compile(r"\d{4}-\d\d-\d\d")
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


def day_of(code: Code, op: int) -> str:
    """A date that is written out, as `2021-03-01`: a text, or a call with year, month and day; "" for any other."""
    if op < 0:
        return ""
    for text in texts(code.resolver.of(op)):
        if DAY.match(text):
            return text[:10]
    made = origin(code, op)
    if code.program.ops[made].kind != "call":
        return ""
    given = code.program.positional(made)
    if len(given) == 1:
        return day_of(code, given[0])
    names = ("year", "month", "day")
    parts = [code.program.keyword(made, name) for name in names]
    numbers = [
        code.meanings.spelling(given[i] if i < len(given) else part) if i < len(given) or part >= 0 else "" for i, part in enumerate(parts)
    ]
    return "-".join(n.zfill(2) for n in numbers) if all(n.isdigit() for n in numbers) and len(numbers[0]) == 4 else ""


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
    for name in ("cron", "cron_expression", "cron_schedule", "expression", "interval", "rrule", "schedule", "duration"):
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
