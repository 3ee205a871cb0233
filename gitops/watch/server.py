"""The loop over HTTP: its numbers, whether it lives and is ready, and webhooks that make it look at Git."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from gitops.model.errors import ConfigError
from gitops.watch.webhook import LARGEST, is_authentic

if TYPE_CHECKING:
    from collections.abc import Callable

_TIMEOUT = 10.0
_DIGITS = 9
_TEXT = "text/plain; charset=utf-8"
_METRICS = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answers:
    """What is asked of the loop.

    Attributes:
        metrics: everything, in Prometheus' text format.
        alive: whether turns are made.
        ready: whether a first sync was made and every watch is open.
        webhook: called for a call that is authentic.
        counted: told `accepted`, `denied` or `malformed` for each call.
        secret: shared with who calls; "" believes nobody.
    """

    metrics: Callable[[], bytes]
    alive: Callable[[], bool]
    ready: Callable[[], bool]
    webhook: Callable[[], None]
    counted: Callable[[str], None]
    secret: str


def serve(address: str, answers: Answers) -> ThreadingHTTPServer:
    """Listen at `HOST:PORT`, in a thread of its own.

    Raises:
        ConfigError: that is no address, or it can't be listened at.
    """
    host, _, port = address.rpartition(":")
    try:
        server = ThreadingHTTPServer((host.strip("[]") or "127.0.0.1", int(port)), _handler(answers))
    except (OSError, ValueError, OverflowError) as error:
        raise ConfigError(
            f"can't listen at {address!r}: {error}", next_step="give a free address as HOST:PORT"
        ) from error
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), name="http", daemon=True).start()
    return server


def _handler(answers: Answers) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = _TIMEOUT
        server_version, sys_version = "gitops", ""

        def do_GET(self) -> None:
            match self.path.partition("?")[0]:
                case "/metrics":
                    self._send(200, answers.metrics(), _METRICS)
                case "/healthz":
                    self._told(answers.alive())
                case "/readyz":
                    self._told(answers.ready())
                case _:
                    self._send(404, b"not found\n")

        def do_POST(self) -> None:
            self.close_connection = True
            if self.path.partition("?")[0] != "/webhook":
                self._send(404, b"not found\n")
                return
            length = self.headers.get("content-length") or ""
            if not length.isdecimal():
                self._refuse(411, "malformed", b"say how long the body is\n")
            elif len(length) > _DIGITS or int(length) > LARGEST:
                self._refuse(413, "malformed", b"the body is too large\n")
            else:
                headers = {name.lower(): value for name, value in self.headers.items()}
                if is_authentic(headers, self.rfile.read(int(length)), answers.secret):
                    answers.webhook()
                    self._refuse(202, "accepted", b"looking at the repository\n")
                else:
                    self._refuse(401, "denied", b"the signature is wrong\n")

        def _refuse(self, status: int, result: str, text: bytes) -> None:
            answers.counted(result)
            self._send(status, text)

        def _told(self, good: bool) -> None:
            self._send(200, b"ok\n") if good else self._send(503, b"not yet\n")

        def _send(self, status: int, body: bytes, kind: str = _TEXT) -> None:
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Calls are counted, not logged: who calls may send what they like."""

    return Handler
