"""The functions of Go templates, Sprig and Helm that charts use to shape values; what is not here is a reason for not rendering."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence

from mlrubric.source.go_template.values import UNKNOWN, Unknown, Value, merged, plain, shown, to_yaml, truth, value_of
from mlrubric.source.syntax.node import SyntaxProblem
from mlrubric.source.syntax.yaml import parse

Function = Callable[..., Value]
LONGEST = 10_000  # of a list that is made
MATCHED = 2_000  # characters of a text that patterns look at
_NESTED = re.compile(r"[*+}][^()]*\)[*+{]|\|[^()]*\)[*+{]")


def _text(function: Callable[..., str | bool]) -> Function:
    """A function on texts, which may come as other values."""
    return lambda *arguments: function(*(shown(a) for a in arguments))


def _number(value: Value) -> float:
    try:
        return float(shown(value) or 0)
    except ValueError:
        return 0.0


def _integer(value: Value) -> int:
    number = _number(value)
    return int(number) if math.isfinite(number) else 0


def _count(function: Callable[[float, float], float]) -> Function:
    def counted(*arguments: Value) -> Value:
        numbers = [_number(a) for a in arguments]
        result = numbers[0] if numbers else 0.0
        for number in numbers[1:]:
            result = function(result, number)
        return int(result) if result == int(result) else result

    return counted


def _compare(function: Callable[[float], bool]) -> Function:
    def compared(one: Value, other: Value) -> Value:
        if isinstance(one, str) and isinstance(other, str):
            return function((one > other) - (one < other))
        return function(_number(one) - _number(other))

    return compared


def _equal(first: Value, *others: Value) -> Value:
    if isinstance(first, Unknown) or any(isinstance(o, Unknown) for o in others):
        return UNKNOWN
    return any(first == o or (first is not None and o is not None and shown(first) == shown(o)) for o in others)


def _negated(value: Value) -> Value:
    return UNKNOWN if isinstance(value, Unknown) else not truth(value)


def _default(fallback: Value, value: Value = None) -> Value:
    return value if truth(value) else fallback


def _all(*values: Value) -> Value:
    return next((v for v in values if not truth(v)), values[-1] if values else None)


def _any(*values: Value) -> Value:
    return next((v for v in values if truth(v)), values[-1] if values else None)


def _indent(width: Value, text: Value) -> str:
    margin = " " * min(_integer(width), 200)
    return "\n".join(margin + line for line in shown(text).split("\n"))


def _printf(form: Value, *arguments: Value) -> str:
    left = list(arguments)

    def one(match: re.Match[str]) -> str:
        if match[0] == "%%":
            return "%"
        value = left.pop(0) if left else ""
        if match[1] == "q":
            return json.dumps(shown(value))
        return str(_integer(value)) if match[1] == "d" else shown(value)

    return re.sub(r"%[-+ 0#]*\d*(?:\.\d+)?([a-zA-Z%])", one, shown(form))


def _items(value: Value) -> list[Value]:
    return value if isinstance(value, list) else []


def _dict(*arguments: Value) -> Value:
    return {shown(k): v for k, v in zip(arguments[::2], arguments[1::2], strict=False)}


def _index(value: Value, *keys: Value) -> Value:
    for key in keys:
        if isinstance(value, dict):
            value = value.get(shown(key))
        elif isinstance(value, list) and 0 <= _integer(key) < len(value):
            value = value[_integer(key)]
        else:
            return UNKNOWN if isinstance(value, Unknown) else None
    return value


def _size(value: Value) -> Value:
    return len(value) if isinstance(value, (str, list, dict)) else 0


def _from_yaml(text: Value) -> Value:
    try:
        roots = parse(shown(text))
    except SyntaxProblem:
        return {}
    return value_of(roots[0]) if roots else {}


def _merge(*values: Value) -> Value:
    out: Value = {}
    for value in values:
        out = merged(value, out)
    return out


def _over(*values: Value) -> Value:
    out: Value = {}
    for value in values:
        out = merged(out, value)
    return out


def _kind(value: Value) -> str:
    names = {bool: "bool", int: "int", float: "float64", str: "string", list: "slice", dict: "map"}
    return names.get(type(value), "invalid")


def _until(*ends: Value) -> Value:
    numbers = [_integer(e) for e in ends]
    start, stop, step = (0, numbers[0], 1) if len(numbers) == 1 else (numbers[0], numbers[1], [*numbers, 1][2] or 1)
    return list(range(start, stop, step)[:LONGEST])


def _slow(pattern: Value, text: Value) -> bool:
    """Whether a pattern may take for ever: a repetition inside of a repeated group."""
    return len(shown(text)) > MATCHED or _NESTED.search(shown(pattern)) is not None


def _regex(pattern: Value, text: Value) -> Value:
    if _slow(pattern, text):
        return UNKNOWN
    try:
        return re.search(shown(pattern), shown(text)) is not None
    except re.error:
        return UNKNOWN


def _replaced(pattern: Value, text: Value, with_: Value) -> Value:
    if _slow(pattern, text):
        return UNKNOWN
    try:
        return re.sub(shown(pattern), re.sub(r"\$\{?(\d+)\}?", r"\\\1", shown(with_)), shown(text))
    except (re.error, IndexError):
        return UNKNOWN


def _unknown(*_: Value) -> Value:
    return UNKNOWN


def _words(text: str) -> list[str]:
    return re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", text)


def _without(values: Value, *names: Value) -> Value:
    unwanted = {shown(n) for n in names}
    return {k: v for k, v in values.items() if k not in unwanted} if isinstance(values, dict) else {}


def _only(values: Value, *names: Value) -> Value:
    wanted = {shown(n) for n in names}
    return {k: v for k, v in values.items() if k in wanted} if isinstance(values, dict) else {}


def _set(values: Value, key: Value, value: Value) -> Value:
    if isinstance(values, dict):
        values[shown(key)] = value
    return values


def _unset(values: Value, key: Value) -> Value:
    if isinstance(values, dict):
        values.pop(shown(key), None)
    return values


def _strings(function: Callable[[Sequence[str]], Value]) -> Function:
    return lambda value: function([shown(i) for i in _items(value)])


FUNCTIONS: dict[str, Function] = {
    "quote": lambda *v: " ".join(json.dumps(shown(x)) for x in v if x is not None),
    "squote": lambda *v: " ".join("'" + shown(x) + "'" for x in v),
    "default": _default,
    "coalesce": _any,
    "required": lambda message, value=None: value if value is not None else UNKNOWN,
    "empty": lambda v: not truth(v),
    "ternary": lambda yes, no, test: yes if truth(test) else no,
    "toYaml": to_yaml,
    "toYamlPretty": to_yaml,
    "fromYaml": _from_yaml,
    "toJson": lambda v: json.dumps(plain(v)),
    "toPrettyJson": lambda v: json.dumps(plain(v)),
    "toRawJson": lambda v: json.dumps(plain(v)),
    "mustToJson": lambda v: json.dumps(plain(v)),
    "fromJson": _from_yaml,
    "toToml": lambda v: json.dumps(plain(v)),
    "toString": shown,
    "toStrings": lambda v: [shown(i) for i in _items(v)],
    "print": lambda *v: "".join(shown(x) for x in v),
    "println": lambda *v: " ".join(shown(x) for x in v) + "\n",
    "printf": _printf,
    "cat": lambda *v: " ".join(shown(x) for x in v),
    "int": _integer,
    "int64": _integer,
    "atoi": _integer,
    "float64": _number,
    "toDecimal": _integer,
    "indent": _indent,
    "nindent": lambda width, text: "\n" + _indent(width, text),
    "upper": _text(str.upper),
    "lower": _text(str.lower),
    "title": _text(str.title),
    "untitle": _text(lambda t: t[:1].lower() + t[1:]),
    "trim": _text(str.strip),
    "nospace": _text(lambda t: re.sub(r"\s", "", t)),
    "trimSuffix": _text(lambda end, t: t.removesuffix(end)),
    "trimPrefix": _text(lambda start, t: t.removeprefix(start)),
    "trimAll": _text(lambda marks, t: t.strip(marks)),
    "trunc": lambda n, t: shown(t)[: _integer(n)] if _integer(n) >= 0 else shown(t)[_integer(n) :],
    "substr": lambda a, b, t: shown(t)[_integer(a) : _integer(b)],
    "replace": _text(lambda old, new, t: t.replace(old, new) if old else t),
    "contains": _text(lambda part, t: part in t),
    "hasPrefix": _text(lambda part, t: t.startswith(part)),
    "hasSuffix": _text(lambda part, t: t.endswith(part)),
    "repeat": lambda n, t: shown(t) * min(_integer(n), 1000),
    "snakecase": _text(lambda t: "_".join(_words(t)).lower()),
    "kebabcase": _text(lambda t: "-".join(_words(t)).lower()),
    "camelcase": _text(lambda t: "".join(w.title() for w in _words(t))),
    "split": lambda mark, t: {f"_{i}": part for i, part in enumerate(shown(t).split(shown(mark)))},
    "splitList": lambda mark, t: list(shown(t).split(shown(mark))),
    "join": lambda mark, v: shown(mark).join(shown(i) for i in _items(v)),
    "regexMatch": _regex,
    "mustRegexMatch": _regex,
    "regexReplaceAll": _replaced,
    "regexReplaceAllLiteral": _replaced,
    "regexFind": _unknown,
    "eq": _equal,
    "ne": lambda one, other: _negated(_equal(one, other)),
    "lt": _compare(lambda d: d < 0),
    "le": _compare(lambda d: d <= 0),
    "gt": _compare(lambda d: d > 0),
    "ge": _compare(lambda d: d >= 0),
    "and": _all,
    "or": _any,
    "not": _negated,
    "add": _count(lambda a, b: a + b),
    "add1": lambda v: _integer(v) + 1,
    "sub": _count(lambda a, b: a - b),
    "mul": _count(lambda a, b: a * b),
    "div": _count(lambda a, b: a // b if b else 0),
    "mod": _count(lambda a, b: a % b if b else 0),
    "max": _count(max),
    "min": _count(min),
    "ceil": lambda v: math.ceil(_number(v)),
    "floor": lambda v: math.floor(_number(v)),
    "round": lambda v, n=0: round(_number(v), _integer(n)),
    "until": _until,
    "untilStep": _until,
    "seq": lambda *v: " ".join(str(i) for i in range(1, min(_integer(v[-1]), 1000) + 1)),
    "len": _size,
    "index": _index,
    "list": lambda *v: list(v),
    "tuple": lambda *v: list(v),
    "dict": _dict,
    "get": lambda v, key: _index(v, key),
    "dig": lambda *v: _default(v[-2], _index(v[-1], *v[:-2])),
    "set": _set,
    "unset": _unset,
    "hasKey": lambda v, key: isinstance(v, dict) and shown(key) in v,
    "keys": lambda *v: [k for one in v if isinstance(one, dict) for k in one],
    "values": lambda v: list(v.values()) if isinstance(v, dict) else [],
    "pick": _only,
    "omit": _without,
    "merge": _merge,
    "mergeOverwrite": _over,
    "mustMerge": _merge,
    "mustMergeOverwrite": _over,
    "deepCopy": lambda v: v,
    "first": lambda v: _index(v, 0),
    "last": lambda v: _items(v)[-1] if _items(v) else None,
    "rest": lambda v: _items(v)[1:],
    "initial": lambda v: _items(v)[:-1],
    "append": lambda v, item: [*_items(v), item],
    "prepend": lambda v, item: [item, *_items(v)],
    "concat": lambda *v: [i for one in v for i in _items(one)],
    "has": lambda item, v: item in _items(v),
    "without": lambda v, *unwanted: [i for i in _items(v) if i not in unwanted],
    "uniq": lambda v: [i for n, i in enumerate(_items(v)) if i not in _items(v)[:n]],
    "compact": lambda v: [i for i in _items(v) if truth(i)],
    "sortAlpha": _strings(lambda v: list[Value](sorted(v))),
    "reverse": lambda v: _items(v)[::-1],
    "kindOf": _kind,
    "kindIs": lambda kind, v: _kind(v) == kind,
    "typeOf": _kind,
    "typeIs": lambda kind, v: _kind(v) == kind,
    "semverCompare": _unknown,
    "semver": _unknown,
    "lookup": lambda *v: {},
    "fail": _unknown,
    "b64enc": _unknown,
    "b64dec": _unknown,
    "sha1sum": _unknown,
    "sha256sum": _unknown,
    "adler32sum": _unknown,
    "randAlphaNum": _unknown,
    "randAlpha": _unknown,
    "randNumeric": _unknown,
    "randAscii": _unknown,
    "uuidv4": _unknown,
    "now": _unknown,
    "date": _unknown,
    "dateInZone": _unknown,
    "htpasswd": _unknown,
    "genCA": _unknown,
    "genSelfSignedCert": _unknown,
    "genSignedCert": _unknown,
    "derivePassword": _unknown,
    "env": _unknown,
    "urlquery": shown,
}
