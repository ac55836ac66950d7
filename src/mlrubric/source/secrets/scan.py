"""Finds credential literals in a text; the caller says what kind of text it is, the answer never holds the value."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from mlrubric.source.secrets.forms import handed_on
from mlrubric.source.secrets.names import Meaning, meaning_of
from mlrubric.source.secrets.shapes import shaped
from mlrubric.source.secrets.words import (
    is_default,
    is_empty,
    is_placeholder,
    is_placeholder_word,
    is_reference,
    looks_chosen,
    looks_random,
)


class Setting(Enum):
    """What kind of text holds the literal: it decides how much must speak for a real credential."""

    CODE = "code"  # a literal counts when it is written as one and no mere word
    ENVIRONMENT = "environment"  # a file of real values: everything counts but a placeholder or one known default
    CONFIG = "config"  # also compose files: a default of a development service does not count
    CI = "ci"  # service containers there live for one job
    EXAMPLE = "example"  # documents, tests, templates: only what cannot be an example


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """Character offsets of the literal, and what it seems to be."""

    start: int
    end: int
    hint: str


_KEYWORD = re.compile(r"passw|pwd|passphrase|pass\b|\bpw\b|_pw\b|secret|token|key|credential|_pat\b", re.IGNORECASE)
_QUOTED = re.compile(
    r"""(?P<name>[A-Za-z_][\w.-]*)\\?["']?\]?\s*(?::\s*[A-Za-z_][\w\[\], |.]*=|:|=>|=(?!=)|,)\s*"""
    r"""(?:(?:\w+\.)?(?:[Ff]ield|SecretStr)\((?:default[ ]*=[ ]*)?){0,2}[bru]?\\?(?P<quote>["'])(?P<value>[^"'\\\n]{4,200}?)\\?(?P=quote)"""
)
_BARE = re.compile(
    r"""^[ \t]*(?:\#[ \t]*)?(?:-[ \t]+)?(?:export[ \t]+|ENV[ \t]+|ARG[ \t]+)?(?P<name>[A-Za-z_][\w.-]*)[ \t]*"""
    r"""(?:=[ \t]*|:[ \t]+)(?P<value>[^\s"'#|>&*!{\[`(][^\s"'`]{3,200})[ \t]*(?:\\|\#.*)?$"""
)
_QUOTED_PAIR = re.compile(r"""^[ \t]*-[ \t]+(?P<quote>["'])(?P<name>[A-Za-z_][\w.-]*)=(?P<value>[^"'\n]{4,200})(?P=quote)[ \t]*$""")
_OPTION = re.compile(
    r"""(?:--(?:set|set-string|from-literal|build-arg|set-env-vars)[ =]|--|-e[ \t]+|--env[ \t]+|-D|^ENV[ \t]+)["']?"""
    r"""(?P<name>[A-Za-z_][\w.-]*)(?:=|[ \t]+)["']?"""
    r"""(?P<value>[^\s"'\\;&|-][^\s"'\\;&|]{3,200})"""
)
_INLINE = re.compile(r"""(?:^|[ \t;&])(?P<name>[A-Z][A-Z0-9_]*)=(?P<value>[^\s"'\\;&|$]{4,200})(?=[ \t]+[a-z./])""")
_PAIRS = re.compile(r"""(?<=[ \t,])(?P<name>[A-Z][A-Z0-9_]*)=["']?(?P<value>[^\s"'\\;&|$]{4,200})""")
_MANY = re.compile(r"[ \t]*(?:ENV|ARG|export|env)[ \t]|.*--(?:set-env-vars|env-vars|set)[ =]")
_COMMAND = re.compile(r"[ \t]*(?:!|%(?:set_)?env[ \t]|%(?:sh|bash)\b)")  # a line of a notebook that a shell runs
_CELL = re.compile(r"\s*%%(?:bash|sh|script|cmd|system|writefile[ \t]+\S*(?:env|ya?ml|sh|ini|cfg|toml))\b")
_MAGIC = re.compile(r"""^[ \t]*%(?:set_)?env[ \t]+(?P<name>[A-Za-z_]\w*)[ \t=]+(?P<value>[^\s"'$][^\s"']{3,200})""")
_ASKED = re.compile(r"(?:getenv|environ\.get|environ\.setdefault|\benv(?:\.str)?|\bconfig)\([ ]*[\"']$")
_NAMED_VALUE = re.compile(
    r"""-[ \t]+name:[ \t]*["']?(?P<name>[\w.-]+)["']?[ \t]*\n"""
    r"""[ \t]+value:[ \t]*["']?(?P<value>[^\s"'\n]{4,200})["']?[ \t]*$""",
    re.MULTILINE,
)
_VALUE_NAMED = re.compile(
    r"""-[ \t]+value:[ \t]*["']?(?P<value>[^\s"'\n]{4,200})["']?[ \t]*\n"""
    r"""[ \t]+name:[ \t]*["']?(?P<name>[\w.-]+)["']?[ \t]*$""",
    re.MULTILINE,
)
_URI = re.compile(
    r"""(?<![\w+.-])[A-Za-z][A-Za-z0-9+.-]{1,30}://(?P<user>[^\s/:@"'<>`]{0,80}):(?P<value>[^\s/@"'<>`]{2,120})@(?P<host>[^\s/"'?`,)]+)"""
)
_PLACEHOLDER_HOST = re.compile(
    r"^(?:\[?(?:db_?)?(?:host(?:name)?|server|endpoint|ip|domain|address|account\w*|cluster)\]?(?::.*)?"
    r"|[A-Z_]+(?::.*)?|.*\bexample\..*|.*\.\.\..*)$"
)
_DIRECT = re.compile(r"""^\s*[A-Za-z_][\w.\[\]"']*\s*(?::\s*[\w.\[\] |]+)?=\s*\(?\s*[rb]?["']$""")
_FALLBACK = re.compile(r"\$\{\w+:?-(?P<value>[^${}\s]+)\}$")
_K8S_SECRET = re.compile(r"^kind:[ \t]*Secret[ \t]*$", re.MULTILINE)
_USER = re.compile(r"""(?i:user(?:_?name)?|\bdb|_db|database|db_?name)["']?[ \t]*(?:=|:)[ \t]*["']?(?P<value>[\w.@-]{3,60})""")
_OWNER = re.compile(r"""\b(?:user(?:_?name)?|host(?:name)?|db_?name|database)["']?[ \t]*[=:][ \t]*[rf]?["']""", re.IGNORECASE)
_NEAR = 200  # characters of a call or a table in which the owner of a password is named beside it
_JOB_DATABASE = re.compile(r"^(?:POSTGRES|MYSQL|MARIADB|MONGO|REDIS|PG|RABBITMQ|MINIO|MSSQL|SA)", re.IGNORECASE)


def hits_in(text: str, setting: Setting) -> list[Hit]:
    """The credential literals of a text in order, each character in one hit at most."""
    found = [Hit(*entry) for entry in shaped(text)]
    found += _uris(text, setting)
    if setting is not Setting.EXAMPLE:
        if setting is Setting.CODE and _CELL.match(text):
            setting = Setting.CONFIG
        found += [Hit(*entry) for entry in handed_on(text)]
        assigned = list(_assigned(text, setting))
        if "kind:" in text and _K8S_SECRET.search(text):
            assigned = [hit for hit in assigned if _decoded(text[hit.start : hit.end]) is None]
            found += _kubernetes(text)
        found += assigned
    kept: list[Hit] = []
    for hit in sorted(found, key=lambda hit: (hit.start, -hit.end, hit.hint)):
        if not kept or hit.start >= kept[-1].end:
            kept.append(hit)
    return kept


def _assigned(text: str, setting: Setting) -> Iterator[Hit]:
    """What is assigned to a secret name, unless it is the user's or the database's own name: a development default, as in a URI."""
    found = list(_candidates(text, setting))
    if found:
        users = frozenset(match["value"].lower() for match in _USER.finditer(text))
        if setting is Setting.CODE:
            found = [hit for hit in found if hit.hint != "password" or _written_out(text[hit.start : hit.end]) or _owned(text, hit)]
        yield from (hit for hit in found if text[hit.start : hit.end].lower() not in users)


def _candidates(text: str, setting: Setting) -> Iterator[Hit]:
    seen = -1
    for keyword in _KEYWORD.finditer(text):
        start = text.rfind("\n", 0, keyword.start()) + 1
        if start <= seen:
            continue
        seen = start
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        if end - start <= 2000:
            yield from _in_line(text[start:end], start, setting)
        elif keyword.start() - start < 100_000:  # one very long line: a minified or generated file
            start = max(start, keyword.start() - 100)
            yield from _in_line(text[start : keyword.end() + 300], start, setting)
    for match in (*_NAMED_VALUE.finditer(text), *(_VALUE_NAMED.finditer(text) if "value:" in text else ())):
        if _is_credential(match["name"], match["value"], setting):
            yield Hit(match.start("value"), match.end("value"), _hint(match["name"]))


def _in_line(line: str, offset: int, setting: Setting) -> Iterator[Hit]:
    patterns = [_QUOTED]
    if setting is Setting.CODE and _COMMAND.match(line):
        setting, patterns, line = Setting.CONFIG, [_QUOTED, _MAGIC], line.replace("!", " ", 1)
    if setting is not Setting.CODE:
        patterns += [_BARE, _QUOTED_PAIR, _OPTION, _INLINE]
        if _MANY.match(line):
            patterns.append(_PAIRS)
    for pattern in patterns:
        position = 0
        while match := pattern.search(line, position):
            # a name that is itself followed by one: `{"token": {"password": "x"}}`, so go on right behind the name
            position = max(match.end("name"), match.start() + 1)
            name, value, start = match["name"], match["value"], match.start("value")
            fallback = _FALLBACK.search(value)
            if fallback:
                name, value, start = name, fallback["value"], start + fallback.start("value")
                if not looks_random(value):
                    continue
            comma = pattern is _QUOTED and line[match.end("name") : match.start("quote")].strip(" \\\"'").startswith(",")
            if comma:
                quoted = line[match.start("name") - 1 : match.start("name")] in ("'", '"')
                if not quoted or not (looks_random(value) or _ASKED.search(line[: match.start("name")])):
                    continue
            if _is_credential(name, value, setting):
                yield Hit(offset + start, offset + start + len(value), _hint(name))


def _is_credential(name: str, value: str, setting: Setting) -> bool:
    meaning = meaning_of(name)
    if meaning is Meaning.OTHER or is_empty(value) or is_placeholder(value) or is_reference(value):
        return False
    if value.lower() == name.lower() or " " in value:
        return False
    if meaning is Meaning.TOKEN or (meaning is Meaning.KEY and not (setting is not Setting.CI and looks_chosen(value, name))):
        return looks_random(value)
    if setting is Setting.ENVIRONMENT:
        return not (is_default(value) or value.lower() in name.lower())
    if is_default(value, name, numbered=setting is Setting.CI):
        return False
    if setting is Setting.CI:
        return not _JOB_DATABASE.match(name)
    return not re.fullmatch(r"[\w./-]+\.\w{2,4}|/.*|[a-z]+(?:[._][a-z]+)+\(.*", value)


def _written_out(value: str) -> bool:
    """In code a bare word or a dotted name is a field, a label or a column."""
    return bool(re.search(r"\d|[^\w.\-/\[\]()]", value)) and not re.fullmatch(r"[a-z_]+(?:[.\[/]\w+\]?)+|[A-Za-z_.-]+", value)


def _owned(text: str, hit: Hit) -> bool:
    """Whether a word stands beside the literal that says whose password it is: then a bare word is one too."""
    before = re.split(r"[)}]", text[max(0, hit.start - _NEAR) : hit.start])[-1]
    after = re.split(r"[)}]", text[hit.end : hit.end + _NEAR], maxsplit=1)[0]
    return text[hit.start : hit.end].isalpha() and bool(_OWNER.search(before) or _OWNER.search(after))


def _uris(text: str, setting: Setting) -> Iterator[Hit]:
    if "://" not in text:
        return
    for match in _URI.finditer(text):
        user, value, host = match["user"], match["value"], match["host"]
        if is_placeholder(value) or is_placeholder_word(user) or is_reference(value) or is_reference(host):
            continue
        if user == value or _PLACEHOLDER_HOST.match(host) or re.search(r"[{}$\\]|&lt;", user + value + host):
            continue
        if setting is Setting.EXAMPLE and not looks_random(value):
            continue
        if is_default(value, user, match.group().split("://", 1)[0], host, numbered=setting is Setting.CI):
            # a default in a configuration speaks of a development service; written straight into code it is what every run uses
            line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
            if setting is not Setting.CODE or not _DIRECT.match(line):
                continue
        yield Hit(match.start("value"), match.end("value"), "credentials in a URI")


def _kubernetes(text: str) -> Iterator[Hit]:
    """Values of a Kubernetes Secret are only encoded, not encrypted."""
    for match in re.finditer(r"""^[ \t]+(?P<name>[\w.-]+):[ \t]*["']?(?P<value>[A-Za-z0-9+/]{6,}={0,2})["']?[ \t]*$""", text, re.MULTILINE):
        value = _decoded(match["value"])
        if value is not None and len(value) >= 4 and _is_credential(match["name"], value, Setting.CONFIG):
            yield Hit(match.start("value"), match.end("value"), _hint(match["name"]))


def _decoded(value: str) -> str | None:
    """The text behind base64; None when there is none, as under `stringData`."""
    try:
        text = base64.b64decode(value, validate=True).decode("ascii").strip()
    except (binascii.Error, ValueError):
        return None
    return text if text.isprintable() else None


def _hint(name: str) -> str:
    small = name.lower()
    if meaning_of(name) is Meaning.PASSWORD or small.endswith(("pass", "pw")):
        return "password"
    return "access token" if "secret" not in small else "secret key" if small.endswith("key") else "client secret"


def is_secret(name: str, value: str) -> bool:
    """Whether a value of this name must never be shown: more careful than a finding, for it costs nothing."""
    named = meaning_of(name) is not Meaning.OTHER and not is_reference(value)
    return bool(value) and (named or bool(shaped(value)))
