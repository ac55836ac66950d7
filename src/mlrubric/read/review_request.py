"""Where people are asked for a review, and nothing waits for it: forms of pull requests, bots that merge, and review servers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlrubric.model.facts import Fact, ReviewRule
from mlrubric.model.place import Span
from mlrubric.read.unreadable import unreadable
from mlrubric.source.document import Document
from mlrubric.source.syntax import yaml
from mlrubric.source.syntax.node import SyntaxProblem

FORMAT = "review_request"
_FORM = re.compile(
    r"^(?:(?:\.github/|docs/)?pull_request_template(?:\.md|\.txt|/[^/]+\.md)?|\.gitlab/merge_request_templates/[^/]+\.md"
    r"|\.azuredevops/pull_request_template(?:\.md|/.*\.md))$",
    re.IGNORECASE,
)
_BOT = (".mergify.yml", ".mergify/config.yml", ".github/mergify.yml")
_SERVER = {".gitreview": "Gerrit", ".arcconfig": "Phabricator"}
_ITEM = re.compile(r"^\s*(?:[-*+]|\d+\.)\s*\[[ xX]?\]\s*(?P<text>.*)$")
_HEADING = re.compile(r"^\s*(?:#{1,6}\s+|\*\*)(?P<text>.*)$")
_SELF = re.compile(r"self[- ]?review|myself|my own code", re.IGNORECASE)
_ASKS = re.compile(r"\breviewers?\b|\breviewed\b|\bcode review\b|\bpeer review\b|\bapprov(?:ed|al|er)", re.IGNORECASE)
_MODEL = re.compile(
    r"\bmodel(?:s|'s)?\b.*\b(?:chang|metric|card|evaluat|train|version|spec|config|perform|quality|valid|review)|hyper-?parameters?"
    r"|\bmetrics?\b.*\b(?:compar|regress|baseline|improv|report)",
    re.IGNORECASE,
)
_APPROVED = re.compile(r"#?approved-reviews-by\s*>=?\s*(\d+)")


def accepts(path: str) -> bool:
    return path in _BOT or path in _SERVER or _FORM.match(path) is not None


def read(document: Document) -> Iterator[Fact]:
    if document.path in _BOT:
        yield from _bot(document)
    elif document.path in _SERVER:
        yield ReviewRule(document.place(), _SERVER[document.path], required=False)
    else:
        yield from _form(document)


def _form(document: Document) -> Iterator[Fact]:
    """The first line of a form that asks for a reviewer, or asks about the model; a promise to have looked oneself is none."""
    text = re.sub(r"<!--.*?-->", lambda m: "\n" * m.group().count("\n"), document.text, flags=re.DOTALL)
    for number, line in enumerate(text.split("\n"), 1):
        item, heading = _ITEM.match(line), _HEADING.match(line)
        found = item or heading
        if found is None or _SELF.search(found["text"]):
            continue
        if _ASKS.search(found["text"]) or (item is not None and _MODEL.search(found["text"])):
            yield ReviewRule(document.place(Span(number), "form"), "form of pull requests", required=False)
            return


def _bot(document: Document) -> Iterator[Fact]:
    """A bot that merges what others approved; with `merge_protections` nobody else can merge either."""
    try:
        documents = yaml.parse(document.text)
    except SyntaxProblem as problem:
        yield unreadable(document, FORMAT, problem)
        return
    for root in documents:
        for route, leaf in root.leaves():
            approved = _APPROVED.search(leaf.text)
            if approved is not None and int(approved[1]) > 0:
                required = route.startswith("merge_protections")
                yield ReviewRule(document.place(leaf.span, route), "Mergify", int(approved[1]), required=required)
