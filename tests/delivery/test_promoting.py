"""A promotion to one stack: what is left when it fails, when it is killed, and when another one is at work."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gitops.delivery.promotion import promote as room
from gitops.delivery.promotion.look import Candidate
from gitops.engine.locks import Holder
from gitops.model.errors import AccessError, ConflictError, GitOpsError, NotFoundError
from gitops.model.promotion import Move, Unit
from gitops.source.stackfile import stack_values
from tests import given

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OLD, NEW = "0" * 40, given.SHA
STACK = "config:\n  gitops:repository: file:///nowhere\n  gitops:revision: main\n"
MOVE = Move(NEW, OLD, "staging", "ada", "now")


class World:
    """One stack: what it notes, follows and runs, and which revisions are good for it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        (folder / "Pulumi.prod.yaml").write_text(STACK)
        self.move: Move | None = None
        self.deployed: list[str] = []
        self.held: list[str] = []
        self.errors: dict[str, GitOpsError] = {}
        self.cleared: list[str] = []
        self.holders: list[tuple[Holder, ...]] = []
        for name in ("begin", "note_setback", "forget", "sync", "clear", "alone", "backend"):
            monkeypatch.setattr(room, name, getattr(self, name))
        monkeypatch.setattr(room, "observe", lambda _: type("Seen", (), {"states": ()}))
        monkeypatch.setattr(room, "verified", lambda *_: ())
        monkeypatch.setattr(room, "noted", lambda *_: self.move)
        monkeypatch.setattr(room, "tags", lambda *_: {})
        monkeypatch.setattr(room.time, "sleep", lambda _: None)

    @contextmanager
    def alone(self, *_: Any) -> Iterator[None]:
        yield

    def begin(self, *_: Any) -> Move:
        self.move = self.move or MOVE
        return self.move

    def forget(self, *_: Any) -> None:
        self.move = None

    def note_setback(self, _: str, __: Path, revision: str, reason: str) -> None:
        self.held.append(f"{revision[:6]}: {reason}")

    def sync(self, settings: Any, _: Path, *, why: str) -> Any:
        revision = settings.repository.revision
        self.deployed.append(f"{revision[:6]} {why}")
        if revision in self.errors:
            raise self.errors[revision]
        return type("Done", (), {"exit_code": 0})

    def backend(self, *_: Any) -> Any:
        left = self.holders
        return type("Kept", (), {"holders": lambda _: left.pop(0) if left else ()})()

    def clear(self, stack: str, _: Path) -> None:
        self.cleared.append(stack)

    @property
    def follows(self) -> str:
        return str(stack_values("prod", self.folder)["revision"])


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, monkeypatch)


def candidate(**changes: Any) -> Candidate:
    plain = Candidate(Unit(NEW, "d"), "staging", given.settings(stack="prod"), OLD, (), (), {})
    return replace(plain, **changes)


def test_what_is_good_stays(world: World) -> None:
    done = room.promote(candidate(), world.folder)
    assert (done.failure, world.follows, world.move, world.held) == ("", NEW, None, [])
    assert world.deployed == ["c0ffee promoted from staging"]


def test_what_is_no_good_goes_back_and_is_held(world: World) -> None:
    world.errors = {NEW: GitOpsError("web: no image", next_step="mend it")}
    done = room.promote(candidate(), world.folder)
    assert (done.failure, done.returned, world.follows) == ("web: no image", OLD, OLD)
    assert world.held == ["c0ffee: web: no image"]
    assert world.move is None


def test_what_does_not_come_back_either_is_told(world: World) -> None:
    world.errors = {NEW: GitOpsError("no image"), OLD: GitOpsError("no image either")}
    done = room.promote(candidate(), world.folder)
    assert done.returned == ""
    assert done.failure == "no image; and 000000000000 did not come back: no image either"


@pytest.mark.parametrize("error", [AccessError("away"), ConflictError("somebody holds the stack")])
def test_what_nothing_is_known_of_stays_begun(world: World, error: GitOpsError) -> None:
    world.errors = {NEW: error}
    with pytest.raises(type(error)):
        room.promote(candidate(), world.folder)
    assert (world.move, world.follows, world.held) == (MOVE, NEW, [])


def test_one_that_goes_on_waits_for_the_engine_that_was_left_and_clears_its_lock(world: World) -> None:
    alive = Holder("ada", "elsewhere", 1, "now")
    gone = Holder("ada", room.whoami().partition("@")[2], 2**22 + 1, "now")
    world.holders = [(alive,), (gone,)]
    assert not room.promote(candidate(), world.folder).failure
    assert len(world.holders) == 2  # one that begins looks at no lock but the engine's own
    assert not room.promote(candidate(resumed=True), world.folder).failure
    assert (world.holders, world.cleared) == ([], ["prod"])


def test_what_is_aborted_goes_back_and_is_held(world: World) -> None:
    with pytest.raises(NotFoundError, match="no promotion to prod was begun"):
        room.abort(given.settings(stack="prod"), world.folder)
    world.move = MOVE
    done = room.abort(given.settings(stack="prod"), world.folder)
    assert (done.returned, world.follows, world.move) == (OLD, OLD, None)
    assert world.held[0].startswith("c0ffee: aborted by ")
