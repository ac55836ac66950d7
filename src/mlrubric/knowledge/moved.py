"""Names, arguments and commands that a version of a distribution no longer has, or does not have yet, and what takes their place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from mlrubric.knowledge.toml import Entry
from mlrubric.knowledge.versions import Bounds, key

NONE = "-"  # in `becomes`: this name has no successor that means the same
KEYS = frozenset(
    ("of", "name", "argument", "command", "removed", "again", "added", "deprecated", "distribution", "instead", "reason", "becomes")
)


@dataclass(frozen=True, slots=True)
class Moved:
    """One name: gone from `removed` on (and back from `again` on), not there before `added`, only deprecated from `deprecated` on.
    `distributions` say whose version counts. With `arguments` the call (the command) itself stays, and these keywords (options) of it are
    meant."""

    name: str
    distributions: tuple[str, ...]
    removed: str = ""
    again: str = ""
    added: str = ""
    deprecated: str = ""
    instead: str = ""
    reason: str = ""
    arguments: tuple[str, ...] = ()
    becomes: tuple[str, ...] = ()  # of the name, or of each argument: what means the same; a last part alone stays where it was

    def state(self, bounds: Bounds) -> str:
        """`gone`, `early` or `deprecated` when every version that is allowed says so, "" otherwise."""
        if self.removed and bounds.at_least(self.removed) and (not self.again or bounds.below(self.again)):
            return "gone"
        if self.added and bounds.below(self.added):
            return "early"
        still = not self.removed or not bounds.at_least(self.removed)
        return "deprecated" if self.deprecated and still and bounds.at_least(self.deprecated) else ""


@dataclass(slots=True)
class MovedNames:
    """The entries of one library, asked by name."""

    names: dict[str, Moved] = field(default_factory=dict)
    patterns: list[Moved] = field(default_factory=list)
    arguments: dict[str, list[Moved]] = field(default_factory=dict)
    commands: list[Moved] = field(default_factory=list)
    lasts: set[str] = field(default_factory=set)  # the last parts of names

    def add(self, entry: Entry, moved: Moved, command: bool) -> None:
        if command:
            self.commands.append(moved)
        elif moved.arguments:
            self.arguments.setdefault(moved.name, []).append(moved)
        elif "*" in moved.name:
            self.patterns.append(moved)
        elif moved.name in self.names:
            raise entry.error(f"`{moved.name}` has moved twice")
        else:
            self.names[moved.name] = moved
            self.lasts.add(moved.name.rpartition(".")[2])

    def at(self, name: str) -> Moved | None:
        """The entry of exactly this name."""
        return self.names.get(name) or next((m for m in self.patterns if fnmatchcase(name, m.name)), None)

    def under(self, name: str) -> Moved | None:
        """The entry of a name or of the nearest module or class around it."""
        while name:
            found = self.at(name)
            if found is not None:
                return found
            name = name.rpartition(".")[0]
        return None


def read_moved(entries: Iterable[Entry], distributions: tuple[str, ...]) -> MovedNames:
    """The `[[moved]]` tables of a knowledge file."""
    found = MovedNames()
    for entry in entries:
        entry.only(KEYS)
        commands, owners, names = entry.texts("command"), entry.texts("of"), entry.texts("name")
        if bool(commands) == bool(names):
            raise entry.error("needs `name` or `command`")
        removed, added, deprecated = entry.text("removed", ""), entry.text("added", ""), entry.text("deprecated", "")
        if not (removed or added or deprecated):
            raise entry.error("needs `removed`, `added` or `deprecated`")
        for version in (removed, added, deprecated, entry.text("again", "")):
            if version and not key(version)[0]:
                raise entry.error(f"`{version}` is no version")
        whose = entry.texts("distribution") or distributions[:1]
        if not whose:
            raise entry.error("needs `distribution`")
        whole = [f"{owner}.{name}" for owner in owners for name in names] if owners else [*names, *commands]
        arguments, becomes = entry.texts("argument"), entry.texts("becomes")
        if becomes and len(becomes) not in (1, len(arguments or names or commands)):
            raise entry.error("needs as many texts in `becomes` as there are names, or one")
        for number, name in enumerate(whole):
            own = becomes if arguments or len(becomes) < 2 else becomes[number % len(becomes) :][:1]
            own = () if own == (NONE,) else own
            moved = Moved(
                name,
                whose,
                removed,
                entry.text("again", ""),
                added,
                deprecated,
                entry.text("instead", ""),
                entry.text("reason", ""),
                arguments,
                own,
            )
            found.add(entry, moved, bool(commands))
    return found
