"""Files that tell a server of models what to load: cog.yaml, bentofile.yaml, model-settings.json of MLServer, config.yaml of Truss,
applications of Ray Serve."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from mlrubric.model.facts import Fact, Include, Manifest, Unreadable
from mlrubric.model.serving import EntryPoint, ModelReference
from mlrubric.read.declared import from_strings
from mlrubric.read.unreadable import unreadable
from mlrubric.source.document import Document
from mlrubric.source.paths import rooted
from mlrubric.source.root import root_of
from mlrubric.source.syntax.node import Node, SyntaxProblem

FORMAT = "model_server"

_NAMES = ("cog.yaml", "bentofile.yaml", "bentofile.yml", "model-settings.json", "config.yaml")
_TRUSS = re.compile(r"^(model_class_name|model_module_dir|model_class_filename)\s*:", re.MULTILINE)
_MOVING = re.compile(r"(^|[:/@])(latest|main|master|Production|prod|champion)$", re.IGNORECASE)
_SERVE = re.compile(r"^[^/]*serve[^/]*\.ya?ml$", re.IGNORECASE)
_IMPORT = re.compile(r"^\s*(- )?import_path\s*:", re.MULTILINE)
_ANSWERS = ("preprocess", "predict", "postprocess")


def accepts(path: str) -> bool:
    name = posixpath.basename(path)
    return name in _NAMES or _SERVE.match(name) is not None


def read(document: Document) -> Iterator[Fact]:
    applications = document.name not in _NAMES
    if (document.name == "config.yaml" and not _TRUSS.search(document.text)) or (applications and not _IMPORT.search(document.text)):
        return
    try:
        root = root_of(document)
    except SyntaxProblem as problem:
        yield unreadable(document, FORMAT, problem)
        return
    if root is None or root.kind != "map":
        yield Unreadable(document.place(), FORMAT, "no map")
    elif applications:
        yield from _applications(document, root)
    elif document.name == "cog.yaml":
        yield from _cog(document, root)
    elif document.name.startswith("bentofile"):
        yield from _bento(document, root)
    elif document.name == "model-settings.json":
        yield from _mlserver(document, root)
    else:
        yield from _truss(document, root)


def _applications(document: Document, root: Node) -> Iterator[Fact]:
    root = root.get("ray_serve_config") or root  # services of Anyscale hold it below a key of their own
    listed = root.get("applications")
    for index, item in enumerate(listed.items if listed is not None and listed.kind == "list" else (root,)):
        node = item.get("import_path") if item.kind == "map" else None
        if node is not None and node.text:
            module, colon, name = node.text.partition(":")
            if not colon:
                module, _, name = node.text.rpartition(".")
            place = document.place(node.span, f"applications[{index}].import_path")
            yield EntryPoint(place, "ray-serve", f"{module}:{name}", "app", document.directory)


def _cog(document: Document, root: Node) -> Iterator[Fact]:
    python = root.scalar("build", "python_version")
    yield Manifest(document.place(), "manifest", "pip", python or None, generated_by="cog")
    yield from from_strings(document, FORMAT, root.get("build", "python_packages"), manager="pip")
    listed = root.get("build", "python_requirements")
    if listed is not None and listed.text:
        yield Include(document.place(listed.span), listed.text, "requirements")
    for key, methods in (("predict", ("predict", "run")), ("run", ("run", "predict"))):
        node = root.get(key)
        if node is not None and node.text:
            yield EntryPoint(document.place(node.span, key), "cog", node.text, "class", document.directory, methods)


def _bento(document: Document, root: Node) -> Iterator[Fact]:
    service = root.get("service")
    if service is not None and service.text:
        yield EntryPoint(document.place(service.span, "service"), "bentoml", service.text, "app", document.directory)
    python = root.get("python")
    if python is not None and python.kind == "map":
        packages, listed = python.get("packages"), python.get("requirements_txt")
        if packages is not None:
            yield Manifest(document.place(), "manifest", "pip", root.scalar("docker", "python_version") or None, generated_by="bentoml")
            yield from from_strings(document, FORMAT, packages, manager="pip")
        if listed is not None and listed.text:
            yield Include(document.place(listed.span), listed.text, "requirements")
    models = root.get("models")
    for item in models.items if models is not None and models.kind == "list" else ():
        tag = item.scalar("tag") if item.kind == "map" else item.text
        if tag:
            name, _, version = tag.partition(":")
            yield ModelReference(document.place(item.span, "models"), "bentoml", name, version, not version or version == "latest")


def _mlserver(document: Document, root: Node) -> Iterator[Fact]:
    node = root.get("implementation")
    if node is not None and node.text:
        module, _, name = node.text.rpartition(".")
        yield EntryPoint(document.place(node.span, "implementation"), "mlserver", f"{module}:{name}", "class", document.directory, _ANSWERS)
    uri = root.get("parameters", "uri")
    if uri is not None and uri.text:
        moving = _MOVING.search(uri.text) is not None
        yield ModelReference(document.place(uri.span, "parameters.uri"), "mlserver", uri.text, root.scalar("parameters", "version"), moving)


def _truss(document: Document, root: Node) -> Iterator[Fact]:
    folder = rooted(document.directory, root.scalar("model_module_dir") or "model")
    file = root.scalar("model_class_filename") or "model.py"
    name = root.scalar("model_class_name") or "Model"
    place = document.place((root.get("model_class_name") or root).span, "model_class_name")
    yield EntryPoint(place, "truss", f"{file}:{name}", "class", folder, ("load", *_ANSWERS))
    yield from from_strings(document, FORMAT, root.get("requirements"), manager="pip")
