from __future__ import annotations

from typing import Any

import click
import pytest

from gitops.cli.color import painted, painted_diff, wanted
from gitops.engine import history
from gitops.model.errors import unknown_applications
from tests.cli import frozen

TABLE = "web  Synced  Degraded\nsynced-web  OutOfSync  Healthy"


def test_the_words_that_say_how_something_is_are_colored_and_nothing_else_changes() -> None:
    text = painted(TABLE)
    assert click.unstyle(text) == TABLE
    assert text.count("\x1b[32m") == 2
    assert "\x1b[31mDegraded\x1b[0m" in text
    assert "\x1b[33mOutOfSync\x1b[0m" in text
    for name in ("ConfigMap failed-jobs/ok", "kustomize.ok", "not-Healthy", "Healthyish"):
        assert painted(name) == name


def test_what_comes_is_green_and_what_goes_is_red() -> None:
    assert painted_diff("+ a\n- b\n  c\n") == "\x1b[32m+ a\x1b[0m\n\x1b[31m- b\x1b[0m\n  c\n"


@pytest.mark.parametrize(
    ("choice", "environment", "color"),
    [
        ("auto", {}, None),
        ("auto", {"TERM": "xterm-256color"}, None),
        ("auto", {"TERM": "dumb"}, False),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ("auto", {"NO_COLOR": ""}, None),
        ("auto", {"FORCE_COLOR": "1", "TERM": "dumb"}, True),
        ("always", {"NO_COLOR": "1"}, True),
        ("never", {"FORCE_COLOR": "1"}, False),
    ],
)
def test_color_is_for_terminals_unless_somebody_says_otherwise(
    choice: str, environment: dict[str, str], color: bool | None
) -> None:
    assert wanted(choice, environment) is color


def test_the_option_reaches_what_a_command_prints(
    gitops: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setattr(history, "history", lambda *_: frozen.past())
    (tmp_path / "Pulumi.a.yaml").write_text("config:\n  gitops:repository: /nowhere\n")
    line = ("--project", str(tmp_path), "stack", "history", "--stack", "a")
    assert "\x1b[" not in gitops(*line)[1]
    assert "\x1b[31mFailed\x1b[0m" in gitops("--color", "always", *line)[1]
    assert "\x1b[" not in gitops("--color", "always", *line, "-o", "json")[1]


def test_a_name_that_nobody_has_is_answered_with_the_nearest_ones() -> None:
    error = unknown_applications("prod", ["payments-ap"], ["payments-api", "web"])
    assert error.problems[0].next_step.startswith("did you mean payments-api? else see them: gitops app list")
    assert unknown_applications("prod", ["x"], ["web"]).problems[0].next_step.startswith("see them")
