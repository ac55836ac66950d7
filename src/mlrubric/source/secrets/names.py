"""Which names say that their value is a credential."""

from __future__ import annotations

import re
from enum import Enum


class Meaning(Enum):
    PASSWORD = "password"  # chosen by people: short and plain values count too
    TOKEN = "token"  # generated: only a random-looking value counts
    OTHER = "other"


_PIECE = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_PASSWORDS = {
    "password", "passwd", "pwd", "passphrase", "passwort", "pgpassword", "pass",
}  # fmt: skip
_TOKENS = {
    "token", "secret", "apikey", "secretkey", "accesskey", "authtoken", "accesstoken", "clientsecret", "pat", "credential",
    "credentials",
}  # fmt: skip
_KEYS = {
    "api", "secret", "access", "auth", "private", "account", "encryption", "fernet", "signing", "storage", "subscription",
    "client", "jwt", "master", "license", "app", "kaggle", "wandb", "comet", "neptune", "openai", "service",
}  # fmt: skip
_ABOUT = {
    "name", "url", "uri", "id", "path", "file", "arn", "type", "hash", "endpoint", "version", "scope", "field", "header",
    "length", "limit", "count", "ttl", "env", "var", "ref", "prefix", "uuid", "column", "policy",
}  # fmt: skip


def meaning_of(name: str) -> Meaning:
    """By the last words of the name (`GF_SECURITY_ADMIN_PASSWORD`, `clientSecret`), or the first (`TOKEN_NOAA`)."""
    pieces = [piece.lower() for piece in _PIECE.findall(name)]
    while pieces and pieces[-1].isdigit():
        pieces.pop()
    if not pieces:
        return Meaning.OTHER
    last = pieces[-1]
    if last in _PASSWORDS and (last != "pass" or len(pieces) > 1):
        return Meaning.PASSWORD
    if last in _TOKENS or (last == "key" and len(pieces) > 1 and pieces[-2] in _KEYS):
        return Meaning.TOKEN
    first = pieces[0] in {"token", "apikey", "password", "passwd", "secret"} or pieces[:2] == ["api", "key"]
    return Meaning.TOKEN if first and last not in _ABOUT else Meaning.OTHER
