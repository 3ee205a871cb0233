"""The pipelines in examples/ci are what their servers read, and call this command line as it is."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest
import yaml

from gitops.cli.main import cli
from tests.house.repository_files import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = ROOT / "examples/ci"
FILES = sorted([*EXAMPLES.rglob("*.yaml"), *EXAMPLES.rglob("*.yml")])
SCHEMAS = {
    "github": ("--builtin-schema", "vendor.github-workflows"),
    "gitlab": ("--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"),
}


def scripts(value: Any) -> Iterator[str]:
    """Every line that a shell would run."""
    if isinstance(value, dict):
        for key, below in value.items():
            if key in {"run", "script", "before_script", "after_script"}:
                for text in below if isinstance(below, list) else [below]:
                    yield from text.splitlines()
            else:
                yield from scripts(below)
    elif isinstance(value, list):
        for below in value:
            yield from scripts(below)


def lines(file: Path) -> list[str]:
    return list(scripts(yaml.safe_load(file.read_text())))


CALLS = [(file, line) for file in FILES for line in lines(file) if line.startswith("gitops ")]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(EXAMPLES)))
def test_a_pipeline_is_one_by_its_servers_schema(file: Path) -> None:
    command = [str(Path(sys.executable).parent / "check-jsonschema"), *SCHEMAS[file.parent.name], str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("file", "line"), CALLS, ids=[f"{file.name}: {line[:40]}" for file, line in CALLS])
def test_a_call_is_accepted(file: Path, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert file
    monkeypatch.chdir(tmp_path)
    words = shlex.split(re.sub(r'"\$\(.*\)"', "word", line))[1:]
    context = cli.make_context("gitops", words)
    command: click.Command = cli
    rest = [*context._protected_args, *context.args]
    while isinstance(command, click.Group):
        name, command, rest = command.resolve_command(context, rest)
        assert command
        context = command.make_context(name, rest, parent=context)
        rest = [*context._protected_args, *context.args]


def test_every_verb_of_pipelines_is_in_them() -> None:
    group = cli.commands["ci"]
    assert isinstance(group, click.Group)
    assert {shlex.split(line)[2] for _, line in CALLS if line.startswith("gitops ci ")} == set(group.commands)


def test_nothing_that_a_pull_request_says_becomes_a_script_and_no_secret_an_argument() -> None:
    for file in FILES:
        for line in lines(file):
            assert "${{" not in line, line
            assert not re.search(r"TOKEN|PASSPHRASE|KUBECONFIG_", line), line


def test_the_preview_has_no_secret_but_the_runs_own_token() -> None:
    text = (EXAMPLES / "github/preview.yaml").read_text()
    assert "secrets." not in text
    assert "pull_request_target" not in text
    assert "persist-credentials: false" in text


def test_the_readme_lists_every_file() -> None:
    told = set(re.findall(r"^\| `(.+?)` \|", (EXAMPLES / "README.md").read_text(), re.MULTILINE))
    assert told == {str(file.relative_to(EXAMPLES)) for file in FILES}
