"""Edits of shell texts: a line at the top of a script, and what swallows the status of the command before it taken away."""

from __future__ import annotations

import re

from mlrubric.fix.lines import Lines
from mlrubric.model.remedy import TextEdit

QUIET = re.compile(r"(^|[;\n])\s*(?:true|:|exit[ \t]+0)\s*;?\s*$")  # what ends a handler well
NEXT = re.compile(r"[ \t]*(\|\|[ \t]*(?:true|:|echo\b[^\n|;&)`]*?))(?=[ \t]*(?:\n|$|#|\)))")
SCRIPT = re.compile(r"\.(sh|bash|zsh)$")


def top_of_script(lines: Lines, row: str) -> TextEdit:
    """A line put below the first line of a script that names its interpreter, and the comments that follow."""
    number = 1
    if lines.row(1).startswith("#!"):
        number = 2
        while lines.row(number).startswith("#") and number <= len(lines):
            number += 1
    return lines.inserted_before(number, row)


def without_or(lines: Lines, start: int, end: int) -> TextEdit:
    """`|| true` between two offsets taken away; what a handler says is kept, and it fails all the same."""
    handler = lines.text[start:end].removeprefix("||").strip()
    open_, close = (handler[0], handler[-1]) if (handler[:1], handler[-1:]) in (("{", "}"), ("(", ")")) else ("{", "}")
    grouped = handler.startswith(open_)
    inner = QUIET.sub("", handler[1:-1] if grouped else handler).rstrip().rstrip(";")
    if not inner.strip():
        return lines.edit(_before(lines.text, start), end, "")
    if "\n" in inner:
        indent = re.match(r"[ \t]*", inner.strip("\n").split("\n")[-1])
        last = lines.indent(lines.line_of(end - 1)) if grouped else ""
        return lines.edit(start, end, f"|| {open_}{inner}\n{indent[0] if indent else ''}exit 1\n{last}{close}")
    return lines.edit(start, end, f"|| {open_} {inner.strip()}; exit 1{'; ' if close == '}' else ' '}{close}")


def after_or(lines: Lines, end: int) -> TextEdit | None:
    """The `|| true` that follows on the line, taken away."""
    found = NEXT.match(lines.text, end)
    return None if found is None else without_or(lines, found.start(1), found.end(1))


def _before(text: str, start: int) -> int:
    """Where the white space before an offset begins, with a line that goes on."""
    while start > 0 and text[start - 1] in " \t":
        start -= 1
    if text[max(start - 2, 0) : start] == "\\\n":
        return _before(text, start - 2)
    return start
