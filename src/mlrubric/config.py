"""The settings of a run: `[tool.mlrubric]` in pyproject.toml or `mlrubric.toml`, checked by a schema, errors with file and line."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from mlrubric import RULES_VERSION, RULES_VERSIONS
from mlrubric.model.place import Place, Span
from mlrubric.model.policy import DEFAULTS

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from pathspec import GitIgnoreSpec

    from mlrubric.source.syntax.node import Node

FILE_NAME = "mlrubric.toml"
OUR_TABLE = re.compile(r"^[ \t]*\[+[ \t]*tool[ \t]*\.[ \t]*mlrubric\b", re.MULTILINE)
TABLE, NEAR = "mlrubric", 0.87
NEAR_TABLE = re.compile(r"^[ \t]*\[+[ \t]*tool[ \t]*\.[ \t]*([\w-]+)", re.MULTILINE)
RULES_PIN = re.compile(r"[0-9]{4}\.[0-9]+")
LEVELS = ("error", "warning", "note")
CONFIDENCES = ("high", "medium", "low")
PLAIN = ("preview", "persona", "profile", "fail_on", "min_severity", "min_confidence", "attest_max_per_section")
POLICY_DEFAULTS = tuple(DEFAULTS.items())


class ConfigError(Exception):
    """A configuration that cannot be used; its text begins with file, line and column."""

    def __init__(self, path: Path, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(f"{path}:{line}:{column}: {message}")
        self.path, self.message, self.line, self.column = path, message, line, column


@dataclass(frozen=True, slots=True)
class Attestation:
    """What a person says about a test, as it was written; `score/attest` judges it. `place.path` is the configuration file, seen from the
    root of the repository; `outside` says that it lies in none of its files."""

    test: str
    status: str
    claim: str
    owner: str
    date: str
    expires: str
    evidence: tuple[str, ...]
    cadence: str
    reviewer: str
    place: Place
    outside: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that changes what a run does. Command-line options are put over it with `dataclasses.replace`.

    `source` is the file it was read from, "" for none. `as_of` is a date, or None for HEAD's commit date.
    """

    source: str = ""
    rules: str = RULES_VERSION  # what was added to the rule book later is not run
    own_rules: tuple[Path, ...] = ()  # folders of rule files of one's own
    preview: bool = False  # run rules that are still tried out
    select: tuple[str, ...] = ()  # empty: all
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    banned_features: tuple[str, ...] = ()  # columns that no model may learn from
    per_path_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    persona: str = "regular"
    min_severity: str = "note"
    min_confidence: str = "low"
    named: tuple[tuple[str, Place], ...] = ()  # what `select`, `ignore` and `per_path_ignores` name, and where
    profile: str = "paper"
    fail_under: float | None = None
    fail_on: str | None = None
    azure: bool = False  # judge by Azure's levels too
    policy: tuple[tuple[str, str], ...] = POLICY_DEFAULTS
    attest: tuple[Attestation, ...] = ()
    attest_max_per_section: int = 4
    members: tuple[Path, ...] = ()
    sources: tuple[tuple[str, Path], ...] = ()  # address of a repository with shared automation -> a checkout of it
    as_of: str | None = None
    audit: bool = False
    osv_url: str | None = None
    model: str = ""  # only this model; "": the repository

    def wants(self, rule: str) -> bool:
        """Whether a rule is selected: the longest of the beginnings that fit decides, `ignore` wins a tie."""
        chosen = max((len(_beginning(item)) for item in self.select or ("ALL",) if rule.startswith(_beginning(item))), default=-1)
        refused = max((len(_beginning(item)) for item in self.ignore if rule.startswith(_beginning(item))), default=-1)
        return chosen > refused

    def names(self, rule: str) -> bool:
        """Whether a rule is selected by its whole id, not only with others."""
        return rule in self.select and self.wants(rule)

    def shows(self, level: str, confidence: str) -> bool:
        """Whether findings of this level and confidence are reported."""
        grave = LEVELS.index(level) <= LEVELS.index(self.min_severity)
        return grave and CONFIDENCES.index(confidence) <= CONFIDENCES.index(self.min_confidence)

    def ignores(self, rule: str, path: str) -> bool:
        """Whether `per_path_ignores` silence a rule in a file."""
        silent = [pattern for pattern, ids in self.per_path_ignores if any(rule.startswith(_beginning(item)) for item in ids)]
        return bool(silent) and _matches(tuple(silent), path)

    def excludes(self, path: str) -> bool:
        """Whether a file is not to be read."""
        return bool(self.exclude) and _matches(self.exclude, path)

    def switch(self, name: str) -> str:
        """The value of a policy switch."""
        return dict(self.policy)[name]


@lru_cache(maxsize=64)
def _patterns(patterns: tuple[str, ...]) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(patterns)


def _matches(patterns: tuple[str, ...], path: str) -> bool:
    return _patterns(patterns).match_file(path)


def _beginning(selector: str) -> str:
    return "" if selector == "ALL" else selector


def read_settings(root: Path, given: Path | None = None) -> Settings:
    """The settings for a repository: the given file, else `mlrubric.toml` of its root, else `[tool.mlrubric]` of its pyproject.toml."""
    if given is not None:
        if not given.is_file():
            raise ConfigError(given, "no such file")
        return _settings(_Layer.read(given), root)
    own = root / FILE_NAME
    if own.is_file():
        return _settings(_Layer.read(own), root)
    project = root / "pyproject.toml"
    if project.is_file():
        text = project.read_text(encoding="utf-8", errors="replace")
        if "mlrubric" in text:
            layer = _Layer.read(project, lenient=True)
            if layer.node is not None:
                return _settings(layer, root)
        _check_name(project, text)
    return Settings()


def _check_name(project: Path, text: str) -> None:
    """A table whose name is nearly ours would silently hold for nobody."""
    for found in NEAR_TABLE.finditer(text):
        if found[1] != TABLE and SequenceMatcher(None, found[1].lower(), TABLE).ratio() >= NEAR:
            line = text.count("\n", 0, found.start(1)) + 1
            raise ConfigError(project, f"[tool.{found[1]}] is read by nobody; did you mean [tool.{TABLE}]?", line)


def has_settings(project: Path) -> bool:
    """Whether a pyproject.toml has a table of ours."""
    return project.is_file() and OUR_TABLE.search(project.read_text(encoding="utf-8", errors="replace")) is not None


@dataclass(frozen=True, slots=True)
class _Layer:
    """One file: its table as plain values, and the nodes for places. `node` is None when a pyproject.toml has no such table."""

    path: Path
    node: Node | None
    values: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path, lenient: bool = False) -> _Layer:
        """`lenient`: a pyproject.toml that is no TOML and has no table of ours is not our configuration; the readers report it."""
        from mlrubric.source.syntax.node import SyntaxProblem
        from mlrubric.source.syntax.toml import parse

        try:
            text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
            document = parse(text)
        except UnicodeDecodeError as error:
            raise ConfigError(path, f"not UTF-8: {error.reason} at byte {error.start}") from error
        except OSError as error:
            raise ConfigError(path, f"cannot be read: {error.strerror}") from error
        except SyntaxProblem as problem:
            if lenient and OUR_TABLE.search(text) is None:
                return cls(path, None)
            raise ConfigError(path, problem.reason, problem.line, problem.column) from problem
        node = document.get("tool", "mlrubric") if path.name == "pyproject.toml" else document
        if node is None:
            return cls(path, None)
        layer = cls(path, node, cast("Mapping[str, object]", _plain(node)) if node.kind == "map" else {})
        if node.kind != "map":
            raise layer.error("tool.mlrubric must be a table", ())
        layer.check()
        return layer

    def check(self) -> None:
        """Raises ConfigError for the first thing, in the order of the file, that the schema does not allow."""
        import jsonschema

        allowed = schema()
        problems = list(jsonschema.Draft202012Validator(allowed).iter_errors(self.values))
        errors = [self._in_words(problem) for problem in problems]
        if errors:
            raise min(errors, key=lambda error: (error.line, error.column))
        pins = [item for item in self.rules() if RULES_PIN.fullmatch(item[0])]
        for version, route in pins:
            if version not in RULES_VERSIONS:
                raise self.error(f"rule book {version} is not in this version of mlrubric, which has {', '.join(RULES_VERSIONS)}", route)
        if len(pins) > 1:
            raise self.error("rules: one version of the rule book can be pinned", pins[1][1])

    def rules(self) -> list[tuple[str, tuple[str | int, ...]]]:
        """What `rules` names, versions and folders, each with where it stands."""
        value = self.values.get("rules", [])
        if isinstance(value, str):
            return [(value, ("rules",))]
        return [(item, ("rules", index)) for index, item in enumerate(_strings(value))]

    def folders(self) -> tuple[Path, ...]:
        """The folders of rule files that `rules` names; one that is not there would silently judge nothing."""
        found = []
        for item, route in self.rules():
            if RULES_PIN.fullmatch(item) is None:
                folder = (self.path.parent / item).resolve()
                if not folder.is_dir():
                    known = ", ".join(RULES_VERSIONS)
                    raise self.error(f"rules: `{item}` is neither a version of the rule book ({known}) nor a folder", route)
                found.append(folder)
        return tuple(found)

    def _in_words(self, problem: ValidationError) -> ConfigError:
        from mlrubric.knowledge.schema_words import said, unknown_key

        route = tuple(problem.absolute_path)
        name, words = _name(route), said(problem)
        if problem.validator == "additionalProperties":
            unknown = unknown_key(problem)
            if unknown == "tool" and not route:
                return self.error("in a file of its own the tables have no `tool.mlrubric` before them: `[system]`", ("tool",), key=True)
            key = f"unknown key `{unknown}`"
            return self.error(words.replace(key, f"{key} in {name}" if name else key, 1), (*route, unknown), key=True)
        return self.error(f"{name}: {words}", route)

    def error(self, message: str, route: tuple[str | int, ...], key: bool = False) -> ConfigError:
        span = self.span(route, key)
        return ConfigError(self.path, message, span.line, span.column)

    def span(self, route: tuple[str | int, ...], key: bool = False) -> Span:
        """Where a value stands, or its key; the nearest thing around it that is there."""
        node = self.node
        span = Span(1)
        for step in route:
            if node is None:
                break
            following = node.get(step) if isinstance(step, str) else node.items[step] if step < len(node.items) else None
            if isinstance(step, str) and following is not None:
                name = node.key(step)
                span = name.span if name is not None and (key or following.kind == "map") else following.span
            elif following is not None:
                span = following.span
            node = following
        return span


def _plain(node: Node) -> object:
    """A node as plain values; dates as ISO text, as the schema wants them."""
    if node.kind == "map":
        return {key: _plain(value) for key, value in node.pairs()}
    if node.kind == "list":
        return [_plain(item) for item in node.items]
    return node.text if node.kind == "date" else node.value


def _settings(top: _Layer, root: Path) -> Settings:
    layers = _with_bases(top)
    settings = Settings(source=str(top.path))
    for layer in layers:  # the most general first
        settings = _over(settings, layer, root)
    return settings


def _with_bases(top: _Layer) -> list[_Layer]:
    layers, layer = [top], top
    while "extends" in layer.values:
        path = (layer.path.parent / str(layer.values["extends"])).resolve()
        if any(path == known.path.resolve() for known in layers):
            raise layer.error(f"extends: {path} extends itself", ("extends",))
        if not path.is_file():
            raise layer.error(f"extends: no such file: {path}", ("extends",))
        base = _Layer.read(path)
        if base.node is None:
            raise layer.error(f"extends: {path} has no [tool.mlrubric]", ("extends",))
        layers.append(base)
        layer = base
    return layers[::-1]


def _over(settings: Settings, layer: _Layer, root: Path) -> Settings:
    """Settings with those of a layer over them: lists and values are replaced, tables joined by key, attestations test by test."""
    values = layer.values
    changed: dict[str, object] = {key: values[key] for key in PLAIN if key in values}
    changed |= {key: tuple(_strings(values[key])) for key in ("select", "ignore", "exclude", "banned_features") if key in values}
    for item, _ in layer.rules():
        if RULES_PIN.fullmatch(item):
            changed["rules"] = item
    folders = layer.folders()
    if folders or isinstance(values.get("rules"), list):
        changed["own_rules"] = folders
    if "fail_under" in values:
        changed["fail_under"] = float(str(values["fail_under"]))
    changed["named"] = (*settings.named, *_selectors(layer))
    ignores = cast("Mapping[str, object]", values.get("per_path_ignores", {}))
    changed["per_path_ignores"] = tuple(
        (dict(settings.per_path_ignores) | {path: tuple(_strings(ids)) for path, ids in ignores.items()}).items()
    )
    changed["policy"] = tuple((dict(settings.policy) | cast("dict[str, str]", values.get("policy", {}))).items())
    entries = cast("list[Mapping[str, object]]", values.get("attest", []))
    own = [_attestation(layer, root, index, entry) for index, entry in enumerate(entries)]
    spoken = {entry.test for entry in own}
    changed["attest"] = (*(entry for entry in settings.attest if entry.test not in spoken), *own)
    system = cast("Mapping[str, object]", values.get("system", {}))
    if "members" in system:
        changed["members"] = tuple((layer.path.parent / member).resolve() for member in _strings(system["members"]))
    sources = cast("Mapping[str, str]", system.get("sources", {}))
    changed["sources"] = tuple(
        (dict(settings.sources) | {address: (layer.path.parent / path).resolve() for address, path in sources.items()}).items()
    )
    return replace(settings, **changed)  # type: ignore[arg-type]


def _selectors(layer: _Layer) -> Iterator[tuple[str, Place]]:
    """The rules that a layer names, each with where."""
    lists: list[tuple[tuple[str, ...], object]] = [((key,), layer.values.get(key, [])) for key in ("select", "ignore")]
    ignores = cast("Mapping[str, object]", layer.values.get("per_path_ignores", {}))
    lists += [(("per_path_ignores", pattern), ids) for pattern, ids in ignores.items()]
    for route, ids in lists:
        for index, item in enumerate(_strings(ids)):
            yield item, Place(str(layer.path), layer.span((*route, index)))


def _attestation(layer: _Layer, root: Path, index: int, entry: Mapping[str, object]) -> Attestation:
    texts = {key: str(entry.get(key, "")) for key in ("test", "status", "claim", "owner", "date", "expires", "cadence", "reviewer")}
    path = _from(root, layer.path)
    place = Place(path, layer.span(("attest", index)), f"attest.{texts['test']}")
    outside = path.startswith("../") or Path(path).is_absolute()
    return Attestation(**texts, evidence=tuple(_strings(entry.get("evidence", []))), place=place, outside=outside)


def _from(root: Path, path: Path) -> str:
    """The way from the root to a file, also to one that lies beside it."""
    try:
        return os.path.relpath(path.resolve(), root.resolve()).replace(os.sep, "/")
    except ValueError:  # on another drive
        return path.as_posix()


def _strings(value: object) -> list[str]:
    return [str(item) for item in cast("list[object]", value)]


def schema() -> dict[str, object]:
    """What may stand in a configuration, with what it means."""
    from mlrubric.knowledge.location import rules_directory

    return cast("dict[str, object]", json.loads((rules_directory() / "schema" / "config.schema.json").read_text(encoding="utf-8")))


def _name(route: Iterable[str | int]) -> str:
    text = ""
    for step in route:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
