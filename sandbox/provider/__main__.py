"""`python -m sandbox.provider [engine-address]`: serve on a free port and print it as the first line."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import grpc

from gitops.model.deep_messages import allow_deep_messages
from sandbox.provider.engine import Engine
from sandbox.provider.protos import provider_pb2_grpc
from sandbox.provider.service import Provider

# a call that waits holds a thread, and the engine makes up to 64 of those beside its checks
_THREADS = 160
_MESSAGE = 400 * 1024 * 1024


def serve(address: str) -> tuple[grpc.Server, int]:
    """A running server and its port; `address` is the engine's, or empty."""
    allow_deep_messages()
    options = [
        ("grpc.max_receive_message_length", _MESSAGE),
        ("grpc.max_send_message_length", _MESSAGE),
        ("grpc.so_reuseport", 0),
    ]
    server = grpc.server(ThreadPoolExecutor(_THREADS, thread_name_prefix="call"), options=options)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Provider(Engine(address)), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


def _end_with(parent: int) -> None:
    """An engine that was killed can't stop its plugins: end when it is gone."""
    while os.getppid() == parent:
        time.sleep(2)
    os._exit(0)


def main() -> None:
    """Serve until the engine says goodbye or is gone."""
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    parent = os.getppid()
    addresses = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    server, port = serve(addresses[-1] if addresses else "")
    print(port, flush=True)
    for number in (signal.SIGINT, signal.SIGTERM):
        # the engine's way to say goodbye is SIGINT, followed by a kill five seconds later
        signal.signal(number, lambda *_: os._exit(0))
    if addresses:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    server.wait_for_termination()


if __name__ == "__main__":
    main()
