"""A new `.python-version` with the Python that all notebooks of the repository were run with; there is no fix where they do not say."""

from __future__ import annotations

import re

from mlrubric.fix.site import Edits, Shelf, Site
from mlrubric.model.remedy import NewFile

RUN_WITH = re.compile(r'"version"\s*:\s*"(3\.\d+)\.\d+\w*"')
END = 3000  # characters: what a notebook says of its language stands at its end


def remedy(site: Site) -> Edits | None:
    path, found = site.beside(".python-version"), site.shelf.once(_pythons)
    if len(found) != 1 or site.has_file(path):
        return None
    version = next(iter(found))
    return Edits(files=(NewFile(path, f"{version}\n"),), title=f"Write {path}: {version}, which the notebooks were run with")


def _pythons(shelf: Shelf) -> frozenset[str]:
    files = (file for file in sorted(shelf.picture.world.files) if file.endswith(".ipynb"))
    return frozenset(version for file in files for version in RUN_WITH.findall((shelf.texts(file) or "")[-END:]))
