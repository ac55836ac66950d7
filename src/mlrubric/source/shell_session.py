"""The commands of a shell example in a document: without prompts, without what the commands print."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PROMPT = re.compile(r"^\s*(?:\([\w.-]+\)\s*)?(?:[\w.-]+@[\w.-]+[^$#\n]{0,40})?(?:\$|❯|PS [^>\n]{0,40}>)\s+(?=\S)")
_ANGLE = re.compile(r"^\s*>\s+(?=\S)")  # the prompt of some shells, where the first line has it
_BLANK = re.compile(r"<(?=[A-Za-z])(?P<name>[^<>;&$\n]{1,60})>(?!\()")  # `<your name>`: to be filled in, no redirection
_OUTPUT = re.compile(r"^\s*(?:usage:|\{|\[|<|Traceback|={3,}|-{3,})", re.IGNORECASE)
_PROGRAMS = re.compile(
    r"^\s*(?:sudo\s+|[A-Z_]+=\S+\s+)*(?:python3?|pip3?|pipx|uv|uvx|poetry|pdm|conda|mamba|dvc|mlflow|make|docker|docker-compose|pytest|tox|nox"
    r"|git|bash|sh|curl|wget|kubectl|helm|terraform|aws|gcloud|az|kedro|zenml|prefect|dagster|airflow|streamlit|uvicorn|gunicorn|flask|npm"
    r"|jupyter|papermill|export|source|cd|mkdir|cp|mv|\./[\w./-]+)(?:\s|$)"
)


@dataclass(frozen=True, slots=True)
class Commands:
    """`shifts` are the characters of prompt that were taken from the start of each line."""

    text: str
    shifts: tuple[int, ...]


def commands_of(lines: list[str], language: str) -> Commands | None:
    """None when a block without a language does not look like commands. The number of lines is kept."""
    filled = [line for line in lines if line.strip()]
    if not filled or _OUTPUT.match(filled[0]):
        return None
    prompt_of = _ANGLE if _ANGLE.match(filled[0]) else _PROMPT
    prompted = any(prompt_of.match(line) for line in filled)
    if not prompted:
        known = [line for line in filled if _PROGRAMS.match(line)]
        if not language and not (known and _PROGRAMS.match(filled[0])):
            return None
        return Commands(filled_in("\n".join(lines)), (0,) * len(lines))
    texts, shifts, goes_on = [], [], False
    for line in lines:
        prompt = prompt_of.match(line)
        start = prompt.end() if prompt else 0
        kept = line[start:] if prompt or goes_on else ""
        goes_on = kept.rstrip().endswith("\\")
        texts.append(kept)
        shifts.append(start if kept else 0)
    return Commands(filled_in("\n".join(texts)), tuple(shifts))


def only_known(commands: Commands) -> Commands:
    """For a block that is not all shell: the lines that call a program known from such documents, the others blank."""
    texts, goes_on = [], False
    for line in commands.text.split("\n"):
        kept = line if goes_on or _PROGRAMS.match(line) else ""
        goes_on = kept.rstrip().endswith("\\")
        texts.append(kept)
    return Commands("\n".join(texts), commands.shifts)


def filled_in(text: str) -> str:
    """Blanks to be filled in become words of the same length."""
    return _BLANK.sub(lambda match: "_" + re.sub(r"[^\w./:-]", "_", match["name"]) + "_", text)
