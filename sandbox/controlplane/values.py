"""What starting a sandbox gives to its caller."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.controlplane.layout import Home

PASSPHRASE = "sandbox"  # noqa: S105 (the sandbox keeps nothing worth a better one)


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running cluster.

    Attributes:
        name: its name and that of its context.
        address: https address of its API server.
        kubeconfig: the sandbox's kubeconfig; as an administrator.
        viewer_kubeconfig: a kubeconfig of the user `viewer`, who may look (not at Secrets) and not change.
    """

    name: str
    address: str
    kubeconfig: Path
    viewer_kubeconfig: Path


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Running clusters and the folder they live in."""

    home: Home
    clusters: tuple[Cluster, ...]

    @property
    def kubeconfig(self) -> Path:
        """One context per cluster, of the cluster's name."""
        return self.home.kubeconfig

    def cluster(self, name: str) -> Cluster:
        """Give one cluster by name.

        Raises:
            KeyError: there is none of that name.
        """
        return {cluster.name: cluster for cluster in self.clusters}[name]

    def environment(self) -> dict[str, str]:
        """Give the whole environment for `pulumi`, `kubectl` and the program; see `variables`."""
        return {**os.environ, **variables(self.home, os.environ.get("PATH", os.defpath))}


def variables(home: Home, path: str) -> dict[str, str]:
    """Give what a sandbox adds to an environment whose PATH is `path`."""
    return {
        "PATH": f"{home.bin}{os.pathsep}{path}",
        "KUBECONFIG": str(home.kubeconfig),
        "PULUMI_HOME": str(home.pulumi_home),
        "PULUMI_BACKEND_URL": f"file://{home.state}",
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        # the language host of the sandbox looks here instead of in Pulumi.yaml
        "PULUMI_PYTHON_CMD": sys.executable,
        "PULUMI_SKIP_CHECKPOINTS": "true",
        "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
        "PULUMI_PARALLEL": "64",
        "PULUMI_PARALLEL_DIFF": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        # otherwise a seventh of the engine's work is its collection of garbage
        "GOGC": "200",
    }


@dataclass(frozen=True, slots=True)
class PartStatus:
    """One process of one cluster.

    Attributes:
        cluster: the cluster's name.
        part: the program's name.
        pid: its process id, or 0 when it does not run.
        ready: for the API server: it says so; for the others: it runs.
        port: where it listens, or 0.
    """

    cluster: str
    part: str
    pid: int
    ready: bool
    port: int
