"""A Rollout that has taken over the pods of a Deployment lets it have pods again.

Source of the field: `spec.workloadRef.scaleDown` of Argo Rollouts (1.9). The controller scales the workload down for as
long as that says so, whoever scales it up.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from gitops.cluster.reading import read
from gitops.model.keys import FIELD_MANAGER
from gitops.model.manifest import as_mapping
from gitops.rollouts.spelling import ROLLOUTS

if TYPE_CHECKING:
    from gitops.cluster.connect import Connection
    from gitops.model.keys import ObjectKey

_PATIENCE, _PAUSE = 10.0, 0.1


def stop_scaling_down(connection: Connection, rollout: ObjectKey) -> None:
    """Tell a Rollout to leave the replicas of its workload alone, and wait until its controller has seen that.

    Where no controller is at work, the wait ends after ten seconds: then nobody scales anything down either.

    Raises:
        ApiError, Unreachable: the cluster refuses or does not answer.
    """
    resource = connection.discovery.find(ROLLOUTS, "Rollout")
    path = resource.path(rollout.namespace, rollout.name)
    if read(connection.client, path) is None:
        return
    patch = {"spec": {"workloadRef": {"scaleDown": "never"}}}
    live = connection.client.patch(path, patch, field_manager=FIELD_MANAGER)
    wanted, deadline = str(live["metadata"]["generation"]), time.monotonic() + _PATIENCE
    while as_mapping(live.get("status")).get("observedGeneration") != wanted and time.monotonic() < deadline:
        time.sleep(_PAUSE)
        live = read(connection.client, path) or live
