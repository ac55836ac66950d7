"""Takes away what swallows the failure of a check: `|| true`, `continue-on-error`, `--exit-zero`, a missing `set -e`, a handler that
only prints, a program whose exit status is not looked at: `checked` is the call that can look at it."""

from __future__ import annotations

import ast
import re

from mlrubric.fix.calls import with_keyword
from mlrubric.fix.shell import SCRIPT, top_of_script, without_or
from mlrubric.fix.site import Edits, Site
from mlrubric.fix.yaml import around, without
from mlrubric.model.place import Span
from mlrubric.model.remedy import TextEdit

FORGIVING = re.compile(r"""["']?(continue-on-error|allow_failure|continueOnError|continueOn)["']?\s*:\s*(true)\b""", re.IGNORECASE)


def remedy(site: Site) -> Edits | None:
    if site.path.endswith((".py", ".ipynb")):
        edit = _python(site)
    else:
        edit = _forgiven(site) or _or_true(site) or _option(site) or _errexit(site)
    return None if edit is None else Edits((edit,))


def _forgiven(site: Site) -> TextEdit | None:
    """`continue-on-error: true` goes; where it begins an item it becomes false."""
    lines, span = site.lines(), site.finding.place.span
    found = FORGIVING.search(lines.row(span.line)) if site.path.endswith((".yml", ".yaml")) else None
    if found is None or site.node.attributes.get("by") != "forgiven":
        return None
    key = Span(span.line, found.start(1) + 1)
    entry = around(lines.text, key, found[1])
    edit = without(lines, *entry) if entry is not None else None
    start = lines.offset(span.line)
    return edit or lines.edit(start + found.start(2), start + found.end(2), "false")


def _or_true(site: Site) -> TextEdit | None:
    lines = site.lines()
    start, end = lines.offsets_of(site.finding.place.span)
    if not lines.text[start:end].startswith("||"):
        return None
    return without_or(lines, start, end)


def _option(site: Site) -> TextEdit | None:
    """An option of the program that makes it succeed always."""
    lines = site.lines()
    start, end = lines.offsets_of(site.finding.place.span)
    option = site.node.attributes.get("by", "")
    found = re.search(rf"[ \t]+{re.escape(option)}(?=\s|$)", lines.text[start:end]) if option.startswith("--") else None
    return None if found is None else lines.edit(start + found.start(), start + found.end(), "")


def _errexit(site: Site) -> TextEdit | None:
    if site.node.attributes.get("by") != "errexit" or not SCRIPT.search(site.path):
        return None
    return top_of_script(site.lines(), "set -e")


def _python(site: Site) -> TextEdit | None:
    code, op = site.code(), site.op
    if code is None:
        return None
    place = site.finding.place
    call = code.find(place.span, ast.Call)
    if call is not None:
        names = {str(target[1]) for node in site.ops_here() for target in site.program.resolver.targets.get(node, ())}
        return with_keyword(code, call, "check", "True") if names == {site.option("checked")} else None
    line = code.inside(place.span).line
    handlers = [one for one in ast.walk(code.tree) if isinstance(one, ast.ExceptHandler) and one.lineno == line]
    if len(handlers) != 1 or op is not None:
        return None
    last = handlers[0].body[-1]
    if not code.alone(last) or isinstance(last, (ast.Raise, ast.Return, ast.Continue, ast.Break)):
        return None
    span = code.span(last)
    return code.below(span.end_line, f"{code.lines.indent(span.line)}raise")
