"""Command lines that start a shell: its name, its options, the text after `-c`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence

_SHELLS = frozenset({"bash", "sh", "dash", "ash", "zsh", "ksh"})
_LETTERS = {"e": "errexit", "u": "nounset", "x": "xtrace", "n": "noexec"}


def shell_options(arguments: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
    """The options that are switched on and off by `-e`, `+e`, `-euo pipefail`, `-o errexit`."""
    on: set[str] = set()
    off: set[str] = set()
    words = iter(arguments)
    for word in words:
        if word.startswith("--") and word != "--":
            continue
        if word == "--" or len(word) < 2 or word[0] not in "+-":
            break
        chosen = on if word[0] == "-" else off
        for letter in word[1:]:
            if letter == "o":
                chosen.add(next(words, ""))
            elif letter in _LETTERS:
                chosen.add(_LETTERS[letter])
    return frozenset(on - {""}), frozenset(off - {""})


def interpreter(command: str) -> tuple[str, frozenset[str]] | None:
    """Name and options of a shell as a command line (`/usr/bin/env bash -e`, `bash -l {0}`); None when it is no such shell."""
    try:
        words = shlex.split(command)
    except ValueError:
        words = command.split()
    while words and (words[0].rsplit("/", 1)[-1] == "env" or words[0] == "-S"):
        words = words[1:]
    if not words:
        return None
    name = words[0].rsplit("/", 1)[-1].removesuffix(".exe")
    return (name, shell_options(words[1:])[0]) if name in _SHELLS else None


def shell_text_of(argv: Sequence[str]) -> tuple[str, str, frozenset[str]] | None:
    """Text, shell and options of `bash -euo pipefail -c text`; None when it is no such call."""
    found = interpreter(shlex.join(argv[:1])) if argv else None
    if found is None:
        return None
    position = 1
    while position < len(argv) and argv[position].startswith(("-", "+")):
        word = argv[position]
        if re.fullmatch(r"-[a-zA-Z]*c", word):
            if position + 1 >= len(argv):
                return None
            return argv[position + 1], argv[0], shell_options(argv[1 : position + 1])[0]
        position += 2 if re.fullmatch(r"[-+][a-z]*o", word) else 1
    return None
