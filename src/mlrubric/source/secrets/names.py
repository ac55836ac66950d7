"""Which names say that their value is a credential."""

from __future__ import annotations

import re
from enum import Enum


class Meaning(Enum):
    PASSWORD = "password"  # chosen by people: short and plain values count too
    KEY = "key"  # generated where a vendor gives it, and chosen like a password where a team runs the service itself
    TOKEN = "token"  # generated: only a random-looking value counts
    OTHER = "other"


_PIECE = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_PASSWORDS = {
    "password", "passwd", "pwd", "passphrase", "passwort", "pgpassword", "pass", "pw",
}  # fmt: skip
_TOKENS = {
    "token", "secret", "apikey", "secretkey", "accesskey", "authtoken", "accesstoken", "clientsecret", "pat", "credential",
    "credentials",
}  # fmt: skip
_KEYS = {
    "api", "secret", "access", "auth", "private", "account", "encryption", "fernet", "signing", "storage", "subscription",
    "client", "jwt", "master", "license", "app", "kaggle", "wandb", "comet", "neptune", "openai", "service",
}  # fmt: skip
# what a program asks of its own users, or a store that a team runs: mixed letters and digits are enough
_CHOSEN = {("secret", "key"), ("access", "secret"), ("jwt", "secret"), ("session", "secret"), ("cookie", "secret"), ("app", "secret")}
_SECRET_KEYS = {("secret", "access", "key"), ("secret", "accesskey"), ("secretkey",), ("secretaccesskey",)}
_SHOUTED = {"token", "secret", "apikey"}  # only under the name of an environment variable: `token` means much else
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
    ends = (tuple(pieces[-2:]) in _CHOSEN, *(tuple(pieces[-len(words) :]) == words for words in sorted(_SECRET_KEYS)))
    if any(ends) or (name.isupper() and len(pieces) > 1 and (last in _SHOUTED or pieces[-2:] == ["api", "key"])):
        return Meaning.KEY
    if last in _PASSWORDS:
        return Meaning.PASSWORD if len(pieces) > 1 or last not in ("pass", "pw") else Meaning.KEY
    if last in _TOKENS or (last == "key" and len(pieces) > 1 and pieces[-2] in _KEYS):
        return Meaning.TOKEN
    first = pieces[0] in {"token", "apikey", "password", "passwd", "secret"} or pieces[:2] == ["api", "key"]
    return Meaning.TOKEN if first and last not in _ABOUT else Meaning.OTHER
