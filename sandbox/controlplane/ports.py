"""Free ports on this machine, kept from one start to the next."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LOOPBACK = "127.0.0.1"


def is_free(port: int) -> bool:
    """Tell whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except (OSError, OverflowError):
            return False
    return True


def choose(names: Sequence[str], remembered: Mapping[str, int], in_use: frozenset[str]) -> dict[str, int]:
    """Give every name a port: the remembered one while it is free or ours, else another free one.

    Names in `in_use` are listening already, so their port being taken is as it should be. All new ports are
    held open until the last is found, so that no two names get the same.
    """
    kept = {
        name: port for name, port in remembered.items() if name in names and (name in in_use or is_free(port))
    }
    with ExitStack() as held:
        for name in names:
            if name not in kept:
                probe = held.enter_context(socket.socket())
                probe.bind((LOOPBACK, 0))
                kept[name] = probe.getsockname()[1]
    return {name: kept[name] for name in names}
