"""Scopes, blocks, marks, positions and refusals of the Python reader."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from mlrubric.model.facts import Embedded, Fact, Notice, Unreadable
from mlrubric.model.place import Place, Span
from mlrubric.model.python import Block, PythonModule, Scope
from mlrubric.read.python import accepts, read, read_embedded
from mlrubric.read.python.builder import Builder
from mlrubric.read.python.module import provided, walk
from mlrubric.read.python.parse import Parsed, parse
from mlrubric.read.python.positions import Source
from mlrubric.source.document import Document

ROOT = Path(__file__).parent.parent.parent
PROGRAMS = sorted([*(ROOT / "src" / "mlrubric" / "read").rglob("*.py"), *(ROOT / "tests" / "unit").rglob("*.py")])


def facts(text: str, path: str = "a.py") -> list[Fact]:
    return list(read(Document(path, text)))


def module_of(text: str) -> PythonModule:
    (fact,) = facts(text)
    assert isinstance(fact, PythonModule)
    return fact


def scope(module: PythonModule, qualname: str) -> Scope:
    return next(s for s in module.scopes if s.qualname == qualname)


def block(module: PythonModule, kind: str, number: int = 0) -> Block:
    return [b for b in module.blocks if b.kind == kind][number]


# ---- scopes -------------------------------------------------------------------------------------------------------


def test_scopes_have_dotted_names_and_lambdas_count_in_source_order() -> None:
    text = "class C:\n def m(self):\n  def inner(): return lambda: 1\n  x = (lambda: 1) if (lambda: 2)() else (lambda: (lambda: 3))\n"
    module = module_of(text)
    assert [s.qualname for s in module.scopes] == [
        "", "C", "C.m", "C.m.inner", "C.m.inner.<lambda1>", "C.m.<lambda2>", "C.m.<lambda1>", "C.m.<lambda3>", "C.m.<lambda3>.<lambda1>",
    ]  # fmt: skip
    assert [s.kind for s in module.scopes[:4]] == ["module", "class", "function", "function"]
    assert [module.scopes[s.parent].qualname for s in module.scopes[1:4]] == ["", "C", "C.m"]
    for number, one in enumerate(module.scopes[1:], 1):
        assert module.ops[one.definition].value == number


def test_scope_knows_params_returns_docstring_and_flags() -> None:
    module = module_of(
        'async def f(a, *, b=1) -> int:\n    """Say."""\n    global g\n    g = yield a\n    return\ndef h():\n    nonlocal q'
    )
    f = scope(module, "f")
    assert (f.docstring, f.is_async, f.is_generator, f.globals) == ("Say.", True, True, ("g",))
    assert [module.ops[p].name for p in f.params] == ["a", "b"] and [module.ops[r].kind for r in f.returns] == ["yield", "return"]
    assert module.ops[f.returns_annotation].name == "int"
    assert scope(module, "h").nonlocals == ("q",)
    assert (scope(module, "h").is_generator, scope(module, "h").returns_annotation) == (False, -1)


def test_exports_are_the_definitions_alive_at_the_end() -> None:
    module = module_of(
        "if c:\n    x = 1\nelse:\n    x = 2\ny = 1\ny = 2\ndel z\ndef f(a):\n    if a:\n        b = 1\n        return\n    b = 2\n"
    )
    exports = dict(module.scopes[0].exports)
    lines = {name: [module.ops[d].line for d in definitions] for name, definitions in exports.items()}
    assert lines == {"x": [2, 4], "y": [6], "z": [7], "f": [8]}
    inner = dict(scope(module, "f").exports)
    assert [module.ops[d].line for d in inner["b"]] == [10, 12] and [module.ops[d].kind for d in inner["a"]] == ["param"]


def test_class_fields_without_a_value_are_exported() -> None:
    module = module_of("class C:\n    a: int\n    b: int = 1\nx: int\n")
    assert [name for name, _ in scope(module, "C").exports] == ["a", "b"]
    assert [name for name, _ in module.scopes[0].exports] == ["C"]


def test_a_lambda_in_a_comprehension_finds_its_variable_through_the_exports() -> None:
    module = module_of("fs = [lambda: x for x in xs]\nys = [x for x in xs]\n")
    load = next(op for op in module.ops if op.kind == "load" and op.scope == 1)
    assert load.name == "<comp1>.x" and not load.args
    assert [name for name, _ in module.scopes[0].exports] == ["<comp1>.x", "fs", "ys"]


def test_parameters_of_a_lambda_hide_the_comprehension_around_it() -> None:
    module = module_of("[(lambda x: x)(x) for x in xs]\n")
    inner = next(op for op in module.ops if op.kind == "load" and op.scope == 1)
    assert inner.name == "x" and module.ops[inner.args[0]].kind == "param"


def test_a_local_variable_that_is_not_assigned_yet_is_not_free() -> None:
    module = module_of("def f():\n    x\n    y\n    x = 1\ny = 1\n")
    extras = {op.name: op.extra for op in module.ops if op.kind == "load"}
    assert extras == {"x": 1, "y": None}


# ---- definitions that reach ---------------------------------------------------------------------------------------


def reaching(text: str, line: int, name: str) -> list[tuple[str, int]]:
    module = module_of(text)
    load = next(op for op in module.ops if op.kind == "load" and (op.name, op.line) == (name, line))
    return [(module.ops[d].kind, module.ops[d].line) for d in load.args]


def test_the_head_of_a_loop_gathers_what_comes_in_and_what_comes_round() -> None:
    module = module_of("x = 1\nwhile c:\n    x = x + 1\nx\n")
    phi = next(op for op in module.ops if op.kind == "phi")
    assert [module.ops[d].line for d in phi.args] == [1, 3] and phi.name == "x"
    assert [op.line for op in module.ops if op.kind == "load" and op.args == (module.ops.index(phi),)] == [3, 4]


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("x = 1\nif c:\n    raise E\nelse:\n    x = 2\nx\n", 6, [("assign", 5)]),
        ("x = 1\nif c:\n    sys.exit(1)\nx\n", 4, [("assign", 1)]),
        ("from sys import exit as quit_\nx = 1\nif c:\n    x = 2\n    quit_()\nx\n", 6, [("assign", 2)]),
        ("def exit(): pass\nx = 1\nif c:\n    x = 2\n    exit()\nx\n", 6, [("assign", 2), ("assign", 4)]),
        ("x = 1\nif False:\n    x = 2\nx\n", 4, [("assign", 1)]),
        ("x = 1\nif TYPE_CHECKING:\n    x = 2\nx\n", 4, [("assign", 1), ("assign", 3)]),
        ("x = 1\nwith suppress(E):\n    x = 2\n    raise E\nx\n", 5, [("assign", 1), ("assign", 3)]),
        ("x = 1\nwhile True:\n    x = 2\n    break\nx\n", 5, [("assign", 3)]),
        ("try:\n    x = 1\nexcept E as x:\n    pass\nx\n", 5, [("assign", 2)]),
        ("def x(): pass\nx\n", 2, [("function", 1)]),
        ("class x: pass\nx\n", 2, [("class", 1)]),
        ("import x\nx\n", 2, [("import", 1)]),
        ("if c or (x := 1):\n    x\n", 2, [("assign", 1)]),
        ("match c:\n    case 1:\n        x = 1\n    case _:\n        x = 2\nx\n", 6, [("assign", 3), ("assign", 5)]),
        ("match c:\n    case x if x:\n        pass\nx\n", 4, [("assign", 2)]),
    ],
)
def test_definitions_at_a_line(text: str, line: int, expected: list[tuple[str, int]]) -> None:
    assert reaching(text, line, "x") == expected


# ---- blocks -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "constant"),
    [
        ("False", False), ("0", False), ("1", True), ("not 0", True), ("TYPE_CHECKING", False), ("typing.TYPE_CHECKING", False),
        ('__name__ == "__main__"', "main"), ('"__main__" == __name__', "main"), ("x", None), ("__name__ != '__main__'", None),
    ],
)  # fmt: skip
def test_constant_conditions(condition: str, constant: object) -> None:
    module = module_of(f"if {condition}:\n    a\nelse:\n    b\n")
    assert block(module, "if").constant == constant == block(module, "else").constant
    assert block(module, "if").test == block(module, "else").test >= 0


@pytest.mark.parametrize(
    ("suite", "leaves"),
    [
        ("return 1", "return"), ("raise E", "raise"), ("sys.exit()", "exit"), ("exit(1)", "exit"), ("os._exit(1)", "exit"), ("pass", ""),
        ("raise SystemExit(2)", "exit"), ("assert False, 'never'", "raise"), ("assert x", ""), ("sys.exit", ""), ("self.exit()", ""),
        ("if b: return\n  else: raise E", "return"), ("if b: raise E\n  else: sys.exit()", "raise"), ("if b: return", ""),
        ("with a: raise E", "raise"), ("with pytest.raises(E): raise E", ""), ("try: return\n  except E: raise", "return"),
        ("try: raise E\n  except E: pass", ""), ("try: pass\n  finally: return", "return"), ("for i in x: return", ""),
        ("match b:\n   case 1: raise E\n   case _: raise F", "raise"), ("match b:\n   case 1: raise E", ""),
        ("return\n  raise E", "return"),
    ],
)  # fmt: skip
def test_how_a_block_leaves(suite: str, leaves: str) -> None:
    module = module_of(f"import os, sys\ndef f(x):\n if x:\n  {suite}\n")
    assert block(module, "if").leaves == leaves


def test_break_and_continue_leave_a_block() -> None:
    module = module_of("for x in y:\n    if a: break\n    elif b: continue\n")
    assert (block(module, "if").leaves, block(module, "if", 1).leaves, block(module, "for").leaves) == ("break", "continue", "")


def test_the_block_tree() -> None:
    text = (
        "with a: b\nfor c in d: e\nelse: f\nwhile g: h\ntry: i\nexcept j: k\nexcept: l\nelse: m\nfinally: n\n"
        "match o:\n    case p: q\nif r: s\nelif t: u\nelse: v\n"
    )
    module = module_of(text)
    shown = [(b.kind, module.ops[b.test].name if b.test >= 0 else "", b.line) for b in module.blocks]
    assert shown == [
        ("scope", "", 1), ("with", "a", 1), ("for", "d", 2), ("loop_else", "d", 3), ("while", "g", 4), ("try", "", 5), ("try_else", "", 8),
        ("except", "j", 6), ("except", "", 7), ("finally", "", 9), ("case", "o", 11), ("if", "r", 12), ("else", "r", 13), ("if", "t", 13),
        ("else", "t", 14),
    ]  # fmt: skip
    assert [module.blocks[b.parent].kind for b in module.blocks[1:]] == ["scope"] * 12 + ["else"] * 2
    inside = {op.name: module.blocks[op.block].kind for op in module.ops if op.kind == "load"}
    assert {name: inside[name] for name in "abdehimknqsuv"} == {
        "a": "scope", "b": "with", "d": "scope", "e": "for", "h": "while", "i": "try", "m": "try_else", "k": "except", "n": "finally",
        "q": "case", "s": "if", "u": "if", "v": "else",
    }  # fmt: skip


# ---- positions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PROGRAMS, ids=[p.relative_to(ROOT).as_posix() for p in PROGRAMS])
def test_calls_stand_where_ast_says(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    lines = [line.encode() for line in text.split("\n")]

    def column(line: int, offset: int) -> int:
        return len(lines[line - 1][:offset].decode()) + 1

    expected = sorted(
        (n.lineno, column(n.lineno, n.col_offset), n.end_lineno, column(n.end_lineno or 1, n.end_col_offset or 0))
        for n in ast.walk(ast.parse(text))
        if isinstance(n, ast.Call)
    )
    assert sorted(op[1:5] for op in module_of(text).ops if op.kind == "call") == expected


@pytest.mark.parametrize("path", PROGRAMS[::4], ids=[p.relative_to(ROOT).as_posix() for p in PROGRAMS[::4]])
def test_both_walks_say_the_same(path: Path) -> None:
    """Beside `ast`, and with libcst's own positions: kinds, names and arguments agree, and where names and calls stand."""
    source = Source("a.py", path.read_text(encoding="utf-8"))
    parsed = parse(source.text)
    assert isinstance(parsed, Parsed)
    beside, columns = walk(source, parsed)
    assert type(beside) is Builder
    alone = provided(parsed.tree, ":=" in source.text, source.text.count("\n") + 1)
    assert [(op.kind, *op[5:]) for op in beside.ops] == [(op.kind, *op[5:]) for op in alone.ops]
    assert [(b.kind, b.parent, b.test, b.leaves) for b in beside.blocks] == [(b.kind, b.parent, b.test, b.leaves) for b in alone.blocks]
    kinds = ("load", "call", "attribute", "const", "function", "import", "compare")
    assert [op[:5] for op in columns.ops(beside.ops) if op.kind in kinds] == [op[:5] for op in alone.ops if op.kind in kinds]


def test_columns_are_code_points() -> None:
    module = module_of("é = 'ü'; f(é)\n")
    call = next(op for op in module.ops if op.kind == "call")
    assert (call.column, call.end_column) == (10, 14)
    assert [op.name for op in module.ops if op.kind == "load" and op.args] == ["é"]


def test_identifiers_are_normalised_as_python_does() -> None:
    module = module_of("ﬁt = 1\nfit\n")
    assert [op.args for op in module.ops if op.kind == "load"] == [(1,)]


# ---- embedded -----------------------------------------------------------------------------------------------------


def test_a_notebook_keeps_its_cells_and_raw_places() -> None:
    text = "import os\nx = 1\ny = x\n"
    place = Place("n.ipynb", Span(1), "notebook")
    lines = ((10, 5), (11, 5), (30, 7), (31, 5))
    (module,) = read_embedded(Embedded(place, "python", text, "notebook", lines, ((1, 1), (1, 2), (3, 1), (3, 2))))
    assert isinstance(module, PythonModule) and module.owner == "notebook"
    assert [(op.line, op.column) for op in module.ops if op.kind in ("import", "assign")] == [(10, 12), (11, 5), (30, 7)]
    assert module.cells == ((10, 1, 1), (11, 1, 2), (30, 3, 1), (31, 3, 2)) and module.cell_columns == (5, 5, 7, 5)
    assert [(b.kind, b.parent, b.line, b.end_line) for b in module.blocks] == [
        ("scope", -1, 10, 31),
        ("cell", 0, 10, 11),
        ("cell", 0, 30, 30),
    ]


def test_cells_on_one_raw_line_are_told_apart_by_column() -> None:
    place = Place("n.ipynb", Span(1), "notebook")
    embedded = Embedded(place, "python", "a\nb\n", "notebook", ((1, 90), (1, 40), (1, 60)), ((2, 1), (1, 1), (1, 2)))
    (module,) = read_embedded(embedded)
    assert isinstance(module, PythonModule)
    assert list(zip(module.cells, module.cell_columns, strict=True)) == [((1, 1, 1), 40), ((1, 1, 2), 60), ((1, 2, 1), 90)]


def test_embedded_text_with_few_lines_goes_on_below() -> None:
    place = Place("w.yml", Span(7), "jobs.a.steps[0].run")
    (module,) = read_embedded(Embedded(place, "python", "if a:\n    b  # noqa\n", "jobs.a.steps[0].run", ((8, 11),)))
    assert isinstance(module, PythonModule)
    assert [(op.name, op.line, op.column) for op in module.ops] == [("a", 8, 14), ("b", 9, 5)]
    assert module.marks[0].line == 9 and (module.place, module.owner, module.cells) == (place, "jobs.a.steps[0].run", ())


def test_broken_embedded_text_is_refused_where_it_stands() -> None:
    place = Place("n.ipynb", Span(1), "notebook")
    (fact,) = read_embedded(Embedded(place, "python", "a\nb c\n", "notebook", ((3, 5), (9, 5)), ((1, 1), (4, 1))))
    assert isinstance(fact, Unreadable)
    assert (fact.place.line, fact.place.cell, fact.place.cell_line) == (9, 4, 1)


# ---- marks --------------------------------------------------------------------------------------------------------


def test_marks_are_comments_only() -> None:
    text = 'x = "# noqa"\ny = 1  # noqa: E501\n# mlrubric: ignore[SEED001] it is fixed elsewhere\n'
    text += '"""\n# nosec\n"""\nz = f("#") # type: ignore\n# plain\n'
    marks = module_of(text + "a()  # expect: SEED001\nb()  # wrongly: SEED002\nc()  # pragma: no cover\n").marks
    assert [(m.line, m.text, m.alone) for m in marks] == [
        (2, "noqa: E501", False), (3, "mlrubric: ignore[SEED001] it is fixed elsewhere", True), (7, "type: ignore", False),
        (9, "expect: SEED001", False), (10, "wrongly: SEED002", False), (11, "pragma: no cover", False),
    ]  # fmt: skip


# ---- what is read, and what is not --------------------------------------------------------------------------------


def test_accepted_paths() -> None:
    yes = ["a.py", "x/a.py", "gui.pyw", "bin/train", "x/scripts/deep/run"]
    no = ["a.pyi", "a.pyc", "Makefile", "bin/run.sh", "README.md", "x/binary"]
    assert [p for p in yes + no if accepts(p)] == yes


def test_a_command_without_extension_is_python_by_its_shebang() -> None:
    assert isinstance(facts("#!/usr/bin/env python3\nx = 1\n", "bin/train")[0], PythonModule)
    assert facts("#!/bin/sh\nx=1\n", "bin/train") == []


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("x = 1\nprint 'hi'\n", 2, "Python 2? `print` is a statement here"),
        ("try:\n    a\nexcept E, e:\n    b\n", 3, "Python 2? `except X, name` here"),
        ("def f():\n    raise E, 'no'\n", 2, "Python 2? `raise X, text` here"),
        ("x = 0777\n", 1, "Python 2? old number literals here"),
        ("def f(a, (b, c)):\n    pass\n", 1, "Python 2? parameters that unpack tuples here"),
        ("x = ur'a'\n", 1, "Python 2? `ur` strings here"),
        ("x = ['2020-01-05' 3]\n", 1, "not valid Python 3"),
        ("def f(:\n    pass\n", 1, "not valid Python 3"),
        ("x = 1\n  y = 2\n", 2, "not valid Python 3: unexpected indent"),
        ("x = (1\n", 1, "not valid Python 3: '(' was never closed"),
        ("x = 1\ny = \0\n", 2, "not valid Python 3"),
        ("(" * 3000, 1, "nested too deeply"),
        ("x = " + "-" * 50_000 + "1", 1, "nested too deeply"),
        ("x = = 1\ny = " + "-" * 50_000 + "1", 1, "nested too deeply"),
    ],
)
def test_what_is_no_python_says_why(text: str, line: int, reason: str) -> None:
    (fact,) = facts(text)
    assert isinstance(fact, Unreadable)
    assert fact.place.line == line and reason in fact.reason and fact.format == "python"


def test_long_sums_are_read() -> None:
    module = module_of("x = " + " + ".join(["'a'"] * 1500) + "\n")
    assert sum(op.kind == "binary" for op in module.ops) == 1499


def test_a_template_is_read_with_its_placeholders_masked() -> None:
    text = (
        "from {{ cookiecutter.package }}.data import load\n{% if cookiecutter.tests %}\nx = load('{{ cookiecutter.path }}')\n{% endif %}\n"
    )
    notice, module = facts(text)
    assert isinstance(notice, Notice) and "template" in notice.message
    assert isinstance(module, PythonModule)
    assert [(op.line, op.column) for op in module.ops if op.kind == "call"] == [(3, 5)]


def test_syntax_newer_than_the_running_python_is_read_too() -> None:
    text = "def f[T](x: T) -> T:\n    type Y = list[T]\n    return f'{x['a']}'\n"
    module = module_of(text)
    assert [op.kind for op in module.ops if op.scope == 1][-5:] == ["load", "const", "subscript", "fstring", "return"]
    assert module.ops[-1].line == 3


@pytest.mark.parametrize("text", ["", "\n", "# only a comment", "\x0cx = 1\n\x0c\n", "if a:\n\tx = 1\n", "x = 1;\n", "x = '\\ud800'\n"])
def test_odd_texts_are_read(text: str) -> None:
    assert module_of(text).scopes[0].kind == "module"
