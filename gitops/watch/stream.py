"""One kind of a stack, watched: what is there, then every change, without a gap, for as long as it takes."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gitops.cluster.errors import ApiError
from gitops.model.errors import GitOpsError
from gitops.watch.backoff import growing

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitops.cluster.client import Client, Object
    from gitops.cluster.discovery import Resource
    from gitops.model.keys import ObjectKey

_PERIOD = 120.0
_FIRST, _MOST = 0.5, 15.0
_PATIENCE = 5


@dataclass
class Stream:
    """The watch of one kind.

    Attributes:
        listed: told all objects, whenever everything had to be read anew.
        seen: told each object that came or changed, and, as None, each that went.
        trouble: told why the cluster can't be watched; "" when it can again.
    """

    client: Client
    resource: Resource
    selector: str
    listed: Callable[[Resource, dict[ObjectKey, Object]], None]
    seen: Callable[[ObjectKey, Object | None], None]
    trouble: Callable[[Resource, str], None]
    over: threading.Event = field(default_factory=threading.Event)
    ready: threading.Event = field(default_factory=threading.Event)
    version: str = ""

    def start(self) -> None:
        """Begin, in a thread of its own."""
        threading.Thread(target=self.run, name=f"watch {self.resource.plural}", daemon=True).start()

    def run(self) -> None:
        """Watch until it is over."""
        failures = 0
        while not self.over.is_set():
            try:
                if not self.version:
                    self._list()
                self._follow()
                failures = 0
            except ApiError as error:
                # 410: what happened meanwhile is no longer known. Anything else but a busy server is as bad.
                self.version = "" if error.status < 500 or failures > _PATIENCE else self.version
                if error.status != 410:
                    failures += 1
                    self._pause(failures, error.message)
            except GitOpsError as error:
                failures += 1
                self._pause(failures, str(error).splitlines()[0])
            except Exception as error:  # noqa: BLE001 - an object of a strange shape must not end the watch
                self.version, failures = "", failures + 1
                self._pause(failures, f"{type(error).__name__}: {error}")

    def _list(self) -> None:
        listing = self.client.listing(self.resource.path(), self.selector)
        self.listed(self.resource, {self.resource.key(item["metadata"]): item for item in listing.items})
        self.version = listing.resource_version
        self.trouble(self.resource, "")
        self.ready.set()

    def _follow(self) -> None:
        """One request's worth of changes; a connection that breaks goes on from where it did."""
        path, version = self.resource.path(), self.version
        for event in self.client.watch(path, version, _PERIOD, label_selector=self.selector):
            if self.over.is_set():
                return
            if event.type != "BOOKMARK":
                gone = event.type == "DELETED"
                key = self.resource.key(event.object["metadata"])
                self.seen(key, None if gone else event.object)
            self.version = str(event.object["metadata"].get("resourceVersion") or self.version)
        self.trouble(self.resource, "")

    def _pause(self, failures: int, why: str) -> None:
        self.trouble(self.resource, why)
        self.over.wait(growing(failures, _FIRST, _MOST))
