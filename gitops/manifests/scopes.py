"""Which kinds live in a namespace: Kubernetes' own by table, others by their CRDs or by the cluster."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING

from gitops.model.keys import group_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitops.model.manifest import JsonObject

# (group, kind) -> whether the kind is namespaced
Scopes = Mapping[tuple[str, str], bool]

_CLUSTER = {
    "": "Namespace Node PersistentVolume ComponentStatus",
    "admissionregistration.k8s.io": "MutatingWebhookConfiguration ValidatingWebhookConfiguration"
    " ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding MutatingAdmissionPolicy"
    " MutatingAdmissionPolicyBinding",
    "apiextensions.k8s.io": "CustomResourceDefinition",
    "apiregistration.k8s.io": "APIService",
    "certificates.k8s.io": "CertificateSigningRequest ClusterTrustBundle",
    "flowcontrol.apiserver.k8s.io": "FlowSchema PriorityLevelConfiguration",
    "networking.k8s.io": "IngressClass IPAddress ServiceCIDR",
    "node.k8s.io": "RuntimeClass",
    "rbac.authorization.k8s.io": "ClusterRole ClusterRoleBinding",
    "resource.k8s.io": "DeviceClass ResourceSlice",
    "scheduling.k8s.io": "PriorityClass",
    "storage.k8s.io": "StorageClass CSIDriver CSINode VolumeAttachment VolumeAttributesClass",
}
_NAMESPACED = {
    "": "ConfigMap Endpoints Event LimitRange PersistentVolumeClaim Pod PodTemplate ReplicationController"
    " ResourceQuota Secret Service ServiceAccount",
    "apps": "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet",
    "autoscaling": "HorizontalPodAutoscaler",
    "batch": "CronJob Job",
    "coordination.k8s.io": "Lease",
    "discovery.k8s.io": "EndpointSlice",
    "events.k8s.io": "Event",
    "networking.k8s.io": "Ingress NetworkPolicy",
    "policy": "PodDisruptionBudget",
    "rbac.authorization.k8s.io": "Role RoleBinding",
    "resource.k8s.io": "ResourceClaim ResourceClaimTemplate",
    "storage.k8s.io": "CSIStorageCapacity",
}


def scopes(bodies: Iterable[JsonObject], live: Mapping[tuple[str, str], bool] | None) -> Scopes:
    """Scopes of Kubernetes' own kinds, of what the cluster serves, and of the CRDs among the bodies.

    Without a cluster to ask, a kind that nobody knows counts as namespaced, as most are.
    """
    known = dict(live or {})
    for table, namespaced in ((_CLUSTER, False), (_NAMESPACED, True)):
        known.update({(group, kind): namespaced for group, kinds in table.items() for kind in kinds.split()})
    for body in bodies:
        if body["kind"] != "CustomResourceDefinition" or not group_of(body["apiVersion"]).startswith(
            "apiext"
        ):
            continue
        spec = body.get("spec")
        names = spec.get("names") if isinstance(spec, dict) else None
        if isinstance(spec, dict) and isinstance(names, dict):
            known[str(spec.get("group")), str(names.get("kind"))] = spec.get("scope") == "Namespaced"
    return known if live is not None else defaultdict(lambda: True, known)
