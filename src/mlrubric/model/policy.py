"""The policy switches: places where the paper can be read in two ways, and an organisation says which. The first value is the default."""

from __future__ import annotations

from collections.abc import Mapping

POLICY = {
    "not_applicable": ("zero", "rescale"),  # what an attested "does not apply" does to its section: nothing, or 7 / (7 - n)
    "partial": ("half", "full"),  # what an automated check earns that covers only a part
    "structural_skew": ("half", "full"),  # monitor-3: one feature code for training and serving
    "seeds_only": ("present", "half"),  # infra-1: seeds, pins and versioned data without a repeated training
    "review": ("second-person", "pull-request"),  # model-1: what shows that a change was reviewed
    "upstream": ("data", "packages"),  # monitor-1: which dependencies must tell of their changes
}
DEFAULTS = {name: values[0] for name, values in POLICY.items()}


def changed(policy: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The switches that differ from their defaults, with their values, in the order of the alphabet."""
    return tuple(sorted((name, value) for name, value in policy.items() if DEFAULTS.get(name) != value))
