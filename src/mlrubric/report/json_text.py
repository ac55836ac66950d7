"""Data as JSON text that every reader takes: ASCII only, no lone surrogates."""

from __future__ import annotations

import json

from mlrubric.source.escape import for_json


def dumps(data: object) -> str:
    return json.dumps(_clean(data), indent=2) + "\n"


def _clean(value: object) -> object:
    if isinstance(value, str):
        return for_json(value)
    if isinstance(value, dict):
        return {for_json(str(key)): _clean(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(item) for item in value]
    return value
