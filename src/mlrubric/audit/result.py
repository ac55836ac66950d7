"""What an audit says: vulnerable, clean and unchecked pins, and why something was not checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mlrubric.audit.pins import Pinned
from mlrubric.model.place import Place


@dataclass(frozen=True, slots=True)
class Advisory:
    """One known vulnerability. `fixed_in` are the releases that mend it, oldest first."""

    id: str
    aliases: tuple[str, ...] = ()
    fixed_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Vulnerable:
    pin: Pinned
    advisories: tuple[Advisory, ...]


@dataclass(frozen=True, slots=True)
class Unchecked:
    """A line about which nothing is known; it is never counted as clean."""

    pin: Pinned
    reason: str


@dataclass(frozen=True, slots=True)
class AuditResult:
    """`status`: done (pip-audit answered for all that could be asked), partial, skipped (it gave no answer at all, `reason` says why)."""

    status: Literal["done", "partial", "skipped"]
    vulnerable: tuple[Vulnerable, ...] = ()
    clean: tuple[Pinned, ...] = ()
    unknown: tuple[Unchecked, ...] = ()
    reason: str = ""

    def summary(self) -> str:
        """One line for the report; it never says "no vulnerability" of something that was not looked up."""
        if self.status == "skipped":
            return f"vulnerability audit skipped: {self.reason}"
        parts = [f"{len(self.vulnerable)} vulnerable", f"{len(self.clean)} without known vulnerability"]
        if self.unknown:
            names = sorted({row.pin.name for row in self.unknown})
            parts.append(f"{len(self.unknown)} not checked: {', '.join(names[:5])}{' ...' if len(names) > 5 else ''}")
        line = "vulnerability audit: " + ", ".join(parts)
        return f"{line} ({self.reason})" if self.reason else line


def attributes_of(result: AuditResult) -> dict[Place, dict[str, str]]:
    """What the requirement node at each place is told. Only looked-up lines appear: the absence of `vulnerable` means unknown."""
    told: dict[Place, dict[str, str]] = {pin.place: {"vulnerable": "false"} for pin in result.clean}
    for row in result.vulnerable:
        fixed = [release for advisory in row.advisories for release in advisory.fixed_in]
        told[row.pin.place] = {
            "vulnerable": "true",
            "name": row.pin.name,
            "version": row.pin.version or "",
            "vulnerabilities": ", ".join(advisory.id for advisory in row.advisories),
            "fixed_in": ", ".join(dict.fromkeys(fixed)) or "no release yet",
        }
    return told
