"""Count, over a folder of checkouts, what each reader took, what it could not read, and what no reader said a word about.

usage: python -m benchmarks.formats CHECKOUTS [--silent N]

For each format: files that gave facts, files that could not be read as a whole or in a part (each with its reason, which the report
repeats as a notice). Then the text files that gave no fact and no reason, by the end of their names: they are of no format that we
know, or they are missed; `--silent` prints the first N paths of each.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from pathlib import Path

from mlrubric.model.facts import DataFile, Unreadable
from mlrubric.read.data_file import holds_no_text
from mlrubric.read.drive import accepting, read_entry
from mlrubric.source.tree import DiskTree


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", type=Path)
    parser.add_argument("--silent", type=int, default=0)
    options = parser.parse_args()
    read: Counter[str] = Counter()
    partly: Counter[str] = Counter()
    reasons: Counter[tuple[str, str]] = Counter()
    silent: dict[str, list[str]] = defaultdict(list)
    accepted: Counter[str] = Counter()
    for checkout in sorted(path for path in options.checkouts.iterdir() if path.is_dir()):
        tree = DiskTree(checkout)
        for entry in tree.files:
            found = [one for one in read_entry(tree, entry) if any(not isinstance(fact, DataFile) for fact in one.facts)]
            for one in found:
                problems = [fact for fact in one.facts if isinstance(fact, Unreadable)]
                read[one.format] += 1
                partly[one.format] += bool(problems)
                reasons.update((one.format, problem.reason.partition(":")[0]) for problem in problems)
            if not found and not holds_no_text(entry.path):
                name = entry.path.rpartition("/")[2]
                end = name[name.rfind(".") :].lower() if "." in name[1:] else name
                silent[end].append(f"{checkout.name}/{entry.path}")
                accepted[end] += bool(accepting(entry.path))
    print("| format | files | with something unread |\n|---|---|---|")
    for name, count in sorted(read.items()):
        print(f"| {name} | {count:,} | {partly[name]:,} |")
    print("\nreasons:")
    for (name, reason), count in reasons.most_common():
        print(f"{count:6,}  {name}: {reason}")
    print("\nneither fact nor reason, by the end of the name (how many a reader looked at):")
    for end, paths in sorted(silent.items(), key=lambda item: (-len(item[1]), item[0])):
        print(f"{len(paths):6,}  {end} ({accepted[end]:,})")
        for path in paths[: options.silent]:
            print(f"        {path}")


if __name__ == "__main__":
    main()
