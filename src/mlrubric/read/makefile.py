"""Makefiles: targets as stages, each recipe line a shell text of its own; `-` before a line ignores its failure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mlrubric.model.facts import Embedded, Fact, Include, Stage, Unreadable
from mlrubric.model.place import Place, Span
from mlrubric.source.document import Document
from mlrubric.source.syntax.makefile import Makefile, RecipeLine, Rule, parse
from mlrubric.source.syntax.shell_call import shell_options

FORMAT = "makefile"

_NAMES = frozenset({"makefile", "gnumakefile", "bsdmakefile"})
_OTHER = (".am", ".in", ".py", ".md", ".txt", ".html", ".json", ".yml", ".yaml")


def accepts(path: str) -> bool:
    name = path.rsplit("/", 1)[-1].lower()
    return name in _NAMES or name.endswith((".mk", ".mak")) or (name.startswith("makefile.") and not name.endswith(_OTHER))


def read(document: Document) -> Iterable[Fact]:
    made = parse(document.text)
    for line, reason in made.problems:
        yield Unreadable(document.place(Span(line)), FORMAT, reason)
    for target, line, column in made.includes:
        yield Include(document.place(Span(line, column, line, column + len(target))), target, "make")
    special = {target: rule for rule in made.rules for target in rule.targets if target.startswith(".") and "/" not in target}
    phony = {name for rule in made.rules if ".PHONY" in rule.targets for name in rule.needs}
    rules = [rule for rule in made.rules if any(target not in special for target in rule.targets)]
    known = {target for rule in rules for target in rule.targets}
    default = made.expanded(made.variables.get(".DEFAULT_GOAL", "")) or next(
        (target for rule in rules for target in rule.targets if target not in special and "%" not in target), ""
    )
    for target in dict.fromkeys(target for rule in rules for target in rule.targets if target not in special):
        yield from _target(document, made, target, [rule for rule in rules if target in rule.targets], known, phony, default, special)


def _target(
    document: Document,
    made: Makefile,
    target: str,
    rules: list[Rule],
    known: set[str],
    phony: set[str],
    default: str,
    special: dict[str, Rule],
) -> Iterator[Fact]:
    """A target may stand in several rules; one of them has the recipe."""
    main = next((rule for rule in rules if rule.recipe), rules[0])
    needs = tuple(dict.fromkeys(name for rule in rules for name in rule.needs))
    symbol = f"targets.{target}"
    a_file = target not in phony and bool(main.recipe) and ("." in target or "/" in target)
    yield Stage(
        Place(document.path, Span(main.line, 1, main.end_line, len(document.lines()[main.end_line - 1]) + 1), symbol),
        "make",
        target,
        reads=tuple(name for name in needs if name not in known),
        writes=(target,) if a_file else (),
        needs=tuple(name for name in needs if name in known),
        default=target == default,
        always=target in phony,
    )
    automatic = {"@": target, "<": needs[0] if needs else "", "^": " ".join(needs), "+": " ".join(needs), "?": " ".join(needs), "*": "*"}
    shell = made.expanded(made.variables.get("SHELL", "/bin/sh"))
    options = shell_options(made.expanded(made.variables.get(".SHELLFLAGS", "-ec" if ".POSIX" in special else "-c")).split())[0]
    lines = _as_one(main.recipe) if ".ONESHELL" in special and main.recipe else main.recipe
    for index, line in enumerate(lines):
        swallowed, at = _ignored(document, line, target, special)
        last_line, last_column = line.lines[-1]
        end = last_column + len(line.text.rsplit("\n", 1)[-1])
        place = Place(document.path, Span(*line.lines[0], last_line, end), f"{symbol}[{index}]")
        text = made.expanded(line.text, automatic)
        yield Embedded(place, "shell", text, symbol, line.lines, (), shell, options, swallowed, at)


def _as_one(recipe: list[RecipeLine]) -> list[RecipeLine]:
    first = recipe[0]
    starts = tuple(start for line in recipe for start in line.lines)
    return [RecipeLine("\n".join(line.text for line in recipe), first.prefix, first.line, first.column, starts)]


def _ignored(document: Document, line: RecipeLine, target: str, special: dict[str, Rule]) -> tuple[str, Place | None]:
    """By a `-` before the line, or by `.IGNORE`."""
    if "-" in line.prefix:
        column = document.lines()[line.line - 1].index("-") + 1
        return "- prefix", document.place(Span(line.line, column, line.line, column + 1), f"targets.{target}")
    ignore = special.get(".IGNORE")
    if ignore is not None and (not ignore.needs or target in ignore.needs):
        return ".IGNORE", document.place(Span(ignore.line), ".IGNORE")
    return "", None
