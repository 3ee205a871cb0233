from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gitops.cluster.survey import Survey
from gitops.delivery import history as past
from gitops.delivery import sync as room
from gitops.engine.diagnostics import Failure
from gitops.engine.history import intent_of
from gitops.engine.stacks import Outcome
from gitops.model.errors import ConflictError, GitOpsError, Problem, ProblemsError, RefusedError
from gitops.model.keys import APPLICATION_LABEL, ObjectKey
from gitops.model.partial import LeftOut, Recorded
from tests import given
from tests.program.engine import plan_of

if TYPE_CHECKING:
    from gitops.model.synced import Synced

BROKEN = LeftOut("bad", (Problem("can't be read"),))
PLAN = plan_of([given.application("web")], given.manifest("ConfigMap"))
STATE = (
    Recorded(
        "urn:pulumi:test::gitops::a$gitops:index:Application::bad", "gitops:index:Application", "bad", "w"
    ),
)


class World:
    """A cluster and an engine for one sync; remembers what was deleted and passed over."""

    def __init__(self, **labels: str) -> None:
        self.objects = {
            ObjectKey.of(name.replace("__", "/", 1).replace("_", ":", 1)): {
                "metadata": {"uid": name, "labels": {APPLICATION_LABEL: owner}}
            }
            for name, owner in labels.items()
        }
        self.hidden: frozenset[tuple[str, str]] = frozenset()
        self.state: tuple[Recorded, ...] = STATE
        self.outcome = Outcome({"same": 1})
        self.left_out: tuple[LeftOut, ...] = (BROKEN,)
        self.deleted: list[str] = []
        self.excluded: tuple[str, ...] = ()
        self.message = ""
        self.told: list[tuple[str, str]] = []
        self.client = self
        self.namespaced = True

    def survey(self, _stack: str) -> Survey:
        resources: Any = {(key.group, key.kind): self for key in self.objects}
        return Survey(self.objects, resources, self.hidden)

    def path(self, namespace: str, name: str) -> str:
        return f"{namespace}/{name}"

    def delete(self, path: str, *, uid: str) -> None:
        assert uid
        self.deleted.append(path)

    def up(self, *_: object, exclude: tuple[str, ...], message: str, **__: object) -> Outcome:
        self.excluded, self.message = exclude, message
        return self.outcome


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World(ConfigMap_web__x="web", ConfigMap_bad__y="bad", ConfigMap_web__old="web")
    monkeypatch.delenv("GITOPS_ALLOW_DELETES", raising=False)
    monkeypatch.setattr(room, "connect", lambda _: world)
    monkeypatch.setattr(room, "up", world.up)
    monkeypatch.setattr(room, "recorded", lambda *_: world.state)
    monkeypatch.setattr(
        past, "note_failure", lambda _stack, _project, operation, why: world.told.append((operation, why))
    )
    monkeypatch.setattr(room, "sound_plan", lambda *_, **__: (PLAN, world.left_out))
    return world


def synced() -> Synced:
    return room.sync(given.settings(), Path("/nowhere"))


def test_orphans_go_but_never_those_of_an_application_that_is_left_out(world: World) -> None:
    done = synced()
    assert world.deleted == ["web/old"]
    assert [key.resource_name for key in done.pruned] == ["ConfigMap:web/old"]
    assert done.exit_code == 2


def test_the_engine_passes_over_what_the_state_has_of_it(world: World) -> None:
    synced()
    assert world.excluded == (STATE[0].urn,)


def test_when_nothing_is_sound_nothing_is_synced(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "sound_plan", lambda *_, **__: (plan_of([]), world.left_out))
    with pytest.raises(ProblemsError, match="can't be read"):
        synced()
    assert (world.deleted, world.excluded) == ([], ())


def test_without_a_broken_application_nothing_is_passed_over(world: World) -> None:
    world.left_out = ()
    assert synced().exit_code == 0
    assert world.excluded == ()
    assert sorted(world.deleted) == ["bad/y", "web/old"]


def test_nothing_is_pruned_after_a_failure(world: World) -> None:
    world.outcome = Outcome(failed=(Failure("kubernetes:core/v1:ConfigMap", "ConfigMap:web/x", "no"),))
    assert synced().exit_code == 4
    assert world.deleted == []


def test_objects_of_what_is_left_out_do_not_count_as_leaving(world: World) -> None:
    world.objects |= {
        ObjectKey("", "ConfigMap", "bad", f"c{n}"): world.objects[ObjectKey.of("ConfigMap:bad/y")]
        for n in range(30)
    }
    assert synced().exit_code == 2
    world.left_out = ()
    with pytest.raises(RefusedError, match="would delete 32 of"):
        synced()


def test_hidden_objects_count_as_the_state_has_them(world: World) -> None:
    world.hidden = frozenset({("", "Secret")})
    names = [f"Secret:web/s{n}" for n in range(12)]
    world.state += tuple(
        Recorded(f"urn::{name}", "kubernetes:core/v1:Secret", name, "p", ObjectKey.of(name)) for name in names
    )
    world.left_out = ()
    with pytest.raises(RefusedError, match="would delete 14 of the stack's 15"):
        synced()


def test_hidden_kinds_that_the_stack_uses_are_named(world: World) -> None:
    world.hidden = frozenset({("", "ConfigMap"), ("", "Node")})
    [warning] = synced().warnings
    assert "may not list ConfigMap: " in str(warning)


def test_the_history_is_told_who_does_what_before_it_begins(world: World) -> None:
    done = room.sync(given.settings(), Path("/nowhere"), by="ada@laptop")

    intent, headline = intent_of(world.message)

    assert intent
    assert (intent.by, intent.revision, intent.asked) == ("ada@laptop", PLAN.revision, "main")
    assert (intent.applications, intent.left_out) == (("web",), ("bad",))
    assert intent.operation == done.operation
    assert headline.endswith("of main: web")
    assert world.told == []


def test_the_history_is_told_why_a_run_failed(world: World) -> None:
    world.outcome = Outcome(failed=(Failure("kubernetes:core/v1:ConfigMap", "ConfigMap:web/x", "no"),))
    done = synced()
    assert world.told == [(done.operation, "web: ConfigMap web/x: no")]


@pytest.mark.parametrize(
    ("error", "told"),
    [(GitOpsError("out of breath"), ["out of breath"]), (ConflictError("held by another run"), [])],
)
def test_the_history_is_told_why_the_engine_gave_up_and_nothing_of_what_never_began(
    world: World, monkeypatch: pytest.MonkeyPatch, error: GitOpsError, told: list[str]
) -> None:
    def gives_up(*_: object, **__: object) -> Outcome:
        raise error

    monkeypatch.setattr(room, "up", gives_up)
    with pytest.raises(type(error)):
        synced()
    assert [why for _, why in world.told] == told
