"""What the loop does by itself: looking, healing, and keeping to windows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gitops.delivery.retry import next_pause
from gitops.hold import applies, closed, holding
from gitops.model.project import SyncWindow
from gitops.model.settings import Loop
from gitops.model.sync import Retry
from gitops.model.synced import FAILED, ApplicationOutcome, Synced
from gitops.source.stackfile import settings_from
from gitops.source.windows import is_open
from gitops.watch.backoff import pause
from gitops.watch.decide import Verdict, decide
from gitops.watch.turn import Known, work
from gitops.watch.wanted import wanted_objects
from tests import given
from tests.conformance.row import rule
from tests.program.engine import plan_of

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # a Monday
WEB = given.application("web")
PLAN = plan_of([WEB], given.manifest("ConfigMap", data={"a": "1"}))


def window(kind: Any = "deny", schedule: str = "0 11 * * *", hours: float = 2, **rest: Any) -> SyncWindow:
    return SyncWindow(kind, schedule, hours * 3600, **{"applications": ("*",), **rest})


OPEN, CLOSED = window("allow"), window("allow", "0 20 * * *")
DENIED = window("deny")


@rule("sync.poll")
@rule("sets.requeue")
def test_the_repository_is_looked_at_every_three_minutes_unless_told_otherwise(tmp_path) -> None:
    plain = settings_from({"repository": "here.git"}, "x", tmp_path, {})
    assert plain.loop.interval == 180
    assert (
        settings_from({"repository": "here.git", "syncInterval": "30s"}, "x", tmp_path, {}).loop.interval
        == 30
    )
    given_by = {"SYNC_INTERVAL": "10m"}
    assert settings_from({"repository": "here.git"}, "x", tmp_path, given_by).loop.interval == 600


@rule("sync.auto")
def test_a_plan_that_says_what_was_synced_is_not_synced_again() -> None:
    assert work(Known(PLAN, clean=True), replace(PLAN, revision="other"), again=False) is None


@rule("sync.once")
def test_what_failed_at_a_commit_is_tried_again_as_often_as_it_may_and_then_no_more() -> None:
    failed = Synced("x", "r", {}, (ApplicationOutcome("web", FAILED, retry=Retry(limit=2)),))
    assert [next_pause(failed, tried) for tried in range(4)] == [5, 10, None, None]
    assert work(Known(PLAN, clean=False), PLAN, again=False) is None


@rule("sync.heal")
def test_what_contradicts_the_synced_revision_is_healed() -> None:
    ((_, item),) = [pair for pair in wanted_objects(PLAN, ["web"]).items() if pair[0].kind == "ConfigMap"]
    live = {"metadata": {"name": "x", "namespace": "web"}, "data": {"a": "2"}}
    assert decide(item, live, {}).verdict is Verdict.HEAL


@rule("sync.heal-delay")
def test_only_from_the_second_time_on_an_object_waits_longer_each_time() -> None:
    assert [pause(times) for times in (0, 1, 2, 3, 9)] == [0, 2, 6, 18, 300]


@rule("sync.windows-active")
@pytest.mark.parametrize(
    ("schedule", "hours", "zone", "now", "active"),
    [
        ("0 11 * * *", 2, "UTC", NOON, True),
        ("0 11 * * *", 1, "UTC", NOON, False),
        ("0 12 * * *", 1, "UTC", NOON, False),  # as Argo CD's: from just after its time on
        ("0 12 * * *", 1, "UTC", NOON + timedelta(seconds=1), True),
        ("0 12 * * *", 2, "Europe/Berlin", NOON, True),
        ("0 11 * * 2", 2, "UTC", NOON, False),
        ("@daily", 24, "UTC", NOON, True),
        (
            "30 2 29 3 *",
            1,
            "Europe/Berlin",
            datetime(2026, 3, 29, 1, 10, tzinfo=UTC),
            True,
        ),  # the clock skips it
        ("0 0 29 2 *", 1, "UTC", NOON, False),  # not this year
    ],
)
def test_a_window_is_open_for_its_duration_by_its_own_clock(schedule, hours, zone, now, active) -> None:
    assert is_open(window(schedule=schedule, hours=hours, time_zone=zone), now) is active


@rule("sync.windows-match")
@pytest.mark.parametrize(
    ("lists", "matches"),
    [
        ({"applications": ("w*",)}, True),
        ({"applications": ("api",)}, False),
        ({"applications": ("api",), "namespaces": ("web",)}, True),
        ({"applications": ("api",), "clusters": ("prod",)}, True),
        ({"applications": ("api",), "namespaces": ("web",), "all_of": True}, False),
        ({"applications": ("web",), "namespaces": ("web",), "clusters": ("p*",), "all_of": True}, True),
        ({"applications": ("web",), "all_of": True}, True),
    ],
)
def test_a_window_is_about_what_one_of_its_lists_names_or_all(lists, matches) -> None:
    found = window(**{"applications": (), **lists})
    assert applies(found, WEB, ["prod", ""]) is matches


@rule("sync.windows-none")
def test_without_windows_syncs_are_allowed() -> None:
    assert closed([], NOON, manual=False) == ""
    elsewhere = given.settings(loop=Loop(windows=(window(applications=("api",)),)))
    assert list(holding(elsewhere, NOON, manual=False)([WEB])) == []


@rule("sync.windows-deny")
def test_an_open_window_that_denies_wins_and_lets_a_person_pass_where_each_does() -> None:
    manual = replace(DENIED, manual=True)
    assert "until 2026-03-02 13:00 UTC" in closed([OPEN, DENIED], NOON, manual=False)
    assert closed([DENIED], NOON, manual=True)
    assert closed([manual], NOON, manual=False)
    assert closed([manual], NOON, manual=True) == ""
    assert closed([manual, DENIED], NOON, manual=True)


@rule("sync.windows-allow")
def test_an_open_window_that_allows_allows() -> None:
    assert closed([CLOSED, OPEN], NOON, manual=False) == ""
    assert closed([window("deny", "0 20 * * *")], NOON, manual=False) == ""


@rule("sync.windows-inactive")
def test_closed_windows_that_allow_block_all_but_persons_that_each_lets_pass() -> None:
    assert "before 2026-03-02 20:00 UTC" in closed([CLOSED], NOON, manual=False)
    assert closed([CLOSED], NOON, manual=True)
    assert closed([replace(CLOSED, manual=True)], NOON, manual=True) == ""
    assert closed([replace(CLOSED, manual=True), CLOSED], NOON, manual=True)


@rule("sync.windows-overrun")
def test_what_was_begun_before_may_be_tried_again_where_the_window_lets_it_overrun() -> None:
    before, after = NOON - timedelta(hours=3), NOON + timedelta(hours=3)
    for in_the_way, now, begun in ((DENIED, NOON, before), (OPEN, after, NOON)):
        overrun = replace(in_the_way, overrun=True)
        assert closed([overrun], now, begun, manual=False) == ""
        assert closed([in_the_way], now, begun, manual=False)
        assert closed([overrun], now, now, manual=False)
        settings = given.settings(loop=Loop(windows=(overrun,)))
        assert list(holding(settings, now, manual=False, begun=begun)([WEB])) == []
    assert closed([DENIED, replace(DENIED, overrun=True)], NOON, before, manual=False)
