"""The code-quality report of GitLab: findings with a fingerprint that is unique in the report."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from mlrubric.report.json_text import dumps
from mlrubric.report.words import own_findings, with_advice

if TYPE_CHECKING:
    from mlrubric.report import Options, View

NAME = "gitlab"
SEVERITIES = {"error": "critical", "warning": "major", "note": "info"}


def render(view: View, options: Options) -> str:
    seen: Counter[str] = Counter()
    issues: list[dict[str, object]] = []
    for finding in own_findings(view.report.findings):
        span = finding.place.span
        identity = finding.fingerprint or f"{finding.rule}:{finding.place.path}:{finding.place.symbol or finding.message}"
        seen[identity] += 1
        issues.append(
            {
                "type": "issue",
                "check_name": finding.rule,
                "description": with_advice(finding),
                "fingerprint": identity if seen[identity] == 1 else f"{identity}:{seen[identity]}",
                "severity": SEVERITIES[finding.level],
                "location": {
                    "path": finding.place.path,
                    "positions": {
                        "begin": {"line": span.line, "column": span.column},
                        "end": {"line": span.end_line, "column": span.end_column},
                    },
                },
            }
        )
    return dumps(issues)
