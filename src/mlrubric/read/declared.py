"""Facts about dependencies that several manifest readers share: from a PEP 508 string, a pip argument, a table of options."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from mlrubric.model.facts import Fact, Include, Requirement, Setting, Unreadable
from mlrubric.model.place import Span
from mlrubric.source.document import Document
from mlrubric.source.secrets import is_secret
from mlrubric.source.syntax.node import Node
from mlrubric.source.syntax.pip_lines import logical_lines, take_apart
from mlrubric.source.syntax.poetry_version import clauses_of
from mlrubric.source.syntax.requirement import (
    RequirementProblem,
    RequirementText,
    hide_credentials,
    parse_argument,
    parse_editable,
    parse_requirement,
)

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_VCS = ("git", "hg", "svn", "bzr")


def inside(node: Node) -> Span:
    """The span of a scalar without its quotes."""
    span = node.span
    quoted = span.line == span.end_line and span.end_column - span.column == len(node.text) + 2
    return Span(span.line, span.column + 1, span.end_line, span.end_column - 1) if quoted else span


def from_text(
    document: Document, format: str, text: str, span: Span, *, manager: str, kind: str = "direct", group: str = ""
) -> Requirement | Unreadable:
    """The requirement that a PEP 508 string declares."""
    try:
        parsed = parse_requirement(text)
    except RequirementProblem as problem:
        template = "{{" in text or "{%" in text
        reason = f"`{text}` is a template, its value is filled in later" if template else str(problem)
        return Unreadable(document.place(span), format, reason)
    return _fact(document, parsed, span, manager, kind, group)


def from_strings(
    document: Document, format: str, node: Node | None, *, manager: str, kind: str = "direct", group: str = ""
) -> Iterator[Fact]:
    """The requirements of a list of PEP 508 strings."""
    if node is None:
        return
    for item in node.items if node.kind == "list" else (node,):
        if item.kind == "string":
            yield from_text(document, format, item.text, inside(item), manager=manager, kind=kind, group=group)
        elif item.kind != "map" or item.get("include-group") is None:
            yield Unreadable(document.place(item.span), format, "a dependency must be a string")


def from_pip_lines(document: Document, format: str, text: str, span: Span, *, manager: str = "pip", group: str = "") -> Iterator[Fact]:
    """What lines of a requirements file say that stand inside another file, as in conda's `pip:` list."""
    for logical in logical_lines(text):
        line = take_apart(logical)
        place = document.place(span)
        if line.problem:
            yield Unreadable(place, format, line.problem)
            continue
        editables = line.option("editables")
        if line.argument or editables:
            try:
                parsed = parse_argument(line.argument) if line.argument else parse_editable(editables[0])
            except RequirementProblem as problem:
                yield Unreadable(place, format, str(problem))
                continue
            hashes = len(line.option("hash"))
            yield replace(_fact(document, parsed, span, manager, "direct", group), hashes=hashes, pinned=parsed.pinned or hashes > 0)
            continue
        for name, values in line.options:
            for value in values:
                if name in ("requirements", "constraints"):
                    yield Include(replace(place, symbol=value), value, name)
                else:
                    yield Setting(replace(place, symbol=name), name.replace("_", "-"), hide_credentials(value))


def from_table(
    document: Document, format: str, name: Node, value: Node, *, manager: str, group: str = "", kind: str = "direct"
) -> Iterator[Requirement | Unreadable]:
    """The requirement of an entry `name = constraint`, the constraint a string, a table of options or a list of such (poetry, pipenv)."""
    for option in value.items if value.kind == "list" else (value,):
        table = option.kind == "map"
        if not table and option.kind != "string":
            yield Unreadable(document.place(option.span, name.text), format, "a version must be a string or a table")
            continue
        constraint = option.scalar("version") if table else option.text
        specifiers, pinned = clauses_of(constraint)
        url, fixed = location_of(option) if table else (None, False)
        marker = option.scalar("markers") or _python_marker(option.scalar("python")) if table else ""
        yield Requirement(
            document.place(Span(name.span.line, name.span.column, option.span.end_line, option.span.end_column), name.text),
            name.text,
            specifiers,
            tuple(sorted(option.strings("extras"))) if table else (),
            marker or None,
            pinned or fixed,
            editable=table and (option.scalar("develop") or option.scalar("editable")) == "true",
            url=url,
            kind=kind,
            group=group,
            manager=manager,
        )


def location_of(table: Node) -> tuple[str | None, bool]:
    """Where a table of options takes the project from, and whether that fixes its content."""
    for tool in _VCS:
        address = table.scalar(tool)
        if address:
            revision = table.scalar("rev") or table.scalar("ref") or table.scalar("tag") or table.scalar("branch")
            commit = _COMMIT.fullmatch(table.scalar("rev") or table.scalar("ref")) is not None
            address = address if address.startswith(f"{tool}+") else f"{tool}+{address}"
            return hide_credentials(f"{address}@{revision}" if revision else address), commit
    for key in ("url", "path", "file"):
        if table.scalar(key):
            return hide_credentials(table.scalar(key)), bool(re.search(r"#.*sha256=|\.whl$", table.scalar(key)))
    return None, False


def settings(document: Document, node: Node | None, route: str, skipped: tuple[str, ...] = ()) -> Iterator[Setting]:
    """Every scalar below a node as a setting, but those whose route starts with one of `skipped` (`*` is any one key)."""
    if node is None:
        return
    patterns = [re.compile(re.escape(pattern).replace(r"\*", r"[^.\[]+") + r"(?:$|[.\[])") for pattern in skipped]
    for where, leaf in node.leaves(route):
        if not any(pattern.match(where) for pattern in patterns):
            secret = leaf.kind == "string" and is_secret(where.rsplit(".", 1)[-1], leaf.text)
            yield Setting(document.place(leaf.span, where), where, "***" if secret else hide_credentials(leaf.text), leaf.kind)


def _fact(document: Document, parsed: RequirementText, span: Span, manager: str, kind: str, group: str) -> Requirement:
    return Requirement(
        document.place(span, parsed.name or parsed.url or ""),
        parsed.name,
        parsed.specifiers,
        parsed.extras,
        parsed.marker,
        parsed.pinned,
        parsed.editable,
        parsed.url,
        kind=kind,
        group=group,
        manager=manager,
    )


def _python_marker(constraint: str) -> str:
    """Poetry's `python = "^3.8"` of a dependency, as a marker that a person understands."""
    return f"python {constraint}" if constraint else ""
