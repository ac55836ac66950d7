"""What an editor can do about findings: the fix of each, all safe fixes of a document, and the comment that ignores one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lsprotocol import types

from mlrubric.fix.apply import apart
from mlrubric.lsp.diagnostics import lines_of, units
from mlrubric.model.remedy import Remedy, TextEdit
from mlrubric.model.verdict import Finding
from mlrubric.source.comments import IGNORE, sign_for
from mlrubric.source.lines import LineIndex

FIX_ALL = "source.fixAll.mlrubric"
Kind = types.CodeActionKind


@dataclass(frozen=True, slots=True)
class Documents:
    """Where documents are: the address and the open text of a file, or of a cell of a notebook; None where it is not known."""

    root: Path
    encoding: str
    text: Callable[[str], str | None]
    cell: Callable[[str, int], tuple[str, str] | None]

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
        lines = _index(text)
        return types.Range(self._position(lines, start), self._position(lines, end))

    def _position(self, lines: LineIndex, offset: int) -> types.Position:
        line, column = lines.position(offset)
        return types.Position(line - 1, units(lines.row(line)[: column - 1], self.encoding))


@lru_cache(maxsize=4)
def _index(text: str) -> LineIndex:
    """The lines of a document as edits count them, all line ends being plain; one text is asked for at every fix of it."""
    return LineIndex("\n".join(lines_of(text)))


def workspace_edit(remedies: Iterable[Remedy], documents: Documents, creates: bool) -> types.WorkspaceEdit | None:
    """All edits of some remedies; None where one of them cannot be made in this editor."""
    changes: dict[str, list[types.TextEdit]] = {}
    files: list[tuple[str, str]] = []
    for edit in sorted({edit for remedy in remedies for edit in remedy.edits}):
        change = documents.change(edit)
        if change is None:
            return None
        changes.setdefault(change[0], []).append(change[1])
    for file in {file.path: file for remedy in remedies for file in remedy.files}.values():
        files.append(((documents.root / file.path).as_uri(), file.text))
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


def fix_of(finding: Finding, diagnostic: types.Diagnostic, documents: Documents, creates: bool) -> Iterator[types.CodeAction]:
    """The quick fix of one finding."""
    remedy = finding.remedy
    edit = workspace_edit([remedy], documents, creates) if remedy is not None else None
    if remedy is None or edit is None:
        return
    title = f"{remedy.title} ({finding.rule})" + ("" if remedy.safety == "safe" else ", may change results")
    yield types.CodeAction(title, kind=Kind.QuickFix, diagnostics=[diagnostic], edit=edit, is_preferred=remedy.safety == "safe")


def ignore_of(finding: Finding, diagnostic: types.Diagnostic, uri: str, rows: Sequence[str], encoding: str) -> Iterator[types.CodeAction]:
    """The comment that ignores a finding, at the end of its line, or the rule put into the comment that is there."""
    number = diagnostic.range.start.line
    sign = sign_for(finding.place.path)
    if not sign or number >= len(rows) or uri.endswith(".ipynb"):
        return  # the raw text of a notebook is JSON
    row = rows[number]
    mark = IGNORE.search(row)
    if mark is not None and mark["rules"] is not None:
        column, new = mark.end("rules"), f", {finding.rule}" if mark["rules"].strip() else finding.rule
    elif row.rstrip().endswith("\\"):
        return  # a comment would end the line that goes on
    else:
        column, new = len(row.rstrip()), f"  {sign}mlrubric: ignore[{finding.rule}]"
    at = types.Position(number, units(row[:column], encoding))
    change = types.WorkspaceEdit(changes={uri: [types.TextEdit(types.Range(at, at), new)]})
    yield types.CodeAction(f"Ignore {finding.rule} here", kind=Kind.QuickFix, diagnostics=[diagnostic], edit=change)


def fix_all(findings: Iterable[Finding], documents: Documents) -> Iterator[types.CodeAction]:
    """All safe fixes of a document that do not meet, as one action."""
    wanted = ((one, one.remedy) for one in findings if one.remedy is not None and one.remedy.safety == "safe" and not one.remedy.files)
    chosen = [remedy for _, remedy in apart(wanted)]
    edit = workspace_edit(chosen, documents, creates=False) if chosen else None
    if edit is not None:
        yield types.CodeAction("Fix all that is safe to fix (mlrubric)", kind=FIX_ALL, edit=edit)
