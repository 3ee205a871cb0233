"""The real controller of Argo Rollouts and a real Prometheus, and traffic that a test makes good or bad.

Pods of the sandbox are no processes, so nobody serves requests. `Traffic` plays the mesh: it reads a VirtualService
every tenth of a second and counts requests for each of its destinations by their weights, which Prometheus scrapes
under the name that Istio gives them.
"""

import json
import subprocess
import threading
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import yaml

from gitops.cluster.client import Client
from gitops.cluster.errors import ApiError, Unreachable
from gitops.cluster.kubeconfig import load
from sandbox.console import Console
from sandbox.controlplane import progressive
from sandbox.controlplane.ports import choose
from sandbox.controlplane.records import Record
from sandbox.crds import MODULES, definitions
from sandbox.toolchain import cache_folder, golang
from sandbox.toolchain.build import build
from sandbox.toolchain.modules import Modules
from sandbox.toolchain.recipes import ROLLOUTS

NEEDED = {"argoproj.io", "VirtualService", "DestinationRule"}
ROUTES = "/apis/networking.istio.io/v1/namespaces/{}/virtualservices/{}"


class Controller:
    """The controller of one cluster; it begins when the definitions that it needs are served."""

    def __init__(self, program, folder, sandbox, context):
        cluster = sandbox.home.cluster(context)
        own = choose(("rollouts-metrics", "rollouts-health"), {}, frozenset())
        ports = {**own, "kube-apiserver": Record.read(cluster.record).ports["kube-apiserver"]}
        self.log = folder / "controller.log"
        self.command = progressive.ROLLOUTS.command(Path(program).parent, cluster, ports)
        self.process = None

    def start(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log)

    def kill(self):
        self.process.kill()
        self.process.wait(20)

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


@contextmanager
def at_work(folder, sandbox, context):
    """The controller at work in a cluster, with the definitions that it needs."""
    cache = cache_folder()
    modules = Modules(cache, lambda: golang.find(cache))
    define(
        Client(load(str(sandbox.kubeconfig), context)),
        lambda body: NEEDED & {body["spec"]["group"], body["spec"]["names"]["kind"]},
    )
    program = build(ROLLOUTS, golang.find(cache), modules, Console()) / ROLLOUTS.name
    controller = Controller(str(program), folder, sandbox, context)
    time.sleep(1)  # it gives up where a definition is not served yet
    controller.start()
    yield controller
    controller.stop()


class Prometheus:
    """Scrapes some addresses every second."""

    def __init__(self, program, folder, *targets):
        self.port = choose(("web",), {}, frozenset())["web"]
        self.url = f"http://127.0.0.1:{self.port}"
        jobs = [{"job_name": "mesh", "static_configs": [{"targets": list(targets)}]}]
        config = {"global": {"scrape_interval": "1s", "scrape_timeout": "1s"}, "scrape_configs": jobs}
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
        self.log = folder / "prometheus.log"
        self.command = [
            *(
                program,
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'data'}",
            ),
            f"--web.listen-address=127.0.0.1:{self.port}",
        ]
        self.process = None

    def start(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log)

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


class Traffic:
    """A hundred requests a second to a VirtualService; `errors` is the part of them that fails, by destination."""

    def __init__(self, sandbox, context, namespace, name):
        self.client = Client(load(str(sandbox.kubeconfig), context))
        self.path = ROUTES.format(namespace, name)
        self.errors = {}
        self.counts = {}
        self.weights = []
        self._ended = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.target = f"127.0.0.1:{self._server.server_address[1]}"
        self._threads = [
            threading.Thread(target=work, daemon=True) for work in (self._server.serve_forever, self._flow)
        ]

    def start(self):
        for thread in self._threads:
            thread.start()

    def stop(self):
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()

    def routes(self):
        return self.client.get(self.path)["spec"]["http"]

    def split(self):
        """The weights of the named route, by destination."""
        (route,) = (item for item in self.routes() if item["name"] == "primary")
        return {item["destination"]["host"]: item.get("weight", 0) for item in route["route"]}

    def _flow(self):
        while not self._ended.wait(0.1):
            with suppress(ApiError, Unreachable):
                split = self.split()
                if not self.weights or self.weights[-1] != split:
                    self.weights.append(split)
                for host, weight in split.items():
                    bad = self.errors.get(host, 0.0)
                    for code, part in (("200", 1 - bad), ("503", bad)):
                        key = host, code
                        self.counts[key] = self.counts.get(key, 0.0) + weight / 10 * part

    def _text(self):
        lines = ["# TYPE istio_requests_total counter"]
        lines += [
            f'istio_requests_total{{destination_service_name="{host}",response_code="{code}"}} {count}'
            for (host, code), count in sorted(self.counts.items())
        ]
        return ("\n".join(lines) + "\n").encode()

    def _handler(self):
        traffic = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write(traffic._text())

            def log_message(self, *_):
                pass

        return Handler


def define(client, is_needed):
    """Have a cluster serve the projects' definitions of which `is_needed` holds; it may take a moment."""
    cache = cache_folder()
    for _, text in definitions(Modules(cache, lambda: golang.find(cache)).folders(MODULES)):
        for body in yaml.safe_load_all(text):
            if body and is_needed(body):
                path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{body['metadata']['name']}"
                client.apply(path, body, field_manager="test", force=True)


def service(name, app):
    return f"""
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec:
  selector: {{app: {app}}}
  ports: [{{name: http, port: 80}}]
---"""


def virtual_service(timeout="5s"):
    return f"""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: web}}
spec:
  hosts: [web]
  http:
    - name: primary
      timeout: {timeout}
      route:
        - destination: {{host: web-stable}}
          weight: 100
        - destination: {{host: web-canary}}
          weight: 0
"""


def success_rate(address, *, unsure=False):
    """The part of the canary's requests that succeed: 95 % of them have to, or with `unsure` 40 % must not fail."""
    asked = 'istio_requests_total{{destination_service_name="web-canary"{}}}[5s]'
    good, every = asked.format(',response_code!~"5.*"'), asked.format("")
    failure = "\n      failureCondition: result[0] < 0.4" if unsure else ""
    return f"""
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {{name: success-rate}}
spec:
  metrics:
    - name: success-rate
      initialDelay: 5s
      interval: 1s
      count: 2
      consecutiveErrorLimit: 0
      successCondition: result[0] >= 0.95{failure}
      provider:
        prometheus:
          address: {address}
          query: sum(rate({good})) / sum(rate({every}))
"""


def rollout(image, *steps, name="web", strategy=None):
    """A Rollout of two pods: a canary of these steps, whose traffic is split by the VirtualService `web`."""
    canary = {
        "canaryService": "web-canary",
        "stableService": "web-stable",
        "abortScaleDownDelaySeconds": 1,
        "scaleDownDelaySeconds": 1,
        "steps": list(steps),
        "trafficRouting": {
            "managedRoutes": [{"name": "by-header"}, {"name": "mirrored"}],
            "istio": {"virtualService": {"name": "web", "routes": ["primary"]}},
        },
    }
    body = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "metadata": {"name": name},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": name}},
            "strategy": strategy or {"canary": canary},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "main", "image": f"nginx:{image}"}]},
            },
        },
    }
    return json.dumps(body)
