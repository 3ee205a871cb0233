"""Rollouts of one group go on together and are taken back together."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, cast

import pytest

from gitops.cluster.errors import ApiError
from gitops.cluster.group import Group, TakenBackError, stands
from tests import given

STEPS = [{"setWeight": 20}, {"pause": {}}, {"setWeight": 60}, {"pause": {"duration": 1}}, {"pause": {}}]
NEW, OLD = {"image": "new"}, {"image": "old"}


def member(name: str) -> Any:
    return given.manifest("Rollout", name, api="argoproj.io/v1alpha1", spec={"template": NEW})


def living(step: int = 0, template: Any = NEW, *pauses: str, **status: Any) -> dict[str, Any]:
    told = {
        "currentPodHash": "new",
        "currentStepIndex": step,
        "pauseConditions": [{"reason": reason} for reason in pauses],
        **status,
    }
    spec = {"strategy": {"canary": {"steps": STEPS}}, "template": template}
    return {**deepcopy(member("x").body), "spec": spec, "status": {"phase": "Progressing", **told}}


def standing(step: int, template: Any = NEW) -> dict[str, Any]:
    return living(step, template, "CanaryPauseStep", phase="Paused", controllerPause=True)


class Cluster:
    """The other Rollouts, and what was written."""

    def __init__(self, **others: Any) -> None:
        self.others, self.written = others, []  # type: ignore[var-annotated]
        self.client = self.discovery = self

    def find(self, *_: str) -> Cluster:
        return self

    def path(self, _: str, name: str) -> str:
        return name

    def get(self, name: str) -> Any:
        if name not in self.others:
            raise ApiError(404, "NotFound", "gone", {}, name)
        return self.others[name]

    def list(self, *_: str) -> Any:
        return []

    def patch(self, path: str, patch: Any) -> None:
        self.written.append((path, patch["status"]))


def looked(live: dict[str, Any], **others: Any) -> list[Any]:
    cluster = Cluster(**others)
    Group(cast("Any", cluster), member("own"), [member(name) for name in ("a", "b")]).look(live)
    return cluster.written


@pytest.mark.parametrize(
    ("others", "goes_on"),
    [
        ((standing(1), standing(1)), True),
        ((standing(1), living(2)), True),
        ((standing(1), standing(4)), True),
        ((standing(1), living(0)), False),
        ((standing(1), living(5, phase="Healthy")), True),
        ((standing(1), living(5, OLD, phase="Healthy")), False),
        ((standing(1), standing(1, OLD)), False),
    ],
)
def test_a_pause_without_duration_ends_when_all_have_come_to_it(others: Any, goes_on: bool) -> None:
    found = looked(standing(1), a=others[0], b=others[1])
    assert found == ([("own/status", {"pauseConditions": None})] if goes_on else [])


def test_one_that_is_not_there_yet_is_waited_for() -> None:
    assert looked(standing(1), a=standing(1)) == []


def test_the_second_pause_waits_for_those_that_stand_at_the_first() -> None:
    assert looked(standing(4), a=standing(1), b=standing(4)) == []


@pytest.mark.parametrize(
    "live", [living(0), living(3, NEW, "CanaryPauseStep"), living(1, NEW, "InconclusiveAnalysisRun")]
)
def test_where_it_does_not_stand_nothing_is_written(live: dict[str, Any]) -> None:
    assert not stands(live)
    assert looked(live, a=standing(1), b=standing(1)) == []


def test_one_that_was_let_go_unseen_by_its_controller_is_told_again_and_counts_as_having_come() -> None:
    unseen = living(1, NEW, phase="Paused", controllerPause=True)
    again = {"pauseConditions": None, "currentStepIndex": 2}
    assert looked(unseen, a=standing(1), b=standing(1)) == [("own/status", again)]
    assert looked(standing(1), a=unseen, b=living(2)) == [("own/status", {"pauseConditions": None})]


def test_an_abort_is_repeated_until_the_controller_has_seen_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gitops.cluster.acts._PAUSE", 0)
    cluster = Cluster(a=living(0), b=living(0), own=living(2))
    group = Group(cast("Any", cluster), member("own"), [member("a"), member("b")])
    group.look(living(2))
    cluster.others["b"] = living(0, phase="Degraded", abort=True, abortedAt="now")

    def patch(path: str, patch: Any) -> None:
        cluster.written.append((path, patch["status"]))
        if len(cluster.written) == 3:
            cluster.others["own"] = living(2, abort=True, abortedAt="later")

    cluster.patch = patch  # type: ignore[method-assign]
    with pytest.raises(TakenBackError):
        group.look(living(2))
    told = [status for _, status in cluster.written]
    assert all(status["abort"] for status in told)
    assert len({str(status) for status in told}) == len(told) == 3


def test_one_that_is_aborted_takes_the_others_back() -> None:
    cluster = Cluster(a=living(0), b=living(0))
    group = Group(cast("Any", cluster), member("own"), [member("a"), member("b")])
    group.look(living(0))
    cluster.others["b"] = living(0, phase="Degraded", message="so it is", abort=True, abortedAt="now")
    with pytest.raises(
        TakenBackError, match="own was taken back with its group, since Rollout web/b was aborted"
    ):
        group.look(living(2))
    assert cluster.written == [("own/status", {"abort": True})]


def test_what_was_aborted_before_belongs_to_an_earlier_change() -> None:
    aborted = living(0, OLD, phase="Degraded", abort=True, abortedAt="before")
    assert looked(living(0), a=aborted, b=living(0)) == []
