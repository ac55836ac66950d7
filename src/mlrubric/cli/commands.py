"""What each command does: settings, one analysis, output, exit status."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from mlrubric.cli import GATE, INTERNAL, OK, UsageError
from mlrubric.cli.deadline import deadline
from mlrubric.cli.output import check_writable, options_for, progress, put

if TYPE_CHECKING:
    from mlrubric.analyze import Analysis
    from mlrubric.config import Settings
    from mlrubric.model.report import Report
    from mlrubric.report import View
    from mlrubric.report.screen import Row

RANK = {"error": 0, "warning": 1, "note": 2, "never": -1}
MARKS_OF_A_ROOT = (".git", "mlrubric.toml", "pyproject.toml")


def run(options: object) -> int:
    assert isinstance(options, argparse.Namespace)
    with deadline(getattr(options, "timeout", None)):
        return COMMANDS[options.command](options)


# ---- score and check ------------------------------------------------------------------------------------------------


def score(options: argparse.Namespace) -> int:
    outputs = _outputs(options)
    root = _folder(options.path)
    settings = _settings(root, options)
    view = _view(_analysis(root, settings, options))
    _write(view, outputs, options, settings)
    return _status(view.report, settings, options)


def check(options: argparse.Namespace) -> int:
    outputs = _outputs(options)
    if options.stdin_filename is not None and options.paths != ["-"]:
        raise UsageError("--stdin-filename goes with `check -`")
    if "-" in options.paths:
        view, settings = _from_standard_input(options)
    else:
        root, wanted = _root_of([Path(path) for path in options.paths])
        settings = _settings(root, options)
        view = _view(_analysis(root, settings, options))
        view = replace(view, report=_only(view.report, wanted))
    _write(view, outputs, options, settings)
    return _status(view.report, settings, options)


def _from_standard_input(options: argparse.Namespace) -> tuple[View, Settings]:
    """One file, alone, under the name that was given; the settings are those of this folder."""
    if options.paths != ["-"]:
        raise UsageError("`-` stands alone: standard input is one file")
    if not options.stdin_filename:
        raise UsageError("`check -` needs --stdin-filename NAME: what the file is follows from its name")
    from mlrubric.analyze import analyze_tree
    from mlrubric.source.tree import MemoryTree

    name = PurePosixPath(options.stdin_filename.replace("\\", "/"))
    inside = not name.is_absolute() and ".." not in name.parts and name.name
    settings = _settings(Path(), options)
    tree = MemoryTree({str(name) if inside else name.name: sys.stdin.buffer.read()})
    return _view(analyze_tree(tree, name.name, settings)), settings


def _settings(root: Path, options: argparse.Namespace) -> Settings:
    """The configuration with the command line over it."""
    from mlrubric.config import read_settings

    settings = read_settings(root, options.config)
    if options.audit and options.offline:
        raise UsageError("--audit uses the network, which --offline forbids")
    if options.osv_url and not options.audit:
        raise UsageError("--osv-url goes with --audit")
    settings = replace(settings, audit=options.audit, osv_url=options.osv_url, as_of=options.as_of)
    for name in ("profile", "persona", "fail_under", "fail_on"):
        if getattr(options, name, None) is not None:
            settings = replace(settings, **{name: getattr(options, name)})
    if getattr(options, "select", None):
        settings = replace(settings, select=tuple(options.select))
    if getattr(options, "ignore", None):
        settings = replace(settings, ignore=(*settings.ignore, *options.ignore))
    _check_selectors(settings)
    return settings


def _check_selectors(settings: Settings) -> None:
    """A rule that is not known would silently select or ignore nothing."""
    from mlrubric.report.cards import nearest
    from mlrubric.rules.load import load_rules

    selectors = [*settings.select, *settings.ignore, *(item for _, ids in settings.per_path_ignores for item in ids)]
    if not selectors:
        return
    known = [rule.id for rule in load_rules().rules]
    for item in selectors:
        if item != "ALL" and not any(rule.startswith(item) for rule in known):
            raise UsageError(f"no rule is called or begins with `{item}`{nearest(item, known)} (mlrubric rules lists them)")


def _analysis(root: Path, settings: Settings, options: argparse.Namespace) -> Analysis:
    from mlrubric.analyze import analyze

    with progress(not options.quiet) as shown:
        return analyze(root, settings, shown)


def _view(analysis: Analysis) -> View:
    from mlrubric.report import View
    from mlrubric.report.cards import cards_of

    def text(path: str) -> str:
        return analysis.texts(path) or ""

    return View(analysis.report, text, cards_of(analysis.rules))


def _only(report: Report, wanted: Sequence[str]) -> Report:
    """What concerns the files and folders that were asked for; "" stands for everything."""

    def fits(path: str) -> bool:
        return any(not prefix or path == prefix or path.startswith(prefix + "/") for prefix in wanted)

    return replace(
        report,
        findings=tuple(finding for finding in report.findings if fits(finding.place.path)),
        suppressed=tuple(finding for finding in report.suppressed if fits(finding.place.path)),
        notices=tuple(message for message in report.notices if message.place is None or fits(message.place.path)),
        repository=replace(
            report.repository, unreadable=tuple(m for m in report.repository.unreadable if m.place is None or fits(m.place.path))
        ),
    )


# ---- output and status ----------------------------------------------------------------------------------------------


def _outputs(options: argparse.Namespace) -> list[tuple[str, Path | None]]:
    """Format and file of everything that is to be written, the main output first."""
    from mlrubric.report import formats

    known = formats()
    main = options.output_format or "full"
    outputs: list[tuple[str, Path | None]] = [(main, options.output_file)]
    for given in options.write:
        name, equals, file = given.partition("=")
        if not equals or not file:
            raise UsageError(f"--write wants FORMAT=FILE, not `{given}`")
        outputs.append((name, Path(file)))
    for name, target in outputs:
        if name not in known:
            raise UsageError(f"`{name}` is no output format; there are {', '.join(known)}")
        if target is not None:
            check_writable(target)
    return outputs


def _write(view: View, outputs: Sequence[tuple[str, Path | None]], options: argparse.Namespace, settings: Settings) -> None:
    from mlrubric.report import formats

    known = formats()
    for name, target in reversed(outputs):  # files first: standard output may be closed early
        shown = view
        if settings.profile == "lenient" and not getattr(known[name], "ALL_NUMBERS", False):
            from mlrubric.report.profile import lenient

            shown = replace(view, report=lenient(view.report))
        put(known[name].render(shown, options_for(options.command, _verbosity(options), target)), target)
        foreign = sum(1 for finding in view.report.findings if finding.place.repository)
        if foreign and name in ANNOTATING:
            _say(f"{foreign} findings in files of other repositories are not in the {name} output", OK)


ANNOTATING = ("github", "gitlab", "rdjson", "sarif")  # they speak of files of one repository


def _verbosity(options: argparse.Namespace) -> int:
    return -1 if options.quiet else 1 if options.verbose else 0


def _status(report: Report, settings: Settings, options: argparse.Namespace) -> int:
    """The contract's exit status; a gate in SARIF mode counts only when the command line names one, so that the upload step runs."""
    repository = report.repository
    if repository.analysed == 0 and repository.unreadable:
        return _say("none of the files could be read", INTERNAL)
    limits = [message for message in report.notices if message.level in ("warning", "error")]
    if options.strict and (repository.unreadable or limits):
        return _say("--strict: not everything could be read", INTERNAL)
    named = options.fail_on is not None or getattr(options, "fail_under", None) is not None
    if options.output_format == "sarif" and not named:
        return OK
    return GATE if _gates(report, settings, options) else OK


def _gates(report: Report, settings: Settings, options: argparse.Namespace) -> bool:
    failed = False
    level = settings.fail_on or ("error" if options.command == "check" else "never")
    hits = [finding for finding in report.findings if RANK[finding.level] <= RANK[level]]
    if hits:
        failed = True
        if options.command == "score":
            _say(f"--fail-on {level}: {len(hits)} {'finding' if len(hits) == 1 else 'findings'}", GATE)
    if options.command == "score" and settings.fail_under is not None:
        reached = report.score.lenient if settings.profile == "lenient" else report.score.observed
        if reached < settings.fail_under:
            failed = True
            _say(f"--fail-under {settings.fail_under:g}: the score is {reached:g}", GATE)
    return failed


def _say(message: str, status: int) -> int:
    print(f"mlrubric: {message}", file=sys.stderr)
    return status


# ---- paths ----------------------------------------------------------------------------------------------------------


def _folder(path: str) -> Path:
    given = Path(path)
    if given.is_file():
        raise UsageError(f"{given} is a file; `mlrubric check {given}` looks at single files")
    if not given.is_dir():
        raise UsageError(f"no such folder: {given}")
    return given


def _root_of(paths: Sequence[Path]) -> tuple[Path, list[str]]:
    """The folder to analyse and what to report on, from there. One folder is itself; for files it is the project around them."""
    for path in paths:
        if not path.exists():
            raise UsageError(f"no such file or folder: {path}")
    if len(paths) == 1 and paths[0].is_dir():
        return paths[0], [""]
    full = [path.resolve() for path in paths]
    common = full[0] if full[0].is_dir() else full[0].parent
    while not all(path.is_relative_to(common) for path in full):
        common = common.parent
    root = next((folder for folder in (common, *common.parents) if any((folder / mark).exists() for mark in MARKS_OF_A_ROOT)), common)
    return root, ["" if path == root else path.relative_to(root).as_posix() for path in full]


# ---- the other commands ---------------------------------------------------------------------------------------------


def explain(options: argparse.Namespace) -> int:
    from mlrubric.report.book import explanation
    from mlrubric.report.cards import cards_of, nearest
    from mlrubric.rules.load import load_rules

    book = load_rules()
    found = book.find(options.id)
    cards = cards_of(book)
    if found is None:
        raise UsageError(f"nothing is called `{options.id}`{nearest(options.id, cards)} (mlrubric rules lists the rules)")
    _print(explanation(cards[found.id], cards, options_for("explain", 0, None).width))
    return OK


def rules(options: argparse.Namespace) -> int:
    from mlrubric.report.book import rules_json, rules_text
    from mlrubric.report.cards import cards_of
    from mlrubric.rules.load import load_rules

    cards = cards_of(load_rules()).values()
    if options.output_format == "json":
        put(rules_json(cards), options.output_file)
    else:
        _print(rules_text(cards, options_for("rules", 0, options.output_file).width), options.output_file)
    return OK


def tools(options: argparse.Namespace) -> int:
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
        _print(tool_text(shown[0], width, {test.id: test.title for test in load_rules().tests}), options.output_file)
    else:
        _print(tools_text(shown, width), options.output_file)
    return OK


def why(options: argparse.Namespace) -> int:
    from mlrubric.report.cards import nearest
    from mlrubric.report.spot import named, spot_in
    from mlrubric.report.why import why_place, why_test

    root = _folder(options.path)
    place = named(options.what)
    analysis = _analysis(root, _settings(root, options), options)
    view = _view(analysis)
    width = options_for("why", 0, None).width
    if place is not None:
        path = _inside(root, place.file, view.report)
        spot = spot_in(path, view.texts(path), place)
        if isinstance(spot, str):
            raise UsageError(spot)
        _print(why_place(view, spot, width, analysis.picture.schedule.at(path, spot.span)))
        return OK
    known = {test.id: test for test in view.report.tests}
    test = known.get(options.what.lower())
    if test is None:
        if (card := view.cards.get(options.what.upper())) is not None:
            raise UsageError(f"`{options.what}` is no test; mlrubric explain {card.id} says what it is, and a place is FILE:LINE")
        raise UsageError(f"`{options.what}` is no test{nearest(options.what, known)}; a place is FILE:LINE")
    _print(why_test(view, test, width, _verbosity(options)))
    return OK


def _inside(root: Path, file: str, report: Report) -> str:
    """The file as the report names it: from the root, also when it was given from here or as short as the screen shows it."""
    if (root / file).is_file():
        return PurePosixPath(Path(file).as_posix()).as_posix() if not Path(file).is_absolute() else _relative(root, Path(file))
    if Path(file).is_file():
        return _relative(root, Path(file))
    steps = [step.place for test in report.tests for evidence in test.evidence for step in evidence.path]
    named = {place.path for place in (*steps, *(finding.place for finding in report.findings))}
    meant = sorted(path for path in named if path.endswith(f"/{file}"))
    if len(meant) == 1:
        return meant[0]
    raise UsageError(f"no such file: {file}" + (f"; there are {', '.join(meant)}" if meant else ""))


def _relative(root: Path, file: Path) -> str:
    try:
        return file.resolve().relative_to(root.resolve()).as_posix()
    except ValueError as error:
        raise UsageError(f"{file} is not below {root}") from error


def graph(options: argparse.Namespace) -> int:
    from mlrubric.graph.layers import LAYERS
    from mlrubric.report.graph_text import graph_dot, graph_json
    from mlrubric.report.json_text import dumps

    root = _folder(options.path)
    if options.layer != "pipeline" and options.output_format != "json":
        raise UsageError(f"the layer {options.layer} is written as json only")
    if options.output_file is not None:
        check_writable(options.output_file)
    analysis = _analysis(root, _settings(root, options), options)
    picture = analysis.picture
    if options.layer in LAYERS:
        put(dumps(analysis.system.published(LAYERS[options.layer](picture))), options.output_file)
        return OK
    made = picture.graph
    put(graph_json(made) if options.output_format == "json" else graph_dot(made), options.output_file)
    return OK


def lsp(options: argparse.Namespace) -> int:
    from collections.abc import Mapping

    from mlrubric.analyze import Memory, analyze
    from mlrubric.config import read_settings
    from mlrubric.lsp import serve

    memories: dict[Path, Memory] = {}

    def analyse(root: Path, overlay: Mapping[str, str]) -> Report:
        return analyze(root, read_settings(root), None, overlay, memories.setdefault(root, Memory())).report

    return serve(analyse)


def _print(rows: Sequence[Row], target: Path | None = None) -> None:
    from mlrubric.report.screen import paint

    shown = options_for("", 0, target)
    put(paint(rows, shown.width, shown.color, shown.unicode), target)


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    command.__name__: command for command in (score, check, explain, rules, tools, why, graph, lsp)
}
