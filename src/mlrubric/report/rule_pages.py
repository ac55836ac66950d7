"""A page for each rule, as Markdown, and the index of them by id, by test of the rubric and by the tool whose rule they stand for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from mlrubric.report.book import HEADINGS, spoken
from mlrubric.report.cards import Card
from mlrubric.report.markdown import prose, table
from mlrubric.rules.peers import Peer, peers_of

WRITTEN = "Written by `make pages` from the rule book; do not edit."
LANGUAGES = {
    ".py": "python", ".ipynb": "json", ".yml": "yaml", ".yaml": "yaml", ".toml": "toml", ".json": "json", ".sh": "bash", ".tf": "hcl",
    ".md": "markdown", ".sql": "sql", ".cfg": "ini", ".ini": "ini",
}  # fmt: skip
PERSONAS = {
    "regular": "regular: shown by default",
    "pedantic": "pedantic: style and efficiency, shown with `--persona pedantic`",
    "auditor": "auditor: what is missing, shown with `--persona auditor`",
}
STAGES = {
    "stable": "stable",
    "preview": "preview: still tried out; runs with `preview = true` or when `--select` names it",
    "deprecated": "deprecated: runs only when `--select` names it",
}


def rule_page(card: Card, cards: Mapping[str, Card], peers: tuple[Peer, ...], fixtures: str = "") -> str:
    """The whole page of a rule. `fixtures` is the folder of its small repositories, seen from the root of the project."""
    grades = [("severity", f"`{card.level}`"), ("confidence", card.confidence), ("persona", PERSONAS[card.persona])]
    grades += [("stage", STAGES[card.stage])]
    grades += [("instead", ", ".join(_link(one) for one in card.replaced_by))] if card.replaced_by else []
    grades += [("security severity", card.security)] if card.security else []
    grades += [("fix", "; ".join(f"{prose(spoken(title))} ({safety})" for title, safety in card.fixes) or "none")]
    parts = [f"# {card.id}: {card.title}", WRITTEN, table(("", ""), grades), f"> {prose(spoken(card.message))}"]
    for key in ("why", "sees", "misses"):
        parts += [f"## {HEADINGS[key]}", prose(card.doc(key))]
    for title, code in (("Bad", card.examples[0].bad), ("Good", card.examples[0].good)):
        parts += [f"## {title}", fenced(code, _language(code))]
    parts += [f"## {HEADINGS['do']}", prose(card.doc("do"))]
    if card.advice:
        parts.append(f"A finding says: {prose(spoken(card.advice))}.")
    if card.variants:
        rows = [(one.when, one.level, one.confidence, one.persona, prose(spoken(one.message))) for one in card.variants]
        parts += ["## Milder and graver forms", table(("when", "severity", "confidence", "persona", "message"), rows)]
    if card.shown:
        parts.append("## Examples that are run")
        for number, example in enumerate(card.shown, 1):
            parts.append(f"### {number}. {prose(example.title)}" if example.title else f"### {number}")
            for side, files in (("bad", example.bad), ("good", example.good), ("fixed", example.fixed)):
                parts += [f"{side}: `{path}`\n\n{fenced(text, language(path))}" for path, text in files.items()]
    return "\n\n".join([*parts, "## References", _references(card, cards, peers, fixtures)]) + "\n"


def _references(card: Card, cards: Mapping[str, Card], peers: tuple[Peer, ...], fixtures: str) -> str:
    rows = [f"- weakens the test [{test}](../tests/{test}.md): {prose(cards[test].title)}" for test in card.tests]
    rows += [
        f"- stands for [{prose(peer.name)}](../peers.md#{peer.id.replace('_', '-')}) `{theirs.id}`"
        + (f": {prose(theirs.note)}" if theirs.note else "")
        for peer, theirs in peers_of(peers, card.id)
    ]
    rows.append(f"- its file: [`rules/{card.file}`](../../rules/{card.file})")
    rows += [f"- small repositories that show it: [`{fixtures}`](../../{fixtures})"] if fixtures else []
    return "\n".join(rows)


def fenced(text: str, language: str) -> str:
    """Code between fences that are longer than any in it."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text.strip(chr(10))}\n{fence}"


def language(path: str) -> str:
    """What a fence calls the language of a file; "" for none."""
    name = PurePosixPath(path).name
    return (
        "dockerfile"
        if name.startswith("Dockerfile")
        else "makefile"
        if name == "Makefile"
        else LANGUAGES.get(PurePosixPath(path).suffix, "")
    )


def _language(code: str) -> str:
    """A snippet is Python when it can be read as such."""
    try:
        compile(code, "snippet", "exec")
    except (SyntaxError, ValueError):
        return ""
    return "python"


def _link(rule: str) -> str:
    return f"[{rule}]({rule}.md)"


def rule_index(cards: Sequence[Card], tests: Sequence[Card], peers: tuple[Peer, ...]) -> str:
    """The list of all rules, three times: by id, by test, by tool."""
    rules = [card for card in cards if card.kind == "rule"]
    rows = [(_link(c.id), c.name, c.level, c.confidence, c.persona, "" if c.stage == "stable" else c.stage, c.fix or "") for c in rules]
    parts = ["# The rules of the linter", WRITTEN, f"{len(rules)} rules. `mlrubric explain ID` prints the page of one."]
    parts += ["## By id", table(("", "allows", "severity", "confidence", "persona", "stage", "fix"), rows)]
    by_test = [(f"[{t.id}](../tests/{t.id}.md)", prose(t.title), ", ".join(_link(c.id) for c in rules if t.id in c.tests)) for t in tests]
    parts += ["## By test of the rubric", table(("test", "", "rules that speak of it"), by_test)]
    none = [_link(card.id) for card in rules if not card.tests]
    parts += [f"Of the test that a finding names, of several or of none: {', '.join(none)}."] if none else []
    known = {card.id for card in rules}
    by_tool = []
    for peer in peers:
        ours = sorted({one for theirs in peer.rules for one in theirs.ours if one in known})
        by_tool.append((f"[{prose(peer.name)}](../peers.md#{peer.id.replace('_', '-')})", ", ".join(map(_link, ours))))
    parts += ["## By tool", "What was found by another tool is found by these rules; rule by rule: [peers](../peers.md)."]
    return "\n\n".join([*parts, table(("tool", "rules"), by_tool)]) + "\n"
