"""YAML nodes: what PyYAML composes, with raw text, exact places and limits."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.nodes import all_nodes, plain, slice_of

from mlrubric.source.syntax.node import Node, SyntaxProblem
from mlrubric.source.syntax.yaml import MAX_DEPTH, MAX_EXPANDED, mask_templates, parse, parse_template

printable = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Cn", "Zl", "Zp"], exclude_characters="\ufeff\x7f"), max_size=30
)
lines = st.lists(st.text(st.sampled_from("ab :#-'\"\\é😀"), max_size=10), max_size=5).map("\n".join)
scalars = st.none() | st.booleans() | st.integers() | printable | lines
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(printable, inner, max_size=4), max_leaves=15)


def only(text: str) -> Node:
    (node,) = parse(text)
    return node


@given(values, st.sampled_from([None, "'", '"', "|", ">"]), st.sampled_from([True, False, None]), st.sampled_from([20, 80]))
def test_dumped_values_come_back_and_stand_where_their_spans_say(value: object, style: str | None, flow: bool | None, width: int) -> None:
    text = yaml.safe_dump(value, default_style=style, default_flow_style=flow, width=width, allow_unicode=True)
    node = only(text)
    assert plain(node) == yaml.safe_load(text)
    for one in all_nodes(node):
        if one.kind not in ("map", "list") and one.style in ("plain", "quoted") and "\n" not in slice_of(text, one.span):
            written = slice_of(text, one.span)
            assert written == one.text or yaml.safe_load(written) in (one.value, one.text)


@given(st.text(st.sampled_from("ab:-?,[]{}#&*!|>'\"%@ \n\t01.~é😀<=\\")))
def test_agrees_with_pyyaml_on_any_text(text: str) -> None:
    try:
        expected = list(yaml.compose_all(text, Loader=yaml.CSafeLoader))
    except yaml.YAMLError as error:
        if "duplicate anchor" in str(error):
            return
        with pytest.raises(SyntaxProblem):
            parse(text)
        return
    except ValueError:
        return
    try:
        found = parse(text)
    except SyntaxProblem as problem:
        assert "own anchor" in problem.reason
        return
    assert len(found) == len(expected)
    for mine, theirs in zip(found, expected, strict=True):
        same(mine, theirs)


def same(mine: Node, theirs: yaml.Node | None) -> None:
    if isinstance(theirs, yaml.ScalarNode):
        assert mine.text == theirs.value
        kind = theirs.tag.rpartition(":")[2]
        expected = {"timestamp": "date", "int": "int", "float": "float", "bool": "bool", "null": "null"}.get(kind, "string")
        # `! 12` is a string by the standard, PyYAML makes a number of it
        assert mine.kind == expected or (mine.kind == "string" and mine.span.column > theirs.start_mark.column + 1)
    elif isinstance(theirs, yaml.SequenceNode):
        assert mine.kind == "list" and len(mine.items) == len(theirs.value)
        for item, other in zip(mine.items, theirs.value, strict=True):
            same(item, other)
    elif isinstance(theirs, yaml.MappingNode):
        assert mine.kind == "map"
        if not any(key.value == "<<" for key, _ in theirs.value):
            for (key, value), (their_key, their_value) in zip(mine.entries, theirs.value, strict=True):
                same(key, their_key)
                same(value, their_value)


@given(
    st.lists(st.text(st.sampled_from("ab #:"), max_size=6), min_size=1, max_size=6), st.sampled_from(["|", "|-", "|+"]), st.integers(1, 4)
)
def test_each_line_of_a_literal_points_at_itself(body: list[str], header: str, indent: int) -> None:
    text = f"run: {header}\n" + "".join(" " * indent + line + "\n" for line in ["x", *body]) + "next: 1\n"
    node = only(text).get("run")
    assert node is not None
    for (line, column), expected in zip(node.content, node.text.split("\n"), strict=False):
        assert text.split("\n")[line - 1][column - 1 :] == expected


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("a: |\n  x\n\n   y\n", [(2, 3), (3, 1), (4, 3)]),
        ("a: |2\n   x\n  y\n", [(2, 3), (3, 3)]),
        ("- a: |\n    x\n", [(2, 5)]),
        ("a: >\n  x\n  y\n\n  z\n", [(2, 3), (5, 3)]),
        ("a: >-\n  x\n    more\n  y\n", [(2, 3), (3, 3), (4, 3)]),
        ('a: "x\\ny\n\n  z"\n', [(1, 5), (1, 8), (3, 3)]),
        ("a: x\n  y\n\n  z\n", [(1, 4), (4, 3)]),
        ("a: 'x\n\n\n  z'\n", [(1, 5), (3, 1), (4, 3)]),
        ('a: "x\\\n   y\\x0az"\n', [(1, 5), (2, 9)]),
    ],
)
def test_lines_of_scalars(text: str, content: list[tuple[int, int]]) -> None:
    node = only(text).get("a") or only(text).items[0].get("a")
    assert node is not None and list(node.content) == content
    assert len(content) == len(node.text.rstrip("\n").split("\n"))


def test_raw_text_stays_and_yaml_1_1_gives_the_kind() -> None:
    node = only("on: push\nyes: no\nv: 3.10\nx: 0x1F\no: 017\nt: 1:30\nd: 2024-01-01\ne: ~\nq: 'on'\ns: !!str 12\nn: 1_000\nb:\n")
    assert [(key.text, key.kind) for key, _ in node.entries][:2] == [("on", "bool"), ("yes", "bool")]
    kinds = {key: (value.kind, value.text, value.value) for key, value in node.pairs()}
    assert kinds["yes"] == ("bool", "no", False)
    assert kinds["v"] == ("float", "3.10", 3.1)
    assert kinds["x"] == ("int", "0x1F", 31)
    assert kinds["o"] == ("int", "017", 15)
    assert kinds["t"] == ("int", "1:30", 90)
    assert kinds["d"][:2] == ("date", "2024-01-01")
    assert kinds["e"] == ("null", "~", None)
    assert kinds["q"] == ("string", "on", "on")
    assert kinds["s"] == ("string", "12", "12")
    assert kinds["n"][2] == 1000
    assert kinds["b"] == ("null", "", None)


def test_places_behind_anchors_tags_and_wide_characters() -> None:
    text = "é😀: &x !!str foo\nb: &y [1, 2]\nc: &z\n  k: 1\n"
    node = only(text)
    assert [slice_of(text, value.span) for _, value in node.pairs()] == ["foo", "[1, 2]", "k: 1"]
    assert slice_of(text, node.entries[0][0].span) == "é😀"


def test_places_behind_line_separators_count_newlines_only() -> None:
    node = only("a: 'x\u2028y\x85z'\nb: 1\n")
    assert node.key("b") is not None and node.key("b").span.line == 2  # type: ignore[union-attr]


def test_comments_only_and_nothing_give_no_document() -> None:
    assert parse("# on: push\n# jobs:\n") == []
    assert parse("") == []
    assert len(parse("---\na: 1\n---\nb: 2\n")) == 2


def test_duplicates_are_kept_and_the_last_wins() -> None:
    node = only("a: 1\na: 2\n")
    assert len(node.entries) == 2 and node.scalar("a") == "2"


def test_merge_keys_are_expanded() -> None:
    node = only("b: &b {x: 1, y: 2}\nc: &c {y: 3, z: 4}\nm:\n  <<: [*b, *c]\n  x: 9\nn:\n  <<: *c\n  <<: *b\n")
    assert plain(node.get("m")) == {"y": 2, "z": 4, "x": 9}
    assert plain(node.get("n")) == {"y": 3, "z": 4, "x": 1}
    assert only("'<<': {a: 1}").key("<<") is not None


def test_an_anchor_may_be_redefined() -> None:
    node = only("a: &x 1\nb: *x\nc: &x 2\nd: *x\n")
    assert plain(node) == {"a": 1, "b": 1, "c": 2, "d": 2}


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        ("a: [", "did not find expected node content", 1),
        ("a: *x", "undefined alias", 1),
        ("a: &a [*a]", "own anchor", 1),
        ("x: &a 1\nb: &a [*a]", "own anchor", 2),
        ("a: b: c", "mapping values", 1),
        ("a:\n\t- b", "tab", 2),
        ("a: \x00", "control characters", 1),
        ("a: \ud800", "surrogate", 1),
        ("%YAML 1.99999999999999999999\n--- a", "version", 1),
        ("[" * 100_000, "deeper", 1),
        ("- " * 100_000, "deeper", 1),
        ("&a [" * (MAX_DEPTH + 1), "deeper", 1),
    ],
)
def test_problems_have_reason_and_line(text: str, reason: str, line: int) -> None:
    with pytest.raises(SyntaxProblem) as caught:
        parse(text)
    assert reason in caught.value.reason and caught.value.line == line


def test_aliases_may_not_grow_without_bound() -> None:
    laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 12))
    with pytest.raises(SyntaxProblem, match=f"more than {MAX_EXPANDED:,}"):
        parse(laughs)
    chain = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 300))
    with pytest.raises(SyntaxProblem, match="nest deeper"):
        parse(chain)


def test_templates_are_masked_and_shown_as_written() -> None:
    text = 'a: {{ x }}\n{% if y %}\nb: "{{ cookiecutter.name }}-x"\n{% endif %}\n{{- toYaml . }}\nc: {{ p }}:{{ q }}\n'
    assert len(mask_templates(text)) == len(text)
    with pytest.raises(SyntaxProblem):
        parse(text)
    (node,) = parse_template(text)
    assert plain(node) == {"a": "{{ x }}", "b": "{{ cookiecutter.name }}-x", "c": "{{ p }}:{{ q }}"}
    assert slice_of(text, (node.get("a") or node).span) == "{{ x }}"
    with pytest.raises(SyntaxProblem):
        parse_template("a: [")


def test_the_slow_loader_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: &x [1, {b: 'c'}]\nd: *x\ne: |\n  f\ng: &y !!str h\n"
    fast = parse(text)
    monkeypatch.setattr("mlrubric.source.syntax.yaml._LOADER", yaml.SafeLoader)
    assert parse(text) == fast
