"""What names, attributes and calls mean: one worklist over the program's operations until no value changes.

The analysis is flow-sensitive inside a function (use-definition chains) and context-insensitive between functions. Every
dependency that it finds on the way (argument to parameter, return to call, attribute store to load) is kept, because the
flow of data follows the same edges.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from mlrubric.graph.program import ModuleUnit, Program
from mlrubric.graph.values import EMPTY, HOLE, Value, Values, concatenations, constant, join, texts
from mlrubric.knowledge.catalogue import Catalogue

BUILTINS = frozenset(dir(__builtins__) if not isinstance(__builtins__, dict) else __builtins__)
TRANSPARENT = {"phi", "assign", "conditional", "boolean", "await"}
STEPS_PER_OP = 60


class Resolver:
    """Holds the values of every operation and the dynamic edges. Use `resolve()`."""

    def __init__(self, program: Program, catalogue: Catalogue) -> None:
        self.program, self.catalogue = program, catalogue
        count = len(program.ops)
        self.values: list[Values] = [EMPTY] * count
        self.uses: list[list[int]] = [[] for _ in range(count)]
        self.targets: dict[int, set[Value]] = {}  # call -> what it calls
        self.sources: dict[int, set[int]] = {}  # parameter -> operations handed to it
        self.results: dict[int, set[int]] = {}  # call -> return operations whose value it yields
        self.reads: dict[int, set[int]] = {}  # load or attribute -> definitions outside its own chain
        self.stores: dict[tuple[int, str], set[int]] = {}  # (class scope, attribute) -> stored values
        self.watchers: dict[tuple[int, str], set[int]] = {}
        self.scope_returns: dict[int, tuple[int, ...]] = {}
        self.callers: dict[int, set[int]] = {}  # scope -> call operations
        self.class_of: dict[int, int] = {}  # method scope -> class scope
        self.properties: set[int] = set()
        self.statics: set[int] = set()
        self.classmethods: set[int] = set()
        self._queue: deque[int] = deque(range(count))
        self._queued = bytearray(b"\x01") * count
        self._mro: dict[int, tuple[tuple[int, ...], tuple[str, ...]]] = {}
        for op, args in enumerate(program.args):
            for arg in args:
                if arg >= 0:
                    self.uses[arg].append(op)
        for scope, facts in enumerate(program.scopes):
            parent = program.parent_scope(scope)
            if facts.kind == "function" and parent >= 0 and program.scopes[parent].kind == "class":
                self.class_of[scope] = parent
        self._rules: dict[str, Callable[[int], Values]] = {
            "const": self._const, "param": self._param, "load": self._load, "unpack": self._unpack, "element": self._element,
            "enter": self._enter, "attribute": self._attribute, "subscript": self._subscript, "call": self._call,
            "fstring": self._fstring, "binary": self._binary, "import": self._import, "function": self._function,
            "class": self._class, "lambda": self._function, "store_attribute": self._store_attribute,
            "container": self._made, "dict": self._made, "comprehension": self._made, "return": self._return, "yield": self._return,
        }  # fmt: skip

    # ---- engine -------------------------------------------------------------------------------------------------

    def run(self) -> None:
        ops, budget = self.program.ops, STEPS_PER_OP * len(self.program.ops)
        while self._queue and budget > 0:
            budget -= 1
            op = self._queue.popleft()
            self._queued[op] = 0
            kind = ops[op].kind
            rule = self._rules.get(kind)
            if rule is not None:
                new = rule(op)
            elif kind in TRANSPARENT:
                args = self.program.args[op][1:] if kind == "conditional" else self.program.args[op]
                new = join(*(self.values[a] for a in args if a >= 0))
            else:
                continue
            if not new <= self.values[op]:
                self.values[op] = join(self.values[op], new)
                for use in self.uses[op]:
                    self.push(use)

    def push(self, op: int) -> None:
        if not self._queued[op]:
            self._queued[op] = 1
            self._queue.append(op)

    def depend(self, source: int, target: int, edges: dict[int, set[int]]) -> None:
        """Make `target` follow `source` from now on, and remember the edge."""
        known = edges.setdefault(target, set())
        if source not in known:
            known.add(source)
            self.uses[source].append(target)
            self.push(target)

    def of(self, op: int) -> Values:
        return self.values[op] if op >= 0 else EMPTY

    # ---- simple operations --------------------------------------------------------------------------------------

    def _const(self, op: int) -> Values:
        value = self.program.ops[op].value
        return frozenset([constant(value)])

    def _made(self, op: int) -> Values:
        return frozenset([("made", op)])

    def _return(self, op: int) -> Values:
        args = self.program.args[op]
        return self.of(args[0]) if args else EMPTY

    def _param(self, op: int) -> Values:
        facts = self.program.ops[op]
        scope = self.program.scope_id(op)
        found = [self.of(s) for s in self.sources.get(op, ())]
        found.extend(self.of(a) for a in self.program.args[op])
        owner = self.class_of.get(scope)
        if owner is not None and scope not in self.statics and self.program.params(scope)[:1] == (op,):
            found.append(frozenset([("class", owner) if scope in self.classmethods or facts.name == "cls" else ("instance", owner)]))
        if isinstance(facts.extra, int) and facts.extra >= 0:
            found.append(self._annotated(facts.extra + self.program.unit(op).base))
        return join(*found)

    def _annotated(self, annotation: int) -> Values:
        """Instances of what an annotation names."""
        made: set[Value] = set()
        for value in self.of(annotation):
            if value[0] == "class":
                made.add(("instance", value[1]))
            elif value[0] == "external" and self.catalogue.type(str(value[1])) is not None:
                made.add(("object", self.catalogue.canonical(str(value[1]))))
        return frozenset(made)

    def _load(self, op: int) -> Values:
        facts, args = self.program.ops[op], self.program.args[op]
        found = [self.of(a) for a in args]
        if not args or facts.extra == 1:
            definitions = self.lookup(facts.name, op)
            for definition in definitions:
                self.depend(definition, op, self.reads)
                found.append(self.of(definition))
            if not definitions and not args:
                found.append(self._outside(facts.name, op))
        return join(*found)

    def lookup(self, name: str, op: int) -> tuple[int, ...]:
        """Definitions of a free variable, from the scopes around; class scopes are passed over, as Python does."""
        scope = self.program.scope_id(op)
        first = True
        while scope >= 0:
            if not first and self.program.scopes[scope].kind == "class":
                scope = self.program.parent_scope(scope)
                continue
            if not first or self.program.scopes[scope].kind == "module":
                found = self.program.exports[scope].get(name)
                if found:
                    return found
            first = False
            scope = self.program.parent_scope(scope)
        return ()

    def _outside(self, name: str, op: int) -> Values:
        """A name that no scope defines: a star import, then a builtin."""
        unit = self.program.unit(op)
        for star in unit.stars:
            found = self._from_star(star, name, op)
            if found:
                return found
        return frozenset([("external", f"builtins.{name}")]) if name in BUILTINS else EMPTY

    def _from_star(self, star: int, name: str, op: int) -> Values:
        unit = self.program.unit(star)
        value = self.program.ops[star].value
        assert isinstance(value, tuple)
        index = self.program.find_module(str(value[0]), int(value[2]), unit)
        if index is None:
            module = str(value[0])
            qualified = f"{module}.{name}"
            return frozenset([("external", qualified)]) if self.catalogue.api(qualified) or self.catalogue.type(qualified) else EMPTY
        return self._module_attribute(index, name, op, set())

    def _unpack(self, op: int) -> Values:
        index, found = self.program.ops[op].value, set[Value]()
        for value in self.of(self.program.args[op][0]):
            if value[0] == "made":
                found |= self._item(int(str(value[1])), index, op)
            elif value[0] == "tuple" and isinstance(value[1], tuple):
                kinds = value[1]
                if isinstance(index, int) and -len(kinds) <= index < len(kinds):
                    found.add(("object", kinds[index]))
                elif kinds:
                    found.add(("object", kinds[0]))
        return frozenset(found)

    def _element(self, op: int) -> Values:
        found: set[Value] = set()
        for value in self.of(self.program.args[op][0]):
            if value[0] == "made":
                found |= self._item(int(str(value[1])), None, op)
            elif value[0] == "object":
                item = self.catalogue.attribute(str(value[1]), "__iter__")
                if item:
                    found.add(("object", item))
        return frozenset(found)

    def _item(self, made: int, index: object, op: int) -> set[Value]:
        """Values of an item of a container made at an operation; all items when the index is not known."""
        facts, args = self.program.ops[made], self.program.args[made]
        if facts.kind == "dict":
            chosen: Iterable[int] = args[1::2]
            if index is not None:
                exact = [v for k, v in zip(args[::2], args[1::2], strict=False) if k >= 0 and constant(index) in self.of(k)]
                chosen = exact or chosen
        elif facts.kind == "comprehension":
            chosen = args[-1:]
        elif isinstance(index, int) and -len(args) <= index < len(args):
            chosen = (args[index],)
        else:
            chosen = args
        found: set[Value] = set()
        for item in list(chosen):
            if item >= 0:
                self.depend(item, op, self.reads)
                found |= self.of(item)
        return found

    def _subscript(self, op: int) -> Values:
        target, index = self.program.args[op][0], self.program.args[op][1] if len(self.program.args[op]) > 1 else -1
        keys = [v[1] for v in self.of(index) if v[0] in ("text", "const")]
        found: set[Value] = set()
        for value in self.of(target):
            if value[0] == "made":
                for key in keys or [None]:
                    found |= self._item(int(str(value[1])), key, op)
            elif value[0] == "object":
                item = self.catalogue.attribute(str(value[1]), "__getitem__")
                if item:
                    found.add(("object", item))
        return frozenset(found)

    def _enter(self, op: int) -> Values:
        found: set[Value] = set()
        for value in self.of(self.program.args[op][0]):
            if value[0] == "instance":
                for method in self.class_attribute(int(str(value[1])), "__enter__", op):
                    if method[0] == "function":
                        found |= self._invoke(op, ("bound", method[1], value), (), (), ())
            else:
                found.add(value)
        return frozenset(found)

    def _fstring(self, op: int) -> Values:
        pieces, parts = self.program.ops[op].value, iter(self.program.args[op])
        assert isinstance(pieces, tuple)
        alternatives: list[list[str]] = []
        for piece in pieces:
            if piece is None:
                alternatives.append(self.spellings(next(parts, -1)))
            else:
                alternatives.append([str(piece)])
        return concatenations(alternatives)

    def spellings(self, op: int) -> list[str]:
        """How a value is written when it is formatted, as far as it is known."""
        return [str(v[1]) for v in sorted(self.of(op), key=repr) if v[0] in ("text", "const")][:4] or [HOLE]

    def _binary(self, op: int) -> Values:
        name, args = self.program.ops[op].name, self.program.args[op]
        left, right = self.of(args[0]), self.of(args[1]) if len(args) > 1 else EMPTY
        found: set[Value] = {v for v in left | right if v[0] == "object" and "path" not in str(v[1]).lower()}
        left_texts, right_texts = texts(left), texts(right)
        if name == "+" and (left_texts or right_texts):
            return concatenations([list(left_texts), list(right_texts)])
        if name == "/" and (right_texts or left_texts):
            return concatenations([list(left_texts), ["/"], list(right_texts)])
        if name == "%" and left_texts:
            return frozenset(("text", _percent(t)) for t in left_texts)
        return frozenset(found)

    # ---- names --------------------------------------------------------------------------------------------------

    def _import(self, op: int) -> Values:
        facts = self.program.ops[op]
        unit = self.program.unit(op)
        assert isinstance(facts.value, tuple)
        module, symbol, level = str(facts.value[0]), str(facts.value[1]), int(facts.value[2])
        index = self.program.find_module(module, level, unit)
        if facts.name == "*":
            return EMPTY
        if symbol:
            whole = f"{module}.{symbol}" if module else symbol
            if index is not None:
                found = self._module_attribute(index, symbol, op, set())
                if found:
                    return found
                inner = self.program.find_module(whole, level, unit)
                return frozenset([("module", inner)]) if inner is not None else EMPTY
            inner = self.program.find_module(whole, level, unit)
            if inner is not None:
                return frozenset([("module", inner)])
            return frozenset([("external", whole)]) if not level else EMPTY
        if index is not None:
            return frozenset([("module", index)])
        if self.program.is_package(module, unit):
            return frozenset([("package", module, unit.index)])
        return frozenset([("external", module)])

    def _module_attribute(self, index: int, name: str, op: int, seen: set[int]) -> Values:
        """An attribute of a project module: what it defines, re-exports, star-imports, or a submodule."""
        if index in seen:
            return EMPTY
        seen.add(index)
        unit = self.program.modules[index]
        found: list[Values] = []
        for definition in self.program.exports[self.program.module_scope(unit)].get(name, ()):
            self.depend(definition, op, self.reads)
            found.append(self.of(definition))
        if found:
            return join(*found)
        inner = self._submodule(unit, name)
        if inner is not None:
            return frozenset([("module", inner)])
        for star in unit.stars:
            value = self.program.ops[star].value
            assert isinstance(value, tuple)
            source = self.program.find_module(str(value[0]), int(value[2]), unit)
            values = self._module_attribute(source, name, op, seen) if source is not None else EMPTY
            if values:
                return values
        return EMPTY

    def _submodule(self, unit: ModuleUnit, name: str) -> int | None:
        if not unit.path.endswith("/__init__.py") and unit.path != "__init__.py":
            return None
        folder = unit.path[: -len("__init__.py")]
        return self.program.by_path.get(f"{folder}{name}.py", self.program.by_path.get(f"{folder}{name}/__init__.py"))

    def _function(self, op: int) -> Values:
        facts = self.program.ops[op]
        unit = self.program.unit(op)
        scope = int(str(facts.value)) + unit.scope_base
        own: Value = ("function", scope)
        if facts.kind == "lambda":
            return frozenset([own])
        decorators = self.program.args[op][len(self.program.args[op]) - int(str(facts.extra or 0)) :] if facts.extra else ()
        current: Values = frozenset([own])
        for decorator in decorators:
            names = {str(v[1]) for v in self.of(decorator) if v[0] == "external"}
            if "builtins.staticmethod" in names:
                self.statics.add(scope)
            elif "builtins.classmethod" in names:
                self.classmethods.add(scope)
            elif names & {"builtins.property", "functools.cached_property"}:
                self.properties.add(scope)
            else:
                made = [self._invoke(op, v, (op,), (), ()) for v in self.of(decorator) if v[0] in ("function", "bound")]
                current = join(current, *made)
        return current

    def _class(self, op: int) -> Values:
        return frozenset([("class", int(str(self.program.ops[op].value)) + self.program.unit(op).scope_base)])

    # ---- classes and attributes ---------------------------------------------------------------------------------

    def mro(self, scope: int, guard: tuple[int, ...] = ()) -> tuple[tuple[int, ...], tuple[str, ...]]:
        """Project classes of the method resolution order and the names of library bases."""
        if scope in guard:
            return (), ()
        own: list[int] = [scope]
        outer: list[str] = []
        definition = self.program.definition(scope)
        extra = self.program.ops[definition].extra if definition >= 0 else None
        count = int(extra[0]) if isinstance(extra, tuple) else 0
        for base in self.program.args[definition][:count] if definition >= 0 else ():
            for value in sorted(self.of(base), key=repr):
                if value[0] == "class":
                    inner, libraries = self.mro(int(str(value[1])), (*guard, scope))
                    own.extend(c for c in inner if c not in own)
                    outer.extend(x for x in libraries if x not in outer)
                elif value[0] == "external" and str(value[1]) not in outer:
                    outer.append(self.catalogue.canonical(str(value[1])))
        return tuple(own), tuple(outer)

    def class_attribute(self, scope: int, name: str, op: int, skip: int = 0) -> Values:
        """What `name` means on a class: its own definitions and stores, along the order; library methods last."""
        classes, libraries = self.mro(scope)
        found: list[Values] = []
        for owner in classes[skip:]:
            for definition in self.program.exports[owner].get(name, ()):
                self.depend(definition, op, self.reads)
                found.append(self.of(definition))
            key = (owner, name)
            self.watchers.setdefault(key, set()).add(op)
            for stored in self.stores.get(key, ()):
                self.depend(stored, op, self.reads)
                found.append(self.of(stored))
            if found:
                return join(*found)
        for library in libraries:
            if self.catalogue.method(library, name) is not None:
                return frozenset([("method", library, name)])
        return EMPTY

    def _attribute(self, op: int) -> Values:
        name = self.program.ops[op].name
        found: list[Values] = []
        for value in self.of(self.program.args[op][0]):
            kind = value[0]
            if kind == "module":
                found.append(self._module_attribute(int(str(value[1])), name, op, set()))
            elif kind == "package":
                dotted = f"{value[1]}.{name}"
                unit = self.program.modules[int(str(value[2]))]
                inner = self.program.find_module(dotted, 0, unit)
                found.append(frozenset([("module", inner)]) if inner is not None else frozenset([("package", dotted, unit.index)]))
            elif kind == "external":
                found.append(frozenset([("external", f"{value[1]}.{name}")]))
            elif kind == "object":
                made = self.catalogue.attribute(str(value[1]), name)
                found.append(frozenset([("object", made)]) if made else frozenset([("method", value[1], name)]))
            elif kind in ("instance", "class"):
                found.append(self._on_class(op, value, name))
            elif kind == "super":
                found.append(self._bind(self.class_attribute(int(str(value[1])), name, op, skip=1), ("instance", value[1]), op))
        return join(*found) if found else EMPTY

    def _on_class(self, op: int, value: Value, name: str) -> Values:
        raw = self.class_attribute(int(str(value[1])), name, op)
        return self._bind(raw, value, op)

    def _bind(self, raw: Values, receiver: Value, op: int) -> Values:
        bound: set[Value] = set()
        for item in raw:
            scope = int(str(item[1])) if item[0] == "function" else -1
            if scope in self.properties:
                bound |= self._invoke(op, ("bound", scope, receiver), (), (), ())
            elif scope >= 0 and scope in self.class_of and scope not in self.statics and (receiver[0] == "instance" or scope in self.classmethods):
                bound.add(("bound", scope, receiver))
            else:
                bound.add(item)
        return frozenset(bound)

    def _store_attribute(self, op: int) -> Values:
        target, value = self.program.args[op][0], self.program.args[op][1] if len(self.program.args[op]) > 1 else -1
        name = self.program.ops[op].name
        for owner in self.of(target):
            if owner[0] in ("instance", "class") and value >= 0:
                key = (int(str(owner[1])), name)
                stored = self.stores.setdefault(key, set())
                if value not in stored:
                    stored.add(value)
                    for watcher in self.watchers.get(key, ()):
                        self.push(watcher)
        return EMPTY

    # ---- calls --------------------------------------------------------------------------------------------------

    def _call(self, op: int) -> Values:
        from mlrubric.graph.calls import call

        return call(self, op)

    def _invoke(self, op: int, callee: Value, positional: tuple[int, ...], keywords: tuple[tuple[str, int], ...], stars: tuple[int, ...]) -> Values:
        from mlrubric.graph.calls import invoke

        return invoke(self, op, callee, positional, keywords, stars)


def _percent(text: str) -> str:
    import re

    return re.sub(r"%[-#0 +]*\d*(?:\.\d+)?[sdrfgix]", HOLE, text)


def resolve(program: Program, catalogue: Catalogue) -> Resolver:
    """Run the analysis to its end."""
    resolver = Resolver(program, catalogue)
    resolver.run()
    return resolver
