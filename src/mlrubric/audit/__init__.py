"""The one adapter to pip-audit: exact pins go in, known vulnerabilities with their places come out, never a false clean.

`pins_of` picks the pins out of the facts, `audit` asks pip-audit in a subprocess, `attributes_of` says what the graph's
requirement nodes are told, so that the rule ENV003 can judge them.
"""

from __future__ import annotations

from mlrubric.audit.adapter import OSV_URL_VARIABLE, audit
from mlrubric.audit.pins import Pinned, pins_of
from mlrubric.audit.result import AuditResult, Unchecked, Vulnerable, attributes_of

__all__ = ["OSV_URL_VARIABLE", "AuditResult", "Pinned", "Unchecked", "Vulnerable", "attributes_of", "audit", "pins_of"]
