"""Packages that one repository of a system makes and another installs: whose code an import name may stand for."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence

from mlrubric.graph.world import ADDRESS
from mlrubric.knowledge.catalogue import normal_name
from mlrubric.knowledge.commands import interpret
from mlrubric.model.facts import Command, FileFacts, Project, Requirement
from mlrubric.model.homes import MEMBER, home


def installed(facts: Mapping[str, Sequence[FileFacts]]) -> dict[str, tuple[str, ...]]:
    """Repository -> the package roots of other repositories that it installs from, by the name of the package or of the repository."""
    homes = {home(path) for path in facts}
    if len(homes) < 2:
        return {}
    made: dict[str, list[tuple[str, str]]] = {}  # repository -> distribution, root of its packages
    wanted: dict[str, set[str]] = {root: set() for root in homes}
    for path in sorted(facts):
        for fact in (fact for one in facts[path] for fact in one.facts):
            if isinstance(fact, Project):
                folder = posixpath.dirname(path)
                roots = [posixpath.normpath(posixpath.join(folder, root)) for root in (*fact.package_roots, "src", ".")]
                made.setdefault(home(path), []).extend((normal_name(fact.name), "" if root == "." else root) for root in roots)
            elif isinstance(fact, Requirement):
                wanted[home(path)] |= _names(fact.name, fact.url or "")
            elif isinstance(fact, Command) and {"install", "add"} & set(fact.argv):
                for invocation in interpret(fact.argv):
                    for word in invocation.all("package") if invocation.kind == "install" else ():
                        wanted[home(path)] |= _names(re.split(r"[\[<>=!~;@ ]", word, maxsplit=1)[0], word if "/" in word else "")
    found: dict[str, tuple[str, ...]] = {}
    for root, names in wanted.items():
        theirs = [where for other in sorted(homes - {root}) for name, where in made.get(other, ()) if {name, _name(other)} & names]
        if theirs:
            found[root] = tuple(dict.fromkeys(theirs))
    return found


def _names(name: str, url: str) -> set[str]:
    found = {normal_name(name)} if name else set()
    address = ADDRESS.search(url)
    return found | ({normal_name(address[1])} if address is not None and url else set())


def _name(root: str) -> str:
    return normal_name(root.removesuffix(MEMBER))
