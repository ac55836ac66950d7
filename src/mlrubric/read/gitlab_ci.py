"""GitLab CI (.gitlab-ci.yml and the files it includes): jobs with their scripts, what starts them, what waits for a person."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from mlrubric.model.facts import Elsewhere, Fact, Job, Notice, Step, Trigger, Unreadable, Workflow
from mlrubric.model.place import Place, Span
from mlrubric.source.automation_facts import STRICT, by_hand, image, scalars, script, waiting
from mlrubric.source.document import Document
from mlrubric.source.gitlab_rules import PUSHES, Start, runs_always, starts
from mlrubric.source.syntax.node import Node
from mlrubric.source.yaml_facts import entry_place, first_map, settings

FORMAT = "gitlab_ci"

_ROOT = ".gitlab-ci.yml"
_PLACE = re.compile(r"(^|/)([^/]*\.gitlab-ci\.ya?ml|\.?gitlab(-ci)?/(.*/)?[^/]+\.ya?ml)$")
_FOLDER = re.compile(r"\.?(ci|ci[-_]?cd|cicd|pipelines?|templates|jobs)/(.*/)?[^/]+\.ya?ml$")  # where a file to be included often lies
_RAW = re.compile(r"https?://([^?]+?)(?:/-)?/(?:raw|blob)/([^/]+)/([^?]+)")
_JOB = re.compile(r"^ +(script|extends|before_script):", re.MULTILINE)
_GLOBAL = frozenset({"stages", "types", "default", "include", "variables", "workflow", "image", "services", "cache", "spec"})
_GLOBAL |= {"before_script", "after_script"}
_INHERITED = ("before_script", "after_script", "image", "services", "retry", "timeout", "tags")
_DEEP = 11  # levels of `extends`
_SCHEDULE = "its schedule is set up in GitLab, outside of this repository"

Merged = dict[str, Node]


def accepts(path: str) -> bool:
    return (_PLACE.search(path) or _FOLDER.match(path)) is not None and not path.endswith("dashboard.yml")


def read(document: Document) -> Iterable[Fact]:
    guessed = _PLACE.search(document.path) is None  # by its folder alone: other programs' files lie there too
    if guessed and _JOB.search(document.text) is None:
        return
    root, problems = first_map(document, FORMAT)
    yield from () if guessed else problems
    if root is None:
        return
    jobs = {key.text: _merged(root, node) for key, node in root.entries if _is_job(key.text, node)}
    called = [text for item in _list(root.get("include")) if (text := item.scalar("local") or _local(item))]
    main = document.path == _ROOT
    if not main and not jobs and not any(name.startswith(".") and node.kind == "map" for name, node in root.pairs()):
        return  # another file of the folder: issue templates and the like
    place = document.place(Span(root.span.line), "workflow")
    others = [other for index, item in enumerate(_list(root.get("include"))) for other in _elsewhere(document, index, item)]
    yield Workflow(place, document.path, "gitlab", "" if jobs or called or others else "it has no jobs")
    rules = root.get("workflow")
    variables = {name: _value(node) for name, node in _pairs(root.get("variables"))}
    yield from settings(document, root.get("variables"), "variables")
    if main:
        yield from _triggers(starts(document, _entries(rules), place, variables), "workflow")
    else:
        yield Trigger(place, "workflow_call", "workflow", None, (), True, False, "runs only when another file includes it")
    for index, target in enumerate(called):
        at = document.place(root.get("include").span if root.get("include") is not None else root.span, f"include[{index}]")  # type: ignore[union-attr]
        yield Job(at, f"include {target}", uses=f"./{target.lstrip('/')}")
    yield from others
    yield from _jobs(document, root, jobs, variables)


def _elsewhere(document: Document, index: int, item: Node, owner: str = "workflow") -> Iterator[Elsewhere]:
    """Files and components of other projects; the templates that GitLab itself brings are none."""
    place = document.place(item.span, f"{'' if owner == 'workflow' else f'{owner}.trigger.'}include[{index}]")
    project, component = item.scalar("project"), item.scalar("component")
    remote = item.scalar("remote") or (item.text if item.kind == "string" and "://" in item.text else "")
    if project:
        for file in item.strings("file"):
            text = f"{project}/{file.lstrip('/')}"
            yield Elsewhere(place, owner, project, file.lstrip("/"), item.scalar("ref"), "include", text)
    elif component:
        name, _, version = component.rpartition("@")
        repository, _, part = (name or component).rpartition("/")
        yield Elsewhere(
            place, owner, repository.replace("$CI_SERVER_FQDN", "gitlab.com"), f"templates/{part}", version, "include", component
        )
    elif remote:
        raw = _RAW.match(remote)
        repository, reference, path = raw.groups() if raw is not None else (remote.partition("://")[2].rpartition("/")[0], "", remote)
        yield Elsewhere(place, owner, repository, path.rpartition("/")[2] if raw is None else path, reference, "include", remote)


def _is_job(name: str, node: Node) -> bool:
    return name not in _GLOBAL and not name.startswith(".") and node.kind == "map"


def _list(node: Node | None) -> tuple[Node, ...]:
    return () if node is None else node.items if node.kind == "list" else (node,)


def _local(item: Node) -> str:
    return item.text if item.kind == "string" and "://" not in item.text and item.text.endswith((".yml", ".yaml")) else ""


def _pairs(node: Node | None) -> Iterator[tuple[str, Node]]:
    return iter(()) if node is None else node.pairs()


def _entries(node: Node | None) -> Merged:
    return dict(_pairs(node))


def _value(node: Node) -> str:
    return node.scalar("value") if node.kind == "map" else node.text


def _merged(root: Node, node: Node, depth: int = 0) -> Merged:
    """A job with what it extends and what `default` gives; lists are replaced, not joined."""
    found: Merged = {}
    if depth == 0:
        for holder in (root, root.get("default")):
            found.update({name: value for name, value in _pairs(holder) if name in _INHERITED})
    for name in node.strings("extends") if depth < _DEEP else ():
        base = root.get(name)
        if base is not None and base.kind == "map":
            found.update(_merged(root, base, depth + 1))
    found.update(node.pairs())
    return found


def _script(root: Node, node: Node | None, depth: int = 0) -> list[Node]:
    """The commands of a script; `!reference [job, key]` and nested lists are put in."""
    if node is None or depth > _DEEP:
        return []
    found: list[Node] = []
    for item in _list(node):
        if item.kind == "list" and len(item.items) in (2, 3) and item.items[0].text and root.get(item.items[0].text) is not None:
            found.extend(_script(root, root.get(*(part.text for part in item.items)), depth + 1))
        elif item.kind == "list":
            found.extend(_script(root, item, depth + 1))
        else:
            found.extend(scalars(item))
    return found


def _triggers(found: list[Start], owner: str) -> Iterator[Trigger]:
    for start in found:
        filters = (start.text,) if start.text else ()
        if start.kind == "schedule":
            yield Trigger(start.place, "schedule", owner, None, filters, True, True, _SCHEDULE, certain=False)
        elif start.kind in PUSHES:
            yield Trigger(start.place, start.kind, owner, None, filters)
        elif start.kind == "manual":
            yield by_hand(start.place, owner, f"waits for a person ({start.text})")
        else:
            yield Trigger(start.place, start.kind, owner, None, filters, True, False, "started by another pipeline or program")


def _jobs(document: Document, root: Node, jobs: Mapping[str, Merged], variables: Mapping[str, str]) -> Iterator[Fact]:
    places = {name: entry_place(document, root, name, name) for name in jobs}
    ways = {
        name: starts(document, job, places[name], {**variables, **{k: _value(v) for k, v in _pairs(job.get("variables"))}})
        for name, job in jobs.items()
    }
    clicked = {name for name, found in ways.items() if found and all(start.kind == "manual" for start in found)}
    blocking = {name for name in clicked if any(start.blocking for start in ways[name])}
    needs = _needs(root, jobs, clicked - blocking)
    held = waiting(clicked, needs)
    for name, job in jobs.items():
        own = [start for start in ways[name] if start.kind not in PUSHES]
        gate = held.get(name, "") if ways[name] else ""
        if gate and gate != name:
            own = [Start("manual", places[name], f"after `{gate}`")]
        attached = not ways[name] or (not gate and any(start.kind in PUSHES for start in ways[name]))
        yield from _triggers(own, name)
        yield from _job(document, root, name, job, places[name], ways[name], "workflow" if attached else "", needs[name])


def _needs(root: Node, jobs: Mapping[str, Merged], passed_by: set[str]) -> dict[str, tuple[str, ...]]:
    """What each job waits for: what it needs, else all jobs of earlier stages that later ones wait for."""
    listed = root.strings("stages") or root.strings("types") or ("build", "test", "deploy")
    order = {stage: index for index, stage in enumerate((".pre", *listed, ".post"))}
    stage_of = {name: order.get(job["stage"].text if "stage" in job else "test", 0) for name, job in jobs.items()}
    found: dict[str, tuple[str, ...]] = {}
    for name, job in jobs.items():
        if "needs" in job:
            found[name] = tuple(item.scalar("job") or item.text for item in _list(job["needs"]))
        else:
            found[name] = tuple(other for other in jobs if stage_of[other] < stage_of[name] and other not in passed_by)
    return found


def _job(
    document: Document, root: Node, name: str, job: Merged, place: Place, ways: list[Start], owner: str, needs: tuple[str, ...]
) -> Iterator[Fact]:
    allowed = job.get("allow_failure")
    swallowed = document.place(allowed.span, f"{name}.allow_failure") if allowed is not None and allowed.text == "true" else None
    if ways and all(start.forgiven for start in ways):
        swallowed = swallowed or ways[0].forgiven
    downstream = job.get("trigger")
    if downstream is not None:
        for index, item in enumerate(_list(downstream.get("include"))):
            yield from _elsewhere(document, index, item, name)
        called = downstream.scalar("project") or (downstream.text if downstream.kind == "string" else "")
        if called:
            yield Elsewhere(place, name, called, "", downstream.scalar("branch"), "pipeline", called)
    local = [text for item in _list(downstream and downstream.get("include")) if (text := item.scalar("local") or _local(item))]
    picture = job.get("image")
    reference = (picture.scalar("name") if picture.kind == "map" else picture.text) if picture is not None else ""
    environment = job.get("environment")
    conditions = "; ".join([*(["when: always"] if runs_always(job) else []), *(start.text for start in ways if start.text)])
    yield Job(
        place, name, owner, needs, conditions or None, "" if ways else "its rules leave no pipeline",
        swallowed, (environment.scalar("name") if environment.kind == "map" else environment.text) if environment is not None else None,
        f"./{local[0].lstrip('/')}" if local else None, reference or None, "parallel" in job and job["parallel"].kind == "map",
    )  # fmt: skip
    if picture is not None and reference and root.get(name, "image") is not None:
        yield image(document.place(picture.span, f"{name}.image"), reference)
    yield from settings(document, job.get("variables"), f"{name}.variables")
    before, main = _script(root, job.get("before_script")), _script(root, job.get("script"))
    if main:
        yield Step(replace(place, symbol=f"{name}.script"), name, 0, "script", run=True)
        yield script(document, [*before, *main], f"{name}.script", f"{name}.script", "bash", STRICT)
    elif "script" in job:
        yield Unreadable(place, FORMAT, "the script holds no command")
    elif downstream is None and "extends" not in job:
        yield Notice(place, "a job without a script does nothing")
    after = _script(root, job.get("after_script"))
    if after:
        at = document.place(after[0].span, f"{name}.after_script")
        yield Step(at, name, 1, "after_script", run=True, swallowed=at)
        yield script(document, after, f"{name}.after_script", f"{name}.after_script", "bash", STRICT)
