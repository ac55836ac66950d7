"""tox configuration in its three spellings (ini, TOML, ini inside TOML) as environments with commands and dependencies."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice, product

from mlrubric.model.place import Span
from mlrubric.source.syntax.node import Node

_FACTOR = re.compile(r"(!?[\w.{},!-]+):\s+(?=\S)")
_REFERENCE = re.compile(r"\{([^{}\s][^{}]*|\[[^\]]*\][^{}]*)\}")
_PLAIN = {"toxinidir": ".", "tox_root": ".", "envpython": "python", "env_python": "python", "/": "/", ":": ":"}
_DEPTH = 8
MOST = 200  # environments
_REFERENCES = 500  # put in for one environment
_LONGEST = 20_000
_NOTHING = Node("map", Span(1))


@dataclass(frozen=True, slots=True)
class ToxCommand:
    argv: tuple[str, ...]
    span: Span
    prefix: str = ""  # "-" ignores the failure, "!" inverts it


@dataclass(frozen=True, slots=True)
class ToxEnvironment:
    name: str
    span: Span
    commands: tuple[ToxCommand, ...]
    dependencies: tuple[tuple[str, Span], ...]
    options: tuple[tuple[str, str], ...]
    needs: tuple[str, ...] = ()
    directory: str = ""
    listed: bool = False
    ignored: Span | None = None  # where ignore_outcome = true stands


def expand_braces(text: str) -> list[str]:
    """`py{39,310}-{a,b}` as four names; commas and newlines outside of braces separate."""
    names: list[str] = []
    for part in re.split(r"[,\s]+(?![^{]*\})", text):
        if part.strip():
            pieces = re.split(r"\{([^}]*)\}", part.strip())
            choices = [piece.split(",") if index % 2 else [piece] for index, piece in enumerate(pieces)]
            names += ["".join(choice.strip() for choice in one) for one in islice(product(*choices), MOST)]
    return list(dict.fromkeys(names))[:MOST]


# ---- ini ----------------------------------------------------------------------------------------------------------


def ini_environments(root: Node, prefix: str = "") -> Iterator[ToxEnvironment]:
    """`prefix` is `tox:` in setup.cfg, where `[tox]` is spelled `[tox:tox]`."""
    sections = dict(root.pairs())
    main = sections.get(f"{prefix}tox")
    listed = expand_braces(_option(main, "envlist", "env_list")) if main is not None else []
    base = sections.get("testenv")
    own = {name.removeprefix("testenv:"): node for name, node in sections.items() if name.startswith("testenv:")}
    own = {expanded: node for name, node in own.items() for expanded in expand_braces(name) or [name]}
    names = [*own, *(name for name in listed if name not in own)][:MOST]
    if base is not None and "py" not in names and (not names or base.get("commands") is not None):
        names.append("py")  # what every environment without a section of its own runs: `tox -e py311`
    for name in names:
        section = own.get(name)
        if section is not None or base is not None:
            yield _IniEnvironment(sections, name, section, base).build(name in listed or not listed)


def _option(section: Node | None, *names: str) -> str:
    return next((section.scalar(name) for name in names if section is not None and section.get(name) is not None), "")


@dataclass(frozen=True, slots=True)
class _IniEnvironment:
    sections: dict[str, Node]
    name: str
    section: Node | None
    base: Node | None
    taken: list[str] = field(default_factory=list)

    def build(self, listed: bool) -> ToxEnvironment:
        holder = self.section or self.base
        span = holder.span if holder is not None else Span(1)
        commands = [command for key in ("commands_pre", "commands", "commands_post") for command in self._commands(key)]
        ignored = self._node("ignore_outcome")
        options = [
            (key, self._text(key)) for key in ("basepython", "base_python", "skip_install", "extras", "install_command", "usedevelop")
        ]
        options += [
            (f"setenv.{key.strip()}", value) for line, _ in self._lines("setenv", "set_env") for key, _, value in [line.partition("=")]
        ]
        return ToxEnvironment(
            self.name,
            span,
            tuple(commands),
            tuple(self._lines("deps")),
            tuple((key, value.strip()) for key, value in options if value),
            tuple(expand_braces(self._text("depends"))),
            self._text("changedir", "change_dir").replace("./", "").strip("."),
            listed,
            ignored.span if ignored is not None and ignored.text.strip().lower() == "true" else None,
        )

    def _node(self, *keys: str) -> Node | None:
        for section in (self.section, self.base):
            for key in keys:
                if section is not None and (node := section.get(key)) is not None:
                    return node
        return None

    def _text(self, *keys: str) -> str:
        node = self._node(*keys)
        return self._substituted(node.text).strip() if node is not None else ""

    def _lines(self, *keys: str) -> list[tuple[str, Span]]:
        """The lines of an option that concern this environment, continuation lines joined, references put in."""
        node = self._node(*keys)
        found: list[tuple[str, Span]] = []
        open_text, open_span = "", Span(1)
        for line, start in zip(node.text.split("\n"), node.content or ((node.span.line, node.span.column),), strict=False) if node else ():
            if not open_text:
                if line.lstrip().startswith("#"):
                    continue
                open_span = Span(*start, start[0], start[1] + len(line))
            open_text += line
            if open_text.endswith("\\"):
                open_text = open_text[:-1]
                open_span = Span(open_span.line, open_span.column, start[0], start[1] + len(line))
                continue
            open_span = Span(open_span.line, open_span.column, start[0], start[1] + len(line))
            factor = _FACTOR.match(open_text)
            if factor is None or self._concerns(factor[1]):
                text = self._substituted(open_text[factor.end() if factor else 0 :])
                found += [(part.strip(), open_span) for part in text.split("\n") if part.strip()]
            open_text = ""
        return found

    def _concerns(self, condition: str) -> bool:
        factors = set(self.name.split("-"))
        for alternative in expand_braces(condition):
            parts = alternative.split("-")
            if all((part[1:] not in factors) if part.startswith("!") else part in factors for part in parts):
                return True
        return False

    def _commands(self, key: str) -> Iterator[ToxCommand]:
        for line, span in self._lines(key):
            match = re.match(r"(?:[-!@]\s*)*", line)
            prefix = match[0] if match is not None else ""
            yield ToxCommand(_split(line[len(prefix) :]), span, prefix.replace(" ", ""))

    def _substituted(self, text: str, depth: int = _DEPTH) -> str:
        def value(match: re.Match[str]) -> str:
            inner = match[1]
            if reference := re.fullmatch(r"\[([^\]]+)\](\w+)", inner):
                section = self.sections.get(reference[1])
                node = section.get(reference[2]) if section is not None else None
                self.taken.append(inner)
                if node is None or not depth or len(self.taken) > _REFERENCES:
                    return match[0]
                return self._substituted(node.text, depth - 1)
            name, colon, rest = inner.partition(":")
            if inner in ("envname", "env_name"):
                return self.name
            if name == "posargs":
                return rest if colon else ""
            if name == "env":
                variable, _, default = rest.partition(":")
                return default or f"${variable}"
            return _PLAIN.get(inner, match[0])

        for _ in range(_DEPTH):
            replaced = _REFERENCE.sub(value, text)
            if replaced == text or len(replaced) > _LONGEST:
                break
            text = replaced
        return text


def _split(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError:
        return tuple(text.split())


# ---- TOML ---------------------------------------------------------------------------------------------------------


def toml_environments(root: Node) -> Iterator[ToxEnvironment]:
    """`root` is tox.toml, or the table `tool.tox` of pyproject.toml."""
    listed = root.strings("env_list")
    base = root.get("env_run_base") or _NOTHING
    own = dict((root.get("env") or _NOTHING).pairs())
    for name in [*own, *(name for name in listed if name not in own)][:MOST]:
        section = own.get(name, base)
        chosen = {**dict(base.pairs()), **dict(section.pairs())}
        commands = [command for key in ("commands_pre", "commands", "commands_post") for command in _toml_commands(chosen.get(key))]
        directory = chosen.get("change_dir", _NOTHING).text
        ignored = chosen.get("ignore_outcome")
        yield ToxEnvironment(
            name,
            section.span,
            tuple(commands),
            tuple((item.text, item.span) for item in chosen.get("deps", _NOTHING).items if item.text),
            tuple((f"setenv.{key}", value.text) for key, value in chosen.get("set_env", _NOTHING).pairs()),
            section.strings("depends"),
            directory.replace("{tox_root}/", ""),
            name in listed or not listed,
            ignored.span if ignored is not None and ignored.value is True else None,
        )


def _toml_commands(node: Node | None) -> Iterator[ToxCommand]:
    for item in node.items if node is not None else ():
        words: list[str] = []
        for part in item.items:
            if part.kind == "map":
                words += part.strings("default")
            else:
                words.append(_PLAIN.get(part.text.strip("{}"), part.text))
        prefix = words.pop(0) if words and words[0] in ("-", "!") else ""
        if words and words[0][:1] in ("-", "!") and not prefix:
            prefix, words[0] = words[0][0], words[0][1:].strip()
        if words:
            yield ToxCommand(tuple(words), item.span, prefix)
