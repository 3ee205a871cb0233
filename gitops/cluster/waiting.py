"""Waiting for a live object to be healthy by its rules, Argo CD's or the repository's own."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from gitops.cluster.errors import Unreachable
from gitops.cluster.group import Group, stands
from gitops.cluster.health import Health, Status, health, waits_for_somebody
from gitops.cluster.health.status import NOT_SEEN
from gitops.cluster.verdict import verdict
from gitops.model.errors import GitOpsError, TimedOutError
from gitops.model.keys import ObjectKey
from gitops.rollouts.naming import is_rollout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitops.cluster.client import Object
    from gitops.cluster.connect import Connection
    from gitops.model.health_rule import HealthRule
    from gitops.model.manifest import Manifest

_SHORTEST, _LONGEST = 0.1, 1.0
# For so long a Rollout that its controller has seen may still tell of the pause of before the change.
_CALM = 2.0
GRACE = 5.0
"""Seconds in which a status may still tell of what was there before the change."""


class UnhealthyError(GitOpsError):
    """An object is degraded, and nothing is waited for any more."""


async def wait_healthy(
    connection: Connection,
    manifest: Manifest,
    rules: Sequence[HealthRule],
    patience: float,
    group: Sequence[Manifest] = (),
) -> Health:
    """Wait until the live object is healthy; `patience` is in seconds.

    The wait also ends at a Rollout that is paused until somebody lets it go on, whose health is then Suspended: how
    long that takes nobody can say. With the other Rollouts of a `group`, a pause without duration ends when all have
    come to it. Only short calls leave the event loop, so that a run that is ended does not wait for the object.

    Raises:
        TakenBackError: another one of its group was aborted, and so it was too.
        UnhealthyError: it is degraded; the message says why.
        TimedOutError: it did not become healthy in time; the message says what it was last.
        ApiError, UnknownKindError: it is not there, or may not be read.
    """
    key, begun, pause, found = manifest.key, time.monotonic(), _SHORTEST, NOT_SEEN
    live: Object = {}
    last, since = found, begun
    others = Group(connection, manifest, group)
    resource = await asyncio.to_thread(connection.discovery.find, manifest.api_version, manifest.kind)
    path = resource.path(key.namespace, key.name)
    while True:
        with suppress(Unreachable):
            live = await asyncio.to_thread(connection.client.get, path)
            found = await asyncio.to_thread(health, live, rules)
            if group:
                await asyncio.to_thread(others.look, live)
        now = time.monotonic()
        waited, last, since = now - begun, found, since if found == last else now
        calm = now - since >= min(_CALM, patience)
        if found.status is Status.HEALTHY or (calm and _waits(found, live) and not (group and stands(live))):
            return found
        if found.status is Status.DEGRADED and waited > min(GRACE, patience):
            why = await asyncio.to_thread(verdict, connection.client, live) or found.message
            raise UnhealthyError(
                f"{key} is degraded: {why}", next_step="mend it, or its rule in `healthRules`"
            )
        if waited > patience:
            raise TimedOutError(
                f"{key} is not healthy after {patience:g} s: {found.status}: {found.message}",
                next_step="mend it or its rule, or give the application a longer timeout",
            )
        await asyncio.sleep(pause)
        pause = min(_LONGEST, pause * 1.5)


def _waits(found: Health, live: Object) -> bool:
    suspended = found.status is Status.SUSPENDED
    return suspended and is_rollout(ObjectKey.of_body(live)) and waits_for_somebody(live)
