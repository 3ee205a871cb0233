"""Requests that nobody sends: pods of the sandbox are no processes, so a mesh is played and its metrics are real.

In comes a cluster with VirtualServices, Services and pods, out come the counters that Istio's proxies would keep.
This room does not know who reads them, nor why weights change.
"""

from sandbox.mesh.counting import Mesh
from sandbox.mesh.serving import serve

__all__ = ["Mesh", "serve"]
