"""A pipe whose first program may fail unseen gets `pipefail`: `shell: bash` beside the step's `run`, or a line in the script."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlrubric.fix.shell import after_or, top_of_script
from mlrubric.fix.site import Edits, Site
from mlrubric.fix.workflows import is_workflow
from mlrubric.fix.yaml import around, beside, documents
from mlrubric.model.remedy import TextEdit
from mlrubric.source.syntax.node import Node
from mlrubric.source.syntax.shell_call import interpreter

LINE = "set -o pipefail"
HAVE_IT = ("bash", "zsh", "ksh")  # shells that know the option


def remedy(site: Site) -> Edits | None:
    lines, span = site.lines(), site.finding.place.span
    start, end = lines.offsets_of(span)
    if not lines.text[start:end].startswith("|") or lines.text[start:end].startswith("||"):
        return None
    found = _workflow(site) if is_workflow(site.path) else _script(site)
    if found is None:
        return None
    edit, sure = found
    swallowed = after_or(lines, end)
    return Edits((edit,) if swallowed is None else (edit, swallowed), safety="" if sure and swallowed is None else "unsafe")


def _workflow(site: Site) -> tuple[TextEdit, bool] | None:
    """`shell: bash` is strict in both ways; whether a container has bash is not known. A shell that is chosen as a command line stays
    (`bash -l {0}` has set up what is run in it), and the script says it itself."""
    lines, span = site.lines(), site.finding.place.span
    found = around(lines.text, span, "run")
    if found is None:
        return None
    step, key, script = found
    above = list(_around(lines.text, span.line))
    own = step.get("shell")
    given = (step.scalar("shell"), *(one.scalar("defaults", "run", "shell") for one in above))
    shell = next((one for one in given if one), "")
    name = (interpreter(shell) or ("", frozenset()))[0]
    if name in HAVE_IT and shell != "bash":
        line, column = script.starts()[0]
        start = lines.offset(line, column)
        return lines.edit(start, start, f"{LINE}\n{lines.indent(line)}" if script.style == "literal" else f"{LINE}; "), True
    if shell and name != "sh":
        return None
    edit = lines.put(own.span, "bash") if own is not None else beside(lines, key, "shell: bash")
    return edit, not any(one.get("container") is not None for one in above)


def _around(text: str, line: int) -> Iterator[Node]:
    """The job that a line is in, and the workflow."""
    for root in documents(text):
        jobs = root.get("jobs")
        yield from (job for key, job in (jobs.entries if jobs is not None else ()) if key.span.line <= line <= job.span.end_line)
        yield root


def _script(site: Site) -> tuple[TextEdit, bool] | None:
    return (top_of_script(site.lines(), LINE), True) if re.match(r"#!.*\b(bash|zsh|ksh)\b", site.text()) else None
