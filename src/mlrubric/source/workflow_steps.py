"""Steps of GitHub workflows and composite actions: what runs, in which shell, and whether its failure counts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from mlrubric.model.facts import Elsewhere, Fact, Image, Include, Notice, Step, Unreadable
from mlrubric.model.place import Place
from mlrubric.source.document import Document
from mlrubric.source.syntax.image_name import split_image
from mlrubric.source.syntax.node import Node
from mlrubric.source.syntax.shell_call import interpreter
from mlrubric.source.yaml_facts import embedded, entry_place, is_scalar, settings, text_pairs

_FIXED = {
    "bash": ("bash", frozenset({"errexit", "pipefail"})),
    "sh": ("sh", frozenset({"errexit"})),
    "": ("bash", frozenset({"errexit"})),  # bash -e {0}: no pipefail
}
_WORD = re.compile(r"^(?!(ubuntu|windows|macos|linux)\b)[A-Za-z./_-]{2,}")
_VARIANTS = 12
_ACTION_PATH = re.compile(r"\$\{\{\s*github\.action_path\s*\}\}|\$\{?GITHUB_ACTION_PATH\b\}?")
_REMOTE = re.compile(r"([\w.-]+/[\w.-]+)(?:/([^@\s]+))?@(\S+)")
_NEVER = frozenset({"false", "0", "-0", "null", "''", "!true", "!(true)", "!always()"})


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds for a step that says nothing itself. `windows`: its shell would be PowerShell."""

    shell: str = ""
    directory: str | None = None
    windows: bool = False
    container: bool = False
    matrix: tuple[tuple[str, tuple[str, ...]], ...] = ()  # the words that a matrix puts into commands
    action: str = ""  # the folder of the action that the steps are of

    def under(self, node: Node) -> Defaults:
        """With the `defaults.run` of a workflow or a job."""
        run = node.get("defaults", "run")
        if run is None or run.kind != "map":
            return self
        directory = run.scalar("working-directory") or self.directory
        return replace(self, shell=run.scalar("shell", default=self.shell), directory=directory)


def steps(document: Document, listed: Node, route: str, owner: str, defaults: Defaults, format_: str) -> Iterator[Fact]:
    if listed.kind != "list":
        yield Unreadable(document.place(listed.span, route), format_, "steps must be a list")
        return
    unread: set[str] = set()
    for index, node in enumerate(listed.items):
        symbol = f"{route}[{index}]"
        if node.kind != "map":
            yield Unreadable(document.place(node.span, symbol), format_, "a step must be a map")
            continue
        yield from _step(document, node, symbol, index, owner, defaults, unread)


def _step(document: Document, node: Node, symbol: str, index: int, owner: str, defaults: Defaults, unread: set[str]) -> Iterator[Fact]:
    run = node.get("run")
    uses = node.scalar("uses") or None
    condition = node.scalar("if") or None
    yield Step(
        document.place(node.span, symbol),
        owner,
        index,
        node.scalar("name") or node.scalar("id"),
        uses,
        is_scalar(run),
        condition,
        never(condition),
        ignored_failure(document, node, symbol),
        node.scalar("working-directory") or (defaults.directory if run is not None else None),
        text_pairs(node.get("with")),
        text_pairs(node.get("env")),
        node.scalar("id"),
    )
    yield from settings(document, node.get("env"), f"{symbol}.env")
    if uses is not None:
        yield from used(document, node, symbol, uses)
    if run is not None and is_scalar(run):
        yield from _run(document, run, symbol, node.scalar("shell", default=defaults.shell), defaults, unread)


def used(document: Document, node: Node, symbol: str, uses: str, kind: str = "action") -> Iterator[Fact]:
    """A local action or workflow is a hop, a container image is an image; one of another repository that we do not know lies elsewhere."""
    place = entry_place(document, node, "uses", f"{symbol}.uses")
    if uses.startswith("./"):
        yield Include(place, uses, kind, symbol)
    elif uses.startswith("docker://"):
        yield image(place, uses.removeprefix("docker://"))
    elif (remote := _REMOTE.fullmatch(uses)) is not None:
        yield Elsewhere(place, symbol, f"github.com/{remote[1]}", remote[2] or "", remote[3], kind, uses)


def image(place: Place, reference: str) -> Image:
    name, tag, digest = split_image(reference.removeprefix("docker://"))
    return Image(place, name, tag, digest, "run")


def _run(document: Document, run: Node, symbol: str, shell: str, defaults: Defaults, unread: set[str]) -> Iterator[Fact]:
    route = f"{symbol}.run"
    if shell.split()[:1] == ["python"] or re.fullmatch(r"python[0-9.]*", shell.split(" ")[0]):
        yield embedded(document, run, route, symbol, "python")
        return
    known = _shell_of(shell, defaults)
    if known is None:
        name = shell.split(" ")[0] or "pwsh"
        if name not in unread:
            unread.add(name)
            yield Notice(document.place(run.span, route), f"commands of the shell `{name}` are not read")
        return
    written = _ACTION_PATH.sub(defaults.action, run.text) if defaults.action else run.text
    for text in variants(written, defaults.matrix):
        yield replace(embedded(document, run, route, symbol, "shell", *known), text=text)


def matrix_words(matrix: Node | None) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The axes of a matrix whose values are words that may name commands, files or targets: no versions, no machines."""
    if matrix is None or matrix.kind != "map":
        return ()
    found: dict[str, list[str]] = {}
    include = matrix.get("include")
    for holder in (matrix, *(include.items if include is not None else ())):
        for name, value in holder.pairs():
            if name not in ("include", "exclude"):
                found.setdefault(name, []).extend(
                    item.text for item in (value.items if value.kind == "list" else (value,)) if is_scalar(item)
                )
    return tuple((name, tuple(dict.fromkeys(texts))) for name, texts in found.items() if texts and all(_WORD.search(t) for t in texts))


def variants(text: str, matrix: tuple[tuple[str, tuple[str, ...]], ...]) -> list[str]:
    """The text with each word of the matrix that it asks for; the text itself when it asks for none, or for too many."""
    found = [text]
    for name, words in matrix:
        hole = re.compile(rf"\$\{{\{{\s*matrix\.{re.escape(name)}\s*\}}\}}")
        if hole.search(text) and len(found) * len(words) <= _VARIANTS:
            found = [hole.sub(lambda _, word=word: word, one) for one in found for word in words]  # type: ignore[misc]
    return found


def _shell_of(shell: str, defaults: Defaults) -> tuple[str, frozenset[str]] | None:
    """Interpreter and options; None for a shell that is not read."""
    if not shell:
        return None if defaults.windows else _FIXED[""]
    if shell in _FIXED:
        return _FIXED[shell]
    if "${{" in shell:  # chosen at run time: as strict as the default
        return _FIXED[""]
    return interpreter(shell)


def ignored_failure(document: Document, node: Node, symbol: str) -> Place | None:
    """Where `continue-on-error: true` stands; an expression over the matrix concerns some runs only and does not count."""
    value = node.get("continue-on-error")
    if value is None or not is_scalar(value) or re.sub(r"[\s${}]", "", value.text).lower() != "true":
        return None
    return entry_place(document, node, "continue-on-error", f"{symbol}.continue-on-error")


def never(condition: str | None) -> str:
    """The reason when a condition is constantly false."""
    if condition is None:
        return ""
    text = condition.strip()
    inner = re.fullmatch(r"\$\{\{(.*)\}\}", text, re.DOTALL)
    text = (inner[1] if inner else text).strip()
    if "||" in text or "${{" in text:
        return ""
    for part in text.split("&&"):
        bare = re.sub(r"\s", "", part).lower()
        while bare.startswith("(") and bare.endswith(")"):
            bare = bare[1:-1]
        if bare in _NEVER or _unequal_literals(bare):
            return f"if: {condition.strip()}"
    return ""


def _unequal_literals(text: str) -> bool:
    """`'a' == 'b'` and `'a' != 'a'`."""
    match = re.fullmatch(r"'([^']*)'(==|!=)'([^']*)'", text)
    return match is not None and (match[1] == match[3]) != (match[2] == "==")
