"""The loop itself: one turn after another, each a look at the repository and the sync that it asks for."""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gitops.cluster.connect import connect
from gitops.delivery.history import whoami
from gitops.delivery.retry import next_pause
from gitops.delivery.rolled_back import noted
from gitops.delivery.sync import prepare
from gitops.engine.interrupt import interrupt
from gitops.engine.locks import backend, clear
from gitops.engine.recorded import recorded
from gitops.hold import holding
from gitops.model.errors import AccessError, ConflictError, GitOpsError, RefusedError
from gitops.model.synced import FAILED, SYNCED, WAITING
from gitops.source.git import cache_folder, fetch
from gitops.watch.backoff import growing
from gitops.watch.cluster import Watching
from gitops.watch.guard import Guard
from gitops.watch.heal import Healer
from gitops.watch.memory import give_back, spare
from gitops.watch.telling import Telling
from gitops.watch.turn import Known, is_lost, work
from gitops.watch.wanted import wanted_objects
from gitops.watch.worker import Job, Worker

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gitops.delivery.sync import Prepared
    from gitops.model.application import Application
    from gitops.model.rolled_back import RolledBack
    from gitops.model.settings import Settings
    from gitops.model.synced import Synced
    from gitops.report.log import Log
    from gitops.report.metrics import Metrics
    from gitops.source.commit import Commit
    from gitops.watch.turn import Work

_BREATH = 1.0
# seconds that a run of the engine has to end by itself when the loop has to
_PATIENCE = 10.0
_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 180.0


@dataclass
class Due:
    """When, by a steady clock, the next look is due, and why it is more than a look."""

    poll: float = 0.0
    retry: float | None = None
    failures: int = 0
    forced: str = "start"
    refresh: bool = False

    def next(self) -> float:
        """The earlier of both."""
        return self.poll if self.retry is None else min(self.poll, self.retry)


class Loop:
    """One stack, kept at what Git says until it is told to end.

    `read` gives the stack's settings, anew in each turn; `clear_locks` says whether the lock of a run that was
    killed on this machine is taken away.
    """

    def __init__(
        self, project: Path, read: Callable[[], Settings], log: Log, metrics: Metrics, *, clear_locks: bool
    ) -> None:
        self._project, self._read, self._log, self._metrics = project, read, log, metrics
        self._clear_locks = clear_locks
        spare()
        self._worker = Worker()
        self._settings = read()
        stack = self._settings.stack
        self._wishes: queue.Queue[str] = queue.Queue()
        self._over = threading.Event()
        self._due = Due()
        self._known: Known | None = None
        self._applications: tuple[Application, ...] = ()
        self._broken: frozenset[str] = frozenset()
        self._suspended = False
        self._revision = ""
        self._rolled_back: tuple[RolledBack, ...] | None = None
        self._stopped = ""
        self._begun = datetime.now(UTC)
        self._alive = time.monotonic()
        self.guard = Guard(backend(stack, project), self.request)
        self._telling = Telling(log, metrics)
        self._watching = Watching(connect(self._settings.cluster), stack, self._telling.cluster)
        self._healer = Healer(
            self._watching.mender,
            self._telling.of_healer(self.request, self._resync),
            self.guard.blocked,
            lambda _: True if self.guard.backend else None,
        )

    def request(self, why: str) -> None:
        """Look at the repository and the stack's state as soon as may be."""
        self._wishes.put(why)

    def end(self) -> None:
        """End after what is being done; a run of the engine is interrupted when it takes longer than a moment."""
        self._over.set()
        self._wishes.put("")
        if self.guard.is_running:
            patience = threading.Timer(_PATIENCE, interrupt)
            patience.daemon = True
            patience.start()

    def is_ready(self) -> bool:
        """Whether a first sync was made and every watch is open."""
        return self._known is not None and self._watching.is_ready()

    def is_alive(self) -> bool:
        """Whether turns are made; a run of the engine may take its time."""
        quiet = time.monotonic() - self._alive
        return self.guard.is_running or quiet < 3 * self._settings.loop.interval + 60

    def run(self) -> None:
        """Turn after turn until `end`."""
        if self.guard.backend is None:
            what = (
                "another's run is not seen before the engine's lock stops ours: the state is in no files here"
            )
            self._log("warning", what)
        threading.Thread(target=self._heal_when_due, name="heal due", daemon=True).start()
        try:
            while not self._over.is_set():
                self._wait()
                if self._over.is_set():
                    return
                self._alive = time.monotonic()
                self._metrics.set(self._metrics.lag_seconds, max(0.0, self._alive - self._due.next()))
                try:
                    self._turn()
                    self._due.failures = 0
                    self._due.poll = time.monotonic() + self._settings.loop.interval
                except GitOpsError as error:
                    self._failed(error)
        finally:
            self._over.set()
            self._watching.close()
            self._healer.close()
            self._worker.close()

    def _wait(self) -> None:
        """Until something is due or wished for; all wishes so far are one."""
        while not self._over.is_set():
            seconds = min(_BREATH, self._due.next() - time.monotonic())
            try:
                wish = self._wishes.get(timeout=seconds) if seconds > 0 else self._wishes.get_nowait()
            except queue.Empty:
                self._telling.count(self._healer, self._known, self._broken)
                if self._due.next() <= time.monotonic() or self._held_differently():
                    return
                continue
            self._due.forced = wish or self._due.forced
            while not self._wishes.empty():
                self._due.forced = self._wishes.get_nowait() or self._due.forced
            return

    def _turn(self) -> None:
        forced, self._due.forced = self._due.forced, ""
        retry = self._due.retry is not None and self._due.retry <= time.monotonic()
        self._due.retry = None if retry else self._due.retry
        self._settings = settings = self._read()
        self._held_differently()
        if self.guard.is_surprised and self._known:
            self._look_at_state()
        if self._suspended:
            return
        seen = time.monotonic()
        commit = self._fetch(settings)
        wished = forced and commit.sha != self._stopped
        if commit.sha == self._revision and not (wished or retry or self._due.refresh or self._others()):
            return
        began = time.monotonic()
        now = datetime.now(UTC)
        pending = commit.sha == self._revision and (retry or self._due.retry is not None)
        self._begun = self._begun if pending else now
        hold = holding(settings, now, manual=False, rolled_back=self._noted, begun=self._begun)
        try:
            prepared = prepare(settings, self._project, hold, commit)
        except RefusedError as error:
            self._log("warning", "nothing is synced", why=str(error).splitlines()[0])
            self._revision = commit.sha
            return
        self._take_in(prepared)
        again = self._due.refresh or bool(retry and self._known and not self._known.clean)
        todo = work(self._known, prepared.plan, again=again)
        left_out = {item.name for item in prepared.left_out}
        if todo is None or (self._known and todo.names and left_out.issuperset(todo.names)):
            if self._known:
                self._known = replace(self._known, plan=prepared.plan)
            if commit.sha != self._revision:
                self._log("info", "nothing to sync", revision=commit.sha, why=forced)
            self._revision = commit.sha
            return
        done = self._sync(prepared, todo, forced or ("retry" if retry else "commit"))
        self._revision = commit.sha
        self._metrics.took(self._metrics.live_seconds, time.monotonic() - seen)
        self._metrics.took(self._metrics.sync_seconds, time.monotonic() - began)
        self._go_on(prepared, todo, done, retry=retry)
        del prepared, commit
        give_back()

    def _fetch(self, settings: Settings) -> Commit:
        began = time.monotonic()
        try:
            commit = fetch(settings.repository, cache_folder())
        except GitOpsError:
            self._metrics.set(self._metrics.repository_up, 0)
            raise
        self._metrics.set(self._metrics.repository_up, 1)
        self._metrics.took(self._metrics.fetch_seconds, time.monotonic() - began)
        return commit

    def _sync(self, prepared: Prepared, todo: Work, why: str) -> Synced:
        operation = prepared.operation
        names = set(todo.names) - {item.name for item in prepared.left_out}
        self._healer.withdraw(names)
        values = {"revision": prepared.plan.revision, "operation": operation}
        shown = next(iter(names)) if len(names) == 1 else ""
        self._log("info", "sync begins", applications=len(names), application=shown, why=why, **values)
        began, by = time.monotonic(), f"gitops watch ({whoami()})"
        try:
            with self.guard.own_run():
                part = frozenset(names) if todo.alone and not prepared.left_out else None
                alone = replace(prepared, connection=None)  # another process reaches the cluster by itself
                refresh = self._due.refresh or is_lost(self._known, prepared.plan, prepared.live.objects)
                done = self._worker.do(Job(alone, part, refresh, by))
        except GitOpsError:
            # what was done before it gave up is not known
            self._known = self._known and replace(self._known, clean=False)
            self._metrics.count(self._metrics.syncs, "Error")
            self._metrics.set(self._metrics.state_up, 0)
            raise
        seconds = time.monotonic() - began
        self._metrics.took(self._metrics.engine_seconds, seconds, "part" if todo.alone else "all")
        self._telling.synced(done, seconds, operation)
        return done

    def _go_on(self, prepared: Prepared, todo: Work, done: Synced, *, retry: bool) -> None:
        """Keep what was synced as it is, and plan when to try again what failed."""
        self._due.refresh = False
        went_back = {item.name: item.rolled_back for item in done.applications if item.rolled_back}
        if went_back:  # what waits in later waves waits for the next commit
            kept = [item for item in self._rolled_back or () if item.application not in went_back]
            self._rolled_back, self._stopped = (*kept, *went_back.values()), done.revision
        tried = self._known.tried + 1 if retry and self._known else 0
        failed = frozenset(item.name for item in done.having(FAILED))
        self._known = Known(prepared.plan, not (failed or done.having(WAITING)), tried, failed)
        synced = {item.name for item in done.having(SYNCED)}
        objects = wanted_objects(prepared.plan, synced & set(todo.names) if todo.alone else synced)
        self._watching.learn(item.manifest for item in prepared.plan.objects)
        self._healer.install(objects)
        self._watching.open(self._healer)
        seconds = next_pause(done, tried)
        self._due.retry = None if seconds is None else time.monotonic() + seconds

    def _failed(self, error: GitOpsError) -> None:
        """Say so, and try again soon; a lock that was left over is cleared where that is allowed."""
        if isinstance(error, ConflictError) and error.left_over and self._clear_locks:
            self._log("warning", "clearing the lock of a run that was killed", found=error.problems[0].what)
            clear(self._settings.stack, self._project)
            self._due.poll, self._due.forced = time.monotonic(), "lock cleared"
            return
        self._due.failures += 1
        most = self._settings.loop.interval if isinstance(error, AccessError) else _LONGEST_PAUSE
        seconds = growing(self._due.failures, _FIRST_PAUSE, max(most, _FIRST_PAUSE))
        self._due.poll, self._due.retry = time.monotonic() + seconds, None
        self._due.forced = "after a failure"
        self._log("error", str(error), exit_code=error.exit_code, again_in=round(seconds))

    def _take_in(self, prepared: Prepared) -> None:
        left = prepared.left_out
        self._applications = (
            *prepared.plan.applications,
            *(item.application for item in left if item.application),
        )
        self._broken = frozenset(item.name for item in left if not item.held)
        self._held_differently()
        for item in left:
            for problem in item.problems:
                self._log(
                    "warning", "held" if item.held else "left out", application=item.name, why=str(problem)
                )

    def _held_differently(self) -> bool:
        """Bring up to date who is held; whether that differs from before."""
        back = self._rolled_back or ()
        hold = holding(self._settings, datetime.now(UTC), manual=False, rolled_back=lambda: back)
        held = {problem.application: problem.what for problem in hold(self._applications)}
        differs = held.keys() != self._healer.held.keys()
        self._healer.held = held
        self._metrics.set(self._metrics.held, len(held))
        self._metrics.set_rolled_back(
            {item.application: item.to for item in back if item.application in held}
        )
        if differs:
            self._due.forced = "who is held has changed"
        return differs

    def _look_at_state(self) -> None:
        """What somebody else's run left: objects that it took out of the stack are not made again."""
        with self.guard.looking():
            keys = {item.key for item in recorded(self._settings.stack, self._project) if item.key}
            if (known := self._rolled_back) is not None:
                self._rolled_back = noted(self._settings.stack, self._project)
                self._stopped = self._stopped if known == self._rolled_back else ""
        gone = self._healer.forget_all_but(keys)
        was, self._suspended = self._suspended, not keys
        if self._suspended:
            self._log("warning", "the stack was destroyed: nothing is synced until somebody deploys it again")
        elif was or gone:
            self._known = None if was else self._known and replace(self._known, clean=False)
            self._revision = ""
            what = "the stack was deployed again" if was else "another run took objects out of the stack"
            self._log("warning", what, objects=gone or None)

    def _noted(self) -> tuple[RolledBack, ...]:
        """What went back by itself; asked for once, and anew after a run of somebody else."""
        if self._rolled_back is None:
            self._rolled_back = noted(self._settings.stack, self._project)
        return self._rolled_back

    def _others(self) -> bool:
        """Whether applications have sources outside the stack's own repository and revision."""
        return any(s.repository or s.revision for a in self._applications for s in a.sources if not s.chart)

    def _resync(self, why: str) -> None:
        self._due.refresh = True
        self.request(why)

    def _heal_when_due(self) -> None:
        while not self._over.wait(min(_BREATH, max(0.05, self._healer.tick()))):
            pass
