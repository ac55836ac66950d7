"""Run the graph layers and the leakage rules over the sets of test programs and print their scores.

    python -m benchmarks.accuracy --sets SETS [--scorers SCORERS] [--out FOLDER] [SET ...]

SETS holds one folder per set, with `inputs/` and `truth.jsonl` (default: the environment variable MLRUBRIC_BENCH). The answers are
written as OUT/<set>.json in the form of the scorers; with SCORERS, the folder of `score_callgraph.py`, `score_callsites.py` and
`score_findings.py`, the scores are printed. What a scorer leaves out is left out here: builtins in the call sites of small programs,
libraries in the call graphs of applications.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import BuiltinFunctionType

from benchmarks.accuracy.leakage import LEAKS, Found, leaks
from benchmarks.accuracy.picture import picture_of
from mlrubric.graph.build import Picture
from mlrubric.graph.layers import LAYERS

Answer = dict[str, list[str]]
SCORERS = {"callgraph": "score_callgraph.py", "callsites": "score_callsites.py", "leakage": "score_findings.py"}
ASIDE = {"tests", "test", "docs", "doc", "examples", "example", "e2e_tests", "setup"}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=Path, default=os.environ.get("MLRUBRIC_BENCH"))
    parser.add_argument("--scorers", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--verbose", action="store_true", help="print what differs")
    parser.add_argument("names", nargs="*", metavar="SET", default=[*ANSWERS, *LEAKS])
    options = parser.parse_args(arguments)
    if options.sets is None:
        parser.error("--sets or MLRUBRIC_BENCH must name the folder of the sets")
    out = options.out or Path(tempfile.mkdtemp(prefix="accuracy-"))
    out.mkdir(parents=True, exist_ok=True)
    for name in options.names:
        if not (options.sets / name).is_dir():
            print(f"{name}: not in {options.sets}")
            continue
        answers: dict[str, Answer] | list[Found] = (
            leaks(options.sets / name, LEAKS[name])
            if name in LEAKS
            else {case: ANSWERS[name](path) for case, path in cases(options.sets / name)}
        )
        target = out / f"{name}.json"
        target.write_text(json.dumps(answers, indent=1, sort_keys=True), encoding="utf-8")
        print(f"{name}: {len(answers)} answers in {target}", flush=True)
        if options.scorers is not None:
            command = [sys.executable, str(options.scorers / SCORERS[name.partition("_")[0]]), str(target), "--set", name]
            environment = {**os.environ, "BENCH_OUT": str(options.sets)}
            subprocess.run(command + ["--verbose"] * options.verbose, check=True, env=environment)
    return 0


def cases(folder: Path) -> Iterator[tuple[str, Path]]:
    """The cases of a set that somebody wrote an answer for, with their input: a folder of a program, a notebook, an application."""
    for line in (folder / "truth.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        path = folder / row["file"]
        yield row["id"], path.parent if path.name == "main.py" else path


def call_graph(path: Path) -> Answer:
    return _table(LAYERS["calls"](picture_of(path))["calls"])


def application(path: Path) -> Answer:
    """The calls of an application's own code, without its tests and without libraries; in the words of that set: what runs because a
    module is imported or a class is defined is called, a dictionary is a `<map>`, a lambda has the name of its module alone."""
    picture = picture_of(path)
    modules = sorted((unit.names[0] for unit in picture.world.code.program.modules), key=len, reverse=True)
    own = {name.partition(".")[0] for name in modules} - ASIDE
    layer = LAYERS["calls"](picture)
    found: dict[str, set[str]] = {}
    for table in (layer["calls"], layer["loads"]):
        for caller, callees in _table(table).items():
            if caller.partition(".")[0] in own:
                kept = (c for c in callees if c.startswith("<") or c.partition(".")[0] in own)
                found.setdefault(_worded(caller, modules), set()).update(_worded(c, modules) for c in kept)
    return {caller: sorted(found[caller]) for caller in sorted(found)}


def _worded(name: str, modules: list[str]) -> str:
    if name.startswith("<dict>."):
        return "<map>" + name[6:]
    head, lambda_, _ = name.rpartition(".<lambda")
    if lambda_:
        return next((m for m in modules if head == m or head.startswith(m + ".")), head) + ".<lambda>"
    return name


def lines(path: Path) -> Answer:
    """Call sites of all files of a small program; those of different files on the same line are told apart by the reader alone."""
    files = LAYERS["callsites"](picture_of(path))["files"]
    assert isinstance(files, dict)
    found: dict[str, set[str]] = {}
    for place, names in _table(files.get("main.py", {})).items():
        found.setdefault(place, set()).update(n for n in names if "<" not in n)
    return {place: sorted(found[place]) for place in sorted(found)}


def cells(path: Path) -> Answer:
    """Call sites of a notebook by code cell, methods of builtin types left out; a function of the notebook carries the number of the cell
    that defines it."""
    picture = picture_of(path)
    files = LAYERS["callsites"](picture)["files"]
    assert isinstance(files, dict)
    where = _defining_cells(picture)
    found: Answer = {}
    for place, names in _table(files.get(path.name, {})).items():
        kept = (_defined(n) for n in names if not n.startswith("<") or n.startswith("<builtin>"))
        found[place.removeprefix("cell ")] = [f"{n}:{where[n]}" if n in where else n for n in kept]
    return found


def _defined(name: str) -> str:
    """That set names a function of the standard library that is written in C by the module that has it: `posix.listdir`."""
    module, _, function = name.rpartition(".")
    if module in sys.stdlib_module_names:
        found = getattr(importlib.import_module(module), function, None)
        if isinstance(found, BuiltinFunctionType) and found.__module__:
            return f"{found.__module__}.{function}"
    return name


def _defining_cells(picture: Picture) -> dict[str, int]:
    from mlrubric.graph.layers.callsites import code_cell

    program = picture.world.code.program
    found: dict[str, int] = {}
    for scope, facts in enumerate(program.scopes):
        unit = program.modules[program.scope_unit[scope]]
        if facts.kind in ("function", "lambda") and unit.is_notebook:
            found[program.qualified(scope)] = code_cell(picture, unit, facts.line, facts.column)
    return found


def _table(value: object) -> Answer:
    assert isinstance(value, dict)
    return {str(key): [str(item) for item in items] for key, items in value.items()}


ANSWERS: dict[str, Callable[[Path], Answer]] = {
    "callgraph_pycg": call_graph,
    "callgraph_extra": call_graph,
    "callgraph_macro": application,
    "callsites_micro": lines,
    "callsites_notebooks": cells,
}

if __name__ == "__main__":
    sys.exit(main())
