"""What happens to the exit status of every command of a shell text: kept, or lost and where.

A failure counts when it ends the script (errexit) or is the script's last status. The walk carries two fates: of a status that only
reaches the end of its construct (`value`), and of leaving the shell (`leave`); a subshell turns the second into the first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import assert_never

from mlrubric.read.shell.outcome import (
    LaterUses,
    always_fails,
    is_false,
    later_uses,
    leaves,
    leaves_with_failure,
    moved,
    program_of,
    raised_flags,
    tells,
    words_of,
)
from mlrubric.source.syntax.shell_call import shell_options
from mlrubric.source.syntax.shell_tree import (
    Case,
    Chain,
    Function,
    Group,
    If,
    Loop,
    Negated,
    Pipeline,
    Redirect,
    Script,
    Sequence,
    Simple,
    Statement,
)

_TESTS = frozenset({"[", "[[", "((", "test", "command", "which", "type", "grep", "!"})
_SUCCEEDS = frozenset({"true", ":"})
_LOOKS_AT_STATUS = re.compile(r"\$\?|\$\{?PIPESTATUS")


@dataclass(frozen=True, slots=True)
class Loss:
    """How a failure is lost, and the offsets of the very text."""

    reason: str
    start: int
    end: int


Fate = Loss | None  # None: the failure is kept


@dataclass(slots=True)
class State:
    """The state of one shell process; a subshell gets a copy."""

    errexit: bool = False
    pipefail: bool = False
    directory: str | None = ""
    dropped: Loss | None = None  # the `set +e` that switched errexit off
    trap: Loss | None = None
    pushed: list[str | None] = field(default_factory=list)

    def copy(self) -> State:
        return replace(self, pushed=list(self.pushed))

    def join(self, ways: list[State]) -> None:
        """After a branch: only what holds on every way holds."""
        self.errexit = all(way.errexit for way in ways)
        self.pipefail = all(way.pipefail for way in ways)
        self.directory = ways[0].directory if len({way.directory for way in ways}) == 1 else None
        self.dropped = next((way.dropped for way in ways if way.dropped is not None), None)
        self.trap = next((way.trap for way in ways if way.trap is not None), None)


@dataclass(frozen=True, slots=True)
class Context:
    value: Fate = None
    leave: Fate = None
    ignored: bool = False  # errexit does not apply here
    ignored_by: Fate = None
    condition: str = ""
    function: str = ""
    background: bool = False
    pipeline: tuple[str, ...] = ()
    redirects: tuple[Redirect, ...] = ()

    def process(self, fate: Fate) -> Context:
        """Inside a shell process of its own, whose status meets this fate."""
        return replace(self, value=fate, leave=fate)

    def ignoring(self, fate: Fate) -> Context:
        """Where errexit does not apply and the status meets this fate; an `exit` leaves the shell all the same."""
        return replace(self, value=fate, ignored=True, ignored_by=fate)

    def when(self, condition: str) -> Context:
        both = f"{self.condition} and {condition}" if self.condition and condition else self.condition or condition
        return replace(self, condition=both[:200])


@dataclass(frozen=True, slots=True)
class Ran:
    """A simple command with its circumstances."""

    command: Simple
    fate: Fate
    context: Context
    directory: str | None


def walk(script: Script, errexit: bool, pipefail: bool, bash: bool = True) -> list[Ran]:
    """Every simple command in source order."""
    walker = _Walker(script, bash)
    state = State(errexit, pipefail)
    walker.sequence(script.body, Context(), state)
    walker.function_bodies(state)
    return sorted(walker.ran, key=lambda one: (one.command.start, one.command.end))


def _waits(statement: Statement) -> bool:
    return isinstance(statement, Simple) and words_of(statement)[:1] == ("wait",)


@dataclass(slots=True)
class _Walker:
    script: Script
    bash: bool
    ran: list[Ran] = field(default_factory=list)
    functions: dict[str, Function] = field(default_factory=dict)
    calls: dict[str, list[tuple[Context, State]]] = field(default_factory=dict)
    later: LaterUses = field(init=False)

    def __post_init__(self) -> None:
        self.later = later_uses(self.script.text)

    def source(self, start: int, end: int) -> str:
        return " ".join(self.script.text[start : min(end, start + 300)].split())

    def sequence(self, sequence: Sequence, context: Context, state: State) -> None:
        """Only the last status of a sequence is its own; earlier ones end the shell or are hidden by what follows."""
        last = len(sequence.items) - 1
        last_wait = max((index for index, item in enumerate(sequence.items) if _waits(item.statement)), default=-1)
        for index, item in enumerate(sequence.items):
            if item.ampersand is not None:
                kept = last_wait > index and "$!" in self.script.text
                fate = None if kept else Loss("background", item.ampersand, item.ampersand + 1)
                self.statement(item.statement, replace(context.process(fate), background=True), state.copy())
                continue
            inner = context
            if index < last:
                inner = replace(
                    context, value=self._hidden(sequence.items[index + 1].statement, sequence.items[-1].statement, context, state)
                )
            self.statement(item.statement, inner, state)
            if index < last and leaves(item.statement):
                context = context.when(f"never: after `{self.source(item.statement.start, item.statement.end)}`")

    def _hidden(self, following: Statement, last: Statement, context: Context, state: State) -> Fate:
        """What becomes of a status that is not the last of its sequence and does not end the shell."""
        looks = _LOOKS_AT_STATUS.search(self.script.text, following.start, following.end)
        if looks is not None and self.later.failing_exit >= following.start:
            return None
        names = words_of(last) if isinstance(last, Simple) else ()
        if names[:1] and names[0] in _SUCCEEDS:
            return Loss("; true", last.start, last.end)
        if names == ("exit", "0"):
            return Loss("exit 0", last.start, last.end)
        if context.ignored and context.ignored_by is not None:
            return context.ignored_by
        if state.errexit and not context.ignored:
            return Loss("&& list", following.start, following.end)
        if state.dropped is not None:
            return state.dropped
        return Loss("no errexit", following.start, following.end)

    def _fate(self, context: Context, state: State) -> Fate:
        """Of a failure of a simple command, a pipeline or a subshell that stands here."""
        if state.errexit and not context.ignored:
            return context.leave or state.trap
        return context.value or state.trap

    def statement(self, statement: Statement, context: Context, state: State) -> None:
        match statement:
            case Simple():
                self._simple(statement, context, state)
            case Pipeline():
                self._pipeline(statement, context, state)
            case Chain():
                self._chain(statement, context, state)
            case Negated():
                fate = Loss("negated", statement.start, statement.start + 1)
                self.statement(statement.body, context.ignoring(fate), state)
            case Group():
                inner = replace(context, redirects=context.redirects + statement.redirects)
                if statement.subshell:
                    self.sequence(statement.body, inner.process(self._fate(context, state)), state.copy())
                else:
                    self.sequence(statement.body, inner, state)
            case If():
                self._if(statement, context, state)
            case Loop():
                self._loop(statement, context, state)
            case Case():
                for pattern, body in statement.bodies:
                    subject = " ".join(word.text for word in statement.words[:1])
                    self.sequence(body, context.when(f"case {subject} in {pattern}"), state.copy())
            case Function():
                self.functions[statement.name] = statement
            case _:
                assert_never(statement)

    # ---- chains and pipelines -------------------------------------------------------------------------------------

    def _pipeline(self, pipeline: Pipeline, context: Context, state: State) -> None:
        fate = self._fate(context, state)
        watched = self.later.pipestatus >= pipeline.end
        names = tuple(program_of(part) for part in pipeline.parts)
        for index, part in enumerate(pipeline.parts):
            own = fate
            if index < len(pipeline.bars) and not state.pipefail and not watched:
                own = Loss("no pipefail", pipeline.bars[index], pipeline.parts[index + 1].end)
            elif watched:
                own = None
            self.statement(part, replace(context.process(own), pipeline=names), state.copy())

    def _chain(self, chain: Chain, context: Context, state: State) -> None:
        last = len(chain.parts) - 1
        fates = self._fates(chain, context, state)
        for index, part in enumerate(chain.parts):
            inner = context
            if index:
                before, operator = chain.parts[index - 1], chain.operators[index - 1][0]
                if operator == "&&" and is_false(before):
                    inner = inner.when(f"never: {self.source(before.start, before.end)}")
                elif operator == "||":
                    inner = inner.when(f"not ({self.source(chain.start, before.end)})")
                elif program_of(before) in _TESTS:
                    inner = inner.when(self.source(before.start, before.end))
            self.statement(part, inner if index == last else inner.ignoring(fates[index]), state)

    def _fates(self, chain: Chain, context: Context, state: State) -> list[Fate]:
        """Where the failure of each part but the last goes: past every `&&`, into the first `||`."""
        found: list[Fate] = []
        caught: Fate = None
        handled = False
        for index in range(len(chain.operators) - 1, -1, -1):
            operator, offset = chain.operators[index]
            if operator == "||":
                handler = chain.parts[index + 1]
                if leaves_with_failure(handler):
                    caught = context.leave
                elif always_fails(handler):
                    caught = caught if handled else self._fate(context, state)
                elif self._raises_flag(handler):
                    caught = None
                else:
                    what = "exit 0" if leaves(handler) else program_of(handler)
                    caught = Loss(f"|| {what}".rstrip(), offset, handler.end)
                handled = True
            if handled:
                found.append(caught)
            elif context.value is not None and context.value.reason == "&& list":
                found.append(Loss("&& list", offset, chain.parts[index + 1].end))
            else:
                found.append(context.value or state.trap)
        return found[::-1]

    def _raises_flag(self, statement: Statement) -> bool:
        """`FAILED=1` that the script turns into its exit status later."""
        later = self.later
        for name in raised_flags(statement):
            tested = later.tested.get(name, -1) >= statement.end and later.failing_exit >= statement.end
            if tested or later.exit_with.get(name, -1) >= statement.end:
                return True
        return False

    # ---- compound commands ----------------------------------------------------------------------------------------

    def _if(self, statement: If, context: Context, state: State) -> None:
        earlier = ""
        ways = [] if statement.branches[-1][0] is None else [state.copy()]
        for index, (condition, body) in enumerate(statement.branches):
            text = ""
            if condition is not None:
                text = self.source(condition.start, condition.end)
                self._condition(statement, index, condition, context, state)
            inner = state.copy()
            never = "never: " if condition is not None and is_false(condition.items[-1].statement if condition.items else None) else ""
            self.sequence(body, context.when(never + " and ".join(filter(None, [earlier, text]))), inner)
            if not any(leaves(item.statement) for item in body.items):
                ways.append(inner)
            earlier = " and ".join(filter(None, [earlier, f"not ({text})"]))
        if ways:
            state.join(ways)

    def _condition(self, statement: If, index: int, condition: Sequence, context: Context, state: State) -> None:
        """A failing condition is kept when the branch it leads to ends the script with a failure."""
        negated = bool(condition.items) and isinstance(condition.items[-1].statement, Negated)
        following = statement.branches[index + 1] if index + 1 < len(statement.branches) else None
        target = statement.branches[index][1] if negated else following[1] if following is not None and following[0] is None else None
        only_told = all(tells(item.statement) for _, body in statement.branches for item in body.items)
        fate: Fate = Loss("if that only prints" if only_told else "if condition", statement.start, condition.end)
        if target is not None and target.items:
            if any(leaves_with_failure(item.statement) for item in target.items):
                fate = context.leave
            elif always_fails(target.items[-1].statement):
                fate = context.value
            elif any(self._raises_flag(item.statement) for item in target.items):
                fate = None
        inner = context.ignoring(fate)
        if negated:
            *head, tail = condition.items
            body = tail.statement.body if isinstance(tail.statement, Negated) else tail.statement
            condition = replace(condition, items=(*head, replace(tail, statement=body)))
        self.sequence(condition, inner, state)

    def _loop(self, loop: Loop, context: Context, state: State) -> None:
        for word in loop.words:
            for inner in word.inner:
                self._substitution(inner, Loss("in a substitution", word.start, word.end), context, state)
        text = self.source(loop.start, loop.body.start)
        if loop.condition is not None:
            fate = Loss(f"{loop.keyword} condition", loop.start, loop.condition.end)
            self.sequence(loop.condition, context.ignoring(fate), state)
        guarded = state.errexit and not context.ignored
        value = context.value or Loss("&& list" if guarded else "no errexit", loop.start, loop.body.start)
        repeated = text if loop.condition is not None else ""
        self.sequence(loop.body, replace(context, value=value).when(repeated), state)

    def function_bodies(self, state: State) -> None:
        """Bodies are judged as at their most consequential call; uncalled ones as if a caller kept the status."""
        done: set[str] = set()
        while waiting := [name for name in self.functions if name not in done]:
            ready = [name for name in waiting if name in self.calls] or waiting[:1]
            for name in ready:
                done.add(name)
                context, at = min(self.calls.get(name, [(Context(), state)]), key=lambda call: self._fate(*call) is not None)
                body = self.functions[name].body
                self.sequence(body, replace(context, function=name, condition="", pipeline=()), at.copy())

    # ---- simple commands ------------------------------------------------------------------------------------------

    def _simple(self, command: Simple, context: Context, state: State) -> None:
        names = words_of(command)
        fate = context.leave if names[:1] in (("exit",), ("return",)) else self._fate(context, state)
        assignment_only = not command.words and bool(command.assignments)
        assigned = () if command.declares else tuple(word for _, word in command.assignments)
        for word in (*command.words, *assigned, *(one.target for one in command.redirects)):
            for inner in word.inner:
                own = fate if assignment_only else Loss("in a substitution", inner.start, inner.end)
                self._substitution(inner, own, context, state)
        self.ran.append(Ran(command, fate, context, state.directory))
        if names:
            self._effect(names, command, state)
            self.calls.setdefault(names[0], []).append((context, state.copy()))

    def _substitution(self, program: Sequence, fate: Fate, context: Context, state: State) -> None:
        inner = state.copy()
        inner.errexit = state.errexit and not self.bash  # bash switches errexit off in a substitution
        self.sequence(program, replace(context.process(fate), pipeline=(), redirects=()), inner)

    def _effect(self, names: tuple[str, ...], command: Simple, state: State) -> None:
        if names[0] == "set":
            on, off = shell_options(names[1:])
            if "errexit" in off and state.errexit:
                state.dropped = Loss("set +e", command.start, command.end)
            if "errexit" in on:
                state.dropped = None
            state.errexit = ("errexit" in on or state.errexit) and "errexit" not in off
            state.pipefail = ("pipefail" in on or state.pipefail) and "pipefail" not in off
        elif names[0] in ("cd", "pushd"):
            if names[0] == "pushd":
                state.pushed.append(state.directory)
            targets = [name for name in names[1:] if not name.startswith("-") or name == "-"]
            state.directory = moved(state.directory, targets[0] if targets else "~")
        elif names[0] == "popd":
            state.directory = state.pushed.pop() if state.pushed else None
        elif names[0] == "trap" and len(names) > 2 and re.search(r"\bexit 0\b", names[1]) and {"EXIT", "ERR", "0"} & set(names[2:]):
            state.trap = Loss("trap exit 0", command.start, command.end)
