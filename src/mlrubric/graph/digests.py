"""Digests that are compared: what was fetched is then the same each time, or the run stops."""

from __future__ import annotations

from mlrubric.graph.code import Code

SIGNED = frozenset({"data.digest"})


class Digests:
    """Where the program asks for the digest of a file or of bytes."""

    def __init__(self, code: Code) -> None:
        self.code = code
        self._all = [op for op, meaning in code.meanings.all().items() if SIGNED & set(meaning.roles)]

    def compared(self, op: int) -> bool:
        """Whether a digest is compared in the function of an operation, or in one that calls it."""
        code = self.code
        scope = code.program.scope_id(op)
        scopes = {scope} | {code.program.scope_id(c) for c in code.resolver.callers.get(scope, ())}
        near = [one for one in self._all if code.program.scope_id(one) in scopes]
        return any(code.program.ops[reached].kind == "compare" for reached in code.flow.reach(near)) if near else False
