"""Service levels as objects: Sloth, Pyrra, OpenSLO with whom its policies tell."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.facts import Fact, Receiver
from mlrubric.read.kubernetes.manifest import Manifest
from mlrubric.source.document import Document
from mlrubric.source.monitoring import objectives

OBJECTS = (
    ("sloth.slok.dev", "PrometheusServiceLevel"),
    ("pyrra.dev", "ServiceLevelObjective"),
    *((group, kind) for group in ("openslo", "openslo.com", "n9") for kind in ("SLO", "AlertPolicy")),
)


def read(document: Document, manifest: Manifest) -> Iterator[Fact]:
    kind, symbol, name = manifest.resource.kind, manifest.symbol, manifest.resource.name
    holder, spec = f"{manifest.resource.group}/{kind}/{name}", manifest.get("spec")
    if spec is None:
        return
    if kind == "PrometheusServiceLevel":
        yield from objectives.sloth(document, spec, f"{symbol}.spec", holder)
    elif kind == "ServiceLevelObjective":
        yield from objectives.pyrra(document, manifest.root, f"{symbol}.spec", name, holder)
    elif kind == "SLO":
        yield from objectives.openslo(document, manifest.root, f"{symbol}.spec", name, holder)
    else:
        targets = spec.get("notificationTargets") or spec.get("alertMethods")
        told = tuple(
            item.scalar("targetRef") or item.scalar("spec", "target") or item.scalar("metadata", "name")
            for item in (targets.items if targets is not None else ())
        )
        yield Receiver(document.place(spec.span, f"{symbol}.spec"), name, "openslo", tuple(t.lower() for t in told if t), holder=holder)
