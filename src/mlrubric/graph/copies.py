"""Functions that a compiled pipeline carries a copy of: the file that they were written in speaks for them."""

from __future__ import annotations

from collections.abc import Sequence

from mlrubric.model.python import PythonModule

CARRIED = ".executors."


def without_copies(modules: Sequence[tuple[str, PythonModule]]) -> list[tuple[str, PythonModule]]:
    """The modules but those inside of compiled pipelines whose functions all stand in a file of the repository."""
    if not any(CARRIED in module.owner for _, module in modules):
        return list(modules)
    written = {scope.name for _, module in modules if not module.owner for scope in module.scopes if scope.kind == "function"}
    return [(path, module) for path, module in modules if CARRIED not in module.owner or not _functions(module) <= written]


def _functions(module: PythonModule) -> set[str]:
    return {scope.name for scope in module.scopes if scope.kind == "function" and scope.parent == 0}
