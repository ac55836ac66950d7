"""Functions, lambdas and classes where they are defined; decorators; what a parameter may be."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from mlrubric.graph.resolve import calls, components, given
from mlrubric.graph.resolve.annotations import annotated
from mlrubric.graph.values import CALLED, EMPTY, Value, Values, join, number, ordered

if TYPE_CHECKING:
    from mlrubric.graph.program import Program
    from mlrubric.graph.resolve.engine import Resolver

CLASS_FIRST = frozenset({"__new__", "__init_subclass__", "__class_getitem__"})
HEIRS = 4  # subclasses that a method which nothing in the project calls is seen on
PROPERTIES = frozenset({"builtins.property", "functools.cached_property", "abc.abstractproperty"})


def function(r: Resolver, op: int) -> Values:
    """The function itself and what its decorators make of it."""
    facts = r.program.ops[op]
    scope = r.program.defined(op)
    current: Values = frozenset([("function", scope)])
    if facts.kind == "lambda" or not facts.extra:
        if facts.name in CLASS_FIRST:
            r.classmethods.add(scope)
        return current
    own = current
    for decorator in r.program.decorators(op):
        current = _decorated(r, op, scope, decorator, current)
    return join(own, current)


def _decorated(r: Resolver, op: int, scope: int, decorator: int, current: Values) -> Values:
    """What one decorator makes of what the ones below it made; the same when it is a library's."""
    values = r.of(decorator)
    if any(_is_wrapper(v) for v in values or r.targets.get(decorator, EMPTY)):
        r.wrapped.add(scope)
    for value in ordered(v for v in values if v[0] in ("option", "settings")):
        if value[0] == "option":
            given.option_parameter(r, scope, number(value))
        elif params := r.program.params(scope):
            calls.receive(r, params[0], frozenset([value]))
    for handed in _handed(r, values or r.targets.get(decorator, EMPTY)):
        if params := r.program.params(scope):
            calls.receive(r, params[0], frozenset([("object", handed)]))
    for made in components.gives(r, decorator):
        if made.startswith("component"):
            components.add(r, scope, made)
    names = {str(v[1]) for v in values if v[0] == "external"}
    if names:
        for name in sorted(names & {"builtins.staticmethod", "builtins.classmethod", *PROPERTIES}):
            r.target(op, ("external", name))
        if "builtins.staticmethod" in names:
            r.statics.add(scope)
        elif "builtins.classmethod" in names:
            r.classmethods.add(scope)
        elif names & PROPERTIES:
            r.properties.add(scope)
        return current
    facts = r.program.ops[decorator]
    if facts.kind == "attribute" and facts.name in ("setter", "deleter", "getter"):
        r.setters.add(scope)
        return join(current, r.of(r.program.args[decorator][0]))
    if _passes_on(r, decorator):
        return current
    return _wrapped(r, op, values, current)


def _passes_on(r: Resolver, decorator: int) -> bool:
    """Whether a library's call gives a decorator that leaves what it decorates as it is: `wraps(function)`, which calls no `function`."""
    apis = (r.catalogue.api(str(t[1])) for t in r.targets.get(decorator, EMPTY) if t[0] == "external")
    return any(api is not None and api.decorates for api in apis)


def _handed(r: Resolver, decorators: Iterable[Value]) -> list[str]:
    """Types of what a library hands to the first parameter of what its decorator takes."""
    apis = (r.catalogue.api(str(v[1])) for v in decorators if v[0] == "external")
    return sorted({api.hands for api in apis if api is not None and api.hands})


def _is_wrapper(decorator: Value) -> bool:
    """Whether a decorator is a library's that may put something of its own around what it decorates."""
    if decorator[0] == "external":
        top = str(decorator[1]).partition(".")[0]
        return top != "builtins" and top not in sys.stdlib_module_names
    return decorator[0] in ("foreign", "object", "method")


def _wrapped(r: Resolver, op: int, decorators: Values, current: Values) -> Values:
    made = [calls.wrap(r, op, v, current) for v in ordered(v for v in decorators if v[0] in DECORATORS)]
    result = join(*made) if made else EMPTY
    return result or current


DECORATORS = frozenset({"function", "bound", "class", "instance", "partial"})


def class_(r: Resolver, op: int) -> Values:
    scope = r.program.defined(op)
    current: Values = frozenset([("class", scope)])
    for decorator in r.program.decorators(op):
        current = join(current, _wrapped(r, op, r.of(decorator), current))
        if any(_is_wrapper(v) for v in r.of(decorator) or r.targets.get(decorator, EMPTY)):
            r.wrapped.add(scope)
    return current


def parameter(r: Resolver, op: int) -> Values:
    facts, program = r.program.ops[op], r.program
    if facts.value in ("*", "**"):
        return frozenset([("made", op)])
    found = [r.values[a] for a in program.args[op] if a >= 0]
    if op in r.declared:
        found = [values - {given.NONE} for values in found]
    holders = r.holders.get(op, ())
    found.extend(r.values[s] for s in r.sources.get(op, ()) if s not in holders)
    receivers = r.receivers.get(op)
    if receivers:
        found.append(frozenset(receivers))
    scope = program.scope_id(op)
    alone = not receivers and (r.late or scope in r.unasked)
    if (alone or len(receivers or ()) > CALLED) and _is_first(r, op):
        as_class = scope in r.classmethods or facts.name == "cls"
        owner = r.class_of[scope]
        heirs = r.heirs.get(owner, ())
        found.append(frozenset(("class" if as_class else "instance", c) for c in (owner, *heirs[:HEIRS])))
    if isinstance(facts.extra, int) and facts.extra >= 0:
        annotation = facts.extra + program.unit(op).base
        found.append(annotated(r, annotation, op))
        if r.components and program.scope_id(op) in r.components:
            found.append(components.output(r, op, annotation))
    result = join(*found) if found else EMPTY
    return result or _from_plug_in(r, op)


def _from_plug_in(r: Resolver, op: int) -> Values:
    """What a plug-in of the test runner hands to a test, where the project has no function of that name."""
    name, program = r.program.ops[op].name, r.program
    handed = r.catalogue.fixture(name)
    if not handed or name in r.fixtures or not _is_of_tests(program, program.scope_id(op)):
        return EMPTY
    return frozenset([("object", handed)])


def _is_of_tests(program: Program, scope: int) -> bool:
    """Whether a function is a test by its name, or makes something for tests."""
    decorators = program.decorators(program.definition(scope)) if program.scopes[scope].kind == "function" else ()
    named = (program.args[d][0] if program.ops[d].kind == "call" else d for d in decorators)
    return program.scopes[scope].name.startswith("test") or any(program.ops[d].name == "fixture" for d in named)


def _is_first(r: Resolver, op: int) -> bool:
    scope = r.program.scope_id(op)
    return scope in r.class_of and scope not in r.statics and r.program.params(scope)[:1] == (op,)


def unclaimed(r: Resolver) -> list[int]:
    """First parameters of methods that nothing in the project calls; those that nothing can call are known but for their heirs."""
    found = []
    for scope in sorted(r.class_of):
        first = r.program.params(scope)[:1]
        known = scope in r.statics or (scope in r.unasked and not r.heirs.get(r.class_of[scope]))
        if first and not known and not r.receivers.get(first[0]) and r.program.ops[first[0]].value == "positional":
            found.append(first[0])
    return found


def unasked(r: Resolver) -> frozenset[int]:
    """Methods whose name stands nowhere behind a dot: only a framework calls them, on their own class."""
    program = r.program
    asked = {program.ops[op].name for op in program.of_kind("attribute")}
    names = ((scope, program.scopes[scope].name) for scope in r.class_of)
    return frozenset(scope for scope, name in names if name not in asked and not name.startswith("__"))
