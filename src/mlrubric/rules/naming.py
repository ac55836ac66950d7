"""Rules as people name them: what somebody may have meant who names one that is not there."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping

FAMILY = re.compile(r"[A-Z]+")


def meant(word: str, rules: Mapping[str, str] | Iterable[str]) -> str:
    """ "; did you mean `X`?", or nothing. `rules` are ids, with their names where these are known; the letters of ids name a family."""
    names = dict(rules) if isinstance(rules, Mapping) else dict.fromkeys(rules, "")
    families = sorted({found[0] for one in names if (found := FAMILY.match(one))})
    upper = word.upper().replace("_", "-")
    fit = next((one for one, name in names.items() if name and name == word.lower().replace("_", "-")), "")
    if not fit and upper != word and any(one.startswith(upper) for one in names):
        fit = upper
    if not fit:
        letters = FAMILY.match(upper)
        family = "" if letters is None else next(iter(difflib.get_close_matches(letters[0], families, 1, 0.6)), "")
        numbered = f"{family}{upper[letters.end() :]}" if letters is not None and family else ""
        fit = numbered if numbered and (numbered in names or numbered == family) else ""
    fit = fit or next(iter(difflib.get_close_matches(upper, sorted(names), 1, 0.6)), "") or family
    return f"; did you mean `{fit}`?" if fit else ""
