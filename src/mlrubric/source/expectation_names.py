"""The expectations of Great Expectations that look at columns, types and numbers of rows only; all others look at values."""

from __future__ import annotations

import re

_STRUCTURE = re.compile(
    r"expect_(column_to_exist|table_column_count_to_\w+|table_columns_to_match_\w+|table_row_count_to_\w+"
    r"|column_values_to_be_(of_type|in_type_list)|column_type_to_be)"
)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def of_structure(name: str) -> bool:
    """Whether an expectation, written as in either major version, says nothing of values."""
    return _STRUCTURE.fullmatch(_HUMP.sub("_", name).lower()) is not None
