"""Puts other words in the place of an attribute's name: `text`, or what the table `names` says of it. An empty text takes the dot away
too."""

from __future__ import annotations

import ast

from mlrubric.fix.code import Code
from mlrubric.fix.site import Edits, Site


def remedy(site: Site) -> Edits | None:
    found = site.expression(ast.Attribute)
    if found is None:
        called = site.expression(ast.Call)
        if called is None or not isinstance(called[1].func, ast.Attribute):
            found = _stored(site)
        else:
            found = called[0], called[1].func
    if found is None:
        return None
    code, node = found
    names = site.rule.options.get("names")
    text = names.get(node.attr) if isinstance(names, dict) else site.option("text")
    end, start = code.end(node), code.end(node) - len(node.attr)
    if not isinstance(text, str) or code.text[start:end] != node.attr:
        return None
    if not text:
        start = code.end(node.value)
        return Edits((code.edit(start, end, ""),)) if code.text[start:end] == f".{node.attr}" else None
    return Edits((code.edit(start, end, text),), title=site.rule.title.replace("{text}", text))


def _stored(site: Site) -> tuple[Code, ast.Attribute] | None:
    """The attribute that an assignment at the place stores to."""
    found = site.expression(ast.Assign)
    target = found[1].targets[0] if found is not None and len(found[1].targets) == 1 else None
    return (found[0], target) if found is not None and isinstance(target, ast.Attribute) else None
