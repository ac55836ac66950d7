"""Frozen dataclasses that every floor above shares; only the standard library is imported here."""
