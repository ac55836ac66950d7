"""What a program finds where an automation server runs it: environment variables and the platform, as far as the repository tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mlrubric.graph.values import HOLE
from mlrubric.graph.world import World
from mlrubric.model.facts import Command, Instruction, Setting, Step

Key = tuple[tuple[tuple[str, str], ...], bool]
UNKNOWN = object()
"""A value that nobody can tell."""

SERVERS: Mapping[str, Mapping[str, str]] = {
    "github_workflow": {"CI": "true", "GITHUB_ACTIONS": "true"},
    "gitlab_ci": {"CI": "true", "GITLAB_CI": "true"},
    "circleci": {"CI": "true", "CIRCLECI": "true"},
    "bitbucket_pipelines": {"CI": "true"},
    "azure_pipelines": {"TF_BUILD": "True"},
    "jenkinsfile": {},
    "cloudbuild": {},
}
"""What each server sets by itself, by the reader of its files."""

WRITES = frozenset({"setdefault", "setenv", "update", "putenv"})


@dataclass(slots=True)
class Surroundings:
    """The environment of a command; `by_hand` when only a person runs it, who may have set anything."""

    world: World
    own: Mapping[str, str] = field(default_factory=dict)
    by_hand: bool = False
    key: Key = field(init=False)  # what tells these surroundings from others of the same repository
    _known: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.key = tuple(sorted(self.own.items())), self.by_hand

    def variable(self, name: str) -> object:
        """The value of a variable: a text, None when it is not set, UNKNOWN."""
        if name not in self._known:
            self._known[name] = self._variable(name)
        return self._known[name]

    def _variable(self, name: str) -> object:
        if name in self.own:
            return UNKNOWN if "$" in self.own[name] or HOLE in self.own[name] else self.own[name]
        if self.by_hand:
            return UNKNOWN
        there = [SERVERS[f] for f in {one.format for every in self.world.facts.values() for one in every} if f in SERVERS]
        given = [variables.get(name) for variables in there]
        if any(given):
            return given[0] if len(set(given)) == 1 else UNKNOWN
        if any(name in variables for variables in SERVERS.values()) and there:
            return None
        return UNKNOWN if not there or self._mentioned(name) else None

    def _mentioned(self, name: str) -> bool:
        """Whether anything in the repository sets a variable of this name somewhere."""
        world = self.world
        if any(name == key for _, step in world.every(Step) for key, _ in step.environment):
            return True
        for _, command in world.every(Command):
            if any(name == key for key, _ in command.assignments) or any(name in word for word in command.argv):
                return True
        if any(name in setting.route.replace("[", ".").split(".") or name in setting.value for _, setting in world.every(Setting)):
            return True
        if any(name in word for _, i in world.every(Instruction) if i.name in ("ENV", "ARG") for word in i.arguments):
            return True
        return _set_in_code(world, name)


def _set_in_code(world: World, name: str) -> bool:
    program = world.code.program
    for op in program.of_kind("store_subscript", "call"):
        args = program.args[op]
        if program.ops[op].kind == "call" and program.ops[args[0]].name not in WRITES:
            continue
        if any(a >= 0 and program.ops[a].kind == "const" and program.ops[a].value == name for a in args[1:]):
            return True
    return False
