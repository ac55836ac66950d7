"""What a schema does not allow, in the words of the other errors."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, Protocol, cast


class Problem(Protocol):
    """What a validator says: the rule of the schema that is broken, what it wants, the schema around it, and the value."""

    validator: Any
    validator_value: Any
    schema: Any
    instance: Any
    message: str


TYPES = {
    "string": "a text",
    "array": "a list",
    "object": "a table",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
}
SELECTOR = "^[A-Z]+[0-9]*$"


def said(problem: Problem) -> str:
    """What is wrong with a value, without where it stands."""
    value, wanted = problem.instance, problem.validator_value
    match problem.validator:
        case "additionalProperties":
            unknown = unknown_key(problem)
            return f"unknown key `{unknown}`{did_you_mean(unknown, known_keys(problem))}"
        case "enum":
            allowed = [str(one) for one in cast("list[object]", wanted)]
            return f"`{value}` is none of {', '.join(allowed)}{did_you_mean(str(value), allowed)}"
        case "required":
            return f"{', '.join(f'`{key}`' for key in cast('list[str]', wanted) if key not in cast('Mapping[str, object]', value))} missing"
        case "type":
            kinds = [wanted] if isinstance(wanted, str) else cast("list[str]", wanted)
            return f"must be {' or '.join(TYPES.get(kind, kind) for kind in kinds)}"
        case "pattern" if wanted == SELECTOR:
            return f"`{value}` is no id of a rule and no beginning of one (capitals, then digits)"
        case "pattern":
            return f"`{value}` does not match {wanted}"
        case "minLength" | "minItems" | "minProperties":
            return "must not be empty"
        case "minimum":
            return f"{value} is less than {wanted}"
        case "maximum":
            return f"{value} is more than {wanted}"
    return problem.message


def unknown_key(problem: Problem) -> str:
    """The first key that the schema does not know."""
    known = known_keys(problem)
    return next((key for key in cast("Mapping[str, object]", problem.instance) if key not in known), "")


def known_keys(problem: Problem) -> list[str]:
    return list(cast("Mapping[str, Mapping[str, object]]", problem.schema).get("properties", {}))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """ "; did you mean `X`?", or nothing."""
    names = list(known)
    close = difflib.get_close_matches(word.replace("-", "_"), names, 1, 0.6) or difflib.get_close_matches(word, names, 1, 0.6)
    return f"; did you mean `{close[0]}`?" if close else ""
