"""What a program is given from outside of its code: settings files, the words of command lines, variables of the environment."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property

from mlrubric.graph.settings import SettingsFiles
from mlrubric.graph.values import HOLE
from mlrubric.knowledge.commands import interpret
from mlrubric.model.facts import Command, FileFacts, Instruction, Setting, Step
from mlrubric.model.homes import at_home, home

EXPANSION = re.compile(r"\$\{\{.*?\}\}|\$\{[^}]*\}|\$\([^)]*\)|\$\w+|\{\{.*?\}\}|\{\w+\}|`[^`]*`")
OF_JOBS = re.compile(r"(jobs\.[^.]+\.)?env\.\w+$")  # variables that a workflow or a job gives to all its steps
CODE = ("python", "notebook")
MOST = 4  # different values of one variable, different command lines of one program


class Inputs:
    """Answers for one repository; each part is gathered when it is first asked for."""

    def __init__(self, facts: Mapping[str, Sequence[FileFacts]] | None = None) -> None:
        self._facts = facts or {}

    def same_as(self, other: Inputs) -> bool:
        """Whether all files that are no code say the same."""
        return self._outside() == other._outside()

    def _outside(self) -> list[FileFacts]:
        return [one for path in sorted(self._facts) for one in self._facts[path] if one.format not in CODE]

    @cached_property
    def settings(self) -> SettingsFiles:
        return SettingsFiles(self._facts, self.variable)

    def variable(self, name: str) -> list[str]:
        """The values that a variable of the environment is given, when they are few; sorted."""
        values = self._variables.get(name, set())
        return sorted(values) if len(values) <= MOST else []

    def words(self, path: str, programs: Collection[str]) -> list[tuple[str, ...]]:
        """What follows a program's file on the command lines that run it; `programs` are the files of all programs."""
        found = self._words(frozenset(programs)).get(path, [])
        return found if len(found) <= MOST else []

    @cached_property
    def _variables(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for path in sorted(self._facts):
            for fact in (f for one in self._facts[path] for f in one.facts):
                pairs: Sequence[tuple[str, str]] = ()
                if isinstance(fact, Instruction) and fact.name == "ENV":
                    pairs = [(name, value) for word in fact.arguments for name, _, value in (word.partition("="),)]
                elif isinstance(fact, Step):
                    pairs = fact.environment
                elif isinstance(fact, Command):
                    pairs = fact.assignments
                elif isinstance(fact, Setting) and (".environment." in fact.route or (".github/" in path and OF_JOBS.match(fact.route))):
                    pairs = [(fact.route.rpartition(".")[2], fact.value)]
                for name, value in pairs:
                    if value and "***" not in value and not EXPANSION.fullmatch(value):
                        found.setdefault(name, set()).add(EXPANSION.sub(HOLE, value))
        return found

    def _words(self, programs: frozenset[str]) -> dict[str, list[tuple[str, ...]]]:
        if not hasattr(self, "_lines"):
            self._lines: dict[str, list[tuple[str, ...]]] = {}
            for path in sorted(self._facts):
                for fact in (f for one in self._facts[path] for f in one.facts):
                    if isinstance(fact, Command) and any(word == "-m" or word.endswith(".py") for word in fact.argv):
                        self._add(path, fact, programs)
        return self._lines

    def _add(self, path: str, command: Command, programs: frozenset[str]) -> None:
        for invocation in interpret(command.argv):
            target = invocation.target
            if invocation.kind not in ("script", "module") or target not in command.argv:
                continue
            file = _program(target, invocation.kind, path, command.directory or "", programs)
            if file is not None:
                rest = command.argv[command.argv.index(target) + 1 :]
                words = tuple(EXPANSION.sub(HOLE, word) for word in rest)
                if words not in (known := self._lines.setdefault(file, [])):
                    known.append(words)


def _program(target: str, kind: str, near: str, folder: str, programs: frozenset[str]) -> str | None:
    """The file of a program that a command names: from the root, from where the command stands or runs, or the only one that ends so."""
    name = target.replace(".", "/") + ".py" if kind == "module" else target
    above = posixpath.dirname(near)
    root = home(near)
    for base in dict.fromkeys((root, at_home(near, folder), above, posixpath.join(above, folder), at_home(near, "src"))):
        candidate = posixpath.normpath(posixpath.join(base, name))
        if candidate in programs:
            return candidate
    found = [p for p in programs if p.endswith("/" + posixpath.normpath(name)) and home(p) == root]
    return found[0] if len(found) == 1 else None
