"""Where the packaged rules lie: inside the wheel, or at the top of the checkout."""

from __future__ import annotations

from functools import cache
from pathlib import Path


class RulesMissing(Exception):
    """The installation has no `rules/`: neither packaged nor beside the sources."""


@cache
def rules_directory() -> Path:
    """The folder that holds `roles.toml`, `knowledge/`, `tests/` and the rule families."""
    package = Path(__file__).resolve().parent.parent
    candidates = (package / "_rules", package.parent.parent / "rules")
    for folder in candidates:
        if (folder / "roles.toml").is_file():
            return folder
    raise RulesMissing(f"no rules found in {' or '.join(str(folder) for folder in candidates)}: the installation is incomplete")


def pages_directory() -> Path:
    """The folder with a page for each rule; it may be missing."""
    rules = rules_directory()
    return rules.parent / "_pages" / "rules" if rules.name == "_rules" else rules.parent / "docs" / "rules"
