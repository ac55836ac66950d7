"""The server itself: which documents are open, which root they belong to, and when their findings are published."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path
from pygls.workspace import TextDocument

from mlrubric import __version__
from mlrubric.lsp.actions import FIX_ALL, Documents, fix_all, fix_of, ignore_of
from mlrubric.lsp.diagnostics import cell_range, diagnostic_of, lines_of, range_of, unreadable_of
from mlrubric.lsp.session import Analyse, Session, Snapshot
from mlrubric.model.place import Place
from mlrubric.model.report import Report
from mlrubric.model.verdict import Finding

TYPING_PAUSE = 0.6  # seconds without a key before unsaved text is analysed
_NOTEBOOKS = types.NotebookDocumentSyncOptions(
    notebook_selector=[types.NotebookDocumentFilterWithNotebook(notebook="jupyter-notebook")],  # all cells: they are counted
    save=True,
)


def create(analyse: Analyse) -> LanguageServer:
    """A server whose features are registered; it starts to speak with `start_io`."""
    server = LanguageServer(
        "mlrubric", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Incremental, notebook_document_sync=_NOTEBOOKS
    )
    desk = Desk(server, analyse)

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(_: LanguageServer, params: types.DidOpenTextDocumentParams) -> None:
        desk.opened(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(_: LanguageServer, params: types.DidChangeTextDocumentParams) -> None:
        desk.changed(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(_: LanguageServer, params: types.DidSaveTextDocumentParams) -> None:
        desk.saved(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(_: LanguageServer, params: types.DidCloseTextDocumentParams) -> None:
        desk.closed(params.text_document.uri)

    kinds = [types.CodeActionKind.QuickFix, FIX_ALL]

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=kinds))
    def actions(_: LanguageServer, params: types.CodeActionParams) -> list[types.CodeAction]:
        return desk.actions(params.text_document.uri, params.range, params.context.only)

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_OPEN)
    def notebook_opened(_: LanguageServer, params: types.DidOpenNotebookDocumentParams) -> None:
        desk.opened(params.notebook_document.uri)

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_CHANGE)
    def notebook_changed(_: LanguageServer, params: types.DidChangeNotebookDocumentParams) -> None:
        """An unsaved notebook keeps the findings of its saved text; without this feature its cells would not be followed."""

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_SAVE)
    def notebook_saved(_: LanguageServer, params: types.DidSaveNotebookDocumentParams) -> None:
        desk.saved(params.notebook_document.uri)

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_CLOSE)
    def notebook_closed(_: LanguageServer, params: types.DidCloseNotebookDocumentParams) -> None:
        desk.closed(params.notebook_document.uri, *(cell.uri for cell in params.cell_text_documents))

    return server


def path_of(uri: str) -> Path | None:
    """The file of a document; None for one that has no file (untitled, a notebook's cell, a diff view)."""
    path = to_fs_path(uri) if urlsplit(uri).scheme == "file" else None
    return Path(path) if path else None


def _asked(kind: str, only: Sequence[str] | None) -> bool:
    """Whether actions of a kind are wanted: `source` asks for all that begin with it."""
    if only is None:
        return True
    return any(kind == one or kind.startswith(f"{one}.") for one in only)


def _meets(one: types.Range, other: types.Range) -> bool:
    first = (one.start.line, one.start.character), (one.end.line, one.end.character)
    second = (other.start.line, other.start.character), (other.end.line, other.end.character)
    return (first[0] <= second[1] and second[0] <= first[1]) or one.start.line == other.start.line


class Desk:
    """What lies open in the editor, and one session for each repository it belongs to."""

    def __init__(self, server: LanguageServer, analyse: Analyse) -> None:
        self._server, self._analyse = server, analyse
        self._sessions: dict[Path, Session] = {}
        self._open: dict[str, tuple[Path, str]] = {}  # uri -> (root, path from the root)
        self._unsaved: set[str] = set()

    def opened(self, uri: str) -> None:
        path = path_of(uri)
        if path is None:
            return
        root = self._root_of(path)
        self._open[uri] = (root, path.relative_to(root).as_posix())
        if _differs(path, self._text(uri)):
            self._unsaved.add(uri)
        session = self._sessions.setdefault(root, Session(root, self._analyse, self._snapshot, self._publish, self._failed))
        if session.report is not None and uri not in self._unsaved:
            self._show(uri, session.report)  # at once, from the last analysis; the new one follows
        session.request()

    def changed(self, uri: str) -> None:
        if uri in self._open:
            self._unsaved.add(uri)
            self._sessions[self._open[uri][0]].request(TYPING_PAUSE)

    def saved(self, uri: str) -> None:
        if uri in self._open:
            self._unsaved.discard(uri)
            self._sessions[self._open[uri][0]].request()

    def closed(self, uri: str, *cells: str) -> None:
        known = self._open.pop(uri, None)
        if known is None:
            return
        for shown in (uri, *cells):
            self._server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri=shown, diagnostics=[]))
        if uri in self._unsaved:
            self._unsaved.discard(uri)
            self._sessions[known[0]].request()  # the other files are judged by what is on disk again

    def actions(self, uri: str, where: types.Range, only: Sequence[str] | None) -> list[types.CodeAction]:
        """What can be done about the findings of a range, from the last analysis of the text as it is now."""
        known = self._open.get(uri) or self._open.get(self._notebook_of(uri))
        if known is None:
            return []
        root, path = known
        session = self._sessions[root]
        if session.report is None or not self._current(root, session.snapshot):
            return []  # the text has changed since: the places are not sure
        owner = uri if uri in self._open else self._notebook_of(uri)
        notebook = self._server.workspace.get_notebook_document(notebook_uri=owner)
        cells = [cell.document for cell in notebook.cells] if notebook else []
        findings = [one for one in session.report.findings if one.place.path == path]
        shown = [
            (one, target, diagnostic)
            for one, (target, diagnostic) in zip(findings, self._located(owner, root, path, findings, cells), strict=True)
        ]
        documents = Documents(root, self._encoding, lambda file: self._plain(root, file), self._cell)
        creates = self._creates()
        found: list[types.CodeAction] = []
        if _asked(types.CodeActionKind.QuickFix, only):
            for finding, target, diagnostic in shown:
                if target == uri and _meets(diagnostic.range, where):
                    found += fix_of(finding, diagnostic, documents, creates)
                    found += ignore_of(finding, diagnostic, uri, lines_of(self._text(uri) or ""), self._encoding)
        if _asked(FIX_ALL, only):
            found += fix_all((finding for finding, target, _ in shown if target == uri), documents)
        return found

    def _current(self, root: Path, snapshot: Snapshot) -> bool:
        """Whether no open document has changed since an analysis began."""
        return all(
            document.version == snapshot.versions.get(uri, document.version)
            for uri, (owner, _) in self._open.items()
            if owner == root and (document := self._document(uri)) is not None
        )

    def _notebook_of(self, uri: str) -> str:
        """The notebook that a cell belongs to; "" when it is none of one."""
        notebook = self._server.workspace.get_notebook_document(cell_uri=uri)
        return notebook.uri if notebook is not None else ""

    def _cell(self, path: str, number: int) -> tuple[str, str] | None:
        """The address and the text of a cell of an open notebook."""
        for uri, (_, known) in self._open.items():
            notebook = self._server.workspace.get_notebook_document(notebook_uri=uri) if known == path else None
            if notebook is not None and 1 <= number <= len(notebook.cells):
                cell = notebook.cells[number - 1].document
                text = self._text(cell)
                return (cell, "\n".join(lines_of(text))) if text is not None else None
        return None

    def _plain(self, root: Path, path: str) -> str | None:
        rows = self._lines(root, path)
        return "\n".join(rows) if rows else None

    def _creates(self) -> bool:
        """Whether the client can create a file."""
        workspace = self._server.client_capabilities.workspace
        edit = workspace.workspace_edit if workspace is not None else None
        return edit is not None and types.ResourceOperationKind.Create in (edit.resource_operations or ())

    @property
    def _encoding(self) -> str:
        return str(getattr(self._server.workspace.position_encoding, "value", self._server.workspace.position_encoding))

    def _root_of(self, path: Path) -> Path:
        """The git repository of the file, else the folder that the editor has open, else the file's own."""
        for parent in path.parents:
            if (parent / ".git").exists():
                return parent
        folders = [folder for uri in self._server.workspace.folders if (folder := path_of(uri)) is not None and path.is_relative_to(folder)]
        if root := self._server.workspace.root_path:
            folders += [Path(root)] if path.is_relative_to(root) else []
        return max(folders, key=lambda folder: len(folder.parts), default=path.parent)

    def _document(self, uri: str) -> TextDocument | None:
        """The open text document, never one that pygls would read from disk."""
        return next((document for document in self._server.workspace.text_documents.values() if document.uri == uri), None)

    def _text(self, uri: str) -> str | None:
        document = self._document(uri)
        return None if document is None else document.source

    def _snapshot(self, root: Path) -> Snapshot:
        overlay, versions = {}, {}
        for uri, (owner, path) in sorted(self._open.items()):
            document = self._document(uri)
            if owner != root or document is None:
                continue
            versions[uri] = document.version
            if uri in self._unsaved:
                overlay[path] = document.source
        return Snapshot(overlay, versions)

    def _publish(self, root: Path, snapshot: Snapshot, report: Report) -> None:
        for uri, (owner, _) in sorted(self._open.items()):
            document = self._document(uri)
            version = None if document is None else document.version
            if owner == root and (document is None or snapshot.versions.get(uri, version) == version):
                self._show(uri, report)  # a document that was edited meanwhile has the next analysis coming

    def _show(self, uri: str, report: Report) -> None:
        """Sends a document's findings; those of a notebook that is synchronised as such go to its cells."""
        root, path = self._open[uri]
        notebook = self._server.workspace.get_notebook_document(notebook_uri=uri)
        cells = [cell.document for cell in notebook.cells] if notebook else []
        document = self._document(uri)
        shown: dict[str, list[types.Diagnostic]] = {target: [] for target in cells or [uri]}
        for target, diagnostic in self._diagnostics(uri, root, path, report, cells):
            shown[target].append(diagnostic)
        for target, diagnostics in shown.items():
            version = document.version if document is not None else None
            self._server.text_document_publish_diagnostics(
                types.PublishDiagnosticsParams(uri=target, diagnostics=diagnostics, version=version)
            )

    def _diagnostics(self, uri: str, root: Path, path: str, report: Report, cells: list[str]) -> list[tuple[str, types.Diagnostic]]:
        findings = [finding for finding in report.findings if finding.place.path == path]
        found = self._located(uri, root, path, findings, cells)
        locate = self._locate(uri, root, path, cells)
        for message in report.repository.unreadable:
            if message.place is not None and message.place.path == path:
                target, range_ = locate(message.place)
                found.append((target, unreadable_of(message, range_)))
        return found

    def _located(
        self, uri: str, root: Path, path: str, findings: Sequence[Finding], cells: list[str]
    ) -> list[tuple[str, types.Diagnostic]]:
        """Each finding with the document that shows it."""
        locate = self._locate(uri, root, path, cells)
        found: list[tuple[str, types.Diagnostic]] = []
        for finding in findings:
            target, range_ = locate(finding.place)
            found.append((target, diagnostic_of(finding, range_, root, lambda of: self._lines(root, of), self._encoding)))
        return found

    def _locate(self, uri: str, root: Path, path: str, cells: list[str]) -> Callable[[Place], tuple[str, types.Range]]:
        encoding = self._encoding

        def locate(place: Place) -> tuple[str, types.Range]:
            if cells and place.cell is not None and 1 <= place.cell <= len(cells):
                cell = cells[place.cell - 1]
                return cell, cell_range(place, lines_of(self._text(cell) or ""), encoding)
            if cells:
                return cells[0], range_of(Place(path).span, lines_of(self._text(cells[0]) or ""), encoding)
            return uri, range_of(place.span, self._lines(root, path), encoding)

        return locate

    def _lines(self, root: Path, path: str) -> list[str]:
        """From the buffer when it is open, else from disk; a file that is gone has no lines."""
        for uri, known in self._open.items():
            if known == (root, path) and (text := self._text(uri)) is not None:
                return lines_of(text)
        try:
            return lines_of((root / path).read_text(encoding="utf-8-sig", errors="replace"))
        except OSError:
            return []

    def _failed(self, root: Path, error: Exception) -> None:
        message = f"the analysis of {root} failed: {type(error).__name__}: {error}"
        self._server.window_log_message(types.LogMessageParams(type=types.MessageType.Error, message=message))


def _differs(path: Path, text: str | None) -> bool:
    """Whether the editor shows something else than the disk has (a restored unsaved buffer, another encoding)."""
    if text is None:
        return False
    try:
        return lines_of(path.read_bytes().decode("utf-8-sig")) != lines_of(text)
    except (OSError, UnicodeDecodeError):
        return True
