"""Runs pip-audit as a subprocess with a deadline and believes its JSON only.

Its exit status says nothing: 1 is "vulnerable" or "crashed", 0 may mean that nothing was looked up. The audited
repository is out of its reach: it gets a file of `name==version` lines and an empty directory, no path, URL or include.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from typing import Literal

from mlrubric.audit.pins import Pinned, query_of
from mlrubric.audit.result import Advisory, AuditResult, Unchecked, Vulnerable

Service = Literal["osv", "pypi", "esms"]
Query = tuple[str, str]
Answer = tuple[Advisory, ...] | str  # the advisories of one pin, or why it was not checked

OSV_URL_VARIABLE = "MLRUBRIC_OSV_URL"
_WARNING = "WARNING:pip_audit._service"  # an advisory that pip-audit dropped without naming the package


def audit(
    pins: Sequence[Pinned],
    *,
    service: Service = "osv",
    osv_url: str | None = None,
    deadline: float = 120.0,
    cache_dir: Path | None = None,
) -> AuditResult:
    """Looks every exact pin up, at most `deadline` seconds in all. `osv_url` is used by the service `osv`;
    without it the environment variable MLRUBRIC_OSV_URL is, then the public service."""
    osv_url = osv_url or os.environ.get(OSV_URL_VARIABLE)
    queries = {pin: query_of(pin) for pin in pins}
    asked = sorted({query for query in queries.values() if not isinstance(query, str)})
    answers: dict[Query, Answer] = {}
    failures: list[str] = []
    end = monotonic() + deadline
    for batch in _batches(asked):
        answer = failures[0] if failures else _ask(batch, service, osv_url, max(end - monotonic(), 0.1), cache_dir)
        if isinstance(answer, str):
            failures.append(answer)
            answers.update((query, answer) for query in batch)
        else:
            answers.update(answer)
    answered = any(not isinstance(answer, str) for answer in answers.values())
    vulnerable, clean, unknown = [], [], []
    for pin in sorted(queries, key=lambda row: (row.place, row.name, row.version or "")):
        query = queries[pin]
        found: Answer = query if isinstance(query, str) else answers[query]
        if isinstance(found, str):
            unknown.append(Unchecked(pin, found))
        elif found:
            vulnerable.append(Vulnerable(pin, found))
        else:
            clean.append(pin)
    reason = failures[0] if failures else ""
    if not asked:
        reason = "no dependency is fixed to an exact version" if pins else "no dependency is declared"
    elif not answered and not reason:
        reason = next(row.reason for row in unknown if not isinstance(queries[row.pin], str))
    status: Literal["done", "partial", "skipped"] = "skipped" if not answered else "partial" if failures else "done"
    return AuditResult(status, tuple(vulnerable), tuple(clean), tuple(unknown), reason)


def _batches(queries: Sequence[Query]) -> list[list[Query]]:
    """pip-audit refuses a second version of a package, so the n-th versions of all packages go together."""
    batches: list[list[Query]] = []
    seen: dict[str, int] = {}
    for name, version in queries:
        index = seen.get(name, 0)
        seen[name] = index + 1
        if index == len(batches):
            batches.append([])
        batches[index].append((name, version))
    return batches


def _ask(
    batch: Sequence[Query], service: Service, osv_url: str | None, deadline: float, cache_dir: Path | None
) -> dict[Query, Answer] | str:
    """The answers of one run, or the reason why there is none."""
    with tempfile.TemporaryDirectory(prefix="mlrubric-audit-", ignore_cleanup_errors=True) as folder:
        base = Path(folder)
        empty, pins, out, log = base / "empty", base / "pins.txt", base / "out.json", base / "log"
        empty.mkdir()
        pins.write_text("".join(f"{name}=={version}\n" for name, version in batch), encoding="utf-8")
        command = [sys.executable, "-P", "-m", "pip_audit", f"--requirement={pins}", "--no-deps", "--disable-pip"]
        command += [f"--vulnerability-service={service}", f"--timeout={max(1, min(10, int(deadline)))}", "--progress-spinner=off"]
        command += ["--format=json", "--desc=off", "--aliases=on", f"--cache-dir={cache_dir or base / 'cache'}", f"--output={out}"]
        if osv_url and service == "osv":
            command.append(f"--osv-url={osv_url}")
        failure = _run(command, empty, log, deadline)
        errors = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
        if failure:
            return failure
        if not out.is_file():
            return f"pip-audit gave no answer: {_last_words(errors)}"
        return _answers(batch, out.read_text(encoding="utf-8", errors="replace"), errors)


def _run(command: Sequence[str], directory: Path, log: Path, deadline: float) -> str:
    """Why the run did not come to its end, or "". The whole process group is killed at the deadline."""
    environment = {name: value for name, value in os.environ.items() if name != "PIPAPI_PYTHON_LOCATION"}
    environment["PIP_AUDIT_LOGLEVEL"] = "INFO"  # a silenced warning would hide a dropped advisory
    with log.open("wb") as errors:
        try:
            process = subprocess.Popen(
                command,
                cwd=directory,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
            )
        except OSError as error:
            return f"pip-audit could not be started: {error}"
        try:
            process.wait(timeout=deadline)
        except subprocess.TimeoutExpired:
            return f"pip-audit gave no answer within {deadline:.0f} s"
        finally:
            _end(process)
    return ""


def _end(process: subprocess.Popen[bytes]) -> None:
    """Leaves no process behind, whatever happened (time out, interruption)."""
    if process.poll() is not None:
        return
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


_IN_WORDS = (
    ("JSONDecodeError", "the answer of the service is not JSON"),
    ("ServiceError", "the service failed"),
    ("Timeout", "the service did not answer in time"),
    ("NameResolutionError", "the name of the service was not found"),
    ("ConnectionError", "the service could not be reached"),
)


def _last_words(errors: str) -> str:
    """What the last line of the log says; known ends in words of our own, since theirs hold addresses of objects."""
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    last = lines[-1] if lines else "it said nothing"
    return next((words for mark, words in _IN_WORDS if mark in last), last[:200])


def _answers(batch: Sequence[Query], text: str, errors: str) -> dict[Query, Answer] | str:
    """The JSON decides, dependency by dependency; what it does not name, or skipped, is not clean."""
    try:
        document = json.loads(text)
        rows = {row["name"]: row for row in document["dependencies"]}
        told = {query: _answer(query, rows.get(query[0])) for query in batch}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return f"pip-audit's answer could not be read: {type(error).__name__}: {error}"
    dropped = [line.split(":", 2)[-1].strip() for line in errors.splitlines() if line.startswith(_WARNING)]
    if dropped:
        return {query: answer or f"pip-audit dropped an advisory: {dropped[0]}" for query, answer in told.items()}
    return told


def _answer(query: Query, row: dict[str, object] | None) -> Answer:
    if row is None:
        return "pip-audit did not answer for it"
    if "skip_reason" in row:
        return str(row["skip_reason"])
    if row.get("version") != query[1]:
        return f"pip-audit answered for version {row.get('version')}"
    vulnerabilities = row["vulns"]
    if not isinstance(vulnerabilities, list):
        raise TypeError("vulns is not a list")
    return tuple(sorted((_advisory(row) for row in vulnerabilities), key=lambda advisory: advisory.id))


def _advisory(row: dict[str, object]) -> Advisory:
    aliases, fixed = row.get("aliases", []), row["fix_versions"]
    if not isinstance(aliases, list) or not isinstance(fixed, list):
        raise TypeError("aliases or fix_versions is not a list")
    return Advisory(str(row["id"]), tuple(sorted(map(str, aliases))), tuple(map(str, fixed)))
