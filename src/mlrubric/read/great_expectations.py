"""Great Expectations projects: sources of `great_expectations.yml`, suites, checkpoints and validation definitions, 0.x and 1.x."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mlrubric.model.facts import Checkpoint, DataSource, Expectations, Fact, Unreadable
from mlrubric.read.unreadable import unreadable
from mlrubric.source.document import Document
from mlrubric.source.expectation_names import of_structure
from mlrubric.source.paths import rooted
from mlrubric.source.root import root_of
from mlrubric.source.syntax.node import Node, SyntaxProblem

FORMAT = "great_expectations"
TOOL = "great_expectations"
_PROJECT = re.compile(r"(^|/)great_expectations\.ya?ml$")
_HOMES = r"(?:^|/)(?:great_expectations|gx|\.gx|ge)/"
_PART = re.compile(_HOMES + r"(?:(?:expectations|validation_definitions)/.+\.json|checkpoints/.+\.(?:ya?ml|json))$")
_TELLS = re.compile(r"slack|email|pagerduty|teams|opsgenie|sns", re.IGNORECASE)
_CALLED = re.compile(_HOMES + r"\w+/(.+)\.\w+$")
_ASSET_KEYS = ("table_name", "filepath_or_buffer", "path")


def accepts(path: str) -> bool:
    return bool(_PROJECT.search(path) or _PART.search(path)) and "/uncommitted/" not in path


def read(document: Document) -> Iterable[Fact]:
    try:
        root = root_of(document)
    except SyntaxProblem as problem:
        yield unreadable(document, FORMAT, problem)
        return
    if root is None or root.kind != "map":
        yield Unreadable(document.place(), FORMAT, "no map")
    elif _PROJECT.search(document.path):
        yield from _project(document, root)
    elif "/expectations/" in document.path:
        yield _suite(document, root)
    elif "/validation_definitions/" in document.path:
        yield _definition(document, root)
    else:
        yield _checkpoint(document, root)


# ---- sources ------------------------------------------------------------------------------------------------------


def _project(document: Document, root: Node) -> Iterator[Fact]:
    for key in ("datasources", "fluent_datasources", "data_sources"):
        section = root.get(key)
        for name, source in section.pairs() if section is not None else ():
            yield from _source(document, name, source)


def _source(document: Document, name: str, source: Node) -> Iterator[Fact]:
    """One fact for the source, and one for each asset that says where it lies. Folders of fluent sources are as the program sees them
    that wrote the file: from the root, as a rule."""
    fluent = bool(source.scalar("type"))
    folders = [source.scalar("base_directory")] if source.scalar("base_directory") else []
    connectors = source.get("data_connectors")
    for _, connector in connectors.pairs() if connectors is not None else ():
        if connector.scalar("base_directory"):
            folders.append(connector.scalar("base_directory"))
    places = [rooted("" if fluent else document.directory, folder) for folder in dict.fromkeys(folders)]
    yield DataSource(document.place(source.span, f"datasources.{name}"), TOOL, name, tuple(places))
    for asset, node in _assets(source):
        data = [_data("" if fluent else document.directory, key, node.scalar(key)) for key in _ASSET_KEYS if node.scalar(key)]
        data += [f"{folder}/{file}" if folder else file for file in _files(node) for folder in places]
        if data:
            yield DataSource(document.place(node.span, f"datasources.{name}.{asset}"), TOOL, f"{name}/{asset}", tuple(data))


def _files(asset: Node) -> Iterator[str]:
    """File names that an asset's patterns mean, with `*` for their groups."""
    patterns = [asset.scalar("batching_regex")]
    definitions = asset.get("batch_definitions")
    for _, definition in definitions.pairs() if definitions is not None else ():
        patterns.append(definition.scalar("partitioner", "regex"))
    for pattern in filter(None, patterns):
        yield re.sub(r"\\(.)", r"\1", re.sub(r"\((?:[^()\\]|\\.)*\)", "*", pattern)).rstrip("$").removeprefix("^")


def _assets(source: Node) -> Iterator[tuple[str, Node]]:
    assets = source.get("assets")
    if assets is None:
        return
    yield from assets.pairs()
    yield from ((item.scalar("name"), item) for item in assets.items)


def _data(folder: str, key: str, value: str) -> str:
    return f"table:{value.lower()}" if key == "table_name" else rooted(folder, value)


# ---- suites and what runs them --------------------------------------------------------------------------------------


def _suite(document: Document, root: Node) -> Expectations:
    found = root.get("expectations")
    items = [item for item in found.items if item.kind == "map"] if found is not None else []
    kinds = [item.scalar("expectation_type") or item.scalar("type") for item in items]
    columns = [item.get("kwargs") for item in items]
    named = [node.scalar("column") for node in columns if node is not None]
    structure = sum(of_structure(kind) for kind in kinds)
    name = root.scalar("expectation_suite_name") or root.scalar("name") or _by_path(document.path)
    return Expectations(
        document.place(root.span, name), TOOL, name, len(kinds) - structure, structure, columns=tuple(sorted({n for n in named if n}))
    )


def _by_path(path: str) -> str:
    """A suite `churn.critical` lies in `expectations/churn/critical.json`."""
    match = _CALLED.search(path)
    return match[1].replace("/", ".") if match is not None else path


def _definition(document: Document, root: Node) -> Checkpoint:
    data, suite = root.get("data"), root.get("suite")
    names = []
    for key in ("datasource", "asset"):
        part = data.get(key) if data is not None else None
        names.append(part.scalar("name") if part is not None else "")
    name = root.scalar("name")
    suites = (suite.scalar("name"),) if suite is not None else ()
    return Checkpoint(document.place(root.span, name), TOOL, name, suites, ("/".join(names),) if names[0] else ())


def _checkpoint(document: Document, root: Node) -> Checkpoint:
    name = root.scalar("name") or _by_path(document.path)
    suites = [root.scalar("expectation_suite_name")]
    data = [*_requests(root)]
    validations = root.get("validations")
    for item in validations.items if validations is not None else ():
        suites.append(item.scalar("expectation_suite_name"))
        data.extend(_requests(item))
    asks = root.get("validation_definitions")
    named = [i.scalar("name") if i.kind == "map" else i.text for i in asks.items] if asks is not None else []
    tells = bool(root.scalar("slack_webhook")) or any(_TELLS.search(kind) for kind in _actions(root))
    return Checkpoint(
        document.place(root.span, name), TOOL, name, tuple(dict.fromkeys(filter(None, suites))), tuple(dict.fromkeys(data)),
        tuple(filter(None, named)), tells,
    )  # fmt: skip


def _requests(node: Node) -> Iterator[str]:
    request = node.get("batch_request")
    if request is not None and request.scalar("datasource_name"):
        yield f"{request.scalar('datasource_name')}/{request.scalar('data_asset_name')}"


def _actions(root: Node) -> Iterator[str]:
    for key in ("action_list", "actions"):
        found = root.get(key)
        for item in found.items if found is not None else ():
            yield item.scalar("action", "class_name") or item.scalar("type")
