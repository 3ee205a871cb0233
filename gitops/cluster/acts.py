"""What a person does to a Rollout in its cluster: the fields that are written, and how their effect shows.

Source: `kubectl argo rollouts` 1.9, whose `promote`, `abort`, `retry` and `pause` write the same fields. The controller
puts what it has just written itself in the place of what it has been told meanwhile, so a patch can pass it by unseen
until the object changes again: it is repeated, in other words, until it has shown.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from gitops.cluster.health import Health, Status, canary_steps, health
from gitops.model.errors import RefusedError, TimedOutError
from gitops.model.keys import ObjectKey
from gitops.model.manifest import as_list, as_mapping

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitops.cluster.client import Client, Object

_LOOKS, _PAUSE = 8, 0.25  # of each try; seconds
_INCONCLUSIVE = "InconclusiveAnalysisRun"


@dataclass(frozen=True, slots=True)
class Act:
    """What is written, each part merged into what lives, and by what its effect shows."""

    has_shown: Callable[[Object], bool]
    spec: Object = field(default_factory=dict)
    status: Object = field(default_factory=dict)


class Steered(NamedTuple):
    """One Rollout that was steered, or of whose group one was.

    Attributes:
        application: whose it is.
        group: the name of the group that it is of, "" without one.
        before: how it was.
        after: how it is since its controller has taken that in.
        why: why it was left as it is, or why nothing showed; "" when it was steered.
        late: nothing showed in time.
    """

    application: str
    key: ObjectKey
    group: str
    before: Health
    after: Health
    why: str = ""
    late: bool = False


def promotion(live: Object) -> Act:
    """Let it go on: from its pause, or else to its next step.

    One that was paused by hand and stands at no pause of its own goes on with what it was at.

    Raises:
        RefusedError: nothing is under way, it was aborted, or it waits for nobody.
    """
    spec, status, before = _spec(live), _status(live), step_index(live)
    _refuse_unless_under_way(live, "promoted")
    pauses = as_list(status.get("pauseConditions"))
    if spec.get("paused") and not pauses:
        return resumption(live)
    unpaused = {"paused": False} if spec.get("paused") else {}
    steps = canary_steps(spec)
    if pauses:
        written: Object = {"pauseConditions": None}
        if steps and any(as_mapping(item).get("reason") == _INCONCLUSIVE for item in pauses):
            written |= {"controllerPause": False, "currentStepIndex": min(before + 1, len(steps))}
        return Act(lambda now: _has_moved(now, before) or not _is_paused(now), unpaused, written)
    if not steps or before >= len(steps):
        raise RefusedError(
            f"{ObjectKey.of_body(live)} waits for nobody: {_told(health(live))}",
            next_step="wait for it, or leave out all that it waits for: --full",
        )
    written = {"pauseConditions": None, "currentStepIndex": before + 1}
    return Act(lambda now: _has_moved(now, before), unpaused, written)


def full_promotion(live: Object) -> Act:
    """Let it leave out all steps, pauses and analyses that are left.

    Raises:
        RefusedError: nothing is under way, or it was aborted.
    """
    _refuse_unless_under_way(live, "promoted")
    steps = len(canary_steps(_spec(live)))

    def has_shown(now: Object) -> bool:
        return is_through(now) or bool(steps and step_index(now) >= steps) or _has_switched(now)

    return Act(has_shown, {"paused": False} if _spec(live).get("paused") else {}, {"promoteFull": True})


def abortion(live: Object) -> Act:
    """Take it back to what was there before.

    Raises:
        RefusedError: nothing is under way, or it was aborted already.
    """
    _refuse_unless_under_way(live, "aborted")
    return Act(lambda now: bool(_status(now).get("abortedAt")), {}, {"abort": True})


def retrial(live: Object) -> Act:
    """Begin anew what was aborted.

    Raises:
        RefusedError: it was not aborted.
    """
    if not _status(live).get("abort"):
        raise RefusedError(
            f"{ObjectKey.of_body(live)} was not aborted: {_told(health(live))}",
            next_step="retry is for what was aborted; a held application is tried again by: gitops app sync NAME",
        )
    return Act(
        lambda now: not _status(now).get("abort") and not _status(now).get("abortedAt"), {}, {"abort": False}
    )


def pause(live: Object) -> Act:
    """Let it stand where it is, until somebody lets it go on.

    Raises:
        RefusedError: it was paused by hand already.
    """
    if _spec(live).get("paused"):
        raise RefusedError(
            f"{ObjectKey.of_body(live)} is paused by hand already",
            next_step="let it go on: gitops rollout resume",
        )
    return Act(lambda now: bool(_spec(now).get("paused")) and _is_seen(now), {"paused": True})


def resumption(live: Object) -> Act:
    """Take back that it was paused by hand; at a pause of its own it stays.

    Raises:
        RefusedError: it was not.
    """
    if not _spec(live).get("paused"):
        raise RefusedError(
            f"{ObjectKey.of_body(live)} is not paused by hand: {_told(health(live))}",
            next_step="from a pause of its own it goes on by: gitops rollout promote",
        )
    return Act(lambda now: not _spec(now).get("paused") and _is_seen(now), {"paused": False})


def carry_out(client: Client, path: str, act: Act, timeout: float) -> Object:
    """Write it, and wait until its controller has taken it in; gives what lives then.

    `timeout` is in seconds.

    Raises:
        TimedOutError: nothing showed.
        ApiError, Unreachable: the cluster refuses or does not answer.
    """
    deadline, tries = time.monotonic() + timeout, 0
    while True:
        tries += 1
        if act.spec:
            client.patch(path, {"spec": act.spec})
        told = {"message": f"said {tries} times"} if tries > 1 else {}
        if act.status or told:
            client.patch(f"{path}/status", {"status": {**act.status, **told}})
        looks, before = 0, False
        # what has begun to show is not told again: it would end the next pause too
        while looks < _LOOKS or before:
            looks += 1
            time.sleep(_PAUSE)
            live = client.get(path)
            shows = act.has_shown(live)
            if shows and before:  # once may be what was just written, before the controller's own
                return live
            before = shows
        if time.monotonic() > deadline:
            raise TimedOutError(
                f"{ObjectKey.of_body(live)} has not moved in {timeout:.0f} s: {_told(health(live))}",
                next_step="see whether the Rollouts controller runs in that cluster: it may still follow when it does",
            )


def is_through(live: Object) -> bool:
    """Whether what it was last told to run is what it runs, with nothing under way."""
    status = _status(live)
    return bool(status.get("stableRS")) and status.get("stableRS") == status.get("currentPodHash")


def step_index(live: Object) -> int:
    """The step of a canary that it is at, from 0."""
    return int(_status(live).get("currentStepIndex") or 0)


def _refuse_unless_under_way(live: Object, done: str) -> None:
    key, status = ObjectKey.of_body(live), _status(live)
    if status.get("abort"):
        raise RefusedError(
            f"{key} was aborted, so it can't be {done}",
            next_step="begin it anew: gitops rollout retry; or mend it in Git",
        )
    if is_through(live) or not status.get("currentPodHash"):
        raise RefusedError(
            f"{key} has nothing under way that could be {done}: {_told(health(live))}",
            next_step="a change in Git begins a rollout",
        )


def _is_paused(live: Object) -> bool:
    status = _status(live)
    return bool(_spec(live).get("paused") or status.get("pauseConditions") or status.get("controllerPause"))


def _has_moved(live: Object, before: int) -> bool:
    return step_index(live) > before or is_through(live)


def _has_switched(live: Object) -> bool:
    """Whether users of a blue-green Rollout have its new version."""
    status = _status(live)
    active = as_mapping(status.get("blueGreen")).get("activeSelector")
    return bool(active) and active == status.get("currentPodHash")


def _is_seen(live: Object) -> bool:
    seen = str(_status(live).get("observedGeneration") or "")
    return seen.isdigit() and int(seen) >= int(live["metadata"].get("generation") or 0)


def _told(found: Health) -> str:
    return found.message or found.status.value if found.status is not Status.HEALTHY else "it is Healthy"


def _spec(live: Object) -> Object:
    return as_mapping(live.get("spec"))


def _status(live: Object) -> dict[str, Any]:
    return as_mapping(live.get("status"))
