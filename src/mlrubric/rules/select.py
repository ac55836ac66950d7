"""Selectors: which nodes a rule speaks of, by kind, role, argument roles and what flows in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

from mlrubric.graph.build import Picture
from mlrubric.graph.code import is_test_code
from mlrubric.graph.habits import KIND as EXPRESSION
from mlrubric.model.graph import Node
from mlrubric.rules.rule import Table, texts


def select(picture: Picture, selector: Table | str | list[str]) -> list[int]:
    """The nodes that fit. A text or list of texts stands for roles.

    Keys: `kind`, `role` (any of), `all_roles`, `where` and `unless` over attributes, `about` (any of), `about_all`, `about_not`, `gate`,
    `in_tests` (stands in test code), `path` (pattern).
    """
    if isinstance(selector, (str, list)):
        selector = {"role": selector}
    graph = picture.graph
    roles, kinds = texts(selector, "role"), texts(selector, "kind")
    if roles:
        chosen = graph.with_role(*roles)
        if kinds:
            chosen = [n for n in chosen if graph.nodes[n].kind in kinds]
    elif kinds == (EXPRESSION,):
        where, unless = (cast("Mapping[str, object]", selector.get(key, {})) for key in ("where", "unless"))
        chosen = picture.habits.asked(where, meets, unless)
    elif kinds:
        chosen = graph.of_kind(*kinds)
    else:
        chosen = list(range(len(graph.nodes)))
    return [n for n in chosen if fits(graph.nodes[n], selector)]


def fits(node: Node, selector: Table) -> bool:
    """Whether a node meets all clauses of a selector besides role and kind."""
    every = texts(selector, "all_roles")
    if every and not all(r in node.roles for r in every):
        return False
    if any(r in node.roles for r in texts(selector, "not_role")):
        return False
    about = texts(selector, "about")
    if about and not any(a in node.about for a in about):
        return False
    if not all(a in node.about for a in texts(selector, "about_all")):
        return False
    if any(a in node.about for a in texts(selector, "about_not")):
        return False
    if "gate" in selector and bool(selector["gate"]) != node.gate:
        return False
    if "in_tests" in selector and bool(selector["in_tests"]) != is_test_code(node.place.path):
        return False
    pattern = selector.get("path")
    if isinstance(pattern, str) and re.search(pattern, node.place.path) is None:
        return False
    where = cast("Mapping[str, object]", selector.get("where", {}))
    if not all(holds(node, key, wanted) for key, wanted in where.items()):
        return False
    unless = cast("Mapping[str, object]", selector.get("unless", {}))
    return not (unless and all(holds(node, key, wanted) for key, wanted in unless.items()))


def holds(node: Node, key: str, wanted: object) -> bool:
    """One clause: equality, `in`, `not_in`, `matches`; an attribute that is not there is `absent`. `label`, `api` and `path` are the
    node's own."""
    own = {"label": node.label, "api": node.api, "path": node.place.path, "kind": node.kind}
    return meets(own if key in own and key not in node.attributes else node.attributes, key, wanted)


def meets(attributes: Mapping[str, str], key: str, wanted: object) -> bool:
    """The same for attributes alone."""
    nothing = "unknown" if attributes.get("open") == "true" and key.startswith("given.") else "absent"  # `**` may hold it
    value = attributes.get(key, nothing)
    if isinstance(wanted, Mapping):
        if "in" in wanted and value not in wanted["in"]:
            return False
        if "not_in" in wanted and value in wanted["not_in"]:
            return False
        return not ("matches" in wanted and re.search(str(wanted["matches"]), value) is None)
    if isinstance(wanted, bool):
        return value == ("true" if wanted else "false")
    return value == str(wanted)
