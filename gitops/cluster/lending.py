"""What a Rollout gives back: the pods of a Deployment that it has taken over, and the Services that it has marked.

Source of the field: `spec.workloadRef.scaleDown` of Argo Rollouts (1.9). The controller scales the workload down for as
long as that says so, whoever scales it up. And it adds the hash of its own pods to the selectors of the Services that
the strategy names, for as long as that names them; when the Rollout is deleted it takes the hash away again, but the
pods may be gone before.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from gitops.cluster.client import JSON_PATCH
from gitops.cluster.reading import read
from gitops.model.keys import FIELD_MANAGER
from gitops.model.manifest import as_mapping
from gitops.model.steering import HASH_LABEL
from gitops.rollouts.naming import services_of
from gitops.rollouts.spelling import ROLLOUTS

if TYPE_CHECKING:
    from gitops.cluster.client import Object
    from gitops.cluster.connect import Connection
    from gitops.model.keys import ObjectKey
    from gitops.model.manifest import Manifest

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
    _await_seen(connection, path, connection.client.patch(path, patch, field_manager=FIELD_MANAGER))


def let_go(connection: Connection, rollout: Manifest) -> None:
    """Let a Rollout name no Services any more, and have these lead to all pods that their own labels select.

    Its pods stay as they are until it is deleted.

    Raises:
        ApiError, Unreachable: the cluster refuses or does not answer.
    """
    resource = connection.discovery.find(ROLLOUTS, "Rollout")
    path = resource.path(rollout.key.namespace, rollout.key.name)
    if read(connection.client, path) is None:
        return
    strategy = [{"op": "replace", "path": "/spec/strategy", "value": {"canary": {}}}]
    live = connection.client.patch(path, strategy, content_type=JSON_PATCH, field_manager=FIELD_MANAGER)
    _await_seen(connection, path, live)
    for key in services_of(rollout.key, rollout.body):
        place = connection.discovery.find("v1", "Service").path(key.namespace, key.name)
        service = read(connection.client, place)
        if service and HASH_LABEL in as_mapping(as_mapping(service.get("spec")).get("selector")):
            connection.client.patch(
                place, {"spec": {"selector": {HASH_LABEL: None}}}, field_manager=FIELD_MANAGER
            )


def _await_seen(connection: Connection, path: str, live: Object) -> None:
    wanted, deadline = str(live["metadata"]["generation"]), time.monotonic() + _PATIENCE
    while as_mapping(live.get("status")).get("observedGeneration") != wanted and time.monotonic() < deadline:
        time.sleep(_PAUSE)
        live = read(connection.client, path) or live
