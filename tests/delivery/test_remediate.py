from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gitops.cluster.survey import Survey
from gitops.delivery import remediate as room
from gitops.delivery import rolled_back
from gitops.delivery.remediate import lift_holds, remediate
from gitops.delivery.rolled_back import lift, note, noted
from gitops.delivery.sync import Prepared
from gitops.engine.command import LONGEST_TAG
from gitops.model.deployment import Deployment, Intent
from gitops.model.errors import AccessError, Problem, RefusedError
from gitops.model.rolled_back import RolledBack
from gitops.model.synced import FAILED, HELD, SYNCED, WAITING, ApplicationOutcome, Synced
from tests import given
from tests.program.engine import plan_of

if TYPE_CHECKING:
    from gitops.delivery.selected import Selection
    from gitops.model.manifest import Manifest

HERE = Path("/nowhere")
BAD, GOOD, OLDER = "bad0" * 10, "900d" * 10, "01d0" * 10
WEB = given.application("web", tree="new", rollback_on_failure=True)
API = given.application("api", tree="new")


def deployment(revision: str, outcome: str = "Succeeded", kind: str = "update", **intent: Any) -> Deployment:
    told = Intent("op", "ada", "main", revision, **{"applications": ("web",), **intent})
    return Deployment(1, kind, told, "", "", "", outcome)


class World:
    """A stack whose history, tags and earlier commits are values; remembers who was brought back to which commit."""

    def __init__(self) -> None:
        self.deployments = [deployment(BAD, "Failed"), deployment(GOOD), deployment(OLDER)]
        self.trees = {GOOD: {"web": "old", "api": "old"}, OLDER: {"web": "older"}}
        self.tags: dict[str, str] = {}
        self.back: list[tuple[str, tuple[str, ...], bool, str]] = []
        self.result = SYNCED
        self.web = WEB
        self.error: Exception | None = None
        self.objects: tuple[Manifest, ...] = ()

    def prepare(self, settings: Any, _project: Path) -> Prepared:
        revision = settings.repository.revision
        then = [given.application(name, tree=tree) for name, tree in self.trees[revision].items()]
        return Prepared(settings, HERE, None, Survey({}, {}), replace(plan_of(then), revision=revision))

    def sync_selected(self, prepared: Prepared, chosen: Selection, **options: Any) -> Synced:
        if self.error:
            raise self.error
        self.back.append((prepared.plan.revision, chosen.applications, chosen.prune, options["why"]))
        problems = (Problem("it is no better"),) if self.result == FAILED else ()
        found = tuple(ApplicationOutcome(name, self.result, problems) for name in chosen.applications)
        return Synced("test", prepared.plan.revision, {}, found)

    def remediate(self, **results: str) -> dict[str, ApplicationOutcome]:
        applications = [self.web, API, given.application("db", tree="new", rollback_on_failure=True)]
        there = [item for item in applications if item.name in results]
        plan = replace(plan_of(there, *self.objects), revision=BAD)
        prepared = Prepared(given.settings(), HERE, None, Survey({}, {}), plan)
        found = tuple(ApplicationOutcome(n, r, (Problem("it broke"),)) for n, r in results.items())
        done = remediate(prepared, Synced("test", BAD, {}, found))
        lift_holds(prepared, done)
        return {item.name: item for item in done.applications}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    monkeypatch.setattr(room, "history", lambda *_: world.deployments)
    monkeypatch.setattr(room, "prepare", world.prepare)
    monkeypatch.setattr(room, "sync_selected", world.sync_selected)
    monkeypatch.setattr(rolled_back, "tags", lambda *_: world.tags)
    monkeypatch.setattr(rolled_back, "set_tag", lambda _s, _p, name, text: world.tags.update({name: text}))
    monkeypatch.setattr(rolled_back, "remove_tag", lambda _s, _p, name: world.tags.pop(name))
    return world


def test_what_failed_goes_back_to_what_it_last_ran_well_and_says_so(world: World) -> None:
    web = world.remediate(web=FAILED, api=FAILED)["web"]

    assert [item[:3] for item in world.back] == [(GOOD, ("web",), True)]
    assert world.back[0][3] == f"rolled back from {BAD[:12]}, where web failed"
    assert web.result == FAILED
    assert web.rolled_back == RolledBack("web", "new", BAD, GOOD, "it broke")
    assert [problem.what for problem in web.problems] == [
        "it broke",
        f"it went back to {GOOD[:12]}, and is held there",
    ]
    assert noted("test", HERE) == (RolledBack("web", "new", BAD[:12], GOOD, "it broke"),)


THEN = "7e47" * 10


def rollout(image: str, lends: bool) -> tuple[Manifest, ...]:
    """A Rollout of this image, by itself or by reference."""
    pods = {"template": {"spec": {"containers": [{"name": "web", "image": image}]}}}
    reference = {"workloadRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}
    found = given.manifest("Rollout", api="argoproj.io/v1alpha1", spec=reference if lends else pods)
    return (found, given.manifest("Deployment", "web", api="apps/v1", spec=pods)) if lends else (found,)


@pytest.mark.parametrize("lends", [False, True])
def test_a_run_that_ended_with_a_rollout_paused_which_was_aborted_later_did_not_go_well(
    world: World, monkeypatch: pytest.MonkeyPatch, lends: bool
) -> None:
    images = {BAD: "2", THEN: "2", GOOD: "1", OLDER: "1"}
    world.deployments = [deployment(sha) for sha in images]
    world.trees |= {BAD: {"web": "new"}, THEN: {"web": "then"}}
    plain = world.prepare

    def prepare(settings: Any, project: Path) -> Prepared:
        found = plain(settings, project)
        plan = plan_of(found.plan.applications, *rollout(images[found.plan.revision], lends))
        return replace(found, plan=replace(plan, revision=found.plan.revision))

    monkeypatch.setattr(room, "prepare", prepare)
    stated, *_ = world.objects = rollout("2", lends)
    live = {**stated.body, "status": {"abort": True, "abortedAt": "10:00"}}
    monkeypatch.setattr(room, "live_rollouts", lambda *_: {stated.key: live})
    web = world.remediate(web=FAILED)["web"]
    assert [item[:2] for item in world.back] == [(GOOD, ("web",))]
    assert web.rolled_back == RolledBack("web", "new", BAD, GOOD, "it broke")


class Commit:
    """A commit that brings an application back, or says why it can't be made."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, commit: str = "c0de" * 10, error: str = "") -> None:
        self.tip, self.commit, self.error = BAD, commit, error
        self.asked: list[tuple[str, str]] = []
        monkeypatch.setattr(room, "look_back", self.look_back)
        monkeypatch.setattr(room, "publish", lambda _: "main")

    def look_back(self, _settings: Any, application: str, target: str) -> Commit:
        self.asked.append((application, target))
        if self.error:
            raise RefusedError(self.error)
        return self


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ({}, "commit c0dec0dec0de on main says so in Git"),
        ({"commit": BAD}, f"Git states it as in {GOOD[:12]} already"),
        ({"error": "no"}, "the commit that says so in Git could not be made: no"),
    ],
)
def test_a_commit_says_so_in_git_where_that_is_asked_for(
    world: World, monkeypatch: pytest.MonkeyPatch, made: Any, said: str
) -> None:
    commit = Commit(monkeypatch, **made)
    world.web = replace(WEB, revert_on_failure=True)
    web = world.remediate(web=FAILED)["web"]
    assert commit.asked == [("web", GOOD)]
    assert web.problems[-1].what == said
    assert web.rolled_back


def test_without_being_asked_for_no_commit_is_made(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = Commit(monkeypatch)
    world.remediate(web=FAILED)
    assert commit.asked == []


@pytest.mark.parametrize("result", [SYNCED, WAITING, HELD])
def test_what_did_not_fail_stays(world: World, result: str) -> None:
    world.remediate(web=result, api=FAILED)
    assert world.back == []


@pytest.mark.parametrize(
    "deployments",
    [
        [],
        [deployment(GOOD, "Failed")],
        [deployment(GOOD, left_out=("web",))],
        [deployment(GOOD, applications=("api",), partial=True)],
        [deployment("")],
        [replace(deployment(GOOD), intent=None)],
        [deployment("", kind="destroy"), deployment(GOOD)],
        [deployment(GOOD, kind="refresh")],
    ],
)
def test_only_a_deployment_that_brought_it_well_is_gone_back_to(
    world: World, deployments: list[Deployment]
) -> None:
    world.deployments = deployments
    web = world.remediate(web=FAILED)["web"]
    assert (world.back, web.rolled_back, world.tags) == ([], None, {})


@pytest.mark.parametrize("tree", ["new", None])
def test_what_was_the_same_or_not_there_yet_stays_as_it_is(world: World, tree: str | None) -> None:
    world.trees[GOOD] = {"web": tree} if tree else {}
    web = world.remediate(web=FAILED)["web"]
    assert (world.back, [problem.what for problem in web.problems]) == ([], ["it broke"])


def test_each_goes_back_to_its_own_commit(world: World) -> None:
    world.deployments[1:] = [
        deployment(GOOD, left_out=("db",)),
        deployment(OLDER, applications=("db",), partial=True),
    ]
    world.trees[OLDER] = {"db": "older"}
    found = world.remediate(web=FAILED, db=FAILED)
    assert [item[:2] for item in world.back] == [(GOOD, ("web",)), (OLDER, ("db",))]
    assert {name: item.rolled_back and item.rolled_back.to for name, item in found.items()} == {
        "web": GOOD,
        "db": OLDER,
    }


@pytest.mark.parametrize(
    "error", [AccessError("the cluster is away"), RefusedError("it would delete too much")]
)
def test_a_way_back_that_can_not_be_gone_is_told_and_nothing_is_held(world: World, error: Exception) -> None:
    world.error = error
    web = world.remediate(web=FAILED)["web"]
    assert [problem.what for problem in web.problems] == ["it broke", f"it could not go back: {error}"]
    assert (web.rolled_back, world.tags) == (None, {})


def test_what_fails_on_the_way_back_too_is_not_held(world: World) -> None:
    world.result = FAILED
    web = world.remediate(web=FAILED)["web"]
    assert web.problems[-1].what == "it could not go back: it is no better"
    assert world.tags == {}


def test_what_goes_well_afterwards_is_held_no_longer(world: World) -> None:
    world.remediate(web=FAILED)
    note("test", HERE, RolledBack("other", "t", BAD, GOOD, "it broke"))
    world.remediate(web=SYNCED, api=SYNCED)
    assert [item.application for item in noted("test", HERE)] == ["other"]


def test_a_note_fits_a_tag_of_every_backend_and_one_that_nobody_can_read_is_passed_over(world: World) -> None:
    name = "a" * 63
    note("test", HERE, RolledBack(name, "f" * 40, BAD, GOOD, 'it said "no" ' * 100))
    ((tag, text),) = world.tags.items()
    assert len(tag) <= 40
    assert len(text) <= LONGEST_TAG
    world.tags[f"{tag}x"] = "[1]"
    (found,) = noted("test", HERE)
    assert (found.application, found.tree, found.to) == (name, "f" * 40, GOOD)
    assert found.reason.startswith("it said 'no'")
    lift("test", HERE, [name])
    assert noted("test", HERE) == ()
