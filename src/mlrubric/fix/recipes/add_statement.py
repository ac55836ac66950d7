"""Puts a statement below or above the one of the finding, or of the node that the attribute `at` names. Names in braces are attributes of
the subject; `codes` gives a call for each name."""

from __future__ import annotations

import ast
import re

from mlrubric.fix.names import call_of
from mlrubric.fix.site import Edits, Site
from mlrubric.rules.judge import fill

PLAIN = re.compile(r"\w+(\.\w+)*\(\w*\)")  # a call of what has a name, not of what is only shown shortened


def remedy(site: Site) -> Edits | None:
    place = site.finding.place
    named = site.node.attributes.get(site.option("at"), "").split(" ")[0] if site.option("at") else ""
    if named.isdigit():
        place = site.picture.graph.nodes[int(named)].place
    elif site.option("at"):
        return None
    code = site.code(place)
    call = code.find(place.span, ast.Call) if code is not None else None
    statement = code.statement(call) if code is not None and call is not None else None
    if code is None or call is None or statement is None:
        return None
    codes = site.rule.options.get("codes")
    if isinstance(codes, dict):
        written, needed = call_of(code, str(codes.get(site.node.api, "")), statement.lineno)
        text = "" if needed else written
    else:
        text = fill(site.option("code"), site.node.attributes)
    if PLAIN.fullmatch(text) is None:
        return None
    if site.option("where") == "above":
        outer = [statement, *(one for one in code.parents(statement) if isinstance(one, (ast.For, ast.While, ast.With, ast.AsyncFor)))]
        first = outer[-1]
        return Edits((code.above(code.first_line(first), code.lines.indent(first.lineno) + text),)) if code.alone(outer[0]) else None
    if not code.alone(statement) or hasattr(statement, "body"):
        return None
    span = code.span(statement)
    return Edits((code.below(span.end_line, code.lines.indent(span.line) + text),))
