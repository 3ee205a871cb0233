"""The order Argo CD applies objects in: wave, then kind, then name.

Source of the list of kinds: `gitops-engine`'s sync tasks. A kind that is not on it comes last.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gitops.source.argo.objects import WAVE_ANNOTATION

if TYPE_CHECKING:
    from gitops.model.manifest import Manifest

_HELM_WEIGHT = "helm.sh/hook-weight"
# What Go's `strconv.Atoi` takes: plain digits within 64 bits. Python's `int` also takes spaces and other scripts.
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")

_KINDS = (
    "Namespace NetworkPolicy ResourceQuota LimitRange PodSecurityPolicy PodDisruptionBudget ServiceAccount"
    " Secret SecretList ConfigMap StorageClass PersistentVolume PersistentVolumeClaim"
    " CustomResourceDefinition ClusterRole ClusterRoleList ClusterRoleBinding ClusterRoleBindingList Role"
    " RoleList RoleBinding RoleBindingList Service DaemonSet Pod ReplicationController ReplicaSet Deployment"
    " HorizontalPodAutoscaler StatefulSet Job CronJob IngressClass Ingress APIService"
).split()
_RANK = {kind: rank for rank, kind in enumerate(_KINDS)}

# Objects that others can't exist without: they open their wave, whatever application states them.
FOUNDATIONS = frozenset(("Namespace", "CustomResourceDefinition"))
# What a pod needs to start: workloads of the same application come after these.
PREREQUISITES = frozenset(
    "NetworkPolicy ResourceQuota LimitRange ServiceAccount Secret ConfigMap StorageClass PersistentVolume"
    " PersistentVolumeClaim ClusterRole ClusterRoleBinding Role RoleBinding PriorityClass".split()
)
WORKLOADS = frozenset(
    "DaemonSet Deployment Job Pod ReplicaSet ReplicationController Rollout StatefulSet".split()
)
# What a Rollout names: its controller finds fault with it until they are all there.
ROUTES = frozenset("AnalysisTemplate ClusterAnalysisTemplate DestinationRule Service VirtualService".split())


def sync_wave(manifest: Manifest) -> int:
    """The object's own wave inside its application: its annotation, else Helm's hook weight, else 0."""
    stated = (str(manifest.annotations.get(name, "")) for name in (WAVE_ANNOTATION, _HELM_WEIGHT))
    return next((int(text) for text in stated if _WHOLE.fullmatch(text)), 0)


def kind_rank(kind: str) -> int:
    """Where a kind stands in the order."""
    return _RANK.get(kind, len(_KINDS))


def sort_key(manifest: Manifest) -> tuple[int, int, str, str, str]:
    """Sync wave, kind, name; group and namespace make it total, so that equal commits give equal plans."""
    key = manifest.key
    return sync_wave(manifest), kind_rank(key.kind), key.name, key.namespace, key.group
