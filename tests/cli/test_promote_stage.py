"""`gitops promote` to a stage: which stacks it means, what is shown, and which code it ends with."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gitops.cli.promotion import promote as command
from gitops.delivery.promotion import look as looking
from gitops.delivery.promotion import promote as room
from gitops.delivery.promotion import stage as staging
from gitops.delivery.promotion import watch
from gitops.delivery.promotion.look import Candidate
from gitops.model.errors import NotFoundError
from gitops.model.promotion import Approval, Move, Promoted, StagePromoted, Taking, Unit
from tests import given

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]

UNIT = Unit(given.SHA, "0123456789abcdef", ("registry.example/web:1",))
FLEET = {"prod-us": 1, "prod-eu": 1, "prod-lab": 0}


class World:
    """A stage of three stacks: what they object to, and which take it badly."""

    def __init__(self) -> None:
        self.objections: dict[str, tuple[str, ...]] = {}
        self.unproven: tuple[str, ...] = ()
        self.bad: tuple[str, ...] = ()
        self.looked: list[str] = []
        self.promoted: list[str] = []
        self.approved: list[str] = []

    def look(self, source: Any, targets: Any, *_: Any, stage: str, **__: Any) -> tuple[Candidate, ...]:
        self.looked = [source.stack, stage, *(one.stack for one in targets)]
        after = (given.manifest("ConfigMap"),)
        plain = Candidate(UNIT, source.stack, targets[0], "", (), after, {}, self.unproven, stage=stage)
        return tuple(replace(plain, target=one) for one in targets)

    def refusals(self, candidate: Candidate) -> tuple[str, ...]:
        return (*candidate.objections, *self.objections.get(candidate.target.stack, ()))

    def approve(self, candidate: Candidate, _: Path) -> Approval:
        self.approved.append(candidate.target.stack)
        return Approval(UNIT.digest, "ada", "now")

    @contextmanager
    def in_processes(self, *_: Any) -> Iterator[Any]:
        yield None

    def promote_stage(self, name: str, asked: Any, *_: Any, parallel: int, **__: Any) -> StagePromoted:
        self.promoted = [name, str(parallel), *(item.stack for item in asked if not item.objections)]
        done = staging.planned(name, asked)
        shares = tuple(
            share
            if share.taking is Taking.REFUSED
            else replace(
                share, taking=Taking.FAILED, reason="smoke", returned="0" * 40, started="now", seconds=2.5
            )
            if share.stack in self.bad
            else replace(share, taking=Taking.PROMOTED, started="now", seconds=1.25)
            for share in done.shares
        )
        return replace(done, shares=shares, stopped=1 if self.bad else None)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    for module, *names in (
        (looking, "look", "refusals"),
        (staging, "in_processes", "promote_stage"),
        (room, "approve"),
    ):
        for name in names:
            monkeypatch.setattr(module, name, getattr(world, name))
    return world


@pytest.fixture
def run(gitops: Run, tmp_path: Path, world: World) -> Run:
    assert world
    plain = "config:\n  gitops:repository: file:///srv/home.git\n"
    (tmp_path / "Pulumi.staging.yaml").write_text(f"{plain}  gitops:stage: staging\n")
    for stack, group in FLEET.items():
        place = f"  gitops:stage: prod\n  gitops:group: {group}\n  gitops:promotesFrom: staging\n"
        (tmp_path / f"Pulumi.{stack}.yaml").write_text(f"{plain}{place}")
    return lambda *words: gitops("--project", str(tmp_path), *words)


def test_a_stage_is_all_stacks_that_name_it_in_their_groups(run: Run, world: World) -> None:
    code, out, _ = run("promote", "prod", "--yes", "--parallel", "2")
    assert code == 0
    assert world.looked == ["staging", "prod", "prod-lab", "prod-eu", "prod-us"]
    assert world.promoted == ["prod", "2", "prod-lab", "prod-eu", "prod-us"]
    assert "### prod-lab, prod-eu, prod-us\n--- web:" in out  # the same for all, and told once
    assert "0      prod-lab  1 created" in out
    assert "prod-eu   Promoted  1.2 s" in out
    assert out.endswith(f"3 of 3 stacks of prod run {given.SHA[:12]}\n")


def test_a_stack_that_takes_it_badly_ends_the_command_with_4(run: Run, world: World) -> None:
    world.bad = ("prod-eu",)
    code, out, _ = run("promote", "staging", "prod", "--yes")
    assert code == 4
    assert "      is back at 000000000000: smoke\n" in out
    assert out.endswith("; stopped, since more stacks of group 1 failed than may\n")


def test_what_one_stack_refuses_is_told_and_ends_with_5_though_the_others_go_on(
    run: Run, world: World
) -> None:
    world.objections = {"prod-eu": ("nobody has approved it",)}
    code, out, err = run("promote", "prod", "--yes", "-o", "json")
    assert code == 5
    assert "not promoted to prod-eu:\n  nobody has approved it\n" in err
    assert world.promoted == ["prod", "4", "prod-lab", "prod-us"]
    document = json.loads(out)
    assert document["promoted"] is False
    assert [(one["stack"], one["result"]) for one in document["stacks"]] == [
        ("prod-lab", "Promoted"),
        ("prod-eu", "Refused"),
        ("prod-us", "Promoted"),
    ]


def test_what_the_source_has_not_proven_goes_nowhere(run: Run, world: World) -> None:
    world.unproven = ("check smoke failed",)
    assert run("promote", "prod", "--yes")[0] == 5
    assert not world.promoted


def test_where_every_stack_refuses_nobody_is_asked(run: Run, world: World) -> None:
    world.objections = dict.fromkeys(FLEET, ("nobody has approved it",))
    code, _, err = run("promote", "prod")
    assert code == 5
    assert "Promote this" not in err
    assert err.count("nobody has approved it") == len(FLEET)
    assert not world.promoted


def test_a_dry_run_of_a_stage_promotes_nothing(run: Run, world: World) -> None:
    code, out, _ = run("promote", "prod", "--dry-run", "-o", "json")
    assert code == 0
    assert {one["result"] for one in json.loads(out)["stacks"]} == {"NotReached"}
    assert not world.promoted


def test_an_approval_of_a_stage_is_one_for_each_stack(run: Run, world: World) -> None:
    code, out, _ = run("approve", "prod", "--yes")
    assert code == 0
    assert world.approved == ["prod-lab", "prod-eu", "prod-us"]
    assert out.endswith("ada approved 0123456789abcdef for prod-us\n")


def test_a_name_that_means_two_things_is_refused(run: Run, world: World, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.prod.yaml").write_text("config:\n  gitops:repository: file:///srv/home.git\n")
    code, _, err = run("promote", "staging", "prod", "--yes")
    assert code == 2
    assert "prod is a stack, and the stage of prod-eu, prod-lab, prod-us" in err
    assert not world.promoted


def test_stacks_of_a_stage_agree_on_what_they_are_promoted_from(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.prod-us.yaml"
    file.write_text(file.read_text().replace("From: staging", "From: canary"))
    code, _, err = run("promote", "staging", "prod", "--yes")
    assert code == 5
    assert "prod-us is promoted from canary, not from staging" in err


def test_a_stack_is_not_promoted_from_itself(run: Run) -> None:
    code, _, err = run("promote", "staging", "staging")
    assert code == 2
    assert "can't be promoted from itself" in err


def test_what_was_begun_is_aborted_and_nothing_else(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    move = Move(given.SHA, "0" * 40, "staging", "ada@laptop", "10:00", "prod")
    monkeypatch.setattr(room, "begun", lambda targets, _: ((targets[1], move),))
    monkeypatch.setattr(
        room, "abort", lambda target, *_: Promoted(UNIT, "staging", target.stack, "aborted by ada", "0" * 40)
    )
    code, out, _ = run("promote", "prod", "--abort", "--yes")
    assert code == 0
    assert f"prod-eu: {given.SHA[:12]} since 10:00 by ada@laptop" in out
    assert "prod-eu did not take c0ffee000000 and is back at 000000000000: aborted by ada" in out

    def nothing(*_: Any) -> None:
        raise NotFoundError("no promotion to prod was begun")

    monkeypatch.setattr(room, "begun", nothing)
    assert run("promote", "prod", "--abort", "--yes")[0] == 6


def test_watching_says_what_it_waits_for_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    told = iter(["waits: soak", "waits: soak", "all promoted"])
    slept: list[float] = []

    def turn(*_: Any) -> str:
        return next(told)

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(watch, "turn", turn)
    monkeypatch.setattr(command.time, "sleep", sleep)
    code, _, err = run("promote", "prod", "--watch", "--interval", "5s")
    assert code == 130
    assert err.splitlines()[:2] == ["waits: soak", "all promoted"]
    assert slept == [5.0, 5.0, 5.0]


@pytest.mark.parametrize("word", ["--dry-run", "--abort"])
def test_watching_is_for_what_is_proven(run: Run, word: str) -> None:
    code, _, err = run("promote", "prod", "--watch", word)
    assert code == 2
    assert "--watch promotes what SOURCE has proven" in err
