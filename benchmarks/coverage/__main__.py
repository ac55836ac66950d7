"""The share of library calls that are understood, over a folder of checkouts.

usage: python -m benchmarks.coverage CHECKOUTS [--missing N] [--by name|library] [--only NAME ...]

What counts: every call in a module or notebook that imports a library for data or ML (`area` in the head of the library's file in
`rules/knowledge/`), unless it is shown to enter the project's own code, a builtin or the standard library. So a method of whatever a
library's call gave counts, resolved or not, and so does a call of which nothing at all can be told.
Understood is a call that is resolved to a qualified name for which the catalogue has an entry: with roles, or one that says that there
are none. What a method's name alone suggests is not. `missing` are names without an entry, `unresolved` calls without a name.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from benchmarks.accuracy.picture import picture_of
from benchmarks.coverage.judge import KNOWN, MISSING, UNRESOLVED, Judge, Judged
from mlrubric.knowledge.catalogue import load_catalogue


def judged(checkout: Path) -> list[Judged]:
    """The calls of one repository that count."""
    return list(Judge(picture_of(checkout).world.code.resolver, load_catalogue()).calls())


def share(counted: Counter[str]) -> str:
    total = sum(counted.values())
    part = f"{100 * counted[KNOWN] / total:.1f} %" if total else "-"
    return f"{part} | {total} | {counted[KNOWN]} | {counted[MISSING]} | {counted[UNRESOLVED]}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", type=Path)
    parser.add_argument("--missing", type=int, default=40, metavar="N", help="so many of the most frequent names that are missing")
    parser.add_argument("--by", choices=("name", "library"), default="name")
    parser.add_argument("--only", nargs="*", default=())
    options = parser.parse_args()
    whole: Counter[str] = Counter()
    missing: Counter[tuple[str, str]] = Counter()
    print("| repository | understood | calls | known | missing | unresolved |\n|---|---|---|---|---|---|")
    for checkout in sorted(p for p in options.checkouts.iterdir() if p.is_dir()):
        if options.only and checkout.name not in options.only:
            continue
        calls = judged(checkout)
        counted = Counter(call.verdict for call in calls)
        whole += counted
        for call in calls:
            if call.verdict != KNOWN:
                missing[call.verdict, call.name.partition(".")[0] if options.by == "library" else call.name] += 1
        print(f"| {checkout.name} | {share(counted)} |", flush=True)
    print(f"| all | {share(whole)} |")
    for (verdict, name), count in sorted(missing.items(), key=lambda item: (-item[1], item[0]))[: options.missing]:
        print(f"{count:6} {verdict:10} {name}")


if __name__ == "__main__":
    main()
