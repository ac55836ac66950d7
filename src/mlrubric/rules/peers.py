"""The rules of other tools, and which of ours says the same: `rules/peers/<peer>.toml`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast

from mlrubric.knowledge.location import rules_directory
from mlrubric.rules.load import checked_table
from mlrubric.rules.rule import RuleBook, RuleError, Table, texts


@dataclass(frozen=True, slots=True)
class PeerRule:
    """A rule of a peer: `ours` are ids of our rules, tests or capabilities, or there is none and `why_not` says why."""

    id: str
    name: str
    says: str
    ours: tuple[str, ...] = ()
    why_not: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Peer:
    """Another tool with all of its rules."""

    id: str
    name: str
    version: str
    source: str
    reads: str
    rules: tuple[PeerRule, ...]
    path: Path


def load_peers(root: Path | None = None, check: bool = False) -> tuple[Peer, ...]:
    """All peers below `root` (default: the packaged book), by the name of their file. With `check`, held against their schema."""
    root = root or rules_directory()
    schema = rules_directory() / "schema" / "peer.schema.json" if check else None
    return tuple(_peer(path, checked_table(path, schema)) for path in sorted((root / "peers").glob("*.toml")))


def peers_of(peers: tuple[Peer, ...], rule: str) -> tuple[tuple[Peer, PeerRule], ...]:
    """The rules of peers that one of ours stands for."""
    return tuple((peer, theirs) for peer in peers for theirs in peer.rules if rule in theirs.ours)


def unknown(peer: Peer, book: RuleBook) -> list[str]:
    """Ids that a peer's rules name and that the book does not have."""
    return sorted({one for rule in peer.rules for one in rule.ours if book.find(one) is None})


def _peer(path: Path, table: Table) -> Peer:
    head = cast(Table, table.get("peer", {}))
    rules = tuple(
        PeerRule(
            str(raw.get("id", "")), str(raw.get("name", "")), str(raw.get("says", "")),
            texts(raw, "ours"), str(raw.get("why_not", "")), str(raw.get("note", "")),
        )
        for raw in cast("list[Table]", table.get("rule", []))
    )  # fmt: skip
    told = int(str(head.get("rules", 0)))
    if told != len(rules):
        raise RuleError(path, 1, f"the peer has {told} rules, and {len(rules)} are listed")
    ids = [rule.id for rule in rules]
    twice = sorted({one for one in ids if ids.count(one) > 1})
    if twice:
        raise RuleError(path, 1, f"listed twice: {', '.join(twice)}")
    for rule in rules:
        if bool(rule.ours) == bool(rule.why_not):
            raise RuleError(path, 1, f"`{rule.id}` needs either `ours` or `why_not`")
    said = {key: str(head.get(key, "")) for key in ("name", "version", "source", "reads")}
    return Peer(path.stem, said["name"], said["version"], said["source"], said["reads"], rules, path)
