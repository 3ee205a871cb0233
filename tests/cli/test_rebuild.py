"""`gitops rebuild`: what it asks, what it passes on, and which code it ends with."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gitops.cluster.survey import Survey
from gitops.delivery.rebuild import carry_out as rooms
from gitops.delivery.rebuild import found as room
from gitops.engine import stacks
from gitops.model.promotion import Move
from tests import given
from tests.report.test_rebuild import DONE, PLACE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def asked() -> dict[str, Any]:
    """What the rooms were asked for, and how they are to answer: `made`, `done`, `begun`."""
    return {"made": False, "done": DONE, "begun": None}


@pytest.fixture
def run(gitops: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any]) -> Run:
    (tmp_path / "Pulumi.prod.yaml").write_text("config:\n  gitops:repository: file:///srv/home.git\n")

    def look(settings: Any, project: Path) -> room.Found:
        return room.Found(settings, project, None, PLACE, Survey({}, {}), (), 0, asked["begun"])  # type: ignore[arg-type]

    def rebuild(_: room.Found, **words: Any) -> Any:
        asked.update(words)
        return asked["done"]

    monkeypatch.setattr(stacks, "ensure", lambda *_: asked["made"])
    monkeypatch.setattr(room, "look", look)
    monkeypatch.setattr(rooms, "rebuild", rebuild)
    return lambda *words: gitops("--project", str(tmp_path), "rebuild", *words)


def test_it_says_what_is_left_and_ends_with_the_verdict(run: Run, asked: dict[str, Any]) -> None:
    code, out, err = run("prod", "--yes")
    assert code == 0
    assert "kube-system has uid 1f0c" in err
    assert out.endswith("rebuilt: 1 application Synced and Healthy, nothing differs\n")
    assert (asked["partial"], asked["timeout"], asked["hold"] is None) == (False, 900.0, False)


def test_a_lost_state_and_a_promotion_that_was_begun_are_told(run: Run, asked: dict[str, Any]) -> None:
    asked.update(made=True, begun=Move(given.SHA, "before", "staging", "ada", "now"))
    _, _, err = run("prod", "--yes")
    assert "the backend had no stack prod: its state, its history and its notes are lost" in err
    assert "a promotion of c0ffee000000 was begun; afterwards, end it: gitops promote prod" in err


def test_without_a_yes_nothing_is_done(
    run: Run, asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert run("prod")[0] == 130
    assert "partial" not in asked


def test_its_options_are_passed_on_and_json_is_on_stdout_alone(run: Run, asked: dict[str, Any]) -> None:
    asked["done"] = replace(DONE, waiting=("web: Progressing",))
    code, out, _ = run("prod", "--yes", "--partial", "--ignore-holds", "--timeout", "90s", "-q", "-o", "json")
    assert code == 9
    assert (asked["partial"], asked["hold"], asked["timeout"]) == (True, None, 90.0)
    with asked["show"](None) as on_step:
        assert on_step is None
    assert (json.loads(out)["proven"], json.loads(out)["waiting"]) == (False, ["web: Progressing"])


def test_a_stack_without_a_file_is_not_made(run: Run, asked: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "Pulumi.prod.yaml").unlink()
    asked["made"] = True
    code, _, err = run("prod", "--yes")
    assert (code, "there is no stack 'prod'" in err) == (6, True)
