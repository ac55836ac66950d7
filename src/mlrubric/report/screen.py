"""Rows of styled text for a terminal: measured, cut, wrapped, and painted by rich only when colour is wanted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mlrubric.source.escape import for_terminal

_PLAIN = str.maketrans({"·": "-", "→": ">", "←": "<", "…": "~", "│": "|", "▏": " ", "▎": " ", "▍": " ", **dict.fromkeys("█▉▊▋▌", "#")})


@dataclass(frozen=True, slots=True)
class Row:
    """One printed line: parts of text with a style that rich knows ("" for none)."""

    parts: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self.parts)


def row(*parts: str | tuple[str, str]) -> Row:
    """A row of plain texts and (text, style) pairs."""
    return Row(tuple((part, "") if isinstance(part, str) else part for part in parts))


def width_of(text: str) -> int:
    """Columns that a text takes: wide characters take two."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def cut(text: str, width: int) -> str:
    """The text, or its beginning with an ellipsis, in at most `width` columns."""
    if width_of(text) <= width:
        return text
    kept, used = [], 0
    for character in text:
        used += width_of(character)
        if used > width - 1:
            break
        kept.append(character)
    return "".join(kept).rstrip() + "…" if width > 0 else ""


def pad(text: str, width: int) -> str:
    return text + " " * max(0, width - width_of(text))


def wrapped(text: str, width: int, most: int = 99) -> list[str]:
    """The text in lines of at most `width` columns; words that are longer are cut, and so is what comes after `most` lines."""
    lines: list[str] = [""]
    words = text.split()
    for number, word in enumerate(words):
        candidate = f"{lines[-1]} {word}" if lines[-1] else word
        if width_of(candidate) <= width:
            lines[-1] = candidate
        elif len(lines) == most:
            lines[-1] = cut(" ".join([lines[-1], *words[number:]]), width)
            break
        else:
            lines.append(cut(word, width))
    return [line for line in lines if line] or [""]


def bar(value: float, whole: float, cells: int) -> str:
    """A bar in eighths of a character."""
    eighths = round(max(0.0, min(1.0, value / whole)) * cells * 8)
    return "█" * (eighths // 8) + ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")[eighths % 8]


def safe(text: str) -> str:
    """A name or string of the repository as one line without anything that moves the cursor."""
    return for_terminal(" ".join(text.split("\n")).replace("\t", " "))


def paint(rows: Iterable[Row], width: int, color: bool, unicode: bool = True) -> str:
    """The rows as text; no row is longer than `width`. Without colour rich is not imported for this."""
    fitted = [_fitted(item, width) for item in rows]
    if not unicode:
        fitted = [Row(tuple((_ascii(text), style) for text, style in item.parts)) for item in fitted]
    if not color:
        return "".join(item.text.rstrip() + "\n" for item in fitted)
    from io import StringIO

    from rich.console import Console
    from rich.text import Text

    out = StringIO()
    console = Console(
        file=out, force_terminal=True, color_system="standard", no_color=False, width=width, highlight=False, legacy_windows=False
    )
    for item in fitted:
        console.print(Text.assemble(*item.parts), no_wrap=True, overflow="ignore", crop=False, soft_wrap=True)
    return out.getvalue()


def _fitted(item: Row, width: int) -> Row:
    """A row that is too long is cut at the end; everybody who builds rows measures before, so this is the last guard."""
    if width_of(item.text) <= width:
        return item
    parts: list[tuple[str, str]] = []
    left = width
    for text, style in item.parts:
        if width_of(text) >= left:
            return Row((*parts, (cut(text + "  ", left), style)))
        parts.append((text, style))
        left -= width_of(text)
    return Row(tuple(parts))


def _ascii(text: str) -> str:
    return text.translate(_PLAIN).encode("ascii", "replace").decode("ascii")
