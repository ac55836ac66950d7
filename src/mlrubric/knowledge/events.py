"""Conditions of GitHub workflows over the event that started the run: `github.event_name == 'schedule'` and what amounts to it."""

from __future__ import annotations

import re

_TEXT = r"['\"]([^'\"]*)['\"]"
_NAME = r"github\.event_name"
_EQUAL = re.compile(rf"{_NAME}\s*(==|!=)\s*{_TEXT}|{_TEXT}\s*(==|!=)\s*{_NAME}", re.IGNORECASE)
_ONE_OF = re.compile(rf"contains\(\s*(?:fromjson\(\s*'(\[[^']*\])'\s*\)|{_TEXT})\s*,\s*{_NAME}\s*\)", re.IGNORECASE)
_INPUT = re.compile(r"(github\.event\.inputs|(?<![\w.])inputs)\.[\w-]+\s*(==\s*('true'|true|'[^']+')|$)", re.IGNORECASE)
_BELONGS = (
    (re.compile(r"github\.event\.schedule\s*==", re.IGNORECASE), "schedule"),
    (re.compile(r"github\.event\.(workflow_run)\.", re.IGNORECASE), "workflow_run"),
    (re.compile(r"github\.event\.pull_request\.(merged|draft|head|base|user|labels)", re.IGNORECASE), "pull_request"),
    (re.compile(r"github\.event\.(release)\.", re.IGNORECASE), "release"),
    (re.compile(r"github\.event\.(issue|comment)\.", re.IGNORECASE), "issue_comment"),
)
_GLUE = re.compile(r"&&|\|\|")


def admits(condition: str, event: str) -> bool:
    """Whether a run that this event started can satisfy the condition; what the condition asks besides may hold."""
    text = re.sub(r"^\s*\$\{\{(.*)\}\}\s*$", r"\1", condition.strip(), flags=re.DOTALL)
    return _any(text.strip(), event)


def _any(text: str, event: str) -> bool:
    return any(_all(part, event) for part in _split(text, "||"))


def _all(text: str, event: str) -> bool:
    return all(_term(part, event) for part in _split(text, "&&"))


def _term(text: str, event: str) -> bool:
    text = text.strip()
    if text.startswith("(") and _closes(text) == len(text) - 1:
        return _any(text[1:-1], event)
    if _GLUE.search(text):  # glue inside a call or behind a `!`: not taken apart
        return True
    equal = _EQUAL.fullmatch(text)
    if equal is not None:
        sign, name = equal[1] or equal[4], equal[2] if equal[1] else equal[3]
        return (name.lower() == event) == (sign == "==")
    listed = _ONE_OF.fullmatch(text)
    if listed is not None:
        return event in re.findall(r"\"([^\"]*)\"", listed[1]) if listed[1] else event in listed[2]
    if _INPUT.fullmatch(text):
        return event in ("workflow_dispatch", "workflow_call")
    for pattern, name in _BELONGS:
        if pattern.search(text) and "!=" not in text and not text.startswith("!"):
            return event.startswith(name)
    return True


def _split(text: str, glue: str) -> list[str]:
    """The parts of a condition between a glue that stands outside of parentheses and quotes."""
    parts, depth, quoted, start, place = [], 0, False, 0, 0
    while place < len(text):
        character = text[place]
        if character == "'":
            quoted = not quoted
        elif not quoted and character in "()":
            depth += 1 if character == "(" else -1
        elif not quoted and depth == 0 and text.startswith(glue, place):
            parts.append(text[start:place])
            place = start = place + len(glue)
            continue
        place += 1
    return [*parts, text[start:]]


def _closes(text: str) -> int:
    """Where the parenthesis that the text begins with closes."""
    depth = 0
    for place, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0:
            return place
    return -1
