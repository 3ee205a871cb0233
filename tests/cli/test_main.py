from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import click
import pytest

from gitops.cli import main
from gitops.cluster.survey import Survey
from gitops.delivery import observe
from gitops.desired import desired_plan
from gitops.model import errors
from gitops.model.capabilities import Served
from gitops.source.stackfile import settings_from, stack_values
from tests.git_repository import GitRepository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gitops.model.keys import ObjectKey

FAILURES = [
    errors.GitOpsError, errors.ConfigError, errors.AccessError, errors.RefusedError, errors.NotFoundError,
    errors.ConflictError, errors.TimedOutError,
]  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose stack `test` names a repository of one application."""
    repository = GitRepository(tmp_path / "origin")
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"a": "1"}}
    repository.write("k8s/02-apps/web/x.yaml", json.dumps(body)).commit()
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "Pulumi.test.yaml").write_text(f"config:\n  gitops:repository: {repository.url}\n")
    return folder


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[dict[ObjectKey, Any]]:
    """What lives in the cluster that every stack finds; empty at first."""
    live: dict[ObjectKey, Any] = {}

    class Connection:
        def survey(self, _stack: str, *, metadata_only: bool) -> Survey:
            assert metadata_only is False
            return Survey(live, {})

    monkeypatch.setattr(observe, "connect", lambda _: Connection())
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return live  # type: ignore[return-value]


def commands(
    group: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, group
    if isinstance(group, click.Group):
        for name, command in group.commands.items():
            yield from commands(command, (*path, name))


LEAVES = [path for path, command in commands(main.cli) if not isinstance(command, click.Group)]


@pytest.mark.parametrize("path", [(), *LEAVES])
def test_help_shows_examples(gitops: Any, path: tuple[str, ...]) -> None:
    code, out, err = gitops(*path, "--help")
    assert (code, err) == (0, "")
    assert "Examples:" in out
    assert f"  gitops {' '.join(path)}".rstrip() in out


def test_help_lists_the_exit_codes(gitops: Any) -> None:
    out = gitops("--help")[1]
    assert all(f"{code} " in out.partition("Exit codes:")[2] for code in (0, 1, 2, 3, 4, 5, 6, 8, 9, 130))


def test_the_version_is_the_package_s(gitops: Any) -> None:
    assert gitops("--version")[:2] == (0, "gitops, version 0.1.0\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ("apq",), ("app", "lits"), ("app", "list"), ("app", "list", "--stak", "x"), ("stack", "sync"),
        ("app", "list", "-s", "x", "-o", "xml"), ("--project", "/no/such/folder", "app", "list", "-s", "x"),
    ],
)  # fmt: skip
def test_a_wrong_command_is_a_usage_error(gitops: Any, arguments: tuple[str, ...]) -> None:
    code, out, err = gitops(*arguments)
    assert (code, out) == (2, "")
    assert "Error:" in err
    assert "Traceback" not in err


def test_a_mistyped_command_suggests_the_right_one(gitops: Any) -> None:
    assert "Did you mean" in gitops("ap")[2]


@pytest.mark.parametrize("failure", FAILURES)
def test_every_error_ends_with_its_own_code_and_is_told_on_stderr(
    gitops: Any, project: Path, monkeypatch: pytest.MonkeyPatch, failure: type[errors.GitOpsError]
) -> None:
    def fail(_: object) -> None:
        raise failure("it is wrong", next_step="mend it")

    monkeypatch.setattr(observe, "connect", fail)
    assert gitops("--project", str(project), "app", "list", "-s", "test") == (
        failure.exit_code, "", "error: it is wrong\n    → mend it\n",
    )  # fmt: skip


def test_an_interruption_ends_with_130(gitops: Any, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(observe, "connect", interrupt)
    assert gitops("--project", str(project), "app", "list", "-s", "test")[0] == 130


def test_an_unknown_stack_is_not_found(gitops: Any, project: Path) -> None:
    code, _, err = gitops("--project", str(project), "app", "list", "-s", "tset")
    assert code == 6
    assert "the stacks are: test" in err


def test_the_list_for_machines_goes_to_stdout_alone(
    gitops: Any, project: Path, cluster: dict[ObjectKey, Any]
) -> None:
    code, out, err = gitops("--project", str(project), "app", "list", "-s", "test", "-o", "json")
    assert (code, err, cluster) == (0, "", {})
    [web] = json.loads(out)["applications"]
    assert (web["name"], web["sync"], web["health"]["status"]) == ("web", "OutOfSync", "Missing")


def test_what_differs_ends_with_1_only_where_it_was_asked_for(
    gitops: Any, project: Path, cluster: dict[ObjectKey, Any]
) -> None:
    arguments = ("--project", str(project), "app", "list", "-s", "test", "-o", "name")
    assert gitops(*arguments)[:2] == (0, "web\n")
    assert gitops(*arguments, "--exit-code")[:2] == (1, "web\n")
    plan = desired_plan(settings_from(stack_values("test", project), "test", project, {}), Served({}))
    cluster.update({item.manifest.key: item.manifest.body for item in plan.objects})
    assert gitops(*arguments, "--exit-code")[:2] == (0, "web\n")


def test_what_no_application_is_to_blame_for_is_a_configuration_error(
    gitops: Any, project: Path, tmp_path: Path, cluster: dict[ObjectKey, Any]
) -> None:
    assert cluster == {}
    repository = GitRepository(tmp_path / "origin")
    repository.remove("k8s").write("README.md", "").commit()
    code, out, err = gitops("--project", str(project), "app", "list", "-s", "test")
    assert (code, out) == (2, "")
    assert "no directory of commit" in err


@pytest.mark.parametrize("arguments", [["--help"], ["app", "list", "--help"], ["stack", "sync", "--help"]])
def test_help_does_not_load_the_engine(arguments: list[str]) -> None:
    program = (
        "import sys\nfrom gitops.cli.main import main\n"
        f"sys.argv = ['gitops', *{arguments!r}]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print([name for name in ('pulumi', 'pulumi_kubernetes', 'grpc', 'rich') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_reader_that_went_away_is_no_traceback(project: Path) -> None:
    assert project.exists()
    command = [sys.executable, "-m", "gitops.cli.main", "--help"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
