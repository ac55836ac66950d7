"""Unwires a hop: what a command starts, or what an alert asks for, is not there any more."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from mlrubric.model.place import Place, Span
from mlrubric.model.verdict import Step
from mlrubric.prove.edit import Edit, covered, one, replaced
from mlrubric.prove.site import Site

CONDITION = "wired"
METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*(?=\s*[\[{])|[a-z]+(?:_[a-z0-9]+)+")


def edits(site: Site) -> Iterator[Edit]:
    steps = site.path
    for index in range(len(steps) - 1, -1, -1):
        if steps[index].kind != "command":
            continue
        yield from _no_such_tests(site, steps[index])
        later = next((step for step in steps[index + 1 :] if step.place.path != steps[index].place.path), None)
        if later is not None:
            yield from _other_target(site, steps[index], later)
            yield from _moved_away(site, later)
    yield from _unknown_metric(site)


def _no_such_tests(site: Site, command: Step) -> Iterator[Edit]:
    """A test runner that collects what it finds is sent to a folder that is not there."""
    path, span = command.place.path, command.place.span
    said = covered(site.text(path), span)
    if re.search(r"\bpytest\b", said) and not any("/" in word or word.endswith((".py", "tests", "test")) for word in said.split()[1:]):
        yield one(path, span.line, "`gone/tests` added", replaced(site.text(path), span, f"{said.rstrip()} gone/tests"))


def _other_target(site: Site, command: Step, target: Step) -> Iterator[Edit]:
    """The command names a file or module that is not there."""
    path, span = command.place.path, command.place.span
    text = site.text(path)
    said = covered(text, span)
    file = target.place.path
    dotted = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    for word in said.split():
        bare = word.strip("\"'")
        names_file = bare.endswith(".py") and file.endswith(posixpath.normpath(bare))
        names_folder = "/" not in bare.strip("/") and file.startswith(bare.rstrip("/") + "/")
        names_module = bare.count(".") and (dotted == bare or dotted.endswith(f".{bare}"))
        if bare and (names_file or names_folder or names_module or bare == file):
            gone = bare.removesuffix(".py").rstrip("/") + "_gone" + (".py" if bare.endswith(".py") else "")
            yield one(path, span.line, f"`{bare}` became `{gone}`", replaced(text, span, said.replace(bare, gone, 1)))


def _moved_away(site: Site, target: Step) -> Iterator[Edit]:
    """The file that is run has another name, by which nobody calls or collects it."""
    file = target.place.path
    if not file.endswith((".py", ".ipynb", ".sh")):
        return
    folder, _, name = file.rpartition("/")
    stem, dot, ending = name.partition(".")
    new = posixpath.join(folder, f"gone_{stem.removeprefix('test_').removesuffix('_test')}{dot}{ending}")
    yield Edit(Place(file, Span(1)), f"{file} became {new}", {file: None, new: site.text(file)})


def _unknown_metric(site: Site) -> Iterator[Edit]:
    """An alert asks for a metric that nobody emits."""
    check = site.check
    if check.kind != "monitor" or not check.place.path.endswith((".yml", ".yaml")):
        return
    text = site.text(check.place.path)
    rows = text.split("\n")
    for number in range(check.place.line, min(check.place.line + 12, len(rows)) + 1):
        row = rows[number - 1]
        if number > check.place.line and re.match(r"\s*- (alert|record):", row):
            break
        if "expr" in row or (number > check.place.line and "expr:" in rows[number - 2]):
            for name in METRIC.findall(row.partition("expr:")[2] or row):
                if "_" in name and name not in ("histogram_quantile",):
                    changed = "\n".join([*rows[: number - 1], row.replace(name, f"gone_{name}"), *rows[number:]])
                    yield one(check.place.path, number, f"`{name}` became `gone_{name}`", changed)
