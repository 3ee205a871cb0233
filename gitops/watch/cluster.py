"""The cluster's side of the loop: a stream for each kind of the plan, and the healer behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.cluster.discovery import UnknownKindError
from gitops.model.keys import STACK_LABEL
from gitops.watch.mend import Mender
from gitops.watch.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gitops.cluster.connect import Connection
    from gitops.cluster.discovery import Resource
    from gitops.model.manifest import Manifest
    from gitops.watch.heal import Healer


class Watching:
    """The streams of one stack's kinds, opened and closed as the plan needs them."""

    def __init__(self, connection: Connection, stack: str, trouble: Callable[[Resource, str], None]) -> None:
        self.resources: dict[tuple[str, str], Resource] = {}
        self.mender = Mender(connection.client, self.resources)
        self._connection = connection
        self._selector = f"{STACK_LABEL}={stack}"
        self._trouble = trouble
        self._streams: dict[tuple[str, str], Stream] = {}

    def learn(self, manifests: Iterable[Manifest]) -> None:
        """Find the kinds of these objects, in the versions in which they are stated; others are no longer watched.

        Raises:
            GitOpsError: the cluster can't be asked which kinds it serves.
        """
        wanted: dict[tuple[str, str], Resource] = {}
        for group, kind, version in sorted({(m.key.group, m.kind, m.api_version) for m in manifests}):
            try:
                wanted.setdefault((group, kind), self._connection.discovery.find(version, kind))
            except UnknownKindError:
                continue  # nothing of it can live
        self.resources.update(wanted)
        for gone in self.resources.keys() - wanted.keys():
            del self.resources[gone]
        for gone in [k for k, stream in self._streams.items() if wanted.get(k) != stream.resource]:
            self._streams.pop(gone).over.set()

    def open(self, healer: Healer) -> None:
        """Watch every kind that is known and not watched yet, and tell the healer what is seen."""
        client = self._connection.client
        for key, resource in self.resources.items():
            if key not in self._streams:
                stream = Stream(client, resource, self._selector, healer.seen_all, healer.seen, self._trouble)
                self._streams[key] = stream
                stream.start()

    def is_ready(self) -> bool:
        """Whether every stream has read what is there."""
        return bool(self._streams) and all(stream.ready.is_set() for stream in self._streams.values())

    def close(self) -> None:
        """End every stream after its next change."""
        for stream in self._streams.values():
            stream.over.set()
