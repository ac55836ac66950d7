"""What to do next, and what the score would be."""

from __future__ import annotations

import argparse

from mlrubric.cli import OK, UsageError
from mlrubric.cli.output import options_for, put
from mlrubric.cli.shared import analysis_of, folder_of, settings_for, show


def run(options: argparse.Namespace) -> int:
    from mlrubric.report.plan_text import Plan, Stand, plan_json, plan_rows
    from mlrubric.score.what_if import WishError, assume

    root = folder_of(options.path)
    analysis = analysis_of(root, settings_for(root, options), options)
    planner, state, report = analysis.planner, analysis.state, analysis.report
    assumed = state
    for wish in options.what_if:
        try:
            assumed = assume(planner, assumed, wish, report.steps)
        except WishError as error:
            raise UsageError(f"--what-if: {error}") from error
    taken = planner.plan(assumed)
    steps = tuple(step for step, _ in taken)
    last = taken[-1][1] if taken else assumed
    now, then, after = (Stand(one.score, planner.level(one)) for one in (state, assumed, last))
    plan = Plan(report.repository.name, now, then, after, analysis.system.published(steps), tuple(options.what_if))
    if options.output_format == "json":
        put(plan_json(plan, report), options.output_file)
    else:
        show(plan_rows(plan, options_for("plan", 0, options.output_file).width), options.output_file)
    return OK
