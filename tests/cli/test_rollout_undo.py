"""Undoing a Rollout: first the commit, then what is under way, and neither for what has no Rollout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gitops.cli.rollout import undo as room
from gitops.model.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is done, in its order, in place of Git and the cluster."""
    said: list[str] = []

    def roll_back(*_: object, **__: object) -> bool:
        said.append("commit")
        return True

    def steer(*_: object) -> tuple[Any, ...]:
        said.append("abort")
        return ()

    monkeypatch.setattr(room, "look", lambda *_: said.append("look"))
    monkeypatch.setattr(room, "roll_back", roll_back)
    monkeypatch.setattr(room, "steer", steer)
    return said


@pytest.fixture
def run(gitops: Run, tmp_path: Path) -> Run:
    (tmp_path / "Pulumi.test.yaml").write_text("config:\n  gitops:repository: https://h/a.git\n")
    return lambda *words: gitops("--project", str(tmp_path), "rollout", "undo", "web", "-s", "test", *words)


def test_the_commit_comes_before_the_abort(run: Run, done: list[str]) -> None:
    assert run("--yes")[0] == 0
    assert done == ["look", "commit", "abort"]


def test_a_branch_for_review_aborts_nothing(run: Run, done: list[str]) -> None:
    assert run("--yes", "--branch", "back")[0] == 0
    assert done == ["look", "commit"]


def test_without_a_rollout_there_is_no_commit(
    run: Run, done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def look(*_: object) -> None:
        raise NotFoundError("no Rollout of application 'web' lives")

    monkeypatch.setattr(room, "look", look)
    assert run("--yes")[0] == 6
    assert done == []
