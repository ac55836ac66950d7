"""Settings files as trees: values by route, texts that name other values, and files that are composed of files of a folder."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from mlrubric.graph.values import HOLE
from mlrubric.model.facts import FileFacts, Setting
from mlrubric.model.homes import at_home, home, same_home

Scalar = str | int | float | bool | None
Route = tuple[str | int, ...]
Tree = dict[str | int, "Tree | Scalar"]
"""A map, or a list with its positions as keys."""

ROUTE = re.compile(r"\[(\d+)\]|([^.\[\]]+)")
INNERMOST = re.compile(r"\$\{([^${}]*)\}|\{\{[^{}]*\}\}")
OUTER = re.compile(r"\$\{[^{}]*\}?|\$\w+")
ENDINGS = ("", ".yaml", ".yml")
DEEPEST = 6  # files that name files
DEFAULTS = ("default", "global")  # of environments
SECRET = "***"


class SettingsFiles:
    """The settings files of a repository, parsed when they are first asked for. A root is the path of a file, with `#` behind it when the
    files that its list of defaults names are put together with it, with `@` when its first names are those of environments."""

    def __init__(self, facts: Mapping[str, Sequence[FileFacts]], variable: Callable[[str], list[str]]) -> None:
        self._facts, self._variable = facts, variable
        self._trees: dict[str, Tree] = {}
        self.paths = frozenset(path for path, all_facts in facts.items() if any(one.format == "settings" for one in all_facts))
        self._by_name: dict[str, list[str]] = {}
        for path in sorted(self.paths):
            self._by_name.setdefault(posixpath.basename(path), []).append(path)

    # ---- which file ---------------------------------------------------------------------------------------------

    def find(self, text: str, near: str) -> str | None:
        """The settings file that a path names in a program at `near`: from the root, from a folder above, or the only one that ends so."""
        path = posixpath.normpath(text.rpartition(HOLE)[2].lstrip("/") or ".")
        if posixpath.basename(path) not in self._by_name:
            return None
        folder = posixpath.dirname(near)
        for candidate in (at_home(near, path), *(posixpath.normpath(posixpath.join(above, path)) for above in _above(folder))):
            if candidate in self.paths:
                return candidate
        while path.startswith("../"):
            path = path[3:]
        found = [p for p in self._by_name[posixpath.basename(path)] if (p == path or p.endswith("/" + path)) and same_home(p, near)]
        return found[0] if len(found) == 1 else None

    def composed(self, folder: str, name: str, near: str) -> str | None:
        """The root of a file in a folder of settings, with the files that it names."""
        for ending in ENDINGS:
            for base in (posixpath.dirname(near), home(near)):
                path = posixpath.normpath(posixpath.join(base, folder, name + ending))
                if path in self.paths:
                    return path + "#"
            found = self.find(f"{HOLE}/{name}{ending}", near)
            if found is not None and (ending or "." in name):
                return found + "#"
        return None

    # ---- what is in it ------------------------------------------------------------------------------------------

    def at(self, root: str, route: Route, depth: int = 0) -> tuple[Tree | Scalar, Route] | None:
        """What stands at a route, with the route that it really stands at; texts have the values that they name put in. None: nothing."""
        node: Tree | Scalar = self._tree(root)
        for index, key in enumerate(route):
            if isinstance(node, str) and depth < DEEPEST:
                followed = self._text(root, route[:index], node, depth + 1)
                if followed is not None and isinstance(followed[0], dict):
                    return self.at(root, (*followed[1], *route[index:]), depth + 1)
            if not isinstance(node, dict) or key not in node:
                return None
            node = node[key]
        return self._text(root, route, node, depth) if isinstance(node, str) else (node, route)

    def _text(self, root: str, route: Route, text: str, depth: int) -> tuple[Tree | Scalar, Route] | None:
        if text == SECRET:
            return None
        for _ in range(8):
            match = INNERMOST.search(text)
            if match is None:
                break
            found = self._named(root, route, match[1] or "", depth)
            if found is not None and match[0] == text:
                return found
            spelled = HOLE if found is None or isinstance(found[0], dict) or found[0] is None else str(found[0])
            text = text[: match.start()] + spelled + text[match.end() :]
        return OUTER.sub(HOLE, text), route

    def _named(self, root: str, route: Route, name: str, depth: int) -> tuple[Tree | Scalar, Route] | None:
        """What `${name}` stands for: a value of the same tree, or a variable of the environment."""
        if depth >= DEEPEST:
            return None
        name = name.strip()
        resolver, _, rest = name.partition(":")
        if rest:
            variable, _, default = rest.partition(",")
            given = self._variable(variable.strip()) if resolver in ("oc.env", "env") else []
            return (given[0], route) if given else (default.strip(), route) if default and resolver in ("oc.env", "env") else None
        bare = name.lstrip(".")
        dots = len(name) - len(bare)
        base = route[: len(route) - dots] if dots else ()
        found = self.at(root, (*base, *_route(bare)), depth + 1)
        if found is None and not dots and (given := self._variable(name)):
            return given[0], route
        return found

    def _tree(self, root: str) -> Tree:
        known = self._trees.get(root)
        if known is None:
            self._trees[root] = {}  # a file that names itself
            if root.endswith("@"):
                known = self._trees[root] = self._layered(root[:-1])
            else:
                known = self._trees[root] = self._compose(root[:-1], root[:-1], 0) if root.endswith("#") else self._parse(root)
        return known

    def _layered(self, path: str) -> Tree:
        """What the environments of a file say, the default ones last, their names written in any way."""
        tree = self._tree(path)
        layers = [tree[key] for key in sorted(tree, key=lambda k: (str(k).lower() in DEFAULTS, str(k))) if isinstance(tree[key], dict)]
        merged: Tree = {}
        for layer in layers if len(layers) == len(tree) else [tree]:
            for key, value in layer.items() if isinstance(layer, dict) else ():
                merged |= dict.fromkeys((key, str(key).upper(), str(key).lower()), value)
        return merged

    def _parse(self, path: str) -> Tree:
        tree: Tree = {}
        for fact in (f for one in self._facts.get(path, ()) if one.format == "settings" for f in one.facts):
            if isinstance(fact, Setting):
                _put(tree, _route(fact.route), _scalar(fact))
        return tree

    def _compose(self, path: str, start: str, depth: int) -> Tree:
        """A file on top of the files that its `defaults` name, each below the name of its folder."""
        own = dict(self._tree(path))
        listed = own.pop("defaults", None)
        merged: Tree = {}
        for item in _items(listed) if depth < DEEPEST else ():
            for group, option in item.items() if isinstance(item, dict) else ((("", item),)):
                _, _, group_name = str(group).rpartition(" ")  # `override`, `optional`
                group_name, _, package = group_name.partition("@")
                if not isinstance(option, str) or option == "_self_" or group_name.strip("/").startswith("hydra"):
                    continue
                base = posixpath.dirname(start) if group_name.startswith("/") else posixpath.dirname(path)
                folder = posixpath.normpath(posixpath.join(base, group_name.strip("/")))
                inner = next((p for e in ENDINGS if (p := posixpath.normpath(f"{folder}/{option}{e}")) in self.paths), None)
                if inner is None or inner == path:
                    continue
                below = package or group_name.strip("/").replace("/", ".")
                _merge(_below(merged, () if below in ("_global_", "_here_") else _route(below)), self._compose(inner, start, depth + 1))
        _merge(merged, own)
        return merged


def _above(folder: str) -> Iterable[str]:
    while folder:
        yield folder
        folder = posixpath.dirname(folder)


def _items(node: Tree | Scalar) -> Sequence[Tree | Scalar]:
    return list(node.values()) if isinstance(node, dict) else []


def _route(text: str) -> Route:
    return tuple(int(number) if number else name for number, name in ROUTE.findall(text))


def _scalar(setting: Setting) -> Scalar:
    text = setting.value
    try:
        if setting.kind == "int":
            return int(text.replace("_", ""), 0)
        if setting.kind == "float":
            return float(text.replace("_", ""))
    except ValueError:
        return text
    if setting.kind == "bool":
        return text.lower() in ("true", "yes", "on")
    return None if setting.kind == "null" else text


def _put(tree: Tree, route: Route, value: Scalar) -> None:
    if route:
        _below(tree, route[:-1])[route[-1]] = value


def _below(tree: Tree, route: Route) -> Tree:
    for key in route:
        inner = tree.get(key)
        if not isinstance(inner, dict):
            inner = tree[key] = {}
        tree = inner
    return tree


def _merge(target: Tree, source: Tree) -> None:
    for key, value in source.items():
        known = target.get(key)
        if isinstance(value, dict):
            if not isinstance(known, dict):
                known = target[key] = {}
            _merge(known, value)
        else:
            target[key] = value
