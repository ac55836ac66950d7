"""What a pip command line installs, and whether its version is bounded."""

from __future__ import annotations

import shlex

import pytest

from mlrubric.source.syntax.pip_command import pip_install, pip_install_targets

CASES: list[tuple[str, list[tuple[str, bool]]]] = [
    ("pip install pandas", [("pandas", False)]),
    ("pip3.11 install pandas==2.0 numpy", [("pandas==2.0", True), ("numpy", False)]),
    ("python -m pip install 'pandas[sql]>=2,<3'", [("pandas[sql]>=2,<3", True)]),
    ("/opt/venv/bin/python3 -u -m pip install pandas", [("pandas", False)]),
    ("sudo -E pip install pandas", [("pandas", False)]),
    ("env X=1 pip install pandas", [("pandas", False)]),
    ("uv pip install --system pandas", [("pandas", False)]),
    ("poetry run pip install pandas", [("pandas", False)]),
    ("conda run -n base pip install pandas", [("pandas", False)]),
    ("pip --no-cache-dir --trusted-host h install pandas", [("pandas", False)]),
    ("pip install -r requirements.txt", []),
    ("pip install -rrequirements.txt --requirement=other.txt", []),
    ("pip install -r requirements.txt pandas", [("pandas", False)]),
    ("pip install -c constraints.txt pandas", [("pandas", True)]),
    ("pip install . ./sub ../x /abs x.whl dist/*.whl pkg.tar.gz", []),
    ("pip install -e . -e ./sub --editable=../x -e '.[dev]'", []),
    ("pip install -e git+https://h/a/b.git#egg=b", [("git+https://h/a/b.git#egg=b", False)]),
    ("pip install git+https://h/a/b.git@v1", [("git+https://h/a/b.git@v1", True)]),
    ("pip install git+ssh://git@h/a/b.git", [("git+ssh://git@h/a/b.git", False)]),
    ("pip install git+ssh://git@h/a/b.git@main#egg=b", [("git+ssh://git@h/a/b.git@main#egg=b", True)]),
    ("pip install https://h/x.zip", [("https://h/x.zip", True)]),
    ("pip install $PACKAGES", []),
    ("pip install pandas==$PANDAS", [("pandas==$PANDAS", True)]),
    ("pip install --index-url https://h -i https://h --extra-index-url https://h -f x -t y --progress-bar off pandas", [("pandas", False)]),
    ("pip install -U --upgrade-strategy eager pip", [("pip", False)]),
    ("pip install 'pandas; python_version < \"3.9\"'", [('pandas; python_version < "3.9"', False)]),
    ("pip download pandas", []),
    ("pip freeze", []),
    ("pipx install pandas", []),
    ("pipenv install pandas", []),
    ("python install pandas", []),
    ("echo pip install pandas", []),
    ("pip", []),
]


@pytest.mark.parametrize(("command", "expected"), CASES)
def test_targets(command: str, expected: list[tuple[str, bool]]) -> None:
    assert pip_install_targets(shlex.split(command)) == expected


def test_exact_versions_and_options() -> None:
    found = pip_install(
        shlex.split("pip install --no-cache-dir --require-hashes -r a.txt -c b.txt x==1.0 y==1.* z>=1 git+https://h/r@" + "0" * 40)
    )
    assert found is not None
    assert [target.exact for target in found.targets] == [True, False, False, True]
    assert (found.requirements, found.constraints, found.no_cache, found.hashes) == (("a.txt",), ("b.txt",), True, True)
