"""`python -m sandbox` and the Makefile, as far as they need no toolchain."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from sandbox.__main__ import VERBS, main
from tests.house.repository_files import ROOT

if TYPE_CHECKING:
    from pathlib import Path

TOOLS = "sh make cksum cut rm touch awk".split()


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_examples(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([verb, "--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert f"python -m sandbox {verb}" in text.partition("examples:")[2]
    assert "--home FOLDER" in text
    assert VERBS[verb][1:] in text


def test_an_unknown_verb_names_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["dmeo"])
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert [verb for verb in VERBS if verb not in told] == []


def test_a_demo_in_another_home_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--home", str(tmp_path / "elsewhere")]) == 2
    told = capsys.readouterr().err
    assert ".sandbox, as Pulumi.staging.yaml says" in told
    assert "python -m sandbox up" in told
    assert not (tmp_path / "elsewhere").exists()


def test_a_home_that_is_a_file_is_an_error_with_a_next_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert main(["build", "--home", str(tmp_path / "file")]) == 3
    assert "choose another --home" in capsys.readouterr().err


def test_nothing_runs_where_nothing_was_started(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = ["--home", str(tmp_path / "none")]
    assert main(["status", *home]) == 1
    assert main(["down", *home]) == 0
    assert "start it: make demo" in capsys.readouterr().out
    assert not (tmp_path / "none").exists()


def test_the_environment_is_shell_exports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env", "--home", str(tmp_path / "a home")]) == 0
    script = capsys.readouterr().out + 'printf %s "$KUBECONFIG"'
    read = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout
    assert read == str(tmp_path / "a home" / "kubeconfig")


@pytest.fixture
def bare(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A checkout with a Makefile and nothing else, and a PATH without any Python."""
    path = tmp_path / "path"
    path.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found
        (path / tool).symlink_to(found)
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, checkout)
    return checkout, {"PATH": str(path)}


def make(bare: tuple[Path, dict[str, str]], *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    checkout, environment = bare
    return subprocess.run(
        ["make", *words],
        cwd=checkout,
        env={**environment, **more},
        capture_output=True,
        text=True,
        check=False,
    )


def test_make_clean_makes_no_environment_only_to_stop_what_never_ran(
    bare: tuple[Path, dict[str, str]],
) -> None:
    done = make(bare, "clean")
    assert done.returncode == 0, done.stderr
    assert sorted(file.name for file in bare[0].iterdir()) == ["Makefile", "pyproject.toml"]


def test_make_clean_stops_the_demo_before_it_deletes_anything(bare: tuple[Path, dict[str, str]]) -> None:
    checkout = bare[0]
    (checkout / ".sandbox" / "clusters").mkdir(parents=True)
    assert make(bare, "clean").returncode != 0
    assert (checkout / ".sandbox").is_dir()
    python = checkout / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$@" > stopped\n')
    python.chmod(0o755)
    assert make(bare, "clean").returncode == 0
    assert (checkout / "stopped").read_text() == "-m sandbox down\n"
    assert not (checkout / ".sandbox").exists()


def test_without_a_python_make_says_what_to_install(bare: tuple[Path, dict[str, str]]) -> None:
    done = make(bare, "demo", found="/bin/true")
    assert done.returncode != 0
    assert "no Python 3.11 or newer is on PATH; install one" in done.stderr


def test_programs_are_built_before_tests_begin_whose_time_is_limited(
    bare: tuple[Path, dict[str, str]],
) -> None:
    plan = make(bare, "test", "--dry-run").stdout
    assert 0 < plan.index("-m sandbox build --all") < plan.index("-m pytest")


def test_make_help_lists_every_verb(bare: tuple[Path, dict[str, str]]) -> None:
    done = make(bare)
    assert done.returncode == 0
    assert {"demo", "test", "shell", "clean"} <= {line.split()[1] for line in done.stdout.splitlines()}
