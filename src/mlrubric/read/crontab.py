"""Crontab files and Procfiles: lines that a clock or a platform starts. That a crontab is installed is not seen, only assumed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mlrubric.model.facts import Embedded, Fact, Stage, Trigger, Unreadable, Workflow
from mlrubric.model.place import Span
from mlrubric.source.document import Document
from mlrubric.source.syntax.cron import NICKNAMES, cron_problem

FORMAT = "crontab"

_CRONTAB = re.compile(r"(^|/)([\w.-]*crontab([._-]\w+)?|[\w-]+\.(cron|crontab)|cronjobs?(\.txt)?)$", re.IGNORECASE)
_CRON_FOLDER = re.compile(r"(^|/)cron\.d/[^/.]+$")
_PROCFILE = re.compile(r"(^|/)Procfile(\.\w+)?$")
_LINE = re.compile(r"(@\w+|(?:[\d*/,A-Za-z?-]+[ \t]+){4}[\d*/,A-Za-z?-]+)[ \t]+(.+)")
_ASSIGNMENT = re.compile(r"\w+\s*=")
_PROCESS = re.compile(r"([A-Za-z][\w-]*)\s*:\s*(\S.*)")
_NOT_INSTALLED = "whether this crontab is installed is not seen"


def accepts(path: str) -> bool:
    return any(pattern.search(path) for pattern in (_CRONTAB, _CRON_FOLDER, _PROCFILE)) and not path.endswith((".py", ".md"))


def read(document: Document) -> Iterable[Fact]:
    lines = enumerate(document.lines(), 1)
    written = [(number, line) for number, line in lines if line.strip() and not line.lstrip().startswith("#")]
    if _PROCFILE.search(document.path):
        for number, line in written:
            yield from _process(document, number, line)
        return
    system = _CRON_FOLDER.search(document.path) is not None
    for number, line in written:
        if not _ASSIGNMENT.match(line):
            yield from _job(document, number, line, system)


def _process(document: Document, number: int, line: str) -> Iterator[Fact]:
    match = _PROCESS.fullmatch(line.strip())
    if match is None:
        yield Unreadable(document.place(Span(number)), FORMAT, "a line must be `name: command`")
        return
    symbol = f"process.{match[1]}"
    column = line.index(match[2], line.index(":") + 1) + 1
    span = Span(number, 1, number, len(line) + 1)
    yield Stage(document.place(span, symbol), "procfile", match[1])
    yield Embedded(document.place(span, symbol), "shell", match[2], symbol, ((number, column),), (), "bash")


def _job(document: Document, number: int, line: str, system: bool) -> Iterator[Fact]:
    match = _LINE.fullmatch(line.strip())
    if match is None:
        yield Unreadable(document.place(Span(number)), FORMAT, "not a time and a command")
        return
    text = match[2]
    if system:
        text = text.partition(" ")[2].strip() or text  # the account it runs as
    command = re.split(r"(?<!\\)%", text)[0].rstrip()  # what follows a percent sign is its input
    symbol = f"line {number}"
    place = document.place(Span(number, 1, number, len(line) + 1), symbol)
    time = NICKNAMES.get(match[1], match[1])
    yield Workflow(place, command[:60], "cron")
    if match[1] == "@reboot":
        yield Trigger(place, "event", symbol, "@reboot", (), True, False, "runs once at each start of the machine")
    else:
        dead = cron_problem(time)
        yield Trigger(place, "schedule", symbol, time, (), not dead, True, dead or _NOT_INSTALLED, certain=False)
    yield Embedded(place, "shell", command, symbol, ((number, line.rindex(text) + 1),), (), "sh")
