"""TOML files become rules; a wrong file is a `RuleError` with file and line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import cast

import tomli

from mlrubric.knowledge.location import rules_directory
from mlrubric.knowledge.roles import load_roles
from mlrubric.model.policy import POLICY
from mlrubric.model.proof import CONDITIONS, Prediction
from mlrubric.model.report import SECTIONS
from mlrubric.rules.rule import (
    SHAPES,
    CapabilityRule,
    Docs,
    Example,
    Files,
    FixRule,
    Grade,
    MaturityModel,
    Mend,
    Rule,
    RuleBook,
    RuleError,
    Situation,
    Table,
    TestRule,
    Variant,
    texts,
)

ROLE_KEYS = (
    "role", "all_roles", "not_role", "about", "about_all", "about_not", "roles",
    "from", "to", "through", "except", "given", "node", "left", "right", "subject",
)  # fmt: skip
RUN = ("run", "done")  # `run:check`: a live trigger runs it and its failure counts; `done:check`: whatever becomes of a failure
EXAMPLE_FILE = "example.py"
NOT_FAMILIES = ("knowledge", "schema", "tests", "levels", "tools", "peers")


@lru_cache(maxsize=4)
def load_rules(root: Path | None = None, check: bool = False) -> RuleBook:
    """The rule book below `root` (default: the packaged one). With `check`, every file is held against its schema."""
    root = root or rules_directory()
    families = sorted(p for p in root.iterdir() if p.is_dir() and p.name not in NOT_FAMILIES)

    def tables(folders: Sequence[Path], kind: str) -> Iterator[tuple[Path, Table]]:
        schema = rules_directory() / "schema" / f"{kind}.schema.json" if check else None
        return ((path, _table(path, schema)) for folder in folders for path in sorted(folder.glob("*.toml")))

    rules = [_rule(path, table) for path, table in tables(families, "rule")]
    tests = [_test(path, table) for path, table in tables([root / "tests"], "test")]
    models = _models(root / "maturity.toml")
    levels = [_capability(path, table, models) for path, table in tables([root / "levels"], "level")]
    tests.sort(key=lambda t: (SECTIONS.index(t.section), int(t.id.rpartition("-")[2])))
    order = [model.id for model in models]
    levels.sort(key=lambda c: (order.index(c.model), c.level, int(re.split(r"[.-]", c.id)[-1])))
    situations = tuple(_situations(root / "readings.toml", rules_directory() / "schema" / "readings.schema.json" if check else None))
    rules.sort(key=lambda r: r.id)
    return RuleBook(tuple(rules), tuple(tests), tuple(levels), _mends(root / "mends.toml"), situations, models)


def read_rule(path: Path) -> Rule:
    """One rule file, held against the schema and the vocabulary."""
    table = _table(path, rules_directory() / "schema" / "rule.schema.json")
    rule = _rule(path, table)
    for word, role in _roles(rule.question):
        if role not in load_roles(rules_directory()).meanings:
            raise RuleError(path, row_of(path, f'"{word}"'), f"no role is called `{role}` (the vocabulary is roles.toml)")
    return rule


def _roles(table: Table) -> Iterator[tuple[str, str]]:
    """The roles that a question names, each with the words in which it does."""
    for key, value in table.items():
        if isinstance(value, Mapping) and key not in ("where", "unless"):
            yield from _roles(value)
        elif key in ROLE_KEYS:
            yield from ((word, role) for word in texts(table, key) for role in word.split("|"))


def _situations(path: Path, schema: Path | None) -> Iterator[Situation]:
    table = _table(path, schema) if path.is_file() else {}
    for raw in cast("list[Table]", table.get("situation", [])):
        read, hidden = (cast("Mapping[str, str]", raw.get(key, {})) for key in ("read", "hidden"))
        yield Situation(_text(raw, "id", path), _text(raw, "holds", path), _text(raw, "said", path), read, hidden)


def _models(path: Path) -> tuple[MaturityModel, ...]:
    table = _table(path, None) if path.is_file() else {}
    return tuple(
        MaturityModel(
            id=_text(raw, "id", path),
            title=_text(raw, "title", path),
            beginning=_text(raw, "beginning", path),
            target=texts(raw, "target"),
            target_reason=_text(raw, "target_reason", path, ""),
            not_assessed=texts(raw, "not_assessed"),
            given=texts(raw, "given"),
        )
        for raw in cast("list[Table]", table.get("model", []))
    )


def _mends(path: Path) -> tuple[Mend, ...]:
    table = _table(path, None) if path.is_file() else {}
    found = []
    for raw in cast("list[Table]", table.get("mend", [])):
        said = _text(raw, "said", path)
        try:
            mend = Mend(re.compile(said, re.IGNORECASE), _text(raw, "do", path), int(str(raw.get("edits", 1))))
            mend.do.format("", *[""] * mend.said.groups)
        except (re.error, IndexError, KeyError, ValueError) as problem:
            raise RuleError(path, row_of(path, said), f"a mend that cannot be used: {problem}") from problem
        found.append(mend)
    return tuple(found)


def load_predictions(root: Path | None = None) -> tuple[Prediction, ...]:
    """What the mutation proof predicts for each condition, from `mutations.toml`."""
    path = (root or rules_directory()) / "mutations.toml"
    tables = cast("Mapping[str, Table]", _table(path, None))
    if set(tables) != set(CONDITIONS):
        raise RuleError(path, 1, f"the conditions are {', '.join(CONDITIONS)}")
    return tuple(
        Prediction(
            name,
            _text(table, "says", path),
            texts(table, "status"),
            texts(table, "broken"),
            texts(table, "tests"),
            _text(table, "otherwise", path, ""),
            tuple((test, str(reason)) for test, reason in cast("Table", table.get("never", {})).items()),
        )
        for name, table in tables.items()
    )


def checked_table(path: Path, schema: Path | None) -> Table:
    """A TOML file of the book, held against a schema if one is given."""
    return _table(path, schema)


def _table(path: Path, schema: Path | None) -> Table:
    try:
        text = path.read_text(encoding="utf-8")
        table = tomli.loads(text)
    except UnicodeDecodeError as problem:
        raise RuleError(path, 1, f"not UTF-8: {problem.reason} at byte {problem.start}") from problem
    except tomli.TOMLDecodeError as problem:
        line = getattr(problem, "lineno", None) or 1
        raise RuleError(path, line, str(problem)) from problem
    if schema is not None:
        _validate(path, text, table, schema)
    return table


def _validate(path: Path, text: str, table: Table, schema: Path) -> None:
    import jsonschema

    validator = jsonschema.Draft202012Validator(json.loads(schema.read_text(encoding="utf-8")))
    problem = jsonschema.exceptions.best_match(validator.iter_errors(table))
    if problem is not None:
        from mlrubric.knowledge.schema_words import said, unknown_key

        route = [*problem.absolute_path]
        wrong = [unknown_key(problem)] if problem.validator == "additionalProperties" else []
        name = f"{'.'.join(map(str, route))}: " if route else ""
        raise RuleError(path, _line(text, [*route, *filter(None, wrong)]), f"{name}{said(problem)}")


def _line(text: str, route: Iterable[str | int]) -> int:
    """The line of the last key of a route that can be found, each searched below the one before; 1 when none can."""
    rows, at, steps = text.split("\n"), 0, list(route)
    for index, step in enumerate(steps):
        if isinstance(step, int):
            continue
        name = re.escape(step)
        named = re.compile(rf"""^\s*(?:\[\[?(?:[\w.-]+\.)?{name}\]|["']?{name}["']?\s*=)|[{{,]\s*["']?{name}["']?\s*=""")
        found = [i for i in range(at, len(rows)) if named.search(rows[i])]
        following = steps[index + 1] if index + 1 < len(steps) else 0
        nth = following if isinstance(following, int) and found and rows[found[0]].lstrip().startswith("[[") else 0
        if nth < len(found):
            at = found[nth]
    return at + 1


def row_of(path: Path, words: str) -> int:
    """The first line that holds these words, else the first line."""
    return next((i for i, row in enumerate(path.read_text(encoding="utf-8").split("\n"), 1) if words in row), 1)


def _text(table: Table, key: str, path: Path, default: str | None = None) -> str:
    value = table.get(key, default)
    if not isinstance(value, str):
        raise RuleError(path, 1, f"`{key}` is missing or no text")
    return value


def _docs(table: Table) -> Docs:
    docs = cast("Mapping[str, str]", table.get("docs", {}))
    return Docs(**{k: docs.get(k, "").strip() for k in ("why", "do", "sees", "misses", "bad", "good")})


def _rule(path: Path, table: Table) -> Rule:
    shapes = [s for s in SHAPES if s in table]
    if len(shapes) != 1:
        raise RuleError(path, 1, f"a rule has exactly one shape of {', '.join(SHAPES)}")
    return Rule(
        id=_text(table, "id", path),
        name=_text(table, "name", path),
        path=path,
        level=_text(table, "severity", path),
        confidence=_text(table, "confidence", path),
        message=_text(table, "message", path),
        tests=texts(table, "tests"),
        shape=shapes[0],
        question=cast("Table", table[shapes[0]]),
        persona=_text(table, "persona", path, "regular"),
        stage=_text(table, "stage", path, "stable"),
        since=_text(table, "since", path, ""),
        replaced_by=texts(table, "replaced_by"),
        security=_text(table, "security", path, ""),
        fixes=_fixes(path, table),
        docs=_docs(table),
        one_per=_text(table, "one_per", path, ""),
        counts=_text(table, "counts", path, ""),
        variants=tuple(_variant(raw, path) for raw in cast("list[Table]", table.get("variant", []))),
        examples=tuple(_example(raw, path) for raw in cast("list[Table]", table.get("example", []))),
        advice=_text(table, "advice", path, ""),
    )


def _fixes(path: Path, table: Table) -> tuple[FixRule, ...]:
    """`[fix]`, or several ways as `[[fix]]`."""
    given = table.get("fix", [])
    return tuple(
        FixRule(
            _text(raw, "recipe", path),
            _text(raw, "safety", path),
            _text(raw, "title", path),
            cast("Table", raw.get("with", {})),
            cast("Table", raw.get("where", {})),
        )
        for raw in cast("list[Table]", given if isinstance(given, list) else [given])
    )


def _example(table: Table, path: Path) -> Example:
    name = _text(table, "file", path, EXAMPLE_FILE)

    def files(key: str) -> Files:
        value = table.get(key, {})
        return {name: value} if isinstance(value, str) else cast("Files", value)

    return Example(_text(table, "title", path, ""), files("bad"), files("good"), files("fixed"))


def _variant(table: Table, path: Path) -> Variant:
    return Variant(
        cast("Table", table.get("where", {})),
        _text(table, "severity", path, ""),
        _text(table, "persona", path, ""),
        _text(table, "confidence", path, ""),
        _text(table, "message", path, ""),
        _text(table, "advice", path, ""),
    )


def _checks(path: Path, table: Table) -> dict[str, tuple[str, Table]]:
    found: dict[str, tuple[str, Table]] = {}
    for name, raw in cast("Mapping[str, Table]", table.get("check", {})).items():
        shape = str(raw.get("shape", "match"))
        if shape not in SHAPES:
            raise RuleError(path, row_of(path, f'"{shape}"'), f"check.{name}: unknown shape `{shape}`")
        found[name] = (shape, raw)
    return found


def _grades(table: Table, key: str) -> tuple[Grade, ...]:
    found = []
    for raw in cast("list[Table]", table.get(key, [])):
        found.append(
            Grade(
                status=str(raw.get("status", "met")),
                quality=str(raw.get("quality", "full")),
                all=texts(raw, "all"),
                any=texts(raw, "any"),
                none=texts(raw, "none"),
                effective=texts(raw, "effective"),
                confidence=float(str(raw.get("confidence", 0.9))),
                because=str(raw.get("because", "")),
                condition=str(raw.get("condition", "covering")),
                documented=bool(raw.get("documented", False)),
                at_least=int(str(raw.get("at_least", 1))),
                policy=tuple((name, str(value)) for name, value in cast("Table", raw.get("policy", {})).items()),
            )
        )
    return tuple(found)


def _known(path: Path, checks: Mapping[str, object], grades: tuple[Grade, ...]) -> None:
    for grade in grades:
        for name in (*grade.all, *grade.any, *grade.none, *grade.effective):
            kind, colon, rest = name.partition(":")
            if (rest if kind in RUN else name) not in checks and (not colon or kind in RUN):
                raise RuleError(path, row_of(path, f'"{name}"'), f"a grade speaks of `{name}`, which is no check of this file")
        for name, value in grade.policy:
            if value not in POLICY.get(name, ()):
                raise RuleError(path, row_of(path, name), f"a grade asks for the policy {name} = `{value}`, which there is not")


def _test(path: Path, table: Table) -> TestRule:
    checks, grades = _checks(path, table), _grades(table, "grade")
    _known(path, checks, grades)
    return TestRule(
        id=_text(table, "id", path),
        title=_text(table, "title", path),
        section=_text(table, "section", path),
        path=path,
        specific=_text(table, "specific", path, "shared"),
        cadence=_text(table, "cadence", path, "any"),
        checks=checks,
        grades=grades,
        next=texts(table, "next"),
        documented=texts(table, "documented"),
        hidden=_text(table, "hidden", path, ""),
        unread=texts(table, "unread"),
        effort=int(str(table.get("effort", 2))),
        docs=cast("Table", table.get("docs", {})),
    )


def _capability(path: Path, table: Table, models: Sequence[MaturityModel]) -> CapabilityRule:
    name = _text(table, "id", path)
    model = next((model for model in models if name.startswith(model.beginning)), None)
    if model is None:
        raise RuleError(path, 1, f"`{name}` belongs to no model of maturity.toml")
    checks, met, partial = _checks(path, table), _grades(table, "met"), _grades(table, "partial")
    _known(path, checks, (*met, *partial))
    level = table.get("level", 1)
    return CapabilityRule(
        id=_text(table, "id", path),
        title=_text(table, "title", path),
        level=int(str(level)),
        required=bool(table.get("required", True)),
        path=path,
        checks=checks,
        met=met,
        partial=partial,
        message=_text(table, "message", path, ""),
        cadence=_text(table, "cadence", path, "any"),
        docs=cast("Table", table.get("docs", {})),
        model=model.id,
        hidden=_text(table, "hidden", path, ""),
        next=_text(table, "next", path, ""),
        edits=int(str(table.get("edits", 1))),
    )
