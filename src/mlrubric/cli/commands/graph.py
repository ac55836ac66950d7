"""The graph that every answer comes from."""

from __future__ import annotations

import argparse

from mlrubric.cli import OK, UsageError
from mlrubric.cli.output import check_writable, put
from mlrubric.cli.shared import analysis_of, folder_of, settings_for


def run(options: argparse.Namespace) -> int:
    from mlrubric.graph.layers import LAYERS
    from mlrubric.report.graph_text import graph_dot, graph_json
    from mlrubric.report.json_text import dumps

    root = folder_of(options.path)
    if options.layer != "pipeline" and options.output_format != "json":
        raise UsageError(f"the layer {options.layer} is written as json only")
    if options.output_file is not None:
        check_writable(options.output_file)
    analysis = analysis_of(root, settings_for(root, options), options)
    picture = analysis.picture
    if options.layer in LAYERS:
        put(dumps(analysis.system.published(LAYERS[options.layer](picture))), options.output_file)
        return OK
    made = picture.graph
    put(graph_json(made) if options.output_format == "json" else graph_dot(made), options.output_file)
    return OK
