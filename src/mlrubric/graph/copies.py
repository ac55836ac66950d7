"""Functions that a compiled pipeline carries a copy of: the file that they were written in speaks for them."""

from __future__ import annotations

from collections.abc import Sequence

from mlrubric.model.python import PythonModule

CARRIED = ".executors."  # in the owner of what the second compiler of Kubeflow Pipelines writes
CALLED = "_outputs"  # the variable that the first one gives the results to


def without_copies(modules: Sequence[tuple[str, PythonModule]]) -> list[tuple[str, PythonModule]]:
    """The modules but those inside of compiled pipelines whose functions all stand in a file of the repository."""
    if not any(_is_copy(module) for _, module in modules):
        return list(modules)
    written = {scope.name for _, module in modules if not module.owner for scope in module.scopes if scope.kind == "function"}
    return [(path, module) for path, module in modules if not _is_copy(module) or not _functions(module) <= written]


def _is_copy(module: PythonModule) -> bool:
    return bool(module.owner) and (CARRIED in module.owner or any(name == CALLED for name, _ in module.scopes[0].exports))


def _functions(module: PythonModule) -> set[str]:
    """Its functions, without those that a compiler adds."""
    functions = [scope.name for scope in module.scopes if scope.kind == "function" and scope.parent == 0]
    return {name for name in functions if not name.startswith("_")}
