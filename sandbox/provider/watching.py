"""One watch per collection, shared by everything that waits for an object in it."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gitops.cluster.errors import ApiError, Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitops.cluster.client import Client, Object

_WATCH = 60.0
_PAUSE = 1.0


class Feed:
    """The live objects of one collection, and the waiters to wake when one of them changes."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.objects: dict[str, Object] = {}
        self.listed = threading.Event()
        self.trouble = ""
        self.waiters: dict[threading.Event, str] = {}

    def set(self, name: str, obj: Object | None) -> None:
        """Note an object's new form, or that it is gone, and wake those who wait for it."""
        with self.lock:
            if obj is None:
                self.objects.pop(name, None)
            else:
                self.objects[name] = obj
            woken = [event for event, wanted in self.waiters.items() if wanted in {name, ""}]
        for event in woken:
            event.set()

    def wake(self) -> None:
        """Wake everybody: something about the collection as a whole is new."""
        with self.lock:
            woken = list(self.waiters)
        for event in woken:
            event.set()


class Watches:
    """The feeds of one cluster; each lives while somebody waits, and a minute longer."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._feeds: dict[str, Feed] = {}
        self._stopped = False

    @contextmanager
    def subscribe(self, path: str, event: threading.Event, name: str = "") -> Iterator[Feed]:
        """The feed of a collection, which sets `event` when the object `name`, or any, changes."""
        with self._lock:
            feed = self._feeds.get(path)
            if feed is None:
                feed = self._feeds[path] = Feed()
                threading.Thread(
                    target=self._run, args=(path, feed), name=f"watch {path}", daemon=True
                ).start()
            feed.waiters[event] = name
        try:
            yield feed
        finally:
            with self._lock, feed.lock:
                feed.waiters.pop(event, None)

    def stop(self) -> None:
        """Wake every waiter for the last time."""
        self._stopped = True
        with self._lock:
            feeds = list(self._feeds.values())
        for feed in feeds:
            feed.wake()

    def _run(self, path: str, feed: Feed) -> None:
        while not self._stopped:
            try:
                self._follow(path, feed)
                feed.trouble = ""
            except (ApiError, Unreachable) as error:
                # an expired version, a forbidden watch, a restarting server: list again, and say so meanwhile
                feed.trouble = "" if isinstance(error, ApiError) and error.status == 410 else str(error)
                feed.listed.set()
                feed.wake()
                threading.Event().wait(_PAUSE)
            with self._lock:
                if not feed.waiters:
                    self._feeds.pop(path, None)
                    return

    def _follow(self, path: str, feed: Feed) -> None:
        listing = self._client.listing(path)
        now = {item["metadata"]["name"]: item for item in listing.items}
        for name in feed.objects.keys() - now.keys():
            feed.set(name, None)
        for name, item in now.items():
            feed.set(name, item)
        feed.listed.set()
        feed.wake()
        for event in self._client.watch(path, listing.resource_version, _WATCH):
            if event.type != "BOOKMARK":
                feed.set(event.object["metadata"]["name"], None if event.type == "DELETED" else event.object)
            if self._stopped:
                return
