"""What the expressions of a setup.py are worth, as far as constants, names, simple functions and concatenation tell; nothing is run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

MAX_DEPTH = 30
_FILE = re.compile(r"(?:.*/)?[^/\s]*(?:\.(?:txt|in)|requirements[^/\s]*)$")
_KEEPS = frozenset(("list", "tuple", "sorted", "set", "frozenset"))

Definition = ast.expr | ast.FunctionDef


@dataclass(slots=True)
class Strings:
    """The strings an expression holds, each with the node that writes it, and the parts that only running it would tell."""

    found: list[tuple[str, ast.expr]] = field(default_factory=list)
    unknown: list[ast.expr] = field(default_factory=list)

    def add(self, other: Strings) -> None:
        self.found += other.found
        self.unknown += other.unknown


class Values:
    """Every definition of every name of the file, whatever the scope; several definitions are alternatives."""

    def __init__(self, tree: ast.Module) -> None:
        self.definitions: dict[str, list[Definition]] = {}
        self.entries: dict[str, list[tuple[str, ast.expr]]] = {}  # name[key] = value
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
            self.definitions.setdefault(node.name, []).append(node)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name) and node.args:
            if node.func.attr in ("append", "extend", "update"):
                self._bind(node.func.value, node.args[0])

    def _bind(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self.definitions.setdefault(target.id, []).append(value)
        elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name) and isinstance(target.slice, ast.Constant):
            self.entries.setdefault(target.value.id, []).append((str(target.slice.value), value))

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
            result.unknown += [] if parts else [node]
        return result

    def _parts(self, node: ast.expr) -> Iterator[ast.expr]:
        """What a name, a call of a simple function, or an entry of a known dict stands for."""
        if isinstance(node, ast.Name):
            for definition in self.definitions.get(node.id, []):
                if not isinstance(definition, ast.FunctionDef):
                    yield definition
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in _KEEPS and len(node.args) == 1:
                yield node.args[0]
            for definition in self.definitions.get(node.func.id, []):
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
            known = self.definitions.get(node.id, [])
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
        pending: list[ast.AST] = list(nodes)
        seen: set[int] = set()
        files: dict[str, ast.expr] = {}
        while pending:
            node = pending.pop(0)
            if id(node) in seen:
                continue
            seen.add(id(node))
            path = self._path(node)
            if path is not None and isinstance(node, ast.expr) and _FILE.fullmatch(path):
                files.setdefault(path, node)
                seen.update(id(part) for part in ast.walk(node))
                continue
            if isinstance(node, ast.Name):
                pending += self.definitions.get(node.id, [])
            pending += ast.iter_child_nodes(node)
        return sorted(files.items(), key=lambda item: (item[1].lineno, item[1].col_offset))

    def _path(self, node: ast.AST) -> str | None:
        """A constant path, or the constant tail of one that is joined to a folder."""
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) else None
        if isinstance(node, ast.Call) and isinstance(node.func, (ast.Attribute, ast.Name)):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
            tail = [part.value for part in node.args if isinstance(part, ast.Constant) and isinstance(part.value, str)]
            return "/".join(tail) if name in ("join", "joinpath", "Path") and tail else None
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            left, right = self._path(node.left), self._path(node.right)
            return f"{left}/{right}" if left and right else right
        return None


def _joined(parts: Iterable[str | None]) -> str | None:
    known: list[str] = []
    for part in parts:
        if part is None:
            return None
        known.append(part)
    return "".join(known)
