"""A pipe whose first program may fail unseen gets `pipefail`: `shell: bash` beside the step's `run`, or a line in the script."""

from __future__ import annotations

import re

from mlrubric.fix.recipes.unswallow import after_or, top_of_script
from mlrubric.fix.site import Edits, Site
from mlrubric.fix.yaml import around, beside
from mlrubric.model.remedy import TextEdit

WORKFLOW = re.compile(r"(^|/)\.github/workflows/[^/]+\.ya?ml$")
LINE = "set -o pipefail"


def remedy(site: Site) -> Edits | None:
    lines, span = site.lines(), site.finding.place.span
    start, end = lines.span(span)
    if not lines.text[start:end].startswith("|") or lines.text[start:end].startswith("||"):
        return None
    edit = _workflow(site) if WORKFLOW.search(site.path) else _script(site)
    if edit is None:
        return None
    swallowed = after_or(lines, end)
    return Edits((edit,)) if swallowed is None else Edits((edit, swallowed), safety="unsafe")


def _workflow(site: Site) -> TextEdit | None:
    lines, span = site.lines(), site.finding.place.span
    found = around(lines.text, span, "run")
    if found is None or found[0].key("shell") is not None:
        return None
    if not re.search(r"^\s*shell:", lines.text, re.MULTILINE) or not re.search(r"^\s*defaults:", lines.text, re.MULTILINE):
        return beside(lines, found[1], "shell: bash")
    first = found[2].content[0] if found[2].content else None  # another shell is the default: the script says it itself
    return None if first is None or found[2].style == "folded" else lines.inserted_before(first[0], lines.indent(first[0]) + LINE)


def _script(site: Site) -> TextEdit | None:
    return top_of_script(site.lines(), LINE) if re.match(r"#!.*\b(bash|zsh|ksh)\b", site.text()) else None
