"""What is looked at before a promotion: what was begun before, and what stands against it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gitops.delivery.promotion import look as room
from gitops.delivery.promotion.look import Candidate, refusals
from gitops.model.errors import ConflictError
from gitops.model.promotion import Unit
from gitops.model.settings import Promotion
from tests import given

OLD, NEW, OTHER = "0" * 40, given.SHA, "f" * 40
HERE = Path("/nowhere")


class World:
    """The tags of stacks, and a staging that has proven NEW."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tags: dict[str, dict[str, str]] = {"a": {}, "b": {}}
        self.proven = NEW
        monkeypatch.setattr(room, "tags", lambda stack, _: dict(self.tags[stack]))
        monkeypatch.setattr(room, "forget", lambda stack, _: self.tags[stack].pop("gitops:promotion"))
        monkeypatch.setattr(room, "history", lambda *_: ())
        monkeypatch.setattr(room, "running_revision", lambda *_: OLD)
        monkeypatch.setattr(room, "rendered", lambda settings: (settings.repository.revision, ()))
        monkeypatch.setattr(room, "stated_applications", lambda _: (None, ()))
        monkeypatch.setattr(room, "_proven", lambda *_: (self.proven, ()))

    def begin(self, stack: str, revision: str, stage: str = "") -> None:
        self.tags[stack]["gitops:promotion"] = json.dumps(
            [revision, OLD, "staging", "ada@ci", "10:00", stage]
        )

    def look(self, stage: str = "", *stacks: str) -> dict[str, Candidate]:
        targets = [given.settings(stack=stack) for stack in stacks or ("a",)]
        found = room.look(given.settings(stack="staging"), targets, HERE, stage=stage)
        return {candidate.target.stack: candidate for candidate in found}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


def test_what_was_begun_is_gone_on_with_whatever_the_source_runs_by_then(world: World) -> None:
    world.begin("a", NEW)
    world.proven = OTHER
    found = world.look()["a"]
    assert (found.unit.revision, found.resumed, refusals(found)) == (NEW, True, ())


def test_what_had_gone_back_when_it_was_killed_is_forgotten_and_stays_back(world: World) -> None:
    world.begin("a", NEW)
    world.tags["a"][f"gitops:setback:{NEW[:12]}"] = json.dumps([NEW, "smoke", "10:01"])
    assert refusals(world.look()["a"]) == ("a went back from c0ffee000000 before: smoke",)
    assert "gitops:promotion" not in world.tags["a"]
    world.begin("a", NEW)
    world.proven = OTHER
    assert refusals(world.look()["a"]) == ()


def test_a_stage_goes_on_with_what_was_begun_for_all_of_it(world: World) -> None:
    world.begin("b", NEW, "prod")
    world.proven = OTHER
    found = world.look("prod", "a", "b")
    assert {one.unit.revision for one in found.values()} == {NEW}
    assert [one.resumed for one in found.values()] == [False, True]


def test_a_stage_leaves_alone_what_was_begun_for_one_stack(world: World) -> None:
    world.begin("b", OTHER)
    found = world.look("prod", "a", "b")
    assert {one.unit.revision for one in found.values()} == {NEW}
    assert refusals(found["a"]) == ()
    assert refusals(found["b"]) == ("ada@ci is promoting ffffffffffff to b since 10:00",)


def test_a_stage_that_was_begun_twice_is_ended_by_hand(world: World) -> None:
    world.begin("a", NEW, "prod")
    world.begin("b", OTHER, "prod")
    with pytest.raises(ConflictError, match="c0ffee000000 to a, ffffffffffff to b"):
        world.look("prod", "a", "b")


def test_a_hotfix_passes_what_was_taken_back_and_not_what_is_under_way(world: World) -> None:
    world.tags["a"][f"gitops:setback:{NEW[:12]}"] = json.dumps([NEW, "smoke", "10:01"])
    target = given.settings(stack="a")
    (found,) = room.hotfix([target], NEW, HERE)
    assert refusals(found) == ()
    world.begin("a", OTHER)
    (found,) = room.hotfix([target], NEW, HERE)
    assert refusals(found) == ("ada@ci is promoting ffffffffffff to a since 10:00",)


def test_an_approval_is_for_one_digest() -> None:
    target = given.settings(stack="a", promotion=Promotion(approval=True))
    plain = Candidate(Unit(NEW, "d1"), "staging", target, OLD, (), (), {})
    told: dict[str, Any] = {"gitops:approval": json.dumps(["d2", "ada", "now"])}
    found = replace(plain, noted=told, resumed=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "stated_applications", lambda _: (None, ()))
        assert refusals(found) == ("nobody has approved d1 for a",)
        assert refusals(replace(found, unit=Unit(NEW, "d2"))) == ()
        assert refusals(replace(found, resumed=True)) == ()
