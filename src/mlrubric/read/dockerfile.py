"""Dockerfiles: base images, instructions, and the commands they run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from mlrubric.model.facts import Command, Embedded, Fact, Image, Instruction, Notice, Unreadable
from mlrubric.model.place import Place, Span
from mlrubric.source.document import Document
from mlrubric.source.syntax.dockerfile import Problem, RawInstruction, nested, parse
from mlrubric.source.syntax.image_name import split_image
from mlrubric.source.syntax.shell_call import shell_text_of

FORMAT = "dockerfile"

_OTHER_ENDINGS = (".dockerignore", ".py", ".md", ".json", ".yml", ".yaml", ".toml", ".txt", ".sh", ".rst", ".html")
_KNOWN = frozenset(
    [
        "ADD",
        "ARG",
        "CMD",
        "COPY",
        "ENTRYPOINT",
        "ENV",
        "EXPOSE",
        "FROM",
        "HEALTHCHECK",
        "LABEL",
        "MAINTAINER",
        "ONBUILD",
        "RUN",
        "SHELL",
        "STOPSIGNAL",
        "USER",
        "VOLUME",
        "WORKDIR",
    ]
)
_LONGEST = 1_000
_VARIABLE = re.compile(r"\\?\$(?:\{(\w+)(?::?([-+])([^}]*))?\}|(\w+))")
_PAIRS = re.compile(r"""([\w.\-/"']+)=((?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'])*)""", re.DOTALL)


def accepts(path: str) -> bool:
    name = path.rsplit("/", 1)[-1].lower()
    if name.endswith(_OTHER_ENDINGS):
        return False
    return name.startswith(("dockerfile", "containerfile")) or name.endswith((".dockerfile", ".containerfile"))


def read(document: Document) -> Iterable[Fact]:
    reader = _Reader(document)
    for part in parse(document.text):
        if isinstance(part, Problem):
            what = "template text" if part.text.startswith(("{{", "{%")) else "not an instruction"
            yield Unreadable(document.place(Span(part.line)), FORMAT, f"{what}: `{part.text[:60]}`")
        else:
            yield from reader.instruction(part)
    if not reader.count:
        yield Unreadable(document.place(), FORMAT, "no instruction")


@dataclass(slots=True)
class _Reader:
    document: Document
    shell: str = "/bin/sh"
    options: frozenset[str] = frozenset()
    readable: bool = True  # the shell in force is one that we read
    arguments: dict[str, str] = field(default_factory=dict)  # ARG before the first FROM
    stages: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)  # of the stages, in lower case
    count: int = 0

    @property
    def stage(self) -> str:
        return self.stages[-1] if self.stages else ""

    def place(self, raw: RawInstruction, symbol: str) -> Place:
        return Place(self.document.path, Span(raw.line, raw.column, raw.end_line, raw.end_column), symbol)

    def instruction(self, raw: RawInstruction) -> Iterator[Fact]:
        symbol = f"stages.{self.stage}.{raw.name}[{self.count}]" if self.stages else f"{raw.name}[{self.count}]"
        place = self.place(raw, symbol)
        self.count += 1
        if raw.name not in _KNOWN:
            yield Unreadable(place, FORMAT, f"unknown instruction `{raw.name}`")
            return
        if raw.name == "FROM":
            yield from self._from(raw)
            return
        array = raw.array()
        yield Instruction(place, raw.name, self._words(raw, array), self.stage)
        if raw.name == "ARG" and not self.stages:
            for name, value in pairs(raw.joined()):
                self.arguments[name] = self._resolved(value)
        elif raw.name == "SHELL":
            yield from self._set_shell(place, array)
        elif raw.name in ("RUN", "CMD", "ENTRYPOINT"):
            yield from self._runs(raw, array, place, symbol)
        elif raw.name in ("COPY", "ADD"):
            yield from self._copies(raw, place)
        elif raw.name in ("ONBUILD", "HEALTHCHECK"):
            inner = nested(raw)
            if inner is not None and inner.name in ("RUN", "CMD", "ENTRYPOINT"):
                yield from self._runs(inner, inner.array(), place, symbol)

    def _from(self, raw: RawInstruction) -> Iterator[Fact]:
        words = raw.joined().split()
        if not words:
            yield Unreadable(self.place(raw, "FROM"), FORMAT, "FROM without an image")
            return
        alias = words[2] if len(words) > 2 and words[1].upper() == "AS" else None
        written = self._resolved(words[0])
        name, tag, digest = split_image(written)
        internal = written.lower() in self.names or written == "scratch"
        self.stages.append(alias or str(len(self.stages)))
        self.names.add(self.stage.lower())
        self.shell, self.options, self.readable = "/bin/sh", frozenset(), True
        yield Image(self.place(raw, f"stages.{self.stage}"), name, tag, digest, "from", alias, internal)

    def _copies(self, raw: RawInstruction, place: Place) -> Iterator[Fact]:
        """`COPY --from=image` takes files from an image that is no stage of this file."""
        for flag in raw.flags:
            name, _, value = flag.partition("=")
            source = self._resolved(value.strip('"'))
            if name == "--from" and source and not source.isdigit() and source.lower() not in self.names:
                image, tag, digest = split_image(source)
                yield Image(place, image, tag, digest, "copy", None, source == "scratch")

    def _set_shell(self, place: Place, array: tuple[str, ...] | None) -> Iterator[Fact]:
        if not array:
            yield Unreadable(place, FORMAT, "SHELL needs its words as a JSON list")
            return
        found = shell_text_of((*array, "text"))
        self.readable = found is not None
        if found is None:
            yield Notice(place, f"commands of the shell `{array[0]}` are not read")
        else:
            self.shell, self.options = found[1], found[2]

    def _runs(self, raw: RawInstruction, array: tuple[str, ...] | None, place: Place, symbol: str) -> Iterator[Fact]:
        if array is not None:
            if array:
                yield Command(Place(place.path, place.span, f"{symbol}.command[0]"), symbol, array)
                yield from self._shell_call(raw, array, place, symbol)
            return
        if (raw.name == "CMD" and raw.text.strip().upper() == "NONE") or not raw.text.strip() or not self.readable:
            return
        if raw.heredoc_only:
            for number, body in enumerate(raw.heredocs):
                where = Place(place.path, Span(body.line, 1, raw.end_line, raw.end_column), f"{symbol}.heredoc[{number}]")
                starts = tuple((body.line + offset, 1) for offset in range(body.text.count("\n") + 1))
                language = "python" if re.match(r"#!.*python", body.text) else "shell"
                yield Embedded(where, language, body.text, symbol, starts, (), self.shell if language == "shell" else "", self.options)
            return
        yield Embedded(place, "shell", raw.text, symbol, raw.lines, (), self.shell, self.options)

    def _shell_call(self, raw: RawInstruction, array: tuple[str, ...], place: Place, symbol: str) -> Iterator[Fact]:
        """`["sh", "-c", "text"]` runs a shell text."""
        found = shell_text_of(array)
        if found is None:
            return
        text, shell, options = found
        inside = Place(place.path, place.span, f"{symbol}.command[0].text")
        yield Embedded(inside, "shell", text, f"{symbol}.command[0]", _position_of(raw, text), (), shell, options)

    def _words(self, raw: RawInstruction, array: tuple[str, ...] | None) -> tuple[str, ...]:
        if array is not None:
            return (*raw.flags, *array)
        text = raw.joined()
        if raw.name in ("ENV", "LABEL", "ARG"):
            return tuple(f"{name}={value}" if value or raw.name != "ARG" else name for name, value in pairs(text))
        if raw.name in ("RUN", "CMD", "ENTRYPOINT", "ONBUILD", "HEALTHCHECK"):
            return (*raw.flags, *text.split())
        return (*raw.flags, *_split(text.split("\n", 1)[0]))

    def _resolved(self, text: str) -> str:
        """The text with the defaults of `ARG` put in; what has none stays as written."""

        def value(match: re.Match[str]) -> str:
            name = match[1] or match[4]
            known = self.arguments.get(name, "")
            if match[0].startswith("\\"):
                return match[0][1:]
            if match[2] == "-":
                return known or match[3]
            if match[2] == "+":
                return match[3] if known else ""
            return known or match[0]

        resolved = _VARIABLE.sub(value, text.strip("\"'"))
        return resolved if len(resolved) <= _LONGEST else text


def _position_of(raw: RawInstruction, text: str) -> tuple[tuple[int, int], ...]:
    """Where a string of the exec form begins: after its quote, in the first line that shows it."""
    head = text.split("\n", 1)[0][:20]
    for line, (number, column) in zip(raw.text.split("\n"), raw.lines, strict=False):
        at = line.find(head)
        if at >= 0:
            return ((number, column + at),)
    return raw.lines[:1]


def pairs(text: str) -> list[tuple[str, str]]:
    """`A=1 B="x y"`, and the old form `A 1`."""
    if re.match(r"[\w.\-/\"']+=", text):
        return [(match[1].strip("\"'"), _unquoted(match[2])) for match in _PAIRS.finditer(text)]
    name, _, value = text.partition(" ")
    return [(name, value.strip())] if name else []


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", re.sub(r'"((?:\\.|[^"\\])*)"|\'([^\']*)\'', lambda match: match[1] or match[2] or "", value))


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()
