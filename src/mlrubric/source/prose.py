"""The parts of a Markdown or reStructuredText document that say something about a project, with their lines."""

from __future__ import annotations

import re
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Section:
    """A heading: a setext heading ends a line after it begins."""

    level: int
    text: str
    line: int
    end_line: int


@dataclass(frozen=True, slots=True)
class Target:
    """A link or an image."""

    text: str
    target: str
    image: bool
    line: int
    column: int
    length: int


@dataclass(frozen=True, slots=True)
class Block:
    """A code block: `body` are its lines (number, text) with the block's own indentation taken away, `line` that of its opening mark."""

    language: str
    line: int
    end_line: int
    body: tuple[tuple[int, str], ...]
    starts: tuple[tuple[int, int], ...]


@dataclass(slots=True)
class Text:
    """`tables` are the lines on which a table begins, `open_block` the line of a block without an end."""

    sections: list[Section] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    tables: list[int] = field(default_factory=list)
    open_block: int = 0


MAX_LINE = 3000  # nobody writes more prose in one line; the patterns below may look back over a line

_FENCE = re.compile(r"^(?P<indent>[ \t>]*(?:(?:[-*+]|\d+[.)])[ \t]+)?)(?P<mark>`{3,}|~{3,})[ \t]*(?P<info>[^`]*)$")
_ATX = re.compile(r"^ {0,3}(?P<marks>#{1,6})(?:[ \t]+(?P<text>.*?))?(?:[ \t]+#+)?[ \t]*$")
_SETEXT = re.compile(r"^ {0,3}(?:=+|-{2,})[ \t]*$")
_NO_TITLE = re.compile(r"\s*(?:[-*+>|]|\d+[.)]\s)|    ")
_RULED = re.compile(r"^[ \t>]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_HTML_HEADING = re.compile(r"<h(?P<level>[1-6])[^>]*>(?P<text>.*?)</h(?P=level)>", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]+>")
_LINKS = re.compile(
    r"(?P<bang>!?)\[(?P<text>(?:!\[[^\]]*\]\([^)]*\)|\\.|[^\[\]\\]|\[[^\[\]]*\])*)\]"
    r"(?:\(\s*<?(?P<target>(?:\([^()\s]*\)|[^()\s<>])*)>?[^()]*\)|\[(?P<name>[^\]]*)\])?"
)
_REFERENCE = re.compile(r"^ {0,3}\[(?P<name>[^\]^][^\]]*)\]:\s*<?(?P<target>\S+?)>?(?:\s+[\"'(].*)?$")
_AUTOLINK = re.compile(r"<(?P<target>https?://[^>\s]+)>|(?<![\w(<\[\"'=/])(?P<bare>https?://[^\s<>()\[\]\"'`]+[^\s<>()\[\]\"'`.,;:!?])")
_HTML_LINK = re.compile(r"<(?P<tag>img|a)\b[^<>]*?\b(?:src|href)\s*=\s*[\"']?(?P<target>[^\"'\s<>]+)[^<>]*>", re.IGNORECASE)
_ALT = re.compile(r"\balt\s*=\s*[\"'](?P<alt>[^\"']*)", re.IGNORECASE)
_CODE_SPAN = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)")


def markdown(lines: list[str], start: int = 0) -> Text:
    """Reads a document from line `start` (counted from 0) on."""
    text = Text()
    names = _references(lines)
    comment = False
    index = start
    while index < len(lines):
        line = lines[index]
        if comment:
            comment = "-->" not in line
            index += 1
            continue
        fence = _FENCE.match(line)
        if fence:
            index = _fenced(lines, index, fence, text)
            continue
        opened = line.rfind("<!--")  # what is open at the end of the line
        if opened >= 0 and "-->" not in line[opened:]:
            comment, line = True, line[:opened]
        if "-->" in line:
            line = re.sub(r"<!--.*?-->", lambda match: " " * len(match.group()), line)
        line = line[:MAX_LINE]
        _heading(lines, index, line, text)
        if ("|" in line and _RULED.match(line) and index and "|" in lines[index - 1]) or re.match(r"\s*<table\b", line, re.IGNORECASE):
            text.tables.append(index + 1)
        _targets(line, index + 1, names, text)
        index += 1
    return text


def _references(lines: list[str]) -> dict[str, str]:
    found = (match for match in map(_REFERENCE.match, lines) if match)
    return {match["name"].lower(): match["target"] for match in found}


def _heading(lines: list[str], index: int, line: str, text: Text) -> None:
    if atx := _ATX.match(line):
        text.sections.append(Section(len(atx["marks"]), _plain(atx["text"] or ""), index + 1, index + 1))
    elif "</h" in line.lower() and (html := _HTML_HEADING.search(line)):
        text.sections.append(Section(int(html["level"]), _plain(html["text"]), index + 1, index + 1))
    elif line.strip() and index + 1 < len(lines) and _SETEXT.match(lines[index + 1]) and not _NO_TITLE.match(line):
        if _RULED.match(line) or (text.sections and text.sections[-1].end_line == index + 1):
            return
        if index and lines[index - 1].strip() and lines[index + 1].lstrip().startswith("-"):
            return  # the end of a paragraph above a rule: no heading for a person
        text.sections.append(Section(1 if "=" in lines[index + 1] else 2, _plain(line), index + 1, index + 2))


def _plain(text: str) -> str:
    """Heading text without emphasis, links and tags."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", _TAG.sub("", text))
    return re.sub(r"[*`]|(?<!\w)_|_(?!\w)", "", text).strip()


def _fenced(lines: list[str], index: int, fence: re.Match[str], text: Text) -> int:
    """Takes a fenced block and returns the index of the line behind it."""
    mark, margin = fence["mark"], len(fence["indent"].expandtabs(4))
    closing = re.compile(rf"^[ \t>]*{re.escape(mark[0])}{{{len(mark)},}}[ \t]*$")
    end = index + 1
    while end < len(lines) and not closing.match(lines[end]):
        end += 1
    if end == len(lines):
        text.open_block = index + 1
    info = re.sub(r"^\{?\.?", "", fence["info"].strip())
    language = re.split(r"[\s{},:]", info, maxsplit=1)[0].lower()
    _add_block(text, language, index + 1, min(end + 1, len(lines)), list(enumerate(lines[index + 1 : end], index + 2)), margin)
    return end + 1


def _add_block(text: Text, language: str, line: int, end_line: int, body: list[tuple[int, str]], margin: int) -> None:
    cut = [(number, min(margin, len(content) - len(content.lstrip(" \t>"))), content) for number, content in body]
    kept = tuple((number, content[start:]) for number, start, content in cut)
    text.blocks.append(Block(language, line, end_line, kept, tuple((number, start + 1) for number, start, _ in cut)))


def _targets(line: str, number: int, names: dict[str, str], text: Text) -> None:
    if "[" not in line and "http" not in line and "<" not in line:
        return
    if _REFERENCE.match(line):
        return
    line = _CODE_SPAN.sub(lambda match: " " * len(match.group()), line)
    taken: list[tuple[int, int]] = []
    pending = [(match, 0) for match in _LINKS.finditer(line)]
    while pending:
        match, offset = pending.pop(0)
        name = match["name"] if match["name"] else match["text"] if match["target"] is None else None
        target = names.get(name.lower(), "") if name is not None else match["target"]
        start = offset + match.start()
        if target:
            label = _plain(match["text"])
            text.targets.append(Target(label, target, bool(match["bang"]), number, start + 1, match.end() - match.start()))
            taken.append((start, offset + match.end()))
        if "![" in match["text"]:  # a badge: an image that is a link
            inner = offset + match.start("text")
            pending += [(found, inner) for found in _LINKS.finditer(match["text"])]
    for html in _HTML_LINK.finditer(line):
        alt = _ALT.search(html.group())
        image = html["tag"].lower() == "img"
        text.targets.append(Target(alt["alt"] if alt else "", html["target"], image, number, html.start() + 1, html.end() - html.start()))
        taken.append((html.start(), html.end()))
    for auto in _AUTOLINK.finditer(line):
        if not any(start <= auto.start() < end for start, end in taken):
            target = auto["target"] or auto["bare"]
            text.targets.append(Target(target, target, False, number, auto.start() + 1, auto.end() - auto.start()))


_RST_LINE = re.compile(r"^([=\-~^\"'`#*+:.<>_])\1{2,}\s*$")
_RST_CODE = re.compile(r"^(?P<indent>\s*)\.\.\s+(?:code-block|code|sourcecode|prompt)::\s*(?P<language>[\w-]*).*$")
_RST_IMAGE = re.compile(r"^\s*\.\.\s+(?:\|(?P<name>[^|]+)\|\s+)?(?:image|figure)::\s*(?P<target>\S+)")
_RST_LINK = re.compile(r"`(?P<text>[^`<]+?)\s*<(?P<target>[^>`]+)>`_{1,2}")
_RST_TABLE = re.compile(r"^\s*(?:\+[-=]+(?:\+[-=]+)+\+|=+(?: +=+)+|\.\.\s+(?:list-table|csv-table|table)::.*)\s*$")


def restructured(lines: list[str]) -> Text:
    """Titles by their underlines, code blocks by directive or `::`, links, images and tables."""
    text = Text()
    marks: list[str] = []
    index = 0
    while index < len(lines):
        line = lines[index]
        code = _RST_CODE.match(line)
        literal = line.rstrip().endswith("::") and not line.lstrip().startswith("..")
        if code or literal:
            index = _indented(lines, index, code["language"].lower() if code else "", text)
            continue
        below = lines[index + 1] if index + 1 < len(lines) else ""
        if line.strip() and not _RST_LINE.match(line) and _RST_LINE.match(below) and len(below.rstrip()) + 3 >= len(line.strip()):
            above = index > 0 and lines[index - 1].rstrip() == below.rstrip()
            mark = below[0] * (2 if above else 1)
            if mark not in marks:
                marks.append(mark)
            text.sections.append(Section(min(marks.index(mark) + 1, 6), line.strip(), index + (not above), index + 2))
            index += 2
            continue
        if _RST_TABLE.match(line) and (not text.tables or text.tables[-1] < index):
            text.tables.append(index + 1)
        if image := _RST_IMAGE.match(line):
            text.targets.append(Target(image["name"] or "", image["target"], True, index + 1, image.start() + 1, len(line)))
        for link in _RST_LINK.finditer(line):
            text.targets.append(Target(link["text"].strip(), link["target"], False, index + 1, link.start() + 1, len(link.group())))
        index += 1
    return text


def _indented(lines: list[str], index: int, language: str, text: Text) -> int:
    """Takes the indented lines below a directive and returns the index of the line behind them."""
    margin = len(lines[index]) - len(lines[index].lstrip())
    end = index + 1
    while end < len(lines) and (not lines[end].strip() or len(lines[end]) - len(lines[end].lstrip()) > margin):
        end += 1
    body = list(enumerate(lines[index + 1 : end], index + 2))
    while body and (not body[0][1].strip() or re.match(r"\s*:[\w-]+:", body[0][1])):
        body.pop(0)
    while body and not body[-1][1].strip():
        body.pop()
    if body:
        inner = min(len(content) - len(content.lstrip()) for _, content in body if content.strip())
        _add_block(text, language, index + 1, body[-1][0], body, inner)
    return max(end, index + 1)
