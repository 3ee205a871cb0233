"""What a Rollout says of itself: how it is, what it waits for, since when, and whether a person has to come."""

from __future__ import annotations

from typing import Any

import pytest

from gitops.cluster.health import Health, Status, health, waits_for_somebody

SINCE = "2026-01-01T00:00:00Z"
STEPS = [{"setWeight": 20}, {"pause": {"duration": 30}}, {"pause": {}}, {"pause": {"duration": "1m"}}]


def rollout(status: dict[str, Any], strategy: Any = None, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "metadata": {"name": "web", "namespace": "web", "generation": 3},
        "spec": {"strategy": strategy or {"canary": {"steps": STEPS}}, **spec},
        "status": {"observedGeneration": "3", **status},
    }


def paused(reason: str, index: int = 0, **more: Any) -> dict[str, Any]:
    pauses = [{"reason": reason, "startTime": SINCE}]
    return rollout(
        {"phase": "Paused", "message": reason, "currentStepIndex": index, "pauseConditions": pauses}, **more
    )


@pytest.mark.parametrize(
    ("live", "told", "person"),
    [
        (paused("CanaryPauseStep", 1), f"paused at step 2 of 4 since {SINCE}: goes on after 30 s", False),
        (paused("CanaryPauseStep", 3), f"paused at step 4 of 4 since {SINCE}: goes on after 1m", False),
        (
            paused("CanaryPauseStep", 2),
            f"paused at step 3 of 4 since {SINCE}: waits until somebody promotes it",
            True,
        ),
        (
            paused("InconclusiveAnalysisRun", 0),
            f"paused at step 1 of 4 since {SINCE}, its analysis was inconclusive: waits until somebody promotes it",
            True,
        ),
        (
            paused("BlueGreenPause", strategy={"blueGreen": {"autoPromotionSeconds": 5}}),
            f"paused before it takes the traffic since {SINCE}: goes on after 5 s",
            False,
        ),
        (
            paused("BlueGreenPause", strategy={"blueGreen": {}}),
            f"paused before it takes the traffic since {SINCE}: waits until somebody promotes it",
            True,
        ),
        (rollout({"phase": "Paused"}, paused=True), "paused by hand", True),
    ],
)
def test_a_paused_rollout_tells_for_what_and_since_when(
    live: dict[str, Any], told: str, person: bool
) -> None:
    assert health(live) == Health(Status.SUSPENDED, told)
    assert waits_for_somebody(live) is person


def test_a_rollout_on_its_way_tells_its_step() -> None:
    live = rollout({"phase": "Progressing", "message": "more replicas", "currentStepIndex": 0})
    assert health(live) == Health(Status.PROGRESSING, "more replicas at step 1 of 4")


def test_a_rollout_that_was_just_let_go_on_is_not_paused_any_more() -> None:
    live = rollout({"phase": "Paused", "controllerPause": True, "currentStepIndex": 2})
    assert health(live).status is Status.PROGRESSING


def test_an_aborted_rollout_is_degraded() -> None:
    live = rollout({"phase": "Degraded", "message": "RolloutAborted: metric x", "abort": True})
    assert health(live) == Health(Status.DEGRADED, "RolloutAborted: metric x")
