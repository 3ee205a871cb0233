"""The loop's numbers in Prometheus' form; the manual has a table of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from gitops.cluster.health import Status
from gitops.drift.state import OUT_OF_SYNC, SYNCED, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "gitops_"
_FAST = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0)
_SLOW = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0)


class Metrics:
    """The numbers of one stack's loop; safe to use from any thread."""

    def __init__(self, stack: str) -> None:
        self.registry = CollectorRegistry()
        self._stack = stack

        def gauge(name: str, about: str, *labels: str) -> Gauge:
            return Gauge(PREFIX + name, about, ("stack", *labels), registry=self.registry)

        def counter(name: str, about: str, *labels: str) -> Counter:
            return Counter(PREFIX + name, about, ("stack", *labels), registry=self.registry)

        def histogram(name: str, about: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
            return Histogram(
                PREFIX + name, about, ("stack", *labels), buckets=buckets, registry=self.registry
            )

        self.applications = gauge("applications", "Applications by sync status and health.", "sync", "health")
        self.syncs = counter("syncs", "Syncs by outcome.", "outcome")
        self.sync_seconds = histogram("sync_duration_seconds", "From the plan to the end of a sync.", _SLOW)
        self.engine_seconds = histogram("engine_duration_seconds", "Runs of the engine.", _SLOW, "scope")
        self.live_seconds = histogram(
            "commit_to_live_seconds", "From the first sight of a commit to the end of its sync.", _SLOW
        )
        self.last_sync = gauge("last_sync_timestamp_seconds", "When the last sync without failure ended.")
        self.held = gauge("held_applications", "Applications that are paused or outside their windows.")
        self.rolled_back = gauge(
            "rolled_back", "Applications that went back by themselves, by commit.", "application", "revision"
        )
        self.rollbacks = counter("rollbacks", "Applications that went back when they failed.", "application")
        self.drift = gauge("drift_objects", "Objects that contradict Git now.", "application")
        self.heals = counter("heals", "Objects healed.", "application", "kind")
        self.heal_failures = counter(
            "heal_failures", "Objects that could not be healed.", "application", "kind"
        )
        self.heal_seconds = histogram("heal_duration_seconds", "From a change to its end.", _FAST)
        self.fights = counter("heal_fights", "Objects that somebody keeps writing.", "application", "manager")
        self.repository_up = gauge("repository_up", "Whether the last fetch succeeded.")
        self.fetch_seconds = histogram("fetch_duration_seconds", "Fetches of the repository.", _FAST)
        self.cluster_up = gauge("cluster_up", "Whether every watch of the cluster is open.")
        self.state_up = gauge("state_up", "Whether the last run of the engine could use its state.")
        self.lag_seconds = gauge("loop_lag_seconds", "How late the last look at the repository was.")
        self.webhooks = counter("webhooks", "Calls of webhooks.", "result")

    def count(self, metric: Counter, *labels: str) -> None:
        """One more."""
        metric.labels(self._stack, *labels).inc()

    def set(self, metric: Gauge, value: float, *labels: str) -> None:
        """A new value."""
        metric.labels(self._stack, *labels).set(value)

    def took(self, metric: Histogram, seconds: float, *labels: str) -> None:
        """One more duration."""
        metric.labels(self._stack, *labels).observe(seconds)

    def set_applications(self, counts: Mapping[tuple[str, str], int]) -> None:
        """How many applications there are of each sync status and health."""
        for sync in (SYNCED, OUT_OF_SYNC, UNKNOWN):
            for health in Status:
                self.set(self.applications, counts.get((sync, health.value), 0), sync, health.value)

    def set_drift(self, counts: Mapping[str, int]) -> None:
        """How many objects of each application contradict Git."""
        self.drift.clear()
        for application, number in counts.items():
            self.set(self.drift, number, application)

    def set_rolled_back(self, revisions: Mapping[str, str]) -> None:
        """The commit that each application is held at which went back by itself."""
        self.rolled_back.clear()
        for application, revision in revisions.items():
            self.set(self.rolled_back, 1, application, revision)

    def text(self) -> bytes:
        """Everything, in the text format of the exposition."""
        return generate_latest(self.registry)
