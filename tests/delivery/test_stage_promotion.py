"""A promotion to a stage: groups in order, failures counted, and nothing done twice after a kill."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gitops.cli.promotion.targets import say
from gitops.delivery.apart import Failure
from gitops.delivery.promotion import promote, stage
from gitops.delivery.promotion.look import Candidate
from gitops.delivery.promotion.stage import Asked, promote_stage, tolerance
from gitops.model.errors import ConflictError
from gitops.model.promotion import Move, Promoted, Taking, Unit
from gitops.model.settings import Cluster, Promotion, Repository
from tests import given

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitops.model.settings import Settings

OLD, NEW = "0" * 40, given.SHA


def target(name: str, group: int = 0, most: str = "", revision: str = OLD) -> Settings:
    place = Promotion("staging", stage="prod", group=group, max_unavailable=most)
    return given.settings(stack=name, promotion=place, repository=Repository("file:///nowhere", revision))


def asked(*targets: Settings, **changes: Any) -> list[Asked]:
    plain = Candidate(Unit(NEW, "d"), "staging", targets[0], OLD, (), (), {}, stage="prod")
    return [Asked(replace(plain, target=one, **changes)) for one in targets]


class World:
    """The notes and pins of a fleet, and how its stacks take a revision: `bad` ones go back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.begun: dict[str, Move] = {}
        self.pins: list[tuple[str, dict[str, str]]] = []
        self.taken: list[str] = []
        self.bad: set[str] = set()
        self.at_once: list[int] = []
        self.ended: dict[str, str] = {}  # who waits until somebody else has gone back
        self._back = threading.Event()
        self._now = 0
        self._lock = threading.Lock()

    def begin(self, candidate: Candidate, _: Path) -> Move:
        name = candidate.target.stack
        if name == "taken":
            raise ConflictError("somebody else promotes to it")
        move = Move(NEW, OLD, "staging", "ada", "now", candidate.stage)
        return self.begun.setdefault(name, move)

    def forget(self, stack: str, _: Path) -> None:
        self.begun.pop(stack)

    def follow(self, revisions: dict[str, str], _: Path, message: str, __: object) -> None:
        self.pins.append((message.split(maxsplit=1)[0], revisions))
        for stack, revision in revisions.items():
            text = f"config:\n  gitops:repository: file:///nowhere\n  gitops:revision: {revision}\n"
            (self.folder / f"Pulumi.{stack}.yaml").write_text(text)

    def take(self, candidate: Candidate) -> Promoted | Failure:
        name = candidate.target.stack
        with self._lock:
            self.taken.append(name)
            self._now += 1
            self.at_once.append(self._now)
        if name in self.ended:
            assert self._back.wait(20)
        threading.Event().wait(0.02)
        with self._lock:
            self._now -= 1
        if name == "away":
            return Failure(1, "the cluster does not answer\n    → start it")
        self.begun.pop(name)
        failure = "check smoke failed" if name in self.bad else ""
        if name in self.ended.values():
            threading.Timer(0.2, self._back.set).start()
        return Promoted(candidate.unit, "staging", name, failure, OLD if failure else "")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    @contextmanager
    def alone(*_: object) -> Iterator[None]:
        yield

    world = World(tmp_path)
    monkeypatch.setattr(stage, "alone", alone)
    for name in ("begin", "forget", "follow"):
        monkeypatch.setattr(stage, name, getattr(world, name))
    return world


def go(world: World, found: list[Asked], parallel: int = 2) -> dict[str, Taking]:
    for item in found:
        revision = item.candidate.target.repository.revision
        text = f"config:\n  gitops:repository: file:///nowhere\n  gitops:revision: '{revision}'\n"
        (world.folder / f"Pulumi.{item.stack}.yaml").write_text(text)
    done = promote_stage("prod", found, world.folder, world.take, parallel=parallel)
    assert [share.stack for share in done.shares] == [item.stack for item in found]
    return {share.stack: share.taking for share in done.shares}


def test_groups_go_one_after_the_other_each_pinned_at_once(world: World) -> None:
    found = asked(target("a"), target("b"), target("c"), target("d", 1), target("e", 2))
    assert set(go(world, found).values()) == {Taking.PROMOTED}
    assert set(world.taken[:3]) == {"a", "b", "c"}
    assert world.taken[3:] == ["d", "e"]
    assert max(world.at_once) == 2
    assert world.pins == [
        ("Promote", dict.fromkeys("abc", NEW)),
        ("Promote", {"d": NEW}),
        ("Promote", {"e": NEW}),
    ]
    assert not world.begun


def test_a_failure_within_the_limit_stops_neither_its_group_nor_the_next(world: World) -> None:
    world.bad = {"a"}
    told = go(world, asked(target("a", most="1"), target("b"), target("c"), target("d", 1)), parallel=1)
    assert told == {
        "a": Taking.FAILED,
        "b": Taking.PROMOTED,
        "c": Taking.PROMOTED,
        "d": Taking.PROMOTED,
    }


def test_the_first_group_with_too_many_failures_stops_the_rest_which_is_as_it_was(world: World) -> None:
    world.bad = {"b"}
    found = asked(target("a"), target("b", 1), target("c", 1), target("d", 2))
    told = go(world, found, parallel=1)
    assert told == {
        "a": Taking.PROMOTED,
        "b": Taking.FAILED,
        "c": Taking.NOT_REACHED,
        "d": Taking.NOT_REACHED,
    }
    assert world.taken == ["a", "b"]
    assert world.pins[-1] == ("Leave", {"c": OLD})
    assert not world.begun


def test_what_is_at_work_when_another_one_fails_ends_in_its_own_way(world: World) -> None:
    world.bad = {"a"}
    world.ended = {"b": "a"}
    told = go(world, asked(target("a"), target("b"), target("c")), parallel=2)
    assert told == {"a": Taking.FAILED, "b": Taking.PROMOTED, "c": Taking.NOT_REACHED}


def test_a_stack_that_refuses_counts_as_one_that_failed(world: World) -> None:
    first, second = asked(target("a"), target("b"))
    told = go(world, [replace(first, objections=("nobody has approved d for a",)), second])
    assert told == {"a": Taking.REFUSED, "b": Taking.NOT_REACHED}
    assert not world.taken
    assert not world.pins


def test_what_was_done_before_a_kill_is_not_done_again(world: World) -> None:
    done, *rest = asked(target("a", revision=NEW), target("b", revision=NEW), target("c", 1))
    world.begun = {name: Move(NEW, OLD, "staging", "ada", "before", "prod") for name in ("b", "c")}
    going = [Asked(replace(item.candidate, resumed=True)) for item in rest]
    told = go(world, [Asked(replace(done.candidate, running=NEW)), *going])
    assert told == {"a": Taking.UNCHANGED, "b": Taking.PROMOTED, "c": Taking.PROMOTED}
    assert world.taken == ["b", "c"]


def test_a_stack_whose_promotion_stays_begun_says_why(world: World) -> None:
    found = asked(target("away", most="1"), target("b"))
    done = promote_stage("prod", found, prepared(world, found), world.take, parallel=2)
    assert done.shares[0].reason == "the cluster does not answer"
    assert done.shares[0].returned == ""
    assert list(world.begun) == ["away"]


def test_nothing_is_begun_when_somebody_else_promotes_to_one_of_them(world: World) -> None:
    found = asked(target("a"), target("taken"), target("z"))
    with pytest.raises(ConflictError, match="somebody else"):
        promote_stage("prod", found, prepared(world, found), world.take, parallel=2)
    assert not world.begun
    assert not world.pins


def prepared(world: World, found: list[Asked]) -> Path:
    world.follow({item.stack: OLD for item in found}, world.folder, "Start", None)
    world.pins.clear()
    return world.folder


@pytest.mark.parametrize(
    ("stated", "limit"),
    [
        (["", ""], 0),
        (["1", ""], 1),
        (["2", "1"], 1),
        (["50%"] * 5, 2),
        (["10%"] * 5, 0),
        (["100%", "0"], 0),
    ],
)
def test_the_strictest_stack_of_a_group_says_how_many_may_fail(stated: list[str], limit: int) -> None:
    assert tolerance([target(str(place), most=text) for place, text in enumerate(stated)]) == limit


def told_tags(monkeypatch: pytest.MonkeyPatch, tags: dict[str, str], running: str) -> list[Any]:
    notes: list[Any] = []
    monkeypatch.setattr(promote, "tags", lambda *_: tags)
    monkeypatch.setattr(promote, "running_revision", lambda *_: running)
    monkeypatch.setattr(promote, "note", lambda _, __, value: notes.append(value))
    return notes


def test_a_promotion_begins_only_to_what_was_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    (item,) = asked(target("a"))
    notes = told_tags(monkeypatch, {}, OLD)
    assert promote.begin(item.candidate, Path()).before == OLD
    assert notes[0].stage == "prod"
    told_tags(monkeypatch, {}, "f" * 40)
    with pytest.raises(ConflictError, match="changed by another promotion"):
        promote.begin(item.candidate, Path())
    told_tags(monkeypatch, {}, OLD)
    with pytest.raises(ConflictError, match="changed by another promotion"):
        promote.begin(replace(item.candidate, resumed=True), Path())
    other = f'["{"e" * 40}","{OLD}","staging","bob@ci","now",""]'
    told_tags(monkeypatch, {"gitops:promotion": other}, OLD)
    with pytest.raises(ConflictError, match="bob@ci is promoting eeeeeeeeeeee to a since now"):
        promote.begin(item.candidate, Path())


def test_each_promotion_is_in_a_process_of_its_own_and_its_error_comes_back(tmp_path: Path) -> None:
    lost = Cluster(str(tmp_path / "nowhere"), "lost")
    found = [
        item.candidate
        for item in asked(replace(target("a"), cluster=lost), replace(target("b"), cluster=lost))
    ]
    with stage.in_processes(tmp_path, "", say, 2) as take, ThreadPoolExecutor(2) as threads:
        failures = list(threads.map(take, found))
    assert all(isinstance(failure, Failure) and "nowhere" in failure.text for failure in failures)
