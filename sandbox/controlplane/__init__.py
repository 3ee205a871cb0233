"""Real Kubernetes control planes on one machine, without containers and without root.

In come a folder and the names of clusters, out come running processes, a kubeconfig and their state in files.
This room does not know how its binaries were made, nor what will be deployed to the clusters.
"""

from sandbox.controlplane.clusters import restart_apiserver, start, status, stop
from sandbox.controlplane.layout import Home
from sandbox.controlplane.values import Cluster, PartStatus, Sandbox

__all__ = ["Cluster", "Home", "PartStatus", "Sandbox", "restart_apiserver", "start", "status", "stop"]
