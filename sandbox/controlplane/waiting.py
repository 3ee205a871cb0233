"""Waiting for a cluster: what it still lacks, and the last words of a part that gave up."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from gitops.model.errors import TimedOutError
from sandbox.controlplane.api import Api
from sandbox.controlplane.part import server
from sandbox.controlplane.processes import reap

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.controlplane.layout import ClusterHome
    from sandbox.controlplane.records import Record

T = TypeVar("T")
_TAIL = 4000
"""Bytes of a log that are looked at for its last lines."""
_STEP = "try again; for a fresh start run `python -m sandbox down` and delete that cluster's folder"


class PartEndedError(TimedOutError):
    """A process of the control plane ended by itself."""


def ask(cluster: ClusterHome, record: Record, question: Callable[[Api], T]) -> T:
    """Ask a cluster's API server something."""
    api = Api(server(record.ports), cluster.pki)
    try:
        return question(api)
    finally:
        api.close()


def wait(cluster: ClusterHome, record: Record, lacking: Callable[[Api], str], *, patience: float) -> None:
    """Wait until nothing is lacking.

    Args:
        cluster: the folder of the cluster.
        record: its ports and processes.
        lacking: says what is missing, or "".
        patience: seconds.

    Raises:
        PartEndedError: a process ended meanwhile.
        TimedOutError: something was still missing at the end.
    """
    deadline = time.monotonic() + patience

    def until_nothing(api: Api) -> None:
        while lack := lacking(api):
            reap(record.processes.values())
            ended = sorted(set(record.processes) - set(record.running()))
            if ended:
                raise PartEndedError(
                    f"cluster {cluster.name}: {ended[0]} ended by itself; {_last_words(cluster, ended[0])}",
                    next_step=_STEP,
                )
            if time.monotonic() > deadline:
                raise TimedOutError(
                    f"cluster {cluster.name} still lacks {lack} after {patience:.0f} s; "
                    + _last_words(cluster, "kube-apiserver"),
                    next_step=_STEP,
                )
            time.sleep(0.1)

    ask(cluster, record, until_nothing)


def unready(api: Api) -> str:
    """Name the API server as long as it is not ready."""
    return "" if api.ready() else "a ready API server"


def _last_words(cluster: ClusterHome, part: str) -> str:
    log = cluster.log(part)
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, log.stat().st_size - _TAIL))
            last = stream.read().decode(errors="replace").splitlines()[-5:]
    except OSError:
        last = []
    return f"the end of {log}:" + "".join(f"\n    {line[:300]}" for line in last)
