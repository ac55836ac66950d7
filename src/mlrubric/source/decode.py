"""Bytes to text: UTF-8, UTF-16, coding cookies, latin-1 at last; binary content is a value that says so."""

from __future__ import annotations

import codecs
import hashlib
import re

from mlrubric.model.facts import Unreadable
from mlrubric.model.place import Place
from mlrubric.source.document import Document

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_ONLY_COMMENT = re.compile(rb"^[ \t\f]*(?:#.*)?$")
_SAMPLE = 4096
# These run a stateful or host-dependent codec; a source file that names one is read as UTF-8 or latin-1.
_UNSAFE = frozenset(("idna", "punycode", "unicode_escape", "raw_unicode_escape", "unicode-escape", "raw-unicode-escape"))
PYTHON = (".py", ".pyi", ".pyw")
GUESSED = "latin-1"  # what is neither UTF-8 nor says what it is


def decode(path: str, data: bytes) -> Document | Unreadable:
    """The file as a document with `\\n` line ends only; `Unreadable` when it holds no text."""
    digest = hashlib.blake2b(data, digest_size=16).hexdigest()
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _document(path, data[len(mark) :], encoding, digest, bom=True)
    if guessed := _utf16_without_mark(data):
        return _document(path, data, guessed, digest)
    if b"\x00" in data:
        return Unreadable(Place(path), "binary", "binary content, not text")
    if path.endswith(PYTHON) and (cookie := _cookie(data)):
        return _document(path, data, cookie, digest)
    try:
        return Document(path, _lines(data.decode("utf-8")), "utf-8", False, digest)
    except UnicodeDecodeError:
        return Document(path, _lines(data.decode(GUESSED)), GUESSED, False, digest)


def _document(path: str, data: bytes, encoding: str, digest: str, bom: bool = False) -> Document | Unreadable:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding == "utf-8":  # a mark alone does not make it UTF-8: read on byte by byte
            return Document(path, _lines(data.decode(GUESSED)), GUESSED, bom, digest)
        line = data[: error.start].decode(encoding, "replace").count("\n") + 1
        return Unreadable(Place(path), "text", f"not {encoding} as its beginning says (line {line}: {error.reason})")
    if "\x00" in text:
        return Unreadable(Place(path), "binary", "binary content, not text")
    return Document(path, _lines(text), encoding, bom, digest)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _utf16_without_mark(data: bytes) -> str | None:
    """UTF-16 tells itself by zeros in nearly every second byte, and in no others, of text that is mostly Latin."""
    sample = data[: min(len(data), _SAMPLE) & ~1]
    if len(data) % 2 or len(sample) < 4 or b"\x00" not in sample:
        return None
    pairs = len(sample) // 2
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    for encoding, zeros, others in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if zeros >= 0.7 * pairs and not others:
            text = sample.decode(encoding, "replace")
            plain = sum(character.isprintable() or character in "\t\r\n\f" for character in text)
            return encoding if plain >= 0.95 * len(text) else None
    return None


def _cookie(data: bytes) -> str | None:
    """The encoding that a PEP 263 comment in one of the first two lines names, when Python knows it as a text encoding."""
    for number, line in enumerate(data[:1000].replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n", 2)[:2]):
        if match := _COOKIE.match(line):
            try:
                info = codecs.lookup(match.group(1).decode("ascii", "replace"))
                "".encode(info.name)  # refuses codecs that are not text encodings
            except LookupError:
                return None
            return None if info.name in _UNSAFE else info.name
        if number == 0 and not _ONLY_COMMENT.match(line):
            return None
    return None
