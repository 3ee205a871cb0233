"""The help of every command begins with what it does and has examples, each of which the command line accepts."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from gitops.cli.main import cli
from tests.live.examples import STORY
from tests.live.failures import FAILURES

if TYPE_CHECKING:
    from collections.abc import Iterator


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        yield " ".join((*path, name)), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


ALL = dict(commands(cli))
LEAVES = {name: command for name, command in ALL.items() if not isinstance(command, click.Group)}


def examples(command: click.Command) -> list[str]:
    """The lines below `Examples:` that call `gitops`, with what continues them."""
    section = (command.help or "").partition("Examples:\n")[2].replace("\\\n", " ")
    return [line.strip() for line in section.splitlines() if "gitops " in line]


OUTSIDE = re.compile(r"gitops (secret|ci|rollout (?!simulate)\w+) |--pull-request|--merged")
ELSEWHERE = [Path(__file__).parents[1] / "live" / f"test_{name}.py" for name in ("ci", "rollout_steering")]
EXAMPLES = [(name, line) for name, command in LEAVES.items() for line in examples(command)]


@pytest.mark.parametrize("name", LEAVES)
def test_a_command_has_examples_of_itself(name: str) -> None:
    assert any(f"gitops {name}" in line for line in examples(LEAVES[name]))


@pytest.mark.parametrize("name", ALL)
def test_a_command_says_in_a_sentence_what_it_does(name: str) -> None:
    first = (ALL[name].help or "").partition("\n\n")[0]
    assert first.endswith((".", ".\n")), first


def test_every_example_is_run_and_none_that_is_no_longer_there() -> None:
    """Those of `gitops secret` are run by tests that take them from it; some others have stories of their own."""
    outside = {line for _, line in EXAMPLES if OUTSIDE.search(line)}
    shown = {line for _, line in EXAMPLES} - outside | set(examples(cli))
    assert shown == {example.line for example in STORY}
    stories = "".join(file.read_text() for file in ELSEWHERE)
    assert [line for line in outside if "gitops secret " not in line and f'"{line}"' not in stories] == []


@pytest.mark.parametrize("name", [name for name in LEAVES if not name.startswith("ci ")])
def test_a_command_is_run_on_a_cluster_when_all_is_well_and_when_it_is_not(name: str) -> None:
    assert OUTSIDE.search(f"gitops {name} ") or any(f"gitops {name} " in f"{item.line} " for item in STORY)
    assert any(f"gitops {name} " in f"{item.line} " and (item.code or item.endless) for item in FAILURES)


@pytest.mark.parametrize(("name", "line"), EXAMPLES, ids=[line for _, line in EXAMPLES])
def test_an_example_is_accepted(
    name: str, line: str, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Every word of it is read as its command would read it: commands, options and the types of their values."""
    monkeypatch.chdir(tmp_path_factory.mktemp("project"))
    inner = re.search(r"\$\((gitops [^)]*)\)", line)
    parts = [inner[1]] if inner else re.split(r" (?:\||&&|>) ?", line)
    words = shlex.split(next(part for part in parts if "gitops " in part))
    words = words[words.index("gitops") + 1 :]
    context = cli.make_context("gitops", list(words))
    command: click.Command = cli
    rest = [*context._protected_args, *context.args]
    while isinstance(command, click.Group):
        _, found, rest = command.resolve_command(context, rest)
        assert found, line
        command = found
        if isinstance(command, click.Group):
            context = command.make_context(command.name, rest, parent=context)
            rest = [*context._protected_args, *context.args]
    for parameter in command.params:
        # what is read from files need not be there for the words to be right
        if isinstance(parameter.type, click.Path | click.File):
            monkeypatch.setattr(parameter, "type", click.STRING)
    command.make_context(name, rest, parent=context)
