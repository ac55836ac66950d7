"""Which tests a test command collects, and which of them it skips or deselects."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase

from mlrubric.graph.world import World
from mlrubric.knowledge.commands import Invocation
from mlrubric.model.facts import Setting
from mlrubric.model.graph import Node
from mlrubric.model.homes import same_home

PREFIXES = ("tool.pytest.ini_options.", "pytest.", "tool:pytest.")
VARIABLE = re.compile(r"\$\{\{?[^}]*\}\}?|\$\([^)]*\)|\$\w+")  # in a path: any one name
ALWAYS_SKIPPED = re.compile(r"(^|\.)mark\.skip$|unittest\.skip$")


@dataclass(frozen=True, slots=True)
class Selection:
    """What a test command asks for. Paths are relative to the root; `ignored` are paths or globs."""

    folder: str
    paths: tuple[str, ...] = ()
    keyword: str = ""
    marker: str = ""
    ignored: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()  # file::Class::test
    collects_only: bool = False

    @staticmethod
    def of(folder: str, invocation: Invocation) -> Selection:
        paths: list[str] = []
        nodes: list[str] = []
        keyword = marker = ""
        ignored: list[str] = []
        only = False
        for name, value in invocation.options:
            if name in ("path", "paths"):
                for part in value.split():
                    (nodes if "::" in part else paths).append(posixpath.normpath(posixpath.join(folder, part)))
            elif name in ("-k", "keyword"):
                keyword = value
            elif name in ("-m", "marker"):
                marker = value
            elif name in ("--ignore", "--ignore-glob", "--deselect"):
                ignored.append(posixpath.normpath(posixpath.join(folder, value)))
            elif name in ("--collect-only", "--co"):
                only = True
        for part in invocation.target.split():
            (nodes if "::" in part else paths).append(posixpath.normpath(posixpath.join(folder, part)))
        paths = [VARIABLE.sub("*", path) for path in paths]
        return Selection(folder, tuple(dict.fromkeys(paths)), keyword, marker, tuple(ignored), tuple(dict.fromkeys(nodes)), only)


def select(world: World, selection: Selection) -> list[tuple[int, bool, str]]:
    """The test nodes of a command, each with the reason when it does not run."""
    if selection.collects_only:
        return [(n, True, "the tests are only collected") for n, _, _ in _candidates(world, selection)]
    settings = _settings(world, selection.folder)
    keyword, marker, ignored = selection.keyword, selection.marker, list(selection.ignored)
    words = settings.get("addopts", "").split()
    for index, word in enumerate(words):
        following = words[index + 1].strip("\"'") if index + 1 < len(words) else ""
        if word == "-m" and not marker:
            marker = following
        elif word == "-k" and not keyword:
            keyword = following
        elif word.startswith("--ignore="):
            ignored.append(posixpath.normpath(posixpath.join(selection.folder, word.partition("=")[2])))
    found: list[tuple[int, bool, str]] = []
    sure = not any("*" in p for p in (selection.folder, *selection.paths))
    for node, scope, path in _candidates(world, selection):
        label = world.graph.nodes[node].label
        marks = _marks(world, scope)
        if any(path == i or path.startswith(i.rstrip("/") + "/") or fnmatchcase(path, i) for i in ignored):
            found.append((node, True, "ignored by the command"))
        elif keyword and not _matches(keyword, {label.lower(), path.lower()}, substring=True):
            found.append((node, True, f"deselected by -k {keyword}"))
        elif marker and not _matches(marker, {m.rsplit(".", 1)[-1] for m in marks}):
            found.append((node, True, f"deselected by -m {marker}"))
        elif any(ALWAYS_SKIPPED.search(m) for m in marks):
            found.append((node, True, "the test is skipped"))
        else:
            found.append((node, sure, ""))
    return found


def _candidates(world: World, selection: Selection) -> list[tuple[int, int, str]]:
    """Test nodes under the paths, as (node, scope, path)."""
    program = world.code.program
    paths = tuple(p for p in selection.paths if p.strip("*/"))
    if selection.paths and not paths:
        return []  # of a place that is not known at all, nothing is known to run
    if not paths and not selection.nodes:
        settings = _settings(world, selection.folder)
        named = settings.get("testpaths", "").split()
        paths = tuple(posixpath.normpath(posixpath.join(selection.folder, p)) for p in named) or (selection.folder or ".",)
    found: list[tuple[int, int, str]] = []
    for scope, node in sorted(world.code.scope_node.items()):
        facts: Node = world.graph.nodes[node]
        if facts.kind != "test":
            continue
        path = program.modules[program.scope_unit[scope]].path
        inside = same_home(path, selection.folder) and any(
            p in (".", path) or path.startswith(p + "/") or fnmatchcase(path, p) or fnmatchcase(path, p + "/*") for p in paths
        )
        chosen = any(
            n.partition("::")[0] == path and facts.label.endswith(n.rpartition("::")[2].partition("[")[0]) for n in selection.nodes
        )
        if inside or chosen:
            found.append((node, scope, path))
    return found


def _settings(world: World, folder: str) -> dict[str, str]:
    """pytest's own options: of the nearest folder above that has them."""
    best: dict[str, str] = {}
    depth = -1
    for path, setting in world.every(Setting):
        for prefix in PREFIXES:
            if setting.route.startswith(prefix) and posixpath.basename(path) in (
                "pyproject.toml",
                "pytest.ini",
                "setup.cfg",
                "tox.ini",
                ".pytest.ini",
            ):
                here = posixpath.dirname(path)
                if same_home(path, folder) and (not here or folder == here or folder.startswith(here + "/")) and len(here) >= depth:
                    if len(here) > depth:
                        best, depth = {}, len(here)
                    key = re.sub(r"\[\d+\]$", "", setting.route[len(prefix) :])
                    best[key] = f"{best[key]} {setting.value}" if key in best else setting.value
    return best


def _marks(world: World, scope: int) -> set[str]:
    """Qualified names of the decorators of a test and its class."""
    program, resolver = world.code.program, world.code.resolver
    found: set[str] = set()
    while scope >= 0:
        for decorator in program.decorators(program.definition(scope)):
            called = program.args[decorator][0] if program.ops[decorator].kind == "call" else decorator
            found |= {str(v[1]) for v in resolver.of(called) if v[0] == "external"}
        scope = program.parent_scope(scope)
    return found


def _matches(expression: str, names: set[str], *, substring: bool = False) -> bool:
    """pytest's -k and -m expressions: names with and, or, not and brackets."""
    tokens = re.findall(r"[()]|[^\s()]+", expression.strip("\"'"))

    def holds(word: str) -> bool:
        return any(word.lower() in n for n in names) if substring else word in names

    position = 0

    def disjunction() -> bool:
        nonlocal position
        value = conjunction()
        while position < len(tokens) and tokens[position] == "or":
            position += 1
            value = conjunction() or value
        return value

    def conjunction() -> bool:
        nonlocal position
        value = negation()
        while position < len(tokens) and tokens[position] == "and":
            position += 1
            value = negation() and value
        return value

    def negation() -> bool:
        nonlocal position
        if position >= len(tokens):
            return True
        token = tokens[position]
        position += 1
        if token == "not":
            return not negation()
        if token == "(":
            value = disjunction()
            position += 1
            return value
        return holds(token)

    return disjunction()
