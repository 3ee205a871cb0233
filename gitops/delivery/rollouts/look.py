"""Looking at a stack's Rollouts, once or on and on."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from gitops.cluster.connect import connect
from gitops.cluster.errors import Unreachable
from gitops.cluster.rollout_view import view
from gitops.delivery.rollouts.steer import living, rollouts_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitops.cluster.rollout_view import RolloutView
    from gitops.model.deployment import Deployment
    from gitops.model.settings import Settings

_INTERVAL = 1.0  # seconds


def look(settings: Settings, application: str = "", name: str = "") -> tuple[RolloutView, ...]:
    """The Rollouts of a stack, or of an application alone, or the one of a name.

    Raises:
        NotFoundError: the application has no such Rollout.
        ApiError, Unreachable: the cluster refuses or does not answer.
    """
    connection = connect(settings.cluster)
    found = living(connection, settings.stack)
    if application:
        found = rollouts_of(found, settings.stack, application, name)
    with ThreadPoolExecutor(max_workers=8) as pool:
        return tuple(pool.map(lambda live: view(connection.client, live), found))


def looks(settings: Settings, application: str = "", name: str = "") -> Iterator[tuple[RolloutView, ...]]:
    """The same whenever it has changed, without end; a cluster that does not answer is asked again.

    Raises:
        NotFoundError: the application has no such Rollout.
        ApiError: the cluster refuses.
        Unreachable: it does not answer the first time.
    """
    before = look(settings, application, name)
    yield before
    while True:
        time.sleep(_INTERVAL)
        try:
            found = look(settings, application, name)
        except Unreachable:
            continue
        if found != before:
            yield (before := found)


def commit_of(created: str, application: str, deployments: Sequence[Deployment]) -> str:
    """The commit that was deployed when a version was made; "" where nobody noted it.

    `created` is a time as Kubernetes has it; deployments are the newest first.
    """
    for item in deployments:
        if item.started[:19] <= created[:19] and item.revision and item.touched(application):
            return item.revision
    return ""
