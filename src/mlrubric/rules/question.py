"""One door to the six shapes."""

from __future__ import annotations

import importlib
from typing import Protocol, cast

from mlrubric.graph.build import Picture
from mlrubric.rules.rule import Table
from mlrubric.rules.shapes import Answer


class Shape(Protocol):
    def ask(self, picture: Picture, table: Table) -> Answer: ...


def ask(picture: Picture, shape: str, table: Table) -> Answer:
    """The answer of one shape."""
    module = cast("Shape", importlib.import_module(f"mlrubric.rules.shapes.{shape}"))
    return module.ask(picture, table)
