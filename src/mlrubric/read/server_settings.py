"""Configuration files of model servers: TorchServe's `config.properties`, the model list of TensorFlow Serving, Triton's `config.pbtxt`."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from mlrubric.model.facts import Fact, Part, Service
from mlrubric.model.place import Place, Span
from mlrubric.source.document import Document
from mlrubric.source.syntax.proto_text import Field, parse

FORMAT = "server_settings"
OWNER = "server"
_TORCH = re.compile(r"^[ \t]*(model_store|load_models|inference_address|models|model_snapshot)[ \t]*=(.*)$", re.MULTILINE)
_NAMES = re.compile(r"(?:^|/)(?:config\.properties|config\.pbtxt|[\w.-]*models?[\w.-]*\.(?:config|conf)|[\w.-]*models?[\w.-]*\.pbtxt)$")


def accepts(path: str) -> bool:
    return _NAMES.search(path) is not None


def read(document: Document) -> Iterator[Fact]:
    if document.name == "config.properties":
        yield from _torch(document)
    elif document.name == "config.pbtxt":
        yield from _triton(document)
    elif "model_config_list" in document.text:
        yield from _tensorflow(document)


def _torch(document: Document) -> Iterator[Fact]:
    """The archives that the server loads at its start, and the snapshot of versions."""
    found = {match[1]: (match[2].strip(), document.position(match.start())[0]) for match in _TORCH.finditer(document.text)}
    if "model_store" not in found and "inference_address" not in found:
        return
    yield Service(document.place(symbol=OWNER), "torchserve")
    store = found.get("model_store", ("", 1))[0]
    loaded, line = found.get("load_models", ("", 1))
    for name in loaded.split(","):
        archive = name.partition("=")[2] or name
        if archive.strip():
            where = posixpath.join(store, archive.strip()) if archive.strip() not in ("all", "ALL") else store or "all"
            yield Part(_at(document, line, "load_models"), OWNER, "server", name.partition("=")[0].strip(), where)


def _tensorflow(document: Document) -> Iterator[Fact]:
    """The models of the list, the versions that stay loaded, and labels by which clients choose a version."""
    yield Service(document.place(symbol=OWNER), "tensorflow serving")
    for number, config in enumerate(parse(document.text).every("model_config_list", "config")):
        name = config.text("name")
        yield Part(_at(document, config.line, f"config[{number}]"), OWNER, "server", name, config.text("base_path"))
        kept = [one.value for one in config.every("model_version_policy", "specific", "versions")]
        labels = [(one.text("key"), one.text("value")) for one in config.every("version_labels")]
        yield from _versions(document, config, f"config[{number}]", name, kept, labels)


def _versions(document: Document, config: Field, route: str, name: str, kept: list[str], labels: list[tuple[str, str]]) -> Iterator[Fact]:
    versions = {version for _, version in labels}
    trial = [label for label, _ in labels if re.search(r"canary|shadow|candidate|challenger|beta|next", label, re.IGNORECASE)]
    if trial and len(versions) > 1:
        line = next(config.every("version_labels")).line
        shares = tuple((f"{label} {version}", "") for label, version in labels)
        yield Part(_at(document, line, f"{route}.version_labels"), OWNER, "split", name, shares=shares)
    elif trial:
        line = next(config.every("version_labels")).line
        problem = f"`{trial[0]}` names the version that everybody gets"
        yield Part(_at(document, line, f"{route}.version_labels"), OWNER, "split", name, problem=problem)
    if len(kept) > 1:
        line = next(config.every("model_version_policy")).line
        yield Part(_at(document, line, f"{route}.versions"), OWNER, "versions", name, " ".join(kept))


def _triton(document: Document) -> Iterator[Fact]:
    """The model of a folder of the model repository, and how many of its versions are loaded."""
    root = parse(document.text)
    if not any(root.every(name) for name in ("platform", "backend", "input", "name", "ensemble_scheduling")):
        return
    if not (root.text("platform") or root.text("backend") or list(root.every("input")) or list(root.every("ensemble_scheduling"))):
        return
    yield Service(document.place(symbol=OWNER), "triton")
    folder = document.directory
    yield Part(_at(document, 1, "model"), OWNER, "server", root.text("name") or posixpath.basename(folder), folder)
    policy = next(root.every("version_policy"), None)
    if policy is not None:
        several = policy.text("latest", "num_versions") not in ("", "1") or bool(list(policy.every("all")))
        specific = [one.value for one in policy.every("specific", "versions")]
        if several or len(specific) > 1:
            yield Part(_at(document, policy.line, "version_policy"), OWNER, "versions", root.text("name"), " ".join(specific) or "several")


def _at(document: Document, line: int, symbol: str) -> Place:
    return document.place(Span(line), f"{OWNER}.{symbol}")
