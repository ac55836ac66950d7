"""Alarms of clouds and services that are made with infrastructure: `rules/knowledge/metrics/alarms.toml`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache

from mlrubric.knowledge.location import rules_directory
from mlrubric.knowledge.toml import entries, read

_MENTION = re.compile(r"@[\w.-]+")


@dataclass(frozen=True, slots=True)
class Alarm:
    """One kind of resource; options are given as route -> text."""

    kind: str
    name: tuple[str, ...]
    words: tuple[str, ...]
    told: tuple[str, ...]
    mention: tuple[str, ...]
    silent: Mapping[str, tuple[str, ...]]

    def named(self, options: Mapping[str, str]) -> str:
        return next((options[key] for key in self.name if key in options), "")

    def texts(self, options: Mapping[str, str]) -> Iterator[str]:
        """What says which thing is watched, the most telling option first."""
        for pattern in self.words:
            yield from (text for route, text in options.items() if fnmatchcase(route, pattern))

    def tells(self, options: Mapping[str, str]) -> bool:
        """Whether somebody hears of it."""
        if any(options.get(key, "").lower() in values for key, values in self.silent.items()):
            return False
        if any(text.strip() for pattern in self.told for route, text in options.items() if fnmatchcase(route, pattern)):
            return True
        return any(_MENTION.search(options.get(key, "")) for key in self.mention)


@cache
def load_alarms() -> Mapping[str, Alarm]:
    path = rules_directory() / "knowledge" / "metrics" / "alarms.toml"
    text, tables = read(path)
    found: dict[str, Alarm] = {}
    for entry in entries(path, text, tables, "alarm"):
        entry.only(frozenset(("resource", "kind", "name", "words", "told", "mention", "silent")))
        silent = {key: tuple(str(v) for v in value) for key, value in entry.table("silent").items() if isinstance(value, list)}
        kind = entry.one_of("kind", ("alert", "objective"), "alert")
        alarm = Alarm(kind, entry.texts("name"), entry.texts("words"), entry.texts("told"), entry.texts("mention"), silent)
        for name in entry.texts("resource"):
            found[name] = alarm
    return found
