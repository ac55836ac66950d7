"""Which function walks which kind of libcst node; the walking modules enter themselves here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from mlrubric.read.python.builder import Builder

# node and twin are of the types that the walking function itself declares
ExpressionWalk = Callable[["Builder", Any, Any], int]
StatementWalk = Callable[["Builder", Any, Any], None]
_E = TypeVar("_E", bound=Callable[..., int])
_S = TypeVar("_S", bound=Callable[..., None])


class _Expressions(dict[type, ExpressionWalk]):
    def __missing__(self, kind: type) -> ExpressionWalk:
        from mlrubric.read.python.expressions import not_modelled

        return not_modelled


class _Statements(dict[type, StatementWalk]):
    def __missing__(self, kind: type) -> StatementWalk:
        from mlrubric.read.python.statements import statement_not_modelled

        return statement_not_modelled


EXPRESSIONS: dict[type, ExpressionWalk] = _Expressions()
STATEMENTS: dict[type, StatementWalk] = _Statements()


def expression(*kinds: type) -> Callable[[_E], _E]:
    def enter(walk: _E) -> _E:
        EXPRESSIONS.update(dict.fromkeys(kinds, walk))
        return walk

    return enter


def statement(*kinds: type) -> Callable[[_S], _S]:
    def enter(walk: _S) -> _S:
        STATEMENTS.update(dict.fromkeys(kinds, walk))
        return walk

    return enter
