"""How a file calls what it imports, and where a line may be put below its imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from mlrubric.fix.code import Code


def known_as(code: Code, dotted: str, before: int = 0, alone: bool = False) -> str:
    """The expression for a library's name by the imports at the top of a file (above a line), or of the cells above unless `alone`; ""
    when it is not imported."""
    for statement in imports(code):
        if before and statement.lineno >= before:
            break
        for alias in statement.names:
            whole = alias.name
            if isinstance(statement, ast.ImportFrom):
                if statement.level or not statement.module:
                    continue
                whole = f"{statement.module}.{alias.name}"
            elif not alias.asname:
                whole = alias.name.partition(".")[0]
            bound = alias.asname or whole.rpartition(".")[2]
            if dotted == whole or dotted.startswith(f"{whole}."):
                return bound + dotted[len(whole) :]
    above = code.above_cell() if code.above_cell is not None and not alone else ()
    return next((known for one in above if (known := known_as(one, dotted, alone=True))), "")


def imports(code: Code) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports at the top level of a file."""
    return (one for one in code.tree.body if isinstance(one, (ast.Import, ast.ImportFrom)))


def below_imports(code: Code, before: int) -> int:
    """The line below which a statement may be put: the last import above a line, else the docstring; 0 for none."""
    line = 0
    for number, statement in enumerate(code.tree.body):
        if statement.lineno >= before:
            break
        docstring = number == 0 and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if docstring or isinstance(statement, (ast.Import, ast.ImportFrom)):
            line = statement.end_lineno or statement.lineno
    return line


def call_of(code: Code, written: str, before: int = 0) -> tuple[str, str]:
    """A call written with whole dotted names as this file would write it, and the import that it needs ("" for none)."""
    dotted, paren, rest = written.partition("(")
    known = known_as(code, dotted, before)
    if known:
        return known + paren + rest, ""
    return written, f"import {dotted.partition('.')[0]}"
