"""The graph: nodes with kinds and roles, edges with kinds; ids are dense integers, adjacency is compact."""

from __future__ import annotations

from dataclasses import dataclass, field

from mlrubric.model.place import Place

NODE_KINDS = (
    "trigger", "workflow", "job", "step", "command", "stage", "task", "module", "function", "class", "test", "notebook", "cell", "op",
    "value", "artifact", "dataset", "model", "service", "monitor", "requirement", "image", "document", "attestation",
)  # fmt: skip
EDGE_KINDS = ("trigger", "run", "call", "import", "flow", "guard", "declare", "read", "write", "join")


@dataclass(slots=True)
class Node:
    """A node. `roles` are of `rules/roles.toml`; `api` is the qualified name behind an op; `attributes` are what rules ask
    for in `where` (argument roles as `@seed`, flags such as `pinned`), all as text.

    `about` are the roles of what flows into the node (the backward slice of a check), `gate` says that its failing side stops
    the run, `consequence` is blocking, notifying, recording or inert, `loss` the place and words where a failure is lost.
    """

    id: int
    kind: str
    label: str
    place: Place
    roles: tuple[str, ...] = ()
    api: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    about: frozenset[str] = frozenset()
    gate: bool = False
    consequence: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge. `loss` is set on a hop that loses the failure of what it runs ("|| true"); `blocked` when the hop never happens
    ("if: false", skipped test); `certain` is false for a guess."""

    source: int
    target: int
    kind: str
    place: Place | None = None
    certain: bool = True
    loss: str = ""
    blocked: str = ""
    label: str = ""
