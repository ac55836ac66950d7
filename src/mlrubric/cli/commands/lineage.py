"""What a model, a feature, a column, a file or a line comes from, back to the commit and the version of the data."""

from __future__ import annotations

import argparse

from mlrubric.cli import OK, UsageError
from mlrubric.cli.output import check_writable, options_for, put
from mlrubric.cli.shared import analysis_of, folder_of, path_inside, settings_for, show


def run(options: argparse.Namespace) -> int:
    from mlrubric.graph.lifecycle.chain import chain_of, names
    from mlrubric.report.cards import nearest
    from mlrubric.report.json_text import dumps
    from mlrubric.report.lineage_text import lineage_document, lineage_rows
    from mlrubric.report.spot import named

    root = folder_of(options.path)
    if options.output_file is not None:
        check_writable(options.output_file)
    analysis = analysis_of(root, settings_for(root, options), options)
    place = named(options.node)
    if place is not None:
        path = path_inside(root, place.file, analysis.report)
        chain = chain_of(analysis.picture, path=path, line=place.line)
    else:
        chain = chain_of(analysis.picture, name=options.node)
    if chain is None:
        known = names(analysis.picture)
        raise UsageError(f"nothing here is called `{options.node}`{nearest(options.node, known)}; a place is FILE:LINE")
    chain = analysis.system.published(chain)
    commit = analysis.report.repository.commit
    if options.output_format == "json":
        put(dumps(lineage_document(chain, commit)), options.output_file)
    else:
        width = options_for("lineage", 0, None).width
        show(lineage_rows(chain, commit, width), options.output_file)
    return OK
