"""Configuration of the project itself: the scalars of params, config and settings files by dotted route."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlrubric.model.facts import Fact, Notice, Setting
from mlrubric.read.unreadable import unreadable
from mlrubric.source.document import Document
from mlrubric.source.secrets import is_secret
from mlrubric.source.syntax import ini, json, toml, yaml
from mlrubric.source.syntax.node import Node, SyntaxProblem

FORMAT = "settings"
MAX_SETTINGS = 1000
_NAMES = re.compile(
    r"^(?:[\w-]*(?:params|parameters|hyperparams|hparams|config|configs|configuration|settings|conf|constants|options|schema|thresholds?))"
    r"(?:[_.-][\w-]+)?\.(?:ya?ml|json|jsonc|toml|ini|cfg)$",
    re.IGNORECASE,
)
_FOLDERS = re.compile(
    r"(?:^|/)(?:conf|confs|config|configs|configuration|params|parameters|settings|hparams)/(?:.*/)?[^/]+\.(?:ya?ml|json|toml)$",
    re.IGNORECASE,
)
# files with a reader, a tool or a language of their own
_OWNED = re.compile(
    r"(?:^|/)(?:\.[^/]*|_config\.ya?ml|pyproject\.toml|setup\.cfg|tox\.ini|pytest\.ini|[jt]sconfig[^/]*\.json|package(?:-lock)?\.json|renovate[^/]*"
    r"|(?:docker-)?compose[^/]*|mkdocs\.ya?ml|environment[^/]*\.ya?ml|conda[^/]*\.ya?ml|python_env\.ya?ml|dvc\.(?:yaml|lock)|[^/]*lock\.(?:json|ya?ml)"
    r"|[^/]*\.config\.json|webpack[^/]*|babel[^/]*|jest[^/]*)$|(?:^|/)(?:\.github|\.circleci|\.dvc|\.vscode|\.devcontainer|node_modules)/",
    re.IGNORECASE,
)


def accepts(path: str) -> bool:
    name = path.rsplit("/", 1)[-1]
    return bool(_NAMES.match(name) or _FOLDERS.search(path)) and not _OWNED.search(path)


def read(document: Document) -> Iterator[Fact]:
    try:
        roots = _parsed(document)
    except SyntaxProblem as problem:
        yield unreadable(document, FORMAT, problem)
        return
    count = 0
    for number, root in enumerate(roots):
        prefix = f"[{number}]" if len(roots) > 1 else ""
        for route, leaf in root.leaves(prefix):
            count += 1
            if count > MAX_SETTINGS:
                yield Notice(document.place(leaf.span), f"only the first {MAX_SETTINGS} settings of this file were read")
                return
            value = "***" if leaf.kind == "string" and is_secret(route.rsplit(".", 1)[-1], leaf.text) else leaf.text
            yield Setting(document.place(leaf.span, route), route, value, leaf.kind)


def _parsed(document: Document) -> list[Node]:
    suffix = document.name.rsplit(".", 1)[-1].lower()
    if suffix in ("yaml", "yml"):
        return yaml.parse_template(document.text)
    if suffix in ("json", "jsonc"):
        return [json.parse(document.text, comments=True)] if document.text.strip() else []
    return [toml.parse(document.text) if suffix == "toml" else ini.parse(document.text)]
