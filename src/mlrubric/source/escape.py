"""Names and strings of a repository made harmless for the place where they are printed."""

from __future__ import annotations

import re
from urllib.parse import quote

# C0 and C1 controls, DEL, bidirectional overrides and isolates, zero-width and line separators, tags, lone surrogates.
_CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-!|~$@&])")


def for_terminal(text: str, keep: str = "") -> str:
    """The text with every control character visible (`\\x1b`); `keep` lists those that stay (`"\\n"`, `"\\t"`)."""
    return _CONTROL.sub(lambda match: match.group() if match.group() in keep else _visible(match.group()), text)


def for_markdown(text: str) -> str:
    """The text as one line of literal Markdown: no markup, no HTML, no mention of a person or an issue."""
    return _MARKDOWN.sub(_entity, for_terminal(text.replace("\n", " ")))


def for_code_span(text: str) -> str:
    """The text as a Markdown code span, with as many backticks as it takes."""
    plain = for_terminal(text.replace("\n", " ")) or " "
    longest = max((len(run) for run in re.findall("`+", plain)), default=0)
    pad = " " if plain.startswith("`") or plain.endswith("`") else ""
    ticks = "`" * (longest + 1)
    return f"{ticks}{pad}{plain}{pad}{ticks}"


def for_uri(path: str) -> str:
    """A relative path as the URI of a SARIF artifact: percent-encoded, the bytes of an undecodable name as they are."""
    data = path.encode("utf-8", "surrogateescape") if _encodable(path) else path.encode("utf-8", "replace")
    return quote(data, safe="/-._~")


def for_json(text: str) -> str:
    """The text without lone surrogates, which JSON readers refuse; the byte they stand for becomes `\\xNN`."""
    return re.sub("[\ud800-\udfff]", lambda match: _visible(match.group()), text)


def _encodable(path: str) -> bool:
    try:
        path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return True


def _visible(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00  # a byte of an undecodable name
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _entity(match: re.Match[str]) -> str:
    character = match.group(1)
    if character in "<>&@":
        return f"&#{ord(character)};"
    return "\\" + character
