"""Bundles of Databricks (`databricks.yml` and the resource files it includes): jobs with their schedules, triggers and tasks."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator

from mlrubric.model.facts import Command, Fact, Job, Trigger, Workflow
from mlrubric.model.place import Place
from mlrubric.source.automation_facts import by_hand, clock, period
from mlrubric.source.document import Document
from mlrubric.source.syntax.node import Node, SyntaxProblem
from mlrubric.source.syntax.yaml import parse_template
from mlrubric.source.yaml_facts import entry_place

FORMAT = "databricks_bundle"
UNSET = "the job has no schedule: started by hand"
ANYWAY = ("ALL_DONE", "AT_LEAST_ONE_FAILED", "ALL_FAILED", "AT_LEAST_ONE_SUCCESS")
ROOTS = re.compile(r"^\$\{(?:workspace|bundle)\.\w+\}/?(?:files/)?|^/Workspace/[^.]*?/files/")
OTHER_JOB = re.compile(r"\$\{resources\.jobs\.([\w-]+)\.id\}")
STEPS = re.compile(r"^(\d+)/")
SIGNS = {
    "GREATER_THAN": ">",
    "GREATER_THAN_OR_EQUAL": ">=",
    "LESS_THAN": "<",
    "LESS_THAN_OR_EQUAL": "<=",
    "EQUAL_TO": "==",
    "NOT_EQUAL": "!=",
}


def accepts(path: str) -> bool:
    return path.endswith((".yaml", ".yml")) and ".github/" not in path


def read(document: Document) -> Iterator[Fact]:
    text = document.text
    if "resources:" not in text or "jobs:" not in text or "tasks:" not in text or "apiVersion:" in text:
        return
    try:
        roots = parse_template(text)
    except SyntaxProblem:
        return  # the reader of settings tells of it
    for root in roots[:1]:
        paused = _paused(root.get("targets"))
        for key, job in _pairs(root.get("resources", "jobs")):
            yield from _job(document, key, job, paused)


def _paused(targets: Node | None) -> str:
    """Every target of the bundle is for development, where schedules are paused."""
    modes = [target.scalar("mode") for _, target in _pairs(targets)]
    return "every target is in development mode, which pauses schedules" if modes and set(modes) == {"development"} else ""


def _job(document: Document, key: str, job: Node, paused: str) -> Iterator[Fact]:
    tasks = job.get("tasks")
    if tasks is None:
        return
    symbol = f"resources.jobs.{key}"
    yield Workflow(document.place(job.span, symbol), key, "databricks")
    triggers = list(_triggers(document, job, symbol, paused))
    yield from triggers or [by_hand(document.place(job.span, symbol), symbol, UNSET)]
    for task in tasks.items:
        yield from _task(document, key, task, symbol)


def _triggers(document: Document, job: Node, symbol: str, paused: str) -> Iterator[Trigger]:
    for name in ("schedule", "trigger", "continuous"):
        node = job.get(name)
        if node is None or node.kind != "map":
            continue
        place = entry_place(document, job, name, f"{symbol}.{name}")
        dead = paused or ("pause_status: PAUSED" if node.scalar("pause_status").upper() == "PAUSED" else "")
        if name == "schedule":
            yield clock(place, symbol, quartz(node.scalar("quartz_cron_expression")), dead=dead)
        elif name == "continuous":
            yield period(place, symbol, "run: it starts anew when it has ended", dead)
        elif node.get("periodic") is not None:
            yield period(place, symbol, f"{node.scalar('periodic', 'interval')} {node.scalar('periodic', 'unit').lower()}", dead)
        else:
            yield Trigger(place, "event", symbol, live=not dead, reason=dead)


def _task(document: Document, job: str, task: Node, owner: str) -> Iterator[Fact]:
    own = task.scalar("task_key")
    route = f"{owner}.tasks.{own}"
    place = document.place(task.span, route)
    before = task.get("depends_on")
    needs = tuple(f"{job}.{item.scalar('task_key')}" for item in (before.items if before is not None else ()))
    asked = " and ".join(item.scalar("task_key") for item in (before.items if before is not None else ()) if item.scalar("outcome"))
    condition = "always()" if task.scalar("run_if") in ANYWAY else f"outcome of {asked}" if asked else None
    other = OTHER_JOB.search(task.scalar("run_job_task", "job_id"))
    compared = task.get("condition_task")
    if compared is not None:
        sign = SIGNS.get(compared.scalar("op"), "==")
        condition = f"{compared.scalar('left')} {sign} {compared.scalar('right')}"
    yield Job(place, f"{job}.{own}", owner, needs, condition, uses=f"@resources.jobs.{other[1]}" if other else None)
    yield from _work(document, task, route)
    inner = task.get("for_each_task", "task")
    if inner is not None:
        yield from _work(document, inner, route)


def _work(document: Document, task: Node, route: str) -> Iterator[Command]:
    """The file or program that a task runs."""
    place = Place(document.path, document.place(task.span).span, f"{route}.run")
    notebook, script = task.scalar("notebook_task", "notebook_path"), task.scalar("spark_python_task", "python_file")
    if notebook:
        path = _path(document, notebook)
        yield Command(
            place, route, ("papermill", path) if path.endswith(".ipynb") else ("python", path if path.endswith(".py") else f"{path}.py")
        )
    elif script:
        words = task.get("spark_python_task", "parameters")
        yield Command(place, route, ("python", _path(document, script), *(words.strings() if words is not None else ())))
    elif task.get("python_wheel_task") is not None:
        yield Command(place, route, (task.scalar("python_wheel_task", "entry_point"),))
    for line in task.strings("dbt_task", "commands"):
        yield Command(place, route, tuple(_split(line)))


def _path(document: Document, written: str) -> str:
    """A path of a bundle relative to the root: it is written relative to the file that names it, or to where the bundle is deployed."""
    if ROOTS.match(written):
        return posixpath.normpath(ROOTS.sub("", written))
    return posixpath.normpath(posixpath.join(posixpath.dirname(document.path), written))


def quartz(expression: str) -> str:
    """A Quartz expression as a cron line: no seconds, no year, `*` for `?`, weekdays counted from nought."""
    fields = expression.split()
    if len(fields) not in (6, 7) or "{" in expression:
        return expression
    minute, hour, day, month, weekday = (field.replace("?", "*") for field in fields[1:6])
    weekday = re.sub(r"\d", lambda found: str(int(found[0]) - 1), weekday.partition("#")[0].replace("L", ""))
    day = re.sub(r"L.*|\d+W", "28", day)
    minute, hour = STEPS.sub("\\1-59/", minute), STEPS.sub("\\1-23/", hour)
    return f"{minute} {hour} {day} {month} {weekday or '*'}"


def _pairs(node: Node | None) -> list[tuple[str, Node]]:
    return list(node.pairs()) if node is not None and node.kind == "map" else []


def _split(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()
