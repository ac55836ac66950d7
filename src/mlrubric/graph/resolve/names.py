"""What a name means: local and free variables, imports, re-exports, star imports, modules that answer lazily."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

from mlrubric.graph.resolve.annotations import annotated
from mlrubric.graph.values import EMPTY, Values, join, number

if TYPE_CHECKING:
    from mlrubric.graph.program import ModuleUnit
    from mlrubric.graph.resolve.engine import Resolver

BUILTINS = frozenset(dir(builtins))


def assigned(r: Resolver, op: int) -> Values:
    args, annotation = r.program.args[op], r.program.ops[op].extra
    value = r.values[args[0]] if args and args[0] >= 0 else EMPTY
    if isinstance(annotation, int) and annotation >= 0 and not isinstance(annotation, bool):
        return join(value, annotated(r, annotation + r.program.unit(op).base, op))
    return value


def load(r: Resolver, op: int) -> Values:
    facts, args = r.program.ops[op], r.program.args[op]
    if len(args) == 1 and facts.extra != 1 and facts.name not in r.rebound:
        return r.values[args[0]]
    found = [r.values[a] for a in args]
    if not args or facts.extra == 1:
        definitions = lookup(r, facts.name, op)
        if definitions:
            found.append(r.read(definitions, op))
        elif not args:
            found.append(_outside(r, facts.name, op))
    elif facts.name in r.rebound:
        rebound = r.program.rebound.get((r.program.scope_id(op), facts.name))
        if rebound:
            found.append(r.read(rebound, op))
    return join(*found) if found else EMPTY


def lookup(r: Resolver, name: str, op: int) -> tuple[int, ...]:
    """Definitions of a free variable, from the scopes around; class scopes are passed over, as Python does."""
    program = r.program
    scope, first = program.scope_id(op), True
    while scope >= 0:
        kind = program.scopes[scope].kind
        if kind == "module" or not (first or kind == "class"):
            found = (*program.exports[scope].get(name, ()), *program.rebound.get((scope, name), ()))
            if found:
                return found
        first = False
        scope = program.parent_scope(scope)
    return ()


def _outside(r: Resolver, name: str, op: int) -> Values:
    """A name that no scope defines: the last star import that has it, then what every module has, then a builtin."""
    unit = r.program.unit(op)
    for star in reversed(unit.stars):
        found = _from_star(r, star, name, op)
        if found:
            return found
    if name == "__name__":
        return frozenset([("text", unit.names[0])])
    if name == "__file__":
        return frozenset([("text", unit.path)])
    return frozenset([("external", f"builtins.{name}")]) if name in BUILTINS else EMPTY


def _from_star(r: Resolver, star: int, name: str, op: int) -> Values:
    unit = r.program.unit(star)
    value = r.program.ops[star].value
    assert isinstance(value, tuple)
    index = r.program.find_module(str(value[0]), int(value[2]), unit)
    if index is None:
        qualified = f"{value[0]}.{name}"
        return frozenset([("external", qualified)]) if r.catalogue.api(qualified) or r.catalogue.type(qualified) else EMPTY
    return member(r, index, name, op)


# ---- imports ----------------------------------------------------------------------------------------------------


def imported(r: Resolver, op: int) -> Values:
    facts = r.program.ops[op]
    if facts.name == "*":
        return EMPTY
    unit = r.program.unit(op)
    assert isinstance(facts.value, tuple)
    module, symbol, level = str(facts.value[0]), str(facts.value[1]), int(facts.value[2])
    if symbol:
        return imported_from(r, op, unit, module, symbol, level)
    found = _module(r, module, unit)
    if isinstance(facts.extra, str) and next(iter(found))[0] == "external":
        whole = r.program.find_module(facts.extra, 0, unit)  # `import a.b` where only `a.b` is found, by its end
        if whole is not None:
            return frozenset([("package", module, unit.index)])
    return found


def _module(r: Resolver, name: str, unit: ModuleUnit) -> Values:
    index = r.program.find_module(name, 0, unit)
    if index is not None:
        return frozenset([("module", index)])
    if r.program.is_package(name, unit) and not r.catalogue.knows(name):  # an installed package wins over a folder that is none
        return frozenset([("package", name, unit.index)])
    return frozenset([("external", name)])


def imported_from(r: Resolver, op: int, unit: ModuleUnit, module: str, symbol: str, level: int) -> Values:
    index = r.program.find_module(module, level, unit)
    whole = f"{module}.{symbol}" if module else symbol
    if index is not None and index != unit.index:
        found = member(r, index, symbol, op)
        if found:
            return found
    inner = r.program.find_module(whole, level, unit)
    if inner is not None:
        return frozenset([("module", inner)])
    if level or index is not None:
        return EMPTY
    if r.program.is_package(whole, unit):
        return frozenset([("package", whole, unit.index)])
    return frozenset([("external", whole)])


def import_by_name(r: Resolver, op: int, text: str, package: str = "") -> Values:
    """`importlib.import_module` of a text, with leading dots from the package of the module that asks."""
    unit = r.program.unit(op)
    level = len(text) - len(text.lstrip("."))
    if not level:
        return _module(r, text, unit)
    index = r.program.find_module(text[level:], level, unit)
    return frozenset([("module", index)]) if index is not None else EMPTY


def member(r: Resolver, index: int, name: str, op: int, seen: set[int] | None = None) -> Values:
    """An attribute of a project module: what it defines, re-exports, star-imports, a submodule, what it answers lazily."""
    seen = seen if seen is not None else set()
    if index in seen:
        return EMPTY
    seen.add(index)
    program = r.program
    unit = program.modules[index]
    scope = program.module_scope(unit)
    r.watchers.setdefault((scope, name), set()).add(op)
    definitions = (*program.exports[scope].get(name, ()), *program.rebound.get((scope, name), ()), *sorted(r.stores.get((scope, name), ())))
    if definitions:
        return r.read(definitions, op)
    for star in reversed(unit.stars):
        value = program.ops[star].value
        assert isinstance(value, tuple)
        source = program.find_module(str(value[0]), int(value[2]), unit)
        values = member(r, source, name, op, seen) if source is not None else EMPTY
        if values:
            return values
    inner = program.submodule(unit, name)
    if inner is not None:
        return frozenset([("module", inner)])
    if unit.replaced or "__getattr__" in program.exports[scope]:
        return _lazily(r, unit, name, op, seen)
    return EMPTY


def _lazily(r: Resolver, unit: ModuleUnit, name: str, op: int, seen: set[int]) -> Values:
    """A module with `__getattr__` answers with what that returns under this name; else a package with a name of one of its modules, which
    counts when only one of them defines it."""
    answers = r.read(r.program.exports[r.program.module_scope(unit)].get("__getattr__", ()), op)
    returned = r.read((x for v in answers if v[0] == "function" for x in r.program.returns(number(v))), op)
    exact = frozenset(v for v in returned if v[0] in ("function", "class") and r.program.scopes[number(v)].name == name)
    exact |= frozenset(v for v in returned if v[0] == "module" and r.program.modules[number(v)].names[0].rpartition(".")[2] == name)
    if exact:
        return exact
    folder = unit.path[: -len("__init__.py")] if unit.path.endswith("__init__.py") else ""
    if not folder:
        return EMPTY
    having = [m for m in r.program.modules_below(folder) if name in r.program.exports[r.program.module_scope(r.program.modules[m])]]
    return member(r, having[0], name, op, seen) if len(having) == 1 else EMPTY
