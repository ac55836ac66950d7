"""The commands of a document's shell examples."""

from __future__ import annotations

import pytest

from mlrubric.source.shell_session import Commands, commands_of, only_known


@pytest.mark.parametrize(
    ("text", "language", "commands"),
    [
        ("dvc repro", "bash", "dvc repro"),
        ("$ dvc repro\nStage 'train' ran", "console", "dvc repro\n"),
        ("(venv) me@host:~/x$ make \\\n  test\nok", "", "make \\\n  test\n"),
        ("> pip install x\n> pytest", "shell", "pip install x\npytest"),
        ("zenml connect --url <your server>", "bash", "zenml connect --url _your_server_"),
        ("python a.py < in.txt > out.txt", "bash", "python a.py < in.txt > out.txt"),
        ("python train.py\nother thing", "", "python train.py\nother thing"),
    ],
)
def test_commands(text: str, language: str, commands: str) -> None:
    found = commands_of(text.split("\n"), language)
    assert found is not None
    assert found.text == commands
    assert len(found.shifts) == text.count("\n") + 1


@pytest.mark.parametrize(
    ("text", "language"),
    [("some output", ""), ("usage: main.py [-h]", "bash"), ('{"a": 1}', "shell"), ("", "bash"), ("project/\n  train.py", "")],
)
def test_what_is_no_command(text: str, language: str) -> None:
    assert commands_of(text.split("\n"), language) is None


def test_only_sure_commands_of_a_mixed_block() -> None:
    mixed = Commands("dvc repro \\\n  -f\n  --lr LR   rate (default: 1)\nusage\npytest", (0,) * 5)
    assert only_known(mixed).text == "dvc repro \\\n  -f\n\n\npytest"
