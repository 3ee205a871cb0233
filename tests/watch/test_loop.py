from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gitops.cluster.survey import Survey
from gitops.delivery.sync import Prepared
from gitops.engine.locks import Holder, conflict
from gitops.model.errors import AccessError, GitOpsError, RefusedError
from gitops.model.rolled_back import RolledBack
from gitops.model.settings import Loop as LoopSettings
from gitops.model.synced import FAILED, SYNCED, ApplicationOutcome, Synced
from gitops.report.metrics import Metrics
from gitops.watch import loop as room
from gitops.watch.loop import Loop
from tests import given
from tests.program.engine import plan_of

WEB, API = given.application("web"), given.application("api")


def plan(web: str = "1", api: str = "1") -> Any:
    return plan_of(
        [WEB, API],
        given.manifest("ConfigMap", data={"a": web}),
        given.manifest("ConfigMap", of="api", data={"a": api}),
    )


TOLD = "file:///lock.json: created by ann@here (pid {}) at now"


class World:
    """A repository, a cluster and an engine for one loop, and everything that was done and told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
        self.settings = given.settings(loop=LoopSettings(interval=100.0))
        self.commit, self.plan = "c1", plan()
        self.fetched = 0
        self.done: list[Any] = []
        self.lines: list[tuple[str, str, dict[str, Any]]] = []
        self.failing: set[str] = set()
        self.gone: set[str] = set()
        self.error: dict[str, Exception] = {}
        self.cleared: list[str] = []
        self.noted: tuple[RolledBack, ...] = ()
        for name, stand_in in {
            "fetch": self.fetch,
            "prepare": self.prepare,
            "Worker": lambda: SimpleNamespace(do=self.run, close=lambda: None),
            "connect": lambda _: SimpleNamespace(client=None, discovery=None),
            "noted": lambda *_: self.noted,
            "clear": lambda stack, _: self.cleared.append(stack),
            "backend": lambda *_: None,
        }.items():
            monkeypatch.setattr(room, name, stand_in)
        self.loop = Loop(tmp_path, lambda: self.settings, self.log, Metrics("test"), clear_locks=True)
        self.loop._watching = SimpleNamespace(
            learn=lambda _: None, open=lambda _: None, is_ready=lambda: True, close=lambda: None
        )

    def fetch(self, *_: Any) -> Any:
        self.fetched += 1
        self.fail("fetch")
        return SimpleNamespace(sha=self.commit)

    def prepare(self, _settings: Any, _project: Any, hold: Any, _commit: Any) -> Any:
        self.fail("prepare")
        list(hold(self.plan.applications))
        plan = replace(self.plan, revision=self.commit)
        live = {key: {} for key in plan.keys if key.namespace not in self.gone}
        return Prepared(self.settings, Path(), None, Survey(live, {}), plan, operation="op-1")

    def run(self, job: Any) -> Synced:
        prepared = job.prepared
        self.done.append(("all" if job.names is None else tuple(sorted(job.names)), job.refresh))
        self.fail("run")
        found = tuple(
            ApplicationOutcome(
                item.name,
                FAILED if item.name in self.failing else SYNCED,
                (),
                item.retry,
                RolledBack(item.name, item.tree, self.commit, "c0", "it broke")
                if item.rollback_on_failure and item.name in self.failing
                else None,
            )
            for item in prepared.plan.applications
        )
        return Synced("test", prepared.plan.revision, {"same": 1}, found, operation="op-1")

    def fail(self, where: str) -> None:
        if where in self.error:
            raise self.error[where]

    def log(self, level: str, message: str, **values: Any) -> None:
        self.lines.append((level, message, values))

    def turn(self) -> None:
        """One turn, as the loop makes it."""
        try:
            self.loop._turn()
        except GitOpsError as error:
            self.loop._failed(error)

    def told(self, message: str) -> list[dict[str, Any]]:
        return [values for _, text, values in self.lines if message in text]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Any):
    world = World(monkeypatch, tmp_path)
    yield world
    world.loop._healer.close()


def test_the_first_turn_syncs_everything_and_keeps_it(world) -> None:
    world.turn()
    assert world.done == [("all", False)]
    assert {key.namespace for key in world.loop._healer.wanted if key.kind == "ConfigMap"} == {"web", "api"}
    assert world.loop.is_ready()


def test_a_look_at_an_unchanged_repository_costs_one_fetch_and_nothing_else(world) -> None:
    world.turn()
    world.error["prepare"] = AssertionError("planned again")
    world.turn()
    assert world.fetched == 2
    assert len(world.done) == 1


def test_a_commit_goes_to_the_application_that_it_changes(world) -> None:
    world.turn()
    world.commit, world.plan = "c2", plan(web="2")
    world.turn()
    assert world.done[1:] == [(("web",), False)]
    begun = world.told("sync begins")[-1]
    assert (begun["application"], begun["revision"], begun["operation"]) == ("web", "c2", "op-1")


def test_a_commit_that_changes_nothing_of_the_plan_is_not_synced(world) -> None:
    world.turn()
    world.commit = "c2"
    world.turn()
    assert len(world.done) == 1
    assert world.told("nothing to sync")[0]["revision"] == "c2"


def test_when_an_object_of_what_failed_is_gone_the_engine_looks_at_the_cluster_first(world) -> None:
    world.turn()
    world.failing, world.gone = {"web"}, {"web"}
    world.commit, world.plan = "c2", plan(web="2")
    world.turn()
    assert world.done[-1] == (("web",), False)
    world.loop._due.retry = time.monotonic()
    world.turn()
    assert world.done[-1] == ("all", True)
    world.failing, world.gone = set(), set()
    world.loop._due.retry = time.monotonic()
    world.turn()
    world.commit, world.plan = "c3", plan(web="3")
    world.turn()
    assert world.done[-1] == (("web",), False)


def test_what_failed_is_not_kept_and_is_tried_again_as_often_as_it_may(world) -> None:
    world.failing = {"web"}
    world.turn()
    assert {item.application.name for item in world.loop._healer.wanted.values()} == {"api"}
    for _ in range(7):
        if world.loop._due.retry is None:
            break
        world.loop._due.retry = time.monotonic() - 1
        world.turn()
    assert len(world.done) == 6  # once, and five times more
    world.turn()
    assert len(world.done) == 6
    world.failing, world.commit, world.plan = set(), "c2", plan(web="2")
    world.turn()
    assert world.done[-1] == ("all", False)


@pytest.mark.parametrize("where", ["fetch", "prepare", "run"])
def test_what_is_away_is_asked_again_ever_later_and_then_all_goes_on(world, where: str) -> None:
    world.error[where] = AccessError("it is away")
    pauses = []
    for _ in range(7):
        world.turn()
        pauses.append(round(world.loop._due.poll - time.monotonic()))
    assert pauses == [5, 10, 20, 40, 80, 100, 100]
    world.error.clear()
    world.turn()
    assert world.done[-1] == ("all", False)
    assert world.loop.is_ready()


def test_after_a_sync_that_broke_off_everything_is_synced(world) -> None:
    world.turn()
    world.commit, world.plan = "c2", plan(web="2")
    world.error["run"] = GitOpsError("the engine gave up")
    world.turn()
    world.error.clear()
    world.turn()
    assert world.done[1:] == [(("web",), False), ("all", False)]


def test_a_deleted_object_that_only_the_engine_may_make_again_is_synced_with_a_look_at_the_cluster(
    world,
) -> None:
    world.turn()
    world.loop._resync("ConfigMap web/x is gone")
    world.loop._wait()
    world.turn()
    world.turn()
    assert world.done == [("all", False), ("all", True)]


def test_when_everything_is_held_nothing_is_synced_and_it_is_said_once(world) -> None:
    world.error["prepare"] = RefusedError("every application is held")
    world.turn()
    world.turn()
    assert world.done == []
    assert len(world.told("nothing is synced")) == 1


def test_a_lock_is_cleared_only_when_its_process_is_gone(world, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = Holder("ann", "here", 1, "now")
    monkeypatch.setattr(Holder, "is_gone", property(lambda self: self.pid == 1))
    for holders, cleared in (
        ((replace(gone, pid=2),), []),
        ((gone, replace(gone, pid=2)), []),
        ((gone,), ["test"]),
    ):
        world.loop._failed(conflict("test", "\n".join(TOLD.format(holder.pid) for holder in holders)))
        assert world.cleared == cleared


def test_a_wish_ends_the_wait_and_many_are_one(world) -> None:
    world.turn()
    world.loop._due.poll = time.monotonic() + 100
    for _ in range(5):
        world.loop.request("webhook")
    world.loop._wait()
    assert world.loop._wishes.empty()
    assert world.loop._due.forced == "webhook"


def test_the_end_ends_the_wait(world) -> None:
    world.loop._due.poll = time.monotonic() + 100
    world.loop.end()
    world.loop.run()
    assert world.done == []


def test_a_stack_that_was_destroyed_is_left_alone_until_it_is_deployed_again(world, monkeypatch) -> None:
    world.turn()
    stamps = [(1,), (2,)]
    world.loop.guard.backend = SimpleNamespace(holders=tuple, stamp=lambda: stamps[0])
    keys: list[Any] = []
    monkeypatch.setattr(room, "recorded", lambda *_: [SimpleNamespace(key=key) for key in keys])
    world.turn()
    assert world.told("the stack was destroyed")
    assert world.loop._healer.wanted == {}
    world.turn()
    assert len(world.done) == 1
    keys += [given.manifest("ConfigMap").key]
    stamps.pop(0)
    world.turn()
    assert world.done[1:] == [("all", False)]


def test_what_went_back_is_not_tried_again_and_nothing_more_of_its_commit_is_begun(world) -> None:
    web = given.application("web", rollback_on_failure=True)
    world.plan, world.failing = plan_of([web, API], given.manifest("ConfigMap")), {"web"}
    world.turn()
    assert world.told("rolled back")[0]["application"] == "web"
    assert b'gitops_rollbacks_total{application="web",stack="test"} 1.0' in world.loop._metrics.text()
    assert world.loop._due.retry is None
    world.loop._due.poll = time.monotonic() + 100
    world.loop._wait()  # since who is held has changed
    world.turn()
    assert world.loop._healer.held["web"].startswith("it went back from c1 to c0")
    assert (
        b'gitops_rolled_back{application="web",revision="c0",stack="test"} 1.0' in world.loop._metrics.text()
    )
    assert len(world.done) == 1
    world.failing, world.commit = set(), "c2"
    world.plan = plan_of([replace(web, tree="mended"), API], given.manifest("ConfigMap"))
    world.turn()
    assert world.done[1:] == [("all", False)]
    assert world.loop._healer.held == {}


def test_what_somebody_else_tried_again_is_looked_up_anew(world, monkeypatch) -> None:
    web = given.application("web", rollback_on_failure=True)
    world.plan = plan_of([web, API], given.manifest("ConfigMap"))
    world.noted = (RolledBack("web", web.tree, "c1", "c0", "it broke"),)
    world.turn()
    assert set(world.loop._healer.held) == {"web"}
    stamps = [(1,), (2,)]
    world.loop.guard.backend = SimpleNamespace(holders=tuple, stamp=lambda: stamps[0])
    key = given.manifest("ConfigMap").key
    monkeypatch.setattr(room, "recorded", lambda *_: [SimpleNamespace(key=key)])
    world.noted = ()
    world.turn()
    world.turn()
    assert world.loop._healer.held == {}
