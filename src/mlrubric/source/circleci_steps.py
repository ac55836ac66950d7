"""Steps of CircleCI jobs and commands: run, checkout, own commands, conditional groups; steps of orbs are named only."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from mlrubric.model.facts import Fact, Notice, Step
from mlrubric.source.automation_facts import STRICT, below, filled, script
from mlrubric.source.document import Document
from mlrubric.source.syntax.node import Node
from mlrubric.source.syntax.shell_call import interpreter
from mlrubric.source.yaml_facts import is_scalar, settings, text_pairs

_PARAMETER = re.compile(r"<<\s*(?:parameters\.)?([\w.-]+)\s*>>")


@dataclass(frozen=True, slots=True)
class Context:
    """What holds for a list of steps; `directory` is the working directory, `checkout` where the repository lies."""

    commands: frozenset[str]
    parameters: Mapping[str, str] = field(default_factory=dict)
    directory: str = "~/project"
    shell: str = ""
    checkout: str = ""
    condition: str = ""
    never: str = ""


def steps(document: Document, listed: Node | None, route: str, owner: str, context: Context) -> Iterator[Fact]:
    """The steps below a list; `when` and `unless` groups are walked in place."""
    items = listed.items if listed is not None else ()
    for item in items:
        if item.kind == "map" and item.get("checkout") is not None:
            context = replace(context, checkout=item.scalar("checkout", "path"))
    yield from _walk(document, items, route, owner, context, [0])


def _walk(document: Document, items: tuple[Node, ...], route: str, owner: str, context: Context, counter: list[int]) -> Iterator[Fact]:
    for index, item in enumerate(items):
        symbol = f"{route}[{index}]"
        key, node = (item.entries[0][0].text, item.entries[0][1]) if item.kind == "map" and item.entries else (item.text, None)
        if key in ("when", "unless") and node is not None and node.get("steps") is not None:
            inner = replace(context, condition=f"{key}: {_words(node.get('condition'))}", never=_never(key, node, context) or context.never)
            group = node.get("steps")
            yield from _walk(document, group.items if group is not None else (), f"{symbol}.steps", owner, inner, counter)
            continue
        counter[0] += 1
        yield from _step(document, item, key, node, symbol, counter[0] - 1, owner, context)


def _step(
    document: Document, item: Node, key: str, node: Node | None, symbol: str, index: int, owner: str, context: Context
) -> Iterator[Fact]:
    place = document.place(item.span, symbol)
    if key != "run" or node is None:
        uses = f"#commands.{key}" if key in context.commands else None
        options = text_pairs(node)
        yield Step(place, owner, index, key, uses, condition=context.condition or None, never=context.never, options=options)
        return
    command = node if is_scalar(node) else node.get("command")
    directory = node.scalar("working_directory") or context.directory
    relative = below(context.checkout or context.directory or "~/project", directory)
    when = node.scalar("when")
    condition = f"when: {when}" if when in ("on_fail", "always") else context.condition
    yield Step(
        place, owner, index, node.scalar("name"), None, is_scalar(command), condition or None, context.never, None, relative, (),
        text_pairs(node.get("environment")),
    )  # fmt: skip
    yield from settings(document, node.get("environment"), f"{symbol}.environment")
    if command is not None and is_scalar(command):
        shell = filled(node.scalar("shell") or context.shell or "/bin/bash -eo pipefail", _PARAMETER, context.parameters)
        known = ("bash", STRICT) if "$" in shell else interpreter(shell)
        if known is None:
            yield Notice(document.place(command.span, f"{symbol}.run"), f"commands of the shell `{shell.split(' ')[0]}` are not read")
            return
        text = script(document, [command], f"{symbol}.run", symbol, *known)
        yield replace(text, text=filled(text.text, _PARAMETER, context.parameters))


def _words(node: Node | None) -> str:
    return " ".join(leaf.text for _, leaf in node.leaves()) if node is not None else ""


def _never(key: str, node: Node, context: Context) -> str:
    """A condition that is constant with the parameters' known values."""
    value = filled(node.scalar("condition"), _PARAMETER, context.parameters).lower()
    off = value in ("false", "0", "no") if key == "when" else value in ("true", "1", "yes")
    return f"{key}: {node.scalar('condition')}" if off else ""
