"""The logs of pods' containers, several at once, line by line."""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from gitops.cluster.errors import ApiError, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gitops.cluster.client import Client
    from gitops.cluster.tree import Branch

_QUIET = 24 * 3600.0
"""Seconds that a log may be silent while it is followed."""
_WAITING = 10_000
"""Lines that may be read before they are taken."""


@dataclass(frozen=True, slots=True)
class LogQuery:
    """Which part of the logs: the last seconds (0: all) and lines (-1: all), and whether to go on as they grow."""

    seconds: float = 0.0
    tail: int = -1
    follow: bool = False


class Container(NamedTuple):
    """Where a container's log is."""

    namespace: str
    pod: str
    name: str


class Line(NamedTuple):
    """A line of a container's log; with `trouble`, why it has none."""

    container: Container
    text: str
    trouble: bool = False


def containers(branches: Sequence[Branch], name: str = "") -> list[Container]:
    """The containers of all pods that objects own, or those of one name; init containers only by their name."""
    found = []
    for root in branches:
        for branch in root.everything():
            if branch.live is None or (branch.key.group, branch.key.kind) != ("", "Pod"):
                continue
            spec = branch.live.get("spec") or {}
            items = [*(spec.get("containers") or ()), *(spec.get("initContainers") or () if name else ())]
            names = [str(item.get("name", "")) for item in items]
            found += [
                Container(branch.key.namespace, branch.key.name, one) for one in names if name in {"", one}
            ]
    return found


def lines(
    client: Client,
    asked: LogQuery,
    current: Callable[[], Sequence[Container]],
    look_again: float = 2.0,
) -> Iterator[Line]:
    """The lines of all containers as they come; those of one container in their order.

    While they are followed, `current` is asked again after `look_again` seconds in which nothing was logged, and
    containers that are new then are followed too.
    """
    waiting: queue.Queue[Line | None] = queue.Queue(_WAITING)
    known: set[Container] = set()

    def start() -> int:
        fresh = [container for container in current() if container not in known]
        known.update(fresh)
        for container in fresh:
            threading.Thread(target=_read, args=(client, asked, container, waiting), daemon=True).start()
        return len(fresh)

    open_now = start()
    while open_now or asked.follow:
        try:
            line = waiting.get(timeout=look_again if asked.follow else None)
        except queue.Empty:
            open_now += start()
            continue
        if line is None:
            open_now -= 1
        else:
            yield line


def _read(client: Client, asked: LogQuery, container: Container, into: queue.Queue[Line | None]) -> None:
    query = {
        "container": container.name,
        "follow": "true" if asked.follow else "",
        "sinceSeconds": max(1, int(asked.seconds)) if asked.seconds else "",
        "tailLines": asked.tail if asked.tail >= 0 else "",
    }
    path = f"/api/v1/namespaces/{container.namespace}/pods/{container.pod}/log"
    try:
        for text in client.lines(path, query, _QUIET if asked.follow else 60.0):
            into.put(Line(container, text))
    except (ApiError, Unreachable) as error:
        into.put(Line(container, error.problems[0].what, trouble=True))
    into.put(None)
