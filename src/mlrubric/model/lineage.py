"""Where the lineage of runs is sent."""

from __future__ import annotations

from dataclasses import dataclass

from mlrubric.model.place import Place


@dataclass(frozen=True, slots=True)
class LineageSink:
    """The transport that a configuration names: http, kafka, file, console, ...; `off` when lineage is switched off. `runner` is what the
    configuration belongs to: "airflow", "spark", or "" for any client."""

    place: Place
    transport: str
    url: str = ""
    runner: str = ""
    off: bool = False
