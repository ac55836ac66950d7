"""What a test command asks for: its own options on top of those that the settings of the test runner add."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mlrubric.graph.world import World
from mlrubric.knowledge.commands import Invocation, interpret
from mlrubric.model.facts import Setting
from mlrubric.model.homes import home

VARIABLE = re.compile(r"\$\{\{?[^}]*\}\}?|\$\([^)]*\)|\$\w+")  # in a path: any one name
FILES = (
    "pytest.toml",
    ".pytest.toml",
    "pytest.ini",
    ".pytest.ini",
    "pyproject.toml",
    "tox.ini",
    "setup.cfg",
)  # the first that is there rules
PREFIXES = {"pyproject.toml": ("tool.pytest.ini_options.", "tool.pytest."), "setup.cfg": ("tool:pytest.",)}
ITEM = re.compile(r"\[\d+\]$")
UNITTEST = frozenset({"unittest", "discover"})
Settings = Mapping[str, tuple[str, ...]]
"""Option -> its words: a list as it is, a text split as the shell would."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What a test command asks for. Paths are relative to the root; `ignored` are paths or globs, `deselected` the beginnings of node ids,
    `flags` all options that are given."""

    folder: str
    paths: tuple[str, ...] = ()
    keyword: str = ""
    marker: str = ""
    ignored: tuple[str, ...] = ()
    deselected: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()  # file::Class::test
    flags: frozenset[str] = frozenset()
    pattern: str = ""  # of file names, of unittest's discovery
    runner: str = ""

    @property
    def collects_only(self) -> bool:
        return bool(self.flags & {"--collect-only", "--co", "--fixtures", "--markers", "--version", "--help"})

    @staticmethod
    def of(folder: str, invocation: Invocation) -> Selection:
        paths: list[str] = []
        nodes: list[str] = []
        keyword = marker = pattern = ""
        ignored: list[str] = []
        deselected: list[str] = []
        runner = invocation.option("manager") or ""
        for name, value in invocation.options:
            if name in ("path", "paths"):
                for part in value.split():
                    (nodes if "::" in part else paths).append(_joined(folder, part))
            elif name in ("-k", "keyword"):
                keyword = value
            elif name in ("-m", "marker"):
                marker = value
            elif name in ("--ignore", "--ignore-glob"):
                ignored.append(_joined(folder, value))
            elif name == "--deselect":
                deselected.append(_joined(folder, value))
            elif name in ("-p", "--pattern") and runner == "discover":
                pattern = value
        for part in invocation.target.split():
            if runner == "unittest":
                part = _dotted(part)
            (nodes if "::" in part else paths).append(_joined(folder, part))
        paths = [VARIABLE.sub("*", path) for path in paths]
        flags = frozenset(name for name, _ in invocation.options if name.startswith("-"))
        return Selection(
            folder, tuple(dict.fromkeys(paths)), keyword, marker, tuple(ignored), tuple(deselected), tuple(dict.fromkeys(nodes)), flags,
            pattern, runner,
        )  # fmt: skip

    def with_settings(self, settings: Settings) -> Selection:
        """The selection with what the settings of the runner add: the command's own words come last, and the last one rules."""
        words = settings.get("addopts", ())
        added = next((Selection.of(self.folder, i) for i in interpret(("pytest", *words)) if i.kind == "tests"), None) if words else None
        if added is None or self.runner in UNITTEST:
            return self
        return Selection(
            self.folder,
            self.paths or (self.nodes and ()) or added.paths,
            self.keyword or added.keyword,
            self.marker or added.marker,
            (*added.ignored, *self.ignored),
            (*added.deselected, *self.deselected),
            self.nodes or added.nodes,
            self.flags | added.flags,
            self.pattern,
            self.runner,
        )


def _joined(folder: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(folder, path))


def _dotted(name: str) -> str:
    """`tests.test_x.TestA.test_b` as unittest takes it, as a path or the id of a node."""
    if "/" in name or name.endswith(".py"):
        return name
    parts = name.split(".")
    inner = next((i for i, part in enumerate(parts) if part[:1].isupper()), len(parts))
    file = "/".join(parts[:inner])
    return f"{file}.py::{'::'.join(parts[inner:])}" if inner < len(parts) else f"{file}*"


def runner_settings(world: World, folder: str, given: Iterable[tuple[str, str]] = ()) -> Settings:
    """The options of the test runner that hold in a folder: of the nearest folder above with such a file, by the runner's order of files;
    `given` are the command's own (`-c FILE`, `-o name=value`)."""
    asked = dict(given)
    file = next((asked[name] for name in ("-c", "--config-file") if asked.get(name)), "")
    per_file: dict[str, dict[str, list[str]]] = {}
    for path, setting in world.every(Setting):
        name = posixpath.basename(path)
        if name not in FILES and path != _joined(folder, file):
            continue
        prefix = next((p for p in PREFIXES.get(name, ("pytest.", "tool:pytest.")) if setting.route.startswith(p)), "")
        if prefix:
            key = ITEM.sub("", setting.route[len(prefix) :])
            words = [setting.value] if ITEM.search(setting.route) else _words(setting.value)
            per_file.setdefault(path, {}).setdefault(key, []).extend(words)
    chosen = _joined(folder, file) if file else _nearest(world, folder, per_file)
    found = {key: tuple(words) for key, words in per_file.get(chosen, {}).items()}
    for name, value in given:
        key, equals, text = value.partition("=")
        if name in ("-o", "--override-ini") and equals:
            found[key] = tuple(_words(text))
    return found


def _nearest(world: World, folder: str, per_file: Mapping[str, object]) -> str:
    """The first file that speaks of the runner, upwards from the folder; a pytest.ini rules even when it is empty."""
    here = folder
    while True:
        for name in FILES:
            path = f"{here}/{name}" if here else name
            if path in per_file or (name in FILES[:4] and path in world.files):
                return path
        if here == home(folder):
            return ""
        here = posixpath.dirname(here)


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()
