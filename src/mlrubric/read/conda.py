"""conda's environment.yml with its nested pip list, and MLflow's python_env.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from mlrubric.model.facts import Fact, Manifest, Requirement, Unreadable
from mlrubric.read.declared import from_pip_lines, inside
from mlrubric.read.unreadable import unreadable
from mlrubric.source.document import Document
from mlrubric.source.syntax import yaml
from mlrubric.source.syntax.conda_spec import CondaProblem, parse_spec
from mlrubric.source.syntax.node import Node, SyntaxProblem

FORMAT = "conda"

_NAME = re.compile(r"[^/]*(?:env|conda)[^/]*\.ya?ml", re.I)
_DEPENDENCIES = re.compile(r"^dependencies\s*:", re.M)


def accepts(path: str) -> bool:
    """By name alone; a file of such a name without a list of dependencies is none of ours and gives nothing."""
    name = path.rsplit("/", 1)[-1]
    return _NAME.fullmatch(name) is not None and not name.startswith("conda-lock.") and ".conda-lock." not in name


def read(document: Document) -> Iterable[Fact]:
    if not _DEPENDENCIES.search(document.text):
        return []
    try:
        root = yaml.parse_template(document.text)[0] if "{{" in document.text else yaml.parse(document.text)[0]
    except (SyntaxProblem, IndexError) as problem:
        return [unreadable(document, FORMAT, problem if isinstance(problem, SyntaxProblem) else SyntaxProblem("empty"))]
    dependencies = root.get("dependencies")
    if dependencies is None or dependencies.kind != "list":
        return []
    if root.get("build_dependencies") is not None or (root.get("python") is not None and root.get("channels") is None):
        return list(_mlflow(document, root))
    return list(_environment(document, dependencies, root))


def _environment(document: Document, dependencies: Node, root: Node) -> Iterator[Fact]:
    facts: list[Fact] = []
    python = ""
    for item in dependencies.items:
        if item.kind == "map":
            for manager, packages in item.pairs():
                facts.extend(_nested(document, manager, packages))
        elif item.kind == "string":
            fact = _requirement(document, item)
            python = ",".join(fact.specifiers) if isinstance(fact, Requirement) and fact.name == "python" else python
            facts.append(fact)
        elif item.kind != "null":
            facts.append(Unreadable(document.place(item.span), FORMAT, "a dependency must be a match spec or a list below `pip:`"))
    prefix = root.get("prefix") is not None
    yield Manifest(document.place(), "manifest", "conda", python or None, generated_by="conda env export" if prefix else "")
    yield from facts


def _nested(document: Document, manager: str, packages: Node) -> Iterator[Fact]:
    if manager != "pip":
        yield Unreadable(document.place(packages.span), FORMAT, f"conda knows no installer `{manager}` in an environment file")
        return
    for item in packages.items:
        yield from from_pip_lines(document, FORMAT, item.text, inside(item))


def _requirement(document: Document, item: Node) -> Requirement | Unreadable:
    place = document.place(inside(item))
    try:
        spec = parse_spec(item.text)
    except CondaProblem as problem:
        template = "{{" in item.text
        reason = f"`{item.text}` is a template, its value is filled in later" if template else str(problem)
        return Unreadable(place, FORMAT, reason)
    return Requirement(replace(place, symbol=spec.name), spec.name, spec.specifiers, pinned=spec.pinned, url=spec.url, manager="conda")


def _mlflow(document: Document, root: Node) -> Iterator[Fact]:
    """python_env.yaml: a Python version and two lists of pip arguments."""
    yield Manifest(document.place(), "manifest", "pip", root.scalar("python") or None, generated_by="mlflow" if root.get("python") else "")
    for key, kind in (("build_dependencies", "build"), ("dependencies", "direct")):
        packages = root.get(key)
        for item in packages.items if packages is not None else ():
            for fact in from_pip_lines(document, FORMAT, item.text, inside(item)):
                yield replace(fact, kind=kind) if isinstance(fact, Requirement) else fact
