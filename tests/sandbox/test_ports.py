from __future__ import annotations

import socket
from contextlib import ExitStack

from sandbox.controlplane.ports import LOOPBACK, choose, is_free

NAMES = ["etcd", "etcd-peer", "kube-apiserver"]


def listener(stack: ExitStack) -> tuple[socket.socket, int]:
    server = stack.enter_context(socket.socket())
    server.bind((LOOPBACK, 0))
    server.listen()
    return server, server.getsockname()[1]


def test_every_name_gets_a_free_port_of_its_own() -> None:
    chosen = choose(NAMES, {}, frozenset())
    assert list(chosen) == NAMES
    assert len(set(chosen.values())) == 3
    assert all(is_free(port) for port in chosen.values())


def test_ports_are_kept_from_one_start_to_the_next() -> None:
    first = choose(NAMES, {}, frozenset())
    assert choose(NAMES, first, frozenset()) == first


def test_a_port_that_somebody_took_meanwhile_is_not_chosen() -> None:
    first = choose(NAMES, {}, frozenset())
    with ExitStack() as stack:
        _, taken = listener(stack)
        chosen = choose(NAMES, {**first, "etcd": taken}, frozenset())
    assert chosen["etcd"] != taken
    assert {name: port for name, port in chosen.items() if name != "etcd"} == {
        name: port for name, port in first.items() if name != "etcd"
    }


def test_a_port_that_our_own_process_listens_on_is_kept() -> None:
    with ExitStack() as stack:
        _, taken = listener(stack)
        assert choose(NAMES, {"etcd": taken}, frozenset(["etcd"]))["etcd"] == taken


def test_nonsense_that_was_remembered_is_replaced() -> None:
    chosen = choose(NAMES, {"etcd": 99999, "etcd-peer": -1, "left-over": 1}, frozenset())
    assert list(chosen) == NAMES
    assert all(1024 <= port < 65536 for port in chosen.values())
