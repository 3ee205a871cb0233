"""Waiting for a live object to be healthy by its rules, Argo CD's or the repository's own."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from gitops.cluster.errors import Unreachable
from gitops.cluster.health import Status, health
from gitops.cluster.health.status import NOT_SEEN
from gitops.model.errors import GitOpsError, TimedOutError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitops.cluster.connect import Connection
    from gitops.model.health_rule import HealthRule
    from gitops.model.manifest import Manifest

_SHORTEST, _LONGEST = 0.1, 1.0
GRACE = 5.0
"""Seconds in which a status may still tell of what was there before the change."""


class UnhealthyError(GitOpsError):
    """An object is degraded, and nothing is waited for any more."""


async def wait_healthy(
    connection: Connection, manifest: Manifest, rules: Sequence[HealthRule], patience: float
) -> None:
    """Wait until the live object is healthy; `patience` is in seconds.

    Only short calls leave the event loop, so that a run that is ended does not wait for the object.

    Raises:
        UnhealthyError: it is degraded; the message says why.
        TimedOutError: it did not become healthy in time; the message says what it was last.
        ApiError, UnknownKindError: it is not there, or may not be read.
    """
    key, begun, pause, found = manifest.key, time.monotonic(), _SHORTEST, NOT_SEEN
    resource = await asyncio.to_thread(connection.discovery.find, manifest.api_version, manifest.kind)
    path = resource.path(key.namespace, key.name)
    while True:
        with suppress(Unreachable):
            found = await asyncio.to_thread(lambda: health(connection.client.get(path), rules))
        waited = time.monotonic() - begun
        if found.status is Status.HEALTHY:
            return
        if found.status is Status.DEGRADED and waited > min(GRACE, patience):
            raise UnhealthyError(
                f"{key} is degraded: {found.message}", next_step="mend it, or its rule in `healthRules`"
            )
        if waited > patience:
            raise TimedOutError(
                f"{key} is not healthy after {patience:g} s: {found.status}: {found.message}",
                next_step="mend it or its rule, or give the application a longer timeout",
            )
        await asyncio.sleep(pause)
        pause = min(_LONGEST, pause * 1.5)
