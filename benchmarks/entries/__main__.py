"""Resolves every entry of the catalogue against the real packages: `python -m benchmarks.entries [--library NAME ...] [--venv DIR]`.

For each knowledge file an environment is made below DIR (kept for the next run), the distributions behind its import names are
installed, and each name is looked up: by import and getattr; by the package's source where a part cannot be imported; names that have
moved, in the unpacked old versions of `--old DIR` (folders called `name-version`). What is left must be in `unresolved.toml`.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from pathlib import Path

from benchmarks.entries.environment import Environment
from benchmarks.entries.moved import Versions, check, in_old, versions_in
from benchmarks.entries.names import Explained, explained, names_of, siblings, spellings
from benchmarks.entries.static import Package
from mlrubric.knowledge.catalogue import Catalogue, load_catalogue
from mlrubric.knowledge.library import Library

FOUND = ("imported", "in the source", "in an old version")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.entries", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--library", action="append", default=[], help="only this knowledge file (its name without .toml)")
    parser.add_argument("--venv", type=Path, default=Path(tempfile.gettempdir()) / "mlrubric-entries", help="where the environments lie")
    parser.add_argument("--old", type=Path, help="a folder of unpacked versions; they are also held against [[moved]]")
    options = parser.parse_args()
    catalogue, table = load_catalogue(), explained()
    versions = versions_in(options.old) if options.old else {}
    totals: Counter[str] = Counter()
    for library in catalogue.load_all():
        if options.library and library.path.stem not in options.library:
            continue
        counts, left = resolve(library, catalogue, table, options.venv / library.path.stem, versions)
        totals.update(counts)
        print(f"{library.path.stem:20} " + "  ".join(f"{key} {counts[key]}" for key in sorted(counts)), flush=True)
        for name, why in left:
            print(f"    {name}: {why}", flush=True)
        for moved, wrong in check(library, versions) if versions else ():
            totals["moved"] += 1
            totals["moved seen on both sides"] += not wrong
            if wrong and not wrong.startswith("unseen") and not table.why(f"moved:{moved.name}"):
                print(f"    moved {moved.name} {' '.join(moved.arguments)}: {wrong}", flush=True)
                totals["moved wrong"] += 1
    names = sum(totals[key] for key in (*FOUND, "of another type of its entry", "explained", "unexplained"))
    resolved = sum(totals[key] for key in FOUND)
    print(f"{resolved} of {names} names resolved ({100 * resolved / max(names, 1):.1f} %), {totals['unexplained']} unexplained")
    print("  ".join(f"{key}: {totals[key]}" for key in sorted(totals)))
    return 1 if totals["unexplained"] or totals["moved wrong"] else 0


def resolve(
    library: Library, catalogue: Catalogue, table: Explained, folder: Path, versions: Versions
) -> tuple[Counter[str], list[tuple[str, str]]]:
    """How the names of a library were found, and those that nothing shows or explains."""
    names = names_of(library, catalogue)
    distributions = sorted({d for name in library.imports if (d := catalogue.distribution(name)) and d not in table.skipped})
    heavy = [d for d in distributions if table.skipped.get(f"dependencies of {d}")]
    environment = Environment(folder, [name for name in table.left_out if name not in distributions])
    failed = environment.install([*(d for d in distributions if d not in heavy), *table.needs.get(library.path.stem, [])])
    if heavy:
        failed |= environment.install(heavy, dependencies=False)
    ways = {name: spellings(name, library, table) for name in names}
    answers = environment.ask(sorted({way for known in ways.values() for way in known}))
    package, counts, left = Package(environment.packages), Counter[str](), list[tuple[str, str]]()
    shared, seen = siblings(library), set[str]()
    for name in names:
        if any(not answers[way] or package.find(way) is not None for way in ways[name]) or in_old(
            catalogue.distribution(name), ways[name], versions
        ):
            seen.add(name)
    for name, kind in sorted(names.items()):
        distribution = catalogue.distribution(name)
        if any(not answers[way] for way in ways[name]):
            counts["imported"] += 1
        elif any(package.find(way) is not None for way in ways[name]):
            counts["in the source"] += 1
        elif in_old(distribution, ways[name], versions):
            counts["in an old version"] += 1
        elif shared.get(name, frozenset()) & seen:
            counts["of another type of its entry"] += 1
        elif table.why(name) or table.skipped.get(distribution):
            counts["explained"] += 1
        else:
            counts["unexplained"] += 1
            reason = f"; {distribution} did not install: {failed[distribution]}" if distribution in failed else ""
            left.append((name, f"({kind}) {answers[ways[name][0]]}{reason}"))
    return counts, left


if __name__ == "__main__":
    raise SystemExit(main())
