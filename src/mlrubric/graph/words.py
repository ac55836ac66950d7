"""The words of commands with the values that their variables have where they run: set by the script, by the environment of the step, job or
workflow, given by callers or by default to an input, or by the parameters of a stage."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict

from mlrubric.graph.world import World
from mlrubric.model.facts import Command, Job, Setting, Stage, Step

NAMED = re.compile(r"\$\{\{\s*(?:(inputs)|env|vars)\.([\w-]+)\s*\}\}|\$\{([A-Za-z_][\w.]*)\}|\$([A-Za-z_]\w*)")
SETS = ("env", "variables", "environment")
PARAMETERS = "params.yaml"
INPUT = re.compile(r"\$\{\{\s*inputs\.([\w-]+)\s*\}\}")
DEEP = 4  # variables that name others
Caller = tuple[str, str]  # path and symbol of the step or job


class Words:
    """Answers for every command of a repository; a variable that nobody sets, or that is set to several values, stays as written."""

    def __init__(self, world: World) -> None:
        self.settings: dict[str, dict[str, str]] = defaultdict(dict)
        for path, setting in world.every(Setting):
            self.settings[path][setting.route] = setting.value
        self.assigned: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for path, command in world.every(Command):
            for name, value in command.assignments if not command.argv else ():
                self.assigned[path, command.owner][name].add(value)
        self.stages = {(path, stage.place.symbol) for path, stage in world.every(Stage) if stage.tool == "dvc"}
        self.given: dict[tuple[str, str], dict[str, set[Caller]]] = defaultdict(dict)  # end of the called file's path, input -> values
        for path, job in world.every(Job):
            prefix = f"{job.place.symbol}.with."
            for route, value in self.settings[path].items() if job.uses else ():
                if route.startswith(prefix):
                    self._give(job.uses or "", route.removeprefix(prefix), value, (path, job.place.symbol))
        for path, step in world.every(Step):
            for name, value in step.options if step.uses else ():
                self._give(step.uses or "", name, value, (path, step.place.symbol))

    def _give(self, called: str, name: str, value: str, by: Caller) -> None:
        self.given[_called(called), name].setdefault(value, set()).add(by)

    def by_caller(self, path: str, text: str) -> list[tuple[Caller, str]]:
        """A text with the values of an input, for each of the callers, where they give it several; of two such inputs it is not known
        which go together."""
        names = {name for name in INPUT.findall(text) if len(self.given.get((_called(path), name), ())) > 1}
        if len(names) != 1:
            return []
        name = names.pop()
        return sorted(
            (caller, INPUT.sub(lambda match, value=value: value if match[1] == name else match[0], text))  # type: ignore[misc]
            for value, callers in self.given[_called(path), name].items()
            for caller in callers
        )

    def filled(self, path: str, text: str) -> str:
        """A text with the values of inputs that are the same for all callers."""
        return INPUT.sub(lambda match: self._input(path, match[1]) or match[0], text)

    def of(self, path: str, command: Command) -> tuple[str, ...]:
        """The words as the program gets them, as far as it is known; a word that is a variable alone may become several."""
        if not any("$" in word for word in command.argv):
            return command.argv
        found: list[str] = []
        for word in command.argv:
            filled = self._filled(path, command, word)
            found.extend(filled.split() if NAMED.fullmatch(word) and filled != word else (filled,))
        return tuple(found)

    def _filled(self, path: str, command: Command, text: str) -> str:
        for _ in range(DEEP):
            after = NAMED.sub(lambda match: self._value(path, command, match), text)
            if after == text:
                break
            text = after
        return text

    def _value(self, path: str, command: Command, match: re.Match[str]) -> str:
        name = match[2] or match[3] or match[4]
        value = self._input(path, name) if match[1] else self._variable(path, command, name)
        return match[0] if value is None or "$(" in value or "`" in value else value

    def _variable(self, path: str, command: Command, name: str) -> str | None:
        for known, value in command.assignments:
            if known == name:
                return value
        values = self.assigned[path, command.owner].get(name)
        if values:
            return next(iter(values)) if len(values) == 1 else None
        settings, owner = self.settings[path], command.owner
        while True:
            for key in SETS:
                around = settings.get(f"{owner}.{key}.{name}" if owner else f"{key}.{name}")
                if around is not None:
                    return around
            if not owner:
                break
            owner = owner.rpartition(".")[0]
        if (path, command.owner) in self.stages:
            return self.settings[posixpath.join(posixpath.dirname(path), PARAMETERS)].get(name)
        return None

    def _input(self, path: str, name: str) -> str | None:
        values = self.given.get((_called(path), name), {})
        if values:
            return next(iter(values)) if len(values) == 1 else None
        return self.settings[path].get(f"inputs.{name}.default")


def _called(path: str) -> str:
    """What a caller's address and the path of the called file have in common: the name of the workflow, the folder of the action."""
    plain = path.partition("@")[0].rstrip("/")
    if posixpath.basename(plain) in ("action.yml", "action.yaml"):
        plain = posixpath.dirname(plain)
    return posixpath.basename(plain)
