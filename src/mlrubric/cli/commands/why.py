"""The evidence path of a test, or of a finding, hop by hop."""

from __future__ import annotations

import argparse

from mlrubric.cli import OK, UsageError
from mlrubric.cli.output import options_for
from mlrubric.cli.shared import analysis_of, folder_of, path_inside, settings_for, show, verbosity_of, view_of


def run(options: argparse.Namespace) -> int:
    from mlrubric.report.cards import nearest
    from mlrubric.report.spot import named, spot_in
    from mlrubric.report.why import why_capability, why_place, why_test

    root = folder_of(options.path)
    place = named(options.what)
    analysis = analysis_of(root, settings_for(root, options), options)
    view = view_of(analysis)
    width = options_for("why", 0, None).width
    if place is not None:
        path = path_inside(root, place.file, view.report)
        spot = spot_in(path, view.texts(path), place)
        if isinstance(spot, str):
            raise UsageError(spot)
        show(why_place(view, spot, width, analysis.picture.schedule.at(path, spot.span)))
        return OK
    capability = next((one for one in view.report.google.capabilities if one.id == options.what.upper()), None)
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
