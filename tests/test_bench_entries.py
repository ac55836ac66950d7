"""The job that holds the catalogue against real packages: what it looks up, and how it reads a package's source."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.entries.environment import PROBE
from benchmarks.entries.moved import check, versions_in
from benchmarks.entries.names import asked, explained, names_of, siblings, spellings
from benchmarks.entries.static import Package

from mlrubric.knowledge.catalogue import load_catalogue
from mlrubric.knowledge.library import Library, read_library
from mlrubric.knowledge.location import rules_directory
from mlrubric.knowledge.roles import load_roles


@pytest.fixture
def package(tmp_path: Path) -> Package:
    top = "from .core import *\nfrom ._impl import Model as Model\ntry:\n    import json\nexcept ImportError:\n    json = None\n"
    base = "class Base:\n    def fit(self, x):\n        self.seen = x\n"
    files = {
        "lib/__init__.py": top,
        "lib/core.py": "def read(path, *, sep=','):\n    pass\n",
        "lib/_impl.py": f"{base}class Model(Base):\n    def __init__(self, size, **rest):\n        pass\n",
        "lib/lazy.py": "NAMES = ['later']\ndef __getattr__(name):\n    return NAMES\n",
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    return Package(tmp_path)


@pytest.mark.parametrize("name", ["lib.read", "lib.core.read", "lib.Model", "lib.Model.fit", "lib.Model.seen", "lib._impl.Base"])
def test_names_that_the_source_shows(package: Package, name: str) -> None:
    found = package.find(name)
    assert found is not None
    assert found.sure


@pytest.mark.parametrize("name", ["lib.write", "lib.Model.predict", "lib.cores", "other.read"])
def test_names_that_it_has_not(package: Package, name: str) -> None:
    assert package.find(name) is None


def test_lazy_names_are_not_sure(package: Package) -> None:
    found = package.find("lib.lazy.later")
    assert found is not None
    assert not found.sure


def test_signatures(package: Package) -> None:
    assert package.signature("lib.read") == ["path", "sep"]
    assert package.signature("lib.Model") == ["self", "size", "**"]


def test_a_change_is_seen_from_both_sides(tmp_path: Path) -> None:
    for version, text in (("1.0", "def old(): pass\n"), ("2.0", "def new(): pass\n")):
        (tmp_path / f"lib-{version}" / "lib").mkdir(parents=True)
        (tmp_path / f"lib-{version}" / "lib" / "__init__.py").write_text(text, encoding="utf-8")
    library = small(tmp_path, "old", "2.0")
    assert [wrong for _, wrong in check(library, versions_in(tmp_path))] == [""]
    library = small(tmp_path, "new", "2.0")
    assert [bool(wrong) for _, wrong in check(library, versions_in(tmp_path))] == [True]


def small(folder: Path, name: str, removed: str) -> Library:
    text = '[library]\nname = "lib"\ndistributions = ["lib"]\nimports = ["lib"]\n'
    (folder / "lib.toml").write_text(f'{text}\n[[moved]]\nname = "lib.{name}"\nremoved = "{removed}"\n', encoding="utf-8")
    return read_library(folder / "lib.toml", load_roles(rules_directory()))


def test_the_probe_finds_members_and_says_what_is_missing() -> None:
    names = '["json.dumps", "json.JSONDecoder.decode", "argparse.ArgumentParser.prog", "json.nothing", "no_such_module.x"]'
    ended = subprocess.run([sys.executable, str(PROBE)], input=names, capture_output=True, text=True, check=True)
    assert '"json.dumps": ""' in ended.stdout
    assert '"argparse.ArgumentParser.prog": ""' in ended.stdout
    assert "json has no nothing" in ended.stdout
    assert "import no_such_module: ModuleNotFoundError" in ended.stdout


def test_what_is_looked_up_for_a_name() -> None:
    table = explained()
    library = next(one for one in load_catalogue().load_all() if one.path.stem == "pandas")
    assert asked("evidently.tests.Test*") == "evidently.tests"
    assert asked("list[x.Y]") == "list"
    assert "pandas.core.groupby.DataFrameGroupBy.mean" in spellings("pandas.GroupBy.mean", library, table)
    assert "pandas.read_csv" in names_of(library, load_catalogue())
    assert all("." in name for name in siblings(library))


def test_every_explanation_speaks_of_a_name_that_is_there() -> None:
    catalogue, table = load_catalogue(), explained()
    names = {name for library in catalogue.load_all() for name in names_of(library, catalogue)}
    owners = {name.rpartition(".")[0] for name in names} | names
    assert [ours for ours in table.same if ours not in owners] == []
    assert [
        pattern for pattern, _ in table.reasons if not pattern.startswith("moved:") and not any(_fits(name, pattern) for name in names)
    ] == []


def _fits(name: str, pattern: str) -> bool:
    return name == pattern or ("*" in pattern and name.startswith(pattern.partition("*")[0]))
