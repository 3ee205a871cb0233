"""What happened, as lines of the log and as numbers."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from gitops.cluster.health import Status
from gitops.drift.state import OUT_OF_SYNC, SYNCED, UNKNOWN
from gitops.model.synced import FAILED, HELD, LEFT_OUT, WAITING
from gitops.watch.heal import Told

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from gitops.cluster.discovery import Resource
    from gitops.model.synced import Synced
    from gitops.report.log import Log
    from gitops.report.metrics import Metrics
    from gitops.watch.decide import Decision
    from gitops.watch.heal import Healer
    from gitops.watch.turn import Known
    from gitops.watch.wanted import Wanted

_WORST = list(Status)


class Telling:
    """Tells one stack's log and metrics."""

    def __init__(self, log: Log, metrics: Metrics) -> None:
        self._log, self._metrics = log, metrics
        self._troubled: dict[Resource, str] = {}
        self._fights: set[object] = set()

    def of_healer(self, replan: Callable[[str], None], resync: Callable[[str], None]) -> Told:
        """What the healer calls."""
        return Told(self._healed, self._failed, self._fight, replan, resync)

    def cluster(self, resource: Resource, why: str) -> None:
        """A watch is broken, or open again."""
        if why and self._troubled.get(resource) != why:
            self._log("warning", "the cluster can't be watched", kind=resource.kind, why=why)
        if why:
            self._troubled[resource] = why
        elif self._troubled.pop(resource, ""):
            self._log("info", "the cluster is watched again", kind=resource.kind)
        self._metrics.set(self._metrics.cluster_up, 0 if self._troubled else 1)

    def synced(self, done: Synced, seconds: float, operation: str) -> None:
        """A sync ended."""
        values = {"revision": done.revision, "operation": operation}
        for result, level in ((FAILED, "error"), (WAITING, "warning"), (LEFT_OUT, "warning"), (HELD, "info")):
            for item in done.having(result):
                why = "; ".join(problem.what for problem in item.problems)
                self._log(level, result, application=item.name, why=why, **values)
        for back in filter(None, (item.rolled_back for item in done.applications)):
            told = {"application": back.application, "revision": back.to, "operation": operation}
            self._log("error", "rolled back", why=f"{back.revision[:12]} failed: {back.reason}", **told)
            self._metrics.count(self._metrics.rollbacks, back.application)
        for key in done.pruned:
            self._log("info", "pruned", object=str(key), **values)
        changed = {change: count for change, count in done.changes.items() if change != "same"}
        self._log("info", "sync ended", seconds=round(seconds, 2), changes=changed or None, **values)
        failed = done.having(FAILED) or done.having(WAITING)
        self._metrics.count(self._metrics.syncs, "Failed" if failed else "Succeeded")
        self._metrics.set(self._metrics.state_up, 1)
        if not failed:
            self._metrics.last_sync.labels(done.stack).set_to_current_time()

    def count(self, healer: Healer, known: Known | None, broken: Collection[str]) -> None:
        """Bring the numbers of applications and of drift up to date."""
        if known is None:
            return
        drift: Counter[str] = Counter()
        health: dict[str, Status] = {}
        for key, wanted in list(healer.wanted.items()):
            name = wanted.application.name
            drift[name] += key in healer.drifting
            status = healer.health.get(key, Status.HEALTHY)
            health[name] = max(health.get(name, status), status, key=_WORST.index)
        counts: Counter[tuple[str, str]] = Counter()
        for name in {*(item.name for item in known.plan.applications), *broken}:
            sync = (
                UNKNOWN if name in broken else SYNCED if name in health and not drift[name] else OUT_OF_SYNC
            )
            counts[sync, health.get(name, Status.UNKNOWN).value] += 1
        self._metrics.set_applications(counts)
        self._metrics.set_drift({name: drift[name] for name in health})

    def _healed(self, wanted: Wanted, decision: Decision, seconds: float) -> None:
        key, name = wanted.planned.manifest.key, wanted.application.name
        self._log(
            "info",
            "healed",
            application=name,
            object=str(key),
            what=decision.what,
            by=", ".join(filter(None, decision.by)),
            seconds=round(seconds, 3),
        )
        self._metrics.count(self._metrics.heals, name, key.kind)
        self._metrics.took(self._metrics.heal_seconds, seconds)

    def _failed(self, wanted: Wanted, why: str) -> None:
        key, name = wanted.planned.manifest.key, wanted.application.name
        self._log("error", "not healed", application=name, object=str(key), why=why)
        self._metrics.count(self._metrics.heal_failures, name, key.kind)

    def _fight(self, wanted: Wanted, decision: Decision, seconds: float) -> None:
        key, name = wanted.planned.manifest.key, wanted.application.name
        who = ", ".join(filter(None, decision.by)) or "somebody"
        self._log(
            "error",
            f"{who} keeps changing what is healed",
            application=name,
            object=str(key),
            what=decision.what,
            again_in=round(seconds),
        )
        self._metrics.count(self._metrics.fights, name, who)
