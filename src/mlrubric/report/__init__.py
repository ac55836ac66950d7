"""One output format per module; the modules are found by walking this package.

A format module has
    NAME: str                                                     what `--output-format` calls it, e.g. "json"
    def render(view: View, options: Options) -> str               the whole text that is printed
and imports what is heavy inside its functions. Modules without NAME help the others.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from mlrubric.model.report import Report
    from mlrubric.report.cards import Card


@dataclass(frozen=True, slots=True)
class Options:
    """How to print. `command`: score or check; `verbosity`: -1 quiet, 0, 1 all rows; `target`: the file that is written, if any.
    `pages`: the address below which the pages of the rules (docs/rules) are served, "" when nobody says."""

    command: str = "score"
    width: int = 100
    color: bool = False
    unicode: bool = True
    verbosity: int = 0
    target: str = ""
    pages: str = ""

    def page(self, card: Card | None) -> str:
        """The address of the page of a rule; "" for a rule of one's own, and when nobody says where the pages are."""
        return f"{self.pages.rstrip('/')}/{card.id}.md" if self.pages and card is not None and card.packaged else ""


@dataclass(frozen=True, slots=True)
class View:
    """What a format may know: the report, the text of a file ("" when there is none) and the cards of the rules by id."""

    report: Report
    texts: Callable[[str], str]
    cards: Mapping[str, Card]

    def pages(self, options: Options) -> dict[str, str]:
        """The addresses of the pages of the rules that have findings."""
        found = {name: options.page(self.cards.get(name)) for name in sorted({finding.rule for finding in self.report.findings})}
        return {name: page for name, page in found.items() if page}


class Format(Protocol):
    """An output format: one module of this package."""

    NAME: str

    def render(self, view: View, options: Options) -> str: ...


def formats() -> dict[str, Format]:
    """Every output format by name, in the order of the alphabet."""
    found: dict[str, Format] = {}
    for info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{info.name}")
        name = getattr(module, "NAME", None)
        if name is not None:
            found[name] = module
    return dict(sorted(found.items()))
