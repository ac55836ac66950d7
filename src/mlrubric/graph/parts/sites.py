"""Where a helper's rows come from: a training or an evaluation in a function is one for every call that hands it rows."""

from __future__ import annotations

from collections.abc import Callable

from mlrubric.graph.code import Code
from mlrubric.graph.parts.carry import Inside, handed

MOST = 30
DEPTH = 3
Site = tuple[int, tuple[int, ...]]


def sites(code: Code, inside: Inside, site: Site, own: Callable[[int], bool], depth: int = 0, *, tests: bool = False) -> list[Site]:
    """(operation, what it works on): the operation itself, or the calls of its function when what it works on comes in by parameters and
    is nothing that the function brings of its `own`; calls by tests count with `tests`."""
    above = [] if depth >= DEPTH or any(own(source) for source in site[1]) else _above(code, inside, site, tests)
    return [found for call in above for found in sites(code, inside, call, own, depth + 1, tests=tests)] or [site]


def levels(code: Code, inside: Inside, site: Site, depth: int = 0) -> list[Site]:
    """The operation and all calls above it that may hand it what it works on."""
    above = _above(code, inside, site) if depth < DEPTH else []
    return [site, *(found for call in above for found in levels(code, inside, call, depth + 1))]


def _above(code: Code, inside: Inside, site: Site, tests: bool = False) -> list[Site]:
    """The calls of the function around an operation with what they hand to the parameters it works on."""
    op, sources = site
    program, scope, mask = code.program, code.program.scope_id(op), 0
    for source in sources:
        mask |= inside.bits[source]
    callers = [c for c in sorted(code.resolver.callers.get(scope, ())) if tests or not code.tested(c)] if mask else []
    if len(callers) > MOST:
        return []
    found = [(call, _given(code, call, scope, mask)) for call in callers if program.ops[call].kind == "call"]
    return [(call, given) for call, given in found if given]


def _given(code: Code, call: int, scope: int, mask: int) -> tuple[int, ...]:
    """What a call hands to the parameters of a mask."""
    arguments = handed(code, call)
    found: list[int] = []
    for index, parameter in enumerate(code.program.params(scope)):
        if mask >> index & 1:
            found.extend(a for a in arguments if a in code.resolver.sources.get(parameter, ()))
    return tuple(found)
