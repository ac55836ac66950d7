"""Lock files in TOML: uv.lock, poetry.lock, pdm.lock and pylock.toml (PEP 751). Every package is one locked requirement."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from mlrubric.model.facts import Fact, Manifest, Requirement, Unreadable
from mlrubric.read.unreadable import unreadable
from mlrubric.source.document import Document
from mlrubric.source.syntax import toml
from mlrubric.source.syntax.node import Node, SyntaxProblem
from mlrubric.source.syntax.requirement import fixes_content, hide_credentials

FORMAT = "lock"

_PYLOCK = re.compile(r"pylock(?:\.[^./]+)?\.toml")


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where a package comes from: None for an index; `local` for a folder of the repository; `root` for the project itself."""

    url: str | None = None
    fixed: bool = False
    local: bool = False
    root: bool = False


def accepts(path: str) -> bool:
    name = path.rsplit("/", 1)[-1]
    return name in _READERS or _PYLOCK.fullmatch(name) is not None


def read(document: Document) -> Iterable[Fact]:
    try:
        root = toml.parse(document.text)
    except SyntaxProblem as problem:
        return [unreadable(document, FORMAT, problem)]
    manager, python, origin = _READERS.get(document.name, ("", ("requires-python",), _pylock_origin))
    tool = manager or root.scalar("created-by")
    required = next((found for route in python if (found := root.scalar(*route.split(".")))), "")
    facts: list[Fact] = [Manifest(document.place(), "lock", manager or "pip", required or None, generated_by=tool)]
    packages = root.get("packages" if not manager else "package")
    old_hashes = {name: len(files.items) for name, files in _pairs(root.get("metadata", "files"))}
    for package in packages.items if packages is not None else ():
        facts.extend(_package(document, package, manager or "pip", origin(package), old_hashes))
    return facts


def _package(document: Document, package: Node, manager: str, origin: _Origin, old_hashes: dict[str, int]) -> Iterable[Fact]:
    name = package.get("name")
    if name is None:
        return [Unreadable(document.place(package.span), FORMAT, "a package without a name")]
    if origin.root:
        return []
    version = package.scalar("version")
    hashes = _hashes(package) or old_hashes.get(name.text, 0)
    groups = package.strings("groups") or package.strings("category")
    return [
        Requirement(
            document.place(name.span, name.text),
            name.text,
            (f"=={version}",) if version else (),
            tuple(sorted(package.strings("extras"))),
            package.scalar("marker") or package.scalar("markers") or None,
            pinned=(bool(version) and not origin.local) or origin.fixed or hashes > 0,
            editable=origin.local and package.scalar("editable") != "false",
            url=origin.url,
            hashes=hashes,
            kind="locked",
            group="" if not groups or groups[0] in ("default", "main") else groups[0],
            manager=manager,
        )
    ]


def _hashes(package: Node) -> int:
    """The files of the package whose content is fixed."""
    files = [item for key in ("files", "wheels") for item in _items(package.get(key))]
    files += [node for key in ("sdist", "archive") if (node := package.get(key)) is not None]
    return sum(1 for item in files if item.get("hash") is not None or item.get("hashes") is not None)


def _uv_origin(package: Node) -> _Origin:
    kind, place = next(_pairs(package.get("source")), ("registry", None))
    where = place.text if place is not None else ""
    if kind in ("virtual", "editable", "directory", "path"):
        return _Origin(where, local=kind != "path" or not where.endswith((".whl", ".gz", ".zip")), root=where == ".")
    if kind == "git":
        return _Origin(hide_credentials(f"git+{where}"), re.search(r"#[0-9a-f]{40}$", where) is not None)
    return _Origin(hide_credentials(where), fixes_content(where)) if kind == "url" else _Origin()


def _poetry_origin(package: Node) -> _Origin:
    kind, url = package.scalar("source", "type"), package.scalar("source", "url")
    if kind == "git":
        commit = package.scalar("source", "resolved_reference")
        return _Origin(hide_credentials(f"git+{url}@{commit}"), len(commit) >= 40)
    if kind in ("directory", "file"):
        return _Origin(url, local=kind == "directory")
    return _Origin(hide_credentials(url), fixes_content(url)) if kind == "url" else _Origin()


def _pdm_origin(package: Node) -> _Origin:
    git, path, url = package.scalar("git"), package.scalar("path"), package.scalar("url")
    if git:
        commit = package.scalar("revision")
        return _Origin(hide_credentials(f"git+{git}@{commit}"), len(commit) >= 40)
    if path:
        return _Origin(path, local=True, root=path in (".", "./."))
    return _Origin(hide_credentials(url), fixes_content(url)) if url else _Origin()


def _pylock_origin(package: Node) -> _Origin:
    commit = package.scalar("vcs", "commit-id")
    if package.get("vcs") is not None:
        url = package.scalar("vcs", "url") or package.scalar("vcs", "path")
        return _Origin(hide_credentials(f"{package.scalar('vcs', 'type')}+{url}@{commit}"), len(commit) >= 40)
    path = package.scalar("directory", "path")
    if path:
        return _Origin(path, local=True, root=path == ".")
    archive = package.scalar("archive", "url") or package.scalar("archive", "path")
    return _Origin(hide_credentials(archive)) if archive else _Origin()


def _pairs(node: Node | None) -> Iterator[tuple[str, Node]]:
    return node.pairs() if node is not None and node.kind == "map" else iter(())


def _items(node: Node | None) -> tuple[Node, ...]:
    return node.items if node is not None else ()


_READERS: dict[str, tuple[str, tuple[str, ...], Callable[[Node], _Origin]]] = {
    "uv.lock": ("uv", ("requires-python",), _uv_origin),
    "poetry.lock": ("poetry", ("metadata.python-versions",), _poetry_origin),
    "pdm.lock": ("pdm", ("metadata.requires_python", "metadata.targets.requires_python"), _pdm_origin),
}
