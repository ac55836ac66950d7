"""What a command line does: wrappers are peeled, then the entry of the program says kind, target, role and how a failure may be lost."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache

from mlrubric.knowledge.invocation import KINDS, Case, CommandEntry, Commands, Invocation, load_commands
from mlrubric.knowledge.package_installs import install_options

__all__ = ["KINDS", "Invocation", "interpret", "programs_for"]

_DEPTH = 8
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_VARIABLE = re.compile(r"\$[({]?([A-Za-z_][A-Za-z0-9_]*)[)}]?")
_PYTHON = re.compile(r"(?:python|pypy)[0-9.]*(?:\.exe)?")
_SHELL = re.compile(r"(?:ba|da|z|k|fi)?sh")
_PYTHON_VALUES = ("-W", "-X", "--check-hash-based-pycs")
_SHELL_FILES = (".sh", ".bash", ".zsh", ".ksh")


def interpret(argv: Sequence[str], commands: Commands | None = None) -> tuple[Invocation, ...]:
    """What a simple command starts; more than one thing when a container is started with a command of its own."""
    return _interpret(tuple(argv), commands or load_commands(), _DEPTH)


@cache
def programs_for(roles: tuple[str, ...], kinds: tuple[str, ...]) -> frozenset[str]:
    """The names of the programs that have one of the roles or are of one of the kinds, and do nothing else but manage themselves."""
    found: set[str] = set()
    for name, entries in load_commands().by_name.items():
        does = [entry for entry in entries if entry.role or entry.kind != "tool"]
        if does and all(entry.role in roles or entry.kind in kinds for entry in does):
            found.add(name)
    return frozenset(found)


@cache
def installers() -> frozenset[str]:
    """The names of the programs that install packages, whatever else they do."""
    return frozenset(name for name, entries in load_commands().by_name.items() if any(entry.role == "env.install" for entry in entries))


def _interpret(argv: tuple[str, ...], commands: Commands, depth: int) -> tuple[Invocation, ...]:
    while argv and _ASSIGNMENT.match(argv[0]):
        argv = argv[1:]
    if not argv or depth == 0:
        return ()
    word, rest = argv[0].lstrip("@-+"), argv[1:]
    if not word:
        return ()
    name = _program(word, commands)
    moved = commands.gone(name, rest)
    if moved is not None:
        return tuple(replace(found, moved=moved) for found in _program_of(name, word, rest, commands, depth))
    return _program_of(name, word, rest, commands, depth)


def _program_of(name: str, word: str, rest: tuple[str, ...], commands: Commands, depth: int) -> tuple[Invocation, ...]:
    """What a program is asked to do; `word` is how it is written."""
    if _PYTHON.fullmatch(name):
        return _python(rest, commands, depth)
    if _SHELL.fullmatch(name):
        return _shell(rest)
    if name in ("source", ".") and rest:
        return (Invocation("builtin", rest[0]),) if "activate" in rest[0] else (Invocation("shell-script", rest[0], arguments(rest[1:])),)
    if name == "eval":
        return (Invocation("shell-text", " ".join(rest)),)
    entry, words = _entry(name, rest, commands)
    if entry is not None:
        return _known(entry, words, commands, depth)
    if name.endswith(".py"):
        return (Invocation("script", word, arguments(rest)),)
    if name.endswith(".ipynb"):
        return (Invocation("notebook", word, arguments(rest)),)
    if name.endswith(_SHELL_FILES) or word.startswith("./"):
        return (Invocation("shell-script", word, arguments(rest)),)
    if name in commands.by_name:
        return (Invocation("tool", name, arguments(rest)),)
    return (Invocation("unknown", name, arguments(rest)),)


def _program(word: str, commands: Commands) -> str:
    """The name of the program: without folder and `.exe`; a variable speaks by its name (`$(PYTHON)`, `${PIP}`, `$(MAKE)`)."""
    variable = _VARIABLE.fullmatch(word)
    if variable:
        parts = variable.group(1).lower().split("_")
        if any(_PYTHON.fullmatch(part) for part in parts):
            return "python"
        return next((part for part in parts if part in commands.by_name), word)
    name = posixpath.basename(word.replace("\\", "/"))
    return name.removesuffix(".exe") or word


def _entry(name: str, words: tuple[str, ...], commands: Commands) -> tuple[CommandEntry | None, tuple[str, ...]]:
    """The entry whose sub-command stands in the words, and the words without it."""
    known = commands.by_name.get(name, ())
    values = frozenset(option for entry in known if not entry.sub for option in entry.values)
    for entry in known:
        places = _first_plain(words, len(entry.sub), values | (entry.values if not entry.inner else frozenset(entry.directory)))
        if tuple(words[place] for place in places) == entry.sub:
            return entry, tuple(word for place, word in enumerate(words) if place not in places)
    return None, words


def _first_plain(words: tuple[str, ...], count: int, values: frozenset[str]) -> tuple[int, ...]:
    """The places of the first words that are no options."""
    places: list[int] = []
    skip = False
    for place, word in enumerate(words):
        if len(places) == count:
            break
        if skip:
            skip = False
        elif word.startswith("-") and len(word) > 1:
            skip = word in values
        else:
            places.append(place)
    return tuple(places)


@dataclass(frozen=True, slots=True)
class _Words:
    options: tuple[tuple[str, str], ...]
    plain: tuple[str, ...]
    after: tuple[str, ...]  # what follows `--`, or the inner command


def _split(words: tuple[str, ...], entry: CommandEntry) -> _Words:
    """Options with their values, plain words, and the inner command of a wrapper."""
    options: list[tuple[str, str]] = []
    plain: list[str] = []
    place = 0
    while place < len(words):
        word = words[place]
        place += 1
        if word == "--":
            return _Words(tuple(options), tuple(plain), words[place:])
        if word.startswith("-") and len(word) > 1:
            name, equals, value = word.partition("=")
            if equals and (word.startswith("--") or name in entry.values):
                options.append((name, value))
            elif word in entry.pairs:
                options.append((word, " ".join(words[place : place + 2])))
                place += 2
            elif word in entry.values:
                options.append((word, words[place] if place < len(words) else ""))
                place += 1
            elif word in entry.optional:
                takes = place < len(words) and not words[place].startswith("-")
                options.append((word, words[place] if takes else ""))
                place += takes
            elif not word.startswith("--") and word[:2] in entry.values:
                options.append((word[:2], word[2:].removeprefix("=")))
            elif entry.clusters and not word.startswith("--"):
                options.extend((f"-{letter}", "") for letter in word[1:-1])
                takes = f"-{word[-1]}" in entry.values
                options.append((f"-{word[-1]}", words[place] if takes and place < len(words) else ""))
                place += takes
            else:
                options.append((word, ""))
        elif entry.inner == "rest" and _ASSIGNMENT.match(word):
            continue
        elif entry.inner == "rest" and len(plain) == entry.skip:
            return _Words(tuple(options), tuple(plain), words[place - 1 :])
        else:
            plain.append(word)
    return _Words(tuple(options), tuple(plain), ())


def _known(entry: CommandEntry, words: tuple[str, ...], commands: Commands, depth: int) -> tuple[Invocation, ...]:
    parts = _split(words, entry)
    given = {name for name, _ in parts.options}
    directory = next((value for name, value in parts.options if name in entry.directory), "")
    kind, role = entry.kind, entry.role
    for case in entry.cases:
        if _applies(case, parts, given):
            kind = case.kind or kind
            role = role if case.role is None else case.role
            break
    if entry.needs and not given & set(entry.needs):
        role = ""
    if given & set(entry.inert):
        return (Invocation("tool", entry.name, parts.options, "", directory),)
    if entry.inner:
        inner = tuple(_inside(found, directory) for found in _interpret(parts.after, commands, depth - 1))
        if kind == "tool":
            return inner or (Invocation("tool", entry.name, parts.options, role, directory),)
    else:
        inner = ()
    swallows = next((name for name, value in parts.options if name in entry.swallows or f"{name}={value}" in entry.swallows), "")
    rename = dict(entry.rename)
    options = tuple((rename.get(name, name), value) for name, value in parts.options)
    if entry.manager:
        options = (("manager", entry.manager), *options)
    plain = parts.plain if entry.inner else (*parts.plain, *parts.after)
    target, left = _target(entry, plain, parts.options)
    if kind == "install":
        options = install_options(options, (*((target,) if target else ()), *left))
    else:
        options = (*options, *(("argument", word) for word in left))
    also = tuple(more for more, wanted in entry.also if given & set(wanted))
    return (Invocation(kind, target, options, role, directory, swallows, also=also), *inner)


def _applies(case: Case, parts: _Words, given: set[str]) -> bool:
    plain = (*parts.plain, *parts.after)
    values = (*plain, *(value for _, value in parts.options if value))
    if case.option and not given & set(case.option):
        return False
    if case.first and not (plain and _fits(plain[0], case.first)):
        return False
    if case.last and not (plain and _fits(plain[-1], case.last)):
        return False
    return not case.any or any(_fits(value, case.any) for value in values)


def _fits(word: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(word, pattern) for pattern in patterns)


def _target(entry: CommandEntry, plain: tuple[str, ...], options: tuple[tuple[str, str], ...]) -> tuple[str, tuple[str, ...]]:
    """The target and the plain words that are left; option names in `target` come before positions."""
    for wanted in entry.target:
        if wanted.startswith("-"):
            values = [value for name, value in options if name == wanted and value]
            if values:
                return " ".join(part for value in values for part in value.replace(",", " ").split()), plain
        elif wanted == "rest":
            return " ".join(plain), ()
        elif wanted == "first" and plain:
            return plain[0], plain[1:]
        elif wanted == "last" and plain:
            return plain[-1], plain[:-1]
    return "", plain


def _inside(found: Invocation, directory: str) -> Invocation:
    if not directory:
        return found
    return replace(found, directory=posixpath.normpath(posixpath.join(directory, found.directory)))


def _python(words: tuple[str, ...], commands: Commands, depth: int) -> tuple[Invocation, ...]:
    place = 0
    while place < len(words):
        word = words[place]
        place += 1
        if word == "-c":
            return (Invocation("code", words[place] if place < len(words) else ""),)
        if word == "-m" or (word.startswith("-m") and not word.startswith("--")):
            module = word[2:] or (words[place] if place < len(words) else "")
            rest = words[place + (not word[2:]) :]
            return _module(module, rest, commands, depth)
        if word == "-":
            return (Invocation("code", "-", arguments(words[place:])),)
        if word in _PYTHON_VALUES:
            place += 1
        elif not word.startswith("-"):
            return (Invocation("script", word, arguments(words[place:])),)
    return (Invocation("code", "-"),) if not words else (Invocation("builtin", "python", arguments(words)),)


def _module(module: str, rest: tuple[str, ...], commands: Commands, depth: int) -> tuple[Invocation, ...]:
    """`python -m X` is the program X where we know one of that name."""
    if module in commands.by_name or module in commands.moved:
        return _interpret((module, *rest), commands, depth - 1)
    return (Invocation("module", module, arguments(rest)),)


def _shell(words: tuple[str, ...]) -> tuple[Invocation, ...]:
    for place, word in enumerate(words):
        if word.startswith(("-", "+")) and len(word) > 1:
            if not word.startswith("--") and word.startswith("-") and "c" in word:
                text = words[place + 1] if place + 1 < len(words) else ""
                return (Invocation("shell-text", text, arguments(words[place + 2 :])),)
        elif place and (words[place - 1] in ("--rcfile", "--init-file") or re.fullmatch(r"[-+][a-zA-Z]*[oO]", words[place - 1])):
            continue
        elif word != "-":
            return (Invocation("shell-script", word, arguments(words[place + 1 :])),)
    return (Invocation("shell-text", "-"),)


def arguments(words: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The words of a program that we know nothing about: `--x=v`, `--x v`, `--flag`, and plain words as `argument`."""
    found: list[tuple[str, str]] = []
    waiting = ""
    for word in words:
        if word.startswith("-") and len(word) > 1 and not word[1].isdigit():
            if waiting:
                found.append((waiting, ""))
            waiting = ""
            name, equals, value = word.partition("=")
            if equals:
                found.append((name, value))
            else:
                waiting = word
        else:
            found.append((waiting or "argument", word))
            waiting = ""
    if waiting:
        found.append((waiting, ""))
    return tuple(found)
