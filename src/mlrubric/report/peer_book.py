"""The page docs/peers.md: each rule of each peer, and which of ours says the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mlrubric.rules.peers import Peer, PeerRule
from mlrubric.rules.rule import Rule, RuleBook

HEAD = """\
# What other tools find, and what finds it here

Written by `make pages` from `rules/peers/`; do not edit. Each table is the whole list of a tool's rules. `regular` findings are shown by
default; `pedantic` and `auditor` ones with `--persona`. A test such as `infra-3` is a row of the rubric.
"""
PAGE = "rules/{id}.md"


def peers_page(peers: Sequence[Peer], book: RuleBook) -> str:
    """The page as Markdown."""
    lines = [HEAD, "| tool | version | rules | here | not here |", "|---|---|--:|--:|--:|"]
    for peer in peers:
        here = sum(1 for rule in peer.rules if rule.ours)
        lines.append(
            f"| [{peer.name}](#{peer.id.replace('_', '-')}) | {peer.version} | {len(peer.rules)} | {here} | {len(peer.rules) - here} |"
        )
    for peer in peers:
        lines += [
            "",
            f'## <a id="{peer.id.replace("_", "-")}"></a>{peer.name}',
            "",
            f"Version {peer.version}, {peer.source}. {peer.reads}",
            "",
        ]
        lines += ["| its rule | what it says | here |", "|---|---|---|"]
        lines += [_row(rule, book) for rule in peer.rules]
    return "\n".join(lines) + "\n"


def _row(rule: PeerRule, book: RuleBook) -> str:
    name = f"`{rule.id}` {rule.name}".rstrip()
    here = ", ".join(_ours(rule.ours, book)) if rule.ours else f"not: {rule.why_not}"
    return f"| {_cell(name)} | {_cell(rule.says)} | {_cell(here + (f'; {rule.note}' if rule.note else ''))} |"


def _ours(ids: Iterable[str], book: RuleBook) -> Iterable[str]:
    for one in ids:
        found = book.find(one)
        yield f"{one} {found.name} ({found.persona})" if isinstance(found, Rule) else one


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
