"""What the expressions of a setup.py are worth, as far as constants, names, simple functions and concatenation tell; nothing is run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

MAX_DEPTH = 30
MAX_VISITS = 500
_FILE = re.compile(r"(?:.*/)?[^/\s]+\.(?:txt|in|pip)")
_GROWS = frozenset(("append", "extend", "update"))
_KEEPS = frozenset(("list", "tuple", "sorted", "set", "frozenset"))

Definition = ast.expr | ast.FunctionDef
Given = dict[str, ast.expr]


@dataclass(slots=True)
class Strings:
    """The strings an expression holds, each with the node that writes it, and the parts that only running it would tell."""

    found: list[tuple[str, ast.expr]] = field(default_factory=list)
    unknown: list[ast.expr] = field(default_factory=list)

    def add(self, other: Strings) -> None:
        self.found += other.found
        self.unknown += other.unknown


class Values:
    """The definitions of the file's names, by scope; several definitions of one name are alternatives."""

    def __init__(self, tree: ast.Module) -> None:
        self.parents: dict[int, ast.AST] = {}
        self.definitions: dict[tuple[int, str], list[Definition]] = {}
        self.entries: dict[str, list[tuple[str, ast.expr]]] = {}  # name[key] = value
        self.module = tree
        for parent in ast.walk(tree):
            for child in ast.iter_child_nodes(parent):
                self.parents[id(child)] = parent
        for node in ast.walk(tree):
            self._define(node)

    def _define(self, node: ast.AST) -> None:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self._bind(target, node.value)
        elif isinstance(node, (ast.AnnAssign, ast.AugAssign)) and node.value is not None:
            self._bind(node.target, node.value)
        elif isinstance(node, (ast.For, ast.comprehension)):
            self._bind(node.target, node.iter)
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            self._bind(node.optional_vars, node.context_expr)
        elif isinstance(node, ast.FunctionDef):
            self.definitions.setdefault((id(self._scope(node)), node.name), []).append(node)
            for name, default in _defaults(node).items():
                self.definitions.setdefault((id(node), name), []).append(default)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _GROWS and node.args:
            self._bind(node.func.value, node.args[0])

    def _bind(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self.definitions.setdefault((id(self._scope(target)), target.id), []).append(value)
        elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name) and isinstance(target.slice, ast.Constant):
            self.entries.setdefault(target.value.id, []).append((str(target.slice.value), value))

    def _scope(self, node: ast.AST) -> ast.AST:
        """The function or module that a node stands in."""
        while not isinstance(node := self.parents.get(id(node), self.module), (ast.FunctionDef, ast.Module)):
            pass
        return node

    def lookup(self, name: ast.Name) -> list[Definition]:
        """What a name may stand for: the `with` around it first, then its function, then the module."""
        node: ast.AST = name
        while not isinstance(node, ast.Module):
            node = self.parents.get(id(node), self.module)
            if isinstance(node, ast.With):
                for item in node.items:
                    if isinstance(item.optional_vars, ast.Name) and item.optional_vars.id == name.id and item.optional_vars is not name:
                        return [item.context_expr]
            elif found := self.definitions.get((id(node), name.id)):
                return found
        return []

    def strings(self, node: ast.expr, depth: int = 0) -> Strings:
        """The strings of a list, or the lines of one string."""
        result = Strings()
        if depth > MAX_DEPTH:
            result.unknown.append(node)
        elif isinstance(node, ast.Constant):
            result.found += [(node.value, node)] if isinstance(node.value, str) else []
        elif isinstance(node, ast.JoinedStr):
            text = self.text(node, depth)
            result.found += [(text, node)] if text is not None else []
            result.unknown += [node] if text is None else []
        elif isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            for element in node.elts:
                result.add(self.strings(element.value if isinstance(element, ast.Starred) else element, depth + 1))
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            text = self.text(node, depth)
            for part in (node.left, node.right) if text is None else ():
                result.add(self.strings(part, depth + 1))
            result.found += [(text, node)] if text is not None else []
        elif isinstance(node, ast.IfExp):
            for part in (node.body, node.orelse):
                result.add(self.strings(part, depth + 1))
        else:
            parts = list(self._parts(node))
            for part in parts:
                result.add(self.strings(part, depth + 1))
            if not parts or (isinstance(node, ast.Call) and result.unknown):
                result.unknown = [node]  # a call keeps its arguments: they may name the file it reads
        return result

    def _parts(self, node: ast.expr) -> Iterator[ast.expr]:
        """What a name, a call of a simple function, or an entry of a known dict stands for."""
        if isinstance(node, ast.Name):
            for definition in self.lookup(node):
                if not isinstance(definition, ast.FunctionDef):
                    yield definition
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in _KEEPS and len(node.args) == 1:
                yield node.args[0]
            for definition in self.lookup(node.func):
                if isinstance(definition, ast.FunctionDef):
                    yield from (inner.value for inner in ast.walk(definition) if isinstance(inner, ast.Return) and inner.value is not None)
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            yield from (value for key, value in self.table(node.value)[0] if key == node.slice.value)

    def text(self, node: ast.expr, depth: int = 0) -> str | None:
        """The one string that an expression is worth."""
        if depth > MAX_DEPTH:
            return None
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) else None
        if isinstance(node, ast.Name):
            known = self.lookup(node)
            return self.text(known[0], depth + 1) if len(known) == 1 and not isinstance(known[0], ast.FunctionDef) else None
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return _joined((self.text(node.left, depth + 1), self.text(node.right, depth + 1)))
        if isinstance(node, ast.JoinedStr):
            return _joined(self.text(part.value if isinstance(part, ast.FormattedValue) else part, depth + 1) for part in node.values)
        return None

    def table(self, node: ast.expr, depth: int = 0) -> tuple[list[tuple[str, ast.expr]], list[ast.expr]]:
        """The entries of a dict with constant keys, and the parts that only running it would tell."""
        found: list[tuple[str, ast.expr]] = []
        unknown: list[ast.expr] = []
        parts: list[ast.expr] = []
        if isinstance(node, ast.Dict) and depth <= MAX_DEPTH:
            for key, value in zip(node.keys, node.values, strict=True):
                text = self.text(key) if key is not None else None
                if key is None:
                    parts.append(value)
                elif text is not None:
                    found.append((text, value))
                else:
                    unknown.append(value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict" and depth <= MAX_DEPTH:
            found += [(word.arg, word.value) for word in node.keywords if word.arg is not None]
            parts += [*node.args, *(word.value for word in node.keywords if word.arg is None)]
        elif depth <= MAX_DEPTH and (parts := list(self._parts(node))):
            found += self.entries.get(node.id, []) if isinstance(node, ast.Name) else []
        else:
            unknown.append(node)
        for part in parts:
            more, less = self.table(part, depth + 1)
            found += more
            unknown += less
        return found, unknown

    def files_behind(self, nodes: Iterable[ast.expr]) -> list[tuple[str, ast.expr]]:
        """The names of requirements files that the expressions get to see, through names and functions."""
        files: dict[str, ast.expr] = {}
        for node in nodes:
            files |= self._files(node, {}, frozenset())
        return sorted(files.items(), key=lambda item: (item[1].lineno, item[1].col_offset))

    def _files(self, node: ast.AST, given: Given, seen: frozenset[int]) -> dict[str, ast.expr]:
        if id(node) in seen or len(seen) > MAX_VISITS:
            return {}
        seen |= {id(node)}
        path = self._path(node, given)
        if path is not None and isinstance(node, ast.expr) and _FILE.fullmatch(path):
            return {path: node}
        files: dict[str, ast.expr] = {}
        if isinstance(node, ast.Name):
            known: list[Definition] = [given[node.id]] if node.id in given else self.lookup(node)
            for definition in known:
                files |= self._files(definition, given, seen)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            for function in self.lookup(node.func):
                if isinstance(function, ast.FunctionDef):
                    passed = _passed(function, node, given)
                    for statement in function.body:
                        files |= self._files(statement, passed, seen)
            if files:  # what the function makes of its arguments, not the arguments themselves
                return files
        for child in ast.iter_child_nodes(node):
            files |= self._files(child, given, seen)
        return files

    def _path(self, node: ast.AST, given: Given) -> str | None:
        """A constant path, or the constant tail of one that is joined to a folder."""
        if isinstance(node, ast.Name) and node.id in given:
            return self.text(given[node.id])
        if isinstance(node, (ast.Constant, ast.Name)):
            return self.text(node)
        if isinstance(node, ast.Call) and isinstance(node.func, (ast.Attribute, ast.Name)):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
            parts = [self._path(part, given) for part in node.args] if name in ("join", "joinpath", "Path") else []
            first = max((index + 1 for index, part in enumerate(parts) if part is None), default=0)
            return "/".join(part for part in parts[first:] if part is not None) or None
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            left, right = self._path(node.left, given), self._path(node.right, given)
            return f"{left}/{right}" if left and right else right
        return None


def _defaults(function: ast.FunctionDef) -> Given:
    positional = [*function.args.posonlyargs, *function.args.args]
    pairs = zip(reversed(positional), reversed(function.args.defaults), strict=False)
    return {parameter.arg: default for parameter, default in pairs}


def _passed(function: ast.FunctionDef, call: ast.Call, outer: Given) -> Given:
    """What the parameters of a function are in one call of it."""
    positional = [*function.args.posonlyargs, *function.args.args]
    given = {parameter.arg: argument for parameter, argument in zip(positional, call.args, strict=False)}
    given |= {word.arg: word.value for word in call.keywords if word.arg is not None}
    return _defaults(function) | {name: outer.get(node.id, node) if isinstance(node, ast.Name) else node for name, node in given.items()}


def _joined(parts: Iterable[str | None]) -> str | None:
    known: list[str] = []
    for part in parts:
        if part is None:
            return None
        known.append(part)
    return "".join(known)
