"""Guards the house: floors, doors, sizes, orphans, proofs for every rule, the closed vocabulary, and what no file may say."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from mlrubric.rules.load import NOT_FAMILIES

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src"
RULES = ROOT / "rules"

FLOORS = {
    "model": 0, "source": 1, "knowledge": 1, "config": 2, "read": 2, "system": 4, "audit": 2, "graph": 3, "rules": 4, "score": 5, "fix": 5,
    "suppress": 5, "baseline": 5, "describe": 6, "report": 6, "cache": 6, "analyze": 7, "compare": 8, "prove": 8, "lsp": 8, "cli": 9,
    "__main__": 10,
}  # fmt: skip

# Third-party (and risky standard) modules, and the only parts of the house that may import them.
DOORS = {
    "libcst": ("read.python", "fix"),
    "networkx": ("graph",),
    "jsonschema": ("rules.load", "config"),
    "rich": ("report.terminal", "report.screen", "cli"),  # screen: what the terminal's pages share
    "tree_sitter": ("source.syntax",),
    "tree_sitter_bash": ("source.syntax",),
    "tree_sitter_hcl": ("source.syntax",),
    "yaml": ("source.syntax",),
    "pygls": ("lsp",),
    "lsprotocol": ("lsp",),
    "pip_audit": (),
    "subprocess": ("source", "audit"),
    "socket": (),
    "urllib.request": (),
    "http.client": (),
    "requests": (),
    "pickle": ("cache",),
}

# Packages whose modules are found by walking the folder.
WALKED = (
    "mlrubric.cli.commands",
    "mlrubric.read",
    "mlrubric.read.kubernetes.kinds",
    "mlrubric.graph.link",
    "mlrubric.report",
    "mlrubric.fix.recipes",
    "mlrubric.prove.mutators",
    "mlrubric.rules.shapes",
)

HEAVY = ("libcst", "networkx", "jsonschema", "pygls", "lsprotocol", "rich", "tree_sitter", "pip_audit")

# Roles that nothing produces or asks for yet, with the reason why they stand in the vocabulary.
UNUSED_ROLES: dict[str, str] = {}


@cache
def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name; a package is its `__init__`."""
    found = {}
    for path in sorted((SOURCE / "mlrubric").rglob("*.py")):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def tree(name: str) -> ast.Module:
    return ast.parse(modules()[name].read_text(encoding="utf-8"))


@cache
def imports(name: str) -> frozenset[str]:
    """The dotted names that a module imports, inside functions too; `from a import b` is a.b when that is a module of ours."""
    found: set[str] = set()
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = name if modules()[name].name == "__init__.py" else name.rpartition(".")[0]
                parents = package.split(".")
                base = ".".join([*parents[: len(parents) - node.level + 1], *([base] if base else [])])
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                found.add(whole if whole in modules() or not base.startswith("mlrubric") else base)
                if not base.startswith("mlrubric"):
                    found.add(base)
    return frozenset(found)


def assigned(name: str) -> set[str]:
    """The names that a module binds at its top level."""
    found: set[str] = set()
    for node in tree(name).body:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        found.update(target.id for target in targets if isinstance(target, ast.Name))
    return found


def strings(name: str) -> set[str]:
    """The text constants of a module; what an f-string begins with is among them (`trigger.` of f"trigger.{kind}")."""
    return {node.value for node in ast.walk(tree(name)) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def ours(name: str) -> Iterator[str]:
    return (target for target in sorted(imports(name)) if target in modules())


def part_of(name: str) -> str:
    """The part of the house a module belongs to: `graph` for mlrubric.graph.link.x, "" for the package itself."""
    return name.split(".")[1] if "." in name else ""


def inside(name: str, places: tuple[str, ...]) -> bool:
    return any(name == f"mlrubric.{place}" or name.startswith(f"mlrubric.{place}.") for place in places)


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "-C", str(ROOT), "-c", "core.fsmonitor=false", "ls-files", "-z"], capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout: there are no tracked files to look at")
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


@cache
def toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def rule_files() -> list[Path]:
    """One file per rule; the tests, levels, tools, knowledge and schemas have folders of their own."""
    return [path for path in sorted(RULES.glob("*/*.toml")) if path.parent.name not in NOT_FAMILIES]


# ---- modules ------------------------------------------------------------------------------------------------------


def test_every_part_of_the_house_has_a_floor() -> None:
    assert {part_of(name) for name in modules()} - {""} <= FLOORS.keys()


def test_imports_point_down_only() -> None:
    wrong = []
    for name in modules():
        for target in ours(name):
            mine, other = part_of(name), part_of(target)
            if other and mine != other and (not mine or FLOORS[mine] <= FLOORS[other]):
                wrong.append(f"{name} imports {target}")
    assert not wrong, "\n".join(wrong)


def test_readers_never_import_each_other() -> None:
    """They share only the driver's helpers: a module of `read/` that is no reader (it has no FORMAT)."""

    def reader(name: str) -> str:
        unit = ".".join(name.split(".")[:3])
        return unit if unit.startswith("mlrubric.read.") and "FORMAT" in assigned(unit) else ""

    pairs = [(name, target) for name in modules() if reader(name) for target in ours(name) if reader(target)]
    wrong = [f"{name} imports {target}" for name, target in pairs if reader(name) != reader(target)]
    assert not wrong, "\n".join(wrong)


def test_doors() -> None:
    wrong = []
    for name in modules():
        for target in imports(name):
            for library, places in DOORS.items():
                if (target == library or target.startswith(library + ".")) and not inside(name, places):
                    wrong.append(f"{name} imports {target}; its door: {', '.join(places) or 'none'}")
    assert not wrong, "\n".join(sorted(wrong))


def test_heavy_libraries_are_imported_late() -> None:
    """`mlrubric --help` and a warm run must not wait for libraries that they do not use."""
    code = f"import sys, mlrubric.cli; print(' '.join(sorted({{name.split('.')[0] for name in sys.modules}} & set({HEAVY!r}))))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "", f"imported by mlrubric.cli: {done.stdout}"


def test_modules_are_small_and_say_what_they_are_for() -> None:
    lengths = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in modules().items()}
    wrong = [f"{name}: {length} lines" for name, length in lengths.items() if length > 400]
    wrong += [f"{name}: no docstring" for name in modules() if not ast.get_docstring(tree(name))]
    assert not wrong, "\n".join(wrong)


def test_no_orphans() -> None:
    """Every module is reached from the command or a `python -m`, by an import or by the walk that finds the members of its folder."""
    reached: set[str] = set()
    todo = ["mlrubric.cli", *(name for name in modules() if name.endswith(".__main__"))]
    while todo:
        name = todo.pop()
        if name in reached:
            continue
        reached.add(name)
        todo += ours(name)
        todo += [parent for parent in (name.rpartition(".")[0],) if parent]
        if name in WALKED:
            todo += [member for member in modules() if member.rpartition(".")[0] == name]
    orphans = sorted(modules().keys() - reached)
    assert not orphans, ", ".join(orphans)


def test_nothing_is_dead_any_or_silent() -> None:
    """No `Any` in model/, and no handler that swallows: an `except` whose body is only `pass`."""
    wrong = []
    for name in modules():
        for node in ast.walk(tree(name)):
            if part_of(name) == "model" and isinstance(node, ast.Name) and node.id == "Any":
                wrong.append(f"{name}:{node.lineno}: Any")
            if isinstance(node, ast.Try) and not node.orelse:  # with an `else`, what follows is the answer to the exception
                silent = [handler for handler in node.handlers if all(isinstance(child, ast.Pass) for child in handler.body)]
                wrong += [f"{name}:{handler.lineno}: an exception is swallowed" for handler in silent]
            if isinstance(node, ast.ExceptHandler) and node.type is None:
                wrong.append(f"{name}:{node.lineno}: bare except")
    assert not wrong, "\n".join(wrong)


# ---- rules --------------------------------------------------------------------------------------------------------


PROVEN_BY = {  # advisories, history and megabytes are no files of an example
    "ENV003": "tests/test_audit.py",
    "DATA014": "tests/unit/test_raw_data.py",
    "GOV004": "tests/unit/test_ages.py",
}


def test_every_rule_has_its_proof() -> None:
    """Examples in the file itself, or a bad and a good twin under fixtures/rules/<ID>/."""
    wrong = []
    for path in rule_files():
        rule = toml(path)
        folder = ROOT / "fixtures" / "rules" / str(rule.get("id"))
        if rule.get("id") in PROVEN_BY:
            assert (ROOT / PROVEN_BY[str(rule["id"])]).is_file()
            continue
        if not (rule.get("example") or ((folder / "bad").is_dir() and (folder / "good").is_dir())):
            wrong.append(f"{path.relative_to(ROOT)}: no [[example]] and no {folder.relative_to(ROOT)}/bad and /good")
    assert not wrong, "\n".join(wrong)


def test_every_rule_is_named_after_its_file_and_documented() -> None:
    wrong = []
    for path in rule_files():
        rule = toml(path)
        docs = rule.get("docs", {})
        if path.stem != f"{rule.get('id')}-{rule.get('name')}":
            wrong.append(f"{path.relative_to(ROOT)}: holds {rule.get('id')}-{rule.get('name')}")
        wrong += [f"{path.relative_to(ROOT)}: [docs] has no {key}" for key in ("why", "do") if not docs.get(key)]
    ids = [toml(path).get("id") for path in rule_files()]
    wrong += [f"{id_} stands in two files" for id_ in sorted({str(i) for i in ids if ids.count(i) > 1})]
    assert not wrong, "\n".join(wrong)


def test_fixtures_belong_to_a_rule() -> None:
    known = {toml(path)["id"] for path in rule_files()}
    folders = {path.name for path in (ROOT / "fixtures" / "rules").glob("*") if path.is_dir()}
    assert folders <= known, f"no rule: {sorted(folders - known)}"


def test_all_28_tests_are_there() -> None:
    wanted = {f"{section}-{number}" for section in ("data", "model", "infra", "monitor") for number in range(1, 8)}
    assert {path.stem for path in (RULES / "tests").glob("*.toml")} == wanted
    assert {toml(path)["id"] for path in (RULES / "tests").glob("*.toml")} == wanted


def test_tests_named_by_rules_exist() -> None:
    known = {path.stem for path in (RULES / "tests").glob("*.toml")}
    wrong = [f"{path.name}: {test}" for path in rule_files() for test in toml(path).get("tests", ()) if test not in known]
    assert not wrong, "\n".join(wrong)


# ---- vocabulary ---------------------------------------------------------------------------------------------------

_ROLE = re.compile(r"(?:exists:)?([a-z]+\.[a-z_]+)(?:@\w+)?")
_ROLE_KEYS = {"role", "roles", "from", "to", "through", "subject", "about", "by", "all", "any", "as"}


def vocabulary() -> set[str]:
    return {str(entry["name"]) for entry in toml(RULES / "roles.toml")["role"]}


def role_like(value: object, key: str = "") -> Iterator[str]:
    """Texts under keys that hold roles and that have the form of one whose area is in the vocabulary."""
    areas = {name.partition(".")[0] for name in vocabulary()}
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from role_like(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from role_like(inner, key)
    elif isinstance(value, str) and key in _ROLE_KEYS and (match := _ROLE.fullmatch(value)) and match.group(1).partition(".")[0] in areas:
        yield match.group(1)


def toml_roles() -> dict[str, set[str]]:
    """Role -> the TOML files that use it."""
    uses: dict[str, set[str]] = {}
    for path in sorted(RULES.rglob("*.toml")):
        if path != RULES / "roles.toml":
            for role in role_like(toml(path)):
                uses.setdefault(role, set()).add(str(path.relative_to(ROOT)))
    return uses


def test_roles_are_of_the_vocabulary() -> None:
    unknown = [f"{role}: {', '.join(sorted(files))}" for role, files in sorted(toml_roles().items()) if role not in vocabulary()]
    assert not unknown, "not in rules/roles.toml:\n" + "\n".join(unknown)


def test_every_role_has_a_use() -> None:
    said = {text for name in modules() for text in strings(name)}
    unused = {role for role in vocabulary() - toml_roles().keys() - said if role.partition(".")[0] + "." not in said}
    assert all(UNUSED_ROLES.values())
    assert not unused - UNUSED_ROLES.keys(), f"nothing gives these roles and nobody asks for them: {sorted(unused - UNUSED_ROLES.keys())}"
    assert not UNUSED_ROLES.keys() - unused, f"these are used now: {sorted(UNUSED_ROLES.keys() - unused)}"


# ---- files --------------------------------------------------------------------------------------------------------

# Written in pieces so that this file does not hold what it looks for.
FORBIDDEN = re.compile("/wor" r"k/[a-z.]+|/roo" r"t/|/home/(?!runner)\w+|files\.python" r"hosted|registry\.npm" r"js|pypi\.org/" "simple")
ADDRESS = re.compile(
    r'"resolved": *"http|^ *url *= *"https?://|^--(extra-)?index-url|^--find-links|https?://[^ ]+\.(whl|tgz|tar\.gz)', re.MULTILINE
)


def test_no_file_names_a_machine_or_a_registry() -> None:
    wrong = []
    for path in tracked():
        if "fixtures" in path.relative_to(ROOT).parts[:1]:
            continue
        for number, line in enumerate(path.read_bytes().decode("utf-8", "replace").splitlines(), 1):
            if match := FORBIDDEN.search(line):
                wrong.append(f"{path.relative_to(ROOT)}:{number}: {match.group()}")
    assert not wrong, "\n".join(wrong)


def test_locks_hold_hashes_and_no_address() -> None:
    locks = [ROOT / "requirements" / "dev.txt", ROOT / "requirements" / "run.txt", ROOT / ".ci" / "node" / "package-lock.json"]
    for path in locks:
        text = path.read_text(encoding="utf-8")
        assert not ADDRESS.search(text), f"{path.relative_to(ROOT)}: {ADDRESS.search(text)}"
        if path.suffix == ".txt":
            blocks = re.split(r"\n(?=\S)", text)
            bare = [block.split()[0] for block in blocks if "==" in block and "--hash=sha256:" not in block]
            assert not bare, f"{path.relative_to(ROOT)}: without hash: {bare}"


def test_locks_hold_what_the_project_asks_for() -> None:
    """A dependency that was added to pyproject.toml without `make lock` is seen here, not on a new machine."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]
    run = [*project["project"]["dependencies"], *groups["build"]]
    dev = [*run, *project["project"]["optional-dependencies"]["lsp"], *(entry for entry in groups["dev"] if isinstance(entry, str))]
    for name, wanted in (("run.txt", run), ("dev.txt", dev)):
        locked = {line.partition("==")[0].lower() for line in (ROOT / "requirements" / name).read_text().splitlines() if "==" in line}
        asked = {re.split(r"[\[<>=!~; ]", entry)[0].lower().replace("_", "-") for entry in wanted}
        assert asked <= locked, f"make lock: {sorted(asked - locked)} not in requirements/{name}"
