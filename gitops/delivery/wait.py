"""Waiting until applications are as they should be, with the reason for each wait.

The cluster tells of changes by watches; between them nothing is asked but now and then, since Git tells nothing.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitops.cluster.errors import ApiError, Unreachable
from gitops.cluster.health import Status
from gitops.delivery.observe import observe
from gitops.drift.state import SYNCED
from gitops.model.errors import AccessError, TimedOutError
from gitops.model.keys import STACK_LABEL

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from gitops.cluster.client import Client
    from gitops.cluster.discovery import Resource
    from gitops.delivery.observe import Observed
    from gitops.drift.state import ApplicationState
    from gitops.model.settings import Settings

_QUIET = 10.0
"""Seconds without a change after which everything is looked at again all the same."""
_LONGEST = 300.0
"""Seconds after which a watch is opened anew."""
_AT_ONCE = 0.2
"""Seconds in which several changes count as one."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What to wait for: sync, health, or both; what is suspended counts as healthy when it was asked to be."""

    sync: bool = True
    health: bool = True
    suspended: bool = False


def reasons(states: Iterable[ApplicationState], wish: Wish) -> tuple[str, ...]:
    """Why applications are not yet as wished, a line each; empty when they are."""
    told = []
    for state in states:
        name = state.application.name
        if wish.sync and state.sync != SYNCED:
            told.append(f"{name}: {state.sync}: {_unsynced(state)}")
        well = {Status.HEALTHY, Status.SUSPENDED} if wish.suspended else {Status.HEALTHY}
        if wish.health and state.health.status not in well:
            told.append(": ".join(filter(None, (name, state.health.status.value, state.health.message))))
    return tuple(told)


def wait(
    settings: Settings,
    names: Collection[str],
    wish: Wish,
    timeout: float,
    tell: Callable[[tuple[str, ...], float, str], None],
) -> Observed:
    """Wait until applications are as wished; `tell` is given the reasons when they change, and how far it is.

    That is the seconds so far, and how many are as wished of all, as `7/12`. Without names all are waited for.

    Raises:
        NotFoundError: there is no such application.
        TimedOutError: the time is over; it names what was still waited for.
        GitOpsError: the stack can't be looked at at all.
    """
    began = time.monotonic()
    last: tuple[str, ...] = ()
    for observed in looks(settings, timeout):
        states = observed.of(names)
        waiting = reasons(states, wish)
        if not waiting:
            return observed
        if waiting != last:
            well = sum(not reasons([state], wish) for state in states)
            tell(waiting, time.monotonic() - began, f"{well}/{len(states)}")
            last = waiting
    raise TimedOutError(
        f"after {timeout:g} s: {'; '.join(last)}",
        next_step=f"see what happens to it: gitops app events {last[0].partition(':')[0]} --stack {settings.stack}",
    )


def looks(settings: Settings, timeout: float = float("inf")) -> Iterator[Observed]:
    """Look at a stack, and again after each change, at least every ten seconds, for so many seconds.

    A repository or cluster that is away for a while ends nothing.

    Raises:
        GitOpsError: the stack can't be looked at in the beginning.
    """
    until = time.monotonic() + timeout
    changed = threading.Event()
    observed = observe(settings)
    follow(observed, settings.stack, changed, until)
    while True:
        yield observed
        left = until - time.monotonic()
        if left <= 0:
            return
        pause(changed, left)
        observed = _observed_again(settings, observed)


def pause(changed: threading.Event, longest: float = float("inf")) -> None:
    """Until something has changed, and a moment more for what changes with it; ten seconds without a change."""
    if changed.wait(min(_QUIET, longest)):
        time.sleep(min(_AT_ONCE, longest))
    changed.clear()


def _observed_again(settings: Settings, before: Observed) -> Observed:
    try:
        return observe(settings)
    except AccessError:
        return before


def follow(observed: Observed, stack: str, changed: threading.Event, until: float = float("inf")) -> None:
    """Set `changed` whenever one of the stack's objects changes; one watch a kind, which ends with the process."""
    kinds = {(key.group, key.kind) for key in observed.plan.keys}
    for kind in sorted(kinds & observed.live.resources.keys()):
        resource, client = observed.live.resources[kind], observed.connection.client
        arguments = (client, resource, stack, changed, until)
        threading.Thread(target=_follow, args=arguments, daemon=True).start()


def _follow(client: Client, resource: Resource, stack: str, changed: threading.Event, timeout: float) -> None:
    until = time.monotonic() + timeout
    while (left := until - time.monotonic()) > 0:
        try:
            # without a version to begin at, the watch begins with what lives, so that no change is missed
            for _ in client.watch(
                resource.path(), timeout=min(left, _LONGEST), label_selector=f"{STACK_LABEL}={stack}"
            ):
                changed.set()
        except (ApiError, Unreachable):
            time.sleep(min(1.0, max(0.0, left)))


def _unsynced(state: ApplicationState) -> str:
    """The first thing that keeps an application from being in sync."""
    if state.problems:
        return state.problems[0].what
    for item in state.objects:
        if item.missing:
            return f"{item.key} is missing"
        if item.differences:
            return f"{item.key} differs in {item.differences[0].path}"
    return f"{state.extra[0]} lives, but is no longer in Git" if state.extra else "not compared"
