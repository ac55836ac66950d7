"""`check --fix` and `check --diff`: a repository is mended in memory, then written, or shown as a diff."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mlrubric.cli.output import put
from mlrubric.cli.shared import say

if TYPE_CHECKING:
    from mlrubric.analyze import Analysis
    from mlrubric.fix.rounds import Outcome
    from mlrubric.model.verdict import Finding
    from mlrubric.report import View
    from mlrubric.source.tree import Tree

Look = Callable[[Mapping[str, bytes]], "Analysis"]


def mended(tree: Tree, look: Look, unsafe: bool) -> tuple[Analysis, Outcome]:
    """What is left to say once all fixes are made, and what was done; `look` analyses the tree with some files' bytes replaced."""
    from mlrubric.fix.rounds import until_quiet

    last = list["Analysis"]()

    def findings(files: Mapping[str, bytes]) -> Iterable[Finding]:
        last[:] = [look(files)]
        return last[0].report.findings

    outcome = until_quiet(tree, findings, unsafe)
    if outcome.ended != "quiet":
        findings(outcome.files)
    report = last[0].report
    report = replace(report, fixed=tuple(outcome.fixed), notices=(*report.notices, *outcome.notices))
    return replace(last[0], report=report), outcome


def written(root: Path, outcome: Outcome, there: Collection[str]) -> int:
    """Writes what changed, and nothing over a file that is not among those that were read; how many files could not be written."""
    failed = 0
    for path, data in sorted(outcome.files.items()):
        target = root / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("r+b" if path in there else "xb") as stream:  # in place: the mode and the links of the file stay
                stream.write(data)
                stream.truncate()
        except FileExistsError:
            failed += 1
            say(f"cannot write {path}: there is such a file, which git ignores or the settings exclude", 0)
        except OSError as error:
            failed += 1
            say(f"cannot write {path}: {error.strerror}", 0)
    return failed


def show_fixed(outcome: Outcome, tree: Tree, view: View) -> None:
    """The mended text of standard input on standard output, and what is left to say on standard error."""
    from mlrubric.cli.output import options_for
    from mlrubric.report import formats

    path = tree.files[0].path
    sys.stdout.buffer.write(outcome.files.get(path, tree.read(path)))
    sys.stdout.flush()
    print(formats()["concise"].render(view, options_for("check", 0, None)), end="", file=sys.stderr)


def show_diff(outcome: Outcome, tree: Tree, target: Path | None) -> None:
    from mlrubric.fix.difference import unified

    there = {entry.path for entry in tree.files}
    put(unified(outcome.files, lambda path: tree.read(path) if path in there else None), target)
    for message in outcome.notices:
        say(f"{message.place}: {message.message}" if message.place else message.message, 0)
    if outcome.fixed:
        count = len(outcome.fixed)
        print(f"Would fix {count} finding{'s' if count != 1 else ''}.", file=sys.stderr)
    else:
        print("Nothing would change.", file=sys.stderr)
