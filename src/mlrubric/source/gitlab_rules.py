"""When a GitLab job runs: `rules`, `only` and `except`, and `when` as the kinds of pipelines that start it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mlrubric.model.place import Place
from mlrubric.source.document import Document
from mlrubric.source.syntax.node import Node

PUSHES = frozenset({"push", "pull_request", "tag"})
_SOURCES = {
    "schedule": "schedule", "schedules": "schedule", "merge_request_event": "pull_request", "merge_requests": "pull_request",
    "external_pull_request_event": "pull_request", "external_pull_requests": "pull_request", "push": "push", "pushes": "push",
    "branches": "push", "tags": "tag", "web": "manual", "chat": "manual", "webide": "push", "api": "event", "trigger": "event",
    "triggers": "event", "pipeline": "event", "pipelines": "event", "parent_pipeline": "workflow_call", "external": "event",
}  # fmt: skip
_SOURCE = re.compile(r"\$\{?CI_PIPELINE_SOURCE\}?\s*(==|=~|!=)\s*(?:\"([^\"]*)\"|'([^']*)'|/([^/]*)/)")
_EQUAL = re.compile(r"\$\{?(\w+)\}?\s*==\s*(?:\"([^\"]*)\"|'([^']*)'|(null))")
_ALONE = re.compile(r"\$\{?(\w+)\}?")


@dataclass(frozen=True, slots=True)
class Start:
    """One way a job comes to run. `kind` is that of a trigger, "manual" also for a job that waits for a click; `blocking` then says
    that later stages wait too."""

    kind: str
    place: Place
    text: str = ""
    blocking: bool = False
    forgiven: Place | None = None  # where this way allows the job to fail


def starts(document: Document, job: Mapping[str, Node], place: Place, variables: Mapping[str, str]) -> list[Start]:
    """All ways, in order; empty when the rules leave none."""
    rules = job.get("rules")
    when = job["when"].text if "when" in job else ""
    if rules is not None and rules.kind == "list":
        return _by_rules(document, rules, when, place, variables)
    if when == "manual":
        allowed = job.get("allow_failure")
        return [Start("manual", place, "when: manual", allowed is not None and allowed.text == "false")]
    if when == "never":
        return []
    only = job.get("only")
    if only is None:
        return [Start("push", place)]
    return _by_refs(_refs(only), _refs(job["except"]) if "except" in job else [], place)


def runs_always(job: Mapping[str, Node]) -> bool:
    """Whether a job also runs when one of a stage before it has failed."""
    when = job["when"].text if "when" in job else ""
    rules = job.get("rules")
    if rules is None or rules.kind != "list":
        return when == "always"
    said = [rule.scalar("when") or when for rule in rules.items if rule.kind == "map"]
    return bool(said) and all(one == "always" for one in said if one != "never") and "always" in said


def _by_rules(document: Document, rules: Node, when: str, place: Place, variables: Mapping[str, str]) -> list[Start]:
    found: list[Start] = []
    for index, rule in enumerate(rules.items):
        if rule.kind != "map":
            continue
        condition = rule.scalar("if")
        here = document.place(rule.span, f"{place.symbol}.rules[{index}]")
        decided = rule.scalar("when") or when
        open_end = not condition and rule.get("changes") is None and rule.get("exists") is None
        if decided != "never":
            text = f"if: {condition}" if condition else ""
            forgiven = here if rule.scalar("allow_failure") == "true" else None
            for kind in kinds(condition, variables):
                manual = kind == "manual" or decided == "manual"
                blocking = decided == "manual" and forgiven is None
                found.append(Start("manual" if manual else kind, here, text or ("when: manual" if manual else ""), blocking, forgiven))
        if open_end:
            break
    return found


def kinds(condition: str, variables: Mapping[str, str]) -> list[str]:
    """What starts a pipeline in which the condition holds; "manual" for one over a variable that somebody has to set."""
    if not condition.strip():
        return ["push"]
    found: list[str] = []
    for part in condition.split("||"):
        kind = _conjunction(part, variables)
        if kind:
            found.append(kind)
    return list(dict.fromkeys(found))


def _conjunction(text: str, variables: Mapping[str, str]) -> str:
    """The kind of one conjunction; "" when it is never true."""
    source = _SOURCE.search(text)
    if source is not None:
        value = source[2] or source[3] or source[4] or ""
        if source[1] == "!=":
            return "event" if value == "push" else "push"
        if source[1] == "=~":
            return next((kind for name, kind in _SOURCES.items() if name in value), "event")
        return _SOURCES.get(value, "event")
    kind = "tag" if re.search(r"\$\{?CI_COMMIT_TAG", text) and "!" not in text else "pull_request" if "CI_MERGE_REQUEST" in text else "push"
    for term in text.split("&&"):
        equal = _EQUAL.fullmatch(term.strip(" ()"))
        alone = _ALONE.fullmatch(term.strip(" ()"))
        name = equal[1] if equal else alone[1] if alone else ""
        if not name or name.startswith(("CI_", "GITLAB_")):
            continue
        value = variables.get(name)
        if equal is not None and (value or "") != (equal[2] or equal[3] or ""):
            return "manual"
        if alone is not None and not value:
            return "manual"
    return kind


def _refs(node: Node) -> list[str]:
    """The references of `only` and `except`; a map that names none means all."""
    if node.kind == "map":
        return list(node.strings("refs")) or ["branches"]
    return list(node.strings())


def _by_refs(only: Iterable[str], exclude: Iterable[str], place: Place) -> list[Start]:
    dropped = set(exclude)
    found = dict.fromkeys(_SOURCES.get(ref, "push") for ref in only if ref not in dropped)
    return [Start(kind, place, "only" if kind == "manual" else "") for kind in found]
