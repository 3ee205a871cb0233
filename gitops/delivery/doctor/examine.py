"""Everything that a sync of one stack needs, from the programs to the clock."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from gitops.cluster.connect import Connection, connect
from gitops.delivery.doctor.keys import keys
from gitops.delivery.doctor.programs import programs
from gitops.delivery.doctor.rights import rights
from gitops.desired import desired_plan
from gitops.model.check import Check, fine, guarded, warning
from gitops.source.git import cache_folder, fetch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitops.model.settings import Settings

# Tokens and certificates stop being accepted, or are not accepted yet, when clocks are this far apart.
_SKEW = 60.0


def examine(settings: Settings, environment: Mapping[str, str] = os.environ) -> Iterator[Check]:
    """Every check, as soon as its answer is there; one that is broken does not hide the others."""
    yield from programs(environment)
    commit = guarded("repository", lambda: fetch(settings.repository, cache_folder(environment)))
    if isinstance(commit, Check):
        yield commit
    else:
        yield fine("repository", f"{settings.repository.revision} is {commit.sha[:12]}: {commit.subject}")
    if settings.secrets.opened:
        yield guarded("keys", lambda: keys(settings))
    connection = guarded("cluster", lambda: _reached(settings))
    if isinstance(connection, Check):
        yield connection
        return
    version = connection.client.get("/version")["gitVersion"]
    yield fine("cluster", f"{connection.client.server} runs {version}")
    yield clock(connection.client.server_time(), time.time())
    if isinstance(commit, Check):
        return
    yield guarded("rights", lambda: _rights(settings, connection))


def _reached(settings: Settings) -> Connection:
    connection = connect(settings.cluster)
    connection.client.get("/version")
    return connection


def clock(servers: float, own: float) -> Check:
    """Whether two clocks, both in seconds since 1970, are close enough for tokens and certificates."""
    skew = servers - own
    if abs(skew) < _SKEW:
        return fine("clock", "the API server's clock is this machine's")
    told = f"the API server's clock is {abs(skew):.0f} s {'ahead' if skew > 0 else 'behind'}"
    return warning("clock", told, "set both by NTP: certificates and tokens depend on it")


def _rights(settings: Settings, connection: Connection) -> Check:
    live = connection.survey(settings.stack)
    plan = desired_plan(settings, live.served)
    return rights(connection.client, plan.keys, live.resources)
