"""Jenkinsfiles, declarative and scripted: stages, `sh` steps, triggers, gates that ask a person, and what loses a failure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from mlrubric.model.facts import Elsewhere, Embedded, Fact, Job, Step, Trigger, Workflow
from mlrubric.model.place import Place
from mlrubric.source.automation_facts import FAILS, by_hand, clock
from mlrubric.source.document import Document
from mlrubric.source.syntax.cron import NICKNAMES
from mlrubric.source.syntax.groovy import Token, tokens
from mlrubric.source.syntax.shell_call import interpreter

FORMAT = "jenkinsfile"

_NAME = re.compile(r"(^|/)(Jenkinsfile[^/]*|[^/]*\.jenkinsfile|jenkins[^/]*\.groovy)$", re.IGNORECASE)
_STARTS = {"pollSCM": "push", "githubPush": "push", "bitbucketPush": "push", "gitlab": "push", "upstream": "workflow_run"}
_LOSES = ("catchError", "warnError")
_POST = ("always", "failure", "success", "changed", "unstable", "cleanup", "aborted", "unsuccessful", "regression", "fixed")
_LIBRARY = re.compile(r"(?:@Library\s*\(\s*\[?|library\s*\(?\s*)['\"]([^'\"]+)['\"]")  # steps that lie in another repository
_HASH = re.compile(r"\bH(\([^)]*\))?")


def accepts(path: str) -> bool:
    return _NAME.search(path) is not None


@dataclass(slots=True)
class _Block:
    """An open pair of braces: the word before it, the text given to that word, the index of its first token."""

    word: str
    text: str
    at: int
    rethrows: bool = False


@dataclass(slots=True)
class _Stage:
    name: str
    symbol: str
    start: int
    end: int = 0
    never: str = ""
    held: str = ""
    needs: tuple[str, ...] = ()
    inside: list[str] = field(default_factory=list)  # the stages in it
    last: tuple[str, ...] = ()  # of these the latest, with the stages in it
    steps: list[Fact] = field(default_factory=list)
    count: int = 0


def read(document: Document) -> Iterable[Fact]:
    found = _Reading(document, list(tokens(document.text)))
    found.walk()
    place = document.place(symbol="workflow")
    libraries = [match for match in _LIBRARY.finditer(document.text) if not document.text[: match.start()].rpartition("\n")[2].strip()]
    runs = bool(libraries) or any(stage.steps for stage in found.stages)
    yield Workflow(place, document.path, "jenkins", "" if runs else "it runs no command")
    for match in libraries:
        name, _, reference = match[1].partition("@")
        yield Elsewhere(document.place(document.span(*match.span())), "workflow", name, "", reference, "library", match[1])
    yield from found.triggers or [Trigger(place, "push", "workflow", reason="no trigger: a job for every branch is assumed", certain=False)]
    for stage in found.stages:
        if not stage.steps and stage.name == "pipeline":
            continue
        at = document.place(document.span(stage.start, stage.end or len(document.text)), stage.symbol)
        if stage.held:
            yield by_hand(at, stage.symbol, f"waits for a person (`input` in `{stage.held}`)")
        yield Job(at, stage.name, "" if stage.held else "workflow", stage.needs, never=stage.never)
        yield from stage.steps


class _Reading:
    """One walk over the tokens with the stack of open blocks."""

    def __init__(self, document: Document, found: list[Token]) -> None:
        self.document, self.tokens = document, found
        self.blocks: list[_Block] = []
        self.triggers: list[Trigger] = []
        self.stages = [_Stage("pipeline", "stages.pipeline", 0)]
        self.open: list[_Stage] = [self.stages[0]]
        self.held = ""

    def walk(self) -> None:
        position = 0
        while position < len(self.tokens):
            token = self.tokens[position]
            if token.kind == "mark" and token.value == "{":
                self._enter(position)
            elif token.kind == "mark" and token.value == "}" and self.blocks:
                self._leave(token)
            elif token.kind == "word" and not self._is_key(position):
                self._word(position)
            position += 1

    def _is_key(self, position: int) -> bool:
        """A name of an argument or a member of something else."""
        following = self.tokens[position + 1].value if position + 1 < len(self.tokens) else ""
        return following == ":" or (position > 0 and self.tokens[position - 1].value == ".")

    def _enter(self, position: int) -> None:
        """The word that a block belongs to stands before it, with or without something in brackets."""
        index, text, depth = position - 1, "", 0
        while index >= 0 and (depth or self.tokens[index].value == ")"):
            depth += {")": 1, "(": -1}.get(self.tokens[index].value if self.tokens[index].kind == "mark" else "", 0)
            if self.tokens[index].kind == "text":
                text = self.tokens[index].value
            index -= 1
        word = self.tokens[index].value if index >= 0 and self.tokens[index].kind == "word" else ""
        block = _Block(word, text, position)
        if word == "try":
            block.rethrows = self._rethrows(position)
        if word == "stage":
            names = {stage.symbol for stage in self.stages}
            symbol = f"stages.{text or len(self.stages)}"
            symbol = symbol if symbol not in names else f"{symbol}[{len(self.stages)}]"
            outer = self.open[-1]
            needs = outer.last if outer.last and not self._beside() else outer.needs  # one after the other, unless they are parallel
            stage = _Stage(text or "stage", symbol, self.tokens[index].start, 0, outer.never, self.held or outer.held, needs)
            self.stages.append(stage)
            self.open.append(stage)
        self.blocks.append(block)

    def _leave(self, token: Token) -> None:
        block = self.blocks.pop()
        if block.word == "stage" and len(self.open) > 1:
            stage = self.open.pop()
            stage.end = token.end
            if stage.never:
                return  # what is left out holds nobody up
            names, outer = (stage.name, *stage.inside), self.open[-1]
            outer.inside.extend(names)
            outer.last = (*outer.last, *names) if self._beside() else names
        elif block.word == "expression":
            first = [one.value for one in self.tokens[block.at + 1 : block.at + 3] if one.value != "return"]
            if first[:1] == ["false"]:
                self.open[-1].never = "when { expression { false } }"

    def _beside(self) -> bool:
        """Whether the stage at hand is one of several that run at the same time."""
        around = next((block.word for block in reversed(self.blocks) if block.word in ("parallel", "stages", "stage", "matrix")), "")
        return around in ("parallel", "matrix")

    def _rethrows(self, position: int) -> bool:
        """A `try` whose `catch` throws again or fails the build, or that has none."""
        depth, index = 0, position
        while index < len(self.tokens):
            depth += {"{": 1, "}": -1}.get(self.tokens[index].value if self.tokens[index].kind == "mark" else "", 0)
            if not depth:
                break
            index += 1
        if index + 1 >= len(self.tokens) or self.tokens[index + 1].value != "catch":
            return True
        depth = 0
        for token in self.tokens[index + 1 :]:
            if token.kind == "mark" and token.value in "{}":
                depth += 1 if token.value == "{" else -1
                if not depth:
                    return False
            elif token.value in ("throw", "error") or (token.kind == "text" and token.value == "FAILURE"):
                return True
        return False

    def _inside(self, word: str) -> bool:
        return any(block.word == word for block in self.blocks)

    def _word(self, position: int) -> None:
        token = self.tokens[position]
        if token.value in ("sh", "bat", "powershell"):
            self._shell(position)
        elif token.value == "cron" and position + 1 < len(self.tokens):
            self._cron(position)
        elif token.value in _STARTS and (self._inside("triggers") or self.tokens[position - 1].value in ("(", "[", ",")):
            self.triggers.append(Trigger(self._place(token, f"triggers.{token.value}"), _STARTS[token.value], "workflow"))
        elif token.value == "input":
            self.held = self.held or self.open[-1].name
            if self.blocks and self.blocks[-1].word == "stage":
                self.open[-1].held = self.held

    def _place(self, token: Token, symbol: str) -> Place:
        return self.document.place(self.document.span(token.start, token.end), symbol)

    def _cron(self, position: int) -> None:
        text = next((one for one in self.tokens[position + 1 : position + 3] if one.kind == "text"), None)
        if text is None:
            return
        for index, line in enumerate(line.strip() for line in text.value.split("\n")):
            if line and not line.startswith(("#", "TZ=")):
                plain = NICKNAMES.get(line, _HASH.sub("1", line).partition("%")[0].strip())
                self.triggers.append(clock(self._place(text, f"triggers.cron[{index}]"), "workflow", plain))

    def _shell(self, position: int) -> None:
        """`sh 'text'`, `sh("text")`, `sh(script: 'text', returnStatus: true)`."""
        stage, token = self.open[-1], self.tokens[position]
        arguments = self._arguments(position + 1)
        texts = [one for index, one in enumerate(arguments) if one.kind == "text" and self._named(arguments, index) in ("", "script")]
        if not texts:
            return
        text = texts[0]
        symbol = f"{stage.symbol}.steps[{stage.count}]"
        asks = any(one.value == "returnStatus" for one in arguments) and any(one.value == "true" for one in arguments)
        lost = asks and (position == 0 or self.tokens[position - 1].value not in ("=", "(", "return"))
        around = next((block for block in self.blocks if block.word in _LOSES or (block.word == "try" and not block.rethrows)), None)
        swallowed = self._place(token, symbol) if lost else self._place(self.tokens[around.at], around.word) if around is not None else None
        post = next((block.word for block in self.blocks if block.word in _POST), None) if self._inside("post") else None
        folder = next((block.text for block in reversed(self.blocks) if block.word == "dir"), "")
        at = self.document.place(self.document.span(token.start, text.end), symbol)
        condition = f"post: {post}" if post else None
        stage.steps.append(Step(at, stage.symbol, stage.count, "", None, token.value == "sh", condition, "", swallowed, folder or None))
        stage.count += 1
        if token.value == "sh":
            first = text.value.lstrip().split("\n")[0]
            shell, options = (interpreter(first[2:].strip()) or ("sh", FAILS)) if first.startswith("#!") else ("sh", FAILS)
            starts = tuple(self.document.position(offset) for offset in text.offsets)
            stage.steps.append(Embedded(at, "shell", text.value, symbol, starts, (), shell, options))

    def _arguments(self, position: int) -> list[Token]:
        """The tokens given to a step: in brackets, else up to the end of the line."""
        found: list[Token] = []
        depth = 0
        bracket = position < len(self.tokens) and self.tokens[position].value == "("
        for index in range(position, len(self.tokens)):
            token = self.tokens[index]
            if token.kind == "mark" and token.value in "()":
                depth += 1 if token.value == "(" else -1
            if (token.kind == "mark" and token.value in "{}") or (not bracket and found and "\n" in self._between(found[-1], token)):
                break
            found.append(token)
            if bracket and not depth:
                break
        return found

    def _between(self, left: Token, right: Token) -> str:
        return self.document.text[left.end : right.start]

    @staticmethod
    def _named(arguments: list[Token], index: int) -> str:
        """The name of the argument that a token is the value of."""
        return arguments[index - 2].value if index >= 2 and arguments[index - 1].value == ":" else ""
