"""What an unpacked package has, by its source alone: an old version need not be importable for it."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

DEPTH = 12
INNER = {"tensorflow": "tensorflow_core"}  # 1.15 keeps its modules there and forwards to them
LAZY = re.compile(r"lazy|deprecated", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """Where a name stands; `node` is its definition where the source shows one; `sure` is false when only a text of that name is seen."""

    where: str
    node: ast.AST | None = None
    sure: bool = True


@dataclass(slots=True)
class Module:
    """A module's file with what it binds at its top, also inside of `if`, `try` and `with`."""

    path: Path
    name: str
    text: str
    bound: dict[str, ast.AST] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)


class Package:
    """The import names of one unpacked wheel or source archive."""

    def __init__(self, root: Path) -> None:
        self.root = root
        inner = [p for p in (root, root / "src", root / "lib", root / "python") if p.is_dir()]
        self.roots = inner

    def find(self, name: str, depth: int = DEPTH) -> Found | None:
        """The definition behind a dotted name, re-exports followed."""
        if depth <= 0:
            return None
        parts = name.split(".")
        for end in range(len(parts), 0, -1):
            path = self._file(parts[:end])
            if path is None:
                continue
            rest = parts[end:]
            if not rest:
                return Found(".".join(parts))
            if path.suffix not in (".py", ".pyi"):
                return Found(str(path), None, False)
            return self._inside(_module(path, ".".join(parts[:end])), rest, depth)
        return None

    def signature(self, name: str) -> list[str] | None:
        """The parameter names of a function, or of the constructor of a class; None when the source does not show it."""
        found = self.find(name)
        if found is None or found.node is None:
            return None
        node = found.node
        if isinstance(node, ast.ClassDef):
            made = self._member(node, found.where, "__init__", DEPTH) or self._member(node, found.where, "__new__", DEPTH)
            if made is None or made.node is None:
                return [b.target.id for b in node.body if isinstance(b, ast.AnnAssign) and isinstance(b.target, ast.Name)] or None
            node = made.node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return None
        given = node.args
        names = [a.arg for a in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
        for decorator in node.decorator_list:  # `@deprecate_kwarg("old", ...)` still takes the old name
            if "deprecat" in ast.unparse(decorator).lower():
                names += [n.value for n in ast.walk(decorator) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
        return [*names, *(["**"] if given.kwarg else [])]

    def names(self, module: str) -> set[str]:
        """What a module binds at its top."""
        path = self._file(module.split("."))
        return set(_module(path, module).bound) if path is not None and path.suffix == ".py" else set()

    def lazy(self, module: str) -> bool:
        """Whether a module makes names when it is asked for them, so that its source does not list them all."""
        path = self._file(module.split("."))
        return path is not None and path.suffix == ".py" and _makes_names(_module(path, module))

    # ---- inside ----

    def _file(self, parts: list[str]) -> Path | None:
        for root in self.roots:
            inner = INNER.get(parts[0], "")
            base = root.joinpath(inner, *parts[1:]) if inner and (root / inner).is_dir() else root.joinpath(*parts)
            for candidate in (base / "__init__.py", base.with_name(base.name + ".py"), base.with_name(base.name + ".pyi")):
                if candidate.is_file():
                    return candidate
            if base.is_dir() and any(base.rglob("*.py")):
                return base
            if base.parent.is_dir() and any(
                p.name.startswith(base.name + ".") and p.suffix in (".so", ".pyx") for p in base.parent.iterdir()
            ):
                return base
        return None

    def _inside(self, module: Module, rest: list[str], depth: int) -> Found | None:
        found = self._top(module, rest[0], depth)
        for name in rest[1:]:
            if found is None or not found.sure:
                return found
            if isinstance(found.node, ast.ClassDef):
                found = self._member(found.node, found.where, name, depth - 1)
            elif found.node is None:
                found = self.find(f"{found.where}.{name}", depth - 1)
            else:
                return Found(found.where, None, False)
        return found

    def _top(self, module: Module, name: str, depth: int) -> Found | None:
        node = module.bound.get(name)
        if isinstance(node, ast.Import):
            alias = next(a for a in node.names if (a.asname or a.name.partition(".")[0]) == name)
            return self.find(alias.name if alias.asname else name, depth - 1) or Found(alias.name, None, False)
        if isinstance(node, ast.ImportFrom):
            alias = next(a for a in node.names if (a.asname or a.name) == name)
            source = _absolute(module, node)
            if source.partition(".")[0] != module.name.partition(".")[0]:
                return Found(f"{source}.{alias.name}", None, False)
            return self.find(f"{source}.{alias.name}", depth - 1)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name | ast.Attribute) and ast.unparse(node.value) != name:
            return self.find(f"{module.name}.{ast.unparse(node.value)}", depth - 1) or Found(module.name, None, False)
        if node is not None:
            return Found(f"{module.name}.{name}", node)
        for star in module.stars:
            if star.partition(".")[0] != module.name.partition(".")[0]:
                continue
            found = self.find(f"{star}.{name}", depth - 1)
            if found is not None and found.sure:
                return found
        return Found(module.name, None, False) if _makes_names(module) and re.search(f"[\"']{re.escape(name)}[\"']", module.text) else None

    def _member(self, node: ast.ClassDef, where: str, name: str, depth: int) -> Found | None:
        """A member of a class: methods, class variables, what its methods store, then its bases."""
        if depth <= 0:
            return None
        bound: dict[str, ast.AST] = {}
        _bind(node.body, bound, [], "")
        if name in bound:
            return Found(f"{where}.{name}", bound[name])
        for part in ast.walk(node):
            if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store) and part.attr == name:
                return Found(f"{where}.{name}", part)
        module = where.rpartition(".")[0]
        for base in node.bases:
            written = ast.unparse(base.value if isinstance(base, ast.Subscript) else base)
            parent = self.find(f"{module}.{written}", depth - 1)
            if parent is not None and isinstance(parent.node, ast.ClassDef):
                found = self._member(parent.node, parent.where, name, depth - 1)
                if found is not None:
                    return found
            elif parent is not None and not parent.sure:
                return Found(parent.where, None, False)
        return None


def _makes_names(module: Module) -> bool:
    text = module.text
    return "__getattr__" in module.bound or "sys.modules" in text or "globals()" in text or LAZY.search(text) is not None


@cache
def _module(path: Path, name: str) -> Module:
    text = path.read_text(encoding="utf-8", errors="replace")
    module = Module(path, name, text)
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return module
    _bind(tree.body, module.bound, module.stars, name if path.name.startswith("__init__") else name.rpartition(".")[0])
    return module


def _bind(body: list[ast.stmt], bound: dict[str, ast.AST], stars: list[str], package: str) -> None:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound[node.name] = node
        elif isinstance(node, ast.Import):
            bound.update({alias.asname or alias.name.partition(".")[0]: node for alias in node.names})
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if alias.name == "*":
                    stars.append(_from(package, node))
                else:
                    bound[alias.asname or alias.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = [node.target] if isinstance(node, ast.AnnAssign) else node.targets
            bound.update({name: node for target in targets for name in _targets(target)})
        elif isinstance(node, ast.If | ast.Try | ast.With):
            for attribute in ("body", "orelse", "finalbody"):
                _bind(getattr(node, attribute, []), bound, stars, package)
            for handler in getattr(node, "handlers", []):
                _bind(handler.body, bound, stars, package)


def _targets(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Tuple | ast.List):
        return [name for element in node.elts for name in _targets(element)]
    return [node.id] if isinstance(node, ast.Name) else []


def _absolute(module: Module, node: ast.ImportFrom) -> str:
    return _from(module.name if module.path.name.startswith("__init__") else module.name.rpartition(".")[0], node)


def _from(package: str, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    base = ".".join(parts[: len(parts) - node.level + 1])
    return f"{base}.{node.module}" if node.module else base
