"""The INI files of test and lint tools (tox.ini, pytest.ini, .coveragerc, mypy.ini, .flake8): every option is a setting."""

from __future__ import annotations

from collections.abc import Iterable

from mlrubric.model.facts import Fact
from mlrubric.read.declared import settings
from mlrubric.read.unreadable import unreadable
from mlrubric.source.document import Document
from mlrubric.source.syntax import ini
from mlrubric.source.syntax.node import SyntaxProblem

FORMAT = "ini_settings"

_NAMES = frozenset(
    ("tox.ini", "pytest.ini", ".pytest.ini", ".coveragerc", "mypy.ini", ".mypy.ini", ".flake8", ".pylintrc", "pylintrc", ".isort.cfg")
)


def accepts(path: str) -> bool:
    return path.rsplit("/", 1)[-1] in _NAMES


def read(document: Document) -> Iterable[Fact]:
    try:
        root = ini.parse(document.text)
    except SyntaxProblem as problem:
        return [unreadable(document, FORMAT, problem)]
    return [fact for section, table in root.pairs() for fact in settings(document, table, section)]
