"""What files of orchestrators say beyond jobs and triggers: sources of events and who listens to them."""

from __future__ import annotations

from dataclasses import dataclass

from mlrubric.model.place import Place


@dataclass(frozen=True, slots=True)
class EventSource:
    """One event that a source of a cluster hands out. `kind` is what it comes from (webhook, calendar, github, kafka, ...), `address` where
    a webhook listens (service and path), `schedule` when a calendar fires."""

    place: Place
    source: str
    event: str
    kind: str
    address: str = ""
    schedule: str = ""


@dataclass(frozen=True, slots=True)
class Listener:
    """What starts `owner` when an event of a source comes."""

    place: Place
    owner: str
    source: str
    event: str
