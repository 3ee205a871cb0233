from __future__ import annotations

import threading
from typing import Any

import pytest

from gitops.cluster.health import Status
from gitops.model.errors import AccessError
from gitops.model.health_rule import HealthRule
from gitops.watch.heal import Healer, Told
from gitops.watch.wanted import wanted_objects
from tests import given
from tests.program.engine import plan_of

PLAN = plan_of([given.application("web")], given.manifest("ConfigMap", data={"a": "1"}))
KEY = given.manifest("ConfigMap").key


def live(version: int, a: str, manager: str = "kubectl") -> dict[str, Any]:
    fields = {"f:data": {"f:a": {}}}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "x", "namespace": "web", "uid": "u", "resourceVersion": str(version),
            "managedFields": [{"manager": manager, "operation": "Update", "fieldsV1": fields}],
        },
        "data": {"a": a},
    }  # fmt: skip


class World:
    """A cluster of one object, a clock that stands still, and what was told."""

    def __init__(self, **options: Any) -> None:
        self.now = 1000.0
        self.there: dict[str, Any] | None = live(1, "1", "gitops")
        self.mended: list[str] = []
        self.told: list[tuple[str, Any]] = []
        self.blocked = ""
        self.ours: bool | None = True
        self.stubborn = False
        self.error: Exception | None = None
        self._quiet = threading.Event()
        self.healer = Healer(
            self,  # type: ignore[arg-type]
            Told(
                lambda _, decision, __: self.told.append(("healed", decision.what)),
                lambda _, why: self.told.append(("failed", why)),
                lambda _, decision, seconds: self.told.append(("fight", (*decision.by, seconds))),
                lambda why: self.told.append(("replan", why)),
                lambda why: self.told.append(("resync", why)),
            ),
            lambda: self.blocked,
            lambda _: self.ours,
            lambda: self.now,
            **options,
        )
        self.healer.install(wanted_objects(PLAN, ["web"]))

    def get(self, _key: object) -> Any:
        return self.there

    def mend(self, _wanted: object, there: Any, decision: Any) -> Any:
        if self.error:
            raise self.error
        version = int(there["metadata"]["resourceVersion"]) + 1 if there else 100
        self.mended.append(decision.what)
        self.there = live(version, "9" if self.stubborn else "1", "gitops" if not self.stubborn else "hook")
        return self.there

    def change(self, a: str, manager: str = "kubectl") -> None:
        """Somebody writes, and the watch tells it."""
        version = int(self.there["metadata"]["resourceVersion"]) + 1 if self.there else 50
        self.there = live(version, a, manager)
        self.see(self.there)

    def see(self, there: Any) -> None:
        self.healer.seen(KEY, there)
        self.settle()

    def pass_by(self, seconds: float) -> None:
        self.now += seconds
        self.healer.tick()
        self.settle()

    def settle(self) -> None:
        """Until no worker works: the pool has one more than can be busy with this object."""
        for _ in range(3):
            list(self.healer._pool.map(lambda _: None, range(16)))
            while self.healer._working:
                pass


@pytest.fixture
def world():
    world = World()
    yield world
    world.healer.close()


def test_a_change_is_healed_at_once(world) -> None:
    world.change("2")
    assert world.mended == ["data.a"]
    assert world.told == [("healed", "data.a")]
    assert world.healer.drifting == {}


def test_what_the_heal_itself_caused_is_not_healed_again(world) -> None:
    world.change("2")
    world.see(live(2, "2"))
    world.see(live(3, "1", "gitops"))
    assert world.mended == ["data.a"]


def test_a_second_change_waits_and_a_fight_is_told_with_the_other_s_name(world) -> None:
    world.change("2")
    world.change("2")
    assert len(world.mended) == 1
    world.pass_by(1.9)
    assert len(world.mended) == 1
    world.pass_by(0.2)
    assert len(world.mended) == 2
    world.change("2", "hpa")
    world.pass_by(6.1)
    assert len(world.mended) == 3
    world.change("2", "hpa")
    assert len(world.mended) == 3
    assert world.told[-1][0] == "fight"
    assert world.told[-1][1][0] == "hpa"
    assert world.told[-1][1][1] == pytest.approx(18, abs=1)


def test_a_heal_that_changes_nothing_is_not_repeated_in_a_tight_loop(world) -> None:
    world.stubborn = True
    world.change("2")
    assert len(world.mended) == 1
    world.pass_by(0.5)
    assert len(world.mended) == 1
    world.pass_by(2)
    assert len(world.mended) == 2


def test_a_deleted_object_comes_back(world) -> None:
    world.there = None
    world.see(None)
    assert world.mended == ["missing"]


def test_an_object_that_came_back_is_healthy_also_when_the_watch_tells_nothing_new_of_it(world) -> None:
    world.there = None
    world.see(None)
    world.see(world.there)
    assert world.healer.health == {KEY: Status.HEALTHY}


def test_an_object_that_left_the_selector_is_healed_as_it_is(world) -> None:
    world.there = live(7, "2")
    world.see(None)
    assert world.mended == ["data.a"]


def test_an_object_that_was_taken_out_of_the_stack_does_not_come_back(world) -> None:
    world.there, world.ours = None, False
    world.see(None)
    assert world.mended == []
    assert world.told[0][0] == "replan"
    assert KEY not in world.healer.wanted


def test_where_nobody_can_tell_the_engine_makes_a_deleted_object_again(world) -> None:
    world.there, world.ours = None, None
    world.see(None)
    assert world.mended == []
    assert world.told == [("resync", "ConfigMap web/x is gone")]


def test_nothing_is_healed_while_another_run_is_at_work(world) -> None:
    world.blocked = "somebody is at work"
    world.change("2")
    assert world.mended == []
    world.blocked = ""
    world.pass_by(1.1)
    assert world.mended == ["data.a"]


def test_a_sync_by_somebody_else_is_looked_up_in_git_before_it_is_reverted(world) -> None:
    world.change("2", "gitops")
    assert world.mended == []
    assert world.told == [("replan", "it was synced by another run")]
    world.pass_by(1.1)
    assert world.mended == ["data.a"]


def test_a_sync_withdraws_what_it_is_about_to_change(world) -> None:
    world.healer.withdraw(["web"])
    world.change("2")
    assert world.mended == []
    world.healer.install(wanted_objects(PLAN, ["web"]))
    world.pass_by(0)
    assert world.mended == ["data.a"]


def test_what_differed_before_a_sync_is_looked_at_after_it(world) -> None:
    world.healer.held = {"web": "it is paused"}
    world.change("2")
    world.healer.withdraw(["web"])
    world.healer.held = {}
    world.healer.install(wanted_objects(PLAN, ["web"]))
    world.pass_by(0)
    assert world.mended == ["data.a"]


def test_a_failure_is_told_and_tried_again_later(world) -> None:
    world.error = AccessError("the cluster is away")
    world.change("2")
    assert world.told == [("failed", "the cluster is away")]
    world.error = None
    world.pass_by(2.1)
    assert world.mended == ["data.a"]


def test_a_listing_tells_what_is_missing(world) -> None:
    class Kind:
        group, kind = "", "ConfigMap"

    world.there = None
    world.healer.seen_all(Kind(), {})
    world.settle()
    assert world.mended == ["missing"]


def test_objects_that_nobody_wants_are_passed_over(world) -> None:
    world.healer.seen(given.manifest("Secret").key, live(1, "2"))
    world.settle()
    assert world.mended == []


def test_health_is_judged_by_the_rules_of_the_stack_and_the_application_first() -> None:
    rule = HealthRule("v1", "ConfigMap", current="data.a == '1'", failed="data.a == 'broken'")
    application = given.application("web", health_rules=(rule,), self_heal=False)
    world = World()
    world.healer.install(
        wanted_objects(plan_of([application], given.manifest("ConfigMap", data={"a": "1"})), ["web"])
    )
    seen = []
    for value in ("1", "2", "broken"):
        world.change(value)
        seen.append(world.healer.health[KEY])
    assert seen == [Status.HEALTHY, Status.PROGRESSING, Status.DEGRADED]


def test_a_rollout_that_was_aborted_is_told_once_so_that_the_engine_finds_it() -> None:
    rollout = given.manifest("Rollout", api="argoproj.io/v1alpha1", spec={})
    world = World()
    world.healer.install(wanted_objects(plan_of([given.application("web")], rollout), ["web"]))

    def see(version: int, **status: Any) -> None:
        metadata = {**rollout.body["metadata"], "uid": "u", "resourceVersion": str(version)}
        world.healer.seen(rollout.key, {**rollout.body, "metadata": metadata, "status": status})

    see(1)
    see(2, abort=True, abortedAt="10:00")
    see(3, abort=True, abortedAt="10:00")
    told = ("resync", "Rollout web/x was aborted")
    assert world.told == [told]
    see(4, abort=False)
    see(5, abort=True, abortedAt="11:00")
    assert world.told == [told, told]
