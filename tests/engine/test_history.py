from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gitops.engine import command
from gitops.engine import history as room
from gitops.engine.history import history, intent_of, message_of, note_failure
from gitops.model.deployment import Intent

HERE = Path("/nowhere")
INTENT = Intent("6743a1", "ada@laptop", "main", "c0ffee" + "0" * 34, ("api", "web"), ("bad",))


def entry(message: str, result: str = "succeeded", **more: Any) -> dict[str, Any]:
    return {
        "version": 0,
        "kind": "update",
        "startTime": "2026-01-01T10:00:00.000Z",
        "endTime": "2026-01-01T11:00:07.000+01:00",
        "message": message,
        "result": result,
        "resourceChanges": {"create": 2, "same": 5},
        "config": {"gitops:revision": {"value": "v1", "secret": False}},
        **more,
    }


class Backend:
    """Answers what `pulumi stack history` and `pulumi stack tag` are asked."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.tags: dict[str, str] = {}

    def told(self, _stack: str, _project: Path, *words: str) -> str:
        match words[1:]:
            case ("history", *_):
                return json.dumps(self.entries)
            case ("tag", "ls", *_):
                return json.dumps(self.tags)
            case ("tag", "set", name, text):
                self.tags[name] = text
            case ("tag", "rm", name):
                del self.tags[name]
        return ""


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Backend:
    backend = Backend()
    for module in (command, room):
        monkeypatch.setattr(module, "told", backend.told)
    return backend


def test_a_message_tells_people_the_essence_and_us_everything() -> None:
    assert message_of(INTENT).startswith("Sync c0ffee000000 of main: api, web\n\n")
    assert intent_of(message_of(INTENT)) == (INTENT, "Sync c0ffee000000 of main: api, web")


def test_a_long_message_names_a_few() -> None:
    many = Intent("1", "a", "main", "c" * 40, tuple(f"a{n}" for n in range(8)))
    assert message_of(many).splitlines()[0].endswith(": a0, a1, a2, a3, a4 and 3 more")


@pytest.mark.parametrize(
    "message",
    ["", "fix", "x gitops-deployment/v1 {", 'gitops-deployment/v1 {"by": 1}', "gitops-deployment/v1 "],
)
def test_what_somebody_else_wrote_has_no_intent(message: str) -> None:
    assert intent_of(message)[0] is None


def test_deployments_are_counted_from_the_oldest(backend: Backend) -> None:
    backend.entries = [entry(message_of(INTENT)), entry("by hand")]

    newest, oldest = history("test", HERE)

    assert (newest.number, newest.revision, newest.outcome) == (2, INTENT.revision, "Succeeded")
    assert (newest.started, newest.finished) == ("2026-01-01T10:00:00Z", "2026-01-01T10:00:07Z")
    assert newest.changes == {"create": 2, "same": 5}
    assert newest.touched("web")
    assert not newest.touched("bad")
    assert (oldest.number, oldest.revision, oldest.message, oldest.configured) == (1, "", "by hand", "v1")
    assert not oldest.touched("web")


def test_a_backend_that_counts_itself_is_believed(backend: Backend) -> None:
    backend.entries = [entry("x", version=41)]
    assert history("test", HERE)[0].number == 41


def test_a_failure_is_told_with_its_reason(backend: Backend) -> None:
    backend.entries = [entry(message_of(INTENT), "failed"), entry("by hand", "failed")]
    note_failure("test", HERE, INTENT.operation, "web:\n  no room")

    newest, oldest = history("test", HERE)

    assert (newest.outcome, newest.reason) == ("Failed", "web: no room")
    assert (oldest.outcome, oldest.reason) == ("Failed", "")


def test_what_still_runs_has_no_end(backend: Backend) -> None:
    backend.entries = [entry("x", "in-progress", endTime="1970-01-01T00:00:00.000Z")]
    assert (history("test", HERE)[0].outcome, history("test", HERE)[0].finished) == ("Running", "")


def test_reasons_of_few_runs_are_kept_and_they_are_short(backend: Backend) -> None:
    for number in range(14):
        note_failure("test", HERE, f"{number:04}", "-x" * 400)
    assert sorted(backend.tags) == [f"gitops:failed:{number:04}" for number in range(4, 14)]
    assert {len(text) for text in backend.tags.values()} == {249}


def test_a_stack_that_was_never_deployed_has_no_history(backend: Backend) -> None:
    assert backend.entries == []
    assert history("test", HERE) == ()
