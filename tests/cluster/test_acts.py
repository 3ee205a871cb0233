"""What a person does to a Rollout: what is written, when it is refused, and when it has shown."""

from __future__ import annotations

from typing import Any, cast

import pytest

from gitops.cluster import acts
from gitops.cluster.acts import abortion, carry_out, full_promotion, pause, promotion, resumption, retrial
from gitops.model.errors import RefusedError, TimedOutError

STEPS = [{"setWeight": 20}, {"pause": {}}, {"setWeight": 60}]
ALL = (promotion, full_promotion, abortion, retrial, pause, resumption)
PAUSED = {"pauseConditions": [{"reason": "CanaryPauseStep"}], "controllerPause": True, "phase": "Paused"}

GREEN = [{"reason": "BlueGreenPause"}]


def living(step: int = 1, *, spec: Any = None, stable: str = "old", **status: Any) -> dict[str, Any]:
    strategy = {"canary": {"steps": STEPS}}
    told = {"currentStepIndex": step, "currentPodHash": "new", "stableRS": stable, "observedGeneration": "1"}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "metadata": {"name": "web", "namespace": "web", "generation": 1},
        "spec": {"strategy": strategy, **(spec or {})},
        "status": {"phase": "Progressing", **told, **status},
    }


def green(**status: Any) -> dict[str, Any]:
    return living(0, spec={"strategy": {"blueGreen": {}}}, **status)


def through(**more: Any) -> dict[str, Any]:
    return living(3, stable="new", phase="Healthy", **more)


@pytest.mark.parametrize(
    ("act", "live", "spec", "status"),
    [
        (promotion, living(1, **PAUSED), {}, {"pauseConditions": None}),
        (promotion, living(0), {}, {"pauseConditions": None, "currentStepIndex": 1}),
        (
            promotion,
            living(1, spec={"paused": True}, **PAUSED),
            {"paused": False},
            {"pauseConditions": None},
        ),
        (promotion, living(2, spec={"paused": True}), {"paused": False}, {}),
        (
            promotion,
            living(0, **{**PAUSED, "pauseConditions": [{"reason": "InconclusiveAnalysisRun"}]}),
            {},
            {"pauseConditions": None, "controllerPause": False, "currentStepIndex": 1},
        ),
        (
            promotion,
            green(**{**PAUSED, "pauseConditions": [{"reason": "BlueGreenPause"}]}),
            {},
            {"pauseConditions": None},
        ),
        (full_promotion, living(1, **PAUSED), {}, {"promoteFull": True}),
        (full_promotion, living(1, spec={"paused": True}), {"paused": False}, {"promoteFull": True}),
        (abortion, living(1, **PAUSED), {}, {"abort": True}),
        (retrial, living(0, abort=True, phase="Degraded"), {}, {"abort": False}),
        (pause, living(1), {"paused": True}, {}),
        (pause, through(), {"paused": True}, {}),
        (resumption, living(1, spec={"paused": True}), {"paused": False}, {}),
    ],
)
def test_what_is_written(act: Any, live: Any, spec: Any, status: Any) -> None:
    found = act(live)
    assert (found.spec, found.status) == (spec, status)
    assert not found.has_shown(live)


@pytest.mark.parametrize(
    ("act", "live", "why"),
    [
        (promotion, through(), "Rollout web/web has nothing under way that could be promoted: it is Healthy"),
        (full_promotion, through(), "nothing under way"),
        (abortion, through(), "nothing under way that could be aborted"),
        (abortion, living(0, stable="", currentPodHash=""), "nothing under way"),
        (promotion, living(0, abort=True), "was aborted, so it can't be promoted"),
        (abortion, living(0, abort=True), "was aborted, so it can't be aborted"),
        (retrial, living(1, **PAUSED), "was not aborted: paused at step 2 of 3"),
        (promotion, green(), "waits for nobody: progressing"),
        (promotion, living(3), "waits for nobody"),
        (pause, living(1, spec={"paused": True}), "is paused by hand already"),
        (resumption, living(1, **PAUSED), "is not paused by hand"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_reason_and_a_next_step(
    act: Any, live: Any, why: str
) -> None:
    with pytest.raises(RefusedError) as caught:
        act(live)
    assert why in str(caught.value)
    assert "→" in str(caught.value)


@pytest.mark.parametrize("act", ALL)
@pytest.mark.parametrize("status", [None, "text", {}, {"currentStepIndex": None, "pauseConditions": "x"}])
def test_a_rollout_that_its_controller_has_not_seen_is_refused_but_for_a_pause(act: Any, status: Any) -> None:
    live = {**living(), "status": status}
    if act is pause:
        assert pause(live).spec == {"paused": True}
    else:
        with pytest.raises(RefusedError):
            act(live)


@pytest.mark.parametrize(
    ("act", "before", "after"),
    [
        (promotion, living(1, **PAUSED), living(2)),
        (promotion, living(0), living(1)),
        (promotion, living(1, **PAUSED), through()),
        (full_promotion, living(1), living(3)),
        (full_promotion, green(), green(blueGreen={"activeSelector": "new"})),
        (abortion, living(1), living(0, abort=True, abortedAt="now")),
        (retrial, living(0, abort=True, abortedAt="now"), living(0)),
        (pause, living(1), living(1, spec={"paused": True})),
        (resumption, living(1, spec={"paused": True}), living(1)),
    ],
)
def test_when_it_has_shown(act: Any, before: Any, after: Any) -> None:
    assert act(before).has_shown(after)


class Api:
    """A Rollout whose controller takes in the nth patch of its status."""

    def __init__(self, nth: int) -> None:
        self.nth, self.written = nth, []  # type: ignore[var-annotated]

    def patch(self, path: str, patch: Any) -> None:
        self.written.append((path, patch))

    def get(self, _: str) -> Any:
        return living(2) if len(self.written) >= self.nth else living(1, **PAUSED)


def test_a_patch_that_went_by_unseen_is_repeated_in_other_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acts, "_PAUSE", 0)
    api = Api(3)
    assert carry_out(cast("Any", api), "web", promotion(living(1, **PAUSED)), 5) == living(2)
    assert [path for path, _ in api.written] == ["web/status"] * 3
    told = [patch["status"] for _, patch in api.written]
    assert len({str(status) for status in told}) == 3
    assert all(status["pauseConditions"] is None for status in told)


def test_what_shows_at_the_last_look_of_a_try_is_not_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acts, "_PAUSE", 0)
    api = Api(1)
    looks = iter([living(1, **PAUSED)] * 7)
    monkeypatch.setattr(api, "get", lambda _: next(looks, living(2)))
    carry_out(cast("Any", api), "web", promotion(living(1, **PAUSED)), 5)
    assert len(api.written) == 1


def test_a_controller_that_is_away_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acts, "_PAUSE", 0)
    with pytest.raises(TimedOutError, match="Rollout web/web has not moved in 0 s: paused at step 2 of 3"):
        carry_out(cast("Any", Api(10**9)), "web", promotion(living(1, **PAUSED)), 0)
