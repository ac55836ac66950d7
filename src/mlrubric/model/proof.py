"""What the mutation proof says: for an automated test and a condition, the changes that were made and the answer that followed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mlrubric.model.place import Place

CONDITIONS = ("live", "wired", "not_skipped", "consequential", "right_data", "covering")


@dataclass(frozen=True, slots=True)
class Prediction:
    """What must be seen once a condition is broken. `tests` are those that it is asked of, () for all; `otherwise` why of no others;
    `never` are single tests that it is not asked of, with the reason."""

    condition: str
    says: str
    status: tuple[str, ...]
    broken: tuple[str, ...]
    tests: tuple[str, ...] = ()
    otherwise: str = ""
    never: tuple[tuple[str, str], ...] = ()

    def spared(self, test: str) -> str:
        """Why the condition is not asked of a test; "" when it is."""
        said = dict(self.never).get(test)
        return said or ("" if not self.tests or test in self.tests else self.otherwise)


@dataclass(frozen=True, slots=True)
class Trial:
    """`outcome`: ok, wrong, or not_tried with its reason in `message`. `edits` are places and words of the changes, one for each way by
    which the test was earned; `status` and `broken` what was seen with all of them; `repaired` that the first answer came back."""

    test: str
    condition: str
    outcome: str
    message: str = ""
    edits: tuple[tuple[Place, str], ...] = ()
    status: str = ""
    broken: str = ""
    repaired: bool = False


@dataclass(frozen=True, slots=True)
class Proof:
    name: str
    automated: tuple[str, ...]
    trials: tuple[Trial, ...]

    def count(self, outcome: str) -> int:
        return sum(trial.outcome == outcome for trial in self.trials)


@dataclass(frozen=True, slots=True)
class Miss:
    """An example that is not as its rule says. `side` is "bad", "good" or "fixed"; `path` and `line` are where it stands."""

    rule: str
    number: int  # of the example, from 1
    side: str
    message: str
    path: Path
    line: int
