"""What makes the loop run for good: a systemd unit, or a Deployment with no more rights than its plan needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitops.delivery.doctor.rights import verbs_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from gitops.cluster.discovery import Resource
    from gitops.model.keys import ObjectKey

_RBAC = "rbac.authorization.k8s.io"
# seconds that a run of the engine may need to write its state
_GRACE = 120
_PORT = 9797
_HOME = "/tmp"  # noqa: S108 - the pod's own
_SECRET = "gitops-watch"  # noqa: S105 - the name of an object


def systemd_unit(stack: str, project: Path, program: str, user: str) -> str:
    """A unit that runs the loop of a stack from its project's folder; secrets are read from a file beside it."""
    options = " ".join(_options(stack, "127.0.0.1"))
    return f"""\
# /etc/systemd/system/gitops-watch-{stack}.service
[Unit]
Description=GitOps loop of stack {stack}
Wants=network-online.target
After=network-online.target

[Service]
User={user}
WorkingDirectory={project}
# PULUMI_BACKEND_URL, PULUMI_CONFIG_PASSPHRASE_FILE, GITOPS_REPOSITORY_TOKEN, GITOPS_WEBHOOK_SECRET
EnvironmentFile=-/etc/gitops/watch-{stack}.env
ExecStart={program} --project {project} watch {options}
Restart=always
RestartSec=5
KillMode=mixed
TimeoutStopSec={_GRACE}
NoNewPrivileges=true
PrivateTmp=true
ProtectSystem=full
MemoryMax=1G

[Install]
WantedBy=multi-user.target
"""


def manifests(
    stack: str,
    image: str,
    namespace: str,
    keys: Iterable[ObjectKey],
    resources: Mapping[tuple[str, str], Resource],
) -> tuple[dict[str, Any], ...]:
    """Namespace, ServiceAccount, ClusterRole, its binding, and a Deployment of one pod, never two at a time."""
    name = f"gitops-watch-{stack}"
    labels = {"app.kubernetes.io/name": "gitops-watch", "app.kubernetes.io/instance": stack}
    account = {"name": name, "namespace": namespace, "labels": labels}
    container = {
        "name": "watch",
        "image": image,
        "args": ["gitops", "watch", *_options(stack, "0.0.0.0")],  # noqa: S104 - the pod's own
        "envFrom": [{"secretRef": {"name": _SECRET}}],
        "ports": [{"name": "http", "containerPort": _PORT}],
        "livenessProbe": {"httpGet": {"path": "/healthz", "port": "http"}, "periodSeconds": 30},
        "readinessProbe": {"httpGet": {"path": "/readyz", "port": "http"}, "periodSeconds": 10},
        "resources": {"requests": {"cpu": "50m", "memory": "256Mi"}, "limits": {"memory": "1Gi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
        },
        "volumeMounts": [{"name": "tmp", "mountPath": _HOME}],
        # the engine looks for its home in the image's list of users, not in HOME
        "env": [{"name": "HOME", "value": _HOME}, {"name": "PULUMI_HOME", "value": f"{_HOME}/.pulumi"}],
    }
    pod = {
        "serviceAccountName": name,
        "terminationGracePeriodSeconds": _GRACE,
        "containers": [container],
        "volumes": [{"name": "tmp", "emptyDir": {}}],
    }
    return (
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}},
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account},
        {
            "apiVersion": f"{_RBAC}/v1",
            "kind": "ClusterRole",
            "metadata": {"name": name, "labels": labels},
            "rules": rules(keys, resources),
        },
        {
            "apiVersion": f"{_RBAC}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": name, "labels": labels},
            "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace}],
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": account,
            "spec": {
                "replicas": 1,
                "strategy": {"type": "Recreate"},
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": pod},
            },
        },
    )


def _options(stack: str, host: str) -> list[str]:
    return ["--stack", stack, "--log-format", "json", "--clear-stale-locks", "--listen", f"{host}:{_PORT}"]


def rules(
    keys: Iterable[ObjectKey], resources: Mapping[tuple[str, str], Resource]
) -> list[dict[str, list[str]]]:
    """The rights that keeping these objects needs, kinds of one group and with equal verbs together, sorted.

    Who makes a role has to have what it grants, or may `escalate`; who makes a binding
    has to have what its role grants, or may `bind` roles.
    """
    found: dict[tuple[str, tuple[str, ...]], set[str]] = {}
    for group, kind in {(key.group, key.kind) for key in keys}:
        resource = resources.get((group, kind))
        if resource is None:
            continue
        more: set[str] = set()
        if group == _RBAC and kind.endswith("Binding"):
            found.setdefault((_RBAC, ("bind",)), set()).update({"clusterroles", "roles"})
        elif group == _RBAC:
            more = {"escalate"}
        found.setdefault((group, tuple(sorted({*verbs_of(group, kind), *more}))), set()).add(resource.plural)
    return [
        {"apiGroups": [group], "resources": sorted(plurals), "verbs": list(verbs)}
        for (group, verbs), plurals in sorted(found.items())
    ]
