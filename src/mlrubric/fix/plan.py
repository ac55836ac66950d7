"""Which findings can be mended, and how: the recipes are asked for every finding of a rule with a fix."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Protocol

from mlrubric.fix import recipes
from mlrubric.fix.site import Edits, Shelf, Site, Texts
from mlrubric.graph.build import Picture
from mlrubric.model.graph import Node
from mlrubric.model.homes import SHARED, home
from mlrubric.model.remedy import Remedy
from mlrubric.model.verdict import Finding, NextStep
from mlrubric.rules.judge import fill
from mlrubric.rules.rule import FixRule, Rule
from mlrubric.rules.select import holds

HOST = ".github/"  # where a host looks for its own files, at the top of a repository only


class Recipe(Protocol):
    """A module of `fix/recipes/`."""

    def remedy(self, site: Site) -> Edits | None: ...


@cache
def known_recipes() -> dict[str, Recipe]:
    """Every recipe by the name that rules call it."""
    names = sorted(info.name for info in pkgutil.iter_modules(recipes.__path__))
    return {name.replace("_", "-"): importlib.import_module(f"{recipes.__name__}.{name}") for name in names}


def with_remedies(found: Sequence[Finding], rules: Iterable[Rule], picture: Picture, texts: Texts) -> tuple[Finding, ...]:
    """The findings, each with what mends it where something does."""
    fixable: Mapping[str, Rule] = {rule.id: rule for rule in rules if rule.fixes}
    shelf = Shelf(picture, texts)
    return tuple(_planned(one, fixable[one.rule], shelf) if one.rule in fixable else one for one in found)


def marked(steps: Iterable[NextStep], found: Iterable[Finding]) -> tuple[NextStep, ...]:
    """The next steps, with those marked that `check --fix` takes: a safe fix stands at their place."""
    places = {(one.place.path, one.place.line) for one in found if one.fix == "safe"}
    return tuple(replace(one, fix=one.place is not None and (one.place.path, one.place.line) in places) for one in steps)


def _planned(finding: Finding, of: Rule, shelf: Shelf) -> Finding:
    if finding.node < 0 or finding.place.repository:
        return finding
    node = shelf.picture.graph.nodes[finding.node]
    for rule in of.fixes:
        if not all(holds(node, key, wanted) for key, wanted in rule.where.items()):
            continue
        edits = known_recipes()[rule.recipe].remedy(Site(shelf, finding, rule, of.question))
        if edits is not None and (edits.edits or edits.files):
            remedy = _remedy(rule, edits, node)
            nowhere = any(file.path.startswith(HOST) for file in remedy.files) and not shelf.picture.world.whole
            if not nowhere and not any(home(path) or SHARED in path for path in remedy.paths):  # other repositories are not written to
                return replace(finding, fix=remedy.safety, remedy=remedy)
    return finding


def _remedy(rule: FixRule, edits: Edits, node: Node) -> Remedy:
    title = fill(edits.title or rule.title, {"label": node.label, "path": node.place.path, **node.attributes})
    return Remedy(title, edits.safety or rule.safety, tuple(sorted(set(edits.edits))), edits.files)
