"""A page for each test and each capability, as Markdown: what it asks, every status it can take, and small repositories that show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mlrubric.report.book import HEADINGS
from mlrubric.report.cards import Card
from mlrubric.report.markdown import prose, table


@dataclass(frozen=True, slots=True)
class Example:
    """A small repository that shows a status. `folder` is its path from the root of the project, `why` the idea of it."""

    folder: str
    status: str
    condition: str
    why: str


def page(card: Card, cards: Mapping[str, Card], examples: Sequence[Example]) -> str:
    """The whole page of a test or a capability."""
    parts = [f"# {card.id}: {prose(card.title)}", "Written by `make pages` from the rule book; do not edit."]
    for key, text in card.docs:
        parts += [f"## {HEADINGS.get(key, key.replace('_', ' ').capitalize())}", prose(text)]
    rows = [(f"`{status.name}`", status.credit, prose(way)) for status in card.statuses for way in status.when]
    parts += ["## Every status", table(("status", "credit", "when"), rows)]
    if examples:
        shown = [(f"[`{one.folder}`](../../{one.folder})", f"`{one.status}`", one.condition, prose(one.why)) for one in examples]
        parts += ["## Small repositories that show it", table(("repository", "status", "broken condition", "idea"), shown)]
    speaking = [other for other in cards.values() if card.id in other.tests]
    if speaking:
        parts += ["## Rules that speak of it", "\n".join(f"- `{other.id}` {prose(other.title)}" for other in speaking)]
    return "\n\n".join(parts) + "\n"


def index(title: str, cards: Sequence[Card]) -> str:
    """The list of the pages of one folder."""
    rows = [(f"[{card.id}]({card.id}.md)", prose(card.title), ", ".join(f"`{status.name}`" for status in card.statuses)) for card in cards]
    return f"# {title}\n\nWritten by `make pages` from the rule book; do not edit.\n\n{table(('', 'title', 'statuses'), rows)}\n"
