"""Reviewdog's diagnostic format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlrubric.report.json_text import dumps
from mlrubric.report.words import own_findings, with_advice

if TYPE_CHECKING:
    from mlrubric.report import Options, View

NAME = "rdjson"
SEVERITIES = {"error": "ERROR", "warning": "WARNING", "note": "INFO"}


def render(view: View, options: Options) -> str:
    diagnostics = []
    for finding in own_findings(view.report.findings):
        span = finding.place.span
        diagnostics.append(
            {
                "message": with_advice(finding),
                "code": {"value": finding.rule},
                "severity": SEVERITIES[finding.level],
                "location": {
                    "path": finding.place.path,
                    "range": {
                        "start": {"line": span.line, "column": span.column},
                        "end": {"line": span.end_line, "column": span.end_column},
                    },
                },
            }
        )
    return dumps({"source": {"name": "mlrubric"}, "diagnostics": diagnostics})
