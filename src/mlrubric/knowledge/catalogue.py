"""The catalogue of libraries: what a qualified name means; a file is read when its import name is first asked for."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path

from mlrubric.knowledge.entries import Api, Duck, TypeInfo
from mlrubric.knowledge.library import AREAS, Library, read_library
from mlrubric.knowledge.location import rules_directory
from mlrubric.knowledge.moved import MovedNames
from mlrubric.knowledge.roles import Roles, load_roles
from mlrubric.knowledge.toml import CatalogueError, Entry, is_table, parse, read
from mlrubric.knowledge.versions import key

_HEAD = re.compile(r"^\[library\][^\n]*\n(?:(?!\[)[^\n]*\n?)*", re.MULTILINE)
_ALWAYS = "ducks"


class Catalogue:
    """Answers by qualified name. It never changes; what it has read or answered is kept."""

    def __init__(self, rules: Path) -> None:
        self._folder = rules / "knowledge"
        self._roles: Roles = load_roles(rules)
        self._paths: dict[str, Path] = {}  # top-level import name -> file
        self._distributions: dict[str, str] = {}  # import name (may be dotted) -> distribution, where they differ
        self._areas: dict[str, str] = {}  # import name (may be dotted) -> area
        self._keeps: dict[str, tuple[str, ...]] = {}  # import name -> what its runs write down by themselves
        self._hosted: set[str] = set()  # import names of what records its runs with a service
        self._variants: dict[str, str] = {}
        self._brings: dict[str, tuple[str, ...]] = {}  # what comes along
        self._images: dict[str, str] = {}  # image -> distribution that its tag is the version of
        self._libraries: dict[Path, Library] = {}
        self._apis: dict[tuple[str, str], Api | None] = {}
        self._lines: dict[str, tuple[str, ...]] = {}
        self._traits: dict[str, tuple[str, ...]] = {}
        self._varies: dict[Path, bool] = {}
        self._canonical: dict[str, str] = {}
        self._read_heads()

    # ---- what is there ----

    def for_imports(self, names: Iterable[str]) -> Catalogue:
        """The same catalogue with the files of these import names already read."""
        for name in sorted(set(names)):
            self._library(name)
        return self

    def load_all(self) -> tuple[Library, ...]:
        """Every library, read and checked."""
        return tuple(self._read(path) for path in sorted({*self._paths.values(), self._folder / f"{_ALWAYS}.toml"}))

    def knows(self, name: str) -> bool:
        """Whether a library file speaks of this name's top-level package."""
        return self._library(name) is not None

    def library(self, name: str) -> Library | None:
        """The entries of the file that speaks of this name's top-level package."""
        return self._library(name)

    @property
    def import_names(self) -> tuple[str, ...]:
        return tuple(sorted(self._paths))

    def area(self, name: str) -> str:
        """What the library of a name is for: "data", "ml", or "" for anything else."""
        parts = name.split(".")
        return next((area for end in range(len(parts), 0, -1) if (area := self._areas.get(".".join(parts[:end])))), "")

    def keeps(self, name: str) -> tuple[str, ...]:
        """What an orchestrator writes down of every run by itself: some of param, metric, artifact and data."""
        parts = name.split(".")
        return next((kept for end in range(len(parts), 0, -1) if (kept := self._keeps.get(".".join(parts[:end])))), ())

    def hosted(self, name: str) -> bool:
        """Whether what this name's library records goes to a service of its own, without an address being given."""
        parts = name.split(".")
        return any(".".join(parts[:end]) in self._hosted for end in range(len(parts), 0, -1))

    # ---- names ----

    def canonical(self, name: str) -> str:
        """The public name that the entries use: aliases by longest prefix, private modules left out; an unknown name comes back."""
        known = self._canonical.get(name)
        if known is None:
            known = self._canonical[name] = self._find_canonical(name)
        return known

    def api(self, name: str, version: str = "") -> Api | None:
        """What calling this name means: a function, a constructor, or a method written `Type.method` (bases are searched)."""
        key = (name, version)
        if key not in self._apis:
            self._apis[key] = self._find_api(self.canonical(name), version)
        return self._apis[key]

    def method(self, type_name: str, method: str, version: str = "") -> Api | None:
        """The method along the bases of a type; its `name` is that of the class that has it."""
        for base in self.bases(type_name):
            api = self._exact(f"{base}.{method}", version)
            if api is not None:
                return api
        for base in self.bases(type_name):
            api = self._wildcard(f"{base}.{method}", version)
            if api is not None:
                return api
        return None

    def type(self, name: str) -> TypeInfo | None:
        name = self.canonical(name)
        library = self._library(name)
        return library.types.get(name) if library else None

    def is_class(self, name: str) -> bool:
        return self.type(name) is not None

    def bases(self, type_name: str) -> tuple[str, ...]:
        """The type and all its bases, depth first, each once."""
        type_name = self.canonical(type_name)
        known = self._lines.get(type_name)
        if known is None:
            order: dict[str, None] = {}
            waiting = [type_name]
            while waiting:
                name = waiting.pop(0)
                if name in order:
                    continue
                order[name] = None
                info = self.type(name)
                if info is not None:
                    waiting[:0] = [self.canonical(base) for base in info.bases]
            known = self._lines[type_name] = tuple(order)
        return known

    def is_a(self, type_name: str, base: str) -> bool:
        return self.canonical(base) in self.bases(type_name)

    def attribute(self, type_name: str, name: str) -> str:
        """The type of an attribute of a type (or a module), "" when it is not known."""
        for base in self.bases(type_name):
            library = self._library(base)
            if library is not None and f"{base}.{name}" in library.attributes:
                return library.attributes[f"{base}.{name}"]
        return ""

    def traits(self, name: str) -> tuple[str, ...]:
        """What a function, a method (as its entry names it) or a type does to rows beyond its role; `?.method` on unknown receivers."""
        known = self._traits.get(name)
        if known is None:
            library = self._read(self._folder / f"{_ALWAYS}.toml") if name.startswith("?.") else self._library(name)
            found = [*library.traits.get(name, ())] if library is not None else []
            found += [trait for pattern, trait in library.trait_patterns if _matches(pattern, name)] if library is not None else []
            known = self._traits[name] = tuple(dict.fromkeys(found))
        return known

    def traits_with(self, name: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Traits that a call has where one of the arguments beside them is given."""
        library = self._read(self._folder / f"{_ALWAYS}.toml") if name.startswith("?.") else self._library(name)
        return library.traits_with.get(name, ()) if library is not None else ()

    def takes(self, name: str) -> tuple[str, ...]:
        """What the positional arguments of a function or method with a trait are called, in their order."""
        library = self._read(self._folder / f"{_ALWAYS}.toml") if name.startswith("?.") else self._library(name)
        return library.takes.get(name, ()) if library is not None else ()

    def customary(self, module: str) -> str:
        """The name that everybody imports a module as; "" for none."""
        library = self._library(module)
        return library.customary.get(module, "") if library is not None else ""

    def fixture(self, name: str) -> str:
        """The type of what a plug-in of the test runner hands to the parameter `name` of a test; "" for none."""
        library = self._library("pytest")
        return library.fixtures.get(name, "") if library is not None else ""

    def duck(self, method: str) -> tuple[Duck, ...]:
        """What a method name may mean on a receiver of unknown type, the most particular first."""
        return self._ducks().get(method, ())

    # ---- versions ----

    def moved(self, name: str) -> MovedNames | None:
        """The names that versions of this name's library lack; None when no file speaks of it."""
        library = self._library(name)
        return library.moved if library is not None else None

    def varies(self, name: str) -> bool:
        """Whether what this name's library means differs between versions, so that the one that is installed matters."""
        library = self._library(name)
        if library is None:
            return False
        known = self._varies.get(library.path)
        if known is None:
            known = self._varies[library.path] = library.varies()
        return known

    # ---- distributions ----

    def distribution(self, import_name: str) -> str:
        """The distribution that brings an import name: `sklearn` -> `scikit-learn`; "" for the standard library."""
        parts = import_name.split(".")
        if parts[0] in sys.stdlib_module_names or parts[0] == "builtins":
            return ""
        for end in range(len(parts), 0, -1):
            found = self._distributions.get(".".join(parts[:end]))
            if found:
                return found
        return parts[0].replace("_", "-").lower()

    def inside_image(self, image: str) -> str:
        """The distribution whose version the tag of an image says, by the image's name without its registry; "" for others."""
        parts = image.split("/")
        return next((self._images[n] for i in range(len(parts)) if (n := "/".join(parts[i:])) in self._images), "")

    def imports(self, distribution: str) -> tuple[str, ...]:
        """The import names that a distribution brings: `scikit-learn` -> `sklearn`."""
        wanted = normal_name(distribution)
        found = tuple(sorted(name for name, known in self._distributions.items() if normal_name(known) == wanted))
        return found or (self._variants.get(wanted, wanted.replace("-", "_")),)

    def brings(self) -> dict[str, tuple[str, ...]]:
        """Distribution -> distributions that always come with it; normalised names."""
        return self._brings

    # ---- inside ----

    def _read_heads(self) -> None:
        for path in sorted(self._folder.glob("*.toml")):
            if path.stem in ("actions", "distributions", "images"):
                continue
            text = path.read_text(encoding="utf-8")
            match = _HEAD.search(text)
            head = parse(path, "\n" * text.count("\n", 0, match.start()) + match.group()).get("library") if match else None
            if not is_table(head):
                raise CatalogueError(path, 1, "[library] with name, distributions and imports is missing")
            entry = Entry(path, text, "library", 0, head)
            distributions, imports = entry.texts("distributions"), entry.texts("imports")
            for name in imports:
                top = name.partition(".")[0]
                if self._paths.setdefault(top, path) != path:
                    raise entry.error(f"`{top}` already belongs to {self._paths[top].name}")
                if name not in entry.texts("aside"):
                    self._areas[name] = entry.one_of("area", AREAS)
                    self._keeps[name] = entry.texts("keeps")
                    if name in entry.texts("hosted"):
                        self._hosted.add(name)
            if distributions and imports:
                self._distributions[imports[0]] = distributions[0]
                for other in distributions[1:]:
                    if normal_name(other).replace("-", "_") not in imports:
                        self._variants[normal_name(other)] = imports[0]
        path = self._folder / "distributions.toml"
        _, tables = read(path)
        table = tables.get("imports")
        if not is_table(table):
            raise CatalogueError(path, 1, "[imports] is missing")
        for name, value in table.items():
            if not isinstance(value, str):
                raise CatalogueError(path, 1, f"`{name}` must be a text")
            self._distributions[name] = value
        images = tables.get("images")
        if not is_table(images):
            raise CatalogueError(path, 1, "[images] is missing")
        self._images = {name: str(value) for name, value in images.items()}
        brings = tables.get("brings")
        if not is_table(brings):
            raise CatalogueError(path, 1, "[brings] is missing")
        for name, brought in brings.items():
            if not isinstance(brought, list):
                raise CatalogueError(path, 1, f"what `{name}` brings must be a list")
            self._brings[normal_name(name)] = tuple(normal_name(str(one)) for one in brought)

    def _library(self, name: str) -> Library | None:
        path = self._paths.get(name.partition(".")[0])
        return self._read(path) if path else None

    def _read(self, path: Path) -> Library:
        library = self._libraries.get(path)
        if library is None:
            library = self._libraries[path] = read_library(path, self._roles)
        return library

    def _find_canonical(self, name: str) -> str:
        library = self._library(name)
        for _ in range(4):  # an alias may lead into another library's file
            target = _alias(library.aliases, name) if library else None
            if target is None:
                break
            name = target
            library = self._library(name)
        if library and "._" in name and self._exact(name, "") is None and name not in library.types:
            modules, _, last = name.rpartition(".")
            return ".".join([*(part for part in modules.split(".") if not part.startswith("_") or part.startswith("__")), last])
        return name

    def _find_api(self, name: str, version: str) -> Api | None:
        api = self._exact(name, version)
        if api is not None:
            return api
        info = self.type(name)
        if info is not None:
            return replace(info.constructor, name=name, returns=name)
        owner, _, last = name.rpartition(".")
        kind = self._kind_of(owner)
        return self.method(kind, last, version) if kind else self._wildcard(name, version)

    def _kind_of(self, name: str) -> str:
        """The type behind a dotted name: a class, or an attribute of one (`SparkSession.builder`)."""
        if not name or self.is_class(name):
            return name
        owner, _, last = name.rpartition(".")
        kind = self._kind_of(owner) if owner else ""
        return self.attribute(kind, last) if kind else ""

    def _exact(self, name: str, version: str) -> Api | None:
        library = self._library(name)
        templates = library.apis.get(name, []) if library else []
        for template in templates:
            if _covers(template, version):
                return replace(template, name=name)
        # Only older versions have the name: where the version is not known, whoever calls it has one of them.
        return replace(templates[-1], name=name) if templates and not version else None

    def _wildcard(self, name: str, version: str) -> Api | None:
        library = self._library(name)
        for pattern, template in library.wildcards if library else ():
            if _matches(pattern, name) and _covers(template, version):
                return replace(template, name=name)
        return None

    @cache  # noqa: B019  (one catalogue per process, see load_catalogue)
    def _ducks(self) -> dict[str, tuple[Duck, ...]]:
        found: dict[str, list[Duck]] = {}
        for duck in self._read(self._folder / f"{_ALWAYS}.toml").ducks:
            found.setdefault(duck.method, []).append(duck)
        return {method: tuple(sorted(ducks, key=lambda duck: not (duck.receivers or duck.keywords))) for method, ducks in found.items()}


def _alias(aliases: dict[str, str], name: str) -> str | None:
    """The name with its longest aliased prefix replaced; None when no alias applies."""
    end = len(name)
    while end > 0:
        target = aliases.get(name[:end])
        if target is not None:
            return target + name[end:]
        end = name.rfind(".", 0, end)
    return None


@cache
def _pattern(text: str) -> re.Pattern[str]:
    """`*` stands for a part of a name between two dots, `**` for any number of them."""
    forms = {"*": "[A-Za-z0-9_]*", "**": "[A-Za-z0-9_.]*"}
    return re.compile("".join(forms.get(part) or re.escape(part) for part in re.split(r"(\*\*?)", text)))


def _matches(pattern: str, name: str) -> bool:
    return _pattern(pattern).fullmatch(name) is not None


def _covers(api: Api, version: str) -> bool:
    """Whether an entry holds for a version; without one, the entry without an upper bound does, or the one that says so."""
    if not version:
        return api.unknown or not api.until
    here = key(version)
    return (not api.since or here >= key(api.since)) and (not api.until or here < key(api.until))


def normal_name(distribution: str) -> str:
    """A distribution's name as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def load_catalogue(rules: Path | None = None) -> Catalogue:
    """The catalogue of a rules folder, by default the packaged one; the same object every time."""
    return _load(rules or rules_directory())


@cache
def _load(rules: Path) -> Catalogue:
    return Catalogue(rules)
