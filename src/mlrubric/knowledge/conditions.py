"""Conditions of jobs and steps of automation servers: what they say about how the runs before went."""

from __future__ import annotations

import re

_ALWAYS = re.compile(r"(?<![!\w.])(always|succeededorfailed)\s*\(\s*\)|^(post|when): (always|cleanup)\b")
_FAILED = re.compile(r"(?<![!\w.])failure\s*\(\s*\)")
_SUCCESS = re.compile(r"(?<![!\w.])success\s*\(\s*\)")
_NOT_CANCELLED = re.compile(r"!\s*cancelled\s*\(\s*\)")
_ASKS = re.compile(r"\b(needs|steps|dependencies)\s*[.\[*]|!\s*\(?\s*failure\s*\(|\bjob\.status\b|workflow_run\.conclusion")
_RUN_SUCCESS = re.compile(r"\bworkflow_run\.conclusion\s*==\s*'success'")
_RUN_OTHER = re.compile(r"\bworkflow_run\.conclusion\s*(==\s*'(?!success)|!=)|\|\|")


def runs_regardless(condition: str) -> bool:
    """Whether it also holds when something before has failed, and asks for no result of its own."""
    text = condition.lower()
    if _ASKS.search(text):
        return False
    if _SUCCESS.search(text):
        return "||" in text and any(p.search(text) for p in (_FAILED, _ALWAYS, _NOT_CANCELLED))
    return _ALWAYS.search(text) is not None or _NOT_CANCELLED.search(text) is not None


def asks_success(condition: str) -> bool:
    """Whether it holds only when the workflow that started this one has succeeded."""
    text = condition.lower().replace('"', "'")
    return _RUN_SUCCESS.search(text) is not None and _RUN_OTHER.search(text) is None
