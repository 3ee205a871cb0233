from __future__ import annotations

import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from gitops.cluster.client import Event
from gitops.cluster.discovery import Resource
from gitops.cluster.errors import Unreachable
from gitops.cluster.health import HEALTHY, Health, Status
from gitops.delivery import wait as room
from gitops.delivery.wait import Wish, reasons, wait
from gitops.drift.compare import Difference
from gitops.drift.state import ApplicationState, ObjectState
from gitops.model.errors import Problem, TimedOutError
from gitops.model.keys import ObjectKey
from tests import given

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = ObjectKey("apps", "Deployment", "web", "web")
DEPLOYMENT = Resource("apps", "v1", "Deployment", "deployments", namespaced=True)
ROLLING = Health(Status.PROGRESSING, "Deployment web/web: 1 of 2 replicas available")

BOTH = Wish()


def state(health: Health = HEALTHY, *paths: str, missing: bool = False, **more: Any) -> ApplicationState:
    differences = tuple(Difference(path, 1, 2) for path in paths)
    item = ObjectState(KEY, missing, differences, health)
    return ApplicationState(
        given.application("web"), (item,), more.get("extra", ()), more.get("problems", ())
    )


class World:
    """A cluster whose application is in one state after the other, each after a change that the watch tells."""

    def __init__(self, *states: ApplicationState | Exception) -> None:
        self.states = list(states)
        self.told: list[tuple[str, ...]] = []
        self.turn = threading.Semaphore(0)
        self.plan = SimpleNamespace(keys={KEY})
        self.live = SimpleNamespace(resources={("apps", "Deployment"): DEPLOYMENT})
        self.connection = SimpleNamespace(client=self)
        self.selectors: list[str] = []

    def watch(self, path: str, *, timeout: float, label_selector: str) -> Iterator[Event]:
        assert (path, timeout > 0) == ("/apis/apps/v1/deployments", True)
        self.selectors.append(label_selector)
        while True:
            self.turn.acquire()
            yield Event("MODIFIED", {})

    def observe(self, _settings: object) -> World:
        if isinstance(self.states[0], Exception):
            raise self.states.pop(0)  # type: ignore[misc]
        return self

    def of(self, _names: object) -> tuple[ApplicationState, ...]:
        found = self.states[0]
        assert isinstance(found, ApplicationState)
        if len(self.states) > 1:
            self.states.pop(0)
            self.turn.release()
        return (found,)

    def wait(self, timeout: float = 30.0, wish: Wish = BOTH) -> float:
        began = time.monotonic()
        wait(given.settings(), ["web"], wish, timeout, lambda why, *_: self.told.append(why))  # type: ignore[arg-type]
        return time.monotonic() - began


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Any:
    def make(*states: ApplicationState | Exception) -> World:
        made = World(*states)
        monkeypatch.setattr(room, "observe", made.observe)
        return made

    return make


def test_what_is_as_it_should_be_is_not_waited_for(world: Any) -> None:
    made = world(state())
    made.wait()
    assert made.told == []


def test_a_change_is_seen_by_the_watch_and_each_reason_is_told_once(world: Any) -> None:
    made = world(state(ROLLING, "spec.replicas"), state(ROLLING), state(ROLLING), state())
    assert made.wait() < 5  # without the watch it would look again after ten seconds
    assert made.told == [
        (
            "web: OutOfSync: Deployment web/web differs in spec.replicas",
            "web: Progressing: Deployment web/web: 1 of 2 replicas available",
        ),
        ("web: Progressing: Deployment web/web: 1 of 2 replicas available",),
    ]
    assert made.selectors == ["gitops.internal/stack=test"]


def test_the_time_ends_and_names_what_was_waited_for(world: Any) -> None:
    with pytest.raises(TimedOutError, match=r"after 0.3 s: web: Progressing: .*1 of 2") as caught:
        world(state(ROLLING)).wait(0.3)
    assert caught.value.exit_code == 9


def test_a_cluster_that_is_away_for_a_while_ends_nothing(world: Any) -> None:
    made = world(state(ROLLING), Unreachable("https://x", "gone"), state())
    made.states.insert(1, state(ROLLING))
    made.wait()
    assert len(made.told) == 1


@pytest.mark.parametrize(
    ("found", "wish", "told"),
    [
        (state(ROLLING), Wish(health=False), ()),
        (state(HEALTHY, "a"), Wish(sync=False), ()),
        (state(missing=True), Wish(health=False), ("web: OutOfSync: Deployment web/web is missing",)),
        (state(Health(Status.SUSPENDED, "")), Wish(), ("web: Suspended",)),
        (state(Health(Status.SUSPENDED, "")), Wish(suspended=True), ()),
        (
            state(extra=(KEY,)),
            Wish(),
            ("web: OutOfSync: Deployment web/web lives, but is no longer in Git",),
        ),
        (state(problems=(Problem("can't be read"),)), Wish(), ("web: Unknown: can't be read",)),
    ],
)
def test_only_what_is_wished_is_a_reason(found: ApplicationState, wish: Wish, told: tuple[str, ...]) -> None:
    assert reasons([found], wish) == told
