"""TOML as nodes with spans: tomli judges what is valid, an index of our own says where each key and value stands."""

from __future__ import annotations

import re

import tomli

from mlrubric.source.syntax.node import Node, SyntaxProblem
from mlrubric.source.syntax.toml_index import Index

_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
MAX_DEPTH = 200


def parse(text: str) -> Node:
    """The document as a map; raises `SyntaxProblem` where tomli does."""
    text = text.removeprefix("\ufeff")
    try:
        tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise _problem(text, error) from error
    except RecursionError as error:
        raise SyntaxProblem("nested too deeply") from error
    except ValueError as error:  # tomli lets these through: an integer of more than 4,300 digits
        raise SyntaxProblem(f"not TOML: {error}") from error
    return Index(text, MAX_DEPTH).document()


def _problem(text: str, error: tomli.TOMLDecodeError) -> SyntaxProblem:
    message = str(error)
    match = _AT.search(message)
    reason = message[: match.start()] if match else message
    if match is None or match.group(1) is None:
        lines = text.split("\n")
        return SyntaxProblem(reason, len(lines), len(lines[-1]) + 1)
    return SyntaxProblem(reason, int(match.group(1)), int(match.group(2)))
