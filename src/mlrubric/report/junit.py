"""JUnit XML: for `score` the 28 tests as cases, for `check` a failed case per finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlrubric.model.report import Report
from mlrubric.model.verdict import TestResult
from mlrubric.report.screen import safe
from mlrubric.report.words import SECTION_TITLES, broken_words, sorted_findings, status_word

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from mlrubric.report import Options, View

NAME = "junit"
SKIPPED = ("not_visible", "not_applicable")


def render(view: View, options: Options) -> str:
    from xml.etree import ElementTree

    suites = _findings(view.report) if options.command == "check" else _rubric(view.report)
    cases = [case for suite in suites for case in suite]
    root = ElementTree.Element(
        "testsuites",
        name="mlrubric",
        tests=str(len(cases)),
        failures=str(sum(case.find("failure") is not None for case in cases)),
        errors="0",
    )
    root.extend(suites)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _suite(name: str, cases: list[Element]) -> Element:
    from xml.etree import ElementTree

    failures, skipped = (str(sum(case.find(tag) is not None for case in cases)) for tag in ("failure", "skipped"))
    suite = ElementTree.Element("testsuite", name=name, tests=str(len(cases)), failures=failures, skipped=skipped, errors="0")
    suite.extend(cases)
    return suite


def _case(name: str, classname: str, **more: str) -> Element:
    from xml.etree import ElementTree

    return ElementTree.Element(
        "testcase", {"name": safe(name), "classname": safe(classname)} | {key: safe(value) for key, value in more.items()}
    )


def _rubric(report: Report) -> list[Element]:
    """Passed is automated with full credit; what cannot be seen here or does not apply is skipped."""
    from xml.etree import ElementTree

    suites = []
    for section in dict.fromkeys(test.section for test in report.tests):
        cases = []
        for test in (test for test in report.tests if test.section == section):
            case = _case(f"{test.id} {test.title}", f"mlrubric.{section}")
            if test.status in SKIPPED or (test.status == "none" and test.sight == "not_analysed"):
                ElementTree.SubElement(case, "skipped", message=safe(_unseen(test)))
            elif test.credit.observed < 1:
                ElementTree.SubElement(case, "failure", type=test.status, message=safe(_why(test)))
            cases.append(case)
        suites.append(_suite(SECTION_TITLES.get(section, section), cases))
    return suites


def _unseen(test: TestResult) -> str:
    """Not visible, not analysed, not applicable: with what would make it visible."""
    said = f"{status_word(test)}: {test.broken.message}" if test.broken is not None else status_word(test)
    return f"{said}; to see it, {test.visible_by}" if test.visible_by else said


def _why(test: TestResult) -> str:
    said = f"{status_word(test)}, {test.credit.observed} of 1 point"
    if test.broken is not None:
        said += f"; {broken_words(test)}: {test.broken.message}" + (f" ({test.broken.place})" if test.broken.place else "")
    return said


def _findings(report: Report) -> list[Element]:
    from xml.etree import ElementTree

    findings = sorted_findings(report.findings)
    suites = []
    for path in dict.fromkeys(finding.place.path for finding in findings):
        cases = []
        for finding in (finding for finding in findings if finding.place.path == path):
            span = finding.place.span
            case = _case(f"{finding.rule} {finding.place}", path, file=path, line=str(span.line))
            failure = ElementTree.SubElement(case, "failure", type=finding.level, message=safe(finding.message))
            failure.text = safe(f"{finding.place}:{span.column}: {finding.rule} {finding.message}")
            cases.append(case)
        suites.append(_suite(safe(path), cases))
    return suites or [_suite("mlrubric", [_case("no findings", "mlrubric")])]
