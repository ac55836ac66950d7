"""Strings of a repository where they are printed: nothing that acts, nothing that hides."""

from __future__ import annotations

import json
from urllib.parse import unquote_to_bytes

from hypothesis import given
from hypothesis import strategies as st

from mlrubric.source.escape import for_code_span, for_json, for_markdown, for_terminal, for_uri


@given(st.text())
def test_the_terminal_gets_printable_characters_only(text: str) -> None:
    shown = for_terminal(text)
    shown.encode("utf-8")
    assert not any(ord(character) < 32 or 0x7F <= ord(character) < 0xA0 for character in shown)
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200f\ufeff")


def test_escape_sequences_and_overrides_are_seen() -> None:
    assert for_terminal("a\x1b[31mb\u202ec\udcff\n") == "a\\x1b[31mb\\u202ec\\xff\\x0a"
    assert for_terminal("a\tb\n", keep="\n\t") == "a\tb\n"
    assert for_terminal("é😀 日本") == "é😀 日本"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_markdown_is_one_line_without_html(text: str) -> None:
    shown = for_markdown(text)
    assert "\n" not in shown and "<" not in shown and ">" not in shown and "@" not in shown


def test_markdown_markup_is_literal() -> None:
    assert for_markdown("[x](y) *b* `c`") == "\\[x\\]\\(y\\) \\*b\\* \\`c\\`"
    assert for_code_span("a`b") == "``a`b``"
    assert for_code_span("`") == "`` ` ``"


@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])))
def test_a_uri_gives_the_path_back(path: str) -> None:
    uri = for_uri(path)
    assert uri.isascii() and ":" not in uri and " " not in uri and "\\" not in uri
    assert unquote_to_bytes(uri) == path.encode()


def test_a_uri_keeps_the_bytes_of_an_undecodable_name() -> None:
    assert for_uri("a b/\udcff.py") == "a%20b/%FF.py"
    assert for_uri("\ud800") == "%3F"


@given(st.text())
def test_json_gets_no_lone_surrogate(text: str) -> None:
    json.dumps(for_json(text), ensure_ascii=False).encode("utf-8")
