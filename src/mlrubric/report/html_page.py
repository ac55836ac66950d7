"""One self-contained page without scripts: numbers, bars, breaks, next steps, findings with their lines, the 28 tests with their paths."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

from mlrubric.model.place import Place
from mlrubric.model.report import Report
from mlrubric.model.verdict import Finding, Maturity, Step, TestResult
from mlrubric.report.screen import safe
from mlrubric.report.snippets import Snippets
from mlrubric.report.vouched import as_what, by_whom
from mlrubric.report.words import (
    KIND_SENTENCES,
    SECTION_NAMES,
    SECTION_POINTS,
    SECTION_TITLES,
    advice_of,
    broken_words,
    decided_by,
    messages,
    number,
    plural,
    sorted_findings,
    status_word,
    unseen_counts,
)

if TYPE_CHECKING:
    from mlrubric.report import Options, View

NAME = "html"
STYLE = """
:root{color-scheme:light dark;--line:#8884;--bar:#3b82c4;--dim:#7a7a7a}
body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem}
h1{margin-bottom:0}.dim{color:var(--dim)}.bar{background:var(--line);width:14rem;height:.8rem;display:inline-block;border-radius:3px}
.bar i{display:block;height:100%;background:var(--bar);border-radius:3px}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid var(--line)}
pre{background:#8881;padding:.5rem;overflow:auto;margin:.3rem 0}code,pre{font:13px/1.45 ui-monospace,monospace}
.automated{color:#2a8a4a}.manual,.present,.warning{color:#a06a00}.none,.error{color:#b03030}
"""


def render(view: View, options: Options) -> str:
    report = view.report
    snippets = Snippets(view.texts, report.findings)
    found = _findings(report, snippets, view.pages(options))
    body = [found] if options.command == "check" else [_head(report), _breaks(report, snippets), _steps(report)]
    if options.command != "check":
        body += [_level("Google", report.google), _level("Azure", report.azure), found, _tests(report)]
    body.append(_notices(report))
    title = f"mlrubric: {_text(report.repository.name)}"
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><title>{title}</title><style>{STYLE}</style></head>\n'
        f"<body>\n{chr(10).join(part for part in body if part)}\n</body></html>\n"
    )


def _text(text: str) -> str:
    return escape(safe(text))


def _place(place: Place | None) -> str:
    return f"<code>{_text(str(place))}</code>" if place is not None else ""


def _head(report: Report) -> str:
    score, repository = report.score, report.repository
    commit = f" @ {_text(repository.commit[:7])}" if repository.commit else ""
    if repository.kind == "none":
        return f"<h1>{_text(repository.name)}{commit}</h1><p>{KIND_SENTENCES['none']}</p>"
    lowest = decided_by(report)
    rows = "".join(
        f"<tr><th>{SECTION_NAMES.get(name, name)}</th><td>{_bar(credit.observed)}</td><td>{number(credit.observed)}</td>"
        f"<td class=dim>{'decides' if name in lowest and len(lowest) < 4 else ''}</td></tr>"
        for name, credit in score.sections
    )
    return (
        f"<h1>{_text(repository.name)}{commit}</h1><p class=dim>{_text(KIND_SENTENCES.get(repository.kind, repository.kind))}</p>"
        f"<h2>ML Test Score {number(score.observed)} of {SECTION_POINTS}</h2><p>{_text(score.band)}</p>"
        f"<p>{number(score.points)} of 28 points · {plural(score.exist, 'check exists', 'checks exist')} · {score.enforced} enforced · "
        f"{_text(unseen_counts(score))} · Google level {report.google.level} · attested {number(score.attested)} · "
        f"lenient {number(score.lenient)}</p><table>{rows}</table>"
    )


def _bar(value: float) -> str:
    return f'<span class=bar><i style="width:{min(100.0, value / SECTION_POINTS * 100):.1f}%"></i></span>'


def _breaks(report: Report, snippets: Snippets) -> str:
    items = [
        f"<li>{_place(item.place)} {_text(item.message)}<br>disarms {_text(', '.join(item.tests))}{_line(item.place, snippets)}</li>"
        for item in report.breaks
    ]
    items += [
        f"<li>{_place(item.place)} released unchecked: {_text(item.message)}{_path(item.path)}</li>" for item in report.released_unchecked
    ]
    return f"<h2>What breaks</h2><ul>{''.join(items)}</ul>" if items else ""


def _steps(report: Report) -> str:
    rows = "".join(
        f"<tr><td>{index}</td><td>{_text(step.action)} {_place(step.place)}</td><td>{step.gain:+.1f}</td>"
        f"<td>{number(step.score) if step.score is not None else ''}</td></tr>"
        for index, step in enumerate(report.steps, 1)
    )
    return f"<h2>Next</h2><table><tr><th></th><th>Step</th><th>Points</th><th>Score</th></tr>{rows}</table>" if rows else ""


def _level(name: str, maturity: Maturity | None) -> str:
    """A model of maturity with all its capabilities."""
    if maturity is None:
        return ""
    rows = "".join(
        f"<tr><td><code>{_text(one.id)}</code></td><td>{_text(one.title)}</td><td>{_text(one.status.replace('_', ' '))}</td>"
        f"<td>{_text(one.message)} {_place(one.place)}{_path(one.evidence)}</td></tr>"
        for one in maturity.capabilities
    )
    unseen = f"<p class=dim>Not assessed: {_text('; '.join(maturity.not_assessed))}</p>" if maturity.not_assessed else ""
    return f"<h2>{name} level {maturity.level}</h2><table>{rows}</table>{unseen}"


def _findings(report: Report, snippets: Snippets, pages: Mapping[str, str]) -> str:
    findings = sorted_findings(report.findings)
    if not findings:
        return "<h2>Findings</h2><p>None.</p>"
    return f"<h2>{plural(len(findings), 'finding').capitalize()}</h2>" + "".join(_finding(finding, snippets, pages) for finding in findings)


def _finding(finding: Finding, snippets: Snippets, pages: Mapping[str, str]) -> str:
    rule, page = _text(finding.rule), pages.get(finding.rule)
    name = f'<a href="{_text(page)}">{rule}</a>' if page else rule
    related = "".join(f"<li>{_place(item.place)} {_text(item.message)}</li>" for item in finding.related)
    return (
        f"<p><b>{name}</b> "
        f'<span class="{_text(finding.level)}">{_text(finding.level)}</span> '
        f"{_place(finding.place)} {_text(finding.message)}</p>{_line(finding.place, snippets)}"
        + (f"<p>{_text(advice_of(finding))}</p>" if finding.advice else "")
        + (f"<ul>{related}</ul>" if related else "")
        + _path(finding.flow)
    )


def _line(place: Place, snippets: Snippets) -> str:
    marked = snippets.marked(place)
    return f"<pre>{escape(marked.text)}\n{marked.carets()}</pre>" if marked.text.strip() else ""


def _path(path: tuple[Step, ...]) -> str:
    hops = "".join(f"<li>{_place(step.place)} {_text(step.kind)} {_text(step.label)}</li>" for step in path)
    return f"<details><summary>path</summary><ol>{hops}</ol></details>" if hops else ""


def _tests(report: Report) -> str:
    parts = ["<h2>All tests</h2>"]
    for section in dict.fromkeys(test.section for test in report.tests):
        rows = "".join(_test(test) for test in report.tests if test.section == section)
        parts.append(f"<h3>{_text(SECTION_TITLES.get(section, section))}</h3><table>{rows}</table>")
    return "\n".join(parts)


def _test(test: TestResult) -> str:
    evidence = "".join(f"<div>{_text(item.pattern)}{_path(item.path)}</div>" for item in test.evidence)
    broken = test.broken
    why = f"<div>{_text(broken_words(test))}: {_text(broken.message)} {_place(broken.place)}</div>" if broken else ""
    why += f"<div class=dim>to see it: {_text(test.visible_by)}</div>" if test.visible_by else ""
    if test.attestation:
        claim = f"<br>{_text(test.attested.claim)}" if test.attested is not None else ""
        why += f"<div>{_text(as_what(test))}: {_text(by_whom(test))}{claim}</div>"
    return (
        f'<tr><td><code>{_text(test.id)}</code></td><td>{_text(test.title)}{evidence}{why}</td><td class="{_text(test.status)}">'
        f"{_text(status_word(test))}</td><td>{number(test.credit.observed)}</td></tr>"
    )


def _notices(report: Report) -> str:
    items = "".join(f"<li>{_text(message.level)}: {_place(message.place)} {_text(message.message)}</li>" for message in messages(report))
    return f"<h2>Notices</h2><ul>{items}</ul>" if items else ""
