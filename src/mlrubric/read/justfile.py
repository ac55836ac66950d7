"""Justfiles: recipes as stages; each line runs in a shell of its own, a recipe with a shebang as one text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from mlrubric.model.facts import Embedded, Fact, Include, Stage
from mlrubric.model.place import Place, Span
from mlrubric.source.document import Document
from mlrubric.source.syntax.shell_call import interpreter, shell_options

FORMAT = "justfile"

_HEADER = re.compile(r"@?([A-Za-z_][\w-]*)((?:\s+[^:]*)?):(?!=)\s*([^#]*)")
_ASSIGNMENT = re.compile(r"(?:export\s+)?([A-Za-z_][\w-]*)\s*:=\s*[\"']([^\"']*)[\"']\s*$")
_SHELL = re.compile(r"set\s+shell\s*:=\s*\[(.*)\]")
_IMPORT = re.compile(r"(?:import|mod)\??\s+[\"']([^\"']+)[\"']")


@dataclass(slots=True)
class _Recipe:
    name: str
    needs: tuple[str, ...]
    line: int
    body: list[tuple[int, str]] = field(default_factory=list)


def accepts(path: str) -> bool:
    name = path.rsplit("/", 1)[-1].lower()
    return name in ("justfile", ".justfile") or name.endswith(".just")


def read(document: Document) -> Iterable[Fact]:
    recipes: list[_Recipe] = []
    variables: dict[str, str] = {}
    shell, options = "sh", frozenset[str]()
    open_recipe = False
    for number, line in enumerate(document.lines(), 1):
        if line[:1] in (" ", "\t") and open_recipe:
            if line.strip():
                recipes[-1].body.append((number, line))
        elif line.strip() and not line.startswith("#"):
            open_recipe = False
            if (assignment := _ASSIGNMENT.match(line)) is not None:
                variables[assignment[1]] = assignment[2]
            elif (chosen := _SHELL.match(line)) is not None:
                words = re.findall(r"[\"']([^\"']*)[\"']", chosen[1])
                shell, options = words[0] if words else shell, shell_options(words[1:])[0]
            elif (imported := _IMPORT.match(line)) is not None:
                yield Include(document.place(Span(number)), imported[1], "make")
            elif (header := _HEADER.match(line)) is not None:
                needs = re.sub(r"\(\s*([\w-]+)[^)]*\)", r"\1", header[3]).replace("&&", " ")
                recipes.append(_Recipe(header[1], tuple(re.findall(r"[A-Za-z_][\w-]*", needs)), number))
                open_recipe = True
    for index, recipe in enumerate(recipes):
        last = recipe.body[-1][0] if recipe.body else recipe.line
        place = document.place(Span(recipe.line, 1, last, len(document.lines()[last - 1]) + 1), f"targets.{recipe.name}")
        yield Stage(place, "just", recipe.name, needs=recipe.needs, default=index == 0, always=True)
        yield from _texts(document, recipe, place.symbol, variables, shell, options)


def _texts(
    document: Document, recipe: _Recipe, symbol: str, variables: dict[str, str], shell: str, options: frozenset[str]
) -> Iterator[Embedded]:
    def expanded(text: str) -> str:
        return re.sub(r"\{\{\s*([\w-]+)\s*\}\}", lambda match: variables.get(match[1], match[0]), text)

    first = recipe.body[0][1].strip() if recipe.body else ""
    if first.startswith("#!"):
        indent = len(recipe.body[0][1]) - len(recipe.body[0][1].lstrip())
        starts = tuple((number, indent + 1) for number, _ in recipe.body)
        text = "\n".join(expanded(line[indent:]) for _, line in recipe.body)
        found = interpreter(first[2:])
        language = "shell" if found is not None else "python" if "python" in first else ""
        if language:
            span = Span(recipe.body[0][0], indent + 1, recipe.body[-1][0], len(recipe.body[-1][1]) + 1)
            yield Embedded(Place(document.path, span, f"{symbol}[0]"), language, text, symbol, starts, (), *(found or ("", frozenset())))
        return
    lines = iter(recipe.body)
    for index, (number, line) in enumerate(lines):
        stripped = line.lstrip()
        prefix = re.match(r"[@-]*", stripped)
        skipped = prefix.end() if prefix is not None else 0
        column = len(line) - len(stripped) + skipped + 1
        parts, starts_of = [stripped[skipped:]], [(number, column)]
        while parts[-1].endswith("\\") and (following := next(lines, None)) is not None:
            parts.append(following[1].strip())
            starts_of.append((following[0], len(following[1]) - len(following[1].lstrip()) + 1))
        ignored = "-" in stripped[:skipped]
        at = document.place(Span(number, column - 1, number, column), symbol) if ignored else None
        place = Place(document.path, Span(number, column, starts_of[-1][0], starts_of[-1][1] + len(parts[-1])), f"{symbol}[{index}]")
        text = expanded("\n".join(parts))
        yield Embedded(place, "shell", text, symbol, tuple(starts_of), (), shell, options, "- prefix" if ignored else "", at)
