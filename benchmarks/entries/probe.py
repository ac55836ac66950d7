"""Runs inside the environment of a library, with nothing but the standard library: which names the installed packages really have.

Reads a JSON list of dotted names, writes a JSON object: name -> "" when it is there, else what is missing.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import json
import os
import re
import sys
import warnings
from typing import Any

_MODULES: dict[str, Any] = {}
_SOURCES: dict[Any, str] = {}


def _module(name: str) -> Any:
    """The module, or the error that importing it ends with."""
    if name not in _MODULES:
        try:
            _MODULES[name] = importlib.import_module(name)
        except BaseException as problem:
            _MODULES[name] = problem
    return _MODULES[name]


def missing(name: str) -> str:
    """What of a dotted name is not there; a stand-in for what a missing backend brings may raise at any look at it."""
    try:
        return _missing(name)
    except Exception as problem:
        return f"looking at it: {type(problem).__name__}: {str(problem)[:120]}"


def _missing(name: str) -> str:
    parts = name.split(".")
    found: Any = _module(parts[0])
    if isinstance(found, BaseException):
        return f"import {parts[0]}: {type(found).__name__}: {str(found)[:120]}"
    for place, part in enumerate(parts[1:], 1):
        following = _member(found, part)
        if following is None and inspect.ismodule(found):
            inner = _module(".".join(parts[: place + 1]))
            if isinstance(inner, BaseException):
                own = isinstance(inner, ModuleNotFoundError) and str(inner.name or "") == ".".join(parts[: place + 1])
                return f"{'.'.join(parts[:place])} has no {part}" if own else f"import: {type(inner).__name__}: {str(inner)[:120]}"
            following = (inner,)
        if following is None:
            return f"{'.'.join(parts[:place])} has no {part}"
        if not following:
            return ""  # an instance has it: what it is, is not asked
        found = following[0]
    return ""


def _member(owner: Any, name: str) -> tuple[Any, ...] | None:
    """The attribute; () when only instances have it; None when nobody has."""
    try:
        return (getattr(owner, name),)
    except BaseException:
        pass
    if not inspect.isclass(owner):
        return None
    for base in owner.__mro__[:-1]:
        fields = (getattr(base, "__annotations__", {}), getattr(base, "model_fields", {}), getattr(base, "__slots__", ()))
        if any(isinstance(known, (dict, tuple, list)) and name in known for known in fields) or name in vars(base):
            return ()
        if re.search(rf"\bself\.{re.escape(name)}\b\s*(:[^=\n]+)?=|def {re.escape(name)}\(|[\"']{re.escape(name)}[\"']", _source(base)):
            return ()
    return None


def _source(owner: Any) -> str:
    if owner not in _SOURCES:
        try:
            _SOURCES[owner] = inspect.getsource(owner)
        except BaseException:
            _SOURCES[owner] = ""
    return _SOURCES[owner]


def main() -> None:
    warnings.simplefilter("ignore")
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", MPLBACKEND="Agg", WANDB_MODE="disabled", DO_NOT_TRACK="1")
    names = json.load(sys.stdin)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        answers = {name: missing(name) for name in names}
    json.dump(answers, sys.stdout)
    sys.stdout.flush()
    os._exit(0)  # what was imported may have started threads


if __name__ == "__main__":
    main()
