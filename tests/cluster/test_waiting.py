from __future__ import annotations

import pytest

from gitops.cluster import waiting
from gitops.cluster.client import Client
from gitops.cluster.connect import Connection
from gitops.cluster.discovery import Resource
from gitops.cluster.errors import ApiError
from gitops.cluster.health import Status
from gitops.cluster.waiting import UnhealthyError, wait_healthy
from gitops.model.errors import TimedOutError
from gitops.model.health_rule import HealthRule
from tests import given
from tests.cluster.api_server import Asked, Reply, serving, status
from tests.cluster.health.test_rollouts import paused, rollout
from tests.waiting import result_of

RULE = HealthRule("v1", "ConfigMap", current="data.word == 'ready'", failed="data.word == 'broken'")


class Discovery:
    def find(self, _: str, __: str) -> Resource:
        return Resource("", "v1", "ConfigMap", "configmaps", namespaced=True)


def waited(*words: str, patience: float = 5.0) -> list[str]:
    """The paths that were read of an object whose word is another one each time; the last one stays."""
    left = list(words)

    def answer(_: Asked) -> Reply:
        if not left:
            return status(404, "NotFound")
        word = left.pop(0) if len(left) > 1 else left[0]
        return Reply({**given.manifest("ConfigMap").body, "data": {"word": word}})

    with serving(answer) as server:
        connection = Connection(Client(server.access), Discovery())  # type: ignore[arg-type]
        result_of(wait_healthy(connection, given.manifest("ConfigMap"), [RULE], patience))
        return [asked.path for asked in server.asked]


def test_an_object_is_read_until_it_is_healthy() -> None:
    assert waited("new", "new", "ready") == ["/api/v1/namespaces/web/configmaps/x"] * 3


def test_what_is_never_healthy_is_told_with_what_it_was_last() -> None:
    with pytest.raises(
        TimedOutError, match=r"ConfigMap web/x is not healthy after 0\.2 s: Progressing: `cur"
    ):
        waited("new", patience=0.2)


def test_what_is_degraded_after_a_while_ends_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "GRACE", 0.0)
    with pytest.raises(UnhealthyError, match="ConfigMap web/x is degraded: `failed` holds"):
        waited("broken")


def test_a_failure_of_before_the_change_is_not_the_change_s() -> None:
    assert len(waited("broken", "broken", "ready")) == 3


def test_an_object_that_is_gone_is_told() -> None:
    with pytest.raises(ApiError):
        waited()


def test_a_rollout_that_waits_for_a_person_ends_the_wait_once_that_is_no_pause_of_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waiting, "_CALM", 0.3)
    old, new = paused("InconclusiveAnalysisRun"), paused("CanaryPauseStep", 2)
    left = [old, rollout({"phase": "Progressing"}), new]

    def answer(_: Asked) -> Reply:
        return Reply(left.pop(0) if len(left) > 1 else left[0])

    with serving(answer) as server:
        connection = Connection(Client(server.access), Discovery())  # type: ignore[arg-type]
        manifest = given.manifest("Rollout", "web", api="argoproj.io/v1alpha1")
        found = result_of(wait_healthy(connection, manifest, (), 5.0))
    assert found.status is Status.SUSPENDED
    assert found.message.startswith("paused at step 3 of 4")
