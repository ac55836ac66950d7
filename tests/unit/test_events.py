"""Conditions over the event of a run, and path filters against the files of a repository."""

from __future__ import annotations

import pytest

from mlrubric.graph.filters import leaves_out
from mlrubric.knowledge.events import admits

FILES = ("train.py", "src/loans/features.py", "data/loans.csv", "README.md", "docs/index.md", ".github/workflows/ci.yml")


@pytest.mark.parametrize(
    ("condition", "admitted"),
    [
        ("github.event_name == 'workflow_dispatch'", {"workflow_dispatch"}),
        ("${{ github.event_name != 'pull_request' }}", {"push", "schedule", "workflow_dispatch"}),
        ("'schedule' == github.event_name", {"schedule"}),
        ("github.event_name == 'push' || github.event_name == 'schedule'", {"push", "schedule"}),
        ("(github.event_name == 'push' || github.event_name == 'schedule') && github.ref == 'refs/heads/main'", {"push", "schedule"}),
        ('contains(fromJSON(\'["push", "schedule"]\'), github.event_name)', {"push", "schedule"}),
        ("github.event.inputs.deploy == 'true'", {"workflow_dispatch"}),
        ("inputs.deploy", {"workflow_dispatch"}),
        ("inputs.deploy != 'false'", {"push", "pull_request", "schedule", "workflow_dispatch"}),
        ("github.event.schedule == '0 4 * * 1'", {"schedule"}),
        ("github.event.pull_request.merged == true", {"pull_request"}),
        ("!contains(github.event.pull_request.labels.*.name, 'skip')", {"push", "pull_request", "schedule", "workflow_dispatch"}),
        ("success() && github.ref == 'refs/heads/main'", {"push", "pull_request", "schedule", "workflow_dispatch"}),
        ("!(github.event_name == 'push' || false)", {"push", "pull_request", "schedule", "workflow_dispatch"}),
        ("", {"push", "pull_request", "schedule", "workflow_dispatch"}),
    ],
)
def test_which_events_a_condition_admits(condition: str, admitted: set[str]) -> None:
    assert {event for event in ("push", "pull_request", "schedule", "workflow_dispatch") if admits(condition, event)} == admitted


@pytest.mark.parametrize(
    "filters",
    [
        (),
        ("branches: main",),
        ("paths: src/**",),
        ("paths: **.py",),
        ("paths: **/*.csv",),
        ("paths: **", "paths: !docs/**"),
        ("paths-ignore: **.md",),
        ("paths-ignore: docs/**", "paths-ignore: *.md"),
        ("paths: ${{ vars.PATHS }}",),
    ],
)
def test_filters_that_let_code_through(filters: tuple[str, ...]) -> None:
    assert leaves_out(filters, FILES) == ""


@pytest.mark.parametrize(
    "filters",
    [
        ("paths: docs/**",),
        ("paths: **.md", "paths: .github/workflows/ci.yml"),
        ("paths: ml/**",),
        ("paths: *.csv",),
        ("paths: **.py", "paths: !**"),
        ("paths-ignore: **",),
        ("paths-ignore: **.py", "paths-ignore: data/**"),
    ],
)
def test_filters_that_leave_code_out(filters: tuple[str, ...]) -> None:
    assert leaves_out(filters, FILES).startswith(filters[0].partition(":")[0])


def test_a_repository_of_documents_is_left_alone() -> None:
    assert leaves_out(("paths: src/**",), ("README.md", "docs/index.md")) == ""
