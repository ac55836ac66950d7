"""Keys that tell by their own shape whose they are: issuer prefixes, PEM blocks, webhook addresses, tokens with a signature."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass

from mlrubric.source.secrets.words import entropy, is_placeholder

_FREE = r"(?<![A-Za-z0-9+/_=-])"  # nothing of a longer base64 text before it
_END = r"(?![A-Za-z0-9+/_=-])"


@dataclass(frozen=True, slots=True)
class Shape:
    """`anchor` is a plain text that every match contains: the cheap question before the expensive one."""

    hint: str
    anchor: str
    pattern: re.Pattern[str]


def _shape(hint: str, anchor: str, pattern: str) -> Shape:
    return Shape(hint, anchor, re.compile(pattern))


SHAPES = (
    _shape("AWS access key", "AKIA", _FREE + r"(AKIA[0-9A-Z]{16})" + _END),
    _shape("AWS access key", "ASIA", _FREE + r"(ASIA[0-9A-Z]{16})" + _END),
    _shape("GitHub token", "gh", _FREE + r"(gh[pousr]_[A-Za-z0-9]{36,255})" + _END),
    _shape("GitHub token", "github_pat_", _FREE + r"(github_pat_[A-Za-z0-9_]{50,255})" + _END),
    _shape("GitLab token", "glpat-", _FREE + r"(glpat-[A-Za-z0-9_-]{20,})" + _END),
    _shape("Slack token", "xox", _FREE + r"(xox[abeoprs]-[0-9A-Za-z-]{16,})" + _END),
    _shape("Slack token", "xapp-", _FREE + r"(xapp-\d-[0-9A-Za-z-]{20,})" + _END),
    _shape(
        "Slack webhook",
        "hooks.slack.com",
        r"(https://hooks\.slack\.com/(?:services|workflows)/[A-Z0-9]{6,}/[A-Z0-9]{6,}/[A-Za-z0-9]{16,})",
    ),
    _shape(
        "Teams webhook",
        "webhook.office.com",
        r"(https://[\w.-]*webhook\.office\.com/webhookb2/[0-9a-f-]{36}@[0-9a-f-]{36}/IncomingWebhook/[0-9a-f]{16,}[\w/-]*)",
    ),
    _shape(
        "Teams webhook",
        "outlook.office.com",
        r"(https://outlook\.office\.com/webhook/[0-9a-f-]{36}@[0-9a-f-]{36}/IncomingWebhook/[0-9a-f]{16,}[\w/-]*)",
    ),
    _shape("Discord webhook", "/api/webhooks/", r"(https://(?:\w+\.)?discord(?:app)?\.com/api/webhooks/\d{15,}/[\w-]{40,})"),
    _shape("Anthropic key", "sk-ant-", _FREE + r"(sk-ant-[A-Za-z0-9_-]{24,})" + _END),
    _shape("OpenAI key", "sk-", _FREE + r"(sk-(?:proj-|svcacct-|admin-|or-v1-)?(?!ant-)(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{32,})" + _END),
    _shape("Hugging Face token", "hf_", _FREE + r"(hf_[A-Za-z0-9]{30,40})" + _END),
    _shape("Google API key", "AIza", _FREE + r"(AIza[0-9A-Za-z_-]{35})" + _END),
    _shape("Google client secret", "GOCSPX-", _FREE + r"(GOCSPX-[0-9A-Za-z_-]{24,32})" + _END),
    _shape("Azure storage key", "AccountKey=", r"AccountKey=([A-Za-z0-9+/]{64,88}={0,2})"),
    _shape("Azure SAS signature", "sig=", r"[?&]se=[^\s\"']*&sig=([A-Za-z0-9%+/]{40,}=*)"),
    _shape("Stripe key", "_live_", _FREE + r"([sr]k_live_[0-9A-Za-z]{20,})" + _END),
    _shape("Twilio key", "SK", _FREE + r"(SK[0-9a-f]{32})" + _END),
    _shape("SendGrid key", "SG.", _FREE + r"(SG\.[\w-]{20,24}\.[\w-]{40,46})" + _END),
    _shape("npm token", "npm_", _FREE + r"(npm_[A-Za-z0-9]{36})" + _END),
    _shape("PyPI token", "pypi-", _FREE + r"(pypi-AgE[\w-]{50,})" + _END),
    _shape("Databricks token", "dapi", _FREE + r"(dapi[0-9a-f]{32}(?:-\d)?)" + _END),
    _shape("Telegram bot token", ":AA", _FREE + r"(\d{8,10}:AA[\w-]{33})" + _END),
    _shape("Replicate token", "r8_", _FREE + r"(r8_[A-Za-z0-9]{37})" + _END),
    _shape("Groq key", "gsk_", _FREE + r"(gsk_[A-Za-z0-9]{48,})" + _END),
    _shape("Neptune token", "eyJhcGlfYWRkcmVzcyI6", _FREE + r"(eyJhcGlfYWRkcmVzcyI6[A-Za-z0-9+/]{40,}={0,2})"),
    _shape(
        "wandb key",
        "wandb",
        r"(?i:wandb(?:_api)?_key\W{1,6}|wandb\.login\([^)\n]{0,60}?key\s*=\s*[\"']|wandb login\s+(?:--relogin\s+)?[\"']?)"
        r"([0-9a-f]{40})" + _END,
    ),
    _shape("wandb key", "WANDB", r"WANDB_API_KEY\W{1,8}([0-9a-f]{40})" + _END),
    _shape("Kaggle key", '"username"', r"\"username\\?\"\s*:\s*\\?\"[\w.-]+\\?\"\s*,\s*\\?\"key\\?\"\s*:\s*\\?\"([0-9a-f]{32})\\?\""),
)

_PEM = re.compile(
    r"-----BEGIN ((?:RSA |EC |DSA |OPENSSH |ENCRYPTED |PGP )?PRIVATE KEY(?: BLOCK)?)-----"
    r"((?:\\r|\\n|[\s\"',+]|[A-Za-z0-9+/=:. -])*)"
)
_JWT = re.compile(_FREE + r"(eyJ[\w-]{8,}\.(eyJ[\w-]{8,})\.[\w-]{16,})" + _END)
# published by their vendors for emulators: not anybody's secret
_PUBLISHED = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq",
    "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw",
)


def shaped(text: str) -> list[tuple[int, int, str]]:
    """Every (start, end, hint) of a key whose shape alone is enough."""
    found: list[tuple[int, int, str]] = []
    for shape in SHAPES:
        if shape.anchor not in text:
            continue
        for match in shape.pattern.finditer(text):
            value = match.group(1)
            if not is_placeholder(value) and not value.startswith(_PUBLISHED) and entropy(value) >= 2.8:
                found.append((match.start(1), match.end(1), shape.hint))
    if "PRIVATE KEY" in text:
        found += _private_keys(text)
    if "eyJ" in text:
        found += [(m.start(1), m.end(1), "service token") for m in _JWT.finditer(text) if _grants_service_role(m.group(2))]
    return found


def _private_keys(text: str) -> list[tuple[int, int, str]]:
    """PEM blocks with a body; a bare header in a check or a document is none."""
    found = []
    for match in _PEM.finditer(text):
        body = re.sub(r"\\[rn]|[^A-Za-z0-9+/]", "", match.group(2))
        if len(body) >= 100 and entropy(body) > 4.2 and not is_placeholder(body[:64]):
            found.append((match.start(), match.start(2), "private key"))
    return found


def key_end(text: str, start: int) -> int:
    """Where a private key ends whose header begins there: behind its closing line, else behind all that may be of it; `start` where no
    key begins."""
    match = _PEM.match(text, start)
    if match is None:
        return start
    closing = text.find("-----END", match.start(2), match.end(2))
    last = text.find("-----", closing + len("-----END"), match.end(2)) if closing >= 0 else -1
    return last + len("-----") if last >= 0 else match.end(2)


def _grants_service_role(payload: str) -> bool:
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return False  # three dotted parts that are no token
    return isinstance(claims, dict) and (claims.get("role") == "service_role" or bool({"scope", "scopes", "admin"} & claims.keys()))
