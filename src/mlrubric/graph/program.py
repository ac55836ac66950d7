"""All Python of the repository as one program: operations with dense numbers, scopes, and the map from import names to modules."""

from __future__ import annotations

import posixpath
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mlrubric.graph.search_paths import is_search_path, search_folders
from mlrubric.model.homes import MEMBER, home, inside
from mlrubric.model.python import Block, Op, PythonModule, Scope

Definitions = tuple[int, ...]
Named = tuple[tuple[tuple[str, ...], str], ...]
LOOPS = frozenset({"for", "while"})
SEARCHES = frozenset({"append", "insert", "extend"})


@dataclass(slots=True)
class ModuleUnit:
    """One module of the program. Operation `i` of the module is `base + i` in the program, likewise scopes and blocks."""

    index: int
    path: str
    facts: PythonModule
    base: int
    scope_base: int
    block_base: int
    names: tuple[str, ...]  # dotted import names, the shortest first
    stars: list[int] = field(default_factory=list)  # import operations with `*`
    search: tuple[str, ...] = ()  # folders that the module puts on `sys.path`
    replaced: bool = False  # it puts something else under its name into `sys.modules`

    @property
    def is_notebook(self) -> bool:
        return self.facts.owner == "notebook"


class Program:
    """The program. Everything is indexed by dense integers: operations, scopes, blocks."""

    def __init__(
        self,
        modules: Sequence[tuple[str, PythonModule]],
        roots: Iterable[str] = (),
        libraries: Collection[str] = (),
        named: Mapping[str, Named] | None = None,
        installed: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.installed = installed or {}  # repository of a system -> package roots of others that it installs
        self.named = named or {}  # what configuration files name for the code to find, by key
        self.libraries = frozenset(libraries)  # import names that are never guessed to be the project's own
        self.modules: list[ModuleUnit] = []
        self.ops: list[Op] = []
        self.args: list[tuple[int, ...]] = []
        self.unit_of: list[int] = []  # operation -> module index
        self.scopes: list[Scope] = []
        self.scope_unit: list[int] = []
        self.blocks: list[Block] = []
        self._by_kind: dict[str, list[int]] = {}  # slots are left out: they come later
        self._scope_of: list[int] = []
        self._params: list[Definitions] = []
        self._returns: list[Definitions] = []
        self.exports: list[dict[str, Definitions]] = []  # per scope
        for path, facts in modules:
            self._add(path, facts)
        self.class_names: frozenset[str] = frozenset(
            name for scope, facts in enumerate(self.scopes) if facts.kind == "class" for name in self.exports[scope]
        )
        self.rebound = self._rebound()
        self.by_path: dict[str, int] = {m.path: m.index for m in self.modules if not m.facts.owner or m.is_notebook}
        self.roots = self._roots(roots)
        self._found: dict[tuple[str, int, int], int | None] = {}
        self._stems: dict[str, int] = {}  # path without its ending -> module; a module wins over a package of the same name
        for path, index in sorted(self.by_path.items(), reverse=True):
            if path.endswith(".py"):
                self._stems[path[:-3].removesuffix("/__init__")] = index
        self._suffixes: dict[str, list[str]] = {}
        self._directories: set[str] = set()
        for path in self.by_path:
            if path.endswith(".py"):
                stem = path[:-3].removesuffix("/__init__")
                self._suffixes.setdefault(stem.rsplit("/", 1)[-1], []).append(stem)
                parent = posixpath.dirname(path)
                while parent:
                    self._directories.add(parent)
                    parent = posixpath.dirname(parent)

    def _add(self, path: str, facts: PythonModule) -> None:
        unit = ModuleUnit(len(self.modules), path, facts, len(self.ops), len(self.scopes), len(self.blocks), _names(path))
        base, scope_base = unit.base, unit.scope_base
        added: list[int] = []
        for number, op in enumerate(facts.ops):
            self.args.append(tuple(a + base if a >= 0 else -1 for a in op.args))
            if op.kind == "import" and op.name == "*":
                unit.stars.append(base + number)
            elif op.kind == "call" and op.args and facts.ops[op.args[0]].name in SEARCHES and is_search_path(facts.ops, op.args[0]):
                added.append(number)
            elif op.kind == "store_subscript" and facts.ops[op.args[0]].name == "modules":
                unit.replaced = True
        unit.search = search_folders(path, facts.ops, added) if added else ()
        self.ops.extend(facts.ops)
        self.unit_of.extend([unit.index] * len(facts.ops))
        self.scopes.extend(facts.scopes)
        self.scope_unit.extend([unit.index] * len(facts.scopes))
        self.blocks.extend(facts.blocks)
        self._scope_of.extend([op.scope + scope_base for op in facts.ops])
        for scope in facts.scopes:
            self.exports.append({name: tuple(d + base for d in defs) for name, defs in scope.exports})
            self._params.append(tuple(p + base for p in scope.params))
            self._returns.append(tuple(r + base for r in scope.returns))
        self.modules.append(unit)
        assert len(self.scopes) == scope_base + len(facts.scopes)

    def _rebound(self) -> dict[tuple[int, str], Definitions]:
        """Definitions of a scope's variable that functions inside make with `global` or `nonlocal`."""
        found: dict[tuple[int, str], Definitions] = {}
        for scope, facts in enumerate(self.scopes):
            for name in facts.globals:
                key = (self.modules[self.scope_unit[scope]].scope_base, name)
                found[key] = (*found.get(key, ()), *self.exports[scope].get(name, ()))
            for name in facts.nonlocals:
                owner = self.parent_scope(scope)
                while owner >= 0 and (
                    self.scopes[owner].kind == "class" or name not in self.exports[owner] or name in self.scopes[owner].nonlocals
                ):
                    owner = self.parent_scope(owner)
                if owner >= 0:
                    found[owner, name] = (*found.get((owner, name), ()), *self.exports[scope].get(name, ()))
        return found

    def _roots(self, roots: Iterable[str]) -> tuple[str, ...]:
        known = {"", "src", "lib", *(r.strip("./") for r in roots)}
        for other in {home(unit.path) for unit in self.modules} - {""}:
            known |= {other, f"{other}/src", f"{other}/lib"}
        return tuple(sorted(known, key=lambda r: (r.count("/"), r)))

    def add_slot(self, scope: int, name: str) -> int:
        """An operation of kind `slot` for what `name` means on a class: every reader of the attribute follows it, and it follows every
        definition."""
        unit = self.modules[self.scope_unit[scope]]
        facts = self.scopes[scope]
        slot = Op("slot", facts.line, facts.column, facts.end_line, facts.column, scope - unit.scope_base, facts.block, name, (), scope)
        self.ops.append(slot)
        self.args.append(())
        self.unit_of.append(unit.index)
        self._scope_of.append(scope)
        return len(self.ops) - 1

    def drop_slots(self) -> None:
        """As it was before any slot was added."""
        last = self.modules[-1] if self.modules else None
        for column in (self.ops, self.args, self.unit_of, self._scope_of):
            del column[last.base + len(last.facts.ops) if last else 0 :]

    # ---- access -------------------------------------------------------------------------------------------------

    def unit(self, op: int) -> ModuleUnit:
        return self.modules[self.unit_of[op]]

    def of_kind(self, *kinds: str) -> list[int]:
        """The operations of some kinds, in order."""
        if not self._by_kind:
            for op, facts in enumerate(self.ops):
                self._by_kind.setdefault(facts.kind, []).append(op)
        if len(kinds) == 1:
            return self._by_kind.get(kinds[0], [])
        return sorted(op for kind in kinds for op in self._by_kind.get(kind, ()))

    def scope_id(self, op: int) -> int:
        """The program-wide number of the scope an operation stands in."""
        return self._scope_of[op]

    def block_id(self, op: int) -> int:
        return self.unit(op).block_base + self.ops[op].block

    def parent_block(self, block: int, unit: ModuleUnit) -> int:
        parent = self.blocks[block].parent
        return parent + unit.block_base if parent >= 0 else -1

    def blocks_around(self, op: int) -> Iterator[int]:
        """The blocks an operation stands in, the innermost first, up to its module."""
        unit = self.unit(op)
        block = unit.block_base + self.ops[op].block
        while block >= 0:
            yield block
            block = self.parent_block(block, unit)

    def innermost_loop(self, op: int) -> int:
        """The innermost loop block around an operation in its function, or -1."""
        for block in self.blocks_around(op):
            kind = self.blocks[block].kind
            if kind in LOOPS:
                return block
            if kind == "scope":
                break
        return -1

    def class_around(self, op: int) -> int:
        """The scope of the innermost class that an operation stands in, or -1."""
        scope = self.scope_id(op)
        while scope >= 0 and self.scopes[scope].kind != "class":
            scope = self.parent_scope(scope)
        return scope

    def parent_scope(self, scope: int) -> int:
        parent = self.scopes[scope].parent
        return parent + self.modules[self.scope_unit[scope]].scope_base if parent >= 0 else -1

    def module_scope(self, unit: ModuleUnit) -> int:
        return unit.scope_base

    def params(self, scope: int) -> tuple[int, ...]:
        return self._params[scope]

    def returns(self, scope: int) -> tuple[int, ...]:
        return self._returns[scope]

    def definition(self, scope: int) -> int:
        """The operation that defines a scope, or -1."""
        op = self.scopes[scope].definition
        return op + self.modules[self.scope_unit[scope]].base if op >= 0 else -1

    def defined(self, op: int) -> int:
        """The scope that a definition of a function, lambda or class opens."""
        return int(str(self.ops[op].value)) + self.unit(op).scope_base

    def decorators(self, definition: int) -> tuple[int, ...]:
        """The decorators of a function or class as they are written, the outermost first."""
        extra = self.ops[definition].extra if definition >= 0 and self.ops[definition].kind in ("function", "class") else 0
        count = int(extra[2]) if isinstance(extra, tuple) else int(str(extra or 0))
        return self.args[definition][-count:] if count else ()

    def called(self, call: int) -> str:
        """The last name of what is called: `fit` of `model.fit(...)`; empty for what has none."""
        callee = self.args[call][0] if self.args[call] else -1
        return self.ops[callee].name or "" if callee >= 0 else ""

    def receiver(self, call: int) -> int:
        """The object whose method is called: `x` in `x.f()`; -1 for other calls, and for what is no call."""
        if self.ops[call].kind != "call":
            return -1
        callee = self.args[call][0]
        return self.args[callee][0] if callee >= 0 and self.ops[callee].kind == "attribute" else -1

    def dotted(self, op: int) -> list[str]:
        """The names of `settings.data.path`, from the variable on; nothing for an expression of another form."""
        words: list[str] = []
        while self.ops[op].kind == "attribute" and self.args[op]:
            words.append(self.ops[op].name)
            op = self.args[op][0]
        return [self.ops[op].name, *reversed(words)] if self.ops[op].kind == "load" else []

    def positional(self, call: int) -> tuple[int, ...]:
        """The arguments that a call gives by position."""
        names, args = self.ops[call].value, self.args[call]
        return args[1 : len(args) - len(names)] if isinstance(names, tuple) else args[1:]

    def keyword(self, call: int, *names: str) -> int:
        """The operation given for a keyword, or -1; -2 when it may come with `**`."""
        given, args = self.ops[call].value, self.args[call]
        if not isinstance(given, tuple):
            return -1
        values = dict(zip((str(name) for name in given), args[len(args) - len(given) :], strict=True))
        return next((values[name] for name in names if name in values), -2 if "**" in values else -1)

    def element(self, container: int, index: object) -> int | None:
        """The element at an index of a written tuple or list; None when it is none, or a star makes the places unknown."""
        elements = self.args[container]
        if self.ops[container].kind != "container" or not isinstance(index, int) or isinstance(index, bool):
            return None
        plain = all(self.ops[e].kind != "element" for e in elements)
        return elements[index] if plain and -len(elements) <= index < len(elements) else None

    def qualified(self, scope: int) -> str:
        """`package.module.Class.method`; the module alone for a module scope."""
        unit = self.modules[self.scope_unit[scope]]
        own = self.scopes[scope].qualname
        return f"{unit.names[0]}.{own}" if own else unit.names[0]

    # ---- imports ------------------------------------------------------------------------------------------------

    def find_module(self, name: str, level: int, importer: ModuleUnit) -> int | None:
        """The module an import names, by the importer's package, its directory, its parents, the source roots and, at last, a unique
        suffix."""
        key = (name, level, importer.index)
        if key not in self._found:
            self._found[key] = self._find(name, level, importer)
        return self._found[key]

    def _find(self, name: str, level: int, importer: ModuleUnit) -> int | None:
        parts = name.replace(".", "/") if name else ""
        here, own = posixpath.dirname(importer.path), home(importer.path)
        if level:
            for _ in range(level - 1):
                here = posixpath.dirname(here)
            return self._at(posixpath.join(here, parts) if parts else here)
        if not parts:
            return None
        for folder in importer.search:
            found = self._at(f"{folder}/{parts}" if folder else parts)
            if found is not None and found != importer.index:
                return found
        directory = here
        while True:
            found = self._at(posixpath.join(directory, parts) if directory else parts)
            if found is not None and found != importer.index:
                return found
            if not directory or directory == own:
                break
            directory = posixpath.dirname(directory)
        for root in (*(root for root in self.roots if home(root) == own), *self.installed.get(own, ())):
            found = self._at(f"{root}/{parts}" if root else parts)
            if found is not None and found != importer.index:
                return found
        if parts.partition("/")[0] in sys.stdlib_module_names or parts.partition("/")[0] in self.libraries:
            return None
        matches = [s for s in self._suffixes.get(parts.rsplit("/", 1)[-1], ()) if s.endswith("/" + parts) and home(s) == own]
        return self._at(matches[0]) if len(matches) == 1 else None

    def imported_modules(self, unit: ModuleUnit, facts: Op) -> list[int]:
        """The modules of the project that an import operation names: the submodule that its symbol is first, then the module."""
        assert isinstance(facts.value, tuple)
        module, symbol, level = str(facts.value[0]), str(facts.value[1]), int(facts.value[2])
        whole = facts.extra if isinstance(facts.extra, str) else module
        names = dict.fromkeys((f"{module}.{symbol}" if symbol and module else symbol or whole, module))
        found = (self.find_module(name, level, unit) for name in names if name)
        return [index for index in found if index is not None and index != unit.index]

    def submodule(self, unit: ModuleUnit, name: str) -> int | None:
        """The module `name` in the folder of a package."""
        if not unit.path.endswith("/__init__.py") and unit.path != "__init__.py":
            return None
        folder = unit.path[: -len("__init__.py")]
        return self.by_path.get(f"{folder}{name}.py", self.by_path.get(f"{folder}{name}/__init__.py"))

    def modules_below(self, folder: str) -> list[int]:
        """The modules in a folder (with its `/`) and below it."""
        return [index for path, index in sorted(self.by_path.items()) if path.startswith(folder)]

    def fields(self, scope: int) -> list[str]:
        """The names that a class body declares or assigns, in source order: the fields of a data class."""
        unit = self.modules[self.scope_unit[scope]]
        own = scope - unit.scope_base
        names = (op.name for op in unit.facts.ops if op.scope == own and op.kind == "assign" and isinstance(op.extra, int))
        return list(dict.fromkeys(names))

    def is_package(self, name: str, importer: ModuleUnit) -> bool:
        """Whether a dotted name is a folder of the project that holds Python (a namespace package)."""
        parts = name.replace(".", "/")
        directory, own = posixpath.dirname(importer.path), home(importer.path)
        while True:
            if (f"{directory}/{parts}" if directory else parts) in self._directories:
                return True
            if not directory or directory == own:
                break
            directory = posixpath.dirname(directory)
        roots = (*(root for root in self.roots if home(root) == own), *self.installed.get(own, ()))
        return any((f"{root}/{parts}" if root else parts) in self._directories for root in roots)

    def _at(self, stem: str) -> int | None:
        return self._stems.get(posixpath.normpath(stem) if stem.startswith(".") or "/." in stem else stem)


def _names(path: str) -> tuple[str, ...]:
    """The dotted names a file may be imported by, from the full path to the file alone; source folders are left out first."""
    stem = inside(path).removesuffix(".py").removesuffix(".ipynb")
    if stem.endswith("/__init__"):
        stem = stem.removesuffix("/__init__")
    parts = [p for p in stem.split("/") if p]
    names = (".".join(parts[1:]), ".".join(parts)) if len(parts) > 1 and parts[0] in ("src", "lib") else (".".join(parts),)
    return (f"{home(path).removesuffix(MEMBER)}.{names[0]}", *names) if home(path) else names
