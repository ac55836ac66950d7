"""The driver: readers found, embedded text handed on, and nothing that stops a run."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable
from types import SimpleNamespace
from typing import cast

import pytest

from mlrubric.model.facts import DataFile, Embedded, Fact, FileFacts, Notice, Unreadable
from mlrubric.model.place import Place
from mlrubric.read import drive, pool
from mlrubric.read.data_file import kind_of
from mlrubric.source.document import Document
from mlrubric.source.tree import MAX_TEXT, FileEntry, MemoryTree


def lines_of(document: Document) -> Iterable[Fact]:
    for number, line in enumerate(document.lines()):
        if line.startswith("!"):
            yield Embedded(document.place(), "echo", line[1:], f"line {number}")


def echo(embedded: Embedded) -> Iterable[Fact]:
    yield Notice(embedded.place, embedded.text)
    if embedded.text.startswith("!"):
        yield Embedded(embedded.place, "echo", embedded.text[1:], embedded.owner)
    if embedded.text == "boom":
        raise RuntimeError("no such luck")


def broken(document: Document) -> Iterable[Fact]:
    yield Notice(document.place(), "so far")
    raise RecursionError("too deep")


def dies(document: Document) -> Iterable[Fact]:
    os._exit(3)


def reader(name: str, ending: str, **functions: object) -> drive.Reader:
    return cast(drive.Reader, SimpleNamespace(FORMAT=name, accepts=lambda path: path.endswith(ending), **functions))


@pytest.fixture
def own_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    found = (
        reader("bad", ".bad", read=broken),
        reader("deadly", ".die", read=dies),
        reader("echo", ".none", LANGUAGE="echo", read=lambda document: (), read_embedded=echo),
        reader("host", ".host", read=lines_of),
        reader("second", "x.host", read=lambda document: [Notice(document.place(), "me too")]),
    )
    monkeypatch.setattr(drive, "readers", lambda: found)
    drive._languages.cache_clear()


@pytest.fixture(autouse=True)
def fresh_languages() -> Iterable[None]:
    yield
    drive._languages.cache_clear()


def said(facts: Iterable[FileFacts]) -> list[str]:
    return [
        fact.message if isinstance(fact, Notice) else fact.reason
        for one in facts
        for fact in one.facts
        if isinstance(fact, (Notice, Unreadable))
    ]


def test_readers_are_found_by_walking() -> None:
    formats = [one.FORMAT for one in drive.readers()]
    assert formats == sorted(formats) and {"notebook", "requirements", "shell", "secret"} <= set(formats)
    assert all(callable(one.accepts) and callable(one.read) for one in drive.readers())


@pytest.mark.usefixtures("own_readers")
def test_embedded_text_goes_to_the_reader_of_its_language_also_from_within() -> None:
    (facts,) = drive.read_file(Document("a.host", "!one\nplain\n!!two"))
    assert facts.format == "host"
    assert said([facts]) == ["one", "!two", "two"]


@pytest.mark.usefixtures("own_readers")
def test_all_that_accept_a_file_read_it() -> None:
    assert [facts.format for facts in drive.read_file(Document("x.host", ""))] == ["host", "second"]


@pytest.mark.usefixtures("own_readers")
def test_text_within_text_within_text_ends() -> None:
    (facts,) = drive.read_file(Document("a.host", "!" * 50 + "x"))
    assert said([facts])[-1] == f"more than {drive.MAX_LANGUAGES_DEEP} languages deep: not read further"
    assert len(facts.facts) < 20


@pytest.mark.usefixtures("own_readers")
def test_a_reader_that_fails_is_named_and_the_others_go_on() -> None:
    tree = MemoryTree({"a.bad": "", "b.host": "!boom\n!fine"})
    assert said(drive.read_tree(tree)) == [
        "so far",
        "internal error in reader bad: RecursionError: too deep",
        "boom",
        "internal error in reader echo: RuntimeError: no such luck",
        "fine",
    ]


@pytest.mark.usefixtures("own_readers")
def test_what_is_no_text_is_named_by_each_reader_that_wanted_it() -> None:
    class Gone(MemoryTree):
        def read(self, path: str) -> bytes:
            if path == "gone.host":
                raise PermissionError(13, "Permission denied")
            return super().read(path)

    tree = Gone({"bin.host": b"\x00\x01", "big.host": b" " * (MAX_TEXT + 1), "gone.host": "", "x.host": b"\xff\x00\x00"})
    found = drive.read_tree(tree)
    reasons = {(one.path, one.format): said([one])[0] for one in found}
    assert "binary" in reasons["bin.host", "host"] and "MB" in reasons["big.host", "host"]
    assert "Permission denied" in reasons["gone.host", "host"]
    assert "binary" in reasons["x.host", "host"] and "binary" in reasons["x.host", "second"]


@pytest.mark.usefixtures("own_readers")
def test_two_processes_give_the_same_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    tree = MemoryTree({f"{number:03}.host": f"!{number}" for number in range(200)})
    alone = drive.read_tree(tree, workers=1)
    monkeypatch.setattr(pool, "worth_it", lambda entries: True)
    monkeypatch.setattr(pool, "_CHUNK_SECONDS", 0.01)
    seen: list[tuple[int, int]] = []
    together = drive.read_tree(tree, progress=lambda done, total: seen.append((done, total)))
    assert together == alone and len(alone) == 200
    assert seen[-1] == (200, 200) and len(seen) > 5


@pytest.mark.usefixtures("own_readers")
def test_a_process_that_dies_loses_its_file_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "worth_it", lambda entries: True)
    found = drive.read_tree(MemoryTree({"a.host": "!one", "b.die": "", "c.host": "!three"}))
    assert said(found) == ["one", "the process that read it died: not read", "three"]


def test_the_work_decides_about_processes() -> None:
    assert not pool.worth_it([FileEntry("a.py", 10_000)] * 10)
    assert pool.seconds(FileEntry("a.py", 450_000)) == 1.0
    assert pool.worth_it([FileEntry("a.py", 2_000_000)]) == ((os.cpu_count() or 1) > 1)


def test_the_collector_is_on_again() -> None:
    drive.read_tree(MemoryTree({}))
    assert gc.isenabled()


def test_every_reader_takes_an_empty_file_and_noise() -> None:
    names = [
        "a.py", "a.ipynb", "a.sh", "requirements.txt", "pyproject.toml", "Dockerfile", "dvc.yaml", "dvc.lock", "a.dvc", "Makefile",
        ".github/workflows/a.yml", "action.yml", "README.md", "docker-compose.yml", "setup.cfg", "tox.ini", "params.yaml",
        "MLproject", "conda.yaml", "CODEOWNERS", ".github/dependabot.yml", "renovate.json", ".pre-commit-config.yaml", ".dvc/config",
        "poetry.lock", "uv.lock", "Pipfile", "Pipfile.lock", "pdm.lock", "pylock.toml", "setup.py", ".gitattributes",
    ]  # fmt: skip
    noise = [
        "",
        "\n",
        "#\n",
        "{",
        "[",
        "\t- a: [\n",
        "a: *b",
        "<<<<<<< HEAD\n",
        "\\",
        '"""',
        "- - - -",
        "\udcff".encode("utf-8", "surrogatepass").decode("latin-1"),
    ]
    failed = [
        (facts.path, content, fact.reason)
        for content in noise
        for facts in drive.read_tree(MemoryTree(dict.fromkeys(names, content)), workers=1)
        for fact in facts.facts
        if isinstance(fact, Unreadable) and fact.reason.startswith("internal error")
    ]
    assert failed == []


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("data/raw/train.csv", "data"),
        ("train.parquet", "data"),
        ("data/x.csv.gz", "data"),
        ("data/images/1.png", "data"),
        ("docs/1.png", ""),
        ("model.pkl", "model"),
        ("data/processed/split.pkl", "data"),
        ("models/a.h5", "model"),
        ("weights.bin", "model"),
        ("tool.bin", ""),
        ("m.onnx", "model"),
        ("reports/drift.html", "report"),
        ("metrics.json", "report"),
        ("eval/scores.json", "report"),
        ("package.json", ""),
        ("templates/index.html", ""),
        ("src/train.py", ""),
        (".csv", ""),
    ],
)
def test_kinds_of_data_files(path: str, kind: str) -> None:
    assert kind_of(path) == kind


def test_data_files_are_facts_of_name_and_size() -> None:
    found = drive.read_tree(MemoryTree({"models/m.pkl": b"\x80\x04."}))
    assert found == [FileFacts("models/m.pkl", "data_file", (DataFile(Place("models/m.pkl"), 3, "model"),))]
