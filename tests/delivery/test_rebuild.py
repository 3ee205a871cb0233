"""Parts of a rebuild that need no cluster: whose cluster it is, what is lost, which volumes are empty."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gitops.cluster.survey import Survey
from gitops.delivery.rebuild import carry_out, obstacles
from gitops.delivery.rebuild.found import Found, refuse_wrong_cluster
from gitops.model.errors import ConflictError, RefusedError, TimedOutError
from gitops.model.keys import STACK_LABEL, ObjectKey
from gitops.model.partial import APPLICATION, Recorded
from gitops.model.rebuilt import Place
from tests import given
from tests.program.engine import plan_of

WEB, API = ObjectKey("", "ConfigMap", "web", "x"), ObjectKey("", "ConfigMap", "api", "x")
ENDING = ObjectKey("", "Namespace", "", "web")


def live(stack: str = "", **metadata: Any) -> dict[str, Any]:
    return {"metadata": {"uid": "1", "labels": {STACK_LABEL: stack} if stack else {}, **metadata}}


def found(objects: dict[ObjectKey, Any], *state: Recorded, connection: Any = None) -> Found:
    place = Place("home", "https://home:6443", "uid-of-home")
    return Found(given.settings(), Path(), connection, place, Survey(objects, {}), state, 0, None)


def test_a_cluster_of_others_only_is_refused_and_they_are_named() -> None:
    there = found({WEB: live("staging"), API: live("dev"), ENDING: live("dev")})
    with pytest.raises(
        RefusedError, match="context home at https://home:6443 has objects of other"
    ) as caught:
        refuse_wrong_cluster(there, shared=False)
    assert "(2 of dev, 1 of staging) and none of test" in str(caught.value)
    refuse_wrong_cluster(there, shared=True)


@pytest.mark.parametrize(
    "objects", [{}, {WEB: live()}, {WEB: live("test")}, {WEB: live("test"), API: live("dev")}]
)
def test_an_empty_cluster_and_one_where_the_stack_lives_are_right(objects: dict[ObjectKey, Any]) -> None:
    refuse_wrong_cluster(found(objects), shared=False)


def test_a_copy_of_an_object_is_not_the_stack_alive() -> None:
    copy = live("test", annotations={"gitops.internal/object": "ConfigMap:web/other"})
    assert found({WEB: copy}).alive == {}


def test_only_applications_of_which_nothing_lives_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    forgotten: list[set[str]] = []
    monkeypatch.setattr(obstacles, "forget_applications", lambda *words: forgotten.append(words[2]))
    state = [Recorded(f"urn::{name}", APPLICATION, name, "") for name in ("web", "api", "left")]
    state += [Recorded(f"{key}", "kubernetes:", str(key), f"urn::{key.namespace}", key) for key in (WEB, API)]
    plan = plan_of([given.application("web"), given.application("api")])
    obstacles.forget_lost(found({API: live("test")}, *state), plan, {}, lambda _: None)
    assert forgotten == [{"web"}]
    obstacles.forget_lost(found({API: live("test"), WEB: live()}, *state), plan, {WEB: live()}, print)
    assert forgotten == [{"web"}]


def test_volumes_are_empty_where_they_are_new() -> None:
    claim = given.manifest("PersistentVolumeClaim", "data")
    database = given.manifest(
        "StatefulSet", "db", api="apps/v1", spec={"volumeClaimTemplates": [{"metadata": {"name": "v"}}]}
    )
    plan = plan_of([given.application("web")], claim, database, given.manifest("StatefulSet", "without"))
    assert set(carry_out._empty_claims(plan, {})) == {claim.key, database.key}
    # its claims may have outlived it there
    assert carry_out._empty_claims(plan, {ENDING: live()}) == (claim.key,)
    assert carry_out._empty_claims(plan, {ENDING: live(), claim.key: live()}) == ()


def test_a_lock_that_is_left_over_is_cleared_once_and_any_other_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cleared: list[str] = []
    monkeypatch.setattr(obstacles, "clear", lambda stack, _: cleared.append(stack))

    def work(*errors: ConflictError) -> Any:
        left = list(errors)

        def attempt() -> str:
            if left:
                raise left.pop()
            return "done"

        return attempt

    killed = ConflictError("killed", left_over=True)
    assert obstacles.past_left_over_lock(found({}), work(killed), print) == "done"
    assert cleared == ["test"]
    for errors in ((ConflictError("at work"),), (killed, killed)):
        with pytest.raises(ConflictError):
            obstacles.past_left_over_lock(found({}), work(*errors), print)
    assert cleared == ["test", "test"]


def test_what_does_not_end_is_told_and_what_has_ended_did_not_live(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(obstacles, "_LOOK_EVERY", 0.01)
    ending = live("test", deletionTimestamp="2026-01-01T00:00:00Z")
    seen: list[str] = []
    client = SimpleNamespace(get=lambda path: seen.append(path) or ending)
    there = found({ENDING: ending}, connection=SimpleNamespace(client=client))
    monkeypatch.setattr(Survey, "path", lambda _, key: str(key))
    plan = plan_of([given.application("web")], given.manifest("ConfigMap"))
    told: list[str] = []
    with pytest.raises(TimedOutError, match=r"Namespace web has not ended after 0\.05 s"):
        obstacles.await_ending(there, plan, 0.05, told.append)
    assert told == ["Namespace web is ending; waiting until it is gone"]
    client.get = lambda _: live("test")  # made anew meanwhile
    has_gone = obstacles.await_ending(there, plan, 5, told.append)
    assert (has_gone(ENDING), has_gone(WEB), has_gone(API)) == (True, True, False)


def test_where_a_controller_opens_secrets_its_keys_have_to_be_there_first() -> None:
    keys: list[dict[str, Any]] = []
    client = SimpleNamespace(list=lambda *_, **__: keys)
    there = found({}, connection=SimpleNamespace(client=client))
    sealed = given.manifest("SealedSecret", "login", api="bitnami.com/v1alpha1")
    obstacles.refuse_without_keys(there, plan_of([given.application("web")], given.manifest("ConfigMap")))
    plan = plan_of([given.application("web")], sealed)
    with pytest.raises(RefusedError, match="no key that opens SealedSecret web/login") as caught:
        obstacles.refuse_without_keys(there, plan)
    assert "--keys FILE" in str(caught.value)
    keys.append(live())
    obstacles.refuse_without_keys(there, plan)
