"""After an edit only the modules are resolved anew that say something else, or see less than before; the answer is that of a cold run."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from mlrubric.graph.program import Program
from mlrubric.graph.resolve import Resolver, resolve, resolve_again
from mlrubric.graph.resolve import again as again_
from mlrubric.graph.values import Value, Values
from mlrubric.knowledge.catalogue import load_catalogue
from mlrubric.model.python import PythonModule
from mlrubric.read.drive import read_tree
from mlrubric.source.tree import MemoryTree

FILES = {
    "pkg/__init__.py": "",
    "pkg/load.py": "import pandas as pd\n\nPATH = 'rows.csv'\n\ndef load(path=PATH):\n    frame = pd.read_csv(path)\n    return frame\n",
    "pkg/model.py": (
        "from sklearn.linear_model import Ridge\n\nclass Base:\n    def train(self, rows):\n        self.inner = Ridge()\n"
        "        self.inner.fit(rows, rows)\n        return self\n\nclass Model(Base):\n    def score(self, rows):\n"
        "        return self.inner.score(rows, rows)\n"
    ),
    "pkg/train.py": (
        "from pkg.load import load\nfrom pkg.model import Model\n\ndef main():\n    rows = load('train.csv')\n"
        "    model = Model().train(rows)\n    return model.score(rows)\n\nmain()\n"
    ),
    "other.py": "def alone(x):\n    return x + 1\n\nalone(2)\n",
    "pkg/options.py": (
        "import argparse\n\nparser = argparse.ArgumentParser()\nparser.add_argument('--rows', default='a.csv')\n"
        "options = parser.parse_args()\nprint(options.rows)\n"
    ),
    "third.py": "NAMES = ['a', 'b']\n",
}
EDITS: dict[str, tuple[str, str]] = {
    "a comment": ("pkg/load.py", FILES["pkg/load.py"].replace("    frame = ", "    # as the shop wrote them\n    frame = ")),
    "inside a body": ("pkg/load.py", FILES["pkg/load.py"].replace("    return frame", "    print(len(frame))\n    return frame")),
    "a new function": ("pkg/load.py", FILES["pkg/load.py"] + "\ndef more():\n    return [load()]\n"),
    "another default": ("pkg/options.py", FILES["pkg/options.py"].replace("a.csv", "b.csv")),
    "a line before the options": ("pkg/load.py", "LIMIT = 3\n" + FILES["pkg/load.py"]),
    "a method moves down": ("pkg/model.py", FILES["pkg/model.py"].replace("class Base:", "LIMIT = 3\n\n\nclass Base:")),
}


def program(files: Mapping[str, str]) -> Program:
    facts = read_tree(MemoryTree(dict(files)), workers=1)
    modules = [(one.path, fact) for one in facts for fact in one.facts if isinstance(fact, PythonModule)]
    return Program(modules, (), load_catalogue().import_names)


def named(resolver: Resolver, value: Value) -> object:
    """A value by names, so that it can be compared between programs."""
    if value[0] in ("function", "class", "instance", "callback"):
        return value[0], resolver.program.qualified(int(str(value[1])))
    if value[0] == "bound" and isinstance(value[2], tuple):
        return "bound", resolver.program.qualified(int(str(value[1]))), named(resolver, value[2])
    return value if value[0] in ("object", "external", "text", "const") else value[0]


def picture(resolver: Resolver) -> list[object]:
    def names(values: Values | set[Value]) -> list[str]:
        return sorted(repr(named(resolver, v)) for v in values)

    last = resolver.program.modules[-1]
    ops = range(last.base + len(last.facts.ops))
    return [(names(resolver.values[op]), names(resolver.targets.get(op, set()))) for op in ops]


def again(path: str, text: str) -> tuple[set[str], Resolver, Resolver]:
    """What was resolved anew, the resolution after the edit, and the one of a cold run."""
    before = resolve(program(FILES), load_catalogue())
    edited = {**FILES, path: text}
    after = resolve_again(before, program(edited))
    assert after is not None
    return {after.program.modules[m].path for m in after.resolved}, after, resolve(program(edited), load_catalogue())


@pytest.mark.parametrize("edit", EDITS)
def test_what_others_see_is_the_same(edit: str) -> None:
    path, text = EDITS[edit]
    resolved, after, cold = again(path, text)
    assert resolved == {path}
    assert picture(after) == picture(cold)


def test_more_values_spread_without_resolving_others() -> None:
    text = FILES["pkg/load.py"].replace("    return frame", "    if path:\n        return None\n    return frame")
    resolved, after, cold = again("pkg/load.py", text)
    assert resolved == {"pkg/load.py"}
    assert picture(after) == picture(cold)


def test_who_sees_less_is_resolved_anew() -> None:
    resolved, after, cold = again("pkg/load.py", FILES["pkg/load.py"].replace("pd.read_csv(path)", "path"))
    assert resolved == {"pkg/load.py", "pkg/train.py", "pkg/model.py"}
    assert picture(after) == picture(cold)


def test_another_set_of_files_is_resolved_whole() -> None:
    before = resolve(program(FILES), load_catalogue())
    assert resolve_again(before, program({**FILES, "new.py": "x = 1\n"})) is None


def test_nothing_changed() -> None:
    before = resolve(program(FILES), load_catalogue())
    after = resolve_again(before, program(FILES))
    assert after is not None and not after.resolved
    assert picture(after) == picture(before)


def test_all_that_a_resolver_knows_is_taken_over_or_found_anew() -> None:
    """A new field of the resolver must be named: as taken over, in `again.py`, or here."""
    anew = {
        "program", "catalogue", "inputs", "uses", "class_of", "late", "asked", "rebound", "signatures", "answers", "heirs", "orders",
        "below", "arithmetic", "resolved", "unasked", "_slots_of", "_methods", "_kinds", "_bases", "_copies", "_queued", "_queue",
        "_attributes",
        "fixtures",
    }  # fmt: skip
    taken = {*again_.OPS_BY_OP, *again_.OPS_BY_ATTRIBUTE, *again_.OPS_BY_SCOPE, *again_.VALUES_BY_OP, *again_.SCOPES, *again_.OPS}
    assert vars(resolve(program(FILES), load_catalogue())).keys() == anew | taken | set(again_.ALONE)
