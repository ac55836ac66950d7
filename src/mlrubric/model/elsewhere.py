"""Automation that lies in another repository and is handed over to."""

from __future__ import annotations

from dataclasses import dataclass

from mlrubric.model.place import Place


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A file of another repository that runs as part of this one's automation: a reusable workflow, an action, an included file, a
    template, an orb, a library of steps.

    `owner` is the symbol of the job, step or workflow that hands over, `repository` names the other one as far as it is written
    (`github.com/org/ci`, `group/ci`), `path` the file or the part in it, `reference` the branch, tag or commit. `kind`: workflow, action,
    include, template, orb, library, pipeline. `text` is what stands there.
    """

    place: Place
    owner: str
    repository: str
    path: str
    reference: str
    kind: str
    text: str
