"""The audit, with the real pip-audit as the client of a server on loopback that has the shape of OSV."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest

from mlrubric.audit import OSV_URL_VARIABLE, AuditResult, Pinned, attributes_of, audit, pins_of
from mlrubric.audit.result import Advisory, Vulnerable
from mlrubric.graph.advisories import tell_requirements
from mlrubric.graph.build import build
from mlrubric.graph.graph import Graph
from mlrubric.knowledge.catalogue import load_catalogue
from mlrubric.knowledge.location import rules_directory
from mlrubric.model.facts import FileFacts, Requirement
from mlrubric.model.place import Place, Span
from mlrubric.read import requirements
from mlrubric.rules.judge import findings
from mlrubric.rules.load import load_rules
from mlrubric.source.document import Document


def advisory(name: str, **more: object) -> dict[str, object]:
    events = [{"introduced": "0"}, {"fixed": "2.20.0"}]
    affected = [{"package": {"name": name, "ecosystem": "PyPI"}, "ranges": [{"type": "ECOSYSTEM", "events": events}]}]
    return {"id": "PYSEC-2018-28", "aliases": ["CVE-2018-18074"], "summary": "leaks", "affected": affected, **more}


class Osv(ThreadingHTTPServer):
    """Knows one vulnerability, of requests 2.19.0; `mode` says how it misbehaves."""

    daemon_threads = True

    def __init__(self, mode: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.mode = mode
        self.queries: list[tuple[str, str]] = []
        self.released = Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1/query"


class Handler(BaseHTTPRequestHandler):
    server: Osv

    def do_POST(self) -> None:
        query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name, version = query["package"]["name"], query["version"]
        self.server.queries.append((name, version))
        if self.server.mode == "hang":
            self.server.released.wait(60)
            return
        if self.server.mode == "500":
            self.send_error(500)
            return
        more = {"withdrawn": {"withdrawn": "2020-01-01T00:00:00Z"}, "schema": {"schema_version": "2.0.0"}}.get(self.server.mode, {})
        hit = (name, version) == ("requests", "2.19.0")
        answer = json.dumps({"vulns": [advisory(name, **more)]} if hit else {})
        body = b"<html>sign in</html>" if self.server.mode == "invalid" else answer.encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """The test's own output stays readable."""


@contextmanager
def osv(mode: str = "ok") -> Iterator[Osv]:
    server = Osv(mode)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        server.server_close()


def pin(name: str, version: str | None, line: int = 1, path: str = "requirements.txt") -> Pinned:
    return Pinned(name, version, Place(path, Span(line)))


REQUESTS, FLASK = pin("requests", "2.19.0", 1), pin("Flask", "3.1.0", 2)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv(OSV_URL_VARIABLE, raising=False)


def never_clean(result: AuditResult) -> None:
    assert result.status == "skipped"
    assert not result.clean and not result.vulnerable
    assert {row.pin for row in result.unknown} == {REQUESTS, FLASK}
    assert result.reason
    assert result.summary() == f"vulnerability audit skipped: {result.reason}"
    assert attributes_of(result) == {}


def test_a_vulnerable_pin_and_a_clean_one() -> None:
    with osv() as server:
        result = audit([FLASK, REQUESTS], osv_url=server.url)
    assert result.status == "done", result.reason
    assert [row.pin for row in result.vulnerable] == [REQUESTS]
    assert result.vulnerable[0].advisories == (Advisory("PYSEC-2018-28", ("CVE-2018-18074",), ("2.20.0",)),)
    assert result.clean == (FLASK,) and not result.unknown
    assert sorted(server.queries) == [("flask", "3.1.0"), ("requests", "2.19.0")]
    told = attributes_of(result)
    assert told[REQUESTS.place]["vulnerable"] == "true" and told[REQUESTS.place]["fixed_in"] == "2.20.0"
    assert told[FLASK.place] == {"vulnerable": "false"}


def test_one_question_for_a_pin_that_stands_in_several_files_and_all_versions_of_a_package() -> None:
    again, newer = pin("requests", "2.19.0", 7, "docker/requirements.txt"), pin("requests", "2.32.4", 9, "uv.lock")
    with osv() as server:
        result = audit([REQUESTS, again, newer], osv_url=server.url)
    assert sorted(server.queries) == [("requests", "2.19.0"), ("requests", "2.32.4")]
    assert [row.pin for row in result.vulnerable] == [again, REQUESTS]
    assert result.clean == (newer,)


def test_the_local_part_of_a_version_does_not_hide_an_advisory() -> None:
    local = pin("requests", "2.19.0+cu118")
    with osv() as server:
        result = audit([local], osv_url=server.url)
    assert [row.pin for row in result.vulnerable] == [local]


@pytest.mark.parametrize(("mode", "words"), [("500", "the service failed"), ("invalid", "the answer of the service is not JSON")])
def test_a_server_that_fails_gives_no_clean_answer(mode: str, words: str) -> None:
    with osv(mode) as server:
        result = audit([REQUESTS, FLASK], osv_url=server.url)
    never_clean(result)
    assert result.reason == f"pip-audit gave no answer: {words}"


def test_a_server_that_hangs_is_left_at_the_deadline() -> None:
    with osv("hang") as server:
        start = time.monotonic()
        result = audit([REQUESTS, FLASK], osv_url=server.url, deadline=6)
        assert time.monotonic() - start < 12
    never_clean(result)


def test_a_run_that_never_comes_to_an_end_is_killed() -> None:
    result = audit([REQUESTS, FLASK], osv_url="http://127.0.0.1:9/", deadline=0.2)
    never_clean(result)
    assert "within" in result.reason


def test_no_name_resolution() -> None:
    result = audit([REQUESTS, FLASK], osv_url="http://osv.invalid/v1/query", deadline=30)
    never_clean(result)
    assert "service" in result.reason and "0x" not in result.reason


def test_a_withdrawn_advisory_is_none() -> None:
    with osv("withdrawn") as server:
        result = audit([REQUESTS], osv_url=server.url)
    assert result.status == "done" and result.clean == (REQUESTS,)


def test_an_advisory_that_pip_audit_cannot_read_is_not_a_clean_answer() -> None:
    with osv("schema") as server:
        result = audit([REQUESTS, FLASK], osv_url=server.url)
    assert not result.clean and not result.vulnerable
    assert all("dropped an advisory" in row.reason for row in result.unknown)


def test_what_cannot_be_asked_is_unknown_and_nothing_of_the_repository_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marker = tmp_path / "marker"
    for name in ("setup.py", "pip_audit.py", "sitecustomize.py", "requests.py"):
        (tmp_path / name).write_text(f"open({str(marker)!r}, 'w').write('ran')\n")
    monkeypatch.chdir(tmp_path)
    evil = pin("./evil", "1.0", 3)
    option = pin("-r other.txt", "1.0", 4)
    loose = pin("numpy", None, 5)
    odd = pin("pandas", "not a version", 6)
    with osv() as server:
        result = audit([REQUESTS, evil, option, loose, odd], osv_url=server.url)
    assert [row.pin for row in result.vulnerable] == [REQUESTS]
    assert [row.pin for row in result.unknown] == [evil, option, loose, odd]
    assert "4 not checked" in result.summary()
    assert server.queries == [("requests", "2.19.0")]
    assert not marker.exists()


def test_nothing_to_ask_starts_nothing() -> None:
    result = audit([pin("numpy", None)], osv_url="http://127.0.0.1:9/")
    assert result.status == "skipped" and result.reason == "no dependency is fixed to an exact version"


def requirement(name: str, *specifiers: str, line: int = 1, path: str = "requirements.txt", **more: object) -> Requirement:
    return Requirement(Place(path, Span(line)), name, specifiers, **more)  # type: ignore[arg-type]


def test_pins_are_read_from_facts() -> None:
    manifest = FileFacts(
        "requirements.txt",
        "requirements",
        (
            requirement("pandas", "==2.2.0", line=1),
            requirement("numpy", ">=1.26", line=2),
            requirement("scipy", "==1.*", line=3),
            requirement("evil", line=4, url="./evil"),
            requirement("torch", ">=2", line=5),
        ),
    )
    lock = FileFacts("uv.lock", "uv_lock", (requirement("Torch", "==2.6.0", line=9, path="uv.lock", kind="locked"),))
    rows = [(row.name, row.version) for row in pins_of([manifest, lock])]
    assert rows == [("pandas", "2.2.0"), ("numpy", None), ("scipy", None), ("evil", None), ("Torch", "2.6.0")]


def test_what_was_found_is_told_to_the_nodes_and_to_lines_that_have_none() -> None:
    """A locked line has no node before; a clean or unknown one does not get one."""
    locked = pin("jinja2", "2.4.1", 9, "uv.lock")
    fine = pin("flask", "3.1.0", 10, "uv.lock")
    graph = Graph()
    direct = graph.add("requirement", "requests", REQUESTS.place, pinned="true")
    loose = graph.add("requirement", "numpy", pin("numpy", None, 5).place, pinned="false")
    bad = (Vulnerable(REQUESTS, (Advisory("PYSEC-2018-28", (), ("2.20.0",)),)), Vulnerable(locked, (Advisory("PYSEC-2014-8"),)))
    result = AuditResult("done", bad, (fine,), ())
    tell_requirements(graph, attributes_of(result))
    assert graph.nodes[direct].attributes["vulnerable"] == "true" and graph.nodes[direct].attributes["pinned"] == "true"
    assert "vulnerable" not in graph.nodes[loose].attributes
    [added] = graph.nodes[2:]
    assert (added.kind, added.label, added.place) == ("requirement", "jinja2", locked.place)
    assert added.attributes["fixed_in"] == "no release yet" and added.attributes["version"] == "2.4.1"


@pytest.mark.parametrize(("kind", "count"), [("bad", 1), ("good", 0)])
def test_the_rule_judges_its_own_example(kind: str, count: int) -> None:
    """From the line of a file to the finding: reader, audit, graph, rule."""
    [path] = (rules_directory() / "environment").glob("ENV003-*.toml")
    example = tomllib.loads(path.read_text(encoding="utf-8"))["docs"]
    document = Document("requirements.txt", f"# what it runs with\n{example[kind]}\n")
    facts = [FileFacts(document.path, requirements.FORMAT, tuple(requirements.read(document)))]
    picture = build(facts, [document.path], load_catalogue())
    with osv() as server:
        result = audit(pins_of(facts), osv_url=server.url)
    assert result.status == "done"
    tell_requirements(picture.graph, attributes_of(result))
    [rule] = [rule for rule in load_rules().rules if rule.id == "ENV003"]
    found = findings(picture, [rule])
    assert [(finding.rule, finding.place.line) for finding in found] == [("ENV003", 2)] * count
    if found:
        assert found[0].message == "`requests` 2.19.0 has known vulnerabilities (PYSEC-2018-28); fixed in 2.20.0"


def command(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-c", "import sys; from mlrubric.cli import main; sys.exit(main())", *arguments]
    return subprocess.run(words, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=120)


def test_the_command_audits_only_when_asked_and_runs_nothing(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    (tmp_path / "requirements.txt").write_text("requests==2.19.0\n./evil\nnumpy\n")
    (tmp_path / "evil").mkdir()
    for folder in (tmp_path, tmp_path / "evil"):
        (folder / "setup.py").write_text(f"open({str(marker)!r}, 'w').write('ran')\n")
    with osv() as server:
        quiet = command(tmp_path, "check", ".", MLRUBRIC_OSV_URL=server.url)
        assert not server.queries and "ENV003" not in quiet.stdout
        loud = command(tmp_path, "check", ".", "--audit", "--osv-url", server.url)
    assert loud.returncode == 1, loud.stderr
    told = " ".join(loud.stdout.split())  # the summary is wrapped to the width
    assert "ENV003" in told and "PYSEC-2018-28" in told and "not checked" in told
    refused = command(tmp_path, "check", ".", "--audit", "--offline")
    assert refused.returncode == 2
    assert not marker.exists()


def test_an_audit_that_could_not_look_is_told_in_every_output(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("flask==3.1.0\n")
    with osv("500") as server:
        done = command(tmp_path, "score", ".", "--audit", "--write", "json=r.json", "--write", "sarif=r.sarif", MLRUBRIC_OSV_URL=server.url)
    assert done.returncode == 0, done.stderr
    assert "vulnerability audit skipped" in done.stdout
    assert json.loads((tmp_path / "r.json").read_text())["audit"]["status"] == "skipped"
    [invocation] = json.loads((tmp_path / "r.sarif").read_text())["runs"][0]["invocations"]
    notes = [row for row in invocation["toolExecutionNotifications"] if "audit skipped" in row["message"]["text"]]
    assert [row["level"] for row in notes] == ["note"]
