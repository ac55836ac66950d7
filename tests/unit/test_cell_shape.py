"""How a cell is written."""

from __future__ import annotations

import json

import pytest

from mlrubric.model.documents import CellShape
from mlrubric.source.cell_shape import shape_of
from mlrubric.source.notebook import cells_of


def shape(kind: str, text: str, **more: object) -> CellShape:
    cell = {"cell_type": kind, "metadata": {}, "source": text, **more}
    return shape_of(cells_of(json.dumps({"cells": [cell], "nbformat": 4}))[0])


@pytest.mark.parametrize(
    ("text", "title", "says"),
    [
        ("# Prices", True, "heading"),
        ("# Prices\n\nBy quarter.", True, "text"),
        ("Prices\n======", True, "heading"),
        ("Part\n----", False, "heading"),
        ("<h1 align='center'>Prices</h1>", True, "heading"),
        ("## Part", False, "heading"),
        ("#tag", True, "heading"),
        ("By quarter.", False, "text"),
        ("```\n# no title\n```", False, "text"),
        ("---", False, "heading"),
        (" \n", False, "nothing"),
    ],
)
def test_markdown(text: str, title: bool, says: str) -> None:
    found = shape("markdown", text)
    assert (found.title, found.says) == (title, says)


@pytest.mark.parametrize(
    ("text", "says", "lines", "comments"),
    [
        ("x = 1\n\n", "code", 1, 0),
        ("# a\n# b\nx = 1\n# c", "code", 4, 2),
        ("# a\n\n# b", "comment", 3, 1),
        ("", "nothing", 0, 0),
    ],
)
def test_code(text: str, says: str, lines: int, comments: int) -> None:
    found = shape("code", text)
    assert (found.says, found.lines, found.comments) == (says, lines, comments)


def test_tags() -> None:
    assert shape("code", "seed = 0", metadata={"tags": ["parameters"]}).tags == ("parameters",)
