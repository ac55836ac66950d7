"""Thresholds of scripts that only choose what is printed: `[ $coverage -ge 60 ] && echo PASSED || echo FAILED`."""

from __future__ import annotations

import re
from collections import defaultdict

from mlrubric.graph.automation import Schedule
from mlrubric.graph.shell_gates import NEEDED, OUTPUT, VARIABLE, ends
from mlrubric.graph.world import World
from mlrubric.model.facts import Command, Job, Setting, Step

LIMIT = re.compile(r"-(?:gt|lt|ge|le)\s+[\"']?\d|[<>]=?\s*[\"']?\d|\d[\"']?\s*[<>]=?\s*[\"'$]")
PRINTS = ("if that only prints", "|| echo", "|| printf")
VERDICT = re.compile(
    r"\b(?:pass(?:ed|es)?|fail(?:ed|s|ure)?|below|too (?:low|weak|high)|not (?:met|reached|good enough)|threshold|insufficient)\b|❌|✅",
    re.I,
)

Owner = tuple[str, str]  # path and symbol of what holds commands


def told_limits(world: World, schedule: Schedule) -> list[tuple[int, str]]:
    """The commands of live scripts that hold a number against a written limit, print a verdict and stop nothing, the first of each script,
    with the words of the comparison; not where the same number stops the run elsewhere."""
    scripts: dict[Owner, list[Command]] = defaultdict(list)
    for path, command in world.every(Command):
        scripts[path, command.owner].append(command)
    candidates = [(owner, c) for owner, commands in scripts.items() for c in commands if _only_tells(c, commands)]
    if not candidates:
        return []
    origins = _Origins(world)
    stopping = [(owner, c) for owner, commands in scripts.items() for c in commands if c.condition and ends(c)]
    strict = {owner for owner, _ in stopping}
    found: dict[Owner, tuple[int, str]] = {}
    for owner, command in candidates:
        node = world.node(owner[0], command.place.symbol)
        names = set(VARIABLE.findall(_text(command)))
        stopped = bool(strict & origins.of(owner, names)) or any(
            names & set(VARIABLE.findall(c.condition)) for (path, _), c in stopping if path == owner[0]
        )
        if node is not None and owner not in found and not stopped and schedule.of(node).level in ("kept", "lost"):
            found[owner] = node, _text(command)
    return [found[owner] for owner in sorted(found)]


def _only_tells(command: Command, script: list[Command]) -> bool:
    if not command.swallowed.startswith(PRINTS) or not LIMIT.search(_text(command)):
        return False
    question = _plain(_text(command))
    said = [" ".join(c.argv) for c in script if c.argv and question in _plain(c.condition)]
    return bool(said) and any(VERDICT.search(text) for text in said)


def _text(command: Command) -> str:
    return " ".join(command.argv)


def _plain(text: str) -> str:
    return re.sub(r"[\s'\"\\]", "", text)


class _Origins:
    """The steps that a variable's value comes from, through the environment and the outputs of steps and jobs."""

    def __init__(self, world: World) -> None:
        self.settings: dict[str, dict[str, str]] = defaultdict(dict)
        for path, setting in world.every(Setting):
            self.settings[path][setting.route] = setting.value
        self.jobs = {(path, job.id): job for path, job in world.every(Job)}
        self.steps = {(path, step.owner, step.id): step.place.symbol for path, step in world.every(Step) if step.id}
        self.environment = {(path, step.place.symbol): dict(step.environment) for path, step in world.every(Step)}

    def of(self, owner: Owner, names: set[str]) -> set[Owner]:
        path, symbol = owner
        job = symbol.partition(".steps")[0]
        found = {owner}
        for name in names:
            value = self.environment.get(owner, {}).get(name) or self.settings[path].get(f"{job}.env.{name}", "")
            asked = [(job, step) for step, _ in OUTPUT.findall(value)]
            for other, output in NEEDED.findall(value):
                source = self.jobs.get((path, other))
                outputs = dict(source.outputs) if source is not None else {}
                asked += [(source.place.symbol, step) for step, _ in OUTPUT.findall(outputs.get(output, ""))] if source is not None else []
            found |= {(path, self.steps[path, *one]) for one in asked if (path, *one) in self.steps}
        return found
