"""The arguments of every command, and what `--help` says."""

from __future__ import annotations

import argparse
import math
import os

from mlrubric import RULES_VERSION, __version__

TYPE_CHECKING = False  # as of typing, which costs as much to import as argparse
if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import TypeAlias

    Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

COMMANDS = (
    "score", "check", "explain", "rules", "tools", "why", "plan", "diff", "graph", "lineage", "lsp", "init", "completion",
)  # fmt: skip
LEVELS = ("error", "warning", "note", "never")
STATUSES = """\
exit status: 0 fine; 1 a gate failed (--fail-on, --fail-under); 2 wrong use or configuration; 3 internal error, time-out,
or files were there and none could be read. Files that cannot be read are notices; --strict makes them 3."""


def parse(given: list[str]) -> argparse.Namespace:
    """The options; leaves with status 2 and the reason on standard error when they are wrong."""
    known = parser()
    if not given or (given[0].startswith("-") and given[0] not in ("-h", "--help", "--version")):
        given = ["score", *given]
    elif not given[0].startswith("-") and given[0] not in COMMANDS:
        if os.path.lexists(given[0]):
            given = ["score", *given]
        else:
            import difflib

            close = difflib.get_close_matches(given[0], COMMANDS, 1, 0.6)
            hint = f"; did you mean `{close[0]}`?" if close else ""
            known.error(f"`{given[0]}` is neither a command ({', '.join(COMMANDS)}) nor a path{hint}")
    return known.parse_args(given)


def parser() -> argparse.ArgumentParser:
    """Every command with its options."""
    parser = argparse.ArgumentParser(
        prog="mlrubric",
        description="How production-ready is the machine learning in this repository? Reads it, never runs it.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"""\
examples:
  mlrubric                              score the repository in this folder
  mlrubric score PATH -v                all 28 tests with their evidence
  mlrubric check --select LEAK,SEED     only findings, only of these rules
  mlrubric why infra-4                  what earned a test its credit, or where it breaks
  mlrubric why src/train.py:32          what is wrong on a line, and how the data got there
  mlrubric explain LEAK001              what a rule, a test or a capability means
  mlrubric score --write sarif=out.sarif --write json=out.json
  mlrubric tools kserve                 what of a tool is recognised, and which tests it can serve

several repositories are scored as one with [tool.mlrubric.system] members = ["../serving"]; shared automation that lies in
another one is followed with [tool.mlrubric.system.sources] "github.com/org/ci" = "../ci".

{STATUSES}""",
    )
    parser.add_argument("--version", action="version", version=f"mlrubric {__version__} (rules {RULES_VERSION})")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _score(commands)
    _check(commands)
    _explain(commands)
    _rules(commands)
    _tools(commands)
    _why(commands)
    _plan(commands)
    _diff(commands)
    _graph(commands)
    _lineage(commands)
    _lsp(commands)
    _init(commands)
    _completion(commands)
    return parser


class _FormatNames:
    """The output formats as something to choose from; the package is walked when it is asked, not before."""

    def __iter__(self) -> Iterator[str]:
        from mlrubric.report import formats

        return iter(formats())

    def __contains__(self, name: object) -> bool:
        return name in list(self)


def _command(commands: Commands, name: str, text: str, examples: str) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=text,
        description=text[0].upper() + text[1:] + ".",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"examples:\n{examples}\n\n{STATUSES}",
    )


def _score(commands: Commands) -> None:
    parser = _command(
        commands,
        "score",
        "the ML Test Score, the maturity level, what breaks, and what to do next",
        "  mlrubric score\n  mlrubric score PATH -v\n  mlrubric score --fail-under 1.0 --write sarif=mlrubric.sarif",
    )
    parser.add_argument("path", nargs="?", default=".", metavar="PATH", help="the folder of the repository (default: this one)")
    parser.add_argument("--profile", choices=("paper", "lenient"), help="which numbers people and gates see (default: paper)")
    parser.add_argument("--model", metavar="NAME", help="only this model: its score and its tests in the place of the repository's")
    parser.add_argument("--azure", action="store_true", help="judge by Azure's maturity levels 0 to 4 too")
    parser.add_argument("--fail-under", type=_score_value, metavar="SCORE", help="exit with 1 when the score is below (0 to 7)")
    _findings(parser, "never")
    _output(parser)
    _analysis(parser)


def _check(commands: Commands) -> None:
    parser = _command(
        commands,
        "check",
        "findings only: what is wrong, on which line",
        "  mlrubric check\n  mlrubric check src/train.py --output-format concise\n  mlrubric check --diff --unsafe-fixes\n"
        "  mlrubric check - --stdin-filename train.py < train.py",
    )
    parser.add_argument(
        "paths", nargs="*", default=["."], metavar="PATH", help="files and folders to report on; `-` reads one file from standard input"
    )
    parser.add_argument("--root", type=_path, metavar="FOLDER", help="the folder of the repository (default: the one that PATH lies in)")
    parser.add_argument("--stdin-filename", metavar="NAME", help="the name that the file from standard input has")
    fixes = parser.add_argument_group("fixes")
    fixes.add_argument("--fix", action="store_true", help="mend what can be mended without changing a number that a run produces")
    fixes.add_argument("--unsafe-fixes", action="store_true", help="with --fix or --diff, also what may change one: seeds, pins, gates")
    fixes.add_argument("--diff", action="store_true", help="change nothing; print what would change, and exit with 1 when something would")
    known = parser.add_argument_group("what is known already")
    known.add_argument("--baseline", type=_path, metavar="FILE", help="leave out the findings that this file lists")
    known.add_argument("--write-baseline", type=_path, metavar="FILE", help="write today's findings there as known, and exit with 0")
    known.add_argument("--changed-since", metavar="REV", help="only what was not there where the work parted from REV, and changed lines")
    _findings(parser, "error")
    _output(parser)
    _analysis(parser)


def _explain(commands: Commands) -> None:
    parser = _command(
        commands,
        "explain",
        "what a rule, a test or a capability means",
        "  mlrubric explain LEAK001\n  mlrubric explain infra-4\n  mlrubric explain G1.6",
    )
    parser.add_argument("id", metavar="ID")


def _rules(commands: Commands) -> None:
    parser = _command(
        commands,
        "rules",
        "all rules that are known; with --mutate, the proof of the score on a repository",
        "  mlrubric rules\n  mlrubric rules --output-format json\n  mlrubric rules --mutate PATH\n  mlrubric rules --test ./rules",
    )
    parser.add_argument(
        "--mutate",
        nargs="?",
        const=".",
        metavar="PATH",
        help="break each condition of every automated test of a repository, in memory, and compare the answer with the prediction",
    )
    parser.add_argument(
        "--test", nargs="?", const="", metavar="DIR", help="run the examples of the rule files below a folder (default: the packaged rules)"
    )
    parser.add_argument("--output-format", choices=("full", "json"), default="full")
    _file(parser)
    _analysis(parser)


def _tools(commands: Commands) -> None:
    parser = _command(
        commands,
        "tools",
        "all tools that are known: what is recognised of them, and which tests they can serve",
        "  mlrubric tools\n  mlrubric tools kserve\n  mlrubric tools --output-format json",
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="show this tool whole")
    parser.add_argument("--output-format", choices=("full", "json", "markdown"), default="full")
    _file(parser)


def _why(commands: Commands) -> None:
    parser = _command(
        commands,
        "why",
        "the evidence path of a test, a capability or a finding, hop by hop",
        "  mlrubric why infra-4\n  mlrubric why infra-4 PATH\n  mlrubric why src/train.py:32",
    )
    parser.add_argument("what", metavar="TEST|CAPABILITY|FILE:LINE")
    parser.add_argument("path", nargs="?", default=".", metavar="PATH", help="the folder of the repository (default: this one)")
    _analysis(parser)


def _plan(commands: Commands) -> None:
    parser = _command(
        commands,
        "plan",
        "what to do next: mends that make several tests real, then the most points for the work, from the section that decides",
        "  mlrubric plan\n  mlrubric plan PATH --what-if 1,2\n  mlrubric plan --what-if ci.yml:31 --what-if infra-4=automated",
    )
    parser.add_argument("path", nargs="?", default=".", metavar="PATH", help="the folder of the repository (default: this one)")
    parser.add_argument(
        "--what-if",
        type=_ids,
        action="extend",
        default=[],
        metavar="WISH",
        help="count with this done: the number of a step, FILE:LINE of a break, TEST or TEST=STATUS; repeatable, or with commas",
    )
    parser.add_argument("--output-format", choices=("full", "json"), default="full")
    _file(parser)
    _analysis(parser)


def _diff(commands: Commands) -> None:
    parser = _command(
        commands,
        "diff",
        "what a change did to the score and why, test by test, with the line that did it",
        "  mlrubric diff origin/main\n  mlrubric diff v1.0 v2.0 --output-format json\n  mlrubric diff main --fail-on-drop",
    )
    parser.add_argument("base", metavar="BASE", help="a revision of git to compare with")
    parser.add_argument("head", nargs="?", metavar="HEAD", help="a revision of git (default: the files as they are now)")
    parser.add_argument("--path", default=".", metavar="PATH", help="the folder of the repository (default: this one)")
    parser.add_argument("--fail-on-drop", action="store_true", help="exit with 1 when a test has less credit than before")
    parser.add_argument("--output-format", choices=("full", "json", "markdown"), default="full")
    _file(parser)
    _analysis(parser)


def _graph(commands: Commands) -> None:
    parser = _command(
        commands,
        "graph",
        "the graph of triggers, jobs, steps, code and data that every answer comes from",
        "  mlrubric graph --output-format json > graph.json\n  mlrubric graph --output-format dot | dot -Tsvg > graph.svg",
    )
    parser.add_argument("path", nargs="?", default=".", metavar="PATH", help="the folder of the repository (default: this one)")
    parser.add_argument(
        "--layer",
        choices=("pipeline", "calls", "callsites", "dataflow"),
        default="pipeline",
        help="what the graph shows (default: pipeline)",
    )
    parser.add_argument("--output-format", choices=("json", "dot"), default="json")
    _file(parser)
    _analysis(parser)


def _lineage(commands: Commands) -> None:
    parser = _command(
        commands,
        "lineage",
        "what a model, a feature, a column, a file or a line comes from, back to the commit and the version of the data",
        "  mlrubric lineage churn_model\n  mlrubric lineage tenure PATH\n  mlrubric lineage src/train.py:32 --output-format json",
    )
    parser.add_argument("node", metavar="NODE", help="a model, a feature, a column, an artifact, or FILE:LINE")
    parser.add_argument("path", nargs="?", default=".", metavar="PATH", help="the folder of the repository (default: this one)")
    parser.add_argument("--output-format", choices=("full", "json"), default="full")
    _file(parser)
    _analysis(parser)


def _lsp(commands: Commands) -> None:
    _command(commands, "lsp", "the editor server, over standard input and output", "  mlrubric lsp")


def _init(commands: Commands) -> None:
    parser = _command(
        commands,
        "init",
        "a configuration to begin with: every setting with its meaning, and drafts of attestations",
        "  mlrubric init\n  mlrubric init --attest --as-of today\n  mlrubric init --stdout >> pyproject.toml",
    )
    parser.add_argument("path", nargs="?", default=".", metavar="PATH", help="the folder of the repository (default: this one)")
    parser.add_argument(
        "--attest", action="store_true", help="analyse the repository and draft an attestation for each test it cannot show"
    )
    parser.add_argument("--stdout", action="store_true", help="print the table for pyproject.toml instead of writing mlrubric.toml")
    parser.add_argument("--force", action="store_true", help="write over a mlrubric.toml that is there")
    _analysis(parser)


def _completion(commands: Commands) -> None:
    parser = _command(
        commands,
        "completion",
        "a script that completes the command line in a shell",
        "  source <(mlrubric completion bash)\n  mlrubric completion fish > ~/.config/fish/completions/mlrubric.fish",
    )
    parser.add_argument("shell", choices=("bash", "zsh", "fish"), metavar="SHELL", help="%(choices)s")
    _file(parser)


def _findings(parser: argparse.ArgumentParser, default: str) -> None:
    group = parser.add_argument_group("findings")
    group.add_argument("--select", type=_some_ids, action="extend", metavar="IDS", help="only these rules: ids or beginnings, with commas")
    group.add_argument("--ignore", type=_ids, action="extend", metavar="IDS", help="not these rules")
    group.add_argument("--persona", choices=("regular", "pedantic", "auditor"), help="how much to report (default: regular)")
    group.add_argument("--min-severity", choices=LEVELS[:-1], help="only findings of this level or worse (default: note)")
    group.add_argument(
        "--min-confidence", choices=("high", "medium", "low"), help="only findings of this confidence or more (default: low)"
    )
    group.add_argument("--fail-on", choices=LEVELS, help=f"exit with 1 when there is a finding of this level or worse (default: {default})")


def _output(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("output")
    group.add_argument(
        "--output-format",
        choices=_FormatNames(),
        default=os.environ.get("MLRUBRIC_OUTPUT_FORMAT") or None,
        metavar="FORMAT",
        help="%(choices)s (default: full, or the environment's MLRUBRIC_OUTPUT_FORMAT)",
    )
    group.add_argument("--write", action="append", default=[], metavar="FORMAT=FILE", help="write a file besides; repeatable")
    _file(parser)


def _file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--output-file", type=_path, metavar="FILE", help="write there instead of to standard output")


def _analysis(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("analysis")
    group.add_argument("--config", type=_path, metavar="FILE", help="read this file instead of mlrubric.toml or pyproject.toml")
    group.add_argument("--as-of", type=_date, metavar="DATE", help="the day that ages count to: YYYY-MM-DD or today (default: HEAD's date)")
    group.add_argument("--audit", action="store_true", help="look up known vulnerabilities of pinned dependencies (uses the network)")
    group.add_argument("--osv-url", metavar="URL", help="the vulnerability service for --audit")
    group.add_argument("--offline", action="store_true", help="never use the network; nothing does without --audit")
    group.add_argument("--timeout", type=_seconds, metavar="S", help="give up after S seconds, with exit status 3")
    group.add_argument("--strict", action="store_true", help="exit with 3 when a file could not be read or a limit was met")
    group.add_argument("--no-cache", action="store_true", help="analyse every file anew")
    volume = parser.add_mutually_exclusive_group()
    volume.add_argument("-q", "--quiet", action="store_true", help="only what was asked for")
    volume.add_argument("-v", "--verbose", action="store_true", help="everything: all 28 tests, all notices")


def _path(text: str) -> Path:
    from pathlib import Path

    return Path(text)


def _some_ids(text: str) -> list[str]:
    """An empty variable of a script would select everything."""
    ids = _ids(text)
    if not ids:
        raise argparse.ArgumentTypeError("it names no rule")
    return ids


def _ids(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _score_value(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 7:
        raise argparse.ArgumentTypeError(f"`{text}` is no number from 0 to 7")
    return value


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < 1e9:
        raise argparse.ArgumentTypeError(f"`{text}` is no number of seconds")
    return value


def _date(text: str) -> str:
    from datetime import date

    if text == "today":
        return date.today().isoformat()
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"`{text}` is no date (YYYY-MM-DD or today)") from error
