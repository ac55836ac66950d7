"""What `dbt build`, `dbt test` and `dbt source freshness` check: the tests, unit tests and limits of age of their project."""

from __future__ import annotations

import posixpath
import re

from mlrubric.graph.link.query_to_table import TABLE
from mlrubric.graph.world import World
from mlrubric.model.expectations import Expectations, Freshness, UnitTest

ORDER = 65  # behind tables
TOOL = "dbt"
PROJECT = "dbt_project.yml"
TESTS = ("test", "build")
SHARE = 0.8
BUILT = ("target", "dbt_packages", "dbt_modules", "logs", "macros", "analyses")  # folders in which dbt looks for no properties
SELECT = ("-s", "--select", "-m", "--models", "--model")
PLAIN = re.compile(r"[A-Za-z_]\w*")


def link(world: World) -> None:
    projects = sorted(posixpath.dirname(path) for path in world.files if posixpath.basename(path) == PROJECT)
    if not projects:
        return
    for command in world.graph.of_kind("command"):
        words = world.graph.nodes[command].label.split()
        if words[:1] != [TOOL] or len(words) < 2:
            continue
        project = _project(projects, words, world.graph.nodes[command].attributes.get("directory", ""))
        if project is None:
            continue
        if words[1] in TESTS:
            _tests(world, command, project)
            _unit_tests(world, command, project)
        elif words[1:3] == ["source", "freshness"]:
            _freshness(world, command, project)


def _project(projects: list[str], words: list[str], directory: str) -> str | None:
    """The project that a command names or stands in; the only one there is."""
    for index, word in enumerate(words):
        if word == "--project-dir" and index + 1 < len(words):
            directory = posixpath.normpath(posixpath.join(directory, words[index + 1]))
    return directory if directory in projects else projects[0] if len(projects) == 1 else None


def _inside(path: str, project: str) -> bool:
    return not project or path.startswith(project + "/")


def _tests(world: World, command: int, project: str) -> None:
    """Generic tests of the property files and singular tests, with the tables they look at."""
    graph, attributes = world.graph, world.graph.nodes[command].attributes
    suites = [s for path, s in world.every(Expectations) if s.tool == TOOL and _inside(path, project) and _part(path, project) not in BUILT]
    chosen = _selected(graph.nodes[command].label.split())
    if chosen:
        suites = [s for s in suites if s.name in chosen]
    single = [
        p for p in world.files if p.endswith(".sql") and _inside(p, project) and _part(p, project) == "tests" and "/generic/" not in p
    ]
    values = sum(s.values for s in suites) + (0 if chosen else len(single))
    structure = sum(s.structure for s in suites)
    attributes["clause"] = "value" if values else "structure" if structure else "none"
    attributes["acts"] = "stop"
    graph.nodes[command].gate = True
    for suite in suites:
        if suite.values or suite.structure:
            for table in suite.data:
                graph.connect(world.artifact(table, suite.place, "dataset"), command, "read", graph.nodes[command].place)


def _selected(words: list[str]) -> set[str]:
    """The models that a command names; nothing when it selects in another way, which is not followed."""
    found: set[str] = set()
    for index, word in enumerate(words):
        if word in SELECT:
            for name in words[index + 1 :]:
                if name.startswith("-"):
                    break
                if not PLAIN.fullmatch(name):
                    return set()
                found.add(name)
    return found


def _part(path: str, project: str) -> str:
    return path[len(project) :].strip("/").partition("/")[0]


def _unit_tests(world: World, command: int, project: str) -> None:
    """A node for each unit test; `share` says whether most models of the project have one."""
    graph = world.graph
    tests = [(p, t) for p, t in world.every(UnitTest) if t.tool == TOOL and _inside(p, project)]
    models = {
        posixpath.basename(p)[:-4] for p in world.files if p.endswith(".sql") and _inside(p, project) and _part(p, project) == "models"
    }
    share = len({t.model for _, t in tests} & models) / len(models) if models else 0.0
    for path, test in tests:
        key = (path, test.place.symbol)
        if key not in world.nodes:
            world.nodes[key] = graph.add(
                "test",
                test.name,
                test.place,
                ("test.case", "test.feature"),
                declared="true",
                asserts="true",
                direct="true",
                share="most" if share >= SHARE else "some",
            )
        graph.connect(command, world.nodes[key], "run", graph.nodes[command].place)


def _freshness(world: World, command: int, project: str) -> None:
    """A limit of age that fails: a check of the age of sources, and of what comes from outside."""
    graph, node = world.graph, world.graph.nodes[command]
    limits = [f for p, f in world.every(Freshness) if f.tool == TOOL and _inside(p, project) and f.loaded_at]
    failing = [f for f in limits if f.fails]
    node.attributes["clause"] = "none"  # the age of rows is no expectation of what they hold
    if not limits:
        return
    graph.give(command, "check.age")
    graph.give(command, "check.source")
    node.gate = bool(failing)
    node.attributes["acts"] = "stop" if failing else "none"
    for limit in limits:
        table = TABLE + limit.name.rpartition(".")[2].lower()
        graph.connect(world.artifact(table, limit.place, "dataset"), command, "read", node.place)
