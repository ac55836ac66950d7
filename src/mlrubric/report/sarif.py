"""SARIF 2.1.0 as code scanning reads it: findings only, raw lines, stable fingerprints; the 28 tests are in the run's properties."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlrubric import RULES_VERSION, __version__
from mlrubric.model.place import Place
from mlrubric.model.remedy import Remedy
from mlrubric.model.report import Message, Report
from mlrubric.model.verdict import Finding, Step, TestResult
from mlrubric.report.cards import Card
from mlrubric.report.fingerprint import line_hashes
from mlrubric.report.json_text import dumps
from mlrubric.report.words import LEVEL_RANK, messages, own_findings, plural, sentence, sorted_findings, with_advice
from mlrubric.source.escape import for_terminal, for_uri
from mlrubric.source.lines import LineIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlrubric.report import Options, View

NAME = "sarif"
ALL_NUMBERS = True  # whatever the profile
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MOST_RESULTS, MOST_RULES, MOST_STEPS, MOST_PLACES, MOST_TAGS, LONGEST_TEXT, LONGEST_NAME = 25_000, 25_000, 1_000, 100, 10, 1_024, 255
PROBLEM_SEVERITY = {"error": "error", "warning": "warning", "note": "recommendation"}
ANCHOR = "README.md"  # where a finding about the repository as a whole is shown
Json = dict[str, object]


def render(view: View, options: Options) -> str:
    return dumps(log(view.report, view.cards, view.texts, options.page))


def log(report: Report, cards: Mapping[str, Card], texts: Callable[[str], str], page: Callable[[Card], str]) -> Json:
    """The whole SARIF log; when there are more findings than code scanning takes, the most severe stay and a notification says so."""
    findings = own_findings(report.findings)
    notices = list(messages(report))
    foreign = sorted({finding.place.repository for finding in report.findings} - {""})
    if foreign:
        left_out = plural(len(report.findings) - len(findings), "finding")
        notices.append(Message("note", f"{left_out} in files of {', '.join(foreign)} left out: the log speaks of one repository's files"))
    if len(findings) > MOST_RESULTS:
        left_out = plural(len(findings) - MOST_RESULTS, "finding")
        notices.append(Message("warning", f"{left_out} left out: code scanning takes {MOST_RESULTS:,}"))
        findings = sorted_findings(sorted(findings, key=lambda f: LEVEL_RANK[f.level])[:MOST_RESULTS])
    rules = _rules(findings, cards)
    index = {rule.id: number for number, rule in enumerate(rules)}
    found = {finding.rule for finding in findings}
    places = _Places(texts)
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "mlrubric",
                        "version": __version__,
                        "semanticVersion": __version__,
                        "rules": [_rule(rule, page(rule), rule.id in found) for rule in rules],
                    }
                },
                "automationDetails": {"id": "mlrubric/"},
                "columnKind": "unicodeCodePoints",
                "originalUriBaseIds": {"SRCROOT": {"description": {"text": "The root of the analysed repository."}}},
                "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": [_notification(m, places) for m in notices]}],
                "results": [_result(finding, index[finding.rule], places) for finding in findings],
                "properties": _properties(report),
            }
        ],
    }


class _Places:
    """Physical locations; keeps the lines and hashes of the files that are asked for."""

    def __init__(self, texts: Callable[[str], str]) -> None:
        self._texts = texts
        self._lines: dict[str, list[str]] = {}
        self._hashes: dict[str, dict[int, str]] = {}

    def hash_of(self, place: Place) -> str | None:
        """The line hash, None where the file has no such line (a binary, a finding about the repository)."""
        if place.path not in self._hashes:
            text = self._texts(place.path)
            self._hashes[place.path] = line_hashes(text) if text else {}
        return self._hashes[place.path].get(place.line)

    def changed(self, remedy: Remedy) -> list[Json]:
        """The changes that a remedy makes, file by file; none when it brings a new file, or touches one that cannot be read."""
        changes: list[Json] = []
        for path in sorted({edit.path for edit in remedy.edits} if not remedy.files else ()):
            lines = LineIndex(self._texts(path) or "")
            replacements: list[Json] = []
            for edit in remedy.edits:
                if edit.path == path:
                    span = lines.span_of(edit.start, edit.end)
                    region = {"startLine": span.line, "startColumn": span.column, "endLine": span.end_line, "endColumn": span.end_column}
                    replacements.append({"deletedRegion": region, "insertedContent": {"text": edit.new}})
            changes.append({"artifactLocation": {"uri": for_uri(path), "uriBaseId": "SRCROOT"}, "replacements": replacements})
        return changes

    def physical(self, place: Place) -> Json:
        return {"artifactLocation": {"uri": for_uri(place.path or ANCHOR), "uriBaseId": "SRCROOT"}, "region": self._region(place)}

    def _region(self, place: Place) -> Json:
        """One line, because a pull request shows an alert only when all its lines changed: longer spans end with their first line."""
        span = place.span
        region: Json = {"startLine": span.line, "startColumn": span.column}
        if span.end_line == span.line:
            return {**region, "endLine": span.line, "endColumn": max(span.end_column, span.column)}
        if place.path not in self._lines:
            self._lines[place.path] = (self._texts(place.path) or "").split("\n")
        lines = self._lines[place.path]
        length = len(lines[span.line - 1].rstrip()) if span.line <= len(lines) else 0
        return {**region, "endLine": span.line, "endColumn": max(length + 1, span.column)}


def _rules(findings: list[Finding], cards: Mapping[str, Card]) -> list[Card]:
    """All rules of the book, and a card made of the finding where the book has none; those with findings first in line for the limit."""
    known = {card.id: card for card in cards.values() if card.kind == "rule"}
    used: dict[str, Card] = {}
    for finding in findings:
        made = Card(finding.rule, "rule", finding.name or finding.rule, "", finding.level, finding.confidence, tests=finding.tests)
        used.setdefault(finding.rule, known.get(finding.rule, made))
    others = [card for name, card in known.items() if name not in used]
    return sorted([*used.values(), *others[: MOST_RULES - len(used)]], key=lambda card: card.id)


def _rule(card: Card, page: str, found: bool) -> Json:
    """What is shown beside an alert; of a rule without one only what it is called."""
    level = card.level or "warning"
    tags = ["machine-learning", *(["security"] if card.security else []), *(f"ml-test-score/{test}" for test in card.tests)]
    properties: Json = {
        "tags": tags[:MOST_TAGS],
        "precision": card.confidence or "medium",
        "problem.severity": PROBLEM_SEVERITY[level],
    }
    if card.security:
        properties["security-severity"] = card.security
    return {
        "id": card.id,
        "name": "".join(part[:1].upper() + part[1:] for part in card.name.split("-"))[:LONGEST_NAME],
        "shortDescription": {"text": sentence(card.title)[:LONGEST_TEXT]},
        "fullDescription": {"text": sentence((card.doc("why") if found else "") or card.title)[:LONGEST_TEXT]},
        **({"helpUri": page} if page else {}),
        "help": {
            "text": _help_text(card) if found else _more(card.id),
            "markdown": _help_markdown(card) if found else _more(f"`{card.id}`"),
        },
        "defaultConfiguration": {"level": level},
        "properties": properties,
    }


def _more(rule: str) -> str:
    return f"More: mlrubric explain {rule}"


def _help_text(card: Card) -> str:
    paragraphs = [sentence(card.title), *(text for _, text in card.docs)]
    if card.tests:
        paragraphs.append(f"ML Test Score: {', '.join(card.tests)}.")
    return "\n\n".join([*paragraphs, _more(card.id)])


def _help_markdown(card: Card) -> str:
    parts = [f"# {card.title} ({card.id})"]
    headings = {"why": "Why", "do": "What to do"}
    parts += [f"## {headings.get(key, key.replace('_', ' ').capitalize())}\n\n{text}" for key, text in card.docs]
    for example in card.examples[:1]:
        parts += [f"## {title}\n\n{_fenced(code)}" for title, code in (("Bad", example.bad), ("Good", example.good)) if code]
    if card.tests:
        parts.append(f"Evidence for the ML Test Score: {', '.join(f'`{test}`' for test in card.tests)}.")
    return "\n\n".join([*parts, f"More: `mlrubric explain {card.id}`"])


def _fenced(code: str) -> str:
    fence = "```"
    while fence in code:
        fence += "`"
    return f"{fence}\n{code.strip(chr(10))}\n{fence}"


def _message(text: str) -> str:
    """A message in which nothing of the repository is read as a link."""
    return sentence(for_terminal(text.replace("](", "] (")))


def _result(finding: Finding, index: int, places: _Places) -> Json:
    prints: Json = {"mlrubricIdentity/v1": finding.fingerprint} if finding.fingerprint else {}
    line_hash = places.hash_of(finding.place)
    if line_hash:
        prints["primaryLocationLineHash"] = line_hash
    text = _message(with_advice(finding))
    related = [item for item in finding.related if not item.place.repository][:MOST_PLACES]
    elsewhere = [f"{item.message.rstrip('.')} ({item.place})" for item in finding.related if item.place.repository]
    if elsewhere:
        text += _message(f" Elsewhere in the system: {', '.join(elsewhere[:MOST_PLACES])}")
    if related:
        text += " See " + ", ".join(f"[{_link_text(item.message)}]({number})" for number, item in enumerate(related, 1)) + "."
    result: Json = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": finding.level,
        "message": {"text": text},
        "locations": [{"physicalLocation": places.physical(finding.place)}],
    }
    if prints:
        result["partialFingerprints"] = prints
    if related:
        result["relatedLocations"] = [
            {"id": number, "physicalLocation": places.physical(item.place), "message": {"text": _message(item.message)}}
            for number, item in enumerate(related, 1)
        ]
    flow = [step for step in finding.flow if not step.place.repository]
    if flow:
        locations = [{"location": _hop(step, places)} for step in flow[:MOST_STEPS]]
        result["codeFlows"] = [{"threadFlows": [{"locations": locations}]}]
    changes = places.changed(finding.remedy) if finding.remedy is not None else []
    if finding.remedy is not None and changes:
        result["fixes"] = [{"description": {"text": _message(_titled(finding.remedy))}, "artifactChanges": changes}]
    properties: Json = {"confidence": finding.confidence, "tests": list(finding.tests)}
    if finding.place.cell is not None:
        properties |= {"cell": finding.place.cell, "cellLine": finding.place.cell_line}
    return {**result, "properties": properties}


def _titled(remedy: Remedy) -> str:
    return remedy.title if remedy.safety == "safe" else f"{remedy.title} (unsafe: it may change what a run gives)"


def _link_text(text: str) -> str:
    return text.strip().rstrip(".").replace("[", "(").replace("]", ")").replace("\\", "/") or "related"


def _hop(step: Step, places: _Places) -> Json:
    return {"physicalLocation": places.physical(step.place), "message": {"text": _message(f"{step.kind} {step.label}")}}


def _notification(message: Message, places: _Places) -> Json:
    notification: Json = {"level": message.level, "message": {"text": _message(message.message)}}
    if message.place is not None and message.place.path and not message.place.repository:
        notification["locations"] = [{"physicalLocation": places.physical(message.place)}]
    return notification


def _rubric(test: TestResult) -> Json:
    by = {"attested": test.credit.attested, "attestation": test.attestation} if test.attestation else {}
    unseen = {"sight": test.sight, "visibleBy": test.visible_by} if test.sight != "seen" else {}
    return {"status": test.status, "credit": test.credit.observed, **unseen, **by}


def _properties(report: Report) -> Json:
    """The rubric, which is no result: code scanning would show a passed test as an alert."""
    score = report.score
    return {
        "mlTestScore": {
            "edition": score.edition,
            "observed": score.observed,
            "attested": score.attested,
            "lenient": score.lenient,
            "points": score.points,
            "absent": score.absent,
            "notVisible": score.not_visible,
            "notAnalysed": score.not_analysed,
            "band": score.band,
            "sections": {name: credit.observed for name, credit in score.sections},
            "tests": {test.id: _rubric(test) for test in report.tests},
        },
        "googleLevel": report.google.level,
        "rules": RULES_VERSION,
        "commit": report.repository.commit,
        "audit": report.audit,
    }
