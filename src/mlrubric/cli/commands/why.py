"""The evidence path of a test, or of a finding, hop by hop."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

from mlrubric.cli import OK, UsageError
from mlrubric.cli.output import options_for
from mlrubric.cli.shared import analysis_of, folder_of, path_inside, settings_for, show, verbosity_of, view_of

if TYPE_CHECKING:
    from mlrubric.model.report import Report
    from mlrubric.model.verdict import Capability


def run(options: argparse.Namespace) -> int:
    from mlrubric.report.cards import nearest
    from mlrubric.report.spot import named, spot_in
    from mlrubric.report.why import why_capability, why_place, why_test

    root = folder_of(options.path)
    place = named(options.what)
    analysis = analysis_of(root, replace(settings_for(root, options), azure=True), options)
    view = view_of(analysis)
    width = options_for("why", 0, None).width
    if place is not None:
        path = path_inside(root, place.file, view.report)
        spot = spot_in(path, view.texts(path), place)
        if isinstance(spot, str):
            raise UsageError(spot)
        show(why_place(view, spot, width, analysis.picture.schedule.at(path, spot.span)))
        return OK
    capability = next((one for one in _capabilities(view.report) if one.id.lower() == options.what.lower()), None)
    if capability is not None:
        show(why_capability(view, capability, width))
        return OK
    known = {test.id: test for test in view.report.tests}
    test = known.get(options.what.lower())
    if test is None:
        if (card := view.cards.get(options.what.upper())) is not None:
            raise UsageError(f"`{options.what}` is a {card.kind}; mlrubric explain {card.id} says what it is, and a place is FILE:LINE")
        raise UsageError(f"`{options.what}` is no test{nearest(options.what, known)}; a place is FILE:LINE")
    show(why_test(view, test, width, verbosity_of(options)))
    return OK


def _capabilities(report: Report) -> list[Capability]:
    """Those of all models that were judged; of a gate those of the first promotion that lacks something."""
    found = list(report.google.capabilities) + list(report.azure.capabilities if report.azure is not None else ())
    if report.measures is not None:
        gates = sorted(report.measures.gate, key=lambda gate: gate.held)
        found += [link for links in (*gates[:1], report.measures.loop) if links is not None for link in links.links]
        found += report.measures.lineage
    return found
