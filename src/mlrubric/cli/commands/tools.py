"""All tools that are known."""

from __future__ import annotations

import argparse

from mlrubric.cli import OK, UsageError
from mlrubric.cli.output import options_for, put
from mlrubric.cli.shared import show


def run(options: argparse.Namespace) -> int:
    from mlrubric.knowledge.tools import load_tools
    from mlrubric.report.cards import nearest
    from mlrubric.report.tool_book import tool_text, tools_json, tools_markdown, tools_text
    from mlrubric.rules.load import load_rules

    shown = load_tools()
    if options.name is not None:
        names = {name.lower(): tool for tool in shown for name in (tool.name, tool.id)}
        if options.name.lower() not in names:
            raise UsageError(f"no tool is called `{options.name}`{nearest(options.name, names)} (mlrubric tools lists them)")
        shown = (names[options.name.lower()],)
    width = options_for("tools", 0, options.output_file).width
    if options.output_format == "json":
        put(tools_json(shown, whole=options.name is not None), options.output_file)
    elif options.output_format == "markdown":
        put(tools_markdown(shown), options.output_file)
    elif options.name is not None:
        show(tool_text(shown[0], width, {test.id: test.title for test in load_rules().tests}), options.output_file)
    else:
        show(tools_text(shown, width), options.output_file)
    return OK
