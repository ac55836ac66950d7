"""Shell: every simple command with its words, its place, and what happens to its exit status."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator

from mlrubric.model.facts import Command, Embedded, Fact, Unreadable
from mlrubric.model.place import Place, Span
from mlrubric.read.shell.embedded import inner_texts
from mlrubric.read.shell.status import Loss, Ran, walk
from mlrubric.source.document import Document
from mlrubric.source.syntax.shell import parse
from mlrubric.source.syntax.shell_call import interpreter
from mlrubric.source.syntax.shell_tree import Script

FORMAT = "shell"
LANGUAGE = "shell"
OWNER = "script"  # of the commands of a shell file

_PLAIN_NAME = re.compile(r"[a-z][a-z0-9_-]*")  # a script without an ending; LICENSE, Makefile, Dockerfile are none
_PROGRAMS_OF_A_PIPELINE = 12

Locate = Callable[[int, int], Span]


def accepts(path: str) -> bool:
    """Shell scripts by ending; names without one are looked at for their first line."""
    name = path.rsplit("/", 1)[-1]
    return name.endswith((".sh", ".bash")) or _PLAIN_NAME.fullmatch(name) is not None


def read(document: Document) -> Iterable[Fact]:
    first = document.text.split("\n", 1)[0]
    shebang = interpreter(first[2:]) if first.startswith("#!") else None
    if not document.name.endswith((".sh", ".bash")) and (shebang is None or "zsh" in shebang[0]):
        return ()
    if document.name.endswith((".sh", ".bash")) and first.startswith("#!") and shebang is None:
        return (Unreadable(document.place(), FORMAT, f"its first line names another interpreter: {first[2:].strip()}"),)
    name, options = shebang or ("bash", frozenset[str]())
    return _facts(document.path, OWNER, document.text, document.span, options, name, "")


def read_embedded(embedded: Embedded) -> Iterable[Fact]:
    name = (embedded.shell.split() or ["sh"])[0].rsplit("/", 1)[-1]
    locate = _locator(embedded)
    prefix = embedded.place.symbol or embedded.owner
    return _facts(embedded.place.path, embedded.owner, embedded.text, locate, embedded.options, name, prefix, embedded)


def _locator(embedded: Embedded) -> Locate:
    """Offsets of the text to places of the host; lines beyond the map follow its last line directly."""
    starts = [0, *(index + 1 for index, character in enumerate(embedded.text) if character == "\n")]
    known = embedded.lines or ((embedded.place.span.line, embedded.place.span.column),)

    def position(offset: int) -> tuple[int, int]:
        index = bisect_right(starts, offset) - 1
        if index < len(known):
            line, column = known[index]
        else:
            line, column = known[-1][0] + index - len(known) + 1, 1
        return line, column + offset - starts[index]

    return lambda start, end: Span(*position(start), *position(end))


def _facts(
    path: str, owner: str, text: str, locate: Locate, options: frozenset[str], shell: str, prefix: str, host: Embedded | None = None
) -> Iterator[Fact]:
    script = parse(text)
    if script.problems:
        start, end = script.problems[0]
        excerpt = " ".join(text[start:end].split())[:60]
        near = f" near `{excerpt}`" if excerpt else ""
        more = f", and {len(script.problems) - 1} more" if len(script.problems) > 1 else ""
        yield Unreadable(Place(path, locate(start, end), prefix or owner), FORMAT, f"shell syntax not understood{near}{more}")
    ran = walk(script, "errexit" in options, "pipefail" in options, bash=shell != "sh")
    for index, one in enumerate(ran):
        symbol = f"{prefix or owner}.command[{index}]"
        place = Place(path, locate(one.command.start, one.command.end), symbol, *_cell(host, one.command.start))
        yield _command(one, place, owner, index, locate, script, host)
        for number, inner in enumerate(inner_texts(one.command, text)):
            lines = tuple(_line_starts(text, inner.start, inner.end, locate, inner.text))
            where = Place(path, locate(inner.start, inner.end), f"{symbol}.text[{number}]" if number else f"{symbol}.text")
            yield Embedded(where, inner.language, inner.text, symbol, lines, (), inner.shell, inner.options)


def _cell(host: Embedded | None, offset: int) -> tuple[int | None, int | None]:
    """The cell of a notebook that a text stands in, and its line there."""
    line = host.text.count("\n", 0, offset) if host is not None else 0
    return host.cells[line] if host is not None and line < len(host.cells) else (None, None)


def _command(one: Ran, place: Place, owner: str, index: int, locate: Locate, script: Script, host: Embedded | None) -> Command:
    command, context = one.command, one.context
    reads = [redirect.target.text for redirect in (*command.redirects, *context.redirects) if redirect.operator in ("<", "<>")]
    writes = [redirect.target.text for redirect in (*command.redirects, *context.redirects) if ">" in redirect.operator]
    argv = tuple(word.text for word in command.words)
    swallowed, at = _lost(one.fate, place, locate)
    if not swallowed and host is not None and host.swallowed:
        swallowed, at = host.swallowed, host.swallowed_at
    return Command(
        place,
        owner,
        argv,
        index,
        tuple((name, word.text) for name, word in command.assignments),
        swallowed,
        at,
        one.directory,
        tuple(name for name in reads if not _is_device(name) and not name.startswith("<(")),
        (*(name for name in writes if not _is_device(name) and not name.startswith(">(")), *downloaded(argv)),
        context.function,
        context.condition,
        context.pipeline[:_PROGRAMS_OF_A_PIPELINE],
        context.background,
    )


def _lost(fate: Loss | None, place: Place, locate: Locate) -> tuple[str, Place | None]:
    return ("", None) if fate is None else (fate.reason, Place(place.path, locate(fate.start, fate.end), place.symbol))


def _is_device(name: str) -> bool:
    return name.startswith("/dev/")


def downloaded(argv: tuple[str, ...]) -> tuple[str, ...]:
    """Files that a downloader writes, by its own options."""
    if not argv or argv[0].rsplit("/", 1)[-1] not in ("curl", "wget", "gdown"):
        return ()
    flags = {"curl": ("-o", "--output"), "wget": ("-O", "--output-document"), "gdown": ("-O", "--output")}[argv[0].rsplit("/", 1)[-1]]
    found: list[str] = []
    for position, word in enumerate(argv):
        name, equals, value = word.partition("=")
        if name == flags[1] and equals:
            found.append(value)
        elif (word in flags or (re.fullmatch(r"-[a-zA-Z]+", word) and word.endswith(flags[0][1]))) and position + 1 < len(argv):
            found.append(argv[position + 1])
    return tuple(name for name in found if name != "-" and not _is_device(name))


def _line_starts(text: str, start: int, end: int, locate: Locate, inner: str) -> Iterator[tuple[int, int]]:
    """Where each line of an inner text begins in the host; tabs that `<<-` removed are stepped over."""
    wanted = inner.split("\n")
    for index, line in enumerate(text[start:end].split("\n")):
        removed = len(line) - len(wanted[index]) if index < len(wanted) and line.endswith(wanted[index]) else 0
        span = locate(start + removed, end)
        yield span.line, span.column
        start += len(line) + 1
