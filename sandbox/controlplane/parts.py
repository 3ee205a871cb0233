"""The processes of one cluster, with their argument lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.controlplane.part import Part, server
from sandbox.controlplane.pki import SERVICE_ACCOUNTS
from sandbox.controlplane.ports import LOOPBACK
from sandbox.controlplane.progressive import MESH, PROMETHEUS, ROLLOUTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.controlplane.layout import ClusterHome

PORTS: Mapping[str, tuple[str, ...]] = {
    "etcd": ("etcd", "etcd-peer"),
    "kube-apiserver": ("kube-apiserver",),
    "mesh": ("mesh",),
    "prometheus": ("prometheus",),
    "rollouts-controller": ("rollouts-metrics", "rollouts-health"),
}
"""The ports each part listens on; the others listen on none."""


def _etcd(home: ClusterHome, ports: Mapping[str, int]) -> list[str]:
    client, peer = f"https://{LOOPBACK}:{ports['etcd']}", f"http://{LOOPBACK}:{ports['etcd-peer']}"
    return [
        f"--name={home.name}",
        f"--data-dir={home.data}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster={home.name}={peer}",
        f"--cert-file={home.pki / 'etcd.crt'}",
        f"--key-file={home.pki / 'etcd.key'}",
        f"--trusted-ca-file={home.pki / 'ca.crt'}",
        "--client-cert-auth",
        "--unsafe-no-fsync",
        "--auto-compaction-mode=revision",
        "--auto-compaction-retention=10000",
        "--log-level=warn",
    ]


def _apiserver(home: ClusterHome, ports: Mapping[str, int]) -> list[str]:
    pki = home.pki
    signer = pki / f"{SERVICE_ACCOUNTS}.key"
    audit = [f"--audit-policy-file={home.audit_policy}", f"--audit-log-path={home.audit_log}"]
    return [
        f"--etcd-servers=https://{LOOPBACK}:{ports['etcd']}",
        f"--etcd-cafile={pki / 'ca.crt'}",
        f"--etcd-certfile={pki / 'etcd-client.crt'}",
        f"--etcd-keyfile={pki / 'etcd-client.key'}",
        f"--bind-address={LOOPBACK}",
        f"--advertise-address={LOOPBACK}",
        f"--secure-port={ports['kube-apiserver']}",
        f"--tls-cert-file={pki / 'apiserver.crt'}",
        f"--tls-private-key-file={pki / 'apiserver.key'}",
        f"--client-ca-file={pki / 'ca.crt'}",
        f"--token-auth-file={home.tokens}",
        "--authorization-mode=RBAC",
        f"--service-account-key-file={signer}",
        f"--service-account-signing-key-file={signer}",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--endpoint-reconciler-type=none",
        "--allow-privileged",
        # without it, stopping waits a minute for the watches of clients that don't let go
        "--shutdown-send-retry-after",
        *(audit if home.audit_policy.is_file() else ()),
    ]


def _controller_manager(home: ClusterHome, ports: Mapping[str, int]) -> list[str]:
    kubeconfig = home.part_kubeconfig("controller-manager")
    return [
        f"--master={server(ports)}",
        f"--kubeconfig={kubeconfig}",
        f"--service-account-private-key-file={home.pki / SERVICE_ACCOUNTS}.key",
        f"--root-ca-file={home.pki / 'ca.crt'}",
        "--use-service-account-credentials",
        "--leader-elect=false",
        # no kubelet measures anything here: the stage beside this file answers for autoscalers
        "--controllers=*,-horizontal-pod-autoscaler-controller",
        "--secure-port=0",
        # with the defaults a demo of 200 objects is throttled by the controllers' own clients
        "--kube-api-qps=500",
        "--kube-api-burst=1000",
        "--concurrent-deployment-syncs=20",
        "--concurrent-replicaset-syncs=20",
        "--concurrent-statefulset-syncs=20",
    ]


def _scheduler(home: ClusterHome, ports: Mapping[str, int]) -> list[str]:
    return [
        f"--master={server(ports)}",
        f"--kubeconfig={home.part_kubeconfig('scheduler')}",
        "--leader-elect=false",
        "--secure-port=0",
        "--kube-api-qps=500",
        "--kube-api-burst=1000",
    ]


def _kwok(home: ClusterHome, ports: Mapping[str, int]) -> list[str]:
    return [
        f"--master={server(ports)}",
        f"--kubeconfig={home.part_kubeconfig('kwok')}",
        f"--config={home.stages}",
        "--manage-all-nodes=true",
        "--node-lease-duration-seconds=40",
        "--cidr=10.244.0.1/16",
        "--node-ip=192.0.2.1",  # TEST-NET-1: nothing answers there
    ]


CONTROL_PLANE = (
    Part("etcd", _etcd),
    Part("kube-apiserver", _apiserver),
    Part("kube-controller-manager", _controller_manager, "controller-manager"),
    Part("kube-scheduler", _scheduler, "scheduler"),
    Part("kwok", _kwok, "kwok"),
)
"""What every cluster consists of, in the order of starting; stopping goes the other way."""

DELIVERING = (*CONTROL_PLANE, ROLLOUTS)
"""A cluster in which Rollouts go through their steps."""

PARTS = (*DELIVERING, MESH, PROMETHEUS)
"""A cluster whose Rollouts are measured too: everything that is ever started."""
