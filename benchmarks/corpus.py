"""Score a folder of checkouts one after the other and write the table of `docs/evaluation.md`.

usage: python -m benchmarks.corpus CHECKOUTS --reports DIR [--only NAME ...] [--table FILE] [--limit SECONDS]

Each repository is scored by the command in a process of its own, as a user would; one that crashes or takes longer than
the limit is a row that says so. DIR gets NAME.json, the command's JSON report.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any, cast

HEADER = "| repository | seconds | data | model | infra | monitor | points | final | level | findings by rule | unreadable |"


def score(checkout: Path, report: Path, limit: float) -> tuple[float, str]:
    """Seconds of wall time and what went wrong, if anything."""
    command = [
        sys.executable,
        "-m",
        "mlrubric",
        "score",
        str(checkout),
        "--no-cache",
        "--output-format",
        "json",
        "--output-file",
        str(report),
    ]
    started = time.perf_counter()
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        return time.perf_counter() - started, f"longer than {limit:.0f} s"
    problem = "" if done.returncode == 0 else f"exit {done.returncode}: {done.stderr.strip().splitlines()[-1:]}"
    return time.perf_counter() - started, problem


def row(name: str, seconds: float, problem: str, report: Path) -> str:
    """One line of the table."""
    if problem:
        return f"| {name} | {seconds:.1f} | {problem} |"
    told = cast("dict[str, Any]", json.loads(report.read_text(encoding="utf-8")))
    sections = told["score"]["sections"]
    rules = Counter(f["rule"] for f in told["findings"])
    found = " ".join(f"{rule} {count}" for rule, count in sorted(rules.items()))
    unreadable = sum(1 for n in told["notices"] if n["level"] == "warning" and n["file"])
    sums = " | ".join(f"{sections[s]['observed']:g}" for s in ("data", "model", "infra", "monitor"))
    return (
        f"| {name} | {seconds:.1f} | {sums} | {told['score']['points']:g} | {told['score']['observed']:g} | "
        f"{told['maturity']['google']['level']} | {found} | {unreadable} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", type=Path)
    parser.add_argument("--reports", type=Path, required=True)
    parser.add_argument("--only", nargs="*", default=())
    parser.add_argument("--table", type=Path)
    parser.add_argument("--limit", type=float, default=300.0)
    options = parser.parse_args()
    options.reports.mkdir(parents=True, exist_ok=True)
    rows = [HEADER, "|" + "---|" * 11]
    for checkout in sorted(p for p in options.checkouts.iterdir() if p.is_dir()):
        if options.only and checkout.name not in options.only:
            continue
        report = options.reports / f"{checkout.name}.json"
        seconds, problem = score(checkout, report, options.limit)
        rows.append(row(checkout.name, seconds, problem, report))
        print(rows[-1], flush=True)
    if options.table:
        options.table.write_text("\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
