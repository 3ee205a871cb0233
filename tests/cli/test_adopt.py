from __future__ import annotations

import pytest
from click.testing import CliRunner

from gitops.cli.main import cli


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--yes", "--undo"], "three different things"),
        (["--undo", "--confirm"], "three different things"),
        (["--sync"], "go with --yes"),
        (["--allow-restarts", "--undo"], "go with --yes"),
        (["--remove-owner"], "goes with --confirm"),
    ],
)
def test_options_that_contradict_each_other_are_refused_before_anything_is_read(
    options: list[str], words: str
) -> None:
    told = CliRunner().invoke(cli, ["adopt", "--stack", "nowhere", *options])
    assert told.exit_code == 2
    assert words in told.output
