from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from gitops.cluster.client import Client
from gitops.cluster.kubeconfig import Access
from gitops.cluster.logs import Container, Line, LogQuery, containers, lines
from gitops.cluster.tree import Branch
from gitops.model.keys import ObjectKey

if TYPE_CHECKING:
    from collections.abc import Iterator

MAIN, SIDE = Container("web", "web-1", "main"), Container("web", "web-1", "side")
LATER = Container("web", "web-2", "main")


class Kubelet:
    """Streams logs chunk by chunk, a line in two pieces among them; refuses a container called `side`."""

    def __init__(self) -> None:
        self.queries: list[dict[str, list[str]]] = []
        self.goes_on = threading.Event()
        self.address = ""


@contextmanager
def kubelet() -> Iterator[Kubelet]:
    told = Kubelet()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            told.queries.append(query)
            if query["container"] == ["side"]:
                body = b'{"kind":"Status","code":400,"reason":"BadRequest","message":"is not there"}'
                self.send_response(400)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                return
            self.send_response(200)
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            self._chunk(b"first\nsec")
            self._chunk(b"ond\n")
            if "follow" in query:
                told.goes_on.wait(10)
                self._chunk("grown \N{GREEK SMALL LETTER PI}\n".encode())
            self._chunk(b"last, without an end")
            self._chunk(b"")

        def _chunk(self, data: bytes) -> None:
            self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            self.wfile.flush()

        def log_message(self, *_: object) -> None:
            """Nothing to tell."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield told
    finally:
        told.goes_on.set()
        server.shutdown()
        server.server_close()


def test_a_log_is_read_line_by_line_whatever_the_pieces() -> None:
    with kubelet() as server:
        found = list(lines(Client(Access(server.address)), LogQuery(), lambda: [MAIN]))
    assert found == [Line(MAIN, text) for text in ("first", "second", "last, without an end")]


def test_a_container_without_a_log_says_why_and_the_others_go_on() -> None:
    with kubelet() as server:
        found = list(lines(Client(Access(server.address)), LogQuery(), lambda: [MAIN, SIDE]))
    (trouble,) = [line for line in found if line.trouble]
    assert trouble.container == SIDE
    assert "is not there" in trouble.text
    assert len(found) == 4


def test_only_what_was_asked_for_is_asked_of_the_server() -> None:
    with kubelet() as server:
        list(lines(Client(Access(server.address)), LogQuery(600, 20), lambda: [MAIN]))
    assert server.queries == [{"container": ["main"], "sinceSeconds": ["600"], "tailLines": ["20"]}]


def test_lines_come_while_the_log_grows_and_new_pods_are_followed() -> None:
    looks = iter([[MAIN], [MAIN, LATER]])
    with kubelet() as server:
        began = time.monotonic()
        stream = lines(
            Client(Access(server.address)),
            LogQuery(follow=True),
            lambda: next(looks, [MAIN, LATER]),
            look_again=0.05,
        )
        assert [next(stream).text, next(stream).text] == ["first", "second"]
        assert next(stream) == Line(LATER, "first")
        assert next(stream) == Line(LATER, "second")
        server.goes_on.set()
        assert next(stream).text == "grown \N{GREEK SMALL LETTER PI}"
        assert time.monotonic() - began < 8


def test_containers_are_those_of_all_pods_below() -> None:
    spec = {"containers": [{"name": "main"}, {"name": "side"}], "initContainers": [{"name": "init"}]}
    pod = Branch(ObjectKey("", "Pod", "web", "web-1"), {"spec": spec})
    root = Branch(ObjectKey("apps", "Deployment", "web", "web"), {"metadata": {}}, (pod,))

    assert containers([root]) == [MAIN, SIDE]
    assert containers([root], "init") == [Container("web", "web-1", "init")]
    assert containers([root], "nothing") == []
