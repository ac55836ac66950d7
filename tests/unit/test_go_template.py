"""Go templates as charts write them: trimming, blocks, pipelines, named templates, and the lines of what comes out."""

from __future__ import annotations

import pytest

from mlrubric.source.go_template.parse import TemplateProblem, parse
from mlrubric.source.go_template.render import Renderer
from mlrubric.source.go_template.values import UNKNOWN, Value, merged, to_yaml

VALUES: dict[str, Value] = {
    "name": "churn",
    "on": True,
    "off": False,
    "count": 3,
    "empty": {},
    "list": ["a", "b"],
    "map": {"x": 1, "y": {"z": "q"}},
    "tag": "",
    "text": "{{ .Values.name }}-x",
}
CASES = [
    ("{{ .Values.name }}", "churn"),
    ("a {{- .Values.name -}} b", "achurnb"),
    ("{{/* nothing */}}x", "x"),
    ("{{- /* nothing */ -}}\n x", "x"),
    ("{{ .Values.missing }}{{ .Values.missing.deeper }}", ""),
    ("{{ .Values.tag | default .Values.name | quote }}", '"churn"'),
    ("{{ if .Values.on }}yes{{ else }}no{{ end }}", "yes"),
    ("{{ if .Values.empty }}yes{{ else if .Values.on }}other{{ else }}no{{ end }}", "other"),
    ("{{ if and .Values.on (not .Values.off) }}yes{{ end }}", "yes"),
    ("{{ if eq .Values.count 3 }}yes{{ end }}", "yes"),
    ("{{ if gt .Values.count 3 }}yes{{ else }}no{{ end }}", "no"),
    ("{{ range .Values.list }}[{{ . }}]{{ end }}", "[a][b]"),
    ("{{ range $i, $v := .Values.list }}{{ $i }}{{ $v }}{{ end }}", "0a1b"),
    ("{{ range $k, $v := .Values.map }}{{ $k }} {{ end }}", "x y "),
    ("{{ range .Values.empty }}x{{ else }}none{{ end }}", "none"),
    ("{{ with .Values.map }}{{ .y.z }}{{ $.Values.name }}{{ end }}", "qchurn"),
    ("{{ $x := 1 }}{{ if .Values.on }}{{ $x = 2 }}{{ end }}{{ $x }}", "2"),
    ('{{ printf "%s-%d" .Values.name 4 | upper | trunc 6 }}', "CHURN-"),
    ("{{ toYaml .Values.map | nindent 2 }}", '\n  x: 1\n  y:\n    z: "q"'),
    ("{{ tpl .Values.text . }}", "churn-x"),
    ('{{ include "own" . }}', "churn!"),
    ('{{ template "own" . }}', "churn!"),
    ("{{ (dict `a` (list 1 2)).a | toJson }}", "[1, 2]"),
    ('{{ ternary "a" "b" .Values.on }}{{ coalesce .Values.tag .Values.name }}', "achurn"),
    ('{{ index .Values.map "y" "z" }}{{ len .Values.list }}{{ add 1 .Values.count }}', "q24"),
    ('{{ "a-b" | replace "-" "_" }}{{ trimSuffix "-" "x-" }}{{ hasKey .Values.map "x" }}', "a_bxtrue"),
    ("{{ until 3 | toJson }}{{ .Files.Get `x` }}", "[0, 1, 2]unknown"),
    ("`{{ `{{ $labels.job }}` }}`", "`{{ $labels.job }}`"),
]
HELPER = '{{ define "own" }}{{ .Values.name }}!{{ end }}'


def renderer() -> Renderer:
    return Renderer([HELPER], {"Values": VALUES, "Files": UNKNOWN})


@pytest.mark.parametrize(("text", "wanted"), CASES)
def test_what_comes_out(text: str, wanted: str) -> None:
    assert renderer().render(text).text == wanted


def test_every_line_knows_its_own() -> None:
    text = "a: 1\n{{- if .Values.on }}\nb:\n  {{- toYaml .Values.list | nindent 2 }}\n{{- end }}\nc: {{ include `own` . }}\n"
    result = renderer().render(text)
    assert result.text == 'a: 1\nb:\n  - "a"\n  - "b"\nc: churn!\n'
    assert result.lines[:5] == (1, 3, 4, 4, 6)


def test_what_the_values_leave_out_is_told() -> None:
    result = renderer().render("{{ if .Values.off }}\nkind: Rollout\n{{ end }}")
    assert result.off == ((1, ".Values.off", "\nkind: Rollout\n\n"),)
    assert not result.guessed


def test_a_condition_that_is_not_known_is_a_guess() -> None:
    result = renderer().render("{{ if .Files.Get `x` }}a{{ else }}b{{ end }}")
    assert result.text == "a" and result.guessed


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{{ if .Values.on }}", "not ended"),
        ("{{ end }}", "outside of a block"),
        ("{{ noSuchFunction 1 }}", "`noSuchFunction` is not evaluated"),
        ('{{ include "missing" . }}', "`missing` is not defined here"),
        ("{{ .Values.name | }}", "lacks a command"),
        ('{{ define "r" }}{{ include "r" . }}{{ end }}{{ include "r" . }}', "too many steps"),
        ("{{ $x := `aaaaaaaaaa` }}{{ range until 1000 }}{{ $x = print $x $x }}{{ end }}", "makes too much"),
        ("{{ " * 200, "not closed"),
    ],
)
def test_what_is_not_understood_is_a_problem(text: str, reason: str) -> None:
    with pytest.raises(TemplateProblem) as caught:
        renderer().render(text)
    assert reason in caught.value.reason


def test_a_slow_pattern_is_not_tried() -> None:
    assert renderer().render("{{ regexMatch `(a+)+$` `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab` }}").text == "unknown"


def test_values_are_merged_from_above() -> None:
    assert merged({"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 5}, "d": None}) == {"a": {"b": 5, "c": 2}}
    assert to_yaml({"a": [{"b": 1, "c": None}], "d/e": {}}) == "a:\n  - b: 1\n    c: null\nd/e: {}"


def test_pieces_know_their_lines() -> None:
    pieces = parse("a\n{{ .x }}\n{{- if .y }}\nb\n{{ end }}")
    assert [(piece.kind, piece.line) for piece in pieces] == [("text", 1), ("output", 2), ("if", 3)]
