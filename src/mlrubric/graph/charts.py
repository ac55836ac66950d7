"""Helm charts: templates meet the values that are here, and what comes out is read as manifests, at the places of the templates.

The values are those of the chart, then those that a command, a GitOps object or a kustomization of this repository gives. A template that
cannot be evaluated stays as it was read, with the reason; blocks that the values leave out are told when they hold an object that serves.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from mlrubric.knowledge.commands import interpret
from mlrubric.model.facts import ChartFile, Command, Delivery, Fact, FileFacts, Notice
from mlrubric.model.homes import at_home, home
from mlrubric.model.place import Place, Span
from mlrubric.read.drive import read_as
from mlrubric.source.document import Document
from mlrubric.source.go_template.parse import TemplateProblem
from mlrubric.source.go_template.render import Rendered, Renderer
from mlrubric.source.go_template.values import Value, merged, shown, truth, value_of
from mlrubric.source.relocate import relocated
from mlrubric.source.syntax.node import SyntaxProblem
from mlrubric.source.syntax.yaml import parse_template

MANIFESTS = "kubernetes"
MOST = 400  # templates of one repository
KIND = re.compile(r"^kind:\s*(\w+)", re.MULTILINE)
USUAL = frozenset(
    (
        "Ingress",
        "HorizontalPodAutoscaler",
        "ServiceAccount",
        "Service",
        "PodDisruptionBudget",
        "NetworkPolicy",
        "Secret",
        "ConfigMap",
        "Role",
    )
)


@dataclass(slots=True)
class Charts:
    """The facts of a repository with its charts put together; `guessed` are templates of which a condition is not known."""

    facts: Sequence[FileFacts]
    guessed: set[str] = field(default_factory=set)
    notes: list[tuple[Place, str]] = field(default_factory=list)


@dataclass(slots=True)
class _Chart:
    folder: str
    head: Value
    values: Value
    above: Mapping[str, Value]  # what a chart gives to this one inside of it


def put_together(facts: Sequence[FileFacts]) -> Charts:
    """Rendered manifests in the place of the templates."""
    files = {one.path: fact for one in facts for fact in one.facts if isinstance(fact, ChartFile)}
    heads = {posixpath.dirname(path): fact for path, fact in files.items() if fact.kind == "chart"}
    found = Charts(facts)
    if not heads:
        return found
    given = _given(facts, files, set(heads))
    rendered: dict[str, tuple[Fact, ...]] = {}
    for folder in sorted(heads):
        if any(folder.startswith(f"{other}/charts/" if other else "charts/") for other in heads if other != folder):
            continue  # a chart inside of another is put together with it
        values = _values(files, folder)
        for one in given.get(folder, ()):
            values = merged(values, one)
        _chart(files, heads, _Chart(folder, _tree(heads[folder].text), values, {}), found, rendered)
    found.facts = [_exchanged(one, rendered) for one in facts]
    return found


def _exchanged(one: FileFacts, rendered: Mapping[str, tuple[Fact, ...]]) -> FileFacts:
    return FileFacts(one.path, one.format, rendered[one.path]) if one.format == MANIFESTS and one.path in rendered else one


def _chart(
    files: Mapping[str, ChartFile], heads: Mapping[str, ChartFile], chart: _Chart, found: Charts, rendered: dict[str, tuple[Fact, ...]]
) -> None:
    root = f"{chart.folder}/" if chart.folder else ""
    inside = sorted(f for f in heads if f.startswith(f"{root}charts/") and f.count("/") == f"{root}charts/".count("/"))
    wanted = _dependencies(files, chart)
    head = chart.head if isinstance(chart.head, dict) else {}
    own = {path: fact for path, fact in files.items() if path.startswith(f"{root}templates/")}
    library = [f.text for p, f in files.items() if f.kind == "helper" and p.startswith(root)]
    context: dict[str, Value] = {
        "Values": merged(chart.values, dict(chart.above)),
        "Chart": {name[:1].upper() + name[1:]: value for name, value in head.items()},
        "Release": {"Name": "release", "Namespace": "default", "Service": "Helm", "IsInstall": True, "IsUpgrade": False, "Revision": 1},
        "Capabilities": {"KubeVersion": {"Version": "v1.30.0", "Major": "1", "Minor": "30", "GitVersion": "v1.30.0"}},
        "Template": {"Name": "template", "BasePath": "templates"},
    }
    try:
        renderer = Renderer(library, context)
    except TemplateProblem as problem:
        where = Place(f"{root}Chart.yaml")
        found.notes.append((where, f"the chart is read as written: a helper is not understood: {problem.reason}"))
        return
    for path, fact in sorted(own.items()):
        if fact.kind == "template" and len(rendered) < MOST:
            _template(path, fact, renderer, found, rendered)
    for folder in inside:
        name = posixpath.basename(folder)
        condition = wanted.pop(name, "")
        if condition and not truth(_at(context["Values"], condition)):
            found.notes.append((Place(f"{root}Chart.yaml"), f"the chart {name} inside of it is switched off by `{condition}`"))
            for path in files:
                if path.startswith(f"{folder}/templates/"):
                    rendered[path] = ()
            continue
        values = context["Values"] if isinstance(context["Values"], dict) else {}
        above = values.get(name)
        inner = _Chart(folder, _tree(heads[folder].text), _values(files, folder), above if isinstance(above, dict) else {})
        if "global" in values:
            inner.above = {**inner.above, "global": values["global"]}
        _chart(files, heads, inner, found, rendered)
    for name in sorted(wanted):
        found.notes.append(
            (Place(f"{root}Chart.yaml"), f"the chart `{name}` that this one depends on is not here: what it brings is not known")
        )


def _template(path: str, fact: ChartFile, renderer: Renderer, found: Charts, rendered: dict[str, tuple[Fact, ...]]) -> None:
    try:
        result = renderer.render(fact.text)
    except TemplateProblem as problem:
        place = Place(path, Span(problem.line), "template")
        found.notes.append((place, f"the template is read as written: {problem.reason}"))
        return
    facts = read_as(MANIFESTS, Document(path, result.text))
    rendered[path] = tuple(relocated(one, partial(_line, result)) for one in facts if not isinstance(one, Notice))
    if result.guessed:
        found.guessed.add(path)
    for line, condition, body in result.off:
        kinds = [kind for kind in KIND.findall(body) if kind not in USUAL]
        if kinds:
            words = f"{kinds[0]} is switched off: `{condition}` does not hold with the values that are here"
            found.notes.append((Place(path, Span(line), "template"), words))


def _line(result: Rendered, line: int) -> int:
    return result.lines[min(max(line, 1), len(result.lines)) - 1]


def _tree(text: str) -> Value:
    try:
        roots = parse_template(text)
    except SyntaxProblem:
        return {}
    return value_of(roots[0]) if roots else {}


def _values(files: Mapping[str, ChartFile], folder: str) -> Value:
    for name in ("values.yaml", "values.yml"):
        fact = files.get(f"{folder}/{name}" if folder else name)
        if fact is not None:
            found = _tree(fact.text)
            return found if isinstance(found, dict) else {}
    return {}


def _at(values: Value, route: str) -> Value:
    for name in route.split(",")[0].split("."):
        values = values.get(name) if isinstance(values, dict) else None
    return values


def _dependencies(files: Mapping[str, ChartFile], chart: _Chart) -> dict[str, str]:
    """Names of the charts that a chart asks for, with the value that switches each."""
    root = f"{chart.folder}/" if chart.folder else ""
    listed = chart.head.get("dependencies") if isinstance(chart.head, dict) else None
    if listed is None and f"{root}requirements.yaml" in files:
        tree = _tree(files[f"{root}requirements.yaml"].text)
        listed = tree.get("dependencies") if isinstance(tree, dict) else None
    items = listed if isinstance(listed, list) else []
    return {shown(i.get("alias") or i.get("name")): shown(i.get("condition")) for i in items if isinstance(i, dict)}


# ---- values that are given to a chart -----------------------------------------------------------------------------------------


def _given(facts: Sequence[FileFacts], files: Mapping[str, ChartFile], charts: set[str]) -> dict[str, list[Value]]:
    """Chart -> the values of its release in this repository; of several releases, those for production, else the first."""
    releases: dict[str, list[tuple[str, list[Value]]]] = {}
    for one in facts:
        for fact in one.facts:
            if isinstance(fact, Command):
                for invocation in interpret(fact.argv) if fact.argv and "helm" in fact.argv[0] else ():
                    for word in invocation.target.split() if invocation.kind == "chart" else ():
                        folder = at_home(one.path, fact.directory or ".")
                        chart = _named(word, folder, charts)
                        if chart is not None:
                            names = [n for text in invocation.all("file") for n in text.split(",")]
                            layers = [_of_file(name, chart, folder, files) for name in names]
                            layers += [_set(text) for text in invocation.all("set")]
                            releases.setdefault(chart, []).append((" ".join(fact.argv), layers))
            elif isinstance(fact, Delivery) and fact.sources:
                folder = posixpath.dirname(one.path) if fact.beside else home(one.path)
                chart = _named(fact.sources[0], folder, charts)
                if chart is not None:
                    layers = [_of_file(name, chart, folder, files) for name in fact.values]
                    layers.append(_tree(fact.inline) if fact.inline else {})
                    releases.setdefault(chart, []).append((f"{one.path} {' '.join(fact.values)}", layers))
    chosen: dict[str, list[Value]] = {}
    for chart, known in releases.items():
        best = next((layers for words, layers in known if "prod" in words), known[0][1])
        chosen[chart] = [layer for layer in best if isinstance(layer, dict)]
    return chosen


def _named(word: str, folder: str, charts: set[str]) -> str | None:
    path = posixpath.normpath(posixpath.join(folder, word)).lstrip("/")
    path = "" if path == "." else path
    return path if path in charts and (path or word in (".", "./")) else None


def _of_file(name: str, chart: str, folder: str, files: Mapping[str, ChartFile]) -> Value:
    for base in (folder, chart, home(folder)):
        fact = files.get(posixpath.normpath(posixpath.join(base, name)))
        if fact is not None and fact.kind == "values":
            return _tree(fact.text)
    return {}


def _set(text: str) -> Value:
    """`a.b=1,c=x` of a command line; what comes from a variable keeps its name."""
    out: dict[str, Value] = {}
    for part in text.split(","):
        route, equals, value = part.partition("=")
        if not equals or "[" in route:
            continue
        layer = out
        *names, last = route.split(".")
        for name in names:
            inner = layer.setdefault(name, {})
            if not isinstance(inner, dict):
                break
            layer = inner
        else:
            layer[last] = value if "$" in value else _tree(value) if value else ""
    return out
