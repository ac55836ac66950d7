"""The editor server over standard input and output, spoken to by a real client."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

COMMAND = [sys.executable, "-c", "import sys; from mlrubric.cli import main; sys.exit(main())", "lsp"]
SERVER = [sys.executable, str(Path(__file__).with_name("lsp_stub.py"))]


@pytest_lsp.fixture(config=ClientServerConfig(server_command=SERVER))  # type: ignore[untyped-decorator]
async def client(lsp_client: LanguageClient, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[None]:
    """A client that has the folder `tmp_path` open; a test may choose the client's capabilities by a parameter."""
    (tmp_path / "other.py").write_text("é = 1\n")
    capabilities = client_capabilities(getattr(request, "param", "visual-studio-code"))
    folder = types.WorkspaceFolder(uri=tmp_path.as_uri(), name="test")
    params = types.InitializeParams(capabilities=capabilities, root_uri=tmp_path.as_uri(), workspace_folders=[folder])
    await lsp_client.initialize_session(params)
    yield
    await lsp_client.shutdown_session()


def open_text(client: LanguageClient, path: Path, text: str | None = None, version: int = 1) -> str:
    uri = path.as_uri()
    item = types.TextDocumentItem(uri=uri, language_id="python", version=version, text=path.read_text() if text is None else text)
    client.text_document_did_open(types.DidOpenTextDocumentParams(text_document=item))
    return uri


def save(client: LanguageClient, uri: str) -> None:
    client.text_document_did_save(types.DidSaveTextDocumentParams(text_document=types.TextDocumentIdentifier(uri=uri)))


def edit(client: LanguageClient, uri: str, text: str, version: int) -> None:
    identifier = types.VersionedTextDocumentIdentifier(version=version, uri=uri)
    whole = types.TextDocumentContentChangeWholeDocument(text=text)
    client.text_document_did_change(types.DidChangeTextDocumentParams(text_document=identifier, content_changes=[whole]))


async def diagnostics(client: LanguageClient, uri: str, count: int) -> Sequence[types.Diagnostic]:
    """The diagnostics of a document once there are `count` of them."""
    for _ in range(200):
        if uri in client.diagnostics and len(client.diagnostics[uri]) == count:
            return client.diagnostics[uri]
        await asyncio.sleep(0.05)
    raise AssertionError(f"wanted {count} diagnostics, last seen: {client.diagnostics.get(uri)}")


def runs(folder: Path) -> list[list[str]]:
    log = folder / "runs.log"
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


async def test_a_finding_is_published_on_open_with_its_rule(client: LanguageClient, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("ok\n  BAD line\n")
    [found] = await diagnostics(client, open_text(client, tmp_path / "train.py"), 1)
    assert found.range == types.Range(types.Position(1, 2), types.Position(1, 5))
    assert (found.code, found.source, found.severity) == ("ENV003", "mlrubric", types.DiagnosticSeverity.Warning)
    assert found.message == "a bad line of train.py"
    assert found.code_description is not None and found.code_description.href.endswith("docs/rules/ENV003.md")
    assert found.related_information is not None
    [related] = found.related_information
    assert related.location.uri == (tmp_path / "other.py").as_uri() and related.message == "the other side"


async def test_a_save_brings_the_findings_of_the_new_text(client: LanguageClient, tmp_path: Path) -> None:
    path = tmp_path / "dvc.yaml"
    path.write_text("ok\n")
    uri = open_text(client, path)
    await diagnostics(client, uri, 0)
    path.write_text("BAD\nBAD\n")
    edit(client, uri, "BAD\nBAD\n", 2)
    save(client, uri)
    await diagnostics(client, uri, 2)


async def test_unsaved_text_is_analysed_after_a_pause(client: LanguageClient, tmp_path: Path) -> None:
    path = tmp_path / "train.py"
    path.write_text("ok\n")
    uri = open_text(client, path)
    await diagnostics(client, uri, 0)
    for version in range(2, 6):
        edit(client, uri, "BAD\n" * version, version)
    await diagnostics(client, uri, 5)
    assert runs(tmp_path) == [[], ["train.py"]], "one analysis for a burst of keys"


@pytest.mark.parametrize(
    ("client", "start"),
    [
        pytest.param("visual-studio-code", 4, id="utf-16"),
        pytest.param("neovim@0.11.0", 7, id="utf-8"),
        pytest.param("emacs@29.1", 3, id="utf-32"),
    ],
    indirect=["client"],
)
async def test_columns_speak_the_units_of_the_client(client: LanguageClient, tmp_path: Path, start: int) -> None:
    (tmp_path / "train.py").write_text("é😀 BAD\n", encoding="utf-8")
    [found] = await diagnostics(client, open_text(client, tmp_path / "train.py"), 1)
    assert found.range == types.Range(types.Position(0, start), types.Position(0, start + 3))


async def actions(client: LanguageClient, uri: str, line: int, only: Sequence[str] | None = None) -> dict[str, types.CodeAction]:
    """The code actions of a line by their titles."""
    where = types.Range(types.Position(line, 0), types.Position(line, 0))
    context = types.CodeActionContext(diagnostics=[], only=only)
    params = types.CodeActionParams(types.TextDocumentIdentifier(uri=uri), where, context)
    found = await client.text_document_code_action_async(params)
    return {one.title: one for one in found or [] if isinstance(one, types.CodeAction)}


def changes(action: types.CodeAction) -> dict[str, list[types.TextEdit]]:
    assert action.edit is not None and action.edit.changes is not None
    return {uri: list(edits) for uri, edits in action.edit.changes.items()}


def spot(line: int, start: int, end: int) -> types.Range:
    return types.Range(types.Position(line, start), types.Position(line, end))


async def test_a_finding_has_its_fix_and_an_ignore(client: LanguageClient, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("é😀 = 1\n  BAD line\n\nBAD\nBAD  # mlrubric: ignore[X001] why\n", encoding="utf-8")
    uri = open_text(client, tmp_path / "train.py")
    await diagnostics(client, uri, 3)
    found = await actions(client, uri, 1)
    assert set(found) == {"Say GOOD (ENV003)", "Ignore ENV003 here", "Fix all that is safe to fix (mlrubric)"}
    fix, ignore = found["Say GOOD (ENV003)"], found["Ignore ENV003 here"]
    assert fix.kind == types.CodeActionKind.QuickFix and fix.is_preferred
    assert changes(fix) == {uri: [types.TextEdit(spot(1, 2, 5), "GOOD")]}
    assert changes(ignore) == {uri: [types.TextEdit(spot(1, 10, 10), "  # mlrubric: ignore[ENV003]")]}
    joined = (await actions(client, uri, 4))["Ignore ENV003 here"]
    assert changes(joined) == {uri: [types.TextEdit(spot(4, 28, 28), ", ENV003")]}
    [whole] = (await actions(client, uri, 0, ["source.fixAll"])).values()
    assert whole.kind == "source.fixAll.mlrubric"
    assert [edit.range.start.line for edit in changes(whole)[uri]] == [1, 3, 4]
    assert not await actions(client, uri, 2, [types.CodeActionKind.QuickFix]), "no finding stands on that line"


async def test_an_unsafe_fix_says_so_and_may_bring_a_file(client: LanguageClient, tmp_path: Path) -> None:
    (tmp_path / "dvc.yaml").write_text("BAD\n")
    uri = open_text(client, tmp_path / "dvc.yaml")
    await diagnostics(client, uri, 1)
    found = await actions(client, uri, 0)
    assert set(found) == {"Say GOOD, in a file too (ENV003), may change results", "Ignore ENV003 here"}
    edit = found["Say GOOD, in a file too (ENV003), may change results"].edit
    assert edit is not None and edit.document_changes is not None
    assert [type(one).__name__ for one in edit.document_changes] == ["CreateFile", "TextDocumentEdit", "TextDocumentEdit"]
    assert isinstance(edit.document_changes[0], types.CreateFile) and edit.document_changes[0].uri == (tmp_path / "new/good.txt").as_uri()


async def test_text_that_has_changed_since_has_no_actions(client: LanguageClient, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("BAD\n")
    uri = open_text(client, tmp_path / "train.py")
    await diagnostics(client, uri, 1)
    edit(client, uri, "one line more\nBAD\n", 2)
    assert not await actions(client, uri, 0)


async def test_the_fix_of_a_cell_is_one_of_its_document(client: LanguageClient, tmp_path: Path) -> None:
    path = tmp_path / "train.ipynb"
    path.write_text(notebook_text())
    cells = open_notebook(client, path)
    await diagnostics(client, cells[1], 1)
    found = await actions(client, cells[1], 1)
    fix, ignore = found["Say GOOD (ENV003)"], found["Ignore ENV003 here"]
    assert changes(fix) == {cells[1]: [types.TextEdit(spot(1, 2, 5), "GOOD")]}
    assert changes(ignore) == {cells[1]: [types.TextEdit(spot(1, 10, 10), "  # mlrubric: ignore[ENV003]")]}


def notebook_text() -> str:
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ["# title"]},
        {"cell_type": "code", "metadata": {}, "source": ["ok\n", "  BAD here"], "outputs": [], "execution_count": None},
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)


def open_notebook(client: LanguageClient, path: Path) -> list[str]:
    """Opens a notebook as one; the addresses of its cells."""
    uris = [f"vscode-notebook-cell:{path}#{number}" for number in (1, 2)]
    kinds = [types.NotebookCellKind.Markup, types.NotebookCellKind.Code]
    cells = [types.NotebookCell(kind=kind, document=uri) for kind, uri in zip(kinds, uris, strict=True)]
    texts = [
        types.TextDocumentItem(uri=uri, language_id=language, version=1, text=text)
        for uri, language, text in zip(uris, ("markdown", "python"), ("# title", "ok\n  BAD here"), strict=True)
    ]
    document = types.NotebookDocument(uri=path.as_uri(), notebook_type="jupyter-notebook", version=1, cells=cells)
    client.notebook_document_did_open(types.DidOpenNotebookDocumentParams(notebook_document=document, cell_text_documents=texts))
    return uris


async def test_a_notebook_opened_as_text_has_raw_lines(client: LanguageClient, tmp_path: Path) -> None:
    path = tmp_path / "n.ipynb"
    path.write_text(notebook_text())
    [found] = await diagnostics(client, open_text(client, path), 1)
    assert "BAD" in path.read_text().split("\n")[found.range.start.line]


async def test_a_notebook_opened_as_notebook_has_findings_in_its_cells(client: LanguageClient, tmp_path: Path) -> None:
    path = tmp_path / "n.ipynb"
    path.write_text(notebook_text())
    uris = open_notebook(client, path)
    [found] = await diagnostics(client, uris[1], 1)
    assert found.range == types.Range(types.Position(1, 2), types.Position(1, 10))
    assert not client.diagnostics[uris[0]]
    path.write_text(notebook_text().replace("BAD", "good"))
    identifier = types.NotebookDocumentIdentifier(uri=path.as_uri())
    client.notebook_document_did_save(types.DidSaveNotebookDocumentParams(notebook_document=identifier))
    await diagnostics(client, uris[1], 0)


async def test_broken_files_and_bugs_do_not_end_the_server(client: LanguageClient, tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("f((\n")
    [found] = await diagnostics(client, open_text(client, tmp_path / "broken.py"), 1)
    assert found.severity == types.DiagnosticSeverity.Information and "never closed" in found.message
    for index, word in enumerate(("CRASH", "EXIT")):
        path = tmp_path / f"bug{index}.py"
        path.write_text(word)
        open_text(client, path)
        for _ in range(100):
            if len(client.log_messages) > index:
                break
            await asyncio.sleep(0.05)
        path.write_text("ok")
        save(client, path.as_uri())
    assert "a bug of ours" in client.log_messages[0].message and "SystemExit" in client.log_messages[1].message
    (tmp_path / "train.py").write_text("BAD\n")
    await diagnostics(client, open_text(client, tmp_path / "train.py"), 1)


async def test_many_requests_while_one_runs_are_one_more_run(client: LanguageClient, tmp_path: Path) -> None:
    paths = [tmp_path / f"m{index}.py" for index in range(6)]
    for path in paths:
        path.write_text("BAD SLOW\n" if path.name == "m0.py" else "BAD\n")
    for path in paths:
        open_text(client, path)
        await asyncio.sleep(0.05)
    for path in paths:
        await diagnostics(client, path.as_uri(), 1)
    await asyncio.sleep(0.8)
    assert 1 <= len(runs(tmp_path)) <= 2
    assert not client.log_messages, "two analyses at once"


async def test_a_closed_file_is_silent(client: LanguageClient, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("ok\n")
    uri = open_text(client, tmp_path / "train.py", text="BAD\n")
    await diagnostics(client, uri, 1)
    assert runs(tmp_path)[-1] == ["train.py"], "the buffer differs from the disk"
    client.text_document_did_close(types.DidCloseTextDocumentParams(text_document=types.TextDocumentIdentifier(uri=uri)))
    await diagnostics(client, uri, 0)
    for _ in range(100):
        if runs(tmp_path)[-1] == []:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("closing an unsaved file brings back the text on disk")


async def test_the_root_is_the_git_repository_of_the_file(client: LanguageClient, tmp_path: Path) -> None:
    inner = tmp_path / "members" / "one"
    (inner / ".git").mkdir(parents=True)
    (inner / "train.py").write_text("BAD\n")
    await diagnostics(client, open_text(client, inner / "train.py"), 1)
    assert runs(inner) and not runs(tmp_path)


async def test_a_document_without_a_file_is_left_alone(client: LanguageClient, tmp_path: Path) -> None:
    item = types.TextDocumentItem(uri="untitled:Untitled-1", language_id="python", version=1, text="BAD\n")
    client.text_document_did_open(types.DidOpenTextDocumentParams(text_document=item))
    edit(client, "untitled:Untitled-1", "BAD BAD\n", 2)
    save(client, "untitled:Untitled-1")
    (tmp_path / "train.py").write_text("BAD\n")
    await diagnostics(client, open_text(client, tmp_path / "train.py"), 1)
    assert "untitled:Untitled-1" not in client.diagnostics


def test_without_the_extra_it_says_what_to_install() -> None:
    code = "import sys; sys.modules['pygls'] = None\nfrom mlrubric.lsp import serve\nsys.exit(serve(None))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.strip() == "mlrubric lsp needs the extra `lsp`: pip install 'mlrubric[lsp]'"


@pytest_lsp.fixture(config=ClientServerConfig(server_command=COMMAND))  # type: ignore[untyped-decorator]
async def editor(lsp_client: LanguageClient, tmp_path: Path) -> AsyncIterator[None]:
    """A client of the real command, in a small repository."""
    shutil.copytree(Path(__file__).parent.parent / "fixtures" / "repos" / "level0-churn", tmp_path / "churn")
    capabilities = client_capabilities("neovim@0.11.0")
    await lsp_client.initialize_session(types.InitializeParams(capabilities=capabilities, root_uri=(tmp_path / "churn").as_uri()))
    yield
    await lsp_client.shutdown_session()


async def test_the_command_itself_finds_what_the_repository_has(editor: LanguageClient, tmp_path: Path) -> None:
    """The unpinned requirement and the lost exit status of CI, then broken files of four kinds, then the first file mended."""
    root = tmp_path / "churn"
    requirements, workflow = root / "requirements.txt", root / ".github" / "workflows" / "ci.yml"
    opened = {path: open_text(editor, path) for path in (requirements, workflow)}
    await until(lambda: "ENV001" in codes(editor, opened[requirements]) and "CI001" in codes(editor, opened[workflow]))
    broken = {"bad.py": "def f(:\n", "bad.ipynb": '{"cells": [', "bad.yaml": "a: [1,\nb: }", "pyproject.toml": "[project\n"}
    for name, text in broken.items():
        (root / name).write_text(text)
        uri = open_text(editor, root / name)
        await until(lambda uri=uri: uri in editor.diagnostics)  # type: ignore[misc]
    assert "unreadable" in codes(editor, (root / "bad.py").as_uri())
    assert "unreadable" in codes(editor, (root / "bad.ipynb").as_uri())
    mended = requirements.read_text().replace("numpy\n", "numpy==2.1.3\n").replace(">=1.4", "==1.5.2").replace("dvc[s3]", "dvc[s3]==3.56.0")
    edit(editor, opened[requirements], mended, 2)
    await until(lambda: "ENV001" not in codes(editor, opened[requirements]))
    assert not editor.log_messages


def codes(client: LanguageClient, uri: str) -> list[object]:
    return [diagnostic.code for diagnostic in client.diagnostics.get(uri, ())]


async def until(holds: Callable[[], bool]) -> None:
    for _ in range(300):
        if holds():
            return
        await asyncio.sleep(0.1)
    raise AssertionError("it did not come to hold within 30 s")
