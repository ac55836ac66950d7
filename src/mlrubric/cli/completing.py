"""Completion for shells, made from the parser: no option is written down twice."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from dataclasses import dataclass

SHELLS = ("bash", "zsh", "fish")
FOLDERS, FILES = "folders", "files"
PLACES = {"PATH": FILES, "FILE": FILES, "FORMAT=FILE": FILES, "TEST|CAPABILITY|FILE:LINE": FILES}


@dataclass(frozen=True, slots=True)
class Word:
    """An option, or the words that may stand without one (`names` is empty then). `takes`: whether a value follows; `values`: those to
    choose from, or `files`."""

    names: tuple[str, ...]
    text: str
    takes: bool
    values: tuple[str, ...] = ()
    files: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    name: str
    text: str
    words: tuple[Word, ...]


def commands_of(parser: argparse.ArgumentParser) -> tuple[Command, ...]:
    """The commands of a parser with their words."""
    found = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            texts = {choice.dest: choice.help or "" for choice in action._choices_actions}
            for name, inner in action.choices.items():
                found.append(Command(name, texts.get(name, ""), tuple(_words(inner))))
    return tuple(found)


def _words(parser: argparse.ArgumentParser) -> Iterator[Word]:
    for action in parser._actions:
        if action.help == argparse.SUPPRESS:
            continue
        metavar = action.metavar if isinstance(action.metavar, str) else ""
        values = tuple(map(str, action.choices)) if action.choices is not None else ()
        text = re.sub(r"\s+", " ", action.help or "").replace("%(choices)s", ", ".join(values))
        yield Word(tuple(action.option_strings), text, action.nargs != 0, values, metavar in PLACES)


def script(shell: str, commands: tuple[Command, ...]) -> str:
    return {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell](commands)


def _options(command: Command) -> list[Word]:
    return [word for word in command.words if word.names]


def _bash(commands: tuple[Command, ...]) -> str:
    cases = []
    for command in commands:
        values = [f"        {'|'.join(word.names)}) {_bash_values(word)}; return ;;" for word in _options(command) if word.takes]
        plain = [value for word in command.words if not word.names for value in word.values]
        names = " ".join([*(name for word in _options(command) for name in word.names), *plain])
        inner = "\n".join(['      case "$previous" in', *values, "      esac"]) if values else ""
        cases.append(f"    {command.name})\n{inner}\n      words={_quoted(names)} ;;".replace("\n\n", "\n"))
    return f"""\
# completion of mlrubric for bash: source <(mlrubric completion bash)
_mlrubric() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" previous="${{COMP_WORDS[COMP_CWORD-1]}}" command="" words="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "${{COMP_WORDS[i]}}" in -*) ;; *) command="${{COMP_WORDS[i]}}"; break ;; esac
  done
  case "$command" in
    "") words={_quoted(" ".join([*(command.name for command in commands), "--help", "--version"]))} ;;
{chr(10).join(cases)}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  case "$current" in -*) ;; *) COMPREPLY+=($(compgen -f -- "$current")) ;; esac
}}
complete -o filenames -F _mlrubric mlrubric
"""


def _bash_values(word: Word) -> str:
    if word.values:
        return f'COMPREPLY=($(compgen -W {_quoted(" ".join(word.values))} -- "$current"))'
    return 'COMPREPLY=($(compgen -f -- "$current"))' if word.files else "COMPREPLY=()"


def _zsh(commands: tuple[Command, ...]) -> str:
    described = "\n".join(f"    {_quoted(f'{command.name}:{_plain(command.text)}')}" for command in commands)
    cases = []
    for command in commands:
        lines = [f"        {_quoted(_zsh_word(word, name))}" for word in _options(command) for name in word.names]
        plain = [word for word in command.words if not word.names]
        choices = " ".join(value for word in plain for value in word.values)
        lines.append(f"        {_quoted(f'*:word:({choices})' if choices else '*:file:_files')}")
        cases.append(f"      {command.name}) _arguments \\\n" + " \\\n".join(lines) + " ;;")
    return f"""\
#compdef mlrubric
# completion of mlrubric for zsh: put it as _mlrubric into a folder of $fpath
_mlrubric() {{
  local -a commands
  commands=(
{described}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    _files
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
{chr(10).join(cases)}
  esac
}}
if [ "$funcstack[1]" = "_mlrubric" ]; then _mlrubric "$@"; else compdef _mlrubric mlrubric; fi
"""


def _zsh_word(word: Word, name: str) -> str:
    text = f"{name}[{_plain(word.text)}]"
    if not word.takes:
        return text
    return f"{text}:value:" + (f"({' '.join(word.values)})" if word.values else "_files" if word.files else " ")


def _fish(commands: tuple[Command, ...]) -> str:
    lines = ["# completion of mlrubric for fish: mlrubric completion fish > ~/.config/fish/completions/mlrubric.fish"]
    names = " ".join(command.name for command in commands)
    for command in commands:
        lines.append(
            f"complete -c mlrubric -n {_quoted(f'not __fish_seen_subcommand_from {names}')} -a {command.name} -d {_text(command.text)}"
        )
    for command in commands:
        when = f"-n {_quoted(f'__fish_seen_subcommand_from {command.name}')}"
        for word in command.words:
            values = f" -a {_quoted(' '.join(word.values))}" if word.values else ""
            if not word.names:
                lines += [f"complete -c mlrubric {when}{values}"] if values else []
                continue
            flags = "".join(f" -l {name[2:]}" if name.startswith("--") else f" -s {name[1:]}" for name in word.names)
            takes = " -r" if word.takes and word.files else " -x" if word.takes else ""
            lines.append(f"complete -c mlrubric {when}{flags}{takes}{values} -d {_text(word.text)}")
    return "\n".join(lines) + "\n"


def _text(text: str) -> str:
    return _quoted(_plain(text))


def _plain(text: str) -> str:
    """A help text without what shells read as their own."""
    return re.sub(r"[\[\]:`\\$\"']", "", text).strip()


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
