"""Looking at Rollouts again and again, and which commit made a version."""

from __future__ import annotations

from typing import Any

import pytest

from gitops.cluster.errors import Unreachable
from gitops.delivery.rollouts import look as room
from gitops.delivery.rollouts.look import commit_of, looks
from gitops.model.deployment import Deployment, Intent
from tests import given


def deployment(number: int, started: str, revision: str, *applications: str) -> Deployment:
    intent = Intent(str(number), "ada", "main", revision, applications)
    return Deployment(number, "update", intent, "", started, "", "Succeeded")


def test_the_commit_of_a_version_is_that_of_the_deployment_before_it() -> None:
    past = (
        deployment(4, "2026-01-01T13:00:00Z", "d", "web"),
        deployment(3, "2026-01-01T12:00:00Z", "c", "shop"),
        Deployment(2, "update", None, "", "2026-01-01T11:30:00Z", "", "Succeeded"),
        deployment(1, "2026-01-01T11:00:00Z", "a", "web"),
    )
    assert commit_of("2026-01-01T12:00:05Z", "web", past) == "a"
    assert commit_of("2026-01-01T13:00:00Z", "web", past) == "d"
    assert commit_of("2026-01-01T10:00:00Z", "web", past) == ""


def test_it_is_shown_when_it_has_changed_and_a_cluster_that_is_away_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers: list[Any] = [("a",), ("a",), Unreachable("s", "w"), ("b",), ("b",), ("c",)]

    def look(*_: Any) -> Any:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(room, "look", look)
    monkeypatch.setattr(room, "_INTERVAL", 0)
    found = looks(given.settings())
    assert [next(found) for _ in range(3)] == [("a",), ("b",), ("c",)]


def test_a_cluster_that_is_away_from_the_beginning_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> Any:
        raise Unreachable("s", "w")

    monkeypatch.setattr(room, "look", away)
    with pytest.raises(Unreachable):
        next(looks(given.settings()))
