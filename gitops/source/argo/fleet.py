"""Which cluster a destination means: the clusters of a fleet are the project's stacks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gitops.model.settings import FleetCluster

IN_CLUSTER, IN_CLUSTER_SERVER = "in-cluster", "https://kubernetes.default.svc"


@dataclass(frozen=True, slots=True)
class Fleet:
    """What Argo CD's objects are read for.

    Attributes:
        stack: this stack's name; `in-cluster` is its cluster.
        clusters: those of all stacks of the project, this one's among them.
        repository: URL of this stack's repository.
        revision: the branch, tag or commit that this stack follows.
    """

    stack: str
    clusters: tuple[FleetCluster, ...]
    repository: str
    revision: str


def server_of(cluster: FleetCluster, fleet: Fleet) -> str:
    """The API server by which Argo CD's objects call a cluster; made up when its stack states none."""
    stated = next((text for text in cluster.destinations if "://" in text), "")
    own = IN_CLUSTER_SERVER if cluster.stack == fleet.stack else f"https://{cluster.stack}.gitops.internal"
    return stated or own


def name_of(cluster: FleetCluster) -> str:
    """The name by which Argo CD's objects call a cluster; its stack's when none is stated."""
    return next((text for text in cluster.destinations if "://" not in text), cluster.stack)


def find_cluster(fleet: Fleet, name: str, server: str) -> FleetCluster | None:
    """The cluster that a destination's name or API server means, or None."""
    for cluster in fleet.clusters:
        own = (IN_CLUSTER, IN_CLUSTER_SERVER) if cluster.stack == fleet.stack else ()
        known = (cluster.stack, server_of(cluster, fleet), *cluster.destinations, *own)
        if (name and name in known) or (server and _address(server) in map(_address, known)):
            return cluster
    return None


def _address(server: str) -> str:
    return server.rstrip("/").lower().removesuffix(":443")
