"""A deployment as a person sees it: from the engine's events, and from a stand-in for the engine."""

from __future__ import annotations

import io
import json
import os
import re
import stat
import time
from typing import TYPE_CHECKING, Any

import pytest

from gitops.model.errors import GitOpsError
from sandbox.console import Console, span
from sandbox.deploy import deploy
from sandbox.progress import Progress, told

if TYPE_CHECKING:
    from pathlib import Path

STACK = "urn:pulumi:staging::gitops::"
WAVES = "gitops:index:Platform$gitops:index:Wave"


def wave(number: int) -> str:
    return f"{STACK}{WAVES}::wave-{number}"


def application(name: str) -> str:
    return f"{STACK}{WAVES}$gitops:index:Application::{name}"


def step(event: str, urn: str, parent: str = "", op: str = "create") -> dict[str, Any]:
    kind = urn.split("::")[2].rpartition("$")[2]
    return {event: {"metadata": {"urn": urn, "type": kind, "op": op, "old": None, "new": {"parent": parent}}}}


def both(urn: str, parent: str = "", op: str = "create") -> list[dict[str, Any]]:
    return [step("resourcePreEvent", urn, parent, op), step("resOutputsEvent", urn, parent, op)]


def gate(number: int, op: str = "create") -> list[dict[str, Any]]:
    return both(f"{STACK}{WAVES}$pulumi:index:Stash::wave-{number}", wave(number), op)


def thing(name: str, owner: str) -> tuple[str, str]:
    return f"{STACK}{WAVES}$gitops:index:Application$kubernetes:core/v1:ConfigMap::{name}", application(owner)


def beginning() -> list[dict[str, Any]]:
    """Two waves of one application each."""
    platform = f"{STACK}gitops:index:Platform::platform"
    events = [*both(wave(10), platform), *both(wave(-1), platform)]
    return [*events, *both(application("base"), wave(-1)), *both(application("web"), wave(10))]


def diagnostic(severity: str, message: str, urn: str = "") -> dict[str, Any]:
    return {"diagnosticEvent": {"severity": severity, "message": message, **({"urn": urn} if urn else {})}}


def fed(events: list[dict[str, Any]], progress: Progress | None = None) -> list[str]:
    progress = Progress() if progress is None else progress
    return [line for second, event in enumerate(events) for line in progress.take(event, second)]


def test_a_wave_is_told_when_its_gate_is_there() -> None:
    events = [*beginning(), *both(*thing("a", "base")), *both(*thing("b", "base"), op="update"), *gate(-1)]
    events += [*both(*thing("c", "web")), *gate(10)]
    first, second = fed(events)
    assert first == "wave -1 ready in 5.0 s: 1 created, 1 updated"
    assert second == "wave 10 ready in 4.0 s: 1 created"


def test_a_wave_without_changes_is_not_told() -> None:
    progress = Progress()
    events = [*beginning(), *both(*thing("a", "base"), op="same"), *gate(-1, "same"), *gate(10, "same")]
    assert fed(events, progress) == []
    assert told(progress.done) == "nothing to change in 1 objects"


def test_gates_of_applications_and_hooks_open_no_wave() -> None:
    of_an_application = f"{STACK}{WAVES}$gitops:index:Application$pulumi:index:Stash::application-base"
    assert (
        fed([*beginning(), *both(*thing("a", "base")), *both(of_an_application, application("base"))]) == []
    )


def test_what_goes_on_names_the_lowest_wave_and_what_it_waits_for() -> None:
    progress = Progress()
    assert progress.now() == "the program reads the repository"
    urn, parent = thing("a", "base")
    fed([*beginning(), step("resourcePreEvent", urn, parent)], progress)
    assert progress.now() == "wave -1: 0 objects done, 1 in work"
    fed([diagnostic("info", "ConfigMap a: not there\n", urn)], progress)
    assert progress.now() == "wave -1: 0 objects done, 1 in work; ConfigMap a: not there"
    fed([step("resOutputsEvent", urn, parent), *gate(-1)], progress)
    assert progress.now() == "wave 10: 1 objects done, 0 in work"


def test_a_failed_step_is_no_longer_in_work() -> None:
    progress = Progress()
    urn, parent = thing("a", "base")
    fed(
        [*beginning(), step("resourcePreEvent", urn, parent), step("resOpFailedEvent", urn, parent)], progress
    )
    assert progress.now() == "wave -1: 0 objects done, 0 in work"


def test_errors_and_warnings_are_told_in_full_and_chatter_is_not() -> None:
    long = "Deployment web: 0 of 1\n" + "reason " * 100
    said = fed(
        [
            diagnostic("debug", "registering"),
            diagnostic("info", "something", "urn:of:nobody"),
            diagnostic("warning", "using pulumi-language-python from $PATH at /x\n"),
            diagnostic("warning", "a real warning\n"),
            diagnostic("error", long),
            diagnostic("info#err", "\n"),
            {"summaryEvent": {"result": "failed"}},
            {},
        ]
    )
    assert said == ["a real warning", long.rstrip()]


def test_objects_that_are_deleted_count_without_a_wave() -> None:
    progress = Progress()
    urn, parent = thing("gone", "removed")
    event = {"resourcePreEvent": {"metadata": {"urn": urn, "type": "kubernetes:core/v1:ConfigMap", "op": "delete",
             "old": {"parent": parent}, "new": None}}}  # fmt: skip
    assert fed([event, step("resOutputsEvent", urn, parent, "delete")], progress) == []
    assert told(progress.done) == "1 deleted"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (59.4, "59 s"), (185, "3 min 5 s"), (59.6, "1 min 0 s")],
)
def test_durations_are_said_the_way_people_say_them(seconds: float, words: str) -> None:
    assert span(seconds) == words


def test_a_log_gets_a_dated_line_now_and_then_and_a_terminal_one_that_moves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = io.StringIO()
    console = Console(said)
    console.say("begin")
    console.tick("not yet")
    console.tick("now", every=0)
    assert said.getvalue().startswith("begin\n")
    assert said.getvalue().endswith(" now\n")
    assert "not yet" not in said.getvalue()
    monkeypatch.setattr(said, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "20")
    console.tick("a line that is longer than the terminal is wide")
    console.say("end")
    assert said.getvalue().endswith("a line that is long\r\x1b[Kend\n")


def test_work_that_says_nothing_is_told_while_it_lasts() -> None:
    said = io.StringIO()
    with Console(said).during("starting clusters"):
        time.sleep(1.2)
    (line,) = said.getvalue().splitlines()
    assert re.fullmatch(r"\d\d:\d\d:\d\d starting clusters, 1\.\d s so far", line)


ENGINE = """#!/bin/sh
test "$1" = up || {{ test -z "$FAKE_NO_STACK" || {{ echo "error: no such backend" >&2; exit 255; }}; exit 0; }}
echo "$@" > {folder}/arguments
cat {folder}/events
sleep "${{FAKE_SECONDS-0}}"
exit "${{FAKE_CODE-0}}"
"""


@pytest.fixture
def engine(tmp_path: Path) -> Path:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "pulumi").write_text(ENGINE.format(folder=tmp_path))
    (tmp_path / "bin" / "pulumi").chmod(0o755)
    return tmp_path


def run(engine: Path, monkeypatch: pytest.MonkeyPatch, text: str, **environment: str) -> list[str]:
    """What a deployment says when the engine says `text`."""
    (engine / "events").write_text(text)
    path = f"{engine / 'bin'}{os.pathsep}{os.environ['PATH']}"
    monkeypatch.setenv("PATH", path)
    said = io.StringIO()
    try:
        log = engine / "logs" / "staging.jsonl"
        deploy("staging", engine, {"PATH": path, **environment}, log, Console(said))
    finally:
        engine.joinpath("said").write_text(said.getvalue())
    return said.getvalue().splitlines()


def test_a_deployment_says_its_waves_and_keeps_the_rest(
    engine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [*beginning(), *both(*thing("a", "base")), diagnostic("debug", "chatter"), *gate(-1)]
    text = "".join(json.dumps(event) + "\n" for event in events)
    begin, ready, end = run(engine, monkeypatch, text)
    log = engine / "logs" / "staging.jsonl"
    assert begin == f"deploying stack staging; the engine's own words: {log}"
    assert ready.startswith("  wave -1 ready in 0.")
    assert end == "  1 created"
    assert log.read_text() == text
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert "up --stack staging --yes --skip-preview" in (engine / "arguments").read_text()


def test_a_failed_deployment_names_its_log_after_its_errors(
    engine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (
        json.dumps(diagnostic("error", "Deployment web/web: 0 of 1")) + "\nerror: the stack is locked\nhalf {"
    )
    with pytest.raises(GitOpsError, match="`pulumi up --stack staging` ended with 3") as caught:
        run(engine, monkeypatch, text, FAKE_CODE="3")
    said = (engine / "said").read_text().splitlines()
    assert said[1:] == ["  Deployment web/web: 0 of 1", "  error: the stack is locked", "  half {"]
    assert str(engine / "logs" / "staging.jsonl") in str(caught.value)


def test_a_stack_that_cannot_be_selected_says_why(engine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(GitOpsError, match="stack staging can't be selected: error: no such backend"):
        run(engine, monkeypatch, "", FAKE_NO_STACK="1")


def test_a_slow_deployment_tells_where_it_is(engine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.deploy._EVERY", 0.1)
    said = run(engine, monkeypatch, "", FAKE_SECONDS="0.5")
    assert any(line.endswith("the program reads the repository") for line in said[1:-1])
