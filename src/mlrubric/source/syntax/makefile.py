"""A Makefile as rules, variables and includes with positions; conditions are not decided, both branches are read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_ASSIGNMENT = re.compile(r"(?:(?:export|override|private)\s+)*([^\s:#=?+!]+)\s*(:{0,3}=|\?=|\+=|!=)\s*(.*)", re.DOTALL)
_CONDITIONAL = re.compile(r"(?:ifeq|ifneq|ifdef|ifndef|else|endif)\b")
_INCLUDE = re.compile(r"(-?include|sinclude)\s+(.+)")
_DEFINE = re.compile(r"(?:export\s+|override\s+)*define\s+(\S+)")
_OTHER = re.compile(r"(?:export|unexport|vpath|undefine|load|-load)\b|\$[({]|endef\b")
_REFERENCE = re.compile(r"\$(?:\$|\(((?:[^()$]|\$\$|\$\([^()]*\)|\([^()]*\))*)\)|\{([^{}]*)\}|(.))", re.DOTALL)
_AUTOMATIC_NAMES = tuple("@<^+?*%|")
_AUTOMATIC = re.compile(r"\$(?:\(([@<^+?*%|])\)|\{([@<^+?*%|])\}|([@<^+?*%|]))")
_DOLLAR = "\ue001"  # a dollar that make has done with; a private character that no makefile uses
_DEPTH = 30
_LONGEST = 10_000


@dataclass(slots=True)
class RecipeLine:
    """One line of a recipe with its continuation lines; the text has no prefix characters, each of its lines stands at `lines`."""

    text: str
    prefix: str
    line: int
    column: int
    lines: tuple[tuple[int, int], ...]


@dataclass(slots=True)
class Rule:
    targets: tuple[str, ...]
    needs: tuple[str, ...]
    line: int
    recipe: list[RecipeLine] = field(default_factory=list)
    end_line: int = 0


@dataclass(slots=True)
class Makefile:
    rules: list[Rule] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    undecided: set[str] = field(default_factory=set)
    includes: list[tuple[str, int, int]] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)

    _known: dict[str, str] = field(default_factory=dict)

    def expanded(self, text: str, automatic: dict[str, str] | None = None) -> str:
        """Constant variables put in; what make would have to compute becomes a shell expansion of the same name."""
        constant = self._constants(text, 0)

        def value(match: re.Match[str]) -> str:
            name = next((group for group in match.groups() if group is not None), "").strip()
            return automatic[name] if automatic is not None and name in automatic else match[0]

        return _AUTOMATIC.sub(value, constant).replace(_DOLLAR, "$")

    def _constants(self, text: str, depth: int) -> str:
        def value(match: re.Match[str]) -> str:
            if match[0] == "$$":
                return _DOLLAR
            name = next((group for group in match.groups() if group is not None), "").strip()
            if name[:1] in _AUTOMATIC_NAMES:
                return match[0]
            if name == "MAKE":
                return "make"
            if name == "CURDIR":
                return "."
            if name.startswith("shell ") and depth < _DEPTH:
                return f"{_DOLLAR}({self._constants(name[6:], depth + 1)})"
            if name in self.variables and name not in self.undecided and depth < _DEPTH:
                return self._variable(name, depth)
            plain = re.match(r"\w+", name)
            return f"{_DOLLAR}{{{plain[0]}}}" if plain else match[0].replace("$", _DOLLAR)

        return _REFERENCE.sub(value, text)

    def _variable(self, name: str, depth: int) -> str:
        """Each variable is worked out once; one that refers to itself, or becomes very long, stays a reference."""
        if name not in self._known:
            self._known[name] = f"{_DOLLAR}{{{name}}}"
            found = self._constants(self.variables[name], depth + 1)
            if len(found) <= _LONGEST:
                self._known[name] = found
        return self._known[name]


@dataclass(slots=True)
class _Parser:
    lines: list[str]
    made: Makefile = field(default_factory=Makefile)
    current: list[Rule] = field(default_factory=list)
    conditions: int = 0
    index: int = 0
    prefix: str = "\t"

    def run(self) -> Makefile:
        while self.index < len(self.lines):
            line = self.lines[self.index]
            if line.startswith(self.prefix) and self.current:
                self._recipe_line()
            else:
                self._logical_line()
        return self.made

    def _recipe_line(self) -> None:
        first = self.index
        physical = [self.lines[first][1:]]
        while _continues(physical[-1]) and self.index + 1 < len(self.lines):
            self.index += 1
            following = self.lines[self.index]
            physical.append(following.removeprefix(self.prefix))
        self.index += 1
        match = re.match(r"[ \t]*([@+-][@+\- \t]*)?[ \t]*", physical[0])
        skipped = match.end() if match is not None else 0
        prefix = (match[1] or "").replace(" ", "") if match is not None else ""
        starts = [(first + 1, 2 + skipped)]
        starts += [(number + 1, 2 if self.lines[number].startswith(self.prefix) else 1) for number in range(first + 1, self.index)]
        text = "\n".join([physical[0][skipped:], *physical[1:]])
        if text.strip() and not _CONDITIONAL.match(text.strip()):
            for rule in self.current:
                rule.recipe.append(RecipeLine(text, prefix, first + 1, 2, tuple(starts)))
                rule.end_line = self.index

    def _logical_line(self) -> None:
        number = self.index + 1
        parts = [self.lines[self.index]]
        while _continues(parts[-1]) and self.index + 1 < len(self.lines):
            self.index += 1
            parts[-1] = parts[-1][:-1]
            parts.append(self.lines[self.index].strip())
        self.index += 1
        line = re.sub(r"(?<!\\)#.*", "", " ".join(parts), flags=re.DOTALL)
        text = line.strip()
        if not text:
            return
        if (define := _DEFINE.match(text)) is not None:
            self._skip_define(define[1])
        elif _CONDITIONAL.match(text):
            self.conditions += text.startswith("if")
            self.conditions -= text.startswith("endif")
        elif (include := _INCLUDE.match(text)) is not None:
            column = line.index(include[2]) + 1
            self.made.includes += [(name, number, column) for name in self.made.expanded(include[2]).split()]
        elif (assignment := _ASSIGNMENT.fullmatch(text)) is not None and not re.match(r"[^=]*:(?!:{0,2}=)", text):
            self._assign(*assignment.groups())
        elif ":" in _without_references(text):
            self._rule(text, number)
        elif not _OTHER.match(text):
            self.current = []
            indented = line[:1] in " \t"
            self.made.problems.append(
                (number, "missing separator, spaces instead of a tab?" if indented else f"not understood: `{text[:60]}`")
            )

    def _skip_define(self, name: str) -> None:
        self.current = []
        body: list[str] = []
        while self.index < len(self.lines) and self.lines[self.index].strip() != "endef":
            body.append(self.lines[self.index])
            self.index += 1
        self.index += 1
        self.made.variables[name] = "\n".join(body)
        self.made.undecided.add(name)

    def _assign(self, name: str, operator: str, value: str) -> None:
        self.current = []
        self.made._known.clear()
        variables = self.made.variables
        if name == ".RECIPEPREFIX" and value:
            self.prefix = value[0]
        if operator == "!=":
            value = f"$(shell {value})"
        if (self.conditions and name in variables) or (self.conditions and operator == "+="):
            self.made.undecided.add(name)
        if operator == "+=" and name in variables:
            variables[name] = f"{variables[name]} {value}"
        elif operator == ":=" and re.search(rf"\$[({{]{re.escape(name)}[)}}]", value):
            variables[name] = value.replace(f"$({name})", variables.get(name, "")).replace(f"${{{name}}}", variables.get(name, ""))
        elif operator != "?=" or name not in variables:
            variables[name] = value

    def _rule(self, text: str, number: int) -> None:
        head, _, rest = _partition_colon(text)
        rest = rest.removeprefix(":")
        if _ASSIGNMENT.fullmatch(rest.strip()) is not None and "=" in rest.split(" ;")[0]:
            self.current = []  # a variable of one target
            return
        rest, semicolon, command = rest.partition(";")
        pattern, colon, needs = _partition_colon(rest)
        listed = (needs if colon else pattern).replace("|", " ")
        targets = tuple(self.made.expanded(head).split())
        rule = Rule(targets, tuple(self.made.expanded(listed).split()), number, end_line=number)
        if semicolon and command.strip():
            raw = self.lines[number - 1]
            column = max(raw.find(command.strip()), 0) + 1
            rule.recipe.append(RecipeLine(command.strip(), "", number, column, ((number, column),)))
        self.made.rules.append(rule)
        self.current = [rule]


def parse(text: str) -> Makefile:
    return _Parser(text.split("\n")).run()


def _continues(line: str) -> bool:
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1


def _without_references(text: str) -> str:
    return re.sub(r"\$\([^)]*\)|\$\{[^}]*\}", lambda match: "_" * len(match[0]), text)


def _partition_colon(text: str) -> tuple[str, str, str]:
    """At the first colon outside of references; a drive letter is no target."""
    at = re.search(r"(?<!\\):(?![\\/])", _without_references(text))
    return (text, "", "") if at is None else (text[: at.start()], ":", text[at.end() :])
