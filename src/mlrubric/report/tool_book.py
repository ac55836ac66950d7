"""What is known of the tools of the field, printed: the list of `tools`, one tool whole, and the page docs/tools.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mlrubric.knowledge.tools import AREAS, Tool
from mlrubric.report.json_text import dumps
from mlrubric.report.screen import Row, cut, pad, row, wrapped

HEAD = """\
# The tools that mlrubric reads

Written by `make tools` from `rules/tools/`, the catalogue and `fixtures/tools/`; do not edit. `mlrubric tools NAME` shows one tool whole.

- **files**: what of its files is read; **API**: how many of its names the catalogue knows; **commands**: command lines that are known.
- **tests**: the tests of the ML Test Score in which a fixture of it earns something; **proof**: that fixture, below `fixtures/tools/`.
"""

NAMED, SERVED = 38, 34  # columns of the screen for a name, for the tests

TABLE = ("| tool | files | API | commands | tests | proof |", "|---|---|--:|---|---|---|")


def tools_text(tools: Sequence[Tool], width: int) -> list[Row]:
    """One row per tool, by area."""
    named = min(max((len(tool.name) for tool in tools), default=4), NAMED) + 2
    served = min(max((len(", ".join(tool.tests)) for tool in tools), default=1), SERVED) + 2
    rows: list[Row] = []
    for area, title in AREAS.items():
        here = [tool for tool in tools if tool.area == area]
        if not here:
            continue
        rows += [row(), row((title[:1].upper() + title[1:], "bold"))] if rows else [row((title[:1].upper() + title[1:], "bold"))]
        for tool in here:
            tests_of = pad(cut(", ".join(tool.tests) or "-", served - 2), served)
            rows.append(row("  ", pad(cut(tool.name, named - 2), named), tests_of, (cut(_sizes(tool), width - named - served - 2), "dim")))
    tests = {test for tool in tools for test in tool.tests}
    return [*rows, row(), row(f"{len(tools)} tools for {len(tests)} tests; mlrubric tools NAME tells more")]


def tool_text(tool: Tool, width: int, titles: dict[str, str]) -> list[Row]:
    """All that is recognised of one tool, and what it can earn; `titles` are those of the tests."""
    rows = [row((cut(f"{tool.name}  {tool.versions}".rstrip(), width), "bold")), row((AREAS[tool.area], "dim"))]
    if tool.formats:
        rows += [row(), row(("Files", "bold"))]
        for one in tool.formats:
            first, *rest = wrapped(f"{one.what}", width - 4)
            rows += [row("  ", first), *(row("    ", line) for line in rest), row("    ", (f"reader {', '.join(one.readers)}", "dim"))]
    if tool.api:
        rows += [row(), row((f"API: {tool.api_names} names", "bold"))]
        for role, names in tool.api.items():
            rows.append(row("  ", role, (f"  {len(names)}", "dim")))
            rows += [row("    ", line) for line in wrapped(", ".join(names), width - 4)]
    for title, found in (("Commands", tool.commands), ("Actions", tool.actions)):
        if found:
            rows += [row(), row((title, "bold")), *(row("  ", line) for line in wrapped(", ".join(found), width - 2))]
    rows += [row(), row(("Tests it can serve", "bold"))]
    for test, cases in tool.tests.items():
        rows.append(row("  ", pad(test, 11), cut(titles.get(test, ""), width - 13)))
        rows += [row("    ", line) for line in wrapped(", ".join(f"fixtures/tools/{tool.id}/{case}" for case in cases), width - 4)]
    return rows if tool.tests else [*rows, row("  none by itself")]


def _sizes(tool: Tool) -> str:
    sizes = (("format", len(tool.formats)), ("name", tool.api_names), ("command", len(tool.commands)), ("action", len(tool.actions)))
    return ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for word, count in sizes if count)


def tools_json(tools: Iterable[Tool], whole: bool = False) -> str:
    """`whole`: with the names of the API, by role."""
    return dumps({"format": "mlrubric-tools/1", "tools": [_object(tool, whole) for tool in tools]})


def _object(tool: Tool, whole: bool) -> dict[str, object]:
    found: dict[str, object] = {
        "id": tool.id,
        "name": tool.name,
        "area": tool.area,
        "versions": tool.versions,
        "imports": list(tool.imports),
        "api_names": tool.api_names,
        "commands": list(tool.commands),
        "actions": list(tool.actions),
        "formats": [{"readers": list(one.readers), "what": one.what} for one in tool.formats],
        "tests": {test: list(cases) for test, cases in tool.tests.items()},
        "proof": list(tool.proof),
    }
    return found | ({"api": {role: list(names) for role, names in tool.api.items()}} if whole else {})


def tools_markdown(tools: Sequence[Tool]) -> str:
    """The page docs/tools.md."""
    lines = [HEAD]
    for area, title in AREAS.items():
        here = [tool for tool in tools if tool.area == area]
        if here:
            lines += [f"## {title[:1].upper()}{title[1:]}", "", *TABLE]
            lines += [_line(tool) for tool in here]
            lines.append("")
    tests = {test for tool in tools for test in tool.tests}
    return "\n".join([*lines, f"{len(tools)} tools, which serve {len(tests)} of the 28 tests."]) + "\n"


def _line(tool: Tool) -> str:
    name = f"**{tool.name}**{f'<br>{tool.versions}' if tool.versions else ''}"
    files = "<br>".join(one.what for one in tool.formats)
    commands = ", ".join(f"`{command}`" for command in tool.commands)
    if tool.actions:
        commands += f"{', ' if commands else ''}{len(tool.actions)} actions"
    api = str(tool.api_names) if tool.api_names else ""
    cells = (name, files, api, commands, ", ".join(tool.tests), f"`{tool.id}/{tool.proof[0]}`" if tool.proof else "")
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
