"""The catalogue: every example of every file is resolved, bad files are refused with their line, names are found by all their ways."""

from __future__ import annotations

import ast
import random
import shutil
import time
import zipfile
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from mlrubric.knowledge.catalogue import Catalogue, load_catalogue
from mlrubric.knowledge.entries import Api, Example
from mlrubric.knowledge.library import read_examples
from mlrubric.knowledge.location import rules_directory
from mlrubric.knowledge.roles import load_roles
from mlrubric.knowledge.toml import CatalogueError

CATALOGUE = load_catalogue()


class Reader:
    """The least resolver that can exercise an example: import aliases, constructors, return types, attributes, `with` and bases."""

    def __init__(self, code: str) -> None:
        self.names: dict[str, str] = {}  # variable -> qualified name of a module or function
        self.types: dict[str, str] = {}  # variable -> type
        self.calls: dict[int, list[tuple[str, Api | None, dict[str, str]]]] = {}
        self.self_type = ""
        for statement in ast.parse(code).body:
            self.statement(statement)

    def statement(self, node: ast.AST) -> None:
        match node:
            case ast.Import():
                for alias in node.names:
                    self.names[alias.asname or alias.name.partition(".")[0]] = alias.name if alias.asname else alias.name.partition(".")[0]
            case ast.ImportFrom():
                for alias in node.names:
                    self.names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
            case ast.ClassDef():
                self.self_type = self.qualified(node.bases[0]) if node.bases else ""
                for part in (*node.decorator_list, *node.bases):
                    self.decorator(part)
                for inner in node.body:
                    self.statement(inner)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                for part in node.decorator_list:
                    self.decorator(part)
                for argument in node.args.args:
                    if argument.annotation is not None:
                        self.types[argument.arg] = CATALOGUE.canonical(self.qualified(argument.annotation))
                for inner in node.body:
                    self.statement(inner)
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    kind = self.visit(item.context_expr)
                    entered = CATALOGUE.method(kind, "__enter__") if kind else None
                    if isinstance(item.optional_vars, ast.Name):
                        self.types[item.optional_vars.id] = kind if entered is None or entered.returns == "self" else entered.returns
                for inner in node.body:
                    self.statement(inner)
            case ast.Assign():
                kind = self.visit(node.value)
                for target in node.targets:
                    self.bind(target, kind)
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self.visit(child)
                    else:
                        self.statement(child)

    def bind(self, target: ast.expr, kind: str) -> None:
        if isinstance(target, ast.Name):
            self.types[target.id] = kind
            self.names.pop(target.id, None)
        elif isinstance(target, ast.Tuple) and kind.startswith("tuple["):
            for element, part in zip(target.elts, kind[6:-1].split(", "), strict=False):
                self.bind(element, part)

    def decorator(self, node: ast.expr) -> None:
        name = self.qualified(node)
        if isinstance(node, ast.Call):
            self.visit(node)
        elif name:
            self.calls.setdefault(node.lineno, []).append((name, CATALOGUE.api(name), {}))
        elif isinstance(node, ast.Attribute):
            kind = self.visit(node.value)
            self.calls.setdefault(node.lineno, []).append((f"{kind}.{node.attr}", CATALOGUE.method(kind, node.attr) if kind else None, {}))

    def qualified(self, node: ast.expr) -> str:
        if isinstance(node, ast.Name):
            if node.id in self.types:
                return ""
            return self.names.get(node.id, f"builtins.{node.id}")
        if isinstance(node, ast.Attribute):
            owner = self.qualified(node.value)
            return f"{owner}.{node.attr}" if owner and not owner.startswith("builtins.") else ""
        return ""

    def visit(self, node: ast.expr) -> str:
        """The type of an expression; calls are noted on the way."""
        if isinstance(node, ast.Call):
            return self.call(node)
        if isinstance(node, ast.Name):
            return self.self_type if node.id == "self" else self.types.get(node.id, "")
        if isinstance(node, ast.Attribute):
            name = self.qualified(node)
            if name:
                owner, _, last = name.rpartition(".")
                return CATALOGUE.attribute(owner, last)
            kind = self.visit(node.value)
            return CATALOGUE.attribute(kind, node.attr) if kind else ""
        if isinstance(node, ast.Subscript):
            kind = self.visit(node.value)
            self.visit(node.slice)
            api = CATALOGUE.method(kind, "__getitem__") if kind else None
            return "" if api is None else kind if api.returns == "self" else api.returns
        if isinstance(node, ast.BinOp):
            left, right = self.visit(node.left), self.visit(node.right)
            self.operator(node, left)
            info = CATALOGUE.type(left) if left else None
            return left if info and info.arithmetic else right
        if isinstance(node, ast.Await | ast.Starred):
            return self.visit(node.value)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.visit(child)
        return ""

    def operator(self, node: ast.BinOp, kind: str) -> None:
        name = {ast.RShift: "__rshift__", ast.BitOr: "__or__", ast.Div: "__truediv__"}.get(type(node.op), "")
        api = CATALOGUE.method(kind, name) if kind and name else None
        if api:
            self.calls.setdefault(node.lineno, []).append((api.name, api, {}))

    def call(self, node: ast.Call) -> str:
        arguments = [self.visit(argument) for argument in node.args]
        for keyword in node.keywords:
            self.visit(keyword.value)
        name, receiver, api = self.qualified(node.func), "", None
        if name:
            api = CATALOGUE.api(name)
        elif isinstance(node.func, ast.Attribute):
            receiver = self.visit(node.func.value)
            name = f"{receiver}.{node.func.attr}"
            api = CATALOGUE.method(receiver, node.func.attr) if receiver else None
            if api is None and not receiver:
                keywords = tuple(keyword.arg or "**" for keyword in node.keywords)
                called = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
                ducks = CATALOGUE.duck(node.func.attr)
                api = next((duck.api for duck in ducks if duck.fits(len(node.args) + len(keywords), keywords, called)), None)
        else:
            receiver = self.visit(node.func)
            api = CATALOGUE.method(receiver, "__call__") if receiver else None
            name = f"{receiver}.__call__"
        self.calls.setdefault(node.lineno, []).append((name, api, self.values(node, api)))
        if api is None:
            return ""
        if api.returns == "self":
            return receiver or api.name.rpartition(".")[0]
        if api.returns.startswith("arg:@"):
            return ""
        if api.returns.startswith("arg:"):
            index = int(api.returns[4:])
            return arguments[index] if index < len(arguments) else ""
        return api.returns

    def values(self, node: ast.Call, api: Api | None) -> dict[str, str]:
        found: dict[str, str] = {}
        for param in api.params if api else ():
            for position in param.positions:
                if position < len(node.args):
                    found.setdefault(param.role, text_of(node.args[position]))
            for keyword in node.keywords:
                if keyword.arg in param.keywords:
                    found.setdefault(param.role, text_of(keyword.value))
        return found


def text_of(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value).lower() if isinstance(node.value, bool | None) else str(node.value)
    return "unknown"


def examples() -> Iterator[Example]:
    for library in CATALOGUE.load_all():
        yield from read_examples(library.path, load_roles(rules_directory()))


@pytest.mark.parametrize("example", list(examples()), ids=lambda example: example.place)
def test_an_example_means_what_it_says(example: Example) -> None:
    calls = Reader(example.code).calls.get(example.line, [])
    assert calls, f"no call on line {example.line} of\n{example.code}"
    roles = [role for _, api, values in calls if api for role in api.roles_for(values)]
    if example.role:
        assert example.role in roles, [(name, api and api.name) for name, api, _ in calls]
    if example.api:
        assert example.api in [CATALOGUE.canonical(name) for name, _, _ in calls] + [api.name for _, api, _ in calls if api]
    generators = [api.random_for(values) for _, api, values in calls if api]
    if example.random:
        assert example.random in generators


def test_every_library_has_an_example() -> None:
    shown = {example.place.partition(":")[0] for example in examples()} | {"ducks.toml"}
    assert {library.path.name for library in CATALOGUE.load_all()} <= shown


def test_every_type_that_an_entry_returns_or_stands_on_is_described() -> None:
    unknown: set[str] = set()
    for library in CATALOGUE.load_all():
        bases = {base for info in library.types.values() for base in info.bases}
        returned = {part for apis in library.apis.values() for api in apis for part in type_names(api.returns)}
        returned |= {part for _, api in library.wildcards for part in type_names(api.returns)}
        returned |= {part for kind in library.attributes.values() for part in type_names(kind)}
        every = [*(api for apis in library.apis.values() for api in apis), *(api for _, api in library.wildcards)]
        returned |= {part for api in every for _, kind in api.returns_with for part in type_names(kind)}
        returned |= {part for api in every for kind in api.calls_with for part in type_names(kind)}
        for name in bases | returned:
            if not CATALOGUE.is_class(name):
                unknown.add(f"{library.path.name}: {name}")
        for name in (*library.apis, *(attribute for attribute in library.attributes)):
            owner = name.rpartition(".")[0]
            named_like_a_class = "." in owner and owner.rpartition(".")[2][:1].isupper()
            holds_classes = any(known.startswith(f"{owner}.") for known in library.types)
            if named_like_a_class and not holds_classes and not CATALOGUE.is_class(owner) and CATALOGUE.api(owner) is None:
                unknown.add(f"{library.path.name}: {owner} (of {name})")
    assert sorted(unknown) == []


def type_names(text: str) -> set[str]:
    if text.startswith("named:"):  # names in configuration files
        return set()
    parts = (
        text.replace("|", " ")
        .replace("tuple[", " ")
        .replace("list[", " ")
        .replace("dict[", " ")
        .replace("]", " ")
        .replace(",", " ")
        .split()
    )
    return {part for part in parts if part not in ("self", "any") and not part.startswith("arg:")}


def test_aliases_end_at_a_name_that_is_not_an_alias_itself() -> None:
    for library in CATALOGUE.load_all():
        for name in library.aliases:
            end = CATALOGUE.canonical(name)
            assert CATALOGUE.canonical(end) == end, name


def test_names_are_found_by_alias_private_path_and_wildcard() -> None:
    assert CATALOGUE.canonical("pandas.core.frame.DataFrame.head") == "pandas.DataFrame.head"
    assert CATALOGUE.canonical("sklearn.ensemble._forest.RandomForestClassifier") == "sklearn.ensemble.RandomForestClassifier"
    assert CATALOGUE.canonical("nobody.knows.me") == "nobody.knows.me"
    assert CATALOGUE.api("nobody.knows.me") is None
    found = CATALOGUE.api("sklearn.metrics.brand_new_score")
    assert found is not None and found.roles == ("model.evaluate",)
    assert CATALOGUE.api("sklearn.metrics.deep.er_score") is None


def test_methods_are_found_along_the_bases() -> None:
    fit = CATALOGUE.method("sklearn.svm.SVC", "fit")
    assert fit is not None and fit.roles == ("model.fit",) and fit.learns
    assert CATALOGUE.is_a("sklearn.svm.SVC", "sklearn.base.ClassifierMixin")
    assert not CATALOGUE.is_a("sklearn.svm.SVC", "sklearn.base.TransformerMixin")
    assert CATALOGUE.attribute("pandas.DataFrame", "iloc") == "pandas.DataFrame"
    built = CATALOGUE.api("pyspark.sql.SparkSession.builder.getOrCreate")
    assert built is not None and built.returns == "pyspark.sql.SparkSession"
    assert CATALOGUE.attribute("pandas.DataFrame", "nothing") == ""


@pytest.mark.parametrize(
    ("name", "values", "generator"),
    [
        ("sklearn.model_selection.train_test_split", {}, "numpy"),
        ("sklearn.model_selection.train_test_split", {"@shuffle": "false"}, ""),
        ("sklearn.model_selection.KFold", {}, ""),
        ("sklearn.model_selection.KFold", {"@shuffle": "true"}, "numpy"),
        ("sklearn.linear_model.LogisticRegression", {"@solver": "lbfgs"}, ""),
        ("sklearn.linear_model.LogisticRegression", {"@solver": "saga"}, "numpy"),
        ("sklearn.linear_model.LinearRegression", {}, ""),
        ("sklearn.svm.SVC", {}, ""),
        ("sklearn.svm.SVC", {"@enabled": "true"}, "numpy"),
        ("numpy.random.default_rng", {}, "own"),
        ("random.random", {}, "python"),
    ],
)
def test_which_calls_draw_random_numbers(name: str, values: dict[str, str], generator: str) -> None:
    api = CATALOGUE.api(name)
    assert api is not None
    assert api.random_for(values) == generator
    assert ("random.use" in api.roles_for(values)) == bool(generator)


def test_a_duck_never_claims_to_be_sure() -> None:
    ducks = next(library for library in CATALOGUE.load_all() if library.path.stem == "ducks").ducks
    assert ducks and all(duck.api.confidence < 0.7 for duck in ducks)
    scaler, other = CATALOGUE.duck("fit")[0], CATALOGUE.duck("fit")[-1]
    assert scaler.fits(1, (), "std_scaler") and not scaler.fits(1, (), "clf")
    assert other.fits(2, (), "clf") and not other.fits(0, (), "clf")


def test_distributions_and_imports_name_each_other() -> None:
    assert CATALOGUE.distribution("sklearn.ensemble") == "scikit-learn"
    assert CATALOGUE.imports("scikit_learn") == ("sklearn",)
    assert CATALOGUE.distribution("psycopg2") == "psycopg2"
    assert (CATALOGUE.distribution("yaml"), CATALOGUE.imports("pyyaml")) == ("PyYAML", ("yaml",))
    assert CATALOGUE.imports("tensorflow-cpu") == ("tensorflow",)
    assert CATALOGUE.imports("pytorch-lightning") == ("pytorch_lightning",)
    assert CATALOGUE.distribution("google.cloud.bigquery") == "google-cloud-bigquery"
    assert CATALOGUE.distribution("cv2") == "opencv-python"
    assert CATALOGUE.distribution("json") == ""
    assert CATALOGUE.distribution("some_thing.part") == "some-thing"
    assert CATALOGUE.imports("some-thing") == ("some_thing",)


def test_the_catalogue_is_read_once_and_only_where_it_is_asked() -> None:
    assert load_catalogue() is load_catalogue()
    fresh = Catalogue(rules_directory())
    assert fresh._libraries == {}
    fresh.for_imports(["pandas", "unheard_of"])
    assert [path.stem for path in fresh._libraries] == ["pandas"]


def test_loading_everything_is_quick() -> None:
    best = min(cpu_of_a_load() for _ in range(3))
    assert best < 0.25, f"{best * 1000:.0f} ms"  # 60 ms on a quiet machine


def cpu_of_a_load() -> float:
    start = time.process_time()
    Catalogue(rules_directory()).load_all()
    return time.process_time() - start


GOOD = '[library]\nname = "x"\ndistributions = ["x"]\nimports = ["x"]\n\n[[api]]\nname = "x.a"\nrole = "data.read"\n'


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (GOOD + '\n[[api]]\nname = "x.b"\nrole = "data.raed"\n', 10, "unknown role `data.raed`"),
        (GOOD + '\n[[api]]\nname = "x.b"\nparams = { "@nix" = [0] }\n', 10, "unknown argument role `@nix`"),
        (GOOD + '\n[[api]]\nname = "x.b"\nretruns = "x.T"\n', 10, "unknown key `retruns`"),
        (GOOD + '\n[[api]]\nname = "x.a"\n', 10, "described twice"),
        (GOOD + '\n[[type]]\nname = "x.T"\nrandom = "dice"\n', 10, "not one of"),
        (GOOD + '\n[[api]]\nname = "x.b"\nalso = [{ role = "data.read" }]\n', 10, "need `when`"),
        (GOOD + "\n[[api]]\nname = 3\n", 10, "must be a text"),
        (GOOD + "\n[[api]]\nname = \n", 11, ""),
        (GOOD + "\n[thing]\na = 1\n", 10, "unknown table"),
        ("[[api]]\nname = 'x.b'\n", 1, "[library]"),
        (GOOD + '\n[[example]]\ncode = "x.a()"\n\n[[api]]\nname = "x.b"\n', 13, "at the end"),
    ],
)
def test_a_bad_file_is_refused_with_its_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    for name in ("roles.toml", "traits.toml"):
        shutil.copy(rules_directory() / name, tmp_path / name)
    (tmp_path / "knowledge").mkdir()
    shutil.copy(rules_directory() / "knowledge" / "ducks.toml", tmp_path / "knowledge")
    shutil.copy(rules_directory() / "knowledge" / "distributions.toml", tmp_path / "knowledge")
    (tmp_path / "knowledge" / "x.toml").write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError) as caught:
        Catalogue(tmp_path).load_all()
    assert (caught.value.path.name, caught.value.line) == ("x.toml", line)
    assert words in caught.value.message


def test_the_vocabulary_is_that_of_the_common_ground_and_every_addition_says_why() -> None:
    roles = load_roles(rules_directory())
    assert {"data.read", "model.fit", "random.seed", "trigger.schedule"} <= roles.meanings.keys()
    assert {"@data", "@seed", "@reference"} <= roles.arguments.keys()
    assert roles.reasons.keys() <= roles.meanings.keys() | roles.arguments.keys()
    assert "artifact.upload" in roles.reasons and "data.read" not in roles.reasons


def test_every_field_of_an_api_survives_naming() -> None:
    names = list(CATALOGUE.import_names)
    random.Random(0).shuffle(names)
    api = CATALOGUE.api("sklearn.svm.SVC")
    assert api is not None and api.kind == "constructor" and api.returns == api.name == "sklearn.svm.SVC"
    assert {field.name for field in fields(Api)} >= {"roles", "params", "returns", "flows"}


def test_the_wheel_carries_the_rules(tmp_path: Path) -> None:
    from hatchling.builders.wheel import WheelBuilder

    root = Path(__file__).resolve().parents[2]
    wheel = Path(next(WheelBuilder(str(root)).build(directory=str(tmp_path), versions=["standard"])))
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        archive.extractall(tmp_path / "site")
    for path in sorted((root / "rules").rglob("*.toml")):
        assert f"mlrubric/_rules/{path.relative_to(root / 'rules').as_posix()}" in names
    packaged = Catalogue(tmp_path / "site" / "mlrubric" / "_rules")
    assert packaged.import_names == CATALOGUE.import_names


def test_estimators_with_a_fixed_default_seed_are_deterministic() -> None:
    for name, generator in (
        ("sklearn.linear_model.Perceptron", ""),
        ("sklearn.decomposition.FactorAnalysis", ""),
        ("xgboost.XGBClassifier", "fixed"),
    ):
        api = CATALOGUE.api(name)
        assert api is not None and api.random_for({}) == generator, name
