"""The notebooks of nbformat's own tests: each is read where nbformat reads it, with as many code cells."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from mlrubric.model.facts import NotebookInfo
from mlrubric.read import notebook
from mlrubric.source.decode import decode
from mlrubric.source.document import Document

SET = Path(os.environ.get("MLRUBRIC_BENCH", Path(__file__).parents[2] / "sets")) / "reader_notebook"


@pytest.mark.shared
@pytest.mark.skipif(not SET.is_dir(), reason="the bench set reader_notebook is not here (MLRUBRIC_BENCH names the folder of sets)")
def test_as_many_code_cells_as_nbformat_sees() -> None:
    rows = [json.loads(line) for line in (SET / "truth.jsonl").read_text(encoding="utf-8").splitlines()]
    assert rows
    for row in rows:
        document = decode(row["file"], (SET / row["file"]).read_bytes())
        assert isinstance(document, Document)
        info = [fact for fact in notebook.read(document) if isinstance(fact, NotebookInfo)]
        assert (bool(info), len(info[0].cells) if info else None) == (row["readable"], row["expected"]), row["id"]
