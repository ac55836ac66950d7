"""Tasks of Azure pipelines that do what a command line does: the command that they stand for."""

from __future__ import annotations

import shlex

from mlrubric.source.syntax.node import Node

MOST = 20  # words of a list


def command_of(task: str, inputs: Node | None) -> tuple[str, ...]:
    """The words of `helm`, `kubectl` or `docker` that a task runs; nothing for any other."""
    if inputs is None:
        return ()
    given = {name.lower(): value.text for name, value in inputs.pairs() if value.kind not in ("map", "list", "null")}
    if task == "helmdeploy":
        return _helm(given)
    if task == "kubernetesmanifest":
        return _manifest(given)
    if task == "kubernetes" and given.get("command"):
        files = ("-f", given["configuration"]) if given.get("configuration") else ()
        return ("kubectl", *_words(given["command"]), *files, *_words(given.get("arguments", "")))
    if task == "docker":
        return _docker(given)
    return ()


def _helm(given: dict[str, str]) -> tuple[str, ...]:
    words = ["helm", given.get("command", "ls"), *_words(given.get("arguments", ""))]
    if given.get("command") in ("install", "upgrade"):
        words += ["--install"] if given.get("install", "").lower() == "true" else []
        words += [given.get("releasename", "release"), given.get("chartpath") or given.get("chartname", "")]
        words += ["-f", given["valuefile"]] if given.get("valuefile") else []
        words += ["--set", given["overridevalues"]] if given.get("overridevalues") else []
    return tuple(word for word in words if word)


def _manifest(given: dict[str, str]) -> tuple[str, ...]:
    """`strategy: canary` with `action: reject` takes the new version away; `deploy` and `promote` bring one."""
    action = given.get("action", "deploy")
    if action == "reject":
        return ("kubectl", "rollout", "undo")
    if action not in ("deploy", "promote"):
        return ()
    files = [line.strip() for line in given.get("manifests", "").replace(",", "\n").split("\n") if line.strip()][:MOST]
    return ("kubectl", "apply", *(word for file in files for word in ("-f", file)))


def _docker(given: dict[str, str]) -> tuple[str, ...]:
    command = given.get("command", "buildAndPush").lower()
    repository = "/".join(part for part in (given.get("containerregistry", ""), given.get("repository", "")) if part)
    if command not in ("build", "buildandpush") or not given.get("repository"):
        return ("docker", "push", repository) if command == "push" and repository else ()
    file = given.get("dockerfile", "")
    context = given.get("buildcontext", "")
    folder = context if context and "*" not in context else file.rpartition("/")[0] if file and "*" not in file else "."
    named = ("-f", file) if file and "*" not in file else ()
    return ("docker", "build", "-t", given["repository"], *named, folder or ".")


def _words(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError:
        return tuple(text.split())
