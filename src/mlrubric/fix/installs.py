"""How a job of a workflow installs what a project asks for, and runs something in it: by pip, uv, poetry, pipenv or conda."""

from __future__ import annotations

import posixpath
import re
import sys
from dataclasses import dataclass

from mlrubric.fix.pins import versions_of
from mlrubric.fix.site import Site
from mlrubric.model.facts import Project, Requirement
from mlrubric.source.syntax import toml
from mlrubric.source.syntax.node import Node, SyntaxProblem

LISTS = ("requirements.txt", "requirements-dev.txt", "requirements-test.txt", "requirements_dev.txt", "requirements_test.txt")
CONDA = ("environment.yml", "environment.yaml", "conda.yml", "conda.yaml")
OWN = ("pyproject.toml", "setup.py", "setup.cfg", "Pipfile", "uv.lock", "poetry.lock", "Pipfile.lock")
NAMES = (*LISTS, *OWN, *CONDA)  # what says that a folder is a project
PYTEST = "pytest==8.4.2"  # where the repository names none
NO_PACKAGE = re.compile(  # what setuptools takes for no package of a flat project
    r"ci|bin|debian|docs?|documentation|manpages|news|newsfragments|changelog|tests?|unit_?tests?|examples?|scripts|tools|utils?|python|build"
    r"|benchmarks?|exercises?|htmlcov|tasks|dist|.*[^\w].*"
)
NO_MODULE = re.compile(r"setup|conftest|tests?|examples?|build|toxfile|noxfile|pavement|dodo|tasks|fabfile|.*[^\w].*")


@dataclass(frozen=True, slots=True)
class Way:
    """The commands that install, and what stands before a command that runs with it. `sure` says that nothing has to be guessed."""

    commands: tuple[str, ...] = ()
    prefix: str = ""
    sure: bool = True

    def run(self, command: str) -> str:
        return f"{self.prefix}{command}"


def way_of(site: Site, project: str, extra: str = "") -> Way | None:
    """How the project in a folder is installed, with `extra` unless it asks for that itself; None where nothing says it, and it needs more
    than Python."""

    def has(name: str) -> bool:
        return site.has_file(posixpath.join(project, name))

    more = _missing(site, project, extra)
    settings = _settings(site, project)
    if has("uv.lock"):
        return Way(("pip install uv", "uv sync --frozen --all-extras"), f"uv run --frozen {f'--with {more} ' if more else ''}")
    if has("poetry.lock") or settings.get("tool", "poetry") is not None:
        whole = _has_package(site, project)
        added = (f"poetry run pip install {more}",) if more else ()
        return Way(("pip install poetry", "poetry install" if whole else "poetry install --no-root", *added), "poetry run ")
    if has("Pipfile"):
        added = (f"pipenv run pip install {more}",) if more else ()
        return Way(
            ("pip install pipenv", "pipenv sync --dev" if has("Pipfile.lock") else "pipenv install --dev --skip-lock", *added),
            "pipenv run ",
        )
    lists = [f"-r {name}" for name in LISTS if has(name)]
    asks = any(posixpath.dirname(path) == project and posixpath.basename(path) in OWN for path, _ in site.picture.world.every(Requirement))
    if has("setup.py") or (settings.get("project", "name") is not None and _is_built(site, project, settings)):
        return Way((f"pip install {' '.join([*lists, '-e .', *_words(more)])}",))
    if lists:
        return Way((f"pip install {' '.join([*lists, *_words(more)])}",))
    if asks and settings.get("project", "dependencies") is not None:  # no package to install, but a list of what it needs
        return Way(("pip install uv", "uv pip install --system -r pyproject.toml", *(f"pip install {one}" for one in _words(more))))
    conda = next((name for name in CONDA if has(name)), "")
    if conda:
        run = "$CONDA/bin/conda run -n job --no-capture-output"
        added = (f"{run} pip install {more}",) if more else ()
        return Way((f"$CONDA/bin/conda env create -n job -f {conda}", *added), f"{run} ", sure=False)
    if asks or _needs_more(site, project):
        return None
    return Way((f"pip install {more}",) if more else ())


def _words(text: str) -> list[str]:
    return [text] if text else []


def _missing(site: Site, project: str, extra: str) -> str:
    """What is to be installed beside the project's own: nothing when its lists name it."""
    named = {
        one.name.lower() for path, one in site.picture.world.every(Requirement) if posixpath.dirname(path) == project and _taken(path, one)
    }
    if not extra or extra in named:
        return ""
    known = set(versions_of(site, extra, "").values())
    return f"{extra}=={known.pop()}" if len(known) == 1 else PYTEST if extra == "pytest" else extra


def _taken(path: str, one: Requirement) -> bool:
    """Whether a line is installed with the project: not an extra that somebody has to ask for."""
    return posixpath.basename(path) in NAMES and (not one.group or one.manager in ("poetry", "pipenv", "uv") or one.group == "dev-packages")


def _settings(site: Site, project: str) -> Node:
    """The pyproject.toml of a folder, empty where there is none that can be read."""
    path = posixpath.join(project, "pyproject.toml")
    try:
        return toml.parse(site.text(path) if site.has_file(path) else "")
    except SyntaxProblem:
        return toml.parse("")


def _is_built(site: Site, project: str, settings: Node) -> bool:
    """Whether the build of a project finds what to put into its package."""
    backend = settings.scalar("build-system", "build-backend") or "setuptools"
    own = [one for path, one in site.picture.world.every(Project) if posixpath.dirname(path) == project]
    if any(one.packages or one.package_roots for one in own) or _has_package(site, project):
        return True
    if not backend.startswith("setuptools"):
        return backend.startswith("pdm")
    below = [
        path[len(project) + 1 if project else 0 :] for path in site.picture.world.files if not project or path.startswith(f"{project}/")
    ]
    folders = {path.partition("/")[0] for path in below if "/" in path and not NO_PACKAGE.fullmatch(path.partition("/")[0])}
    modules = {path[:-3] for path in below if path.endswith(".py") and "/" not in path and not NO_MODULE.fullmatch(path[:-3])}
    return len(folders) == 1 or (not folders and len(modules) <= 1)


def _has_package(site: Site, project: str) -> bool:
    """Whether a folder or a module is called like the project, where builders look for it; or the settings name a package."""
    for path, one in site.picture.world.every(Project):
        if posixpath.dirname(path) != project:
            continue
        name = re.sub(r"[-.]+", "_", one.name.lower())
        places = [posixpath.join(project, folder, name) for folder in ("", "src")]
        if one.packages or (name and any(place in site.picture.world.folders or site.has_file(f"{place}.py") for place in places)):
            return True
    return False


def _needs_more(site: Site, project: str) -> bool:
    """Whether the code of a project imports what neither Python nor the repository has."""
    program = site.program.program
    ours = {name.partition(".")[0] for unit in program.modules for name in unit.names}
    ours |= {posixpath.basename(folder) for folder in site.picture.world.folders}
    for unit in program.modules:
        if unit.is_notebook or not (not project or unit.path.startswith(f"{project}/")):
            continue
        for op in unit.facts.ops:
            value = op.value if op.kind == "import" and isinstance(op.value, tuple) else ("", "", 1)
            top = str(value[0]).partition(".")[0] if value[2] == 0 else ""
            if top and top not in ours and top not in sys.stdlib_module_names and top != "pytest":
                return True
    return False
