"""Credential literals in any tracked text file; the value is never kept, only its place and what it seems to be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mlrubric.model.facts import Fact, Secret
from mlrubric.model.place import Place
from mlrubric.source.document import Document
from mlrubric.source.notebook import cells_of
from mlrubric.source.secrets import Setting, hits_in
from mlrubric.source.syntax.node import SyntaxProblem

FORMAT = "secret"

_CODE = {
    "py", "pyi", "ipynb", "r", "scala", "java", "js", "ts", "jsx", "tsx", "mjs", "go", "rb", "sql", "cs", "kt", "php", "tf",
    "hcl",
}  # fmt: skip
_CONFIG = {
    "yml", "yaml", "json", "toml", "cfg", "ini", "conf", "config", "properties", "env", "tfvars", "sh", "bash", "zsh", "ps1",
    "bat", "mk", "xml", "pem", "key", "txt", "local",
}  # fmt: skip
_DOCUMENTS = {"md", "rst", "markdown", "mdx", "adoc", "html"}
_TEMPLATES = re.compile(
    r"\.(?:example|sample|template|tmpl|tpl|dist|j2|jinja2?)(?:\.|$)"
    r"|(?:^|[._-])(?:example|sample|template)[._-]?(?:env|\w*$)|\{\{",
    re.IGNORECASE,
)
_TESTS = re.compile(
    r"(?:^|/)(?:tests?|testing|fixtures?|testdata|examples?_data)/|(?:^|/)(?:test_[^/]*|[^/]*_test|conftest)\.\w+$",
    re.IGNORECASE,
)
_NAMES = {
    "dockerfile", "containerfile", "makefile", "jenkinsfile", "procfile", "mlproject", "config", "credentials", ".netrc",
    ".pypirc", ".npmrc", ".pgpass", "pipfile", "vagrantfile", "id_rsa",
}  # fmt: skip
_GENERATED = re.compile(
    r"(?:^|/)(?:package-lock\.json|yarn\.lock|[^/]*\.lock|[^/]*\.min\.js|[^/]*-lock\.ya?ml|node_modules/.*|site-packages/.*)$"
)
_CI = re.compile(r"(?:^|/)(?:\.github/workflows/|\.circleci/|\.gitlab-ci|azure-pipelines|Jenkinsfile|\.travis)", re.IGNORECASE)


def accepts(path: str) -> bool:
    if _GENERATED.search(path):
        return False
    name = path.rsplit("/", 1)[-1].lower()
    suffix = name.rsplit(".", 1)[-1] if "." in name else ""
    if suffix in _CODE | _CONFIG | _DOCUMENTS or name in _NAMES or name.split(".")[0] in _NAMES:
        return True
    return _is_environment(name) or bool(_TEMPLATES.search(name))


def read(document: Document) -> Iterable[Fact]:
    if document.name.endswith(".ipynb"):
        return _in_notebook(document)
    setting = _setting_of(document.path)
    return (Secret(document.place(document.span(hit.start, hit.end)), hit.hint) for hit in hits_in(document.text, setting))


def _is_environment(name: str) -> bool:
    return name == ".env" or name.startswith(".env.") or name.endswith(".env") or name == ".envrc"


def _setting_of(path: str) -> Setting:
    name = path.rsplit("/", 1)[-1].lower()
    suffix = name.rsplit(".", 1)[-1]
    if suffix in _DOCUMENTS or _TESTS.search(path) or _TEMPLATES.search(path):
        return Setting.EXAMPLE
    if _is_environment(name):
        return Setting.ENVIRONMENT
    if _CI.search(path):
        return Setting.CI
    return Setting.CODE if suffix in _CODE else Setting.CONFIG


def _in_notebook(document: Document) -> Iterator[Fact]:
    """Sources by cell, then printed outputs, where a copy of what the source says is not said twice."""
    example = bool(_TESTS.search(document.path) or _TEMPLATES.search(document.path))
    try:
        cells = cells_of(document.text)
    except SyntaxProblem:  # the notebook reader says so; a key in it leaks all the same
        for hit in hits_in(document.text, Setting.EXAMPLE):
            yield Secret(document.place(document.span(hit.start, hit.end)), hit.hint)
        return
    for cell in cells:
        said: set[str] = set()
        texts = [(cell.source, cell.kind != "code")] + [(output, False) for output in cell.printed]
        for text, prose in texts:
            setting = Setting.EXAMPLE if prose or example else Setting.CODE
            for hit in hits_in(text.text, setting):
                value = text.text[hit.start : hit.end]
                if value not in said:
                    said.add(value)
                    place = Place(document.path, text.span(hit.start, hit.end), f"cell {cell.number}", cell.number, text.line_of(hit.start))
                    yield Secret(place, hit.hint)
