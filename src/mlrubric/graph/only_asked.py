"""Whether what an operation gives is only asked by checks: `frame.isna().any()` under an `if` that raises computes no feature."""

from __future__ import annotations

from collections import deque

from mlrubric.graph.code import Code

KEPT = frozenset({"return", "yield", "store_attribute", "store_subscript", "container", "dict"})
MOST = 60


def only_asked(code: Code, op: int) -> bool:
    """Whether every use of a value ends in the condition of a check."""
    waiting, seen, asked = deque([op]), {op}, False
    while waiting:
        here = waiting.popleft()
        if here in code.checks.conditions:
            asked = True
            continue
        used = here != op and code.program.ops[here].kind == "call" and here in code.op_node and not _derives(code, here)
        if len(seen) > MOST or used or code.program.ops[here].kind in KEPT:
            return False
        for following in code.flow.after(here):
            if following not in seen:
                seen.add(following)
                waiting.append(following)
    return asked


def _derives(code: Code, op: int) -> bool:
    return bool({"data.derive", "transform.stateless", "check"} & code.meanings.roles(op))
