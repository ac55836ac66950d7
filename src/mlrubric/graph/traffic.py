"""How traffic is divided: whether the shares that are written divide anything, how small the smallest is, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from mlrubric.model.facts import Part

WHOLE = 100.0


@dataclass(frozen=True, slots=True)
class Division:
    """`divides`: somebody new gets a share and not all. `weight` is the smallest share in per cent, "unknown" when it is not written.
    `problem` says why nothing is divided though it looks so, `flaw` what is wrong although something is divided; `equal` shares that
    stand still compare versions and bring none in."""

    divides: bool
    weight: str = ""
    problem: str = ""
    flaw: str = ""
    equal: bool = False


def division(part: Part, analyses: Collection[str], moved: bool) -> Division:
    """What a split comes to. `analyses` are the measurements that exist; `moved` says that a controller moves these weights."""
    if part.problem:
        return Division(False, problem=part.problem)
    missing = [name for name in part.refers if name not in analyses]
    flaw = f"no manifest here defines {missing[0]}, which decides about it" if missing and not missing[0].startswith("Cluster") else ""
    if not part.shares:
        return Division(True, "", flaw=flaw)
    numbers = [_number(share) for _, share in part.shares]
    known = [n for n in numbers if n is not None]
    if len(known) < len(numbers):
        wrong = len(known) == 1 and known[0] in (0.0, WHOLE)
        return _nothing(part, known[0]) if wrong else Division(True, "unknown", flaw=flaw)
    total = sum(known)
    if any(n < 0 for n in known) or total <= 0:
        return Division(False, problem="" if moved else "its shares are all 0")
    if not part.proportional and abs(total - WHOLE) > 0.01:
        return Division(False, problem=f"its shares sum to {total:g}, not to 100")
    some = [n for n in known if n > 0]
    if len(some) == 1:
        return Division(False) if moved else _nothing(part, known[0] / total * WHOLE)
    if len(set(known)) == 1 and not part.moves and not part.decides:
        return Division(False, f"{some[0] / total * WHOLE:g}", equal=True)
    return Division(True, f"{min(some) / total * WHOLE:g}", flaw=flaw)


def _nothing(part: Part, first: float) -> Division:
    who, share = part.shares[0][0], f"{first:g}"
    if share == "0":
        return Division(False, "0", f"{who} gets 0 per cent: nobody sees the new version")
    if share == "100":
        return Division(False, "100", f"{who} gets 100 per cent: nothing is divided")
    return Division(False, share, "one of them gets everything: nothing is divided")


def _number(text: str) -> float | None:
    """A share; `500m` is half of one, as meshes write it."""
    cleaned = text.strip().rstrip("%")
    try:
        return float(cleaned[:-1]) / 1000 if cleaned.endswith("m") else float(cleaned)
    except ValueError:
        return None
