"""Credentials that are handed on in another form than an assignment: in connection strings, headers, queries, options of a command."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

from mlrubric.source.secrets.names import Meaning, meaning_of
from mlrubric.source.secrets.words import is_default, is_placeholder, is_reference, looks_random


@dataclass(frozen=True, slots=True)
class Form:
    """`anchors` are words of which every match contains one, in small letters; `chosen`: people choose such values, so that short ones
    count; a group `name` must say that the value is a credential."""

    hint: str
    anchors: tuple[str, ...]
    pattern: re.Pattern[str]
    chosen: bool = True


_PART = r"(?:host|server|user(?:[ _]?id)?|uid|db_?name|database|data source|initial catalog|driver)[ ]*=[ ]*[^;\s\"',()]+"
_VALUE = r"(?P<value>[^;\s\"',()]{4,80})"


def _form(hint: str, anchors: str, pattern: str, chosen: bool = True, flags: int = re.IGNORECASE) -> Form:
    return Form(hint, tuple(anchors.split("|")), re.compile(pattern, flags), chosen)


FORMS = (
    _form("password", "password|pwd", rf"\b{_PART}[; ][^\"'\n()]{{0,200}}?\b(?:password|pwd)[ ]*=[ ]*{_VALUE}"),
    _form("password", "password|pwd", rf"\b(?:password|pwd)[ ]*=[ ]*{_VALUE}[; ]+{_PART}"),
    _form("password", "auth", r"\bauth[ ]*=[ ]*\([ ]*[\"'][^\"'\n]+[\"'][ ]*,[ ]*[\"'](?P<value>[^\"'\n]{4,80})[\"']"),
    _form("password", "auth(", r"\bHTTP(?:Basic|Digest)Auth\([ ]*[\"'][^\"'\n]+[\"'][ ]*,[ ]*[\"'](?P<value>[^\"'\n]{4,80})[\"']"),
    _form("password", " -u", r"\bcurl\b[^\n]{0,200}?[ ]-u[ ]*[\"']?[\w.@-]+:(?P<value>[^\s\"'@:]{4,80})"),
    _form("password", "--user", r"\bcurl\b[^\n]{0,200}?[ ]--user[ =][\"']?[\w.@-]+:(?P<value>[^\s\"'@:]{4,80})"),
    _form("password", "login", r"\blogin\b[^\n]{0,200}?[ ]-p[ ]*[\"']?(?P<value>[^\s\"'-][^\s\"']{3,80})"),
    _form("password", " -p", r"\b(?:mysql|mariadb)\w*\b[^\n]{0,200}?[ ]-p(?P<value>[^\s\"'-][^\s\"']{3,80})", flags=0),
    _form("password", "--requirepass", r"--requirepass[ ]+[\"']?(?P<value>[^\s\"']{4,80})"),
    _form("password", "password", r"\blogin[ \t]+\S+\s+password[ \t]+(?P<value>[^\s\"']{4,80})", flags=0),
    _form("password", "password", r"\b(?:USER|ROLE|LOGIN)\b[^;\n]{0,200}?\bPASSWORD\s*=?\s+'(?P<value>[^'\n]{4,80})'"),
    _form("password", "identified", r"\bIDENTIFIED\s+BY\s+'(?P<value>[^'\n]{4,80})'"),
    _form("access token", "earer", r"\bBearer[ ]+(?P<value>[A-Za-z0-9+/=_.~-]{20,400})", chosen=False, flags=0),
    _form("access token", "?|&", r"[?&](?P<name>[\w-]+)=(?P<value>[A-Za-z0-9_.~-]{16,200})", chosen=False),
    _form("access token", "://", r"://(?P<value>[A-Za-z0-9_]{20,100})@(?!o\d+\.ingest\.)[\w.-]+", chosen=False),
    _form(
        "access token",
        "key(|token(|secret(|credentials(",
        r"\b(?P<name>\w*(?:key|token|secret|credentials))\([ ]*[\"'](?P<value>[^\"'\s]{16,200})[\"']",
        chosen=False,
    ),
    _form("password", "default", r"[\"']--?(?P<name>[\w-]+)[\"'][^\n]{0,200}?\bdefault[ ]*=[ ]*[\"'](?P<value>[^\"'\s]{4,200})[\"']"),
    _form("password", "variable", r"\bvariable[ ]+\"(?P<name>[\w-]+)\"[ ]*\{[^{}]{0,300}?\bdefault[ ]*=[ ]*\"(?P<value>[^\"\n]{4,200})\""),
    _form(
        "password",
        "remote modify|configure set|config set",
        r"\b(?:remote modify|configure set|config set)\b[^\n]{0,200}?[ ]"
        r"(?P<name>[\w.-]*(?:password|secret|token|key)\w*)[ ]+[\"']?(?P<value>[^\s\"'-][^\s\"']{3,200})",
    ),
)
_QUERY = {"key", "appid", "auth", "sig", "code"}  # what the query of an address calls its credential
_BASIC = re.compile(r"\bBasic[ ]+([A-Za-z0-9+/]{12,200}={0,2})")


def handed_on(text: str) -> Iterator[tuple[int, int, str]]:
    """Every (start, end, hint) of such a value that is neither a placeholder nor a reference nor a well-known default."""
    small = text.lower()
    for form in FORMS:
        if not any(anchor in small for anchor in form.anchors):
            continue
        for match in form.pattern.finditer(text):
            value = match["value"]
            name = match.groupdict().get("name", form.hint)
            query = match.group()[0] in "?&" and name.lower() in _QUERY
            meaning = meaning_of(name) if form.hint != name else Meaning.PASSWORD
            if (meaning is Meaning.OTHER and not query) or is_placeholder(value) or is_reference(value) or value[0] in "-/{%":
                continue
            chosen = form.chosen and meaning in (Meaning.PASSWORD, Meaning.KEY)
            if looks_random(value) or (chosen and bool(re.search(r"\d|[^\w.\-/\[\]()]", value)) and not is_default(value, name)):
                yield match.start("value"), match.end("value"), form.hint
    if "basic " in small:
        for match in _BASIC.finditer(text):
            user, colon, password = _plain(match[1]).partition(":")
            if colon and not is_placeholder(password) and not is_default(password, user):
                yield match.start(1), match.end(1), "password"


def _plain(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return ""
