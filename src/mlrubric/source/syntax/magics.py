"""IPython's own lines in a cell (`%x`, `!x`, `x = !cmd`, `x?`, `%%cell`) taken apart from the Python around them."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass

from mlrubric.source.shell_session import filled_in

# cell magics that run their body as Python here
_PYTHON_CELLS = {
    "time", "timeit", "capture", "prun", "memit", "mprun", "lprun", "scalene", "snakeviz", "pyinstrument", "wandb", "px", "heat",
    "debug", "python", "python3", "pypy", "py", "local", "spark", "pyspark", "tb", "notify", "ipytest", "run_pytest",
    "skip_execution", "cache", "checkall", "autoreload", "mlflow", "mutate", "black", "nb_black", "memray_flamegraph",
    "filprofile", "monitor", "matplotlib", "configure_logging", "run_if", "skip", "skip_if", "with_overrides", "profile",
    "heatmap", "add_to", "no_warnings", "stopwatch", "tfdocs", "unittest_main", "pytest",
}  # fmt: skip
_SHELL_CELLS = {"bash", "sh", "!", "sx", "system", "script", "shell", "zsh", "cmd"}
_SQL_CELLS = {"sql", "bigquery", "bq", "duckdb", "sparksql", "spanner"}
_WHOLE_CELL_LINES = {"md": "markdown", "sql": "sql", "sh": "shell", "fs": "fs", "scala": "scala", "r": "r"}  # Databricks: one %, whole cell
_RUNS_PYTHON = re.compile(r"%(?:time|timeit|prun|memit|lprun)\b[ \t]*(?:-\w+(?:[ \t]+\d+|\d+)?[ \t]+|--[\w-]+[ \t]+)*")
_ASSIGNED = re.compile(r"^(?P<left>\s*[A-Za-z_][\w.\[\]'\", ]*=\s*)(?P<sign>!{1,2}|%(?=[A-Za-z]))(?P<rest>.*)$")
_HELP = re.compile(r"^\s*\?{1,2}[\w.*%]+\s*$|^\s*%{0,2}[A-Za-z_][\w.*\[\]]*\?{1,2}\s*;?\s*(?:#.*)?$")
_AUTOMAGIC = re.compile(r"^\s*(?:pip3?|conda|mamba)[ \t]+(?:install|uninstall|list|freeze|show)\b")
_EXPRESSION = re.compile(r"(?<!\$)\{(?P<inner>[^{}\n,]*[()\[\]'\"][^{}\n]*)\}")
_PROGRAM = re.compile(r"\{(?P<name>[\w.]+)\}(?=\s)")
_LINE_MAGIC = re.compile(r"^(?P<indent>\s*)%{1,2}(?P<name>[A-Za-z_][\w.]*)[ \t]*(?P<rest>.*)$")


@dataclass(frozen=True, slots=True)
class Foreign:
    """Text of another language in a cell: `line` counts from 1 in the cell, `column` is that of its first line's first character."""

    language: str  # "shell", "sql", or the magic's name when nobody reads it
    text: str
    line: int
    column: int
    interpreter: str = ""  # "bash", "!" (a failure of which does not stop the notebook)
    target: str = ""  # of %%writefile


@dataclass(frozen=True, slots=True)
class PlainCell:
    """The Python of a cell, line for line; `shifts` are (line, characters taken away at its start) where code moved left."""

    text: str
    foreign: tuple[Foreign, ...] = ()
    shifts: tuple[tuple[int, int], ...] = ()


def plain_python(source: str) -> PlainCell:
    """What Python sees of a cell: same number of lines, same indentation."""
    lines = source.split("\n")
    # Colab takes a cell magic below comments too
    first = next((index for index, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")), None)
    if first is None:
        return PlainCell(source)
    head = lines[first].lstrip()
    if head.startswith("%%"):
        return _cell_magic(lines, first)
    name = head[1:].split(None, 1)[0].lower() if head.startswith("%") and head[1:].strip() else ""
    if name in _WHOLE_CELL_LINES and (first + 1 < len(lines) or name == "md"):
        return _whole(lines, first, _WHOLE_CELL_LINES[name], len(lines[first]) - len(head) + 1 + len(name))
    if name == "python" and head.strip() == "%python":
        return _below(lines, first)
    if problem_of(source) is None and "!" not in source and "%" not in source:
        return PlainCell(source)
    return _lines_magic(lines) if problem_of(source) is not None else PlainCell(source)


def problem_of(source: str) -> tuple[str, int, int] | None:
    """Why a text is not Python, with line and column; None when it is."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(source)
    except SyntaxError as error:
        return error.msg or "invalid syntax", error.lineno or 1, error.offset or 1
    except (ValueError, RecursionError, MemoryError) as error:
        return str(error) or type(error).__name__, 1, 1
    return None


def _cell_magic(lines: list[str], first: int) -> PlainCell:
    head = lines[first].strip()[2:]
    name, _, rest = head.partition(" ")
    name = name.strip().lower() if not head.startswith("!") else "!"
    if name in _PYTHON_CELLS:
        return _below(lines, first)
    interpreter = (rest.split() or ["sh"])[0] if name == "script" else name
    if name == "script" and interpreter.split("/")[-1] not in _SHELL_CELLS:
        return _whole(lines, first + 1, interpreter, 0)
    if name in _SHELL_CELLS:
        return _whole(lines, first + 1, "shell", 0, "bash" if name in ("!", "sx", "system", "shell") else interpreter)
    if name in _SQL_CELLS:
        return _whole(lines, first + 1, "sql", 0)
    words = [word for word in rest.split() if not word.startswith("-")]
    return _whole(lines, first + 1, name, 0, target=words[0] if words and name in ("writefile", "file") else "")


def _below(lines: list[str], first: int) -> PlainCell:
    """The body under a magic that runs it as Python; it may hold magics itself."""
    return plain_python("\n".join([""] * (first + 1) + lines[first + 1 :]))


def _whole(lines: list[str], first: int, language: str, column: int, interpreter: str = "", target: str = "") -> PlainCell:
    body = "\n".join(lines[first:])[column:]
    if language == "shell" and not interpreter:
        interpreter = "bash"
    foreign = Foreign(language, body, first + 1, column + 1, interpreter, target)
    return PlainCell("\n" * (len(lines) - 1), (foreign,))


def _lines_magic(lines: list[str]) -> PlainCell:
    result: list[str] = []
    foreign: list[Foreign] = []
    shifts: list[tuple[int, int]] = []
    state = _State()
    index = 0
    while index < len(lines):
        line = lines[index]
        if state.inside:
            state.take(line)
            result.append(line)
            index += 1
            continue
        body, taken = _joined(lines, index)
        replaced, found, shift = _line(line, body, index + 1)
        if replaced is None:
            state.take(line)
            result.append(line)
            index += 1
            continue
        foreign += found
        if shift:
            shifts.append((index + 1, shift))
            state.take(replaced)
            taken = 1
        result.append(replaced)
        result.extend([""] * (taken - 1))
        index += taken
    return PlainCell("\n".join(result), tuple(foreign), tuple(shifts))


def _joined(lines: list[str], index: int) -> tuple[str, int]:
    """A line with those it goes on with behind a backslash."""
    end = index
    while lines[end].rstrip().endswith("\\") and end + 1 < len(lines):
        end += 1
    return "\n".join(lines[index : end + 1]), end - index + 1


def _line(line: str, body: str, number: int) -> tuple[str | None, list[Foreign], int]:
    """The Python that stands for a line (None: it is Python already), what it holds, and by how much code moved left."""
    stripped = line.lstrip()
    indent = line[: len(line) - len(stripped)]
    rest = body[len(indent) :]
    if stripped.startswith("!"):
        signs = 2 if stripped.startswith("!!") else 1
        return indent + "pass", [Foreign("shell", _as_shell(rest[signs:]), number, len(indent) + signs + 1, "!")], 0
    if (python := _RUNS_PYTHON.match(stripped)) and stripped[python.end() :].strip():
        code = stripped[python.end() :]
        if problem_of(code) is None or code.rstrip().endswith(("(", "[", "{", ",", "\\", ":")):
            return indent + code, [], python.end()
        return indent + "pass", [], 0
    if magic := _LINE_MAGIC.match(line):
        return indent + "pass", _magic(magic["name"], rest, number, len(indent)), 0
    if assigned := _ASSIGNED.match(line):
        start = len(assigned["left"]) + len(assigned["sign"])
        text = body[start:]
        found = [Foreign("shell", _as_shell(text), number, start + 1, "!")] if assigned["sign"].startswith("!") else []
        return assigned["left"] + "get_ipython()", found, 0
    if _HELP.match(line):
        return indent + "pass", [], 0
    if _AUTOMAGIC.match(line):
        return indent + "pass", [Foreign("shell", rest, number, len(indent) + 1, "!")], 0
    return None, [], 0


def _as_shell(text: str) -> str:
    """IPython fills in `{expression}` itself; the shell sees no braces. Same length, so that columns stay true."""
    text = filled_in(text)
    text = _EXPRESSION.sub(lambda match: "{" + re.sub(r"[^\w.]", "_", match["inner"]) + "}", text)
    program = _PROGRAM.match(text)
    if program is None:
        return text
    word = "python" if "executable" in program["name"] else "$" + re.sub(r"\W", "_", program["name"])
    return word.ljust(program.end()) + text[program.end() :]


def _magic(name: str, rest: str, number: int, indent: int) -> list[Foreign]:
    """`%pip` and `%conda` are shell commands of the same words, `%run x.py` runs a script."""
    if name in ("pip", "pip3", "conda", "mamba", "uv"):
        return [Foreign("shell", rest[1:], number, indent + 2, "!")]
    after = re.match(r"%{1,2}[\w.]+[ \t]*", rest)
    start = after.end() if after else 0
    if name in ("sh", "sx", "system", "bash"):
        return [Foreign("shell", rest[start:], number, indent + start + 1, "!")]
    if name in _SQL_CELLS:
        return [Foreign("sql", rest[start:], number, indent + start + 1)]
    if name == "run" and re.search(r"\.py\b", rest):
        words = re.sub(r"^%run[ \t]+(?:-[a-zA-Z]+[ \t]+)*", "", rest)
        return [Foreign("shell", "python " + words, number, indent + 1, "!")]
    return []


class _State:
    """Whether the next line starts a statement: brackets, triple quotes and backslashes still open."""

    def __init__(self) -> None:
        self.depth, self.quote, self.joined = 0, "", False

    @property
    def inside(self) -> bool:
        return self.depth > 0 or bool(self.quote) or self.joined

    def take(self, line: str) -> None:
        index, self.joined = 0, False
        while index < len(line):
            rest = line[index:]
            if self.quote:
                if rest.startswith("\\"):
                    index += 2
                elif rest.startswith(self.quote):
                    index += len(self.quote)
                    self.quote = ""
                else:
                    index += 1
                continue
            character = line[index]
            if character == "#":
                break
            if character in "\"'":
                self.quote = character * 3 if rest.startswith(character * 3) else character
                index += len(self.quote)
                continue
            self.depth += (character in "([{") - (character in ")]}")
            index += 1
        if len(self.quote) == 1:  # a one-line string ends with its line at the latest
            self.joined = line.endswith("\\")
            self.quote = ""
        elif not self.quote:
            self.joined = line.rstrip().endswith("\\") and "#" not in line
        self.depth = max(self.depth, 0)
