"""The `primaryLocationLineHash` of code scanning: a rolling hash of about one hundred characters from the start of a line.

The definition is that of the upload action: UTF-16 code units, blanks left out, all line ends equal, a mark at the end of the
file. Alerts keep their identity when lines above them come and go.
"""

from __future__ import annotations

from collections import Counter

WINDOW = 100
FACTOR = 37
MASK = (1 << 64) - 1
END_OF_FILE = 0xFFFF
_SPACE, _TAB, _NEWLINE, _RETURN = 0x20, 0x09, 0x0A, 0x0D
_LEAVING = pow(FACTOR, WINDOW, 1 << 64)


def line_hashes(text: str) -> dict[int, str]:
    """The hash of each line that has at least one character besides blanks, `hex:count`, by line number from 1."""
    units = _kept_units(text)
    padded = [unit for unit, _ in units] + [0] * WINDOW
    starts: dict[int, int] = {}  # index of the first kept unit of a line -> line
    seen = 0
    for index, (_, line) in enumerate(units):
        if line != seen:
            starts[index] = line
            seen = line
    hashes: dict[int, str] = {}
    times: Counter[str] = Counter()
    rolling = 0
    for index in range(len(padded)):
        line_start = index - WINDOW
        if line_start in starts:
            text_hash = f"{rolling:x}"
            times[text_hash] += 1
            hashes[starts[line_start]] = f"{text_hash}:{times[text_hash]}"
        leaving = padded[line_start] if line_start >= 0 else 0
        rolling = (FACTOR * rolling + padded[index] - _LEAVING * leaving) & MASK
    return hashes


def _kept_units(text: str) -> list[tuple[int, int]]:
    """UTF-16 code units that count, each with the number of its line; the end of the file is one unit more."""
    data = text.encode("utf-16-le", "surrogatepass")
    kept: list[tuple[int, int]] = []
    line, previous = 1, 0
    for index in range(0, len(data), 2):
        unit = data[index] | data[index + 1] << 8
        if unit in (_SPACE, _TAB) or (unit == _NEWLINE and previous == _RETURN):
            previous = unit
            continue
        previous = unit
        if unit == _RETURN:
            unit = _NEWLINE
        kept.append((unit, line))
        if unit == _NEWLINE:
            line += 1
    kept.append((END_OF_FILE, line))
    return kept
