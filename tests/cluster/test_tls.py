"""A handshake that fails for no reason of ours is tried again; a certificate that is wrong is not."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from gitops.cluster.client import Client, Unreachable
from gitops.cluster.kubeconfig import Access
from tests.secrets.key_pairs import backup

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ALERT = bytes([0x15, 3, 3, 0, 2, 2, 50])
"""A record of TLS that says: fatal, decode error (RFC 8446, section 6)."""
ANSWER = b'HTTP/1.1 200 OK\r\ncontent-length: 15\r\nconnection: close\r\n\r\n{"kind": "Yes"}'


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """An address where the first handshake is refused, and what became of each."""
    pem = folder / "server.pem"
    pem.write_bytes(backup("a"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    told: list[str] = []
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                raw, _ = listening.accept()
            except OSError:
                return
            with raw:
                raw.settimeout(5)
                if not told:
                    told.append("refused")
                    raw.recv(65536)
                    raw.sendall(ALERT)
                    continue
                try:
                    with context.wrap_socket(raw, server_side=True) as connection:
                        connection.recv(65536)
                        connection.sendall(ANSWER)
                        told.append("answered")
                except OSError:
                    told.append("broken off")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{listening.getsockname()[1]}", told
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join(5)


def test_a_refused_handshake_is_tried_again(tmp_path: Path) -> None:
    with serving(tmp_path) as (address, told):
        assert Client(Access(address, insecure=True)).get("/version") == {"kind": "Yes"}
        assert told == ["refused", "answered"]


def test_a_certificate_that_nobody_vouches_for_is_told_at_once(tmp_path: Path) -> None:
    with serving(tmp_path) as (address, told):
        told.append("skip the refusal")
        began = time.monotonic()
        with pytest.raises(Unreachable, match="certificate"):
            Client(Access(address)).get("/version")
        assert time.monotonic() - began < 1
        assert "answered" not in told
