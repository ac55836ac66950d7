"""Which tests a test command collects, and which of them it skips or deselects."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from fnmatch import fnmatchcase

from mlrubric.graph.doctests import doctests
from mlrubric.graph.skips import Skips
from mlrubric.graph.surroundings import Surroundings
from mlrubric.graph.test_options import UNITTEST, Selection, Settings, runner_settings
from mlrubric.graph.world import World
from mlrubric.model.homes import same_home

CASE = re.compile(r"(^|\.)(TestCase|[A-Z]\w*TestCase)$")
UNSEEN = ("*.egg", ".*", "_darcs", "build", "CVS", "dist", "node_modules", "venv", "{arch}")  # folders that pytest does not enter by itself
TESTED = (".py", ".ipynb", ".txt", ".rst", ".md")  # what a runner of tests may be pointed at
NOTEBOOKS = frozenset({"--nbval", "--nbval-lax", "--nbmake"})


def select(
    world: World, selection: Selection, given: tuple[tuple[str, str], ...] = (), own: Mapping[str, str] | None = None, by_hand: bool = False
) -> list[tuple[int, bool, str]]:
    """The test nodes of a command, each with the reason when it does not run, or its failure does not count. `given` are the options of the
    command, `own` the variables that it is run with, `by_hand` says that only a person runs it."""
    settings = runner_settings(world, selection.folder, given)
    selection = selection.with_settings(settings)
    if selection.collects_only:
        return [(n, True, "the tests are only collected") for n, _, _ in _candidates(world, selection, settings)]
    found: list[tuple[int, bool, str]] = []
    strict = settings.get("xfail_strict", ("",))[:1] in (("true",), ("True",), ("1",))
    skips = world.skips.setdefault(strict, Skips(world, strict))
    around = Surroundings(world, own or {}, by_hand)
    sure = not any("*" in p for p in (selection.folder, *selection.paths))
    ignored = (*selection.ignored, *_ignored(world))
    for node, scope, path in _candidates(world, selection, settings):
        label = world.graph.nodes[node].label
        own_names = {label.lower(), path.lower(), *(name.rpartition(".")[2].lower() for name in skips.names(scope))}
        if any(path == i or path.startswith(i.rstrip("/") + "/") or fnmatchcase(path, i) for i in ignored):
            found.append((node, True, "ignored by the command"))
        elif any(_begins(path, label, d) for d in selection.deselected):
            found.append((node, True, "deselected by the command"))
        elif selection.keyword and not _matches(selection.keyword, own_names, substring=True):
            found.append((node, True, f"deselected by -k {selection.keyword}"))
        elif selection.marker and not _matches(selection.marker, {m.rsplit(".", 1)[-1] for m in skips.names(scope)}):
            found.append((node, True, f"deselected by -m {selection.marker}"))
        else:
            reason = skips.reason(scope, around, selection.flags)
            found.append((node, reason != "" or sure, reason))
    if selection.flags & NOTEBOOKS:
        found.extend((node, sure, "") for node in _notebooks(world, selection, settings))
    if "--doctest-modules" in selection.flags:
        found.extend((node, sure, "") for node in doctests(world, selection.folder, _paths(world, selection, settings), ignored))
    return found


def _begins(path: str, label: str, wanted: str) -> bool:
    """Whether `--deselect` names the test, its class, or its file."""
    file, _, inner = wanted.partition("::")
    name = inner.partition("[")[0].replace("::", ".")
    return file == path and "[" not in inner and (not name or label == name or label.startswith(name + "."))


def _candidates(world: World, selection: Selection, settings: Settings) -> list[tuple[int, int, str]]:
    """Test nodes under the paths, as (node, scope, path)."""
    program = world.code.program
    if selection.paths and not any(p.strip("*/") for p in selection.paths):
        return []  # of a place that is not known at all, nothing is known to run
    paths = _paths(world, selection, settings)
    found: list[tuple[int, int, str]] = []
    reached: dict[str, bool] = {}  # file -> whether the runner comes to it
    for scope, node in world.tests:
        facts = world.graph.nodes[node]
        path = program.modules[program.scope_unit[scope]].path
        if not same_home(path, selection.folder):
            continue
        explicit = path in paths
        inside = reached.get(path)
        if inside is None:
            inside = reached[path] = explicit or _reaches(paths, path, settings)
        chosen = any(_is_node(path, facts.label, n) for n in selection.nodes)
        if (chosen or inside) and _is_collected(world, scope, path, selection, settings, explicit or chosen):
            found.append((node, scope, path))
    return found


def _may_hold_tests(world: World, path: str) -> bool:
    """Not a table or a model, nor a folder that holds no code: those are values of options that the project declares."""
    name = posixpath.basename(path)
    if "." in name.strip(".") and not set(name) & set("*?["):
        return name.endswith(TESTED) or path in world.folders
    return path not in world.folders or any(f.startswith(path + "/") and f.endswith(TESTED) for f in world.files)


def _reaches(paths: tuple[str, ...], path: str, settings: Settings) -> bool:
    patterns = (p for p in paths if set(p) & set("*?["))
    if any(fnmatchcase(path, p) or fnmatchcase(path, p + "/*") for p in patterns):
        return True
    return any(_entered(path, p, settings) for p in paths if p == "." or path.startswith(p + "/"))


def _is_node(path: str, label: str, wanted: str) -> bool:
    file, _, inner = wanted.partition("::")
    name = inner.partition("[")[0].replace("::", ".")
    return file == path and (label == name or label.startswith(name + ".") or label.endswith("." + name))


def _paths(world: World, selection: Selection, settings: Settings) -> tuple[str, ...]:
    """Where the runner looks: what the command names, else what its settings name, else where it is started. A plain word that names
    nothing was the value of an option that we do not know."""
    paths = tuple(p for p in selection.paths if p.strip("*/"))
    paths = tuple(p for p in paths if _may_hold_tests(world, p))
    there = tuple(p for p in paths if p == "." or p in world.files or p in world.folders or set(p) & set("*/.?["))
    if paths and there:
        return there
    if paths and selection.runner in UNITTEST:
        return paths
    if selection.nodes:
        return ()
    if paths and not all(p.isidentifier() for p in paths):
        return paths
    named = settings.get("testpaths", ()) if selection.runner not in UNITTEST else ()
    found = tuple(posixpath.normpath(posixpath.join(selection.folder, p)) for p in named)
    return found or (selection.folder or ".",)


def _entered(path: str, root: str, settings: Settings) -> bool:
    """Whether the runner enters the folders from a root down to a file."""
    inner = posixpath.dirname(path) if root == "." else posixpath.dirname(path)[len(root) :].strip("/")
    closed = settings.get("norecursedirs", UNSEEN)
    return not any(fnmatchcase(folder, pattern.rstrip("/")) for folder in inner.split("/") if folder for pattern in closed)


def _is_collected(world: World, scope: int, path: str, selection: Selection, settings: Settings, explicit: bool) -> bool:
    """Whether the runner takes the file, the class and the function for tests, by their names."""
    program = world.code.program
    parent = program.parent_scope(scope)
    in_class = program.scopes[parent].kind == "class"
    case = in_class and _is_case(world, parent)
    name = posixpath.basename(path)
    if selection.runner in UNITTEST:
        wanted = selection.pattern or ("test*.py" if selection.runner == "discover" or not selection.paths else "*")
        return case and (explicit or fnmatchcase(name, wanted))
    files = settings.get("python_files", ())
    if files and not explicit and not any(fnmatchcase(name, f) or fnmatchcase(path, f) or fnmatchcase(path, f"*/{f}") for f in files):
        return False
    if case:
        return True
    if not _begins_with(program.scopes[scope].name, settings.get("python_functions", ("test",))):
        return False
    if not in_class:
        return True
    off = any(program.ops[d].kind == "assign" and program.ops[a].value is False for d in program.exports[parent].get("__test__", ())
              for a in program.args[d] if a >= 0)  # fmt: skip
    return not off and "__init__" not in program.exports[parent] and _begins_with(
        program.scopes[parent].name, settings.get("python_classes", ("Test",))
    )  # fmt: skip


def _begins_with(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, p) if set(p) & set("*?[") else name.startswith(p) for p in patterns)


def _is_case(world: World, scope: int, depth: int = 0) -> bool:
    """Whether a class is a TestCase of unittest, or of something built on it, or may be one that we do not know."""
    program, resolver = world.code.program, world.code.resolver
    definition = program.definition(scope)
    extra = program.ops[definition].extra if definition >= 0 else None
    for base in program.args[definition][: int(extra[0])] if isinstance(extra, tuple) else ():
        for value in resolver.of(base):
            if value[0] == "external" and CASE.search(str(value[1])):
                return True
            if value[0] == "class" and isinstance(value[1], int) and depth < 8 and _is_case(world, value[1], depth + 1):
                return True
    return False


def _ignored(world: World) -> list[str]:
    """`collect_ignore` and `collect_ignore_glob` of conftest files, from the root."""
    program = world.code.program
    found: list[str] = []
    for unit in program.modules:
        if posixpath.basename(unit.path) != "conftest.py":
            continue
        folder = posixpath.dirname(unit.path)
        for name in ("collect_ignore", "collect_ignore_glob"):
            for definition in program.exports[unit.scope_base].get(name, ()):
                for value in program.args[definition]:
                    elements = program.args[value] if value >= 0 and program.ops[value].kind == "container" else ()
                    texts = [program.ops[e].value for e in elements if program.ops[e].kind == "const"]
                    found.extend(posixpath.normpath(posixpath.join(folder, text)) for text in texts if isinstance(text, str))
    return found


def _notebooks(world: World, selection: Selection, settings: Settings) -> list[int]:
    """Notebooks under the paths, for a plug-in that runs them as tests."""
    paths = _paths(world, selection, settings)
    found = []
    for path, index in sorted(world.code.program.by_path.items()):
        if (
            path.endswith(".ipynb")
            and same_home(path, selection.folder)
            and any(
                p == path or fnmatchcase(path, p) or ((p == "." or path.startswith(p + "/")) and _entered(path, p, settings)) for p in paths
            )
        ):
            found.append(world.code.module_node[index])
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
