"""A kubelet of a few lines, where the nodes have none: it answers a real API server that asks for logs."""

import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlparse

LINES = ("line 1", "line 2")
MORE = "line 3"


class _Logs(BaseHTTPRequestHandler):
    """Each container has logged two lines, and logs a third as soon as somebody follows it."""

    def do_GET(self) -> None:
        query = {key: value[0] for key, value in parse_qs(urlparse(self.path).query).items()}
        lines = LINES[-int(query["tailLines"]) :] if "tailLines" in query else LINES
        self.send_response(200)
        self.end_headers()
        self._write("".join(f"{line}\n" for line in lines))
        if query.get("follow") == "true":
            time.sleep(0.5)
            self._write(f"{MORE}\n")

    def _write(self, text: str) -> None:
        self.wfile.write(text.encode())
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@contextmanager
def kubelets(sandbox: Any, *projects: Any) -> Iterator[None]:
    """Answer for all nodes of the projects' clusters."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Logs) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        pki = sandbox.home.cluster(projects[0].context).pki
        context.load_cert_chain(pki / "apiserver.crt", pki / "apiserver.key")
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        before = [(project, node) for project in projects for node in project.live("nodes")["items"]]
        for project, node in before:
            _answer_at(project, node, "127.0.0.1", server.server_port)
        yield
        for project, node in before:
            address = node["status"]["addresses"][0]["address"]
            _answer_at(project, node, address, node["status"]["daemonEndpoints"]["kubeletEndpoint"]["Port"])
        server.shutdown()


def _answer_at(project: Any, node: dict[str, Any], address: str, port: int) -> None:
    status = {
        "addresses": [{"type": "InternalIP", "address": address}],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": port}},
    }
    patch = json.dumps({"status": status})
    project.kubectl(
        "patch", "node", node["metadata"]["name"], "--subresource=status", "--type=merge", "-p", patch
    )
