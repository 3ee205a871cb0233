"""Requests counted as Istio's proxies count them.

Metrics: istio.io, "Istio Standard Metrics". Format: prometheus.io, "Exposition formats", text.
"""

from __future__ import annotations

import time
from collections import defaultdict
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sandbox.mesh.flow import streams

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping, Sequence

    from sandbox.controlplane.api import Api
    from sandbox.mesh.flow import Stream

_RATE = 100.0
"""Requests a second to each VirtualService."""
_ROUTES = "/apis/networking.istio.io/v1/virtualservices"
_BUCKETS = (25, 50, 100, 250, 500, 1000, 2500, 5000)


class Mesh:
    """The requests to every VirtualService of one cluster, since this one began to count."""

    def __init__(self, api: Api, errors: Mapping[str, float] = MappingProxyType({})) -> None:
        """Prepare; nothing is asked yet.

        Args:
            api: the cluster's API server.
            errors: the share of requests that fails, by host, instead of what the pods there say.
        """
        self._api = api
        self._errors = errors
        self._counts: defaultdict[tuple[str, str, str, str], float] = defaultdict(float)
        self._within: defaultdict[tuple[str, str, str, str], float] = defaultdict(float)

    def run(self, ended: threading.Event, every: float) -> None:
        """Let requests flow until the end, and look at the cluster every so many seconds."""
        last = time.monotonic()
        while not ended.wait(every):
            now = time.monotonic()
            self.flow(now - last)
            last = now

    def flow(self, seconds: float) -> None:
        """Count what so many seconds bring, the way the cluster is now; nothing where it does not answer."""
        for route in self._items(_ROUTES):
            core = f"/api/v1/namespaces/{route['metadata']['namespace']}"
            for stream in streams(route, self._items(f"{core}/services"), self._items(f"{core}/pods")):
                self._count(stream, seconds * _RATE * stream.share)

    def text(self) -> str:
        """Everything counted so far, as Prometheus reads it."""
        lines = ["# TYPE istio_requests_total counter"]
        lines += [
            f'istio_requests_total{{{_labels(*where)},response_code="{code}"}} {number:.3f}'
            for (*where, code), number in sorted(dict(self._counts).items())
        ]
        lines += ["# TYPE istio_request_duration_milliseconds histogram"]
        lines += [
            f'istio_request_duration_milliseconds_bucket{{{_labels(*where)},le="{most}"}} {number:.3f}'
            for (*where, most), number in sorted(dict(self._within).items())
        ]
        return "\n".join([*lines, ""])

    def _count(self, stream: Stream, requests: float) -> None:
        where = stream.host, stream.namespace, stream.pod
        bad = self._errors.get(stream.host, stream.errors)
        self._counts[*where, "200"] += requests * (1 - bad)
        self._counts[*where, "503"] += requests * bad
        for most in _BUCKETS:
            fits = requests if stream.milliseconds <= most else 0
            self._within[*where, str(most)] += fits
        self._within[*where, "+Inf"] += requests

    def _items(self, path: str) -> Sequence[dict[str, Any]]:
        status, body = self._api.call("GET", path)
        return body["items"] if status == 200 else ()


def _labels(host: str, namespace: str, pod: str) -> str:
    return f'reporter="destination",destination_service_name="{host}",namespace="{namespace}",pod="{pod}"'
