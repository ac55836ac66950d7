"""A cell with IPython's own lines becomes Python of the same shape."""

from __future__ import annotations

import pytest

from mlrubric.source.syntax.magics import plain_python, problem_of


@pytest.mark.parametrize(
    ("source", "python"),
    [
        ("%matplotlib inline\nx = 1", "pass\nx = 1"),
        ("!pip install pandas\nimport pandas", "pass\nimport pandas"),
        ("if a:\n    !ls\n    %cd ..\nb()", "if a:\n    pass\n    pass\nb()"),
        ("files = !ls *.csv\nprint(files)", "files = get_ipython()\nprint(files)"),
        ("t = %timeit -o f()", "t = get_ipython()"),
        ("df.head?\nx = 1", "pass\nx = 1"),
        ("?df\n??df\nlen?", "pass\npass\npass"),
        ("%time model.fit(X, y)\n%%timeit -n 3\nx", "model.fit(X, y)\npass\nx"),
        ("%%time\nmodel.fit(X)", "\nmodel.fit(X)"),
        ("%%capture out\n!pip install x\nimport x", "\npass\nimport x"),
        ("%%bash\necho a\ndvc pull", "\n\n"),
        ("%%writefile train.py\nimport os", "\n"),
        ("%%sql\nselect 1", "\n"),
        ("%sql\nselect 1\nfrom t", "\n\n"),
        ("# note\n%%bigquery df\nselect 1", "\n\n"),
        ("!docker run \\\n  -it x\ny = 1", "pass\n\ny = 1"),
        ("pip install numpy\nimport numpy", "pass\nimport numpy"),
        ('x = """\n!not a command\n%nor this\n"""\n!ls', 'x = """\n!not a command\n%nor this\n"""\npass'),
        ("y = (a\n     % b)\n!ls", "y = (a\n     % b)\npass"),
        ("y = 7 \\\n  % 3", "y = 7 \\\n  % 3"),
        ("s = 'it\\'s ! %x'  # 100% (sure\n!ls", "s = 'it\\'s ! %x'  # 100% (sure\npass"),
        ("", ""),
        ("await f()", "await f()"),
    ],
)
def test_the_python_of_a_cell(source: str, python: str) -> None:
    plain = plain_python(source)
    assert plain.text == python
    assert plain.text.count("\n") == source.count("\n")
    assert problem_of(plain.text) is None


def test_shell_text_has_its_place() -> None:
    plain = plain_python("if a:\n    !dvc pull\n%pip install -q x==1\n!!ls\nout = !git log\n%run train.py --lr 1")
    assert [(f.language, f.text, f.line, f.column) for f in plain.foreign] == [
        ("shell", "dvc pull", 2, 6),
        ("shell", "pip install -q x==1", 3, 2),
        ("shell", "ls", 4, 3),
        ("shell", "git log", 5, 8),
        ("shell", "python train.py --lr 1", 6, 1),
    ]


@pytest.mark.parametrize(("head", "interpreter"), [("%%bash", "bash"), ("%%sh", "sh"), ("%%script bash -e", "bash"), ("%%!", "bash")])
def test_whole_cells_of_shell(head: str, interpreter: str) -> None:
    (foreign,) = plain_python(f"{head}\nset -e\ndvc pull").foreign
    assert (foreign.language, foreign.text, foreign.line, foreign.interpreter) == ("shell", "set -e\ndvc pull", 2, interpreter)


def test_a_written_file_is_named() -> None:
    (foreign,) = plain_python("%%writefile -a src/train.py\nimport os").foreign
    assert (foreign.language, foreign.target, foreign.text) == ("writefile", "src/train.py", "import os")


def test_python_that_only_looks_odd_is_left_alone() -> None:
    source = "x = a % b\ny = f'{a!r}'\nprint('!ls')\nd = {'a': 1}"
    assert plain_python(source).text == source


def test_code_behind_a_timing_magic_knows_how_far_it_moved() -> None:
    assert plain_python("    \n%time x = f()\n!ls").shifts == ((2, 6),)


def test_what_is_no_python_says_where() -> None:
    assert problem_of("x = 1\nprint 'a'") is not None
    problem = problem_of("x = 1\ny = (")
    assert problem is not None and problem[1] == 2
    assert problem_of("a\0b") is not None


@pytest.mark.parametrize(
    ("line", "shell"),
    [
        ("!{sys.executable} -m pip install x", "python           -m pip install x"),
        ("!{SUDO} apt update", "$SUDO  apt update"),
        ("!wc -l {graph_path}", "wc -l {graph_path}"),
        ("!ls {out.get()[0].uri}", "ls {out.get___0_.uri}"),
        ("!echo ${HOME}", "echo ${HOME}"),
        ("!zenml login <your-server>", "zenml login _your-server_"),
    ],
)
def test_what_ipython_fills_in_is_no_shell_syntax(line: str, shell: str) -> None:
    (foreign,) = plain_python(line).foreign
    assert foreign.text == shell
    assert len(foreign.text) == len(line) - 1
