"""A stack's cluster, reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitops.cluster.client import Client
from gitops.cluster.discovery import Discovery
from gitops.cluster.kubeconfig import load
from gitops.cluster.survey import Survey, survey

if TYPE_CHECKING:
    from gitops.model.settings import Cluster


@dataclass(frozen=True, slots=True)
class Connection:
    """The API client of one cluster and the kinds it serves."""

    client: Client
    discovery: Discovery

    def survey(self, stack: str, *, metadata_only: bool = True) -> Survey:
        """What lives of a stack, or without one everything."""
        return survey(self.client, self.discovery, stack, metadata_only=metadata_only)


def connect(cluster: Cluster) -> Connection:
    """The connection to a stack's cluster; nothing is sent yet.

    Raises:
        ConfigError: the kubeconfig or its context can't be used.
    """
    client = Client(load(cluster.kubeconfig or None, cluster.context or None))
    return Connection(client, Discovery(client))
