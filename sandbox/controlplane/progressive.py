"""What measures the traffic of a cluster and takes Rollouts through their steps."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import yaml

from sandbox.controlplane.part import Part, server
from sandbox.controlplane.ports import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.controlplane.layout import ClusterHome

SERVED = (
    "argoproj.io/v1alpha1/rollouts,analysistemplates,clusteranalysistemplates,analysisruns,experiments",
    "networking.istio.io/v1/virtualservices,destinationrules",
)
"""The resources that the controller of Rollouts watches, by group and version."""


def _patient(home: ClusterHome, ports: Mapping[str, int]) -> list[str]:
    """The controller gives up where its resources are not served yet, and those come with what is deployed."""
    # it has no other way out than to the cluster, so that addresses inside of one lead to this Prometheus
    proxy = [f"--proxy=http://{LOOPBACK}:{ports['prometheus']}"] if "prometheus" in ports else []
    serves = [f"--serves={resources}" for resources in SERVED]
    return [
        *(sys.executable, "-m", "sandbox.controlplane.patient", f"--server={server(ports)}"),
        *(f"--pki={home.pki}", *proxy, *serves, "--"),
    ]


def _rollouts(home: ClusterHome, ports: Mapping[str, int]) -> list[str]:
    return [
        f"--kubeconfig={home.part_kubeconfig('admin')}",
        "--leader-elect=false",
        f"--metricsPort={ports['rollouts-metrics']}",
        f"--healthzPort={ports['rollouts-health']}",
        "--qps=500",
        "--burst=1000",
        "--loglevel=warn",
    ]


def _mesh(home: ClusterHome, ports: Mapping[str, int]) -> list[str]:
    return [
        *(sys.executable, "-m", "sandbox.mesh"),
        *(f"--server={server(ports)}", f"--pki={home.pki}", f"--port={ports['mesh']}"),
    ]


def _prometheus(home: ClusterHome, ports: Mapping[str, int]) -> list[str]:
    return [
        f"--config.file={home.scraping}",
        f"--storage.tsdb.path={home.metrics}",
        "--storage.tsdb.retention.time=6h",
        f"--web.listen-address={LOOPBACK}:{ports['prometheus']}",
        "--log.level=warn",
    ]


def scraping(target: str) -> str:
    """What Prometheus scrapes, every second.

    Format: prometheus.io, "Configuration".
    """
    jobs = [{"job_name": "mesh", "static_configs": [{"targets": [target]}]}]
    return yaml.safe_dump(
        {"global": {"scrape_interval": "1s", "scrape_timeout": "1s"}, "scrape_configs": jobs}
    )


ROLLOUTS = Part("rollouts-controller", _rollouts, "admin", _patient)
MESH = Part("mesh", _mesh, "admin", has_program=False)
PROMETHEUS = Part("prometheus", _prometheus)
