"""Discovery: what is listed, what is named instead, and that the repository's configuration runs nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mlrubric.source import tree as module
from mlrubric.source.tree import DiskTree, MemoryTree, Tree

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(
        ["git", "-c", "core.fsmonitor=false", "-c", "user.name=a", "-c", "user.email=a@example.org", *arguments],
        cwd=folder,
        check=True,
        capture_output=True,
        env={
            **os.environ,
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_COMMITTER_DATE": "2024-05-06T23:30:00 +0000",
            "GIT_AUTHOR_DATE": "2024-05-06T23:30:00 +0000",
        },
    )


def write(root: Path, files: dict[str, str | bytes]) -> None:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def paths(tree: Tree) -> list[str]:
    return [entry.path for entry in tree.files]


def reasons(tree: Tree) -> dict[str, str]:
    return dict(tree.notices)


def plain_folder(root: Path) -> None:
    """No git: the walk answers."""


def git_folder(root: Path) -> None:
    git(root, "init", "-q", ".")


both = pytest.mark.parametrize("prepare", [plain_folder, pytest.param(git_folder, marks=needs_git)])


@both
def test_ignored_files_and_tool_folders_are_left_out(tmp_path: Path, prepare: Callable[[Path], None]) -> None:
    prepare(tmp_path)
    write(
        tmp_path,
        {
            ".gitignore": "*.log\n/build/\n!keep.log\ndata/*\n!data/x.csv\n",
            "a.py": "1",
            "x.log": "",
            "keep.log": "",
            "build/b.py": "",
            "sub/build/c.py": "",
            "data/x.csv": "",
            "data/y.csv": "",
            "sub/.gitignore": "own\n!sub.log\n",
            "sub/own": "",
            "sub/sub.log": "",
            "own": "",
            "node_modules/m/i.js": "",
            "sub/.venv/lib/p.py": "",
            "lib/site-packages/q.py": "",
            "__pycache__/a.pyc": "",
        },
    )
    tree = DiskTree(tmp_path)
    assert paths(tree) == [
        ".gitignore", "a.py", "data/x.csv", "keep.log", "own", "sub/.gitignore", "sub/build/c.py", "sub/sub.log",
    ]  # fmt: skip
    assert tree.read("a.py") == b"1"


@both
def test_links_never_lead_out_and_never_twice(tmp_path: Path, prepare: Callable[[Path], None]) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    prepare(root)
    write(root, {"a.py": "1", "sub/b.py": "2"})
    write(outside, {"secret.py": "3"})
    (root / "etc").symlink_to("/etc")
    (root / "passwd").symlink_to("/etc/passwd")
    (root / "out").symlink_to("../outside")
    (root / "loop").symlink_to("loop")
    (root / "sub" / "up").symlink_to("..")
    (root / "again.py").symlink_to("a.py")
    (root / "gone").symlink_to("nowhere")
    tree = DiskTree(root)
    assert paths(tree) == ["a.py", "sub/b.py"]
    noted = reasons(tree)
    assert set(noted) == {"etc", "passwd", "out", "loop", "gone"}
    assert all("leads out" in noted[name] for name in ("etc", "passwd", "out"))
    assert all("leads nowhere" in noted[name] for name in ("loop", "gone"))
    for path in ("passwd", "etc/passwd", "../outside/secret.py", "/etc/passwd"):
        with pytest.raises(OSError, match="leads out"):
            tree.read(path)


@both
def test_strange_names_survive(tmp_path: Path, prepare: Callable[[Path], None]) -> None:
    prepare(tmp_path)
    write(tmp_path, {"e\x1b[31m.py": "1", "new\nline.py": "2", "ü 日.py": "3", '"q".py': "4"})
    raw = os.path.join(os.fsencode(tmp_path), b"\xff\xfe.py")  # noqa: PTH118
    try:
        Path(os.fsdecode(raw)).write_bytes(b"5")
        undecodable = ["\udcff\udcfe.py"]
    except OSError:  # a file system that takes UTF-8 only
        undecodable = []
    tree = DiskTree(tmp_path)
    assert paths(tree) == sorted(["e\x1b[31m.py", "new\nline.py", "ü 日.py", '"q".py', *undecodable])
    assert sorted(tree.read(entry.path) for entry in tree.files)[:4] == [b"1", b"2", b"3", b"4"]


@both
def test_huge_files_and_pipes_are_named(tmp_path: Path, prepare: Callable[[Path], None]) -> None:
    prepare(tmp_path)
    write(tmp_path, {"a.py": "1"})
    with (tmp_path / "huge.json").open("wb") as stream:
        stream.truncate(module.MAX_TEXT + 1)
    with (tmp_path / "n.ipynb").open("wb") as stream:
        stream.truncate(module.MAX_TEXT + 1)
    os.mkfifo(tmp_path / "pipe")
    tree = DiskTree(tmp_path)
    assert paths(tree) == ["a.py", "huge.json", "n.ipynb"]
    assert "5.0 MB" in reasons(tree)["huge.json"] and "n.ipynb" not in reasons(tree)
    assert len(tree.read("huge.json")) == module.MAX_TEXT + 1


@both
def test_limits_are_announced(tmp_path: Path, prepare: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(tmp_path)
    monkeypatch.setattr(module, "MAX_FILES", 3)
    monkeypatch.setattr(module, "MAX_LEVELS", 2)
    write(tmp_path, {"a/b/c/d.py": "1", "e.py": "1", "f.py": "1"})
    tree = DiskTree(tmp_path)
    assert paths(tree) == ["e.py", "f.py"]
    assert any("folders deep" in reason for reason in reasons(tree).values())
    write(tmp_path, {"g.py": "", "h.py": "", "i.py": ""})
    assert any("more than 3 files" in reason for reason in reasons(DiskTree(tmp_path)).values())


@both
def test_an_empty_folder_has_no_files(tmp_path: Path, prepare: Callable[[Path], None]) -> None:
    prepare(tmp_path)
    tree = DiskTree(tmp_path)
    assert (tree.files, tree.notices, tree.commit, tree.commit_date) == ((), (), None, None)


@needs_git
@pytest.mark.parametrize("setting", ["core.fsmonitor", "core.hooksPath", "core.sshCommand", "core.pager", "core.alternateRefsCommand"])
def test_the_repositorys_git_configuration_runs_nothing(tmp_path: Path, setting: str) -> None:
    root, trap = tmp_path / "root", tmp_path / "trap"
    root.mkdir()
    git(root, "init", "-q", ".")
    write(root, {"a.py": "1"})
    git(root, "add", ".")
    git(root, "commit", "-qm", "x")
    script = tmp_path / "evil.sh"
    script.write_text(f"#!/bin/sh\necho ran >> {trap}\n")
    script.chmod(0o755)
    git(root, "config", setting, str(script))
    git(root, "config", "log.showSignature", "true")
    git(root, "config", "gpg.program", str(script))
    if setting == "core.fsmonitor":  # the trap must be able to close
        subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, check=False, env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull})
        assert trap.exists()
        trap.unlink()
    tree = DiskTree(root)
    assert paths(tree) == ["a.py"] and tree.commit_date == "2024-05-06"
    assert not trap.exists()


@needs_git
def test_commit_date_and_tracked_files(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", ".")
    write(tmp_path, {"a.py": "1", "sub/b.py": "2", "gone.py": ""})
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "x")
    (tmp_path / "gone.py").unlink()
    write(tmp_path, {"new.py": "3"})
    tree = DiskTree(tmp_path)
    assert paths(tree) == ["a.py", "new.py", "sub/b.py"]
    assert tree.tracked == frozenset({"a.py", "sub/b.py", "gone.py"})
    assert tree.commit is not None and len(tree.commit) == 40 and tree.commit_date == "2024-05-06"
    assert "not in the work tree" in reasons(tree)["gone.py"]
    below = DiskTree(tmp_path / "sub")
    assert paths(below) == ["b.py"] and below.tracked == frozenset({"b.py"}) and below.commit == tree.commit


@needs_git
def test_a_shallow_clone_has_no_date(tmp_path: Path) -> None:
    origin = tmp_path / "origin"
    origin.mkdir()
    git(origin, "init", "-q", ".")
    for number in range(2):
        write(origin, {"a.py": str(number)})
        git(origin, "add", ".")
        git(origin, "commit", "-qm", "x")
    git(tmp_path, "clone", "-q", "--depth", "1", origin.as_uri(), "copy")
    tree = DiskTree(tmp_path / "copy")
    assert paths(tree) == ["a.py"] and tree.commit is not None and tree.commit_date is None


@needs_git
def test_work_trees_submodules_and_ignored_roots(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    git(root, "init", "-q", ".")
    write(root, {"a.py": "1", ".gitignore": "hidden\n", "hidden/b.py": "", "hidden/.gitignore": "c.py", "hidden/c.py": ""})
    git(root, "add", ".")
    git(root, "commit", "-qm", "x")
    git(root, "worktree", "add", "-q", str(tmp_path / "second"))
    second = DiskTree(tmp_path / "second")
    assert (tmp_path / "second" / ".git").is_file()
    assert paths(second) == [".gitignore", "a.py"] and second.commit == DiskTree(root).commit is not None
    hidden = DiskTree(root / "hidden")
    assert paths(hidden) == [".gitignore", "b.py"] and hidden.tracked is None
    (root / "nested").mkdir()
    git(root / "nested", "init", "-q", ".")
    write(root, {"nested/d.py": ""})
    git(root / "nested", "add", ".")
    git(root / "nested", "commit", "-qm", "x")
    assert "another git repository" in reasons(DiskTree(root))["nested"]


@needs_git
def test_a_broken_repository_and_a_missing_git_are_walked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(tmp_path, "init", "-q", ".")
    write(tmp_path, {"a.py": "1", ".gitignore": "b.py\n", "b.py": ""})
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    tree = DiskTree(tmp_path)
    assert paths(tree) == [".gitignore", "a.py"] and tree.tracked is None and tree.commit is None
    monkeypatch.undo()
    (tmp_path / ".git" / "HEAD").write_text("nonsense")
    assert paths(DiskTree(tmp_path)) == [".gitignore", "a.py"]
    shutil.rmtree(tmp_path / ".git")
    (tmp_path / ".git").write_text("gitdir: /nowhere\n")
    assert paths(DiskTree(tmp_path)) == [".gitignore", "a.py"]


@needs_git
def test_a_repository_of_another_user_is_listed(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", ".")
    write(tmp_path, {"a.py": "1", "b.py": "2"})
    git(tmp_path, "add", "a.py")
    if os.geteuid() == 0:
        os.chown(tmp_path, 12345, 12345)
        os.chown(tmp_path / ".git", 12345, 12345)
    assert DiskTree(tmp_path).tracked == frozenset({"a.py"})


def test_pathspec_is_not_needed_where_git_answers(tmp_path: Path) -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    git(tmp_path, "init", "-q", ".")
    code = (
        "import sys; from pathlib import Path; from mlrubric.source.tree import DiskTree;"
        "DiskTree(Path('.')); print('pathspec' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_tree_in_memory() -> None:
    tree: Tree = MemoryTree({"b.py": "é", "a/c": b"\xff"}, commit="0" * 40, commit_date="2024-01-01")
    assert [(entry.path, entry.size) for entry in tree.files] == [("a/c", 1), ("b.py", 2)]
    assert tree.read("b.py") == "é".encode() and tree.tracked == frozenset({"b.py", "a/c"})
    with pytest.raises(FileNotFoundError):
        tree.read("c")


def test_without_git_what_is_ignored_is_doubtful(tmp_path: Path) -> None:
    """It may have been added all the same; a read of it is neither tracked nor untracked."""
    from mlrubric.graph.build import build
    from mlrubric.knowledge.catalogue import load_catalogue
    from mlrubric.read.drive import read_tree

    (tmp_path / "data").mkdir()
    (tmp_path / "data/rows.csv").write_text("a,b\n1,2\n")
    (tmp_path / ".gitignore").write_text("data/\n")
    (tmp_path / "train.py").write_text(
        "import pandas as pd\nfrom sklearn.linear_model import Ridge\n\nrows = pd.read_csv('data/rows.csv')\n"
        "more = pd.read_csv('other/rows.csv')\nRidge().fit(rows, more)\n"
    )
    tree = DiskTree(tmp_path)
    assert tree.doubtful == {"data"}
    picture = build(read_tree(tree, workers=1), [entry.path for entry in tree.files], load_catalogue(), doubtful=tree.doubtful)
    reads = [picture.graph.nodes[n] for n in picture.graph.with_role("data.read")]
    assert [(node.place.line, node.attributes["origin"]) for node in reads] == [(4, "unknown"), (5, "untracked")]


def test_what_a_tool_shares_is_read_though_a_pattern_names_it(tmp_path: Path) -> None:
    """The pattern came too late: without git there is no better sign than that the file is there."""
    write(tmp_path, {".gitignore": ".dvc/config\n.dvc/config.local\n", ".dvc/config": "[core]\n", ".dvc/config.local": "[core]\n"})
    assert paths(DiskTree(tmp_path)) == [".dvc/config", ".gitignore"]
