"""Shell options as they are written: after `set`, on a shebang, in a workflow's `shell:`, after `bash`."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

_SHELLS = frozenset({"bash", "sh", "dash", "ash", "zsh", "ksh"})
_LETTERS = {"e": "errexit", "u": "nounset", "x": "xtrace", "n": "noexec"}


def shell_options(arguments: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
    """The options that are switched on and off by `-e`, `+e`, `-euo pipefail`, `-o errexit`."""
    on: set[str] = set()
    off: set[str] = set()
    words = iter(arguments)
    for word in words:
        if word == "--" or len(word) < 2 or word[0] not in "+-" or word.startswith("--"):
            if word.startswith("--") and word != "--":
                continue
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
    while words and (words[0].rsplit("/", 1)[-1] == "env" or (words[0].startswith("-") and words[0] == "-S")):
        words = words[1:]
    if not words:
        return None
    name = words[0].rsplit("/", 1)[-1].removesuffix(".exe")
    if name not in _SHELLS:
        return None
    return name, shell_options(words[1:])[0]
