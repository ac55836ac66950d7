"""Syntax of the plain formats with positions: YAML, JSON, TOML, INI, shell."""
