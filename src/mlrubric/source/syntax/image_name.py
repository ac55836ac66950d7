"""Container image references: name, tag, digest."""

from __future__ import annotations

import re

_EXPANSION = re.compile(r"\$\{[^}]*\}")


def split_image(reference: str) -> tuple[str, str | None, str | None]:
    """`host:5000/team/app:1.2@sha256:...` taken apart; a colon inside `${X:-y}` is no tag."""
    shielded = _EXPANSION.sub(lambda match: match[0].replace(":", "\0").replace("@", "\1").replace("/", "\2"), reference)
    rest, _, digest = shielded.partition("@")
    head, colon, tag = rest.rpartition(":")
    if not colon or "/" in tag:
        head, tag = rest, ""

    def restored(text: str) -> str | None:
        return text.replace("\0", ":").replace("\1", "@").replace("\2", "/") or None

    return restored(head) or "", restored(tag), restored(digest)
