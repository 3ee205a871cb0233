"""The counters, over HTTP."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.mesh.counting import Mesh


def serve(mesh: Mesh, address: tuple[str, int]) -> ThreadingHTTPServer:
    """A server of the mesh's counters at any path; it begins to answer when it is told to `serve_forever`.

    Raises:
        OSError: the address can't be listened on.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            text = mesh.text().encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None: ...

    return ThreadingHTTPServer(address, Handler)
