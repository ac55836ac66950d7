"""Bytes to text in every encoding that a repository may hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlrubric.model.facts import Unreadable
from mlrubric.source.decode import decode
from mlrubric.source.document import Document

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\ufeff\r"))


def document(path: str, data: bytes) -> Document:
    found = decode(path, data)
    assert isinstance(found, Document), found
    return found


@given(text, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]), st.sampled_from(["\n", "\r\n", "\r"]))
def test_what_was_written_comes_back_with_plain_line_ends(content: str, encoding: str, ends: str) -> None:
    found = document("a.txt", content.replace("\n", ends).encode(encoding))
    assert found.text == content
    assert found.bom == (encoding != "utf-8")


@given(st.binary())
def test_any_bytes_are_text_or_say_that_they_are_not(data: bytes) -> None:
    found = decode("a.py", data)
    if isinstance(found, Document):
        assert "\r" not in found.text and "\x00" not in found.text
        found.text.encode("utf-8")
    else:
        assert found.reason


@given(st.text(st.characters(codec="latin-1", exclude_characters="\x00\r"), min_size=1))
def test_latin_1_where_it_is_not_utf_8(content: str) -> None:
    data = content.encode("latin-1")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        found = decode("a.txt", data)
        if not data.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
            assert isinstance(found, Document) and (found.text, found.encoding) == (content, "latin-1")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_mark(encoding: str) -> None:
    found = document("requirements.txt", "numpy==1.26.4\r\npandas\r\n".encode(encoding))
    assert (found.text, found.encoding, found.bom) == ("numpy==1.26.4\npandas\n", encoding, False)


@pytest.mark.parametrize(
    ("path", "head", "body", "encoding"),
    [
        ("a.py", b"# -*- coding: cp1252 -*-\n", "€".encode("cp1252"), "cp1252"),
        ("a.py", b"#!/usr/bin/python\r\n# vim: set fileencoding=latin-1 :\r\n", b"\xe9", "iso8859-1"),
        ("a.py", b"x = 1\n# coding: cp1252\n", "é".encode(), "utf-8"),
        ("a.txt", b"# coding: cp1252\n", "é".encode(), "utf-8"),
        ("a.py", b"# coding: rot13\n", "é".encode(), "utf-8"),
        ("a.py", b"# coding: no-such\n", "é".encode(), "utf-8"),
        ("a.py", b"# coding: unicode_escape\n", b"\\x00", "utf-8"),
    ],
)
def test_coding_cookies_of_python_files(path: str, head: bytes, body: bytes, encoding: str) -> None:
    found = document(path, head + body)
    assert found.encoding == encoding
    assert found.text.splitlines()[-1] == body.decode(encoding)


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n\x00\x00", b"\x00" * 10, b"a\x00b\x00\x00\x00c", b"\x80\x04\x95\x00\x00"])
def test_binary_is_named(data: bytes) -> None:
    found = decode("model.py", data)
    assert isinstance(found, Unreadable) and "binary" in found.reason


def test_broken_utf_16_is_named() -> None:
    found = decode("a.txt", b"\xff\xfea\x00\n\x00b")
    assert isinstance(found, Unreadable) and "line 2" in found.reason


def test_the_digest_tells_contents_apart() -> None:
    assert document("a", b"x\n").digest != document("a", b"x\r\n").digest
    assert document("a", b"x").digest == document("b", b"x").digest
