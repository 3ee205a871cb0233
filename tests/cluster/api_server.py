"""A stand-in for an API server: answers from a list, remembers what it was asked."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from gitops.cluster.kubeconfig import Access

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass
class Reply:
    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class ApiServer:
    """`answer` gives the reply to a request; every request is kept in `asked`."""

    answer: Callable[[Asked], Reply]
    asked: list[Asked] = field(default_factory=list)
    connections: set[Any] = field(default_factory=set)
    address: str = ""

    @property
    def access(self) -> Access:
        return Access(server=self.address, token="t0ken")


@contextmanager
def serving(answer: Callable[[Asked], Reply]) -> Iterator[ApiServer]:
    server = ApiServer(answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _handle(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            headers = {k.lower(): v for k, v in self.headers.items()}
            asked = Asked(self.command, self.path, headers, body)
            server.asked.append(asked)
            server.connections.add(self.client_address)
            reply = server.answer(asked)
            data = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            for name, value in {**reply.headers, "content-length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _handle  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Tests look at `asked` instead."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.address = f"http://127.0.0.1:{http.server_port}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()


def status(code: int, reason: str, message: str = "no", **details: Any) -> Reply:
    body = {"kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": message}
    return Reply({**body, "details": details}, code)
