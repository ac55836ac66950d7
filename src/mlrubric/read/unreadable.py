"""The fact for a text that is not of its format, as all readers of one say it."""

from __future__ import annotations

from mlrubric.model.facts import Unreadable
from mlrubric.model.place import Span
from mlrubric.source.document import Document
from mlrubric.source.syntax.node import SyntaxProblem


def unreadable(document: Document, format: str, problem: SyntaxProblem) -> Unreadable:
    return Unreadable(document.place(Span(problem.line, problem.column)), format, problem.reason)
