"""Version constraints of poetry and pipenv (`^1.2`, `~1.2`, `1.2.3`, `>=1,<2 || >=3`) as clauses, and whether they pin."""

from __future__ import annotations

import re

_CLAUSE = re.compile(r"(\^|~=?|===?|!=|<=?|>=?|<>|=)?\s*([^\s,^~=<>!|]+)")


def clauses_of(constraint: str) -> tuple[tuple[str, ...], bool]:
    """The clauses as written, and whether exactly one version can come.

    A bare version is exact and becomes `==`; `*` says nothing; alternatives (`||`) stay one clause, as no list of clauses
    that all hold means the same.
    """
    text = constraint.strip()
    if text in ("", "*"):
        return (), False
    if "|" in text:
        return (text,), False
    clauses = []
    for operator, version in _CLAUSE.findall(text):
        if not operator or operator == "=":
            operator = "=="
        clauses.append(f"{operator}{version}")
    exact = {clause for clause in clauses if clause.startswith("==") and "*" not in clause}
    return tuple(clauses), len(exact) == 1
