from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from gitops.cli.app import objects as room
from gitops.cluster.events import Event
from gitops.cluster.logs import Container, Line, LogQuery
from gitops.cluster.tree import Branch
from gitops.model.keys import ObjectKey

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]

MAIN = Container("web", "web-1", "main")
LIVE = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {
        "name": "s",
        "managedFields": [{}],
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "c2VjcmV0", "a": "b"},
    },
    "data": {"password": "c2VjcmV0"},
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the cluster has and logs, and what was asked of it."""
    told: dict[str, Any] = {"lines": [Line(MAIN, "hello"), Line(MAIN, "is away", trouble=True)]}
    branch = Branch(ObjectKey("", "Secret", "web", "s"), LIVE)
    found = SimpleNamespace(connection=SimpleNamespace(client=None), branches=(branch,))
    event = Event("2026-01-01T10:00:00Z", "Normal", "Pulled", "Pod web/web-1", 1, "done")

    def logs(_settings: object, name: str, query: LogQuery, container: str) -> list[Line]:
        told.update(name=name, query=query, container=container)
        return list(told["lines"])

    monkeypatch.setattr(room, "living", lambda *_: found)
    monkeypatch.setattr(room, "events", lambda *_: (event,))
    monkeypatch.setattr(room, "logs", logs)
    return told


@pytest.fixture
def run(gitops: Run, tmp_path: Path, asked: dict[str, Any]) -> Run:
    assert asked
    (tmp_path / "Pulumi.test.yaml").write_text("config:\n  gitops:repository: https://h/a.git\n")
    return lambda *words: gitops("--project", str(tmp_path), "app", *words, "--stack", "test")


def test_lines_begin_with_their_pod_and_container(run: Run) -> None:
    assert run("logs", "web") == (0, "web-1/main | hello\n", "web-1/main: is away\n")


def test_without_any_log_the_command_fails(run: Run, asked: dict[str, Any]) -> None:
    asked["lines"] = asked["lines"][1:]
    code, _, err = run("logs", "web")
    assert (code, "no container of application 'web' has a log" in err) == (4, True)


def test_the_question_is_passed_on(run: Run, asked: dict[str, Any]) -> None:
    assert run("logs", "web", "-f", "--since", "10m", "--tail", "5", "-c", "main")[0] == 0
    assert (asked["name"], asked["query"], asked["container"]) == (
        "web",
        LogQuery(600.0, 5, follow=True),
        "main",
    )


def test_a_duration_that_is_none_is_refused(run: Run) -> None:
    assert run("logs", "web", "--since", "soon")[0] == 2


def test_events_are_a_table_or_a_document(run: Run) -> None:
    _, table, _ = run("events", "web")
    assert [line.split()[0] for line in table.splitlines()] == ["LAST", "2026-01-01T10:00:00Z"]
    (event,) = json.loads(run("events", "web", "-o", "json")[1])["events"]
    assert event["reason"] == "Pulled"
    assert run("events", "web", "--no-headers")[1].startswith("2026")


def test_live_objects_are_shown_without_secrets_and_without_who_wrote_them(run: Run) -> None:
    _, told, _ = run("manifests", "web", "--live")
    assert "c2VjcmV0" not in told
    assert yaml.safe_load(told)["metadata"] == {"annotations": {"a": "b"}, "name": "s"}
    assert "c2VjcmV0" in run("manifests", "web", "--live", "--show-secrets")[1]
    assert run("manifests", "web", "--live", "--revision", "v1")[0] == 2
