"""What a turn of `gitops promote --watch` does, and what it says it waits for."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gitops.delivery.promotion import watch
from gitops.delivery.promotion.look import Candidate
from gitops.delivery.promotion.stage import planned
from gitops.model.errors import AccessError
from gitops.model.promotion import Taking, Unit
from tests import given

if TYPE_CHECKING:
    from collections.abc import Iterator

OLD, NEW = "0" * 40, given.SHA


class World:
    """Stacks by what they run, what they object to, and who was promoted to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.runs = {"a": OLD, "b": OLD}
        self.refuses: dict[str, str] = {}
        self.asked: list[str] = []
        for name in ("look", "all_refusals", "in_processes", "promote_stage"):
            monkeypatch.setattr(watch, name, getattr(self, name))

    def look(self, _: Any, targets: Any, __: Path, *, stage: str) -> tuple[Candidate, ...]:
        plain = Candidate(Unit(NEW, "d"), "staging", targets[0], OLD, (), (), {}, stage=stage)
        return tuple(replace(plain, target=one, running=self.runs[one.stack]) for one in targets)

    def all_refusals(self, candidates: Any) -> list[tuple[str, ...]]:
        found = [self.refuses.get(item.target.stack) for item in candidates]
        return [(reason,) if reason else () for reason in found]

    @contextmanager
    def in_processes(self, *_: Any) -> Iterator[None]:
        yield

    def promote_stage(self, name: str, asked: Any, *_: Any, **__: Any) -> Any:
        self.asked = [item.stack for item in asked if not item.objections]
        done = planned(name, asked)
        return replace(
            done,
            shares=tuple(
                share if share.reason else replace(share, taking=Taking.PROMOTED) for share in done.shares
            ),
        )

    def turn(self) -> str:
        targets = [given.settings(stack=name) for name in self.runs]
        return watch.turn(given.settings(stack="staging"), targets, "prod", Path(), lambda _: None, 2)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


def test_what_has_proven_itself_goes_on(world: World) -> None:
    assert world.turn() == "c0ffee000000: 2 of 2 promoted"
    assert world.asked == ["a", "b"]


def test_who_runs_it_already_is_left_alone(world: World) -> None:
    world.runs = {"a": NEW, "b": OLD}
    assert world.turn() == "c0ffee000000: 1 of 1 promoted"
    world.runs = {"a": NEW, "b": NEW}
    assert world.turn() == "prod runs c0ffee000000"
    assert world.asked == ["b"]


def test_what_stands_against_it_is_waited_for(world: World) -> None:
    world.refuses = {"a": "staging has run it for 3 s of 60 s", "b": "staging has run it for 3 s of 60 s"}
    assert world.turn() == "c0ffee000000 waits: staging has run it for 3 s of 60 s"
    assert not world.asked


def test_one_that_refuses_is_named_beside_those_that_went_on(world: World) -> None:
    world.refuses = {"a": "a went back from it before"}
    assert world.turn() == "c0ffee000000: 1 of 2 promoted; a: a went back from it before"


def test_what_can_not_be_reached_is_told_and_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise AccessError("the cluster does not answer")

    monkeypatch.setattr(watch, "look", away)
    assert world.turn() == "the cluster does not answer"
