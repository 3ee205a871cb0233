"""What happens to each object when a stack goes from one plan to another, and what is worth a second look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gitops.delivery.ci.compare import compared
from gitops.model.errors import Location, Problem, Problems
from gitops.model.partial import LeftOut
from gitops.model.preview import Effect
from gitops.model.sync import SyncOptions
from gitops.waves.plan import make_plan
from tests import given

if TYPE_CHECKING:
    from gitops.model.application import Application
    from gitops.model.manifest import Manifest
    from gitops.model.plan import Plan
    from gitops.model.preview import StackPreview

WEB = given.application("web")


def plan(*manifests: Manifest, applications: tuple[Application, ...] = (WEB,)) -> Plan:
    problems = Problems()
    made = make_plan("prod", given.SHA, applications, manifests, problems)
    assert not list(problems)
    return made


def preview(before: Plan, after: Plan) -> StackPreview:
    return compared(before, (), after, ())


def workload(image: str = "web:1.0", app: str = "web", **spec: Any) -> Manifest:
    template = {"spec": {"containers": [{"name": "web", "image": image}]}}
    spec = {"selector": {"matchLabels": {"app": app}}, "template": template, **spec}
    return given.manifest("Deployment", "web", api="apps/v1", spec=spec)


def effects(found: StackPreview) -> dict[str, str]:
    return {change.key.resource_name: str(change.effect) for change in found.changes}


def test_objects_are_created_changed_and_deleted_and_equal_ones_are_not_told() -> None:
    same, old, new = (
        given.manifest("ConfigMap", "same"),
        *(given.manifest("ConfigMap", "x", data={"a": a}) for a in "12"),
    )
    found = preview(
        plan(same, old, given.manifest("ConfigMap", "gone")), plan(same, new, given.manifest("Service", "s"))
    )
    assert effects(found) == {
        "ConfigMap:web/x": "changed",
        "ConfigMap:web/gone": "deleted",
        "Service:web/s": "created",
    }
    assert found.counts == {"created": 1, "changed": 1, "deleted": 1}


def test_changes_come_by_wave_application_and_object() -> None:
    early, late = given.application("db", wave=10), given.application("web", wave=20)
    applications = (late, early)
    found = preview(
        plan(applications=applications),
        plan(
            given.manifest("ConfigMap", "b"),
            given.manifest("ConfigMap", "a"),
            given.manifest("ConfigMap", "z", of="db"),
            applications=applications,
        ),
    )
    assert [(c.wave, c.application, c.key.name) for c in found.changes] == [
        (10, "db", "z"),
        (20, "web", "a"),
        (20, "web", "b"),
    ]


def test_a_field_that_can_not_be_changed_makes_an_object_anew() -> None:
    [change] = preview(plan(workload(app="a")), plan(workload(app="b"))).changes
    assert (change.effect, change.fields) == (Effect.REPLACED, ("spec.selector",))
    assert change.warnings == ("is deleted and made anew: spec.selector can not be changed",)


def test_an_object_that_is_told_to_be_made_anew_is_when_its_content_changes() -> None:
    anew = {"argocd.argoproj.io/sync-options": "Replace=true,Force=true"}
    one, other = (given.manifest("ConfigMap", annotations=anew, data={"a": a}) for a in "12")
    [change] = preview(plan(one), plan(other)).changes
    assert change.effect is Effect.REPLACED
    noted = given.manifest("ConfigMap", annotations={**anew, "note": "x"}, data={"a": "1"})
    [change] = preview(plan(one), plan(noted)).changes
    assert change.effect is Effect.CHANGED


@pytest.mark.parametrize(
    ("options", "gone", "effect"),
    [
        ({"argocd.argoproj.io/sync-options": "Prune=false"}, False, Effect.LEFT),
        ({"argocd.argoproj.io/sync-options": "Prune=confirm"}, False, Effect.LEFT),
        ({"argocd.argoproj.io/sync-options": "Delete=false"}, False, Effect.DELETED),
        ({"argocd.argoproj.io/sync-options": "Delete=false"}, True, Effect.LEFT),
        ({}, True, Effect.DELETED),
    ],
)
def test_what_is_told_to_stay_does(options: dict[str, str], gone: bool, effect: Effect) -> None:
    before = plan(given.manifest("ConfigMap", annotations=options))
    [change] = preview(before, plan(applications=() if gone else (WEB,))).changes
    assert change.effect is effect


def test_an_application_without_pruning_leaves_its_objects() -> None:
    web = given.application("web", prune=False, options=SyncOptions())
    [change] = preview(
        plan(given.manifest("ConfigMap"), applications=(web,)), plan(applications=(web,))
    ).changes
    assert change.effect is Effect.LEFT


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        (given.manifest("Namespace", "shop", namespace=""), "everything in the namespace goes with it"),
        (given.manifest("PersistentVolumeClaim"), "the data on its volume may go with it"),
        (
            given.manifest(
                "CustomResourceDefinition",
                "x.y.z",
                namespace="",
                api="apiextensions.k8s.io/v1",
                spec={"group": "y.z", "names": {"kind": "X"}},
            ),
            "every object of that kind goes with it",
        ),
    ],
)
def test_what_takes_more_with_it_is_told(gone: Manifest, said: str) -> None:
    [change] = preview(plan(gone), plan()).changes
    assert change.warnings == (said,)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("web:1.9", "web:1.10", ""),
        ("web:1.10", "web:1.9", "web goes back from web:1.10 to web:1.9"),
        ("web:v2.0.0-alpine", "web:v1.0.0-alpine", "web goes back"),
        ("web:2.0", "web:1.0.0", ""),
        ("web:2.0", "other:1.0", ""),
        ("web:1.0", "web:latest", "web:latest may be another image tomorrow"),
        ("web:1.0", "registry:5000/web", "registry:5000/web may be another image tomorrow"),
        ("web:1.0", f"web:latest@sha256:{'0' * 64}", ""),
        ("web:latest", "web:latest", ""),
    ],
)
def test_images_that_go_back_or_move_are_told(before: str, after: str, said: str) -> None:
    old, new = workload(before), workload(after, replicas=2)
    [change] = preview(plan(old), plan(new)).changes
    assert (bool(change.warnings), said in "".join(change.warnings)) == (bool(said), True)


def test_hooks_run_when_their_application_changed() -> None:
    hook = given.manifest(
        "Job", "migrate", api="batch/v1", annotations={"argocd.argoproj.io/hook": "PreSync"}
    )
    one, other = (given.manifest("ConfigMap", data={"a": a}) for a in "12")
    assert preview(plan(hook, one), plan(hook, one)).hooks == ()
    found = preview(plan(hook, one), plan(hook, other))
    assert found.hooks == ("hook-PreSync:web/batch/Job:web/migrate",)
    assert effects(found) == {"ConfigMap:web/x": "changed"}


def test_an_application_that_breaks_stays_and_its_problems_are_told() -> None:
    problem = Problem("can't be read", Location("web/x.yaml", 3), "mend it", "web")
    found = compared(
        plan(given.manifest("ConfigMap")), (), plan(applications=()), [LeftOut("web", (problem, problem))]
    )
    assert (found.changes, found.problems) == ((), (problem,))


def test_an_application_that_was_broken_counts_as_created_and_it_is_said_why() -> None:
    broken = LeftOut("web", (Problem("can't be read"),))
    found = compared(plan(applications=()), [broken], plan(given.manifest("ConfigMap")), ())
    assert effects(found) == {"ConfigMap:web/x": "created"}
    assert found.notes == (f"web can't be read at {given.SHA[:12]}: all of it counts as created",)


def test_the_digest_is_of_objects_and_not_of_commits() -> None:
    one, other = (given.manifest("ConfigMap", data={"a": a}) for a in "12")
    found = preview(plan(one), plan(other))
    assert found.digest == preview(plan(one), plan(other)).digest
    assert found.digest != preview(plan(), plan(other)).digest
    assert found.digest != preview(plan(other), plan(one)).digest
    assert len(found.digest) == 16


def test_the_digest_of_a_secret_does_not_come_from_its_values() -> None:
    def secret(value: str, tree: str) -> Manifest:
        return given.manifest("Secret", annotations={"gitops.internal/tree": tree}, data={"password": value})

    def digest(value: str, tree: str) -> str:
        return preview(plan(), plan(secret(value, tree))).digest

    assert digest("YQ==", "t1") == digest("Yg==", "t1")
    assert digest("YQ==", "t1") != digest("YQ==", "t2")
