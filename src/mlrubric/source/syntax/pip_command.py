"""What a `pip install` command line asks for, and whether the version that comes is bounded or fixed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_PIP = re.compile(r"pip(?:\d+(?:\.\d+)?)?(?:\.exe)?")
_PYTHON = re.compile(r"(?:python|pypy)(?:\d+(?:\.\d+)?)?(?:\.exe)?")
_WRAPPERS = frozenset({"sudo", "exec", "time", "nice", "nohup", "command", "env", "xvfb-run"})
_RUNNERS = {"poetry": "run", "pdm": "run", "pipenv": "run", "conda": "run", "mamba": "run", "micromamba": "run", "hatch": "run"}
_WITH_VALUE = frozenset(
    [
        "--requirement",
        "--constraint",
        "--build-constraint",
        "--editable",
        "--target",
        "--platform",
        "--python-version",
        "--implementation",
        "--abi",
        "--root",
        "--prefix",
        "--src",
        "--source",
        "--build",
        "--upgrade-strategy",
        "--config-settings",
        "--config-setting",
        "--global-option",
        "--install-option",
        "--build-option",
        "--no-binary",
        "--only-binary",
        "--progress-bar",
        "--root-user-action",
        "--report",
        "--group",
        "--index-url",
        "--pypi-url",
        "--extra-index-url",
        "--find-links",
        "--log",
        "--proxy",
        "--retries",
        "--timeout",
        "--exists-action",
        "--trusted-host",
        "--cert",
        "--client-cert",
        "--cache-dir",
        "--python",
        "--use-feature",
        "--use-deprecated",
        "--keyring-provider",
        "--index",
        "--default-index",
        "--exclude-newer",
        "--resolution",
        "--prerelease",
        "--index-strategy",
        "--link-mode",
        "--python-platform",
        "--torch-backend",
        "--override",
        "--extra",
        "--upgrade-package",
        "--no-build-package",
        "--requirements",
        "--constraints",
        "--overrides",
        "-r",
        "-c",
        "-e",
        "-t",
        "-b",
        "-i",
        "-f",
        "-C",
        "-p",
        "-P",
    ]
)
_LOCAL = (".whl", ".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar")
_CLAUSE = re.compile(r"[=<>!~]=?")
_EXACT = re.compile(r"===?\s*[^=\s*,]+(?:\s*;.*)?$")
_VARIABLE = re.compile(r"\$\{?\w+|\$\{\{|\$\(|`")
_VCS = re.compile(r"(?:[\w.\[\],-]+\s*@\s*)?(?:git|hg|svn|bzr)\+")
_REF = re.compile(r"^[^#]*?://(?:[^/@]*@)?[^#]*/[^#]*@([^#/@][^#@]*)(?:#|$)")


@dataclass(frozen=True, slots=True)
class PipTarget:
    """One thing to install. `kind`: name, vcs, archive, path, variable (only an expansion, nothing can be said).

    `bounded`: some clause, a revision or a constraints file limits the version; `exact`: one version can come.
    """

    index: int  # in argv
    text: str
    kind: str
    bounded: bool
    exact: bool


@dataclass(frozen=True, slots=True)
class PipInstall:
    targets: tuple[PipTarget, ...]
    requirements: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    no_cache: bool = False
    hashes: bool = False


def pip_install_targets(argv: Sequence[str]) -> list[tuple[str, bool]]:
    """The things by name or URL that a command installs, each with whether its version is bounded; nothing for other commands."""
    found = pip_install(argv)
    if found is None:
        return []
    return [(target.text, target.bounded) for target in found.targets if target.kind not in ("path", "variable")]


def pip_install(argv: Sequence[str]) -> PipInstall | None:
    """None when the command is no `pip install`."""
    start = _arguments_of_pip(argv)
    if start is None:
        return None
    texts: list[tuple[int, str, bool]] = []
    values: dict[str, list[str]] = {}
    words = iter(enumerate(argv))
    verb = False
    for index, word in words:
        if index < start:
            continue
        if word.startswith("-") and word != "-":
            name, value = _option(word, words)
            values.setdefault(name, []).append(value)
            if name in ("-e", "--editable"):
                texts.append((index, value, True))
        elif not verb:
            if word != "install":
                return None
            verb = True
        else:
            texts.append((index, word, False))
    if not verb:
        return None
    constraints = tuple(values.get("-c", []) + values.get("--constraint", []) + values.get("--constraints", []))
    requirements = tuple(values.get("-r", []) + values.get("--requirement", []) + values.get("--requirements", []))
    targets = tuple(_target(index, text, editable, bool(constraints)) for index, text, editable in texts if text)
    return PipInstall(
        targets, requirements, constraints, "--no-cache-dir" in values or "--no-cache" in values, "--require-hashes" in values
    )


def _option(word: str, rest: Iterator[tuple[int, str]]) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    if equals and name.startswith("--"):
        return name, value
    if word in _WITH_VALUE:
        return word, next(rest, (0, ""))[1]
    if not word.startswith("--") and len(word) > 2 and word[:2] in _WITH_VALUE:  # -rfile, -cfile
        return word[:2], word[2:].removeprefix("=")
    return word, ""


def _arguments_of_pip(argv: Sequence[str]) -> int | None:
    """The index after `pip`, `python -m pip`, `uv pip`, past wrappers and runners."""
    index = 0
    while index < len(argv):
        name = argv[index].rsplit("/", 1)[-1]
        following = argv[index + 1] if index + 1 < len(argv) else ""
        if _PIP.fullmatch(name):
            return index + 1
        if name == "uv" and following == "pip":
            return index + 2
        if _PYTHON.fullmatch(name):
            rest = list(argv[index + 1 :])
            options = next((place for place, word in enumerate(rest) if word == "-m" or not word.startswith("-")), len(rest))
            if rest[options : options + 2] == ["-m", "pip"]:
                return index + options + 3
            return None
        if _RUNNERS.get(name) == following and following:
            index += 2
            while index < len(argv) and argv[index].startswith("-"):
                index += 2 if argv[index] in ("-n", "--name", "-p", "--prefix") else 1
        elif name in _WRAPPERS or (index and re.match(r"\w+=|-", argv[index])):
            index += 1
        else:
            return None
    return None


def _target(index: int, text: str, editable: bool, constrained: bool) -> PipTarget:
    if _VCS.match(text):
        reference = _REF.match(text)
        full = reference is not None and re.fullmatch(r"[0-9a-f]{40}", reference[1]) is not None
        return PipTarget(index, text, "vcs", reference is not None, full)
    if "://" in text:
        return PipTarget(index, text, "archive", True, True)
    if editable or text.startswith((".", "/", "~")) or text.lower().endswith(_LOCAL) or ("/" in text and not _CLAUSE.search(text)):
        return PipTarget(index, text, "path", True, True)
    clause = _CLAUSE.search(text.split(";")[0]) is not None
    if not clause and _VARIABLE.match(text):
        return PipTarget(index, text, "variable", False, False)
    exact = _EXACT.search(text) is not None and "," not in text
    return PipTarget(index, text, "name", clause or constrained, exact)
