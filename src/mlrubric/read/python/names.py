"""Which variables a piece of code binds, found before it is walked (loop heads need to know)."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst


def targets_in(target: cst.BaseExpression | cst.BaseElement) -> Iterator[str]:
    """The variables that an assignment to `target` binds."""
    if isinstance(target, cst.Name):
        yield target.value
    elif isinstance(target, cst.Tuple | cst.List):
        for element in target.elements:
            yield from targets_in(element.value)
    elif isinstance(target, cst.StarredElement):
        yield from targets_in(target.value)


def walruses_in(node: cst.CSTNode) -> set[str]:
    """Variables bound by `:=` in the scope of `node`, nested functions left out."""
    found: set[str] = set()
    pending: list[cst.CSTNode] = [node]
    while pending:
        part = pending.pop()
        if isinstance(part, cst.NamedExpr) and isinstance(part.target, cst.Name):
            found.add(part.target.value)
        if not isinstance(part, cst.FunctionDef | cst.ClassDef | cst.Lambda):
            pending.extend(part.children)
    return found


def bound_in(body: cst.BaseSuite, walrus: bool) -> set[str]:
    """Variables that a suite binds in its own scope."""
    found = walruses_in(body) if walrus else set()
    _suite(body, found)
    return found


def _suite(body: cst.BaseSuite, found: set[str]) -> None:
    for statement in body.body:
        if isinstance(statement, cst.SimpleStatementLine):
            for small in statement.body:
                _small(small, found)
        elif isinstance(statement, cst.BaseSmallStatement):
            _small(statement, found)
        elif isinstance(statement, cst.BaseCompoundStatement):
            _compound(statement, found)


def _small(node: cst.BaseSmallStatement, found: set[str]) -> None:
    if isinstance(node, cst.Assign):
        for target in node.targets:
            found.update(targets_in(target.target))
    elif isinstance(node, cst.AnnAssign | cst.AugAssign):
        if node.value is not None:
            found.update(targets_in(node.target))
    elif isinstance(node, cst.Del):
        found.update(targets_in(node.target))
    elif isinstance(node, cst.Import | cst.ImportFrom):
        if not isinstance(node.names, cst.ImportStar):
            found.update(bound_by(alias) for alias in node.names)
    elif isinstance(node, cst.TypeAlias):
        found.add(node.name.value)


def bound_by(alias: cst.ImportAlias) -> str:
    if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
        return alias.asname.name.value
    name: cst.BaseExpression = alias.name
    while isinstance(name, cst.Attribute):
        name = name.value
    assert isinstance(name, cst.Name)
    return name.value


def _compound(node: cst.BaseCompoundStatement, found: set[str]) -> None:
    if isinstance(node, cst.FunctionDef | cst.ClassDef):
        found.add(node.name.value)
        return
    if isinstance(node, cst.Match):
        for case in node.cases:
            found.update(captures_in(case.pattern))
            _suite(case.body, found)
        return
    if isinstance(node, cst.For):
        found.update(targets_in(node.target))
    elif isinstance(node, cst.With):
        for item in node.items:
            if item.asname is not None:
                found.update(targets_in(item.asname.name))
    elif isinstance(node, cst.Try | cst.TryStar):
        for handler in node.handlers:
            if handler.name is not None:
                found.update(targets_in(handler.name.name))
            _suite(handler.body, found)
        if node.finalbody is not None:
            _suite(node.finalbody.body, found)
    _suite(node.body, found)
    orelse = getattr(node, "orelse", None)
    if isinstance(orelse, cst.If):
        _compound(orelse, found)
    elif isinstance(orelse, cst.Else):
        _suite(orelse.body, found)


def captures_in(pattern: cst.CSTNode) -> set[str]:
    """The variables that a match pattern binds."""
    found: set[str] = set()
    pending: list[cst.CSTNode] = [pattern]
    while pending:
        part = pending.pop()
        if isinstance(part, cst.MatchAs | cst.MatchStar) and part.name is not None:
            found.add(part.name.value)
        elif isinstance(part, cst.MatchMapping) and part.rest is not None:
            found.add(part.rest.value)
        pending.extend(part.children)
    return found
