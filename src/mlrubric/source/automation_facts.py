"""What the readers of automation servers share: scripts of several lines, triggers, gates that wait for a person, variables filled in."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from mlrubric.model.facts import Embedded, Image, Trigger
from mlrubric.model.place import Place, Span
from mlrubric.source.document import Document
from mlrubric.source.syntax.cron import NICKNAMES, cron_problem
from mlrubric.source.syntax.image_name import split_image
from mlrubric.source.syntax.node import Node
from mlrubric.source.yaml_facts import is_scalar, line_map

BY_HAND = "started by hand"
FAILS = frozenset({"errexit"})
STRICT = frozenset({"errexit", "pipefail"})


@dataclass(frozen=True, slots=True)
class Lines:
    """Text of a script with the place of each of its lines in the host file."""

    text: str
    starts: tuple[tuple[int, int], ...]


def lines_of(nodes: Iterable[Node]) -> Lines:
    """Several scalars as one script, in their order."""
    texts: list[str] = []
    starts: list[tuple[int, int]] = []
    for node in nodes:
        text = node.text.rstrip("\n")
        mapped = line_map(node)
        for number, line in enumerate(text.split("\n")):
            texts.append(line)
            last = mapped[-1]
            starts.append(mapped[number] if number < len(mapped) else (last[0] + number - len(mapped) + 1, 1))
    return Lines("\n".join(texts), tuple(starts))


def script(
    document: Document, nodes: Sequence[Node], route: str, owner: str, shell: str = "bash", options: frozenset[str] = FAILS
) -> Embedded:
    """The scalars of a script as one text; there is at least one."""
    joined = lines_of(nodes)
    first, last = nodes[0].span, nodes[-1].span
    forward = (last.line, last.column) >= (first.line, first.column)
    span = Span(first.line, first.column, last.end_line, last.end_column) if forward else first
    return Embedded(document.place(span, route), "shell", joined.text, owner, joined.starts, (), shell, options)


def scalars(node: Node | None) -> list[Node]:
    """The scalars of a list, also of lists inside it; a scalar alone is a list of one."""
    if node is None:
        return []
    if node.kind == "list":
        return [inner for item in node.items for inner in scalars(item)]
    return [node] if is_scalar(node) else []


def by_hand(place: Place, owner: str, reason: str = BY_HAND) -> Trigger:
    """A person starts it, or lets it go on."""
    return Trigger(place, "manual", owner, None, (), True, False, reason)


def clock(
    place: Place, owner: str, cron: str, filters: tuple[str, ...] = (), certain: bool = True, dead: str = "", names: bool = False
) -> Trigger:
    """A schedule; a cron line that never fires is dead. With `names`, the server knows `@daily` and its like."""
    named = names and (cron in NICKNAMES or cron.startswith("@every "))
    problem = dead or ("" if named else cron_problem(cron))
    return Trigger(place, "schedule", owner, cron, filters, not problem, True, problem, certain)


def period(place: Place, owner: str, length: str, dead: str = "") -> Trigger:
    """A schedule that is a length of time."""
    return Trigger(place, "schedule", owner, f"every {length}", (), not dead, True, dead)


def waiting(gates: Iterable[str], needs: Mapping[str, Collection[str]]) -> dict[str, str]:
    """Everything that a gate holds back, itself included, with the gate: what needs it, directly or not."""
    held = {gate: gate for gate in gates}
    moved = True
    while moved:
        moved = False
        for name in sorted(needs):
            if name not in held:
                gate = next((held[need] for need in sorted(needs[name]) if need in held), None)
                if gate is not None:
                    held[name] = gate
                    moved = True
    return held


def filled(text: str, pattern: re.Pattern[str], values: Mapping[str, str]) -> str:
    """The text with its variables (group 1 of the pattern) replaced where their value is known and of one line.

    An unknown one becomes a shell variable of equal length, so that the shell reads a word and columns stay.
    """

    def replacement(match: re.Match[str]) -> str:
        value = values.get(match[1].strip())
        if value is not None and "\n" not in value:
            return value
        return "${" + re.sub(r"\W", "_", match[1].strip() or "_").ljust(len(match[0]) - 3, "_") + "}"

    return pattern.sub(replacement, text)


def below(base: str, directory: str) -> str | None:
    """A working directory relative to where the repository is checked out; None for the checkout itself or a place outside of it."""
    plain, root = directory.rstrip("/"), base.rstrip("/")
    if plain == root or plain in ("", "."):
        return None
    if plain.startswith(root + "/"):
        return plain[len(root) + 1 :]
    return None if plain.startswith(("/", "~", "$")) else posixpath.normpath(plain)


def image(place: Place, reference: str) -> Image:
    """A container image that a job runs in."""
    name, tag, digest = split_image(reference.removeprefix("docker://"))
    return Image(place, name, tag, digest, "run")
