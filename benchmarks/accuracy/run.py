"""Run the graph layers and the leakage rules over the sets of test programs and print their scores.

    python -m benchmarks.accuracy --sets SETS [--scorers SCORERS] [--out FOLDER] [SET ...]

SETS holds one folder per set, with `inputs/` and `truth.jsonl` (default: the environment variable MLRUBRIC_BENCH). The answers are
written as OUT/<set>.json in the form of the scorers; with SCORERS, the folder of `score_callgraph.py`, `score_callsites.py` and
`score_findings.py`, the scores are printed. What a scorer leaves out is left out here: builtins in the call sites of small programs,
libraries in the call graphs of applications.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

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
    """The calls of an application's own code, without its tests and without libraries."""
    picture = picture_of(path)
    own = {unit.names[0].partition(".")[0] for unit in picture.world.code.program.modules} - ASIDE
    calls = _table(LAYERS["calls"](picture)["calls"])
    return {
        caller: [c for c in callees if c.startswith("<") or c.partition(".")[0] in own]
        for caller, callees in calls.items()
        if caller.partition(".")[0] in own
    }


def lines(path: Path) -> Answer:
    """Call sites of all files of a small program; those of different files on the same line are told apart by the reader alone."""
    files = LAYERS["callsites"](picture_of(path))["files"]
    assert isinstance(files, dict)
    found: dict[str, set[str]] = {}
    for place, names in _table(files.get("main.py", {})).items():
        found.setdefault(place, set()).update(n for n in names if "<" not in n)
    return {place: sorted(found[place]) for place in sorted(found)}


def cells(path: Path) -> Answer:
    """Call sites of a notebook by code cell; a function of the notebook carries the number of the cell that defines it."""
    picture = picture_of(path)
    files = LAYERS["callsites"](picture)["files"]
    assert isinstance(files, dict)
    where = _defining_cells(picture)
    found: Answer = {}
    for place, names in _table(files.get(path.name, {})).items():
        found[place.removeprefix("cell ")] = [f"{n}:{where[n]}" if n in where else n for n in names]
    return found


def _defining_cells(picture: Picture) -> dict[str, int]:
    from mlrubric.graph.layers.callsites import code_cell

    program = picture.world.code.program
    found: dict[str, int] = {}
    for scope, facts in enumerate(program.scopes):
        unit = program.modules[program.scope_unit[scope]]
        if facts.kind in ("function", "lambda") and unit.is_notebook:
            found[program.qualified(scope)] = code_cell(picture, unit, facts.line)
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
