"""Makefiles: targets as stages, each recipe line a shell text of its own; `-` before a line ignores its failure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mlrubric.model.facts import Embedded, Fact, Include, Notice, Stage, Unreadable
from mlrubric.model.place import Place, Span
from mlrubric.source.document import Document
from mlrubric.source.syntax.makefile import Makefile, RecipeLine, Rule, parse
from mlrubric.source.syntax.shell_call import shell_options

FORMAT = "makefile"

_NAMES = frozenset({"makefile", "gnumakefile", "bsdmakefile"})
_MANY = 50  # targets of one rule
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
    rules: dict[str, list[Rule]] = {}
    for rule in made.rules:
        for target in rule.targets:
            if target not in special:
                rules.setdefault(target, []).append(rule)
        if len(rule.targets) > _MANY and rule.recipe:
            yield Notice(document.place(Span(rule.line)), f"a recipe for {len(rule.targets)} targets is read for the first {_MANY} only")
    default = made.expanded(made.variables.get(".DEFAULT_GOAL", "")) or next((target for target in rules if "%" not in target), "")
    reader = _Reader(document, made, rules, phony, default, special, document.lines())
    for target in rules:
        yield from reader.target(target)


@dataclass(frozen=True, slots=True)
class _Reader:
    document: Document
    made: Makefile
    rules: dict[str, list[Rule]]
    phony: set[str]
    default: str
    special: dict[str, Rule]
    lines: list[str]

    def target(self, target: str) -> Iterator[Fact]:
        """A target may stand in several rules; one of them has the recipe."""
        rules = self.rules[target]
        main = next((rule for rule in rules if rule.recipe), rules[0])
        needs = tuple(dict.fromkeys(name for rule in rules for name in rule.needs))
        symbol = f"targets.{target}"
        a_file = target not in self.phony and bool(main.recipe) and ("." in target or "/" in target)
        yield Stage(
            Place(self.document.path, Span(main.line, 1, main.end_line, len(self.lines[main.end_line - 1]) + 1), symbol),
            "make",
            target,
            reads=tuple(name for name in needs if name not in self.rules),
            writes=(target,) if a_file else (),
            needs=tuple(name for name in needs if name in self.rules),
            default=target == self.default,
            always=target in self.phony,
        )
        if target in main.targets[:_MANY]:
            yield from self._recipe(target, main, needs, symbol)

    def _recipe(self, target: str, rule: Rule, needs: tuple[str, ...], symbol: str) -> Iterator[Fact]:
        made = self.made
        every = " ".join(needs)
        automatic = {"@": target, "<": needs[0] if needs else "", "^": every, "+": every, "?": every, "*": "*"}
        shell = made.expanded(made.variables.get("SHELL", "/bin/sh"))
        flags = made.expanded(made.variables.get(".SHELLFLAGS", "-ec" if ".POSIX" in self.special else "-c"))
        options = shell_options(flags.split())[0]
        for index, line in enumerate(_as_one(rule.recipe) if ".ONESHELL" in self.special and rule.recipe else rule.recipe):
            swallowed, at = self._ignored(line, target)
            last_line, last_column = line.lines[-1]
            end = last_column + len(line.text.rsplit("\n", 1)[-1])
            place = Place(self.document.path, Span(*line.lines[0], last_line, end), f"{symbol}[{index}]")
            yield Embedded(place, "shell", made.expanded(line.text, automatic), symbol, line.lines, (), shell, options, swallowed, at)

    def _ignored(self, line: RecipeLine, target: str) -> tuple[str, Place | None]:
        """By a `-` before the line, or by `.IGNORE`."""
        if "-" in line.prefix:
            column = self.lines[line.line - 1].index("-") + 1
            return "- prefix", self.document.place(Span(line.line, column, line.line, column + 1), f"targets.{target}")
        ignore = self.special.get(".IGNORE")
        if ignore is not None and (not ignore.needs or target in ignore.needs):
            return ".IGNORE", self.document.place(Span(ignore.line), ".IGNORE")
        return "", None


def _as_one(recipe: list[RecipeLine]) -> list[RecipeLine]:
    first = recipe[0]
    starts = tuple(start for line in recipe for start in line.lines)
    return [RecipeLine("\n".join(line.text for line in recipe), first.prefix, first.line, first.column, starts)]
