"""Mends findings: each fix rule names a recipe, a recipe gives edits of texts, edits are put together and proved to parse
([0022](docs/decisions/0022-fixes.md))."""
