"""What a change did to the score and why."""

from __future__ import annotations

import argparse
from dataclasses import replace

from mlrubric.cli import GATE, OK, UsageError
from mlrubric.cli.output import options_for, progress, put
from mlrubric.cli.shared import folder_of, say, settings_for, show


def run(options: argparse.Namespace) -> int:
    from mlrubric.compare import compare
    from mlrubric.report.diff_text import diff_json, diff_markdown, diff_rows
    from mlrubric.source.revision import RevisionError, RevisionTree
    from mlrubric.source.tree import DiskTree, Tree

    root = folder_of(options.path)
    settings = settings_for(root, options)
    try:
        base = RevisionTree(root, options.base)
        head: Tree = RevisionTree(root, options.head) if options.head else DiskTree(root)
    except RevisionError as error:
        raise UsageError(str(error)) from error
    settings = replace(settings, as_of=settings.as_of or head.commit_date)
    names = (options.base, options.head or "the files now")
    with progress(not options.quiet) as shown:
        comparison = compare(base, head, names, root.resolve().name, settings, shown)
    if options.output_format == "json":
        put(diff_json(comparison), options.output_file)
    elif options.output_format == "markdown":
        put(diff_markdown(comparison), options.output_file)
    else:
        show(diff_rows(comparison, options_for("diff", 0, options.output_file).width), options.output_file)
    lost = [change.after.id for change in comparison.changes if change.gain < 0]
    return say(f"--fail-on-drop: {', '.join(lost)}", GATE) if options.fail_on_drop and lost else OK
