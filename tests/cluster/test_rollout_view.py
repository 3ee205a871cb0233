"""A live Rollout as people follow it, and how that is told."""

from __future__ import annotations

from textwrap import dedent
from typing import Any, cast

import pytest

from gitops.cluster.errors import ApiError
from gitops.cluster.rollout_view import RolloutView, told_step, view
from gitops.report.rollouts import as_names, as_table, as_text, history_as_table
from tests.cluster.test_acts import PAUSED, living, through

KEY = "rollouts-pod-template-hash"


def made(kind: str, name: str, mark: str, **more: Any) -> dict[str, Any]:
    """An object of the Rollout's own with that hash."""
    metadata = {
        "name": name,
        "labels": {KEY: mark, **more.pop("labels", {})},
        "annotations": more.pop("annotations", {}),
        "creationTimestamp": more.pop("created", "2026-01-01T10:00:00Z"),
        "ownerReferences": [{"uid": "u1"}],
    }
    return {"kind": kind, "metadata": metadata, **more}


def replica_set(revision: int, mark: str, ready: int) -> dict[str, Any]:
    return made(
        "ReplicaSet",
        f"web-{mark}",
        mark,
        annotations={"rollout.argoproj.io/revision": str(revision)},
        created=f"2026-01-0{revision}T10:00:00Z",
        spec={"replicas": ready, "template": {"spec": {"containers": [{"image": f"web:{revision}"}]}}},
        status={"readyReplicas": ready},
    )


RUN = made(
    "AnalysisRun",
    "web-new-2",
    "new",
    labels={"step-index": "1", "rollout-type": "Step"},
    status={
        "phase": "Running",
        "metricResults": [
            {
                "name": "rate",
                "phase": "Running",
                "successful": 2,
                "failed": 1,
                "measurements": [{"value": "[0.9]"}, {"value": "[0.5]"}],
            }
        ],
    },
)
FAILED = made("AnalysisRun", "web-worse-1", "worse", status={"phase": "Failed"})
STRANGER = {"metadata": {"name": "x", "ownerReferences": [{"uid": "u2"}]}}
SPLIT = {"weights": {"canary": {"weight": 20}, "stable": {"weight": 80}}}


class Cluster:
    """What a cluster has of ReplicaSets and AnalysisRuns."""

    def __init__(self, *sets: Any, runs: Any = ()) -> None:
        self.sets, self.runs = sets, runs

    def list(self, path: str, *_: str) -> Any:
        return [*(self.runs if path.endswith("/analysisruns") else self.sets), STRANGER]


def seen(live: dict[str, Any], *sets: Any, runs: Any = ()) -> RolloutView:
    labels = {"gitops.internal/application": "web"}
    body = {**live, "metadata": {**live["metadata"], "uid": "u1", "labels": labels}}
    return view(cast("Any", Cluster(*sets, runs=runs)), body)


SETS = (
    replica_set(1, "old", 4),
    replica_set(2, "worse", 0),
    replica_set(3, "new", 1),
)
PAUSED_AT = {
    **PAUSED,
    "pauseConditions": [{"reason": "CanaryPauseStep", "startTime": "2026-01-03T10:01:00Z"}],
}


def test_a_canary_that_is_under_way() -> None:
    found = seen(living(1, canary=SPLIT, **PAUSED_AT), *SETS, runs=(RUN, FAILED))
    assert as_text([found]) == dedent(
        """\
        Rollout web/web  canary
          Suspended: paused at step 2 of 3 since 2026-01-03T10:01:00Z: waits until somebody promotes it
          traffic for the new version: 20 %, wanted 20 %
          ✓ 1 weight 20
          ▶ 2 pause until promoted
            3 weight 60
          REVISION  VERSION  ROLE    READY  IMAGES
          3         web-new  canary  1/1    web:3
          1         web-old  stable  4/4    web:1
          analysis web-new-2 at step 2 of 3: Running
            rate Running: 2 successful, 1 failed; last [0.5]"""
    )
    assert as_names([found]) == "web/web"
    assert as_table([found]).splitlines()[1].split()[:6] == ["web", "web", "canary", "2/3", "20", "Suspended"]
    table = history_as_table([found], lambda _, one: "c0ffee" if one.revision == 3 else "", headers=False)
    assert [line.split() for line in table.splitlines()] == [
        ["3", "2026-01-03T10:00:00Z", "c0ffee", "under", "way", "web-new", "web:3"],
        ["2", "2026-01-02T10:00:00Z", "-", "analysis", "failed", "web-worse", "web:2"],
        ["1", "2026-01-01T10:00:00Z", "-", "stable", "web-old", "web:1"],
    ]


def test_one_that_is_through_and_one_that_was_aborted() -> None:
    done = seen(through(canary={"weights": {"canary": {"weight": 0}}}), replica_set(3, "new", 4))
    assert [step.state for step in done.steps] == ["done"] * 3
    assert done.weights == (0, 0)
    assert [one.roles for one in done.versions] == [("stable",)]
    bad = seen(living(0, abort=True, phase="Degraded", message="no", canary=SPLIT), *SETS)
    assert (bad.why, bad.weights) == ("no", (0, 20))
    assert [one.ended for one in bad.versions] == ["aborted", "replaced", "stable"]


def test_where_nothing_splits_the_traffic_the_ready_pods_do() -> None:
    assert seen(living(1, **PAUSED), *SETS).weights == (20, 20)
    assert seen(living(1, **PAUSED)).weights == (20, 0)


def test_blue_green_has_an_active_and_a_preview_version_and_no_steps() -> None:
    green = {"activeSelector": "old", "previewSelector": "new"}
    found = seen(living(0, spec={"strategy": {"blueGreen": {}}}, blueGreen=green), *SETS)
    assert (found.strategy, found.steps, found.weights) == ("blueGreen", (), None)
    assert [one.roles for one in found.versions] == [("preview",), (), ("stable", "active")]
    assert as_table([found], headers=False).split()[3:5] == ["-", "-"]


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ({"setWeight": 20}, "weight 20"),
        ({"pause": {}}, "pause until promoted"),
        ({"pause": {"duration": 30}}, "pause 30s"),
        ({"pause": {"duration": "5m"}}, "pause 5m"),
        ({"analysis": {"templates": [{"templateName": "a"}, {"templateName": "b"}]}}, "analysis a, b"),
        ({"setCanaryScale": {"weight": 10}}, "canary scale weight 10"),
        ({"setHeaderRoute": {"name": "testers"}}, "header route testers"),
        ({"setMirrorRoute": {"name": "shadow"}}, "mirror route shadow"),
        ({"experiment": {}}, "experiment"),
        ({}, "nothing"),
        ({"analysis": {"templates": "x"}}, "analysis "),
    ],
)
def test_a_step_in_words(step: Any, told: str) -> None:
    assert told_step(step) == told


@pytest.mark.parametrize(
    "status",
    [
        None,
        {"currentStepIndex": None, "canary": "x", "blueGreen": []},
        {"pauseConditions": None, "canary": {"weights": {"canary": None}}},
    ],
)
def test_a_half_written_status_is_shown_as_far_as_it_goes(status: Any) -> None:
    found = seen({**living(), "status": status}, *SETS, runs=(made("AnalysisRun", "r", "new", status=None),))
    assert as_text([found]).startswith("Rollout web/web  canary")


def test_what_may_not_be_read_beside_the_rollout_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(_: object, path: str, *__: str) -> Any:
        raise ApiError(403, "Forbidden", "not yours", {}, path)

    monkeypatch.setattr(Cluster, "list", forbidden)
    found = seen(living(1, canary=SPLIT, **PAUSED_AT))
    assert (found.versions, found.analyses, found.steps[1].state) == ((), (), "now")
