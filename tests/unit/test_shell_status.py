"""What the shell reader says of exit statuses, by a table, and against real shells that run the same text."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlrubric.model.facts import Command, Embedded, Unreadable
from mlrubric.model.place import Place
from mlrubric.read import shell

STRICT = frozenset({"errexit", "pipefail"})
GITHUB = frozenset({"errexit"})  # the default shell of a workflow step
PLAIN: frozenset[str] = frozenset()


def commands(text: str, options: frozenset[str] = PLAIN, name: str = "bash") -> list[Command]:
    embedded = Embedded(Place("host.yml"), "shell", text, "owner", shell=name, options=options)
    return [fact for fact in shell.read_embedded(embedded) if isinstance(fact, Command)]


def fate_of(program: str, text: str, options: frozenset[str] = PLAIN) -> tuple[str, str]:
    """How the failure of a program is lost, and the text that `swallowed_at` points at."""
    found = next(command for command in commands(text, options) if command.argv[:1] == (program,))
    if found.swallowed_at is None:
        return found.swallowed, ""
    span, lines = found.swallowed_at.span, text.split("\n")
    if span.line == span.end_line:
        return found.swallowed, lines[span.line - 1][span.column - 1 : span.end_column - 1]
    return found.swallowed, lines[span.line - 1][span.column - 1 :] + " ..."


KEPT = ("", "")

CASES = [
    ("pytest", PLAIN, KEPT),
    ("pytest || true", GITHUB, ("|| true", "|| true")),
    ("pytest || :", GITHUB, ("|| :", "|| :")),
    ("pytest || echo failed", STRICT, ("|| echo", "|| echo failed")),
    ("pytest || exit 0", GITHUB, ("|| exit 0", "|| exit 0")),
    ("pytest || exit 1\nls", PLAIN, KEPT),
    ("pytest || { echo no; exit 1; }\nls", PLAIN, KEPT),
    ("pytest; true", PLAIN, ("; true", "true")),
    ("pytest; true", GITHUB, KEPT),
    ("pytest\necho done", PLAIN, ("no errexit", "echo done")),
    ("pytest\necho done", GITHUB, KEPT),
    ("pytest\nexit 0", PLAIN, ("exit 0", "exit 0")),
    ("set +e\npytest\necho done", GITHUB, ("set +e", "set +e")),
    ("set +e\npytest", GITHUB, KEPT),
    ("set -e\npytest\necho done", PLAIN, KEPT),
    ("set -o errexit\npytest\necho done", PLAIN, KEPT),
    ("pytest | tee log", GITHUB, ("no pipefail", "| tee log")),
    ("pytest 2>&1 | grep -v x | tee log", GITHUB, ("no pipefail", "| grep -v x")),
    ("pytest | tee log", STRICT, KEPT),
    ("set -o pipefail\npytest | tee log", GITHUB, KEPT),
    ("set -euo pipefail\npytest | tee log\nls", PLAIN, KEPT),
    ("pytest | tee log\nexit ${PIPESTATUS[0]}", GITHUB, KEPT),
    ("pytest | tee log | cat || true", STRICT, ("|| true", "|| true")),
    ("pytest && ls", GITHUB, KEPT),
    ("pytest && ls\necho done", GITHUB, ("&& list", "&& ls")),
    ("ls && pytest\necho done", GITHUB, KEPT),
    ("ls && pytest || true", GITHUB, ("|| true", "|| true")),
    ("if pytest; then echo ok; fi", GITHUB, ("if that only prints", "if pytest")),
    ("if pytest; then echo ok; else exit 1; fi", GITHUB, KEPT),
    ("if ! pytest; then echo no; exit 1; fi\nls", PLAIN, KEPT),
    ("if ! pytest; then echo no; fi", STRICT, ("if that only prints", "if ! pytest")),
    ("while pytest; do sleep 1; done", GITHUB, ("while condition", "while pytest")),
    ("! pytest", GITHUB, ("negated", "!")),
    ("pytest &\nls", GITHUB, ("background", "&")),
    ("pytest &\nwait $!", GITHUB, KEPT),
    ("out=$(pytest)\nls", GITHUB, KEPT),
    ("export OUT=$(pytest)", STRICT, ("in a substitution", "$(pytest)")),
    ('echo "$(pytest)"', STRICT, ("in a substitution", "$(pytest)")),
    ("pytest\nstatus=$?\necho $status\nexit $status", PLAIN, KEPT),
    ("set +e\npytest\nif [ $? -ne 0 ]; then exit 1; fi\nls", GITHUB, KEPT),
    ("bad=0\npytest || bad=1\nmypy . || bad=1\nexit $bad", GITHUB, KEPT),
    ("bad=0\npytest || bad=1\nif [ $bad -eq 1 ]; then echo warning; fi", GITHUB, ("|| bad=", "|| bad=1")),
    ("trap 'exit 0' EXIT\npytest", GITHUB, ("trap exit 0", "trap 'exit 0' EXIT")),
    ("(cd a && pytest)\nls", GITHUB, KEPT),
    ("{ pytest; ls; } || true", STRICT, ("|| true", "|| true")),
    ("check() { pytest; }\ncheck || true", STRICT, ("|| true", "|| true")),
    ("check() { pytest; ls; }\ncheck", GITHUB, KEPT),
    ("for f in a b; do pytest $f; done", GITHUB, KEPT),
    ("for f in a b; do pytest $f; done", PLAIN, ("no errexit", "for f in a b; ")),
    ("pytest ${{ inputs.flags || '' }} || true", GITHUB, ("|| true", "|| true")),
    ("pytest \\\n  -x \\\n  tests || true", GITHUB, ("|| true", "|| true")),
    ("case $x in a) pytest ;; *) ls ;; esac\nls", GITHUB, KEPT),
]


@pytest.mark.parametrize(("text", "options", "expected"), CASES)
def test_status(text: str, options: frozenset[str], expected: tuple[str, str]) -> None:
    assert fate_of("pytest", text, options) == expected


def test_what_stands_around_a_command() -> None:
    text = "cd src\n(cd /abs; a)\nPYTHONPATH=. X='1 2' b \"q r\" > out.txt 2>&1 < in.csv\n[ -f x ] && c\nd || e\ncd $WHERE\nf | g"
    by_name = {command.argv[0]: command for command in commands(text)}
    assert by_name["a"].directory == "/abs"
    assert by_name["b"].directory == "src"
    assert by_name["b"].assignments == (("PYTHONPATH", "."), ("X", "1 2"))
    assert by_name["b"].argv == ("b", "q r")
    assert (by_name["b"].reads, by_name["b"].writes) == (("in.csv",), ("out.txt",))
    assert by_name["c"].condition == "[ -f x ]"
    assert by_name["e"].condition == "not (d)"
    assert by_name["f"].directory is None
    assert by_name["g"].pipeline == ("f", "g")


def test_downloads_write_files() -> None:
    text = "curl -sSLo a.csv http://x\nwget -O b.csv http://x\nwget http://x\ncurl --output=c.csv http://x\ncurl -o /dev/null http://x"
    assert [command.writes for command in commands(text)] == [("a.csv",), ("b.csv",), (), ("c.csv",), ()]


def test_places_in_the_host() -> None:
    lines = ((10, 7), (12, 9))
    embedded = Embedded(Place("host.yml"), "shell", "a\nb x \\\n  c\nd", "owner", lines)
    found = [fact for fact in shell.read_embedded(embedded) if isinstance(fact, Command)]
    spans = [
        (command.place.span.line, command.place.span.column, command.place.span.end_line, command.place.span.end_column)
        for command in found
    ]
    assert spans == [(10, 7, 10, 8), (12, 9, 13, 4), (14, 1, 14, 2)]  # lines beyond the map follow directly


def test_texts_inside() -> None:
    text = "python - <<'EOF'\nimport a\n  b\nEOF\npython3 -c \"import c\nd\"\nbash -lc 'pytest || true'\n"
    text += "cat <<EOF\nno\nEOF\npython x.py <<EOF\nno\nEOF\n"
    found = list(shell.read_embedded(Embedded(Place("h"), "shell", text, "owner", lines=((5, 3),))))
    inner = [fact for fact in found if isinstance(fact, Embedded)]
    assert [(one.language, one.text) for one in inner] == [
        ("python", "import a\n  b\n"),
        ("python", "import c\nd"),
        ("shell", "pytest || true"),
    ]
    assert inner[0].lines[:2] == ((6, 1), (7, 1))
    assert inner[1].lines == ((9, 13), (10, 1))
    assert {one.owner for one in inner} <= {fact.place.symbol for fact in found if isinstance(fact, Command)}


def test_heredocs_in_hard_places() -> None:
    text = "git commit -m \"$(cat <<'EOF'\n( not a command\nEOF\n)\"\npython <<A | tee x &&\n1 ( 2\nA\nb <<-B\n\t) x\n\tB\nc $((1 << 2))"
    found = list(shell.read_embedded(Embedded(Place("h"), "shell", text, "owner")))
    assert not [fact for fact in found if isinstance(fact, Unreadable)]
    assert [fact.argv[0] for fact in found if isinstance(fact, Command)] == ["git", "cat", "python", "tee", "b", "c"]


def test_broken_text_is_said_and_the_rest_is_read() -> None:
    found = list(shell.read_embedded(Embedded(Place("h"), "shell", "a\nif b; then\nc )\nd", "owner")))
    assert [fact for fact in found if isinstance(fact, Unreadable)]
    assert "a" in [fact.argv[0] for fact in found if isinstance(fact, Command)]


# ---- against real shells ------------------------------------------------------------------------------------------

NAMES = [f"cmd{letter}" for letter in "abcdefgh"]


class Scripts:
    """Random scripts; every program stands in them once."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.names: Iterator[str] = iter(NAMES)

    def command(self) -> str:
        return next(self.names, "true")

    def statement(self, depth: int) -> str:
        choice = self.random.random()
        if depth <= 0 or choice < 0.35:
            return self.command()
        if choice < 0.5:
            return self.statement(depth - 1) + self.random.choice([" && ", " || "]) + self.statement(depth - 1)
        if choice < 0.62:
            return f"{self.simple(depth - 1)} | {self.simple(depth - 1)}"
        if choice < 0.72:
            return f"( {self.sequence(depth - 1)})"
        if choice < 0.8:
            return f"{{ {self.sequence(depth - 1)}; }}"
        if choice < 0.9:
            otherwise = self.random.choice(["", "else exit 1; ", f"else {self.command()}; "])
            return f"if {self.sequence(depth - 1)}; then {self.sequence(depth - 1)}; {otherwise}fi"
        if choice < 0.95:
            return f"X=$( {self.sequence(depth - 1)})"
        return self.random.choice(["true", "exit 0", "false || true", "set +e", "set -e", f"echo $({self.command()})"])

    def simple(self, depth: int) -> str:
        return self.command() if self.random.random() < 0.7 else f"( {self.sequence(depth - 1)})"

    def sequence(self, depth: int) -> str:
        return "; ".join(self.statement(depth) for _ in range(self.random.choice([1, 1, 2, 3])))


def status_of(script: str, name: str, options: frozenset[str], failing: str, folder: Path) -> tuple[int, list[str]]:
    log = folder / "log"
    log.write_text("")
    words = [name, *(["--norc"] if name == "bash" else []), *(word for option in sorted(options) for word in ("-o", option)), "-c", script]
    environment = {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "LOG": str(log), "FAIL": failing}
    return subprocess.run(words, env=environment, capture_output=True, timeout=20).returncode, log.read_text().split()


@pytest.mark.parametrize("seed", range(60))
def test_real_shells_agree(seed: int, tmp_path: Path) -> None:
    """A failure that the reader calls kept makes a real shell fail, and one that it calls lost does not."""
    scripts = Scripts(seed)
    script = scripts.sequence(3)
    name = scripts.random.choice(["bash", "sh"])
    if shutil.which(name) is None:
        pytest.skip(f"no {name} here")
    options = scripts.random.choice([PLAIN, GITHUB, STRICT] if name == "bash" else [PLAIN, GITHUB])
    for program in NAMES:
        (tmp_path / program).write_text(f'#!/bin/sh\necho {program} >> "$LOG"\n[ "$FAIL" != {program} ]\n')
        (tmp_path / program).chmod(0o755)
    if status_of(script, name, options, "", tmp_path)[0]:
        return  # it fails anyway: nothing can be told apart
    for command in commands(script, options, name):
        if command.argv and command.argv[0] in NAMES:
            status, ran = status_of(script, name, options, command.argv[0], tmp_path)
            if command.argv[0] in ran:
                assert (status != 0) == (command.swallowed == ""), (
                    f"{name} {sorted(options)}: {script!r}: {command.argv[0]}: {command.swallowed!r}"
                )
