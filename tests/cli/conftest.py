"""The command line, run in the test's own process."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from gitops.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def gitops(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Runs `gitops` with its arguments; gives exit code, output and errors."""
    for name in ("PULUMI_STACK", "REPO_URL", "GITOPS_REPOSITORY_TOKEN"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["gitops", *arguments])
        with pytest.raises(SystemExit) as caught:
            main.main()
        told = capsys.readouterr()
        return int(caught.value.code or 0), told.out, told.err

    return run
