"""The fields whose change replaces the object, as upstream has them: path patterns per group and kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gitops.cluster.client import Object

Path = tuple[str | int, ...]

_POD = (
    "affinity automountServiceAccountToken dnsConfig dnsPolicy enableServiceLinks hostAliases hostIPC "
    "hostNetwork hostPID hostname imagePullSecrets nodeName nodeSelector overhead preemptionPolicy "
    "priority priorityClassName readinessGates restartPolicy runtimeClassName schedulerName "
    "securityContext serviceAccount serviceAccountName shareProcessNamespace subdomain "
    "terminationGracePeriodSeconds volumes "
).split()
_CONTAINER = (
    "args command env image imagePullPolicy lifecycle livenessProbe ports readinessProbe resources "
    "securityContext stdin stdinOnce terminationMessagePath terminationMessagePolicy tty volumeDevices "
    "volumeMounts workingDir "
).split()
_VOLUME = (
    "awsElasticBlockStore azureDisk azureFile cephfs cinder csi fc flexVolume flocker gcePersistentDisk "
    "glusterfs hostPath iscsi local nfs photonPersistentDisk portworxVolume quobyte rbd scaleIO storageos "
    "vsphereVolume "
).split()

_FIELDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("", "ConfigMap"): ("binaryData", "data"),
    ("", "Secret"): ("type", "stringData", "data"),
    ("", "Service"): ("spec.clusterIP",),
    ("", "ResourceQuota"): ("spec.scopes",),
    ("", "PersistentVolume"): tuple(f"spec.{field}" for field in _VOLUME),
    ("", "PersistentVolumeClaim"): (
        "spec.accessModes",
        "spec.resources.limits",
        "spec.selector",
        "spec.storageClassName",
        "spec.volumeName",
    ),
    ("", "Pod"): (
        *(f"spec.{field}" for field in _POD),
        *(f"spec.{group}.*.{field}" for group in ("containers", "initContainers") for field in _CONTAINER),
    ),
    ("apps", "DaemonSet"): ("spec.selector",),
    ("apps", "Deployment"): ("spec.selector",),
    ("apps", "StatefulSet"): (
        "spec.podManagementPolicy",
        "spec.revisionHistoryLimit",
        "spec.selector",
        "spec.serviceName",
        "spec.volumeClaimTemplates",
    ),
    ("batch", "Job"): ("spec.completions", "spec.parallelism", "spec.selector", "spec.template"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): ("roleRef",),
    ("rbac.authorization.k8s.io", "RoleBinding"): ("roleRef",),
    ("storage.k8s.io", "StorageClass"): ("parameters", "provisioner"),
}
_IDENTITY = (("metadata", "name"), ("metadata", "namespace"))


def patterns(obj: Object, *, mutable: frozenset[str] = frozenset()) -> tuple[tuple[str, ...], ...]:
    """The patterns for an object's kind; kinds in `mutable` are replaced by a change of identity only."""
    api_version, kind = str(obj.get("apiVersion", "")), str(obj.get("kind", ""))
    group = api_version.rpartition("/")[0]
    fields = () if kind in mutable and not group else _FIELDS.get((group, kind), ())
    return (*_IDENTITY, *(tuple(field.split(".")) for field in fields))


def matches(path: Path, wanted: tuple[tuple[str, ...], ...]) -> bool:
    """Whether a path is one of the patterns, or lies below one; `*` is any index."""
    return any(
        len(path) >= len(pattern)
        and all(
            p == step or (p == "*" and isinstance(step, int)) for p, step in zip(pattern, path, strict=False)
        )
        for pattern in wanted
    )
