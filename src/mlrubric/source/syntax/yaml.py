"""YAML as nodes with spans: PyYAML's events (libyaml where it is there), nothing constructed, aliases and depth limited."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, cast

import yaml
from yaml.resolver import Resolver

from mlrubric.model.place import Span
from mlrubric.source.syntax.node import Node, Scalar, SyntaxProblem
from mlrubric.source.syntax.scalar_lines import folded_lines, literal_lines, wrapped_lines

MAX_DEPTH = 100
MAX_NODES = 500_000
MAX_EXPANDED = 100_000  # nodes that aliases may add to a document

FILLER = "\ue000"  # a printable private character that no configuration uses
# No possessive groups: Python 3.11.2, which Debian 12 has, matches `(...)*+` wrongly.
_TEMPLATE = re.compile(  # none begins inside another, so that many unclosed ones cost no more than one
    r"\{\{-?[ \t]*+`[^`]*+`[ \t]*+-?\}\}|"  # a raw string of Go may hold a template of another tool
    r"\{\{(?:[^{}]|\{(?!\{)|\}(?!\}))*\}\}|\{%(?:[^%{]|%(?!\})|\{(?!%))*%\}|\{\#(?:[^\#{]|\#(?!\})|\{(?!\#))*\#\}"
)
_PROPERTY = re.compile(r"(?:[&!]\S*+(?:\s++(?:#[^\n]*\n\s*+)*|$))+")
_LOADER = cast("Callable[[str], _Loader]", getattr(yaml, "CSafeLoader", yaml.SafeLoader))
_KINDS = {"int": "int", "float": "float", "bool": "bool", "null": "null", "timestamp": "date"}
_IMPLICIT: dict[str, list[tuple[str, re.Pattern[str]]]] = Resolver.yaml_implicit_resolvers
_TRUE = frozenset(("yes", "true", "on"))
_STYLES = {"|": "literal", ">": "folded", "'": "quoted", '"': "quoted"}


class _Loader(Protocol):
    """The part of PyYAML's loaders that is used here."""

    def get_event(self) -> yaml.Event | None: ...

    def dispose(self) -> None: ...


def _start(event: yaml.Event) -> int:
    return event.start_mark.index if event.start_mark is not None else 0


def _end(event: yaml.Event) -> int:
    return event.end_mark.index if event.end_mark is not None else _start(event)


@dataclass(slots=True)
class _Frame:
    """An open list or map."""

    kind: str
    start: int
    anchor: str | None
    nodes: list[Node] = field(default_factory=list)
    size: int = 1
    depth: int = 1


def parse(text: str) -> list[Node]:
    """One node per document; a stream of comments only gives an empty list."""
    return _Composer(text, text).documents()


def parse_template(text: str) -> list[Node]:
    """As `parse`; when that fails and the text holds Jinja or Go templates, again with them masked; scalars show them as written."""
    try:
        return parse(text)
    except SyntaxProblem:
        if _TEMPLATE.search(text) is None:
            raise
    try:
        return _Composer(_masked(text, lone=False), text).documents()
    except SyntaxProblem:
        return _Composer(_masked(text, lone=True), text).documents()


def mask_templates(text: str) -> str:
    """The text with `{{ ... }}` replaced by filler and `{% ... %}` or a template alone on its line by spaces, all of equal length."""
    return _masked(text, lone=True)


def _masked(text: str, lone: bool) -> str:
    def mask(match: re.Match[str]) -> str:
        before = text[max(match.start() - 200, 0) : match.start()].rpartition("\n")[2]
        after = text[match.end() : match.end() + 200].partition("\n")[0]
        alone = lone and not before.strip() and not after.strip()
        filler = " " if alone or not match.group().startswith("{{") else FILLER
        return re.sub(r"[^\n]", filler, match.group())

    return _TEMPLATE.sub(mask, text)


class _Composer:
    """Turns the events of one text into nodes, without recursion."""

    def __init__(self, text: str, original: str) -> None:
        self.text, self.original = text, original
        self.starts = [0]
        for match in re.finditer("\n", text):
            self.starts.append(match.end())
        self.anchors: dict[str, tuple[Node, int, int]] = {}
        self.stack: list[_Frame] = []
        self.found: list[Node] = []
        self.count = self.expanded = 0

    def documents(self) -> list[Node]:
        try:
            loader = _LOADER(self.text)
        except yaml.reader.ReaderError as error:
            raise self.problem_at(str(error.reason), error.position) from error
        except UnicodeEncodeError as error:
            raise self.problem_at("a lone surrogate", error.start) from error
        try:
            while (event := loader.get_event()) is not None:
                self.take(event)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            reason = ": ".join(part for part in (error.context, error.problem) if part) or "not YAML"
            if mark is not None and self.text[mark.index : mark.index + 1] == "\t":
                reason += " (a tab, where YAML takes spaces only)"
            raise SyntaxProblem(reason, *(self.where(mark.index) if mark else (1, 1))) from error
        except yaml.reader.ReaderError as error:
            raise self.problem_at(str(error.reason), error.position) from error
        except (ValueError, OverflowError, AttributeError) as error:  # PyYAML lets these through, e.g. for `%YAML 1.99999999999`
            raise SyntaxProblem(f"not YAML: {error}") from error
        finally:
            loader.dispose()
        return self.found

    def problem_at(self, reason: str, position: int) -> SyntaxProblem:
        return SyntaxProblem(reason, *self.where(min(max(position, 0), len(self.text))))

    def where(self, index: int) -> tuple[int, int]:
        line = bisect_right(self.starts, index)
        return line, index - self.starts[line - 1] + 1

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self.count_node(_start(event))
            node = self.scalar(event)
            if event.anchor is not None:
                self.anchors[event.anchor] = (node, 1, 1)
            self.add(node, 1, 1)
        elif isinstance(event, yaml.AliasEvent):
            self.alias(event)
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            start = self.after_properties(_start(event), event.anchor, event.tag, len(self.text))
            self.count_node(start)
            if len(self.stack) >= MAX_DEPTH:
                raise self.problem_at(f"nested deeper than {MAX_DEPTH} levels", start)
            if event.anchor is not None:
                self.anchors.pop(event.anchor, None)
            self.stack.append(_Frame("map" if isinstance(event, yaml.MappingStartEvent) else "list", start, event.anchor))
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self.close(_end(event))
        elif isinstance(event, yaml.DocumentStartEvent):
            self.anchors = {}
            self.expanded = 0

    def count_node(self, index: int) -> None:
        self.count += 1
        if self.count > MAX_NODES:
            raise self.problem_at(f"more than {MAX_NODES:,} values", index)

    def add(self, node: Node, size: int, depth: int) -> None:
        if not self.stack:
            self.found.append(node)
            return
        frame = self.stack[-1]
        frame.nodes.append(node)
        frame.size += size
        frame.depth = max(frame.depth, depth + 1)

    def alias(self, event: yaml.AliasEvent) -> None:
        index = _start(event)
        name = event.anchor or ""
        known = self.anchors.get(name)
        if known is None:
            inside = any(frame.anchor == name for frame in self.stack)
            raise self.problem_at(f"alias *{name} stands inside its own anchor" if inside else f"undefined alias *{name}", index)
        node, size, depth = known
        self.expanded += size
        if self.expanded > MAX_EXPANDED:
            raise self.problem_at(f"aliases expand to more than {MAX_EXPANDED:,} values", index)
        if len(self.stack) + depth > MAX_DEPTH:
            raise self.problem_at(f"aliases nest deeper than {MAX_DEPTH} levels", index)
        self.add(node, size, depth)

    def close(self, end: int) -> None:
        frame = self.stack.pop()
        # An end that libyaml sees only at the next token is moved back to where the last value ends.
        if frame.nodes and self.text[end - 1 : end] not in ("]", "}"):
            end = max(frame.start, frame.start + len(self.text[frame.start : end].rstrip()))
        last = frame.nodes[-1].span if frame.nodes else None
        span = self.span(frame.start, end)
        if last is not None and self.text[end - 1 : end] not in ("]", "}") and (last.end_line, last.end_column) > (span.line, span.column):
            span = Span(span.line, span.column, last.end_line, last.end_column)
        if frame.kind == "list":
            node = Node("list", span, items=tuple(frame.nodes))
        else:
            pairs = list(zip(frame.nodes[::2], frame.nodes[1::2], strict=True))
            node = Node("map", span, entries=_merged(pairs))
        if frame.anchor is not None:
            self.anchors[frame.anchor] = (node, frame.size, frame.depth)
        self.add(node, frame.size, frame.depth)

    def span(self, start: int, end: int) -> Span:
        return Span(*self.where(start), *self.where(max(start, end)))

    def after_properties(self, start: int, anchor: str | None, tag: str | None, end: int) -> int:
        if anchor is None and tag is None:
            return start
        match = _PROPERTY.match(self.text, start)
        return min(match.end(), end) if match else start

    def scalar(self, event: yaml.ScalarEvent) -> Node:
        end = _end(event)
        start = self.after_properties(_start(event), event.anchor, event.tag, end)
        value: str = event.value
        style = _STYLES.get(event.style or "", "plain")
        if style in ("literal", "folded"):
            end = start + len(self.text[start:end].rstrip())
        if FILLER in value and self.text is not self.original:
            hidden = (self.original[i] for i in range(start, end) if self.text[i] == FILLER)
            value = re.sub(FILLER, lambda _: next(hidden, ""), value)
            kind = "string"
        else:
            kind = self.kind(event, value, style)
        content = self.content(event, start, end, style)
        return Node(kind, self.span(start, end), value, _converted(kind, value), style=style, content=content)

    def content(self, event: yaml.ScalarEvent, start: int, end: int, style: str) -> tuple[tuple[int, int], ...]:
        first = self.where(start)[0]
        if style == "literal":
            return literal_lines(self.text, self.starts, start, event.value)
        if style == "folded":
            return folded_lines(self.text, self.starts, start, event.value)
        if "\n" in event.value or self.where(end)[0] != first:
            return tuple(self.where(offset) for offset in wrapped_lines(self.text, start, end, event.style or ""))
        return ()

    def kind(self, event: yaml.ScalarEvent, value: str, style: str) -> str:
        tag: str | None = event.tag
        if tag is not None and tag != "!":
            short = tag.rpartition(":")[2] if tag.startswith("tag:yaml.org,2002:") else ""
            return _KINDS.get(short, "string")
        if tag == "!" or style != "plain" or not event.implicit[0]:
            return "string"
        for name, pattern in _IMPLICIT.get(value[:1], ()):
            if pattern.match(value):
                return _KINDS.get(name.rpartition(":")[2], "string")
        return "string"


def _merged(pairs: list[tuple[Node, Node]]) -> tuple[tuple[Node, Node], ...]:
    """The entries with `<<` expanded: own keys win, then the maps named first."""
    if not any(_is_merge(key, value) for key, value in pairs):
        return tuple(pairs)
    own = [(key, value) for key, value in pairs if not _is_merge(key, value)]
    seen = {key.text for key, _ in own}
    merged: list[tuple[Node, Node]] = []
    for key, value in pairs:
        if _is_merge(key, value):
            for source in (value,) if value.kind == "map" else value.items:
                fresh = [(name, inner) for name, inner in source.entries if name.text not in seen]
                merged.extend(fresh)
                seen.update(name.text for name, _ in fresh)
    return (*merged, *own)


def _is_merge(key: Node, value: Node) -> bool:
    if key.text != "<<" or key.style != "plain":
        return False
    return value.kind == "map" or (value.kind == "list" and bool(value.items) and all(item.kind == "map" for item in value.items))


def _converted(kind: str, text: str) -> Scalar:
    """The scalar's value by YAML 1.1; the text itself where the form is not one we can count with."""
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() in _TRUE
    try:
        if kind == "int":
            return _integer(text.replace("_", ""))
        if kind == "float":
            return _real(text.replace("_", "").lower())
    except ValueError:
        return text
    return text


def _integer(text: str) -> int:
    sign = -1 if text.startswith("-") else 1
    digits = text.lstrip("+-")
    if ":" in digits:
        return sign * int(_sexagesimal(digits))
    if digits.startswith(("0b", "0x")):
        return sign * int(digits, 0)
    return sign * int(digits, 8 if digits.startswith("0") and digits != "0" else 10)


def _real(text: str) -> float:
    sign = -1.0 if text.startswith("-") else 1.0
    digits = text.lstrip("+-")
    if digits == ".inf":
        return sign * float("inf")
    if digits == ".nan":
        return float("nan")
    return sign * (_sexagesimal(digits) if ":" in digits else float(digits))


def _sexagesimal(digits: str) -> float:
    total = 0.0
    for part in digits.split(":"):
        total = total * 60 + float(part)
    return total
