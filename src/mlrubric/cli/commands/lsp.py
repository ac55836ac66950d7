"""The editor server."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlrubric.model.report import Report


def run(options: argparse.Namespace) -> int:
    from collections.abc import Mapping

    from mlrubric.analyze import Memory, analyze
    from mlrubric.config import read_settings
    from mlrubric.lsp import serve

    memories: dict[Path, Memory] = {}

    def analyse(root: Path, overlay: Mapping[str, str]) -> Report:
        return analyze(root, read_settings(root), None, overlay, memories.setdefault(root, Memory())).report

    return serve(analyse)
