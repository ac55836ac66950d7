"""Values of templates: plain data, and what is not known; how they are written as YAML."""

from __future__ import annotations

import json
from collections.abc import Mapping

from mlrubric.source.syntax.node import Node


class Unknown:
    """A value that only the cluster, another file or the clock knows."""

    def __repr__(self) -> str:
        return "unknown"


UNKNOWN = Unknown()
Value = str | int | float | bool | None | Unknown | list["Value"] | dict[str, "Value"]


def value_of(node: Node | None) -> Value:
    """A tree of YAML as plain data."""
    if node is None or node.kind == "null":
        return None
    if node.kind == "map":
        return {name: value_of(inner) for name, inner in node.pairs()}
    if node.kind == "list":
        return [value_of(item) for item in node.items]
    return node.text if node.kind in ("string", "date") else node.value


def merged(below: Value, above: Value) -> Value:
    """Maps are merged, what stands above wins; null takes a key away."""
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    out = dict(below)
    for key, value in above.items():
        if value is None:
            out.pop(key, None)
        else:
            out[key] = merged(out[key], value) if key in out else value
    return out


def truth(value: Value) -> bool:
    """What is neither false, nothing, nought nor empty; what is not known counts as true."""
    return isinstance(value, Unknown) or bool(value)


def shown(value: Value) -> str:
    """A value as text."""
    if value is None:
        return ""
    if isinstance(value, Unknown):
        return "unknown"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, (list, dict)):
        return json.dumps(plain(value))
    return str(value)


def plain(value: Value) -> object:
    if isinstance(value, Unknown):
        return "unknown"
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def to_yaml(value: Value, indent: int = 0) -> str:
    """A value in block style; texts are quoted as JSON, which is YAML."""
    margin = " " * indent
    if isinstance(value, dict) and value:
        lines: list[str] = []
        for key, inner in value.items():
            name = key if key.replace("-", "").replace("_", "").replace(".", "").replace("/", "").isalnum() else json.dumps(key)
            nested = isinstance(inner, (dict, list)) and bool(inner)
            lines.append(f"{margin}{name}:" + ("\n" + to_yaml(inner, indent + 2) if nested else " " + to_yaml(inner)))
        return "\n".join(lines)
    if isinstance(value, list) and value:
        return "\n".join(f"{margin}- {to_yaml(item, indent + 2).lstrip()}" for item in value)
    if isinstance(value, str):
        return json.dumps(value)
    if value is None:
        return "null"
    return json.dumps(plain(value)) if isinstance(value, (dict, list)) else shown(value)
