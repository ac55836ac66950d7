"""Actions of a lakeFS repository (`_lakefs_actions/*.yaml`): hooks that run when data is committed, merged or branched."""

from __future__ import annotations

from collections.abc import Iterable

from mlrubric.model.facts import Fact, Job, Trigger, Workflow
from mlrubric.source.document import Document
from mlrubric.source.yaml_facts import first_map

FORMAT = "lakefs_actions"
TOOL = "lakefs"


def accepts(path: str) -> bool:
    return path.endswith((".yaml", ".yml")) and "_lakefs_actions/" in path


def read(document: Document) -> Iterable[Fact]:
    root, problems = first_map(document, FORMAT)
    yield from problems
    if root is None:
        return
    yield Workflow(document.place(root.span, "workflow"), root.scalar("name") or document.path, TOOL)
    events = root.get("on")
    for name, options in events.pairs() if events is not None else ():
        branches = tuple(f"branches: {branch}" for branch in options.strings("branches"))
        yield Trigger(document.place(options.span, f"on.{name}"), "event", "workflow", schedule=name, filters=branches)
    hooks = root.get("hooks")
    for hook in hooks.items if hooks is not None else ():
        identity = hook.scalar("id")
        yield Job(document.place(hook.span, f"hooks.{identity}"), identity)
