"""Objects that are seen are kept as the last sync made them."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gitops.cluster.health import Status, aborted_at, health
from gitops.model.errors import GitOpsError
from gitops.watch.backoff import Attempts
from gitops.watch.decide import Decision, Verdict, decide

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from gitops.cluster.client import Object
    from gitops.cluster.discovery import Resource
    from gitops.model.keys import ObjectKey
    from gitops.watch.mend import Mender
    from gitops.watch.wanted import Wanted

_WORKERS = 8
_LOOK_AGAIN = 1.0


@dataclass(frozen=True, slots=True)
class Told:
    """Who is told what happens, each with values that say all of it.

    Attributes:
        healed: an object, what differed, who had written it, seconds since that was seen.
        failed: an object that could not be healed, and why.
        fight: an object that somebody keeps writing, by whom, and seconds until it is healed again.
        replan: something was synced by somebody else.
        resync: an object is gone, and only the engine can tell whether it should be; or a Rollout was aborted.
    """

    healed: Callable[[Wanted, Decision, float], None]
    failed: Callable[[Wanted, str], None]
    fight: Callable[[Wanted, Decision, float], None]
    replan: Callable[[str], None]
    resync: Callable[[str], None]


@dataclass
class Healer:
    """Decides about every object that is seen, one change at a time, and has it mended.

    Attributes:
        blocked: why nothing may be written now, "" when it may.
        ours: whether the stack still has an object that is gone; None when nobody here can tell.
    """

    mender: Mender
    told: Told
    blocked: Callable[[], str]
    ours: Callable[[ObjectKey], bool | None]
    clock: Callable[[], float] = time.monotonic
    wanted: dict[ObjectKey, Wanted] = field(default_factory=dict)
    held: Mapping[str, str] = field(default_factory=dict)
    drifting: dict[ObjectKey, Decision] = field(default_factory=dict)
    health: dict[ObjectKey, Status] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._lock = threading.RLock()
        self._pool = ThreadPoolExecutor(max_workers=_WORKERS, thread_name_prefix="heal")
        self._attempts: dict[ObjectKey, Attempts] = {}
        self._working: set[ObjectKey] = set()
        self._again: set[ObjectKey] = set()
        self._versions: dict[ObjectKey, int] = {}
        self._passed: set[ObjectKey] = set()
        self._replanned: set[ObjectKey] = set()
        self._aborted: dict[ObjectKey, str] = {}
        self._due: list[tuple[float, int, ObjectKey]] = []
        self._order = itertools.count()

    def withdraw(self, applications: Collection[str]) -> None:
        """Leave the objects of applications alone, which a sync is about to change; remember which are seen."""
        with self._lock:
            self._passed.clear()
            for key in [k for k, item in self.wanted.items() if item.application.name in applications]:
                del self.wanted[key]
                self.health.pop(key, None)
                if self.drifting.pop(key, None):
                    self._passed.add(key)  # a sync does not mend what Git has not changed

    def install(self, objects: Mapping[ObjectKey, Wanted]) -> None:
        """Keep these objects from now on, and look at those that were seen while nobody cared."""
        with self._lock:
            self.wanted.update(objects)
            self._replanned.clear()
            passed = [key for key in self._passed if key in self.wanted]
            self._passed.clear()
            for key in {*passed, *self.drifting}:
                self._later(key, self.clock())

    def forget_all_but(self, keys: Collection[ObjectKey]) -> int:
        """Care no more for objects that are not among these; gives how many those were."""
        with self._lock:
            gone = [key for key in self.wanted if key not in keys]
            for key in gone:
                del self.wanted[key]
                self.drifting.pop(key, None)
                self.health.pop(key, None)
            return len(gone)

    def seen_all(self, resource: Resource, objects: Mapping[ObjectKey, Object]) -> None:
        """Everything of a kind: what is wanted and not among it is gone."""
        for key, live in objects.items():
            self.seen(key, live)
        with self._lock:
            missing = [
                key
                for key in self.wanted
                if (key.group, key.kind) == (resource.group, resource.kind) and key not in objects
            ]
        for key in missing:
            self.seen(key, None)

    def seen(self, key: ObjectKey, live: Object | None) -> None:
        """An object that came or changed; None when it went, or no longer carries the stack's label."""
        now = self.clock()
        with self._lock:
            wanted = self.wanted.get(key)
            if wanted is None:
                self._passed.add(key)
                return
            if key in self._working:
                self._again.add(key)
                return
            if live is not None and _version(live) <= self._versions.get(key, 0):
                return
            self.health[key] = (
                health(live, wanted.application.health_rules).status if live else Status.MISSING
            )
            if live and (when := aborted_at(live)) and self._aborted.get(key) != when:
                self._aborted[key] = when
                self.told.resync(f"{key} was aborted")
            decision = decide(wanted, live, self.held)
            self._note(key, decision)
            if decision.verdict in {Verdict.FINE, Verdict.LEAVE}:
                return
            if not self._may_heal(key, wanted, decision, now):
                return
            self._working.add(key)
        self._pool.submit(self._heal, key, wanted, live, decision, now)

    def tick(self) -> float:
        """Look again at what is due; gives the seconds until the next one is."""
        now = self.clock()
        with self._lock:
            due = set()
            while self._due and self._due[0][0] <= now:
                due.add(heapq.heappop(self._due)[2])
            due -= self._working
        for key in due:
            self._pool.submit(self._look, key)
        with self._lock:
            return max(0.0, self._due[0][0] - now) if self._due else _LOOK_AGAIN

    def close(self) -> None:
        """End; what is being written is written."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _may_heal(self, key: ObjectKey, wanted: Wanted, decision: Decision, now: float) -> bool:
        blocked = self.blocked()
        if blocked:
            self._later(key, now + _LOOK_AGAIN)
            return False
        if decision.verdict is Verdict.REPLAN and key not in self._replanned:
            # once for each plan: what the API server itself changes in what is applied would do so for ever
            self._replanned.add(key)
            self.told.replan(decision.why)
            self._later(key, now + _LOOK_AGAIN)
            return False
        attempts = self._attempts.get(key, Attempts()).seen(now)
        self._attempts[key] = attempts
        if attempts.due() <= now:
            return True
        self._later(key, attempts.due())
        if attempts.is_fight:
            self.told.fight(wanted, decision, attempts.due() - now)
        return False

    def _heal(
        self, key: ObjectKey, wanted: Wanted, live: Object | None, decision: Decision, began: float
    ) -> None:
        result: Object | None = None
        try:
            result = self._mended(key, wanted, live, decision)
            if result is not None:
                self.told.healed(wanted, decision, self.clock() - began)
        except GitOpsError as error:
            self.told.failed(wanted, str(error).splitlines()[0])
        except Exception as error:  # noqa: BLE001 - one object must not end the healing of all others
            self.told.failed(wanted, f"{type(error).__name__}: {error}")
        now = self.clock()
        after = decide(wanted, result, self.held) if result is not None else decision
        with self._lock:
            self._working.discard(key)
            again = key in self._again
            self._again.discard(key)
            self._attempts[key] = attempts = self._attempts.get(key, Attempts()).healed(now)
            if result is not None:
                self._versions[key] = _version(result)
                self.health[key] = health(result, wanted.application.health_rules).status
                self._note(key, after)
            if again or result is None or key in self.drifting:
                self._later(key, now if again and result is not None else attempts.due())

    def _mended(
        self, key: ObjectKey, wanted: Wanted, live: Object | None, decision: Decision
    ) -> Object | None:
        """The object as it is now; None when it has to be looked at again."""
        if live is None:
            live = self.mender.get(key)
            if live is not None:
                decision = decide(wanted, live, self.held)
                return self.mender.mend(wanted, live, decision) if decision.what else live
            ours = self.ours(key)
            if ours is None:
                self.told.resync(f"{key} is gone")
                return None
            if not ours:
                with self._lock:
                    self.wanted.pop(key, None)
                    self.drifting.pop(key, None)
                self.told.replan(f"{key} was taken out of the stack")
                return None
        return self.mender.mend(wanted, live, decision)

    def _look(self, key: ObjectKey) -> None:
        try:
            live = self.mender.get(key)
        except KeyError:  # its kind is no longer of the plan
            return
        except GitOpsError:
            with self._lock:
                self._later(key, self.clock() + _LOOK_AGAIN)
            return
        with self._lock:
            self._versions.pop(key, None)
        self.seen(key, live)

    def _note(self, key: ObjectKey, decision: Decision) -> None:
        if decision.verdict is Verdict.FINE:
            self.drifting.pop(key, None)
        else:
            self.drifting[key] = decision

    def _later(self, key: ObjectKey, when: float) -> None:
        if not any(item[2] == key and item[0] <= when for item in self._due):
            heapq.heappush(self._due, (when, next(self._order), key))


def _version(live: Object) -> int:
    """Versions of one kind of object can be compared as numbers (Kubernetes API conventions since 1.35)."""
    text = str(live["metadata"].get("resourceVersion", ""))
    return int(text) if text.isdecimal() else 0
