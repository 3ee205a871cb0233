"""What a fresh cluster holds before anybody uses it: nodes, a storage class, a user who may only look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitops.model.errors import GitOpsError
from sandbox.controlplane.api import APPLY, Api

if TYPE_CHECKING:
    from collections.abc import Mapping

ZONES = ("zone-a", "zone-b", "zone-c")
_CAPACITY = {"cpu": "64", "memory": "256Gi", "pods": "250", "ephemeral-storage": "1Ti"}


def node(number: int, zone: str) -> Mapping[str, Any]:
    """Give a node that kwok plays."""
    name = f"worker-{number}"
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "annotations": {"kwok.x-k8s.io/node": "fake"},
            "labels": {
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64",
                "node-role.kubernetes.io/worker": "",
                "topology.kubernetes.io/region": "sandbox",
                "topology.kubernetes.io/zone": zone,
            },
        },
        "status": {"allocatable": _CAPACITY, "capacity": _CAPACITY},
    }


STORAGE_CLASS: Mapping[str, Any] = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {
        "name": "standard",
        "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
    },
    "provisioner": "sandbox.gitops.internal/volume",
    "reclaimPolicy": "Delete",
    "volumeBindingMode": "Immediate",
}
VIEWER: Mapping[str, Any] = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRoleBinding",
    "metadata": {"name": "sandbox-viewer"},
    "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
    "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "viewer"}],
}


def install(api: Api) -> None:
    """Create what is not there yet.

    Raises:
        GitOpsError: the API server refuses.
    """
    for number, zone in enumerate(ZONES, start=1):
        # plain creation: server-side apply would drop the capacity, which is status
        _expect(api.call("POST", "/api/v1/nodes", node(number, zone)), 201, 409)
    for path, value in (
        ("/apis/storage.k8s.io/v1/storageclasses/standard", STORAGE_CLASS),
        ("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/sandbox-viewer", VIEWER),
    ):
        _expect(api.call("PATCH", f"{path}?fieldManager=sandbox&force=true", value, APPLY), 200, 201)


def missing(api: Api) -> str:
    """Say what a new cluster still lacks before it can be used, or "" when it lacks nothing."""
    status, nodes = api.call("GET", "/api/v1/nodes")
    if status != 200:
        return f"the list of nodes (status {status})"
    waiting = sorted(n["metadata"]["name"] for n in nodes["items"] if not _is_ready(n))
    if waiting or not nodes["items"]:
        return f"ready nodes: {', '.join(waiting) or 'there are none'}"
    if api.call("GET", "/api/v1/namespaces/default/serviceaccounts/default")[0] != 200:
        return "the service account `default` in namespace `default`"
    return ""


def _is_ready(item: Mapping[str, Any]) -> bool:
    conditions = item.get("status", {}).get("conditions", [])
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def _expect(answer: tuple[int, Any], *statuses: int) -> None:
    status, body = answer
    if status not in statuses:
        message = body.get("message", body) if isinstance(body, dict) else body
        raise GitOpsError(f"the sandbox's API server refused to be set up (status {status}): {message}")
