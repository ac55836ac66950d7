"""Which literal could be a real credential, and which is only a placeholder, a reference or a vendor's default."""

from __future__ import annotations

import math
import re
from collections import Counter

_PLACEHOLDER = re.compile(
    r"""(?ix)
    ^(?:<.*>|\[.*\]|\{.*\}|%.*%|\#.*|\.{2,}|\*+|-+|_+|x{3,}|y{3,}|\?+|\.\.\.)$
    | ^[<{\[].*[>}\]]$
    | (?:^|[^a-z])(?:your|my|insert|enter|replace|put|paste|add|fill|set|use|choose|some|todo|tbd|fixme)[-_ ./]
    | ^(?:your|replaceme|insert|enter)[a-z]
    | changeme|change[-_ ]?(?:this|it|in)|update[-_ ]?me|replace[-_ ]?(?:me|with|this)
    | placeholder|example|sample|dummy|redacted|masked|hidden|fake|mock|foobarbaz
    | _here\b|\bhere$|goes[-_ ]?here|at[-_ ]?runtime|at_build|not[-_ ]?(?:a[-_ ])?(?:real|secret|used|needed|set)
    | random[-_ ]?str|do[-_ ]?not[-_ ]?use|insecure
    | x{4,}|\*{3,}|\.{3,}|1234567890|0{8,}|abcdefgh|deadbeef
    """
)
_REFERENCE = re.compile(
    r"\$\{?\{?[A-Za-z_(]|\$\(|\{\{|\}\}|%\(|<%|^!|^\$|^@|\benv[.(:]|secrets\."
    r"|^(?:vault|ssm|arn|op|ref|file|gcp|aws|sm|secret|keyvault|https?)[:/]",
    re.IGNORECASE,
)
_EMPTY = {
    "", "none", "null", "nil", "true", "false", "yes", "no", "on", "off", "undefined", "string", "str", "int", "bool", "optional",
    "required", "write", "read",
}  # fmt: skip
# words that a development database, a vendor's image or a tutorial comes with
_DEFAULTS = {
    "password", "passwd", "passwort", "pass", "pwd", "pw", "secret", "secrets", "token", "key", "api", "access", "auth", "user",
    "username", "root", "admin", "administrator", "guest", "default", "test", "tests", "testing", "tester", "dev", "devel",
    "development", "local", "localhost", "demo", "temp", "tmp", "temporary", "postgres", "postgresql", "pg", "psql", "mysql",
    "mariadb", "redis", "mongo", "mongodb", "rabbitmq", "elastic", "elasticsearch", "kibana", "minio", "minioadmin", "miniouser",
    "airflow", "mlflow", "grafana", "prometheus", "prefect", "dagster", "zenml", "wandb", "kafka", "neo4j", "clickhouse",
    "superset", "metabase", "keycloak", "jupyter", "spark", "hive", "localstack", "aws", "s3", "db", "database", "app", "web",
    "service", "server", "my", "the", "a", "is", "name", "value", "credentials", "credential", "client", "id", "docker",
    "letmein", "minio123", "p@ssword", "p@ssw0rd", "passw0rd", "welcome", "qwerty", "hello", "abc", "changeit", "adminpass", "pat",
    "bucket",
}  # fmt: skip
_PIECES = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def entropy(text: str) -> float:
    """Shannon entropy in bits for each character."""
    total = len(text)
    return -sum(n / total * math.log2(n / total) for n in Counter(text).values()) if total else 0.0


def is_placeholder(value: str) -> bool:
    """A text that stands where the credential is to be written."""
    return len(set(value)) <= 2 or is_placeholder_word(value)


def is_placeholder_word(value: str) -> bool:
    """The same of a name, which may be as short as `ml`."""
    return bool(_PLACEHOLDER.search(value))


def is_reference(value: str) -> bool:
    """A text that names where the credential comes from."""
    return bool(_REFERENCE.search(value))


def is_empty(value: str) -> bool:
    return value.strip().lower() in _EMPTY


def is_default(value: str, *names: str, numbered: bool = False) -> bool:
    """Only words that everybody's development service comes with, or the words of its own name: `mlflow_password`, `admin1`. Digits that
    are counted up behind one (`admin123`) are somebody's choice, unless `numbered` says that they are not."""
    known = _DEFAULTS | {piece.lower() for name in names for piece in _PIECES.findall(name)}
    if value.lower() in _DEFAULTS:
        return True
    pieces = [piece.lower() for piece in _PIECES.findall(value)]
    words = [piece for piece in pieces if not piece.isdigit()]
    digits = [piece for piece in pieces if piece.isdigit()]
    plain = all(word in known or _joined(word, known) for word in words)
    counted = numbered or not words
    return plain and all((counted and "1234567890".startswith(d)) or len(d) <= 2 or len(set(d)) == 1 for d in digits)


def _joined(word: str, known: set[str]) -> bool:
    """Two known words written as one (`adminpassword`)."""
    return any(word[:cut] in known and word[cut:] in known for cut in range(2, len(word) - 1))


def looks_chosen(value: str, name: str) -> bool:
    """A word of somebody's own with digits or signs in it, and no name of a file, an entry or an object."""
    mixed = re.search(r"[A-Za-z]", value) and re.search(r"[\d!@#%^&*+]", value)
    return len(value) >= 6 and bool(mixed) and not re.search(r"[-_./:\s]", value) and not is_default(value, name, numbered=True)


def looks_random(value: str) -> bool:
    """Long and mixed enough to have come out of a generator."""
    if len(value) < 16 or " " in value or not re.fullmatch(r"[A-Za-z0-9+/=_.~:!@#%^&*$-]+", value):
        return False
    if re.fullmatch(r"[0-9a-fA-F]{20,}", value):
        return entropy(value) > 2.8 and len(set(value)) > 6
    if re.fullmatch(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", value, re.IGNORECASE):
        return False  # a UUID names something
    if not (re.search(r"\d", value) and re.search(r"[A-Za-z]", value)):
        return False
    if re.fullmatch(r"[a-z0-9]+(?:[-_./:][a-z0-9]+)+", value) and max(map(len, re.split(r"[-_./:]", value))) < 12:
        return False  # a name of several words
    if re.fullmatch(r"(?:/[a-z][\w.-]*){2,}|.*\.(?:json|ya?ml|toml|pem|key|crt|p12|txt|csv|pkl|env)", value):
        return False  # a file
    return entropy(value) > 3.2
