from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

import click
import pytest
from pulumi.automation import EngineEvent

from gitops.cli import progress as room
from gitops.cli.progress import Shown, shown
from gitops.engine.progress import Step, step_of
from gitops.report.progress import Progress
from tests import given
from tests.program.engine import plan_of

if TYPE_CHECKING:
    from collections.abc import Callable

PLAN = plan_of([given.application("web")], given.manifest("ConfigMap"))
BEGUN, TOLD = Step("ConfigMap:web/x", "begun"), Step("ConfigMap:web/x", "told", "it is slow")
STEPS = [BEGUN, TOLD, Step("ConfigMap:web/x", "done"), Step("Namespace:web", "done")]


def told(feed: Callable[[Shown], None], **options: Any) -> str:
    """What is written of a run; all durations are 0.0."""
    written: list[str] = []
    feed(Shown(Progress(PLAN), written.append, **{"live": False, **options}))
    return re.sub(r" *\d+\.\d s", "0.0 s", "".join(written))


def go(show: Shown) -> None:
    show.step(BEGUN)
    show.step(TOLD)
    show.tick()
    show.tick()
    for step in STEPS[2:]:
        show.step(step)
    show.end()


def test_elsewhere_than_at_a_terminal_each_wait_is_a_line_told_once() -> None:
    assert told(go) == (
        "0.0 s  [0/1] wave 20, waiting for ConfigMap web/x (it is slow)\n0.0 s  [1/1] web is done, wave 20\n"
    )


def test_at_a_terminal_one_line_changes_and_is_gone_in_the_end() -> None:
    waits = "\r\x1b[K[0/1]0.0 s  wave 20, waiting for ConfigMap web/x (it is slow)"
    assert told(go, live=True) == f"{waits}{waits}\r\x1b[K0.0 s  [1/1] web is done, wave 20\n\r\x1b[K"


def test_warnings_are_lines_and_colored_where_color_is_wanted() -> None:
    def warn(show: Shown) -> None:
        show.step(Step("ConfigMap:web/x", "warned", "it is old"))

    assert told(warn) == "0.0 s  warning: ConfigMap web/x: it is old\n"
    assert told(warn, color=True) == "0.0 s  \x1b[33mwarning\x1b[0m: ConfigMap web/x: it is old\n"


@pytest.mark.parametrize(
    ("terminal", "name", "live"), [(True, "xterm", True), (True, "dumb", False), (False, "", False)]
)
def test_the_line_changes_only_at_a_terminal_that_can(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, name: str, live: bool
) -> None:
    written: list[str] = []
    monkeypatch.setattr(room, "_write", written.append)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    monkeypatch.setenv("TERM", name)
    with click.Context(click.Command("sync")), shown(PLAN) as on_step:
        assert on_step
        for step in STEPS:
            on_step(step)
    assert ("\x1b[K" in "".join(written)) is live
    with shown(PLAN, wanted=False) as nobody:
        assert nobody is None


@pytest.mark.parametrize(
    ("event", "step"),
    [
        ({"resourcePreEvent": {"metadata": {"op": "create"}}}, Step("Job:a/b::c", "begun")),
        ({"resOutputsEvent": {"metadata": {"op": "same"}}}, Step("Job:a/b::c", "done")),
        ({"resourcePreEvent": {"metadata": {"op": "refresh"}}}, None),
        ({"resOutputsEvent": {"metadata": {"op": "refresh"}}}, None),
        (
            {"resOpFailedEvent": {"metadata": {"op": "create"}, "status": 1, "steps": 1}},
            Step("Job:a/b::c", "failed"),
        ),
        ({"diagnosticEvent": {"severity": "info", "message": "a\n b"}}, Step("Job:a/b::c", "told", "a b")),
        ({"diagnosticEvent": {"severity": "warning", "message": "a"}}, Step("Job:a/b::c", "warned", "a")),
        ({"diagnosticEvent": {"severity": "error", "message": "a"}}, None),
        ({"stdoutEvent": {"message": "a", "color": ""}}, None),
    ],
)
def test_the_engine_s_events_are_steps(event: dict[str, Any], step: Step | None) -> None:
    ((kind, body),) = event.items()
    urn = "urn:pulumi:s::gitops::kubernetes:batch/v1:Job::Job:a/b::c"
    if "metadata" in body:
        body["metadata"] |= {"urn": urn, "type": "t", "provider": "p"}
    elif kind == "diagnosticEvent":
        body |= {"urn": urn, "color": "never"}
    assert step_of(EngineEvent.from_json({"sequence": 1, "timestamp": 1, kind: body})) == step
