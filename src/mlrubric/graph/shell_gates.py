"""Gates that are a line of shell or a condition of a workflow: a number that an evaluation wrote to a file, or handed on as an output,
is compared, and the step fails or what follows does not run."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mlrubric.graph.code import Code
from mlrubric.graph.graph import RUNS
from mlrubric.graph.measured import measured_files
from mlrubric.graph.quality import QUALITY
from mlrubric.graph.world import World, normal
from mlrubric.model.facts import Command, Job, Stage, Step

COMPARES = re.compile(
    r"-(?:gt|lt|ge|le|eq|ne)\b|[<>]=?|[!=]=|(?<![\w$])=(?![\w>])|\bgrep\b.*\b(?:true|false|ok|pass|passed|fail|failed|success|approved)\b",
    re.IGNORECASE,
)
VARIABLE = re.compile(r"\$\{?(\w+)")
OUTPUT = re.compile(r"steps\.([\w-]+)\.outputs\.([\w-]+)")
NEEDED = re.compile(r"needs\.([\w-]+)\.outputs\.([\w-]+)")
WORD = re.compile(r"[\w./*-]+")
HANDS_ON = ("GITHUB_OUTPUT", "::set-output")
STOPS = ("exit", "return", "false")
DEEP = 5  # variables that are looked through, one naming the other


def ends(command: Command) -> bool:
    """Whether a command ends its script with a failure: `exit 1`, `false`."""
    return command.argv[:1] in [(word,) for word in STOPS] and command.argv[1:] != ("0",)


@dataclass(slots=True)
class ShellGates:
    """`stopping` are the nodes that stop their script when a quality falls short; `around` says which nodes run only behind such a
    comparison, and behind which node."""

    stopping: set[int] = field(default_factory=set)
    around: dict[int, int] = field(default_factory=dict)


def shell_gates(world: World) -> ShellGates:
    """Find the gates of scripts and conditions; their nodes get the role, and are gates."""
    files = {world.graph.nodes[n].label for n in measured_files(world.graph, world.code)}
    files |= {normal(metric) for _, stage in world.every(Stage) for metric in stage.metrics}
    found = ShellGates()
    scripts = _Scripts(world, files)
    for node, path, command in scripts.all:
        asks = "check.condition" in world.graph.nodes[node].roles and scripts.judges(path, command, " ".join(command.argv))
        if asks and (not command.swallowed or scripts.stops(path, command)):
            _mark(world, node)
            found.stopping.add(node)
        if command.condition and command.argv[:1] not in [(word,) for word in STOPS]:
            asked = scripts.asked(path, command)
            if asked is not None:
                _mark(world, asked)
                found.around[node] = asked
    conditions = [(path, job.place.symbol, job.place.symbol, job.condition) for path, job in world.every(Job)]
    conditions += [(path, step.place.symbol, step.owner, step.condition) for path, step in world.every(Step)]
    for path, symbol, inside, condition in conditions:
        held = world.node(path, symbol)
        if held is not None and condition and scripts.handed_on(path, condition, inside):
            _mark(world, held)
            found.around[held] = held
    return found


def _mark(world: World, node: int) -> None:
    graph = world.graph
    for role in ("model.compare", "check"):
        graph.give(node, role)
    graph.nodes[node].gate = True
    graph.nodes[node].about = graph.nodes[node].about | {"model.evaluate"}
    graph.nodes[node].attributes["form"] = "shell"


class _Scripts:
    """The commands of all scripts, and what their variables and outputs hold."""

    def __init__(self, world: World, files: set[str]) -> None:
        self.world, self.files = world, files
        self.names = {file.rpartition("/")[2] for file in files}
        self.all: list[tuple[int, str, Command]] = []
        self.by_owner: dict[tuple[str, str], list[Command]] = {}
        for path, command in world.every(Command):
            node = world.node(path, command.place.symbol)
            if node is not None and world.graph.nodes[node].kind == "command":
                self.all.append((node, path, command))
                self.by_owner.setdefault((path, command.owner), []).append(command)
        self.steps = {(path, step.owner, step.id): step for path, step in world.every(Step) if step.id}
        self.jobs = {(path, job.id): job for path, job in world.every(Job)}
        self.told = _told_outputs(world)

    def behind(self, path: str, owner: str, text: str) -> str:
        """The text with what the variables in it were set to, as written."""
        known = {name: value for one in self.by_owner.get((path, owner), ()) for name, value in one.assignments}
        for _ in range(DEEP):
            names = [name for name in VARIABLE.findall(text) if name in known]
            if not names:
                break
            text += "".join(f" {known.pop(name)}" for name in dict.fromkeys(names))
        return text

    def measured(self, text: str) -> bool:
        """Whether a text names a file that an evaluation was written to."""
        words = {normal(word.strip("'\"./")) for word in WORD.findall(text)}
        return bool(words & self.files) or bool({word.rpartition("/")[2] for word in words if "." in word} & self.names)

    def judges(self, path: str, command: Command, question: str) -> bool:
        """Whether a question of a script compares a quality."""
        text = self.behind(path, command.owner, question)
        return COMPARES.search(text) is not None and (self.measured(text) or self.handed_on(path, text, command.owner))

    def stops(self, path: str, command: Command) -> bool:
        """Whether the script ends with a failure on one side of a question."""
        question = _plain(" ".join(command.argv))
        behind = [one for one in self.by_owner[path, command.owner] if question and question in _plain(one.condition)]
        return any(one.argv[:1] == ("false",) or (one.argv[:1] in (("exit",), ("return",)) and one.argv[1:] != ("0",)) for one in behind)

    def asked(self, path: str, command: Command) -> int | None:
        """The question about a quality on which a command depends."""
        if not self.judges(path, command, command.condition):
            return None
        wanted = _plain(command.condition)
        for one in self.by_owner[path, command.owner]:
            node = self.world.node(path, one.place.symbol)
            earlier = one.argv and one.index < command.index and _plain(" ".join(one.argv)) in wanted
            if earlier and node is not None and "check.condition" in self.world.graph.nodes[node].roles:
                return node
        return None

    def handed_on(self, path: str, text: str, job: str) -> bool:
        """Whether a text names an output that tells a quality, of a step of the same job or of a job that was waited for."""
        job = job.partition(".steps")[0]
        asked = [(job, step, name) for step, name in OUTPUT.findall(text)]
        for other, name in NEEDED.findall(text):
            source = self.jobs.get((path, other))
            for given, value in source.outputs if source is not None else ():
                if given == name and source is not None:
                    asked += [(source.place.symbol, step, inner) for step, inner in OUTPUT.findall(value)]
        return any(self._tells(path, *one) for one in asked)

    def _tells(self, path: str, job: str, identifier: str, name: str) -> bool:
        """Whether a step hands on a quality, or a verdict about one, under a name."""
        step = self.steps.get((path, job, identifier))
        if step is None:
            return False
        for one in self.by_owner.get((path, step.place.symbol), ()):
            words = " ".join((*one.argv, *one.writes))
            if any(mark in words for mark in HANDS_ON) and re.search(rf"\b{re.escape(name)}\b", words):
                text = self.behind(path, one.owner, f"{words} {one.condition}")
                if self.measured(text):
                    return True
        node = self.world.node(path, step.place.symbol)
        return node is not None and bool(self.told) and not self.told.isdisjoint(self.world.graph.sweep([node], RUNS))


def _told_outputs(world: World) -> set[int]:
    """Programs that hand a quality, or a verdict about one, to the workflow: the nodes that hold such an operation."""
    code: Code = world.code
    marks = [op for op, facts in enumerate(code.program.ops) if facts.kind == "const" and _hands_on(facts.value)]
    if not marks:
        return set()
    reached = code.flow.reach(marks)
    calls = {use for op in reached for use in code.resolver.uses[op] if code.program.ops[use].kind == "call"}
    return {code.holder(call) for call in calls if code.about(call) & QUALITY}


def _hands_on(value: object) -> bool:
    return isinstance(value, str) and any(mark in value for mark in HANDS_ON)


def _plain(text: str) -> str:
    """A text of shell without quotes and blanks: words and source compare by it."""
    return re.sub(r"[\s'\"\\]", "", text)
