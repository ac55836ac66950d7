"""`python -m mlrubric.read.python FILE`: what the reader says of a file, one operation a line."""

from __future__ import annotations

import sys
from pathlib import Path

from mlrubric.model.python import PythonModule
from mlrubric.read.python import read
from mlrubric.source.document import Document


def main(paths: list[str]) -> None:
    for path in paths:
        for fact in read(Document(path, Path(path).read_text(encoding="utf-8-sig", errors="replace"))):
            if isinstance(fact, PythonModule):
                _show(fact)
            else:
                print(fact)


def _show(module: PythonModule) -> None:
    for number, scope in enumerate(module.scopes):
        print(f"scope {number} {scope.kind} {scope.qualname or '-'} params={scope.params} returns={scope.returns} block={scope.block}")
        print("   ", " ".join(f"{name}={list(definitions)}" for name, definitions in scope.exports))
    for number, block in enumerate(module.blocks):
        print(f"block {number} {block}")
    for number, op in enumerate(module.ops):
        value = "" if op.value is None and op.kind != "const" else f" value={op.value!r}"
        extra = "" if op.extra is None else f" extra={op.extra!r}"
        print(f"{number:5} {op.line}:{op.column} s{op.scope} b{op.block} {op.kind} {op.name} {list(op.args)}{value}{extra}")
    for mark in module.marks:
        print(mark)


if __name__ == "__main__":
    main(sys.argv[1:])
