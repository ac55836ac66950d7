"""Text in another language inside a shell command: heredocs and `-c` strings of Python, shell and SQL programs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mlrubric.source.syntax.shell_call import shell_options
from mlrubric.source.syntax.shell_tree import Simple, Word

_PYTHON = re.compile(r"(?:python|pypy|ipython)[0-9.]*(?:\.exe)?")
_SHELL = re.compile(r"(?:ba|da|a|z|k)?sh")
_SQL = re.compile(r"psql|sqlite3|mysql|duckdb|bq|clickhouse-client")
_MANIFEST = re.compile(r"^[ \t]*apiVersion[ \t]*:", re.MULTILINE)
_WITH_VALUE = frozenset({"-W", "-X", "-o", "-O", "--rcfile", "--init-file"})


@dataclass(frozen=True, slots=True)
class Inner:
    """A text by its offsets in the shell text; `text` may differ from what is written there by removed escapes."""

    language: str
    start: int
    end: int
    text: str
    shell: str = ""
    options: frozenset[str] = frozenset()


def inner_texts(command: Simple, source: str) -> Iterator[Inner]:
    """What an interpreter that this command starts is given to run, and the manifests that it is fed with."""
    for heredoc in command.heredocs:
        body = source[heredoc.body_start : heredoc.body_end]
        if _MANIFEST.search(body) and "kind:" in body:
            yield Inner("kubernetes", heredoc.body_start, heredoc.body_end, body)
            return
    for index, word in enumerate(command.words):
        name = word.text.rsplit("/", 1)[-1]
        language = "python" if _PYTHON.fullmatch(name) else "shell" if _SHELL.fullmatch(name) else "sql" if _SQL.fullmatch(name) else ""
        if not language:
            continue
        arguments = command.words[index + 1 :]
        given = _dash_c(arguments, language)
        if given is not None:
            yield from _string(given, language, name, arguments, source)
        elif command.heredocs and (language == "sql" or _reads_standard_input(arguments)):
            heredoc = command.heredocs[-1]
            body = source[heredoc.body_start : heredoc.body_end]
            options = shell_options([one.text for one in arguments])[0] if language == "shell" else frozenset()
            text = re.sub(r"(?m)^\t+", "", body) if heredoc.strip_tabs else body
            yield Inner(language, heredoc.body_start, heredoc.body_end, text, name if language == "shell" else "", options)
        return


def _dash_c(arguments: tuple[Word, ...], language: str) -> Word | None:
    """The text after `-c`, `-lc`, `-euo pipefail -c`."""
    position = 0
    while position < len(arguments):
        text = arguments[position].text
        if not text.startswith(("-", "+")):
            return None
        if language != "sql" and re.fullmatch(r"-[a-zA-Z]*c", text) and position + 1 < len(arguments):
            return arguments[position + 1]
        takes_value = text in _WITH_VALUE or (language == "shell" and re.fullmatch(r"-[a-z]*o", text) is not None)
        position += 2 if takes_value else 1
    return None


def _string(word: Word, language: str, name: str, arguments: tuple[Word, ...], source: str) -> Iterator[Inner]:
    if re.fullmatch(r"\$\S*", word.text):  # only an expansion: nothing is visible here
        return
    quote = 1 if word.quoted else 0
    raw = source[word.start + quote : word.end - quote]
    text = word.text if word.text.count("\n") == raw.count("\n") else raw
    options = shell_options([one.text for one in arguments])[0] if language == "shell" else frozenset()
    yield Inner(language, word.start + quote, word.end - quote, text, name if language == "shell" else "", options)


def _reads_standard_input(arguments: tuple[Word, ...]) -> bool:
    position = 0
    while position < len(arguments):
        text = arguments[position].text
        if text in ("-", "-s", "/dev/stdin"):
            return True
        if not text.startswith(("-", "+")):
            return False
        if text == "-m":
            return False
        position += 2 if text in _WITH_VALUE else 1
    return True
