"""Command lines and actions: every example of the command files, the wrappers in depth, install options, actions by name and pattern."""

from __future__ import annotations

import pytest

from mlrubric.knowledge.actions import action, load_actions
from mlrubric.knowledge.commands import KINDS, interpret
from mlrubric.knowledge.invocation import CommandExample, load_commands
from mlrubric.knowledge.toml import CatalogueError


@pytest.mark.parametrize("example", load_commands().examples, ids=lambda example: example.place)
def test_a_command_line_means_what_its_example_says(example: CommandExample) -> None:
    found = interpret(example.argv)
    assert tuple(one.kind for one in found) == example.kinds
    for name in ("target", "role", "swallows", "directory"):
        wanted = getattr(example, name)
        if wanted is not None:
            assert getattr(found[0], name) == wanted, (name, found)


def test_every_kind_has_an_example_and_a_meaning() -> None:
    shown = {kind for example in load_commands().examples for kind in example.kinds}
    assert shown == set(KINDS)
    assert all(KINDS.values())


@pytest.mark.parametrize(
    ("line", "options"),
    [
        (
            "pip install -r a.txt --requirement=b.txt -c c.txt -e .[dev,test] torch==2.0 --upgrade",
            {
                "requirements": ("a.txt", "b.txt"),
                "constraints": ("c.txt",),
                "editable": (".[dev,test]",),
                "extra": ("dev", "test"),
                "package": ("torch==2.0",),
                "--upgrade": ("",),
                "manager": ("pip",),
            },
        ),
        ("pip install ./lib[a]", {"project": ("./lib",), "extra": ("a",)}),
        ("pip install git+https://example.org/x@main", {"package": ("git+https://example.org/x@main",), "project": ()}),
        ("pip install -rrequirements.txt", {"requirements": ("requirements.txt",)}),
        ("uv pip install --system -r a.txt", {"requirements": ("a.txt",), "manager": ("uv",)}),
        ("uv sync --frozen --extra dev --group test", {"extra": ("dev",), "group": ("test",), "--frozen": ("",)}),
        ("poetry install --with dev,test -E api", {"group": ("dev", "test"), "extra": ("api",), "manager": ("poetry",)}),
        ("conda env create -f environment.yml -n ml", {"requirements": ("environment.yml",), "manager": ("conda",)}),
        ("pipenv install --dev --deploy", {"--dev": ("",), "--deploy": ("",)}),
    ],
)
def test_an_install_says_what_it_installs(line: str, options: dict[str, tuple[str, ...]]) -> None:
    (found,) = interpret(line.split())
    assert (found.kind, found.role) == ("install", "env.install")
    assert {name: found.all(name) for name in options} == options


def test_the_options_of_tests_are_kept() -> None:
    (found,) = interpret(["pytest", "-k", "a and not b", "-m", "not slow", "--ignore=x", "--ignore", "y", "--deselect", "t.py::z", "tests"])
    assert found.target == "tests"
    assert (found.option("-k"), found.option("-m")) == ("a and not b", "not slow")
    assert (found.all("--ignore"), found.option("--deselect")) == (("x", "y"), "t.py::z")


def test_the_arguments_of_a_script_are_read() -> None:
    (found,) = interpret(["python", "train.py", "--lr", "0.1", "--seed=3", "--fast", "-c", "conf.yaml", "out", "--shift", "-1"])
    assert found.options == (("--lr", "0.1"), ("--seed", "3"), ("--fast", ""), ("-c", "conf.yaml"), ("argument", "out"), ("--shift", "-1"))


def test_folders_of_nested_wrappers_add_up() -> None:
    (found,) = interpret(["poetry", "-C", "a", "run", "make", "-C", "b", "train"])
    assert (found.kind, found.target, found.directory) == ("target", "train", "a/b")


@pytest.mark.parametrize(
    ("argv", "target", "file"),
    [
        (["docker", "buildx", "build", "--push", "-f", "d/Dockerfile", "."], ".", "d/Dockerfile"),
        (["docker", "build", "--file=x.Dockerfile", "ctx"], "ctx", "x.Dockerfile"),
        (["docker", "--context", "c", "build", "."], ".", None),
    ],
)
def test_an_image_build_names_context_and_file(argv: list[str], target: str, file: str | None) -> None:
    (found,) = interpret(argv)
    assert (found.kind, found.target, found.option("file")) == ("image-build", target, file)


def test_endless_wrapping_ends() -> None:
    assert [one.kind for one in interpret(["sudo"] * 50 + ["python", "x.py"])] == ["tool"]
    assert interpret([]) == ()
    assert interpret(["sudo"])[0].kind == "tool"
    assert interpret(["A=B"]) == ()


def test_an_mlflow_project_has_its_entry() -> None:
    (found,) = interpret(["mlflow", "run", "ml", "--entry-point", "train", "-P", "seed=3"])
    assert (found.kind, found.target, found.option("entry"), found.option("-P")) == ("project", "ml", "train", "seed=3")


@pytest.mark.parametrize(
    ("uses", "kind", "role"),
    [
        ("actions/checkout@v4", "checkout", "source.checkout"),
        ("Actions/Upload-Artifact@v4", "keep", "artifact.upload"),
        ("softprops/action-gh-release@v2", "upload", "artifact.upload"),
        ("docker/build-push-action@v6", "image", "image.build"),
        ("pre-commit/action@v3.0.1", "hooks", "check.lint"),
        ("pypa/gh-action-pip-audit@v1", "check", "check.audit"),
        ("github/codeql-action/analyze@v3", "check", "check.audit"),
        ("github/codeql-action/upload-sarif@v3", "other", "run.log_artifact"),
        ("google-github-actions/deploy-cloudrun@v2", "deploy", "model.deploy"),
        ("someone/super-slack-thing@v1", "notify", "notify.send"),
        ("appleboy/ssh-action@master", "deploy", "model.deploy"),
        ("snyk/actions/python@master", "check", "check.audit"),
    ],
)
def test_actions_are_known_by_name_and_by_pattern(uses: str, kind: str, role: str) -> None:
    found = action(uses)
    assert found is not None
    assert found.kind == kind and role in found.roles


def test_the_inputs_of_an_action_bring_roles() -> None:
    found = action("docker/build-push-action")
    assert found is not None
    assert found.roles_for({"context": "."}) == ("image.build",)
    assert found.roles_for({"push": "true"}) == ("image.build", "image.push")
    assert found.roles_for({"push": "false"}) == ("image.build",)
    script = action("actions/github-script@v7")
    assert script is not None
    assert script.roles_for({"script": "github.rest.issues.createComment({})"}) == ("notify.send",)
    assert action("nobody/knows-me@v1") is None


def test_exact_names_come_before_patterns() -> None:
    known = load_actions()
    assert action("azure/webapps-deploy") is known["azure/webapps-deploy"]


def test_a_bad_command_file_is_refused_with_its_line(tmp_path: object) -> None:
    from pathlib import Path
    from shutil import copy

    from mlrubric.knowledge.location import rules_directory

    folder = Path(str(tmp_path))
    (folder / "knowledge" / "commands").mkdir(parents=True)
    copy(rules_directory() / "roles.toml", folder)
    (folder / "knowledge" / "commands" / "x.toml").write_text('[[command]]\nname = "x"\n\n[[command]]\nname = "y"\nkind = "nonsense"\n')
    with pytest.raises(CatalogueError) as caught:
        load_commands(folder)
    assert (caught.value.path.name, caught.value.line) == ("x.toml", 4)
    assert "unknown kind `nonsense`" in caught.value.message
