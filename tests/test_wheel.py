"""The wheel is what people install: it is built here, installed beside nothing of the checkout, and asked to work."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

pytestmark = pytest.mark.slow


def run(*command: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    words = [str(part) for part in command]
    return subprocess.run(words, cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("wheel")
    offline = ("--quiet", "--no-build-isolation", "--no-deps", "--no-index")
    done = run(sys.executable, "-m", "pip", "wheel", *offline, "--wheel-dir", target, ROOT, cwd=target)
    assert done.returncode == 0, done.stderr
    [built] = target.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an installation that holds the wheel only; its dependencies come from the running interpreter."""
    target = tmp_path_factory.mktemp("installed")
    done = run(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", target, wheel, cwd=target)
    assert done.returncode == 0, done.stderr
    return target


def mlrubric(installed: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs the installed program, not the checkout's, in a folder that is not the checkout."""
    code = (
        "import sys, mlrubric; from mlrubric.cli import main\n"
        f"assert mlrubric.__file__.startswith({str(installed)!r}), mlrubric.__file__\n"
        "sys.argv[0] = 'mlrubric'\nsys.exit(main())"
    )
    return run(sys.executable, "-c", code, *arguments, cwd=installed, PYTHONPATH=str(installed))


def test_the_rules_travel_in_the_wheel(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    here = {f"mlrubric/_rules/{path.relative_to(ROOT / 'rules').as_posix()}" for path in (ROOT / "rules").rglob("*.toml")}
    assert here and here <= names, sorted(here - names)
    pages = {f"mlrubric/_pages/rules/{path.name}" for path in (ROOT / "docs" / "rules").glob("*.md")}
    assert pages and pages <= names, "the editor leads to the page of a rule"
    assert "mlrubric/py.typed" in names
    sources = {path.relative_to(ROOT / "src").as_posix() for path in (ROOT / "src").rglob("*.py")}
    assert {name for name in names if name.endswith(".py")} == sources
    assert not [name for name in names if name.startswith(("tests/", "fixtures/"))]
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_installed_program_knows_its_version_and_its_rules(installed: Path) -> None:
    version = mlrubric(installed, "--version")
    assert version.returncode == 0, version.stderr
    assert "0." in version.stdout
    rules = mlrubric(installed, "rules")
    assert rules.returncode == 0, rules.stderr
    assert "ENV003" in rules.stdout


def test_the_installed_program_scores_a_repository(installed: Path) -> None:
    repository = ROOT / "fixtures" / "repos" / "level0-churn"
    done = mlrubric(installed, "score", repository, "--write", "sarif=out.sarif", "--write", "json=out.json")
    assert done.returncode == 0, done.stderr
    assert "ML Test Score" in done.stdout
    assert (installed / "out.sarif").is_file() and (installed / "out.json").is_file()
