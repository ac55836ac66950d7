"""The `primaryLocationLineHash` of code scanning: a hash of the hundred characters from the start of a line, blanks left out.

The definition is that of the upload action: UTF-16 code units without blanks and tabs, all line ends equal, a mark at the end of
the file, then zeros. The action rolls its hash over the whole file; the value at a line depends on its hundred units alone, so
that megabytes of saved images in a notebook cost nothing here. Alerts keep their identity when lines above them come and go.
"""

from __future__ import annotations

import sys
from array import array
from collections import Counter

WINDOW = 100
FACTOR = 37
MASK = (1 << 64) - 1
NEWLINE, END_OF_FILE = 0x0A, 0xFFFF


def line_hashes(text: str) -> dict[int, str]:
    """The hash of each line, `hex:count`, by line number from 1; equal lines are counted."""
    units = _kept_units(text)
    hashes: dict[int, str] = {}
    times: Counter[int] = Counter()
    start, length = 0, len(units) - WINDOW
    line = 0
    while start < length:
        line += 1
        value = 0
        for unit in units[start : start + WINDOW]:
            value = (value * FACTOR + unit) & MASK
        times[value] += 1
        hashes[line] = f"{value:x}:{times[value]}"
        try:
            start = units.index(NEWLINE, start) + 1
        except ValueError:
            break
    return hashes


def _kept_units(text: str) -> array[int]:
    """The UTF-16 code units that count, the end of the file, and a window of zeros behind it."""
    kept = text.replace("\r\n", "\n").replace("\r", "\n").replace(" ", "").replace("\t", "")
    units = array("H", kept.encode("utf-16-le", "surrogatepass"))
    if sys.byteorder == "big":
        units.byteswap()
    units.append(END_OF_FILE)
    units.extend([0] * WINDOW)
    return units
