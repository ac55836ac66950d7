"""Completion is made from the parser, and the shells that are here accept it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from mlrubric.cli import main
from mlrubric.cli.arguments import COMMANDS, parser
from mlrubric.cli.completing import SHELLS, commands_of
from mlrubric.report import formats


def script(shell: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["completion", shell]) == 0
    return capsys.readouterr().out


def test_every_command_is_known() -> None:
    assert {command.name for command in commands_of(parser())} == set(COMMANDS)


@pytest.mark.parametrize("shell", SHELLS)
def test_every_option_is_in_every_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = script(shell, capsys)
    for command in commands_of(parser()):
        assert command.name in text
        for name in (name for word in command.words for name in word.names):
            assert (f"-l {name[2:]}" if shell == "fish" and name.startswith("--") else name.lstrip("-")) in text, name
    assert all(name in text for name in formats())


@pytest.mark.parametrize("shell", SHELLS)
def test_the_shell_reads_it(shell: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    file = tmp_path / "completion"
    file.write_text(script(shell, capsys), encoding="utf-8")
    subprocess.run([shell, "-n", str(file)], check=True)


@pytest.mark.parametrize(
    ("words", "wanted", "unwanted"),
    [
        (["mlrubric", "sc"], "score", "check"),
        (["mlrubric", "score", "--pro"], "--profile", "--stdin-filename"),
        (["mlrubric", "score", "--output-format", "sa"], "sarif", "json"),
        (["mlrubric", "completion", "z"], "zsh", "fish"),
        (["mlrubric", "init", "--"], "--attest", "--profile"),
    ],
)
def test_what_bash_offers(words: list[str], wanted: str, unwanted: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    if shutil.which("bash") is None:
        pytest.skip("no bash here")
    given = " ".join(f"'{word}'" for word in words)
    ask = f'COMP_WORDS=({given}); COMP_CWORD={len(words) - 1}; _mlrubric; printf "%s\\n" "${{COMPREPLY[@]}}"'
    file = tmp_path / "ask.sh"
    file.write_text(f"{script('bash', capsys)}{ask}\n", encoding="utf-8")
    offered = subprocess.run(["bash", str(file)], check=True, capture_output=True, text=True, cwd=tmp_path).stdout.split("\n")
    assert wanted in offered and unwanted not in offered
