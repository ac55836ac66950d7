"""The `full` format for people: the first screen of `score`, the findings with their source lines of `check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlrubric.report.screen import paint

if TYPE_CHECKING:
    from mlrubric.report import Options, View

NAME = "full"


def render(view: View, options: Options) -> str:
    if options.command == "check":
        from mlrubric.report import findings_screen

        rows = findings_screen.screen(view, options)
    else:
        from mlrubric.report import first_screen

        rows = first_screen.screen(view, options)
    return paint(rows, options.width, options.color, options.unicode)
