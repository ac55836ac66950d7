"""What is known, printed: one rule, test or capability for `explain`, and the list of rules for `rules`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mlrubric.report.cards import HOLE, Card
from mlrubric.report.json_text import dumps
from mlrubric.report.screen import Row, cut, pad, row, wrapped
from mlrubric.rules.fold import MORE
from mlrubric.rules.peers import Peer, peers_of

HEADINGS = {
    "why": "Why",
    "reason": "Why",
    "counts": "What counts",
    "sees": "What is seen",
    "misses": "What is not seen",
    "not": "What does not count",
    "do": "What to do",
    "place": "Where it stands",
}
PLACEHOLDERS = {
    "who": "this call",
    "api": "this call",
    "label": "this",
    "path": "this file",
    "other": "the other one",
    "other_line": "file and line",
    "@source": "what is read",
    "how": "how",
}


def explanation(card: Card, cards: Mapping[str, Card], width: int, peers: tuple[Peer, ...] = ()) -> list[Row]:
    """All that the rule book says about one entry, what else speaks of it, and which rules of other tools it stands for."""
    rows = [row((cut(f"{card.id}  {card.title}", width), "bold"))]
    about = [card.kind, card.level, f"confidence {card.confidence}" if card.confidence else "", card.stage if card.kind == "rule" else ""]
    about += [
        f"persona {card.persona}" if card.kind == "rule" and card.persona != "regular" else "",
        f"fix: {card.fix}" if card.fix else "",
        f"instead: {', '.join(card.replaced_by)}" if card.replaced_by else "",
    ]
    rows.append(row((cut(" · ".join(part for part in about if part), width), "dim")))
    if card.message:
        rows += [row(), *(row("  ", line) for line in wrapped(spoken(card.message), width - 2))]
    for key, text in card.docs:
        rows += [row(), row((HEADINGS.get(key, key.replace("_", " ").capitalize()), "bold"))]
        for paragraph in text.split("\n"):
            rows += [row("  ", line) for line in wrapped(paragraph, width - 2)] if paragraph.strip() else []
    if card.statuses:
        rows += [row(), row(("Statuses", "bold"))]
        for status in card.statuses:
            for index, way in enumerate(status.when):
                head = status.name.replace("_", " ") if index == 0 else ""
                first, *rest = wrapped(way, width - 19)
                rows += [row("  ", pad(head, 15), "  ", first), *(row(" " * 19, line) for line in rest)]
    for example in card.examples:
        for title, code in (("Bad", example.bad), ("Good", example.good)):
            if code:
                rows += [row(), row((title, "bold")), *(row("  ", cut(line, width - 2)) for line in code.strip("\n").split("\n"))]
    rows += _of_a_rule(card, width)
    if card.tests:
        rows += [row(), row(("Evidence for", "bold"))]
        rows += [row("  ", cut(f"{test}  {cards[test].title if test in cards else ''}".rstrip(), width - 2)) for test in card.tests]
    speaking = [other for other in cards.values() if card.id in other.tests]
    if speaking:
        rows += [row(), row(("Rules that speak of it", "bold"))]
        rows += [row("  ", cut(f"{other.id}  {other.title}", width - 2)) for other in speaking]
    theirs = [f"{peer.name}  {rule.id}" for peer, rule in peers_of(peers, card.id)]
    if theirs:
        rows += [row(), row(("Stands for", "bold")), *(row("  ", cut(line, width - 2)) for line in theirs)]
    return rows


def _of_a_rule(card: Card, width: int) -> list[Row]:
    """Fixes, forms and the first example of a rule; the page of the rule has all of them."""
    rows: list[Row] = []
    if card.fixes:
        rows += [row(), row(("Fix", "bold"))]
        rows += [row("  ", line) for title, safety in card.fixes for line in wrapped(f"{spoken(title)} ({safety})", width - 2)]
    if card.variants:
        rows += [row(), row(("Milder and graver forms", "bold"))]
        for form in card.variants:
            other = ", ".join(part for part in (form.level, form.confidence and f"confidence {form.confidence}", form.persona) if part)
            said = [form.when, other, spoken(form.message)]
            rows += [row("  ", line) for line in wrapped(": ".join(part for part in said if part), width - 2)]
    for example in card.shown[:1]:
        for side, files in (("bad", example.bad), ("good", example.good), ("fixed", example.fixed)):
            for path, text in files.items():
                rows += [row(), row((f"Example, {side}: {path}", "bold"))]
                rows += [row("  ", cut(line, width - 2)) for line in text.strip("\n").split("\n")]
    return rows


def spoken(message: str) -> str:
    """A message with words where a finding has names: `<the call>` for `{api}`, the bare name for one without words here."""
    message = message.replace(MORE, " (and <number> more)")
    return HOLE.sub(lambda hole: f"<{PLACEHOLDERS.get(hole[1], hole[1].lstrip('@').replace('_', ' '))}>", message)


def rules_text(cards: Iterable[Card], width: int) -> list[Row]:
    """One row per rule."""
    rules = [card for card in cards if card.kind == "rule"]
    rows = [
        row(
            (pad(card.id, 9), "bold"),
            pad(card.level, 9),
            pad(cut(card.title, 34), 36),
            (cut(", ".join(card.tests) + ("" if card.persona == "regular" else f"  ({card.persona})"), width - 54), "dim"),
        )
        for card in rules
    ]
    return [*rows, row(), row(f"{len(rules)} rules; mlrubric explain ID tells more")]


def rules_json(cards: Iterable[Card]) -> str:
    """Contract 4.3."""
    return dumps(
        {
            "rules": [
                {
                    "id": card.id,
                    "name": card.name,
                    "level": card.level,
                    "confidence": card.confidence,
                    "persona": card.persona,
                    "tests": list(card.tests),
                    "fix": card.fix,
                    "stage": card.stage,
                }
                for card in cards
                if card.kind == "rule"
            ]
        }
    )
