"""Folders that a module puts on `sys.path`, as far as its own text says: `..`, a folder, what is made of `__file__`."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from mlrubric.model.homes import home
from mlrubric.model.python import Op

SAME = frozenset(["abspath", "realpath", "normpath", "expanduser", "str", "fspath", "Path", "PurePath", "resolve", "absolute", "as_posix"])
DEEPEST = 24
Folder = tuple[str, bool]  # path, and whether it is counted from the root of the repository


def search_folders(path: str, ops: Sequence[Op], calls: Sequence[int]) -> tuple[str, ...]:
    """Folders of the repository that calls of `sys.path.append`, `insert` or `extend` name; the calls are operations of the module."""
    found: dict[str, None] = {}
    for call in calls:
        for argument in ops[call].args[1:]:
            parts = ops[argument].args if ops[argument].kind == "container" else (argument,)
            for part in parts:
                folder = _folder(path, ops, part, 0)
                if folder is not None:
                    found.update(dict.fromkeys(_rooted(path, folder)))
    return tuple(found)


def is_search_path(ops: Sequence[Op], attribute: int) -> bool:
    """Whether an attribute operation is `sys.path.append` or one of its like."""
    owner = ops[ops[attribute].args[0]]
    return owner.kind == "attribute" and owner.name == "path" and ops[owner.args[0]].kind == "load" and ops[owner.args[0]].name == "sys"


def _rooted(path: str, folder: Folder) -> list[str]:
    """From the folder of the module and from the root, where people start their programs."""
    text, anchored = folder
    bases = [""] if anchored else [posixpath.dirname(path), home(path)]
    joined = [posixpath.normpath(posixpath.join(base, text)) if posixpath.join(base, text) else "" for base in bases]
    return ["" if one == "." else one for one in joined if not one.startswith(("..", "/"))]


def _folder(path: str, ops: Sequence[Op], op: int, depth: int) -> Folder | None:
    """The path that an operation yields."""
    if op < 0 or depth > DEEPEST:
        return None
    facts = ops[op]
    if facts.kind == "const":
        return (facts.value, False) if isinstance(facts.value, str) else None
    if facts.kind == "load":
        if facts.name == "__file__" and not facts.args:
            return (path, True)
        return _folder(path, ops, facts.args[0], depth + 1) if len(facts.args) == 1 else None
    if facts.kind == "assign":
        return _folder(path, ops, facts.args[0], depth + 1) if facts.args else None
    if facts.kind == "attribute":
        if facts.name == "pardir":
            return ("..", False)
        return _up(_folder(path, ops, facts.args[0], depth + 1), 1) if facts.name == "parent" else None
    if facts.kind == "subscript":
        owner, index = ops[facts.args[0]], ops[facts.args[1]].value if len(facts.args) > 1 and facts.args[1] >= 0 else None
        if owner.kind == "attribute" and owner.name == "parents" and isinstance(index, int):
            return _up(_folder(path, ops, owner.args[0], depth + 1), index + 1)
        return None
    if facts.kind == "binary" and facts.name == "/":
        return _joined([_folder(path, ops, part, depth + 1) for part in facts.args])
    if facts.kind == "binary" and facts.name == "+":
        left, right = (_folder(path, ops, part, depth + 1) for part in facts.args)
        return (left[0] + right[0], left[1]) if left is not None and right is not None else None
    return _called(path, ops, facts, depth) if facts.kind == "call" else None


def _called(path: str, ops: Sequence[Op], facts: Op, depth: int) -> Folder | None:
    callee, arguments = ops[facts.args[0]], facts.args[1:]
    if callee.kind not in ("attribute", "load"):
        return None
    name = callee.name
    if name in ("getcwd", "cwd") or (name == "Path" and not arguments):
        return (posixpath.dirname(path), True)
    if name == "dirname" and arguments:
        return _up(_folder(path, ops, arguments[0], depth + 1), 1)
    if name == "join" and arguments:
        return _joined([_folder(path, ops, part, depth + 1) for part in arguments])
    if name == "joinpath":
        return _joined([_folder(path, ops, part, depth + 1) for part in (callee.args[0], *arguments)])
    if name in SAME:
        inner = callee.args[0] if callee.kind == "attribute" and not arguments else arguments[0] if arguments else -1
        return _folder(path, ops, inner, depth + 1)
    return None


def _joined(parts: Sequence[Folder | None]) -> Folder | None:
    known = [part for part in parts if part is not None]
    if len(known) != len(parts) or not known:
        return None
    return posixpath.join(known[0][0], *(part[0].lstrip("/") for part in known[1:])), known[0][1]


def _up(folder: Folder | None, levels: int) -> Folder | None:
    if folder is None:
        return None
    text, anchored = folder
    for _ in range(levels):
        if not text and anchored:
            return None
        text = posixpath.dirname(posixpath.normpath(text)) if anchored else posixpath.join(text, "..")
    return text, anchored
