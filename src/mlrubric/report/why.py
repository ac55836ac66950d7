"""`why`: the evidence path of a test hop by hop with the source line of each, or the first hop that is broken."""

from __future__ import annotations

from collections.abc import Sequence

from mlrubric.graph.automation import Automation
from mlrubric.model.place import Place
from mlrubric.model.verdict import Capability, Finding, Step, TestResult
from mlrubric.report import View
from mlrubric.report.cards import Card
from mlrubric.report.screen import Row, cut, pad, row, safe, wrapped
from mlrubric.report.snippets import Snippets
from mlrubric.report.spot import Spot
from mlrubric.report.vouched import as_what, by_whom
from mlrubric.report.words import action_text, broken_words, number, plural, sentence, status_word

MOST_PATHS = 3
UNSEEN_WORDS = {
    "absent": "nothing in this repository does this",
    "not visible": "it would not be seen in this repository",
    "not analysed": "something here may do this, and it could not be read",
}
RUN_WORDS = {
    "kept": "how it is run: a live trigger leads here, and a failure counts",
    "lost": "how it is run: a live trigger leads here, and a failure is lost on the way",
    "skipped": "how it is run: a live trigger leads here, and the way is never taken",
    "manual": "how it is run: by hand",
    "none": "how it is run: by nothing in this repository",
}
EDGE_WORDS = {
    "trigger": "starts",
    "run": "runs",
    "call": "calls",
    "import": "imports",
    "flow": "goes into",
    "guard": "guards",
    "join": "is",
}


def why_test(view: View, test: TestResult, width: int, verbosity: int = 0) -> list[Row]:
    """What earned the credit of a test, or what keeps it from more."""
    snippets = Snippets(view.texts, view.report.findings)
    rows = [
        row((cut(f"{test.id}  {safe(test.title)}", width), "bold")),
        row(cut(f"{status_word(test)} · {number(test.credit.observed)} of 1 point · confidence {test.confidence:.2f}", width)),
    ]
    if test.reading:
        rows += [row(line) for line in wrapped(f"read here as: {safe(test.reading)}", width)]
    if test.model:
        rows += [row(line) for line in wrapped(f"of the model {safe(test.model)}; others of this repository have more", width)]
    shown = test.evidence if verbosity > 0 else test.evidence[:MOST_PATHS]
    for evidence in shown:
        rows += [row(), *(row(line) for line in wrapped(f"evidence: {safe(evidence.pattern)}", width))]
        rows += _path(evidence.path, snippets, width)
    if len(test.evidence) > len(shown):
        rows.append(row(f"{plural(len(test.evidence) - len(shown), 'more path')} under -v"))
    if not test.evidence:
        rows += [row(), row(UNSEEN_WORDS.get(status_word(test), "no path leads to it"))]
    if test.broken is not None:
        begins = broken_words(test)
        begins = f"broken: {begins.removeprefix('not ')}" if begins != status_word(test) else begins
        rows += [row(), *(row((line, "bold red")) for line in wrapped(f"{begins}: {sentence(safe(test.broken.message))}", width))]
        if test.broken.place is not None:
            rows += _hop(test.broken.place, "", snippets, width)
    if test.visible_by:
        rows += [row(), *(row(line) for line in wrapped(f"what would make it visible: {safe(test.visible_by)}", width))]
    if test.attestation:
        rows += [row(), *(row(line) for line in wrapped(f"{safe(as_what(test))}: {safe(by_whom(test))}", width))]
        if test.attested is not None:
            rows += [row("  ", line) for line in wrapped(safe(test.attested.claim), width - 2)]
            rows += [row("  ", (cut(safe(link), width - 2), "cyan")) for link in test.attested.evidence]
    for finding in view.report.findings:
        if finding.rule.startswith("ATT") and test.id in finding.tests:
            rows += [row(), *(row(line) for line in wrapped(f"{safe(str(finding.place))}: {safe(finding.message)}", width))]
    card = view.cards.get(test.id)
    rows += _next(test, width) + ([row(), *_counts(card, width)] if card and not test.evidence else [])
    return [*rows, row(), row(cut(f"mlrubric explain {test.id} says what counts", width))]


def why_capability(view: View, capability: Capability, width: int) -> list[Row]:
    """The path that shows a capability, or what is missing."""
    snippets = Snippets(view.texts, view.report.findings)
    rows = [
        row((cut(f"{capability.id}  {safe(capability.title)}", width), "bold")),
        row(
            cut(
                f"{capability.status.replace('_', ' ')} · level {capability.level} · {'required' if capability.required else 'advisory'}",
                width,
            )
        ),
    ]
    if capability.message:
        rows += [row(), *(row(line) for line in wrapped(sentence(safe(capability.message)), width))]
    if capability.evidence:
        rows += [row(), row("evidence"), *_path(capability.evidence, snippets, width)]
    return [*rows, row(), row(cut(f"mlrubric explain {capability.id} says what counts", width))]


def _next(test: TestResult, width: int) -> list[Row]:
    if not test.next:
        return []
    rows = [row(), row(("next", "bold"))]
    for step in test.next:
        rows += [row("  ", line) for line in wrapped(f"{step.gain:+.1f}  {safe(action_text(step))}", width - 2)]
    return rows


def _counts(card: Card, width: int) -> list[Row]:
    text = card.doc("counts")
    return [row(line) for line in wrapped(f"what counts: {text}", width)] if text else []


def why_place(view: View, spot: Spot, width: int, run: Automation | None = None) -> list[Row]:
    """The findings of a line with their paths, how the line comes to be run, and the tests whose evidence passes there."""
    report = view.report
    snippets = Snippets(view.texts, report.findings)
    here = [finding for finding in report.findings if spot.touches(finding.place)]
    if not here and spot.blank:
        return [row(cut(f"{safe(spot.name)} is a blank line: nothing stands there", width))]
    rows: list[Row] = []
    for finding in here:
        rows += [*_finding(finding, snippets, width), row()]
    passing = [test for test in report.tests if any(spot.begins(step.place) for evidence in test.evidence for step in evidence.path)]
    breaking = [test for test in report.tests if test.broken and test.broken.place and spot.begins(test.broken.place)]
    if not here:
        rows += [row(cut(f"no finding at {safe(spot.name)}", width)), row()]
    if run is not None:
        rows += [*_run(run, snippets, width), row()]
    for said, tests in (("evidence passes here", passing), ("breaks here", breaking)):
        if tests:
            rows += [row(text) for text in wrapped(f"{said}: {', '.join(test.id for test in tests)} (mlrubric why {tests[0].id})", width)]
    return rows


def _run(run: Automation, snippets: Snippets, width: int) -> list[Row]:
    """The path from what starts a line, or the hop at which it breaks."""
    rows = [row((cut(RUN_WORDS[run.level], width), "bold")), *_path(run.path, snippets, width)]
    if run.broken is not None:
        said = f"broken: {run.broken.condition.replace('_', ' ')}: {sentence(safe(run.broken.message))}"
        rows += [row((line, "bold red")) for line in wrapped(said, width)]
        if run.broken.place is not None:
            rows += _hop(run.broken.place, "", snippets, width)
    return rows


def _finding(finding: Finding, snippets: Snippets, width: int) -> list[Row]:
    rows = [row((line, "bold")) for line in wrapped(f"{finding.rule} [{finding.level}] {safe(finding.message)}", width)]
    rows += _path(finding.flow, snippets, width) if finding.flow else _hop(finding.place, "", snippets, width)
    for related in finding.related:
        rows += [row("  ", cut(f"see {safe(str(related.place))}: {safe(related.message)}", width - 2))]
        beside = snippets.marked(related.place).stripped().window(width - 6)
        if beside.text:
            rows.append(row("      ", (beside.text, "dim")))
    if finding.tests:
        rows.append(row("  ", cut(f"evidence for {', '.join(finding.tests)}", width - 2)))
    return rows


def _path(path: Sequence[Step], snippets: Snippets, width: int) -> list[Row]:
    """Each hop with its place, kind and label; below it the source line."""
    rows: list[Row] = []
    for step in path:
        edge = EDGE_WORDS.get(step.edge, step.edge.replace("_", " "))
        kind = "" if step.label.startswith(f"{step.kind} ") else step.kind  # a step without a name is called "step 5"
        said = " ".join(word for word in (edge, kind, safe(step.label)) if word) + ("" if step.certain else " (guessed)")
        rows += _hop(step.place, said, snippets, width)
    return rows


def _hop(place: Place, said: str, snippets: Snippets, width: int) -> list[Row]:
    at = safe(str(place))
    rows = [row("  ", (cut(f"{pad(at, 34)}  {said}" if said else at, width - 2), "cyan"))]
    marked = snippets.marked(place).stripped()
    if marked.text:
        marked = marked.window(width - 6)
        rows.append(row("      ", (marked.text, "dim")))
        if not said:
            rows.append(row("      ", (cut(marked.carets(), width - 6), "bold red")))
    return rows
