"""Small formats inside of others: cron lines, image names, shells as command lines, braces of tox."""

from __future__ import annotations

import pytest

from mlrubric.source.syntax.cron import cron_problem
from mlrubric.source.syntax.image_name import split_image
from mlrubric.source.syntax.shell_call import interpreter, shell_text_of
from mlrubric.source.syntax.tox_env import expand_braces
from mlrubric.source.workflow_steps import never


@pytest.mark.parametrize("cron", ["0 3 * * 1", "*/15 0-6,12 1 jan-mar mon-fri", "5/10 * * * *", "0 0 29 2 *", "0 0 31 2 1", "${CRON}"])
def test_cron_lines_that_fire(cron: str) -> None:
    assert cron_problem(cron) == ""


@pytest.mark.parametrize(
    "cron", ["", "* * * *", "60 * * * *", "0 24 * * *", "0 0 31 2 *", "0 0 31 4,6 *", "a * * * *", "*/0 * * * *", "@daily"]
)
def test_cron_lines_that_never_fire(cron: str) -> None:
    assert cron_problem(cron) != ""


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("python", ("python", None, None)),
        ("python:3.11", ("python", "3.11", None)),
        ("host:5000/team/app", ("host:5000/team/app", None, None)),
        ("host:5000/team/app:1@sha256:ab", ("host:5000/team/app", "1", "sha256:ab")),
        ("python@sha256:ab", ("python", None, "sha256:ab")),
        ("${REGISTRY:-host/x}/app:${TAG:-1}", ("${REGISTRY:-host/x}/app", "${TAG:-1}", None)),
    ],
)
def test_image_names(written: str, expected: tuple[str, str | None, str | None]) -> None:
    assert split_image(written) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("bash -l {0}", ("bash", set())),
        ("bash -el {0}", ("bash", {"errexit"})),
        ("bash --noprofile --norc -eo pipefail {0}", ("bash", {"errexit", "pipefail"})),
        ("/usr/bin/env bash", ("bash", set())),
        ("/bin/sh -e", ("sh", {"errexit"})),
        ("pwsh", None),
        ("python", None),
        ("", None),
    ],
)
def test_interpreters(written: str, expected: tuple[str, set[str]] | None) -> None:
    found = interpreter(written)
    assert (None if found is None else (found[0], set(found[1]))) == expected


def test_the_text_of_a_shell_call() -> None:
    assert shell_text_of(["bash", "-euo", "pipefail", "-c", "x"]) == ("x", "bash", frozenset({"errexit", "nounset", "pipefail"}))
    assert shell_text_of(["/bin/sh", "-lc", "x", "y"]) == ("x", "/bin/sh", frozenset())
    assert shell_text_of(["bash", "x.sh"]) is None
    assert shell_text_of(["bash", "-c"]) is None
    assert shell_text_of(["python", "-c", "x"]) is None


def test_braces() -> None:
    assert expand_braces("py{39,310}-{a,b}, lint\n docs") == ["py39-a", "py39-b", "py310-a", "py310-b", "lint", "docs"]


@pytest.mark.parametrize(
    "condition", ["false", "${{ false }}", "always() && false", "!true", "${{ 'a' == 'b' }}", "(false)", "${{ false && github.ref }}"]
)
def test_conditions_that_never_hold(condition: str) -> None:
    assert never(condition) == f"if: {condition}"


@pytest.mark.parametrize(
    "condition", [None, "true", "false || always()", "github.event_name == 'workflow_dispatch'", "'a' == 'a'", "failure()"]
)
def test_conditions_that_may_hold(condition: str | None) -> None:
    assert never(condition) == ""
