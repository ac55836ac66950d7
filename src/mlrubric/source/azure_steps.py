"""Steps of Azure pipelines: script, bash, the tasks that run a command or a file, templates; every other task is named only."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from mlrubric.model.facts import Command, Elsewhere, Fact, Notice, Step
from mlrubric.model.place import Place
from mlrubric.source.automation_facts import below, filled, script
from mlrubric.source.azure_tasks import command_of
from mlrubric.source.document import Document
from mlrubric.source.syntax.node import Node
from mlrubric.source.yaml_facts import embedded, entry_place, is_scalar, settings, text_pairs

_SOURCES = "$(Build.SourcesDirectory)"
_EXPRESSION = re.compile(r"\$\{\{\s*(?:parameters|variables)\.([\w.-]+)\s*\}\}")
_MACRO = re.compile(r"\$\(([\w.-]+)\)")
_NEVER = re.compile(r"(false|eq\((?:1,\s*2|true,\s*false)\)|and\(.*,\s*false\)|and\(false,.*\))", re.IGNORECASE)
# the shell of these tasks, and where their text stands: (inline text, file, arguments)
_TASKS = {
    "bash": ("script", "filePath", "arguments"),
    "shellscript": ("script", "scriptPath", "args"),
    "cmdline": ("script", "", ""),
    "azurecli": ("inlineScript", "scriptPath", "arguments"),
    "pythonscript": ("script", "scriptPath", "arguments"),
}
_FIRST = ("script", "bash", "task", "template", "checkout", "powershell", "pwsh", "download", "publish", "reviewApp")


@dataclass(frozen=True, slots=True)
class Context:
    """What holds for a list of steps; `values` are the parameters and variables with a visible value."""

    values: Mapping[str, str] = field(default_factory=dict)
    windows: bool = False
    condition: str = ""
    repositories: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # alias -> where it lies, reference


def steps(
    document: Document, listed: Node | None, route: str, owner: str, context: Context, counter: list[int] | None = None
) -> Iterator[Fact]:
    """The steps below a list; `${{ if }}` and `${{ each }}` groups are walked in place."""
    counter = [0] if counter is None else counter
    for index, item in enumerate(listed.items if listed is not None else ()):
        symbol = f"{route}[{index}]"
        groups = [(key.text, value) for key, value in item.entries if key.text.startswith("${{")]
        if groups and not any(item.get(name) is not None for name in _FIRST):
            for number, (text, value) in enumerate(groups):
                yield from steps(document, value, f"{symbol}.group[{number}]", owner, replace(context, condition=text), counter)
        elif item.kind == "map":
            counter[0] += 1
            yield from _step(document, item, symbol, counter[0] - 1, owner, context)


def local_template(document: Document, reference: str) -> str | None:
    """A template file as a path from the root; None for one of another repository."""
    path, _, repository = reference.partition("@")
    if repository not in ("", "self"):
        return None
    joined = path.lstrip("/") if path.startswith("/") else posixpath.normpath(posixpath.join(document.directory, path))
    return None if joined.startswith("..") else f"./{joined}"


def elsewhere(place: Place, owner: str, reference: str, context: Context) -> Iterator[Elsewhere]:
    """A template of another repository (`build.yml@templates`)."""
    path, _, alias = reference.partition("@")
    if alias not in ("", "self"):
        repository, at = context.repositories.get(alias, (alias, ""))
        yield Elsewhere(place, owner, repository, path.lstrip("/"), at, "template", reference)


def swallowed(document: Document, node: Node, symbol: str) -> Place | None:
    """Where a constant `continueOnError: true` stands."""
    return entry_place(document, node, "continueOnError", symbol) if node.scalar("continueOnError").lower() == "true" else None


def never(node: Node) -> str:
    """The reason when it is switched off."""
    if node.scalar("enabled").lower() == "false":
        return "enabled: false"
    condition = re.sub(r"\s", "", node.scalar("condition"))
    return f"condition: {node.scalar('condition')}" if _NEVER.fullmatch(condition) else ""


def _step(document: Document, node: Node, symbol: str, index: int, owner: str, context: Context) -> Iterator[Fact]:
    task = node.scalar("task").partition("@")[0]
    inputs = node.get("inputs")
    text, options, path = _command(node, task.rsplit(".", 1)[-1].lower(), inputs)
    template = local_template(document, node.scalar("template")) if node.get("template") is not None else None
    directory = node.scalar("workingDirectory") or node.scalar("inputs", "workingDirectory") or node.scalar("inputs", "cwd")
    directory = filled(directory, _EXPRESSION, context.values).replace("$(System.DefaultWorkingDirectory)", _SOURCES)
    name = node.scalar("displayName") or node.scalar("name") or node.scalar("task") or node.scalar("template") or node.scalar("checkout")
    place = document.place(node.span, symbol)
    if node.get("template") is not None:
        yield from elsewhere(place, symbol, node.scalar("template"), context)
    yield Step(
        place, owner, index, name, template, text is not None or path is not None, node.scalar("condition") or context.condition or None,
        never(node), swallowed(document, node, f"{symbol}.continueOnError"),
        below(_SOURCES, directory) if directory else None,
        text_pairs(inputs) or text_pairs(node.get("parameters")), text_pairs(node.get("env")),
    )  # fmt: skip
    yield from settings(document, node.get("env"), f"{symbol}.env")
    kind = next((name for name in ("script", "bash", "powershell", "pwsh") if node.get(name) is not None), task.rsplit(".", 1)[-1].lower())
    argv = tuple(_plain(word, context.values) for word in command_of(kind, inputs))
    if argv:
        yield Command(replace(place, symbol=f"{symbol}.command[0]"), symbol, argv)
    unread = kind in ("powershell", "pwsh") or (context.windows and kind in ("script", "cmdline"))
    if text is not None and unread:
        yield Notice(place, f"commands of the shell `{'cmd' if kind in ('script', 'cmdline') else 'pwsh'}` are not read")
    elif text is not None and kind == "pythonscript":
        yield embedded(document, text, f"{symbol}.script", symbol, "python")
    elif text is not None:
        found = script(document, [text], f"{symbol}.script", symbol, "bash", options)
        yield replace(found, text=_plain(found.text, context.values))
    elif path is not None and not unread:
        found = script(document, [path], f"{symbol}.script", symbol, "bash", options)
        program = "python" if kind == "pythonscript" else "bash"
        arguments = inputs.scalar(_TASKS[kind][2]) if inputs is not None else ""
        yield replace(found, text=f"{program} {_plain(path.text, context.values)} {_plain(arguments, context.values)}".strip())


def _command(node: Node, task: str, inputs: Node | None) -> tuple[Node | None, frozenset[str], Node | None]:
    """The text of a step, the shell options that hold, and the file it runs instead. Azure's shells stop at no failed line."""
    for name in ("script", "bash", "powershell", "pwsh"):
        found = node.get(name)
        if found is not None and is_scalar(found):
            return found, frozenset(), None
    if task not in _TASKS or inputs is None:
        return None, frozenset(), None
    inline, file, _ = _TASKS[task]
    text, path = inputs.get(inline), inputs.get(file) if file else None
    return (text, frozenset(), None) if text is not None and is_scalar(text) else (None, frozenset(), path if is_scalar(path) else None)


def _plain(text: str, values: Mapping[str, str]) -> str:
    """Template expressions and macros filled in; `$(System.DefaultWorkingDirectory)` is the checkout."""
    text = text.replace(f"{_SOURCES}/", "").replace("$(System.DefaultWorkingDirectory)/", "")
    text = filled(text, _EXPRESSION, values)
    return _MACRO.sub(lambda match: values.get(match[1], match[0]) if "." in match[1] or match[1] in values else match[0], text)
