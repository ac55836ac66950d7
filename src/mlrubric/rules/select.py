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

OWN = frozenset(("label", "api", "path", "kind"))


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
    fit = Clauses(selector).fit
    return [n for n in chosen if fit(graph.nodes[n])]


class Clauses:
    """The clauses of a selector besides role and kind, taken apart once for all the nodes they are held against."""

    def __init__(self, selector: Table) -> None:
        self._where = tuple(cast("Mapping[str, object]", selector.get("where", {})).items())
        self._unless = tuple(cast("Mapping[str, object]", selector.get("unless", {})).items())
        self._all_roles, self._not_role = (frozenset(texts(selector, key)) for key in ("all_roles", "not_role"))
        self._about, self._about_all = texts(selector, "about"), frozenset(texts(selector, "about_all"))
        self._about_not = texts(selector, "about_not")
        self._gate, self._in_tests = (bool(selector[key]) if key in selector else None for key in ("gate", "in_tests"))
        self._path = re.compile(str(selector["path"])) if "path" in selector else None

    def fit(self, node: Node) -> bool:
        """Whether a node meets all of them; attributes decide most of the time, and come first."""
        if not all(holds(node, key, wanted) for key, wanted in self._where):
            return False
        if self._unless and all(holds(node, key, wanted) for key, wanted in self._unless):
            return False
        if not self._all_roles.issubset(node.roles) or not self._not_role.isdisjoint(node.roles):
            return False
        if not self._about_all <= node.about or not node.about.isdisjoint(self._about_not):
            return False
        if self._about and node.about.isdisjoint(self._about):
            return False
        if self._gate is not None and self._gate != node.gate:
            return False
        if self._in_tests is not None and self._in_tests != is_test_code(node.place.path):
            return False
        return self._path is None or self._path.search(node.place.path) is not None


def holds(node: Node, key: str, wanted: object) -> bool:
    """One clause: equality, `in`, `not_in`, `matches`; an attribute that is not there is `absent`. `label`, `api`, `path` and `kind` are
    the node's own."""
    attributes: Mapping[str, str] = node.attributes
    if key in OWN and key not in attributes:
        attributes = {key: node.place.path if key == "path" else getattr(node, key)}
    return meets(attributes, key, wanted)


def meets(attributes: Mapping[str, str], key: str, wanted: object) -> bool:
    """The same for attributes alone."""
    value = attributes.get(key)
    if value is None:
        call, given, _ = key.rpartition("given.")
        value = "unknown" if given and attributes.get(f"{call}open") == "true" else "absent"  # `**` may hold it
    if isinstance(wanted, Mapping):
        if "in" in wanted and value not in wanted["in"]:
            return False
        if "not_in" in wanted and value in wanted["not_in"]:
            return False
        return not ("matches" in wanted and re.search(str(wanted["matches"]), value) is None)
    if isinstance(wanted, bool):
        return value == ("true" if wanted else "false")
    return value == str(wanted)
