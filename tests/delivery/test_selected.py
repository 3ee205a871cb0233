from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gitops.cluster.discovery import Resource
from gitops.cluster.survey import Survey
from gitops.delivery import selected
from gitops.delivery import sync as syncing
from gitops.delivery.selected import Selection, sync_selected
from gitops.delivery.sync import Prepared
from gitops.engine.diagnostics import Failure
from gitops.engine.history import intent_of
from gitops.engine.stacks import Outcome
from gitops.model.errors import NotFoundError, Problem, ProblemsError, RefusedError
from gitops.model.keys import APPLICATION_LABEL, ObjectKey
from gitops.model.partial import LeftOut, Recorded
from tests import given
from tests.program.engine import plan_of

if TYPE_CHECKING:
    from gitops.model.synced import Synced

PLAN = plan_of(
    [given.application("base", 10), given.application("web"), given.application("web-2")],
    given.manifest("ConfigMap", of="base"),
    given.manifest("ConfigMap"),
    given.manifest("ConfigMap", "fresh"),
    given.manifest("ConfigMap", of="web-2"),
    given.manifest("ConfigMap", "fresh", of="web-2"),
)
BELOW = "urn:pulumi:test::gitops::gitops:index:Platform$gitops:index:Wave$gitops:index:Application"
CONFIG_MAP = Resource("", "v1", "ConfigMap", "configmaps", namespaced=True)


def urn(name: str) -> str:
    return f"{BELOW}$kubernetes:core/v1:ConfigMap::ConfigMap:{name}"


class World:
    """A stack of three applications; of two of them an object is new, and one left Git. Remembers the engine's run."""

    def __init__(self) -> None:
        names = ("base/x", "web/x", "web/old", "web/lost", "web-2/x", "web-2/old")
        self.live: dict[ObjectKey, Any] = {
            ObjectKey.of(f"ConfigMap:{name}"): {
                "metadata": {"uid": name, "labels": {APPLICATION_LABEL: name.partition("/")[0]}}
            }
            for name in names
        }
        recorded = [name for name in names if name != "web/lost"]
        self.state = [
            *(self.component(name) for name in ("base", "web", "web-2")),
            *(Recorded(f"{BELOW}::{g}", "pulumi:index:Stash", g, "w") for g in ("wave-10", "wave-20")),
            *(
                Recorded(
                    urn(n),
                    "kubernetes:core/v1:ConfigMap",
                    f"ConfigMap:{n}",
                    f"{BELOW}::{n.partition('/')[0]}",
                    ObjectKey.of(f"ConfigMap:{n}"),
                )
                for n in recorded
            ),
        ]
        self.plan, self.left_out = PLAN, ()
        self.outcome = Outcome({"update": 1})
        self.run: dict[str, Any] = {}
        self.deleted: list[str] = []
        self.looked: list[str] = []
        self.forgotten: list[str] = []
        self.client = self

    @staticmethod
    def component(name: str) -> Recorded:
        return Recorded(f"{BELOW}::{name}", "gitops:index:Application", name, "w")

    def delete(self, path: str, *, uid: str) -> None:
        assert uid
        self.deleted.append(path)

    def up(self, _stack: str, _project: Path, _program: object, **options: Any) -> Outcome:
        self.run = options
        return self.outcome

    def sync(self, *applications: str, **selection: Any) -> Synced:
        survey = Survey(self.live, {("", "ConfigMap"): CONFIG_MAP})
        prepared = Prepared(
            given.settings(),
            Path("/nowhere"),
            self,
            survey,
            self.plan,
            self.left_out,
            tuple(self.state),  # type: ignore[arg-type]
        )
        return sync_selected(prepared, Selection(applications, **selection), by="ada@laptop")

    def objects(self) -> list[str]:
        marker = "$kubernetes:core/v1:ConfigMap::ConfigMap:"
        return sorted(target.partition(marker)[2] for target in self.run["target"] if marker in target)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    monkeypatch.delenv("GITOPS_ALLOW_DELETES", raising=False)
    monkeypatch.setattr(syncing, "up", world.up)
    monkeypatch.setattr(syncing, "tell_outcome", lambda *_: None)
    monkeypatch.setattr(selected, "forget_urns", lambda _s, _p, urns: world.forgotten.extend(urns))
    monkeypatch.setattr(selected, "look", lambda _stack, _project, target: world.looked.extend(target))
    return world


def test_the_engine_looks_at_exactly_the_chosen_objects(world: World) -> None:
    done = world.sync("web")

    assert world.objects() == ["web/fresh", "web/x"]
    assert f"{BELOW}::web" in world.run["target"]
    assert not any("web-2" in target or "base" in target for target in world.run["target"])
    assert [item.name for item in done.applications] == ["web"]


def test_what_is_known_is_looked_at_first_and_together_where_nothing_is_new(world: World) -> None:
    world.sync("web")
    assert (world.run["refresh"], urn("web/x") in world.looked, urn("web/fresh") in world.looked) == (
        False,
        True,
        False,
    )
    world.looked.clear()
    world.sync("web-2", resources=(("configmap", "x"),))
    assert world.objects() == ["web-2/x"]


def test_what_left_git_stays_and_is_named(world: World) -> None:
    done = world.sync("web")
    assert [str(warning).partition(" lives")[0] for warning in done.warnings] == [
        "ConfigMap web/lost",
        "ConfigMap web/old",
    ]
    assert world.deleted == []


def test_what_left_git_goes_when_that_is_asked_for(world: World) -> None:
    done = world.sync("web", prune=True)
    assert world.objects() == ["web/fresh", "web/x"]
    assert world.deleted == [f"/api/v1/namespaces/web/configmaps/{name}" for name in ("old", "lost")]
    assert world.forgotten == [urn("web/old")]
    assert [key.name for key in done.pruned] == ["old", "lost"]
    assert done.warnings == ()


def test_nothing_is_deleted_after_a_failure(world: World) -> None:
    world.outcome = Outcome(failed=(Failure("kubernetes:core/v1:ConfigMap", "ConfigMap:web/x", "no"),))
    assert world.sync("web", prune=True).exit_code == 4
    assert world.deleted == []


def test_single_objects_are_chosen_by_kind_and_name(world: World) -> None:
    world.sync("web", "web-2", resources=(("configmap", "fresh"),))
    assert world.objects() == ["web-2/fresh", "web/fresh"]
    assert not any("Stash" in target for target in world.run["target"])


def test_the_history_is_told_of_the_chosen_applications_alone(world: World) -> None:
    world.sync("web")
    intent, _ = intent_of(world.run["message"])
    assert intent
    assert (intent.applications, intent.by) == (("web",), "ada@laptop")


def test_without_names_all_applications_are_chosen(world: World) -> None:
    assert [item.name for item in world.sync().applications] == ["base", "web", "web-2"]


def test_too_much_is_not_deleted(world: World) -> None:
    for number in range(20):
        world.live[ObjectKey("", "ConfigMap", "web", f"c{number}")] = world.live[
            ObjectKey.of("ConfigMap:web/x")
        ]
    with pytest.raises(RefusedError, match="would delete 22 of"):
        world.sync("web", prune=True)
    assert world.run == {}


def test_what_is_not_there_is_not_found(world: World) -> None:
    with pytest.raises(NotFoundError, match="no application nobody"):
        world.sync("web", "nobody")
    with pytest.raises(NotFoundError, match="has configmap:nothing"):
        world.sync("web", resources=(("configmap", "nothing"),))


def test_a_broken_application_is_told_and_another_goes_on(world: World) -> None:
    world.left_out = (LeftOut("bad", (Problem("can't be read"),)),)  # type: ignore[assignment]
    assert {item.name: item.result for item in world.sync("web", "bad").applications} == {
        "web": "Synced",
        "bad": "LeftOut",
    }
    with pytest.raises(ProblemsError, match="can't be read"):
        world.sync("bad")


def test_what_is_held_is_refused_and_told_why(world: World) -> None:
    world.left_out = (LeftOut("bad", (Problem("it is paused"),), held=True),)  # type: ignore[assignment]
    with pytest.raises(RefusedError, match="it is paused"):
        world.sync("bad")


def test_an_earlier_commit_leaves_the_components_and_the_provider_that_others_need_as_they_are(
    world: World,
) -> None:
    world.sync("web", prune=True, earlier=True)
    assert world.objects() == ["web/fresh", "web/x"]
    above = {target.rpartition("::")[2] for target in world.run["target"]} - {
        "ConfigMap:web/x",
        "ConfigMap:web/fresh",
    }
    assert f"{BELOW}::web" not in world.run["target"]
    assert above == {"platform", "cluster", "wave-20"}  # which this state does not have


def test_hooks_that_are_no_longer_stated_leave_the_state_with_the_objects(world: World) -> None:
    world.state.append(Recorded(f"{BELOW}$hook::migrate", "pulumi:index:Stash", "migrate", f"{BELOW}::web"))
    world.state.append(Recorded(f"{BELOW}$hook::theirs", "pulumi:index:Stash", "theirs", f"{BELOW}::web-2"))
    world.sync("web", prune=True)
    assert sorted(world.forgotten) == sorted([urn("web/old"), f"{BELOW}$hook::migrate"])
