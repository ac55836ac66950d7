"""Protection of branches as code: settings of the repository (.github/settings.yml and the like, .asf.yaml), exported rulesets, bodies of
the API. What is asked for is the same in all: reviews by others before a merge."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlrubric.model.facts import Fact, ReviewRule
from mlrubric.model.place import Place
from mlrubric.read.unreadable import unreadable
from mlrubric.source.document import Document
from mlrubric.source.syntax import json, yaml
from mlrubric.source.syntax.node import Node, SyntaxProblem

FORMAT = "branch_rules"
MAIN = re.compile(r"~default_branch|~all|(refs/heads/)?(main|master|develop|trunk|production|\*+|\*\*/\*)", re.IGNORECASE)
_WORDS = ("required_pull_request_reviews", "required_approving_review_count", '"pull_request"', "type: pull_request")
_NAMES = re.compile(
    r"^(?:\.github/(?:[\w.-]+/)*[\w.-]+\.(?:ya?ml|json)|\.asf\.yaml|(?:.*/)?[\w.-]*(?:rulesets?|protection)[\w.-]*(?:/[\w.-]+)*\.(?:ya?ml|json)"
    r"|(?:.*/)?rulesets?/[\w./-]+\.json)$",
    re.IGNORECASE,
)


def accepts(path: str) -> bool:
    return _NAMES.match(path) is not None and not path.startswith((".github/workflows/", ".github/actions/"))


def read(document: Document) -> Iterator[Fact]:
    if not any(word in document.text for word in _WORDS):
        return
    try:
        roots = (json.parse(document.text),) if document.path.endswith(".json") else yaml.parse(document.text)
    except SyntaxProblem as problem:
        yield unreadable(document, FORMAT, problem)
        return
    for root in roots:
        yield from _below(document, root, "")


def _below(document: Document, node: Node, name: str) -> Iterator[Fact]:
    """Reviews that a branch asks for, wherever they stand, with the name of the branch they are below."""
    if node.kind == "list":
        for item in node.items:
            yield from _below(document, item, name)
        return
    if node.kind != "map":
        return
    name = node.scalar("name") or node.scalar("pattern") or name
    if node.get("enforcement") is not None or node.get("conditions", "ref_name") is not None:
        yield from _ruleset(document, node)
        return
    for key, value in node.pairs():
        if key == "required_pull_request_reviews":
            yield from _classical(document, node, value, name)
        else:
            yield from _below(document, value, key if value.kind == "map" and MAIN.fullmatch(key) else name)


def _classical(document: Document, node: Node, reviews: Node, name: str) -> Iterator[Fact]:
    """Protection of one branch; reviews that are null or false are switched off, without a count one is asked for."""
    key = node.key("required_pull_request_reviews")
    place = document.place(key.span if key is not None else reviews.span, name or "branch")
    off = "" if reviews.kind == "map" else "reviews are switched off"
    if not off and name and re.search(r"release|hotfix|gh-pages|feature", name, re.IGNORECASE):
        off = f"only the branch {name} is protected"
    yield _rule(place.path, place, reviews, 1, off)


def _ruleset(document: Document, node: Node) -> Iterator[Fact]:
    rules = node.get("rules")
    state = node.scalar("enforcement", default="active")
    off = "" if state in ("active", "enabled") else f"enforcement is {state}"
    if node.scalar("target", default="branch") != "branch":
        off = off or "it is for tags, not for branches"
    include = node.get("conditions", "ref_name", "include")
    branches = include.strings() if include is not None else ()
    if branches and not any(MAIN.fullmatch(one) for one in branches):
        off = off or f"it is for {', '.join(branches[:3])} only"
    for rule in rules.items if rules is not None else ():
        parameters = rule.get("parameters")
        if rule.scalar("type") == "pull_request":
            place = document.place(rule.span, node.scalar("name") or "ruleset")
            yield _rule(document.path, place, parameters or rule, 0, off)


def _rule(path: str, place: Place, reviews: Node, usual: int, off: str) -> ReviewRule:
    count = reviews.scalar("required_approving_review_count") or str(usual)
    owners = "true" in (reviews.scalar("require_code_owner_reviews"), reviews.scalar("require_code_owner_review"))
    approvals = int(count) if count.isdigit() else usual
    if not off and not approvals and not owners:
        off = "no approval is asked for"
    return ReviewRule(place, path.rpartition("/")[2], approvals, owners, True, off)
