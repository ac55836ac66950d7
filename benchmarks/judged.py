"""The hits of the default persona's rules that people judged, as one table.

usage: python -m benchmarks.judged [--write]

`docs/evaluation/judged/<ID>.tsv` holds up to twenty hits of a rule on public repositories: repository, path:line, what the first reader
said (right or wrong) and why, the same of a second reader who did not see the first one's answers, and, where they differ, what settled
it. `--write` writes the table `docs/evaluation/findings.md`; without it the table is printed.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mlrubric.rules.load import load_rules

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "evaluation" / "judged"
PAGE = ROOT / "docs" / "evaluation" / "findings.md"
COLUMNS = ("repository", "place", "first", "reason", "second", "second_reason", "settled", "settled_reason")
ANSWERS = ("right", "wrong")
MOST = 20
LEAST = 0.9  # the precision below which a rule leaves the default persona
HEAD = """\
# The default rules on real repositories

Written by `python -m benchmarks.judged --write` from `docs/evaluation/judged/`; do not edit. Up to twenty hits of each rule of the default
persona, spread over 47 public repositories, were judged as that repository's engineer would: is this wrong here, and would an edit at this
line mend it? The first reader is who built or mended the rule. The second reader is one of four who had no part in the work, saw the
finding and the lines around, and read the repository where these did not decide; none of them saw other answers. Where the two differ,
the labels of eleven repositories decide, which were made before and by others, if they name the place; else a third reading. A hit counts
as right when both readers say so, when it was settled so, or when only one has read it and says so. What the second readers called wrong
was mended where the labels did not contradict, and a hit that is gone since is not in the table: `docs/evaluation.md` has the figures from
before. Three hits are left out: two because of files that the checkouts lack for their size, one whose message names another package
now. Nearly all is right, so that kappa, which asks for more than chance, says little; the share of equal answers says more.
"""


@dataclass(frozen=True, slots=True)
class Judgement:
    """One hit; `second` is empty until somebody else has read it, `settled` unless the two differ."""

    repository: str
    place: str
    first: str
    reason: str
    second: str = ""
    second_reason: str = ""
    settled: str = ""
    settled_reason: str = ""

    @property
    def right(self) -> bool:
        return (self.settled or self.second or self.first) == "right"


def judgements(folder: Path = FOLDER) -> dict[str, list[Judgement]]:
    """The judged hits by rule."""
    found = {}
    for path in sorted(folder.glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
        found[path.stem] = [Judgement(*(row.get(column) or "" for column in COLUMNS)) for row in rows]
    return found


def precision(judged: Sequence[Judgement]) -> float:
    return sum(one.right for one in judged) / len(judged)


def kappa(pairs: Sequence[tuple[str, str]]) -> float:
    """Cohen's kappa of two readers; 1 when there is nothing to disagree about."""
    share = [sum(pair[side] == "right" for pair in pairs) / len(pairs) for side in (0, 1)]
    chance = share[0] * share[1] + (1 - share[0]) * (1 - share[1])
    seen = sum(first == second for first, second in pairs) / len(pairs)
    return 1.0 if chance == 1 else (seen - chance) / (1 - chance)


def page(judged: dict[str, list[Judgement]]) -> str:
    """The table with its head and the agreement."""
    head = ("rule", "judged", "first says right", "second says right", "agree", "settled as right", "precision")
    rows = [f"| {' | '.join(head)} |", f"|---|{'--:|' * (len(head) - 1)}"]
    for rule, ones in judged.items():
        read = [one for one in ones if one.second]
        second = f"{sum(one.second == 'right' for one in read)} of {len(read)}" if read else "not read"
        agree = f"{sum(one.first == one.second for one in read)} of {len(read)}" if read else ""
        first = sum(one.first == "right" for one in ones)
        doubtful = [one for one in ones if one.settled]
        settled = f"{sum(one.right for one in doubtful)} of {len(doubtful)}" if doubtful else ""
        rows.append(f"| [{rule}](judged/{rule}.tsv) | {len(ones)} | {first} | {second} | {agree} | {settled} | {precision(ones):.2f} |")
    pairs = [(one.first, one.second) for ones in judged.values() for one in ones if one.second]
    total = [one for ones in judged.values() for one in ones]
    said = f"{len(total)} hits of {len(judged)} rules; {sum(one.right for one in total)} right."
    if pairs:
        alike = sum(first == second for first, second in pairs)
        said += f" Both readers: {len(pairs)} hits, {alike} alike ({alike / len(pairs):.3f}), Cohen's kappa {kappa(pairs):.2f}."
    silent = [rule.id for rule in load_rules().rules if rule.persona == "regular" and rule.stage == "stable" and rule.id not in judged]
    left = f"Rules of the default persona without a hit in these repositories: {', '.join(silent) or 'none'}."
    return "\n".join([HEAD, said, "", *rows, "", left, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    text = page(judgements())
    if parser.parse_args().write:
        PAGE.write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
