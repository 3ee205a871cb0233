"""The examples in the help of `gitops secret`, as a shell would take them apart."""

import re
import shlex
from collections.abc import Iterator

import click

from gitops.cli.main import cli


def examples() -> Iterator[list[str]]:
    """The words of each example behind `gitops`, without what comes before a pipe and where the output goes to."""
    assert isinstance(cli, click.Group)
    yield from _below(cli.commands["secret"])


def _below(command: click.Command) -> Iterator[list[str]]:
    if isinstance(command, click.Group):
        for one in command.commands.values():
            yield from _below(one)
        return
    _, _, text = (command.help or "").partition("Examples:")
    for line in re.findall(r"(gitops secret .*)", text):
        yield shlex.split(line.partition(" > ")[0])[1:]


def needs_cluster(words: list[str]) -> bool:
    """Whether an example speaks to a cluster."""
    return bool({"--by-controller", "--from-cluster", "restore", "hand-over"} & set(words))
