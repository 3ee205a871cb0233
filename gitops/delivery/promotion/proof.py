"""Whether a stack has proven what it runs; pure, so that each reason can be tested alone."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from gitops.cluster.health import Status
from gitops.drift.state import SYNCED
from gitops.model.deployment import SUCCEEDED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gitops.drift.state import ApplicationState
    from gitops.model.deployment import Deployment
    from gitops.model.verification import Verified


def last_run(deployments: Sequence[Deployment]) -> Deployment | None:
    """The deployment that made the stack what it is, newest first given; looking alone changes nothing."""
    return next((item for item in deployments if item.kind == "update"), None)


def against_run(stack: str, run: Deployment | None) -> str:
    """Why the stack's last deployment proves nothing; "" when it may."""
    if run is None:
        return f"{stack} was never deployed"
    if run.outcome != SUCCEEDED:
        reason = f": {run.reason}" if run.reason else ""
        return f"deployment {run.number} of {stack} has not succeeded ({run.outcome}){reason}"
    return ""


def against_states(states: Iterable[ApplicationState]) -> tuple[str, ...]:
    """A sentence for each application that is not Synced and Healthy."""
    return tuple(
        f"application {state.application.name} is {state.sync} and {state.health.status}"
        + (f": {state.health.message}" if state.health.message else "")
        for state in states
        if (state.sync, state.health.status) != (SYNCED, Status.HEALTHY)
    )


def against_checks(checks: Iterable[Verified]) -> tuple[str, ...]:
    """A sentence for each check that failed."""
    return tuple(
        f"check {item.check.name} failed: {next(one.seen for one in item.measurements if not one.well)}"
        for item in checks
        if not item.passed
    )


def against_return(stack: str, deployments: Sequence[Deployment], revision: str) -> str:
    """Why a stack that ran a revision and then another one does not get the first again; "" when it never left it.

    Whoever took it back, in whichever way, had a reason that a promotion does not know.
    """
    runs = [item for item in deployments if item.kind == "update"]
    names = [item.revision or item.configured for item in runs]
    if revision not in names[1:] or names[0] == revision or not runs[0].revision:
        return ""
    last = runs[names.index(revision)]
    return f"{stack} had {revision[:12]} before, in deployment {last.number}, and went on to {names[0][:12]}"


def against_soak(stack: str, deployments: Sequence[Deployment], soak: float, now: datetime) -> str:
    """Why what a stack runs has not run long enough; "" when it has.

    `soak` is in seconds, counted from the end of the first deployment of the revision with no other one after it.
    A bare `pulumi up` does not tell its revision in the history, and counts from its own end.
    """
    since = ""
    runs = [item for item in deployments if item.kind == "update"]
    for item in runs:
        if item.outcome != SUCCEEDED or item.revision != runs[0].revision:
            break
        since = item.finished
        if not item.revision:
            break
    if not soak:
        return ""
    ran = (now - datetime.fromisoformat(since)).total_seconds() if since else 0.0
    if ran >= soak:
        return ""
    return f"{stack} has run {(runs and runs[0].revision[:12]) or 'it'} for {ran:.0f} s of {soak:g} s"
