"""pre-commit configuration: each hook a stage, local hooks with the command they run; `ci:` means that pre-commit.ci runs them."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import replace

from mlrubric.model.facts import Fact, Include, Stage, Trigger, Unreadable
from mlrubric.source.document import Document
from mlrubric.source.syntax.node import Node
from mlrubric.source.workflow_steps import image
from mlrubric.source.yaml_facts import embedded, entry_place, first_map, is_scalar

FORMAT = "precommit"

_NOT_COMMANDS = frozenset({"pygrep", "fail"})
_OPTIONS = ("id", "name", "language", "entry", "files", "exclude", "language_version", "always_run", "pass_filenames", "log_file")
_LISTS = ("args", "stages", "types", "types_or", "additional_dependencies")


def accepts(path: str) -> bool:
    return path.rsplit("/", 1)[-1] in (".pre-commit-config.yaml", ".pre-commit-config.yml")


def read(document: Document) -> Iterable[Fact]:
    root, problems = first_map(document, FORMAT)
    yield from problems
    if root is None:
        return
    service = root.get("ci")
    if service is not None:
        schedule = service.scalar("autoupdate_schedule") or None
        reason = "run by pre-commit.ci where its application is installed"
        yield Trigger(entry_place(document, root, "ci", "ci"), "bot", "repos", schedule, reason=reason)
    skipped = frozenset(service.strings("skip")) if service is not None else frozenset[str]()
    default_stages = root.strings("default_stages")
    repositories = root.get("repos")
    if repositories is None or repositories.kind != "list":
        place = document.place(root.span if repositories is None else repositories.span, "repos")
        yield Unreadable(place, FORMAT, "`repos` must be a list")
        return
    for index, repository in enumerate(repositories.items):
        symbol = f"repos[{index}]"
        hooks = repository.get("hooks")
        if hooks is None or hooks.kind != "list":
            yield Unreadable(document.place(repository.span, symbol), FORMAT, "a repository without a list of hooks")
            continue
        where = (("repo", repository.scalar("repo")), ("rev", repository.scalar("rev")))
        for number, hook in enumerate(hooks.items):
            yield from _hook(document, hook, f"{symbol}.hooks[{number}]", where, default_stages, skipped)


def _hook(
    document: Document,
    hook: Node,
    symbol: str,
    where: tuple[tuple[str, str], ...],
    default_stages: tuple[str, ...],
    skipped: frozenset[str],
) -> Iterator[Fact]:
    name = hook.scalar("id")
    if not name:
        yield Unreadable(document.place(hook.span, symbol), FORMAT, "a hook without an id")
        return
    options = [(key, value) for key, value in where if value]
    options += [(key, hook.scalar(key)) for key in _OPTIONS if hook.scalar(key)]
    options += [(key, " ".join(hook.strings(key))) for key in _LISTS if hook.get(key) is not None]
    if default_stages and hook.get("stages") is None:
        options.append(("stages", " ".join(default_stages)))
    if name in skipped:
        options.append(("skipped_in_ci", "true"))
    yield Stage(
        document.place(hook.span, symbol), "pre-commit", name, always=hook.scalar("always_run") == "true", options=tuple(sorted(options))
    )
    entry = hook.get("entry")
    if entry is None or not is_scalar(entry) or hook.scalar("language") in _NOT_COMMANDS:
        return
    if hook.scalar("language") == "docker_image":
        yield image(document.place(entry.span, f"{symbol}.entry"), entry.text.split(" ")[0])
        return
    text = embedded(document, entry, f"{symbol}.entry", symbol)
    arguments = hook.strings("args")
    yield replace(text, text=f"{text.text.rstrip()} {shlex.join(arguments)}") if arguments else text
    if hook.scalar("language") == "docker":
        yield Include(document.place(entry.span, f"{symbol}.entry"), "Dockerfile", "dockerfile", symbol)
