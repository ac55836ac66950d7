"""The closed vocabulary of traits that rules of habit ask for, `rules/traits.toml`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from mlrubric.knowledge.toml import CatalogueError, is_table, read


@cache
def load_habits(rules: Path) -> dict[str, str]:
    """Trait -> what it says, or a CatalogueError with the file."""
    path = rules / "traits.toml"
    _, tables = read(path)
    table = tables.get("traits")
    if not is_table(table):
        raise CatalogueError(path, 1, "[traits] is missing")
    return {name: str(said) for name, said in table.items()}
