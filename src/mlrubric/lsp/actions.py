"""What an editor can do about findings: the fix of each, all safe fixes of a document, and the comment that ignores one."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from lsprotocol import types

from mlrubric.lsp.diagnostics import lines_of, units
from mlrubric.model.remedy import Remedy, TextEdit
from mlrubric.model.verdict import Finding

FIX_ALL = "source.fixAll.mlrubric"
Kind = types.CodeActionKind
SIGNS = {".sql": "-- ", ".js": "// ", ".ts": "// "}
HASH = re.compile(
    r"\.(pyi?|ya?ml|toml|sh|bash|zsh|txt|in|cfg|ini|conf|tf|ipynb|rb|r)$|(^|/)(Dockerfile|Makefile|Jenkinsfile|\.gitlab-ci)[\w.-]*$"
)
MARK = re.compile(r"mlrubric:\s*ignore\[([^\]]*)\]")


class Desktop:
    """Where documents are: the address and the open text of a file, or of a cell of a notebook; None where it is not known."""

    def __init__(
        self, root: Path, encoding: str, text: Callable[[str], str | None], cell: Callable[[str, int], tuple[str, str] | None]
    ) -> None:
        self.root, self.encoding, self.text, self.cell = root, encoding, text, cell

    def change(self, edit: TextEdit) -> tuple[str, types.TextEdit] | None:
        """The edit with the address of its document."""
        if edit.in_cell is not None:
            found = self.cell(edit.path, edit.in_cell.cell)
            if found is not None:
                inner = edit.in_cell
                return found[0], types.TextEdit(self._range(found[1], inner.start, inner.end), inner.new)
        text = self.text(edit.path)
        if text is None:
            return None
        return (self.root / edit.path).as_uri(), types.TextEdit(self._range(text, edit.start, edit.end), edit.new)

    def _range(self, text: str, start: int, end: int) -> types.Range:
        rows = lines_of(text)
        starts = [0]
        for row in rows:
            starts.append(starts[-1] + len(row) + 1)
        return types.Range(self._position(rows, starts, start), self._position(rows, starts, end))

    def _position(self, rows: Sequence[str], starts: Sequence[int], offset: int) -> types.Position:
        line = min(bisect_right(starts, offset) - 1, len(rows) - 1)
        return types.Position(line, units(rows[line][: offset - starts[line]], self.encoding))


def workspace_edit(remedies: Iterable[Remedy], desktop: Desktop, creates: bool) -> types.WorkspaceEdit | None:
    """All edits of some remedies; None where one of them cannot be made in this editor."""
    changes: dict[str, list[types.TextEdit]] = {}
    files: list[tuple[str, str]] = []
    for edit in sorted({edit for remedy in remedies for edit in remedy.edits}):
        change = desktop.change(edit)
        if change is None:
            return None
        changes.setdefault(change[0], []).append(change[1])
    for file in {file.path: file for remedy in remedies for file in remedy.files}.values():
        files.append(((desktop.root / file.path).as_uri(), file.text))
    if not files:
        return types.WorkspaceEdit(changes=changes)
    if not creates:
        return None
    start = types.Range(types.Position(0, 0), types.Position(0, 0))
    parts: list[types.TextDocumentEdit | types.CreateFile | types.RenameFile | types.DeleteFile] = []
    for uri, text in files:
        parts.append(types.CreateFile(uri=uri, options=types.CreateFileOptions(overwrite=False)))
        changes[uri] = [types.TextEdit(start, text)]
    for uri, edits in changes.items():
        parts.append(types.TextDocumentEdit(types.OptionalVersionedTextDocumentIdentifier(uri=uri), list(edits)))
    return types.WorkspaceEdit(document_changes=parts)


def fix_of(finding: Finding, diagnostic: types.Diagnostic, desktop: Desktop, creates: bool) -> Iterator[types.CodeAction]:
    """The quick fix of one finding."""
    remedy = finding.remedy
    edit = workspace_edit([remedy], desktop, creates) if remedy is not None else None
    if remedy is None or edit is None:
        return
    title = f"{remedy.title} ({finding.rule})" + ("" if remedy.safety == "safe" else ", may change results")
    yield types.CodeAction(title, kind=Kind.QuickFix, diagnostics=[diagnostic], edit=edit, is_preferred=remedy.safety == "safe")


def ignore_of(finding: Finding, diagnostic: types.Diagnostic, uri: str, rows: Sequence[str], encoding: str) -> Iterator[types.CodeAction]:
    """The comment that ignores a finding, at the end of its line, or the rule put into the comment that is there."""
    number = diagnostic.range.start.line
    ending = Path(finding.place.path).suffix
    sign = SIGNS.get(ending, "# " if HASH.search(finding.place.path) else "")
    if not sign or number >= len(rows) or uri.endswith(".ipynb"):
        return  # the raw text of a notebook is JSON
    row = rows[number]
    mark = MARK.search(row)
    if mark is not None:
        column, new = mark.end(1), f", {finding.rule}" if mark[1].strip() else finding.rule
    elif row.rstrip().endswith("\\"):
        return  # a comment would end the line that goes on
    else:
        column, new = len(row.rstrip()), f"  {sign}mlrubric: ignore[{finding.rule}]"
    at = types.Position(number, units(row[:column], encoding))
    change = types.WorkspaceEdit(changes={uri: [types.TextEdit(types.Range(at, at), new)]})
    yield types.CodeAction(f"Ignore {finding.rule} here", kind=Kind.QuickFix, diagnostics=[diagnostic], edit=change)


def fix_all(findings: Iterable[Finding], desktop: Desktop) -> Iterator[types.CodeAction]:
    """All safe fixes of a document that do not meet, as one action."""
    chosen: list[Remedy] = []
    for finding in findings:
        remedy = finding.remedy
        if remedy is None or remedy.safety != "safe" or remedy.files:
            continue
        if not any(edit != other and edit.overlaps(other) for edit in remedy.edits for one in chosen for other in one.edits):
            chosen.append(remedy)
    edit = workspace_edit(chosen, desktop, creates=False) if chosen else None
    if edit is not None:
        yield types.CodeAction("Fix all that is safe to fix (mlrubric)", kind=FIX_ALL, edit=edit)
