"""Terraform (*.tf), by name only: the triggers of Cloud Build, which say what starts a build file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mlrubric.model.facts import Fact, Job, Trigger, Workflow
from mlrubric.model.place import Place
from mlrubric.source.automation_facts import by_hand
from mlrubric.source.document import Document

FORMAT = "terraform"

_RESOURCE = re.compile(r'^[ \t]*resource\s+"google_cloudbuild_trigger"\s+"([\w-]+)"\s*\{', re.MULTILINE)
_FILE = re.compile(r'^\s*(?:filename|path)\s*=\s*"([^"$]+)"', re.MULTILINE)
_OFF = re.compile(r"^\s*(disabled\s*=\s*true|count\s*=\s*0)\s*$", re.MULTILINE)
_EVENTS = (
    ("pull_request", re.compile(r"\bpull_request\s*\{")),
    ("push", re.compile(r"\b(?:push|trigger_template|repository_event_config)\s*\{")),
    ("event", re.compile(r"\b(?:pubsub_config|webhook_config)\s*\{")),
)
_COMMENT = re.compile(r'"(?:\\.|[^"\\\n])*"|(#[^\n]*|//[^\n]*|/\*.*?\*/)', re.DOTALL)


def accepts(path: str) -> bool:
    return path.endswith(".tf")


def read(document: Document) -> Iterable[Fact]:
    text = _COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match[0]) if match[1] else match[0], document.text)
    for match in _RESOURCE.finditer(text):
        end = _end(text, match.end())
        place = document.place(document.span(match.start(), end), f"trigger.{match[1]}")
        yield from _trigger(document, match[1], text[match.start() : end], place)


def _end(text: str, start: int) -> int:
    """Where the block that is open at `start` ends."""
    depth = 1
    for match in re.finditer(r'"(?:\\.|[^"\\\n])*"|[{}]', text[start:]):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if not depth:
            return start + match.end()
    return len(text)


def _trigger(document: Document, name: str, body: str, place: Place) -> Iterator[Fact]:
    file = _FILE.search(body)
    if file is None:
        return
    off = _OFF.search(body)
    symbol = f"trigger.{name}"
    yield Workflow(place, name, "terraform")
    kinds = [kind for kind, pattern in _EVENTS if pattern.search(body)]
    for kind in kinds:
        yield Trigger(place, kind, symbol, live=off is None, recurring=kind != "event", reason=" ".join(off[1].split()) if off else "")
    if not kinds:
        yield by_hand(place, symbol, "a trigger without an event: started by hand")
    yield Job(document.place(place.span, f"{symbol}.filename"), name, symbol, uses=f"./{file[1].strip().lstrip('/')}")
