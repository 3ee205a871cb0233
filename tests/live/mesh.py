"""What Istio's sidecars, cAdvisor and kube-state-metrics tell of pods, with the labels that Prometheus has of them.

Pods of the sandbox serve nobody and burn nothing, so this plays their part: each pod answers ten requests a second.
Label sets: https://istio.io/latest/docs/reference/config/metrics/, cAdvisor's of the kubelet, and kube-state-metrics'
pod metrics; `namespace` and `pod` are on the former as a PodMonitor puts them there.
"""

import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_RATE = 10
_BUCKETS = (0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000, 300000, 600000)
_CALLED = {
    "reporter": "destination",
    "source_workload": "front",
    "source_canonical_service": "front",
    "source_canonical_revision": "latest",
    "source_workload_namespace": "front",
    "source_principal": "spiffe://cluster.local/ns/front/sa/front",
    "source_app": "front",
    "source_version": "",
    "source_cluster": "Kubernetes",
    "destination_principal": "spiffe://cluster.local/ns/pay/sa/default",
    "destination_version": "",
    "destination_canonical_revision": "latest",
    "destination_cluster": "Kubernetes",
    "request_protocol": "http",
    "grpc_response_status": "",
    "connection_security_policy": "mutual_tls",
}


@dataclass
class Behavior:
    """How the pods of a version behave: part of requests that fail, milliseconds of each, cores, restarts a second."""

    errors: float = 0.0
    milliseconds: float = 80.0
    cores: float = 0.05
    restarts: float = 0.0


class Mesh:
    """Tells of the pods of a workload that `pods` names, each as `behaviors` has it for its hash, else `usual`."""

    def __init__(self, namespace, workload, pods):
        self.namespace, self.workload, self.pods = namespace, workload, pods
        self.usual, self.behaviors = Behavior(), {}
        self._since = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.target = f"127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def start(self):
        self._thread.start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    def text(self):
        now = time.monotonic()
        lines = []
        for pod in self.pods():
            for name, labels, number in self._of(pod, now - self._since.setdefault(pod, now - 1)):
                told = ",".join(f'{key}="{value}"' for key, value in labels.items())
                lines.append(f"{name}{{{told}}} {number:g}\n")
        return "".join(lines)

    def _of(self, pod, age):
        behavior = self.behaviors.get(pod.split("-")[1], self.usual)
        where = {"namespace": self.namespace, "pod": pod}
        yield from self._requests(where, behavior, age)
        uid = {"uid": f"00000000-0000-0000-0000-{pod[-5:]}"}
        for container, limit, cores in (("main", 0.5, behavior.cores), ("istio-proxy", 2, 0.01)):
            cgroup = {"container": container, "cpu": "total", "id": f"/kubepods/{pod}/{container}"}
            image = {"image": f"registry.example/{container}:1", "name": f"{container}-id"}
            yield "container_cpu_usage_seconds_total", {**cgroup, **image, **where}, cores * age
            of = {**where, **uid, "container": container}
            limits = {**of, "node": "node-1", "resource": "cpu", "unit": "core"}
            yield "kube_pod_container_resource_limits", limits, limit
            memory = {**limits, "resource": "memory", "unit": "byte"}
            yield "kube_pod_container_resource_limits", memory, 2**28
            restarts = int(behavior.restarts * age) if container == "main" else 0
            yield "kube_pod_container_status_restarts_total", of, restarts
        # the cgroup of the whole pod, which has no container
        whole = {"container": "", "cpu": "total", "id": f"/kubepods/{pod}", "image": "", "name": "", **where}
        yield "container_cpu_usage_seconds_total", whole, (behavior.cores + 0.01) * age

    def _requests(self, where, behavior, age):
        host = f"{self.workload}.{self.namespace}.svc.cluster.local"
        called = {
            **_CALLED,
            "destination_workload": self.workload,
            "destination_workload_namespace": self.namespace,
            "destination_app": self.workload,
            "destination_service": host,
            "destination_service_name": self.workload,
            "destination_service_namespace": self.namespace,
            "destination_canonical_service": self.workload,
            **where,
        }
        for code, flags, part in (("200", "-", 1 - behavior.errors), ("503", "UF", behavior.errors)):
            if not part:
                continue  # a counter appears with its first request
            labels = {**called, "response_code": code, "response_flags": flags}
            number = int(_RATE * age * part)
            yield "istio_requests_total", labels, number
            for bound in (*_BUCKETS, float("inf")):
                within = number if behavior.milliseconds <= bound else 0
                bucket = {**labels, "le": "+Inf" if bound == float("inf") else f"{bound:g}"}
                yield "istio_request_duration_milliseconds_bucket", bucket, within
        # the sidecar tells of the calls that its own pod makes too
        outbound = {**called, "reporter": "source", "response_code": "503", "response_flags": "UH"}
        yield "istio_requests_total", outbound, int(_RATE * age)

    def _handler(self):
        mesh = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write(mesh.text().encode())

            def log_message(self, *_):
                pass

        return Handler
