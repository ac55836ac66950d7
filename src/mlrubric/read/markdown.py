"""Documents in Markdown and reStructuredText: headings with what stands below them, links, code blocks, front matter."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlrubric.model.facts import CodeBlock, Embedded, Fact, FrontMatter, Heading, Link, Notice, Unreadable
from mlrubric.model.place import Place, Span
from mlrubric.source.claims import statements
from mlrubric.source.document import Document
from mlrubric.source.prose import Block, Section, Target, Text, markdown, restructured
from mlrubric.source.shell_session import commands_of, only_known
from mlrubric.source.syntax import shell, yaml
from mlrubric.source.syntax.node import SyntaxProblem

FORMAT = "markdown"
_RUNNABLE = re.compile(r"(?:^|/)(?:readme|contributing|install|usage|development|getting[_-]?started)[^/]*$|(?:^|/)docs?/", re.IGNORECASE)
_SHELLS = {"bash", "sh", "shell", "zsh", "console", "shell-session", "shellsession", "terminal", ""}
_NUMBER = re.compile(r"(?<![\w./:#-])[-+~≈]?\d+(?:[.,]\d+)*(?:e-?\d+)?%?(?![\w/]|[.-]\w)")
_NOT_PROSE = re.compile(r"\]\([^()\s]*\)|<[^<>\n]*>|https?://\S+|`[^`\n]*`|^\s*(?:\d+[.)]|[-*+])\s", re.MULTILINE)
MAX_BODY = 2000


def accepts(path: str) -> bool:
    return path.rsplit(".", 1)[-1].lower() in ("md", "markdown", "rst", "mdx", "qmd") and "/node_modules/" not in f"/{path}"


def read(document: Document) -> Iterator[Fact]:
    lines = document.lines()
    start = 0
    if document.name.lower().endswith(".rst"):
        text = restructured(lines)
    else:
        start = _end_of_front_matter(lines)
        if start:
            yield from _front_matter(document, lines, start)
        text = markdown(lines, start)
    first = text.sections[0].line if text.sections else len(lines) + 1
    if any(line.strip() for line in lines[start : first - 1]):
        yield _heading(document, lines, text, Section(0, "", start + 1, start), first)
    ends = [*(section.line for section in text.sections[1:]), len(lines) + 1]
    for section, end in zip(text.sections, ends, strict=False):
        yield _heading(document, lines, text, section, end)
    yield from statements(document, lines, text, start)
    for target in text.targets:
        yield _link(document, target)
    for index, block in enumerate(text.blocks):
        yield from _block(document, block, f"code[{index}]")
    if text.open_block:
        yield Notice(Place(document.path, Span(text.open_block)), "a code block that is never closed: everything below it is read as code")


def _end_of_front_matter(lines: list[str]) -> int:
    """The number of lines that the front matter takes with both its marks, 0 when there is none."""
    if not lines or lines[0].rstrip() != "---":
        return 0
    end = next((number for number, line in enumerate(lines[1:], 2) if line.rstrip() in ("---", "...")), 0)
    looks_like_it = len(lines) > 1 and bool(re.match(r"\s*(?:[\w\"'-][\w \"'.-]*:(?:\s|$)|#|$)", lines[1]))
    return end if looks_like_it else 0


def _front_matter(document: Document, lines: list[str], end: int) -> Iterator[Fact]:
    place = Place(document.path, Span(1, 1, end, len(lines[end - 1]) + 1), "front matter")
    try:
        nodes = yaml.parse("\n" + "\n".join(lines[1 : end - 1]))
    except SyntaxProblem as problem:
        at = Span(problem.line, problem.column)
        yield Unreadable(Place(document.path, at, "front matter"), FORMAT, f"front matter: {problem.reason}")
        return
    if nodes and nodes[0].kind == "map":
        yield FrontMatter(place, tuple((route, leaf.text) for route, leaf in nodes[0].leaves()))
    elif nodes:
        yield Unreadable(place, FORMAT, "front matter: no map of names and values")


def _heading(document: Document, lines: list[str], text: Text, section: Section, end: int) -> Heading:
    below = lines[section.end_line : end - 1]
    code = {number for block in text.blocks for number in range(block.line, block.end_line + 1)}
    prose = "\n".join("" if number in code else line for number, line in enumerate(below, section.end_line + 1))
    numbers = len(_NUMBER.findall(_NOT_PROSE.sub(" ", prose)))
    has_table = any(section.end_line < number < end for number in text.tables)
    last = max(section.line, section.end_line)
    place = Place(document.path, Span(section.line, 1, last, len(lines[last - 1]) + 1), section.text)
    return Heading(place, section.level, section.text, numbers, has_table, "\n".join(below).strip("\n")[:MAX_BODY])


def _link(document: Document, target: Target) -> Link:
    span = Span(target.line, target.column, target.line, target.column + target.length)
    return Link(Place(document.path, span, target.target), target.text, target.target, target.image)


def _block(document: Document, block: Block, symbol: str) -> Iterator[Fact]:
    span = Span(block.line, 1, block.end_line, 1)
    place = Place(document.path, span, symbol)
    text = "\n".join(line for _, line in block.body)
    yield CodeBlock(place, block.language, text)
    if block.language in _SHELLS and _RUNNABLE.search(document.path):
        commands = commands_of([line for _, line in block.body], block.language)
        if commands is not None and shell.parse(commands.text).problems:
            commands = only_known(commands)  # an example among what it prints: only a sure command is taken
        if commands is not None and commands.text.strip():
            positions = tuple((number, column + shift) for (number, column), shift in zip(block.starts, commands.shifts, strict=True))
            yield Embedded(place, "shell", commands.text, symbol, positions, shell="bash" if block.language == "bash" else "sh")
