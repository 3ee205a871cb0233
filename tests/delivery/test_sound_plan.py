from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gitops.desired import desired_plan, sound_plan
from gitops.model.capabilities import Served
from gitops.model.errors import NotFoundError, ProblemsError
from gitops.model.keys import ObjectKey
from gitops.model.settings import Repository
from tests import given
from tests.git_repository import GitRepository

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gitops.model.partial import LeftOut
    from gitops.model.plan import Plan

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shared}\n"
CRD = (
    "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: foos.x.io}\n"
    "spec: {group: x.io, scope: Namespaced, names: {kind: Foo}}\n"
)


@pytest.fixture
def repository(tmp_path: Path) -> GitRepository:
    repository = GitRepository(tmp_path / "origin")
    for name in ("api", "db", "web"):
        repository.write(f"k8s/02-apps/{name}/x.yaml", CONFIG)
    return repository


def planned(
    repository: GitRepository, live: Iterable[str] = (), revision: str = "main"
) -> tuple[Plan, dict[str, LeftOut]]:
    if revision == "main":
        repository.commit()
    settings = given.settings(repository=Repository(repository.url, revision))
    keys = frozenset(map(ObjectKey.of, live))
    plan, left_out = sound_plan(settings, Served({}), keys, repository.path.parent / "cache")
    return plan, {item.name: item for item in left_out}


def synced(plan: Plan) -> set[str]:
    return {item.name for item in plan.applications}


def told(left_out: dict[str, LeftOut], name: str) -> str:
    return "\n".join(map(str, left_out[name].problems))


def test_without_mistakes_it_is_the_whole_plan(repository: GitRepository) -> None:
    plan, left_out = planned(repository)
    settings = given.settings(repository=Repository(repository.url, "main"))
    assert left_out == {}
    assert plan == desired_plan(settings, Served({}), repository.path.parent / "cache")


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("bad.yaml", "a: [\n", "k8s/02-apps/web/bad.yaml:"),
        ("gitops.yaml", "wavve: 1\n", "k8s/02-apps/web/gitops.yaml:1: key `wavve` is not known"),
        (
            "odd.yaml",
            "apiVersion: x.io/v1\nkind: Odd\nmetadata: {name: x}\n",
            "kind Odd of x.io/v1 is unknown",
        ),
        ("gitops.yaml", "dependsOn: [nobody]\n", "there is no such application"),
        ("kustomization.yaml", "resources: [../../../../etc]\n", "k8s/02-apps/web/kustomization.yaml"),
    ],
)
def test_each_kind_of_mistake_leaves_out_one_application(
    repository: GitRepository, file: str, text: str, expected: str
) -> None:
    repository.write(f"k8s/02-apps/web/{file}", text)
    plan, left_out = planned(repository)
    assert (synced(plan), set(left_out)) == ({"api", "db"}, {"web"})
    assert expected in told(left_out, "web")
    assert {item.manifest.application for item in plan.objects} == {"api", "db"}


def test_what_can_be_read_of_the_broken_one_is_known(repository: GitRepository) -> None:
    repository.write("k8s/02-apps/web/bad.yaml", "a: [\n")
    _, left_out = planned(repository)
    assert ObjectKey.of("ConfigMap:web/x") in left_out["web"].states


def test_an_empty_directory_leaves_out_its_application(repository: GitRepository) -> None:
    repository.remove("k8s/02-apps/web/x.yaml").write("k8s/02-apps/web/README.md", "")
    assert set(planned(repository)[1]) == {"web"}


def test_both_owners_of_one_object_are_left_out(repository: GitRepository) -> None:
    repository.write("k8s/02-apps/db/twin.yaml", CONFIG.replace("{name: x}", "{name: x, namespace: web}"))
    plan, left_out = planned(repository)
    assert (synced(plan), set(left_out)) == ({"api"}, {"db", "web"})
    assert "is already stated at" in told(left_out, "db")
    assert told(left_out, "db") == told(left_out, "web")


def test_what_depends_on_a_broken_one_waits_and_names_it(repository: GitRepository) -> None:
    repository.write("k8s/02-apps/web/bad.yaml", "a: [\n")
    repository.write("k8s/02-apps/api/gitops.yaml", "dependsOn: [web]\n")
    repository.write("k8s/02-apps/db/gitops.yaml", "dependsOn: [api]\n")
    repository.write("k8s/02-apps/free/x.yaml", CONFIG)
    plan, left_out = planned(repository)
    assert synced(plan) == {"free"}
    assert told(left_out, "api").startswith("k8s/02-apps/api/gitops.yaml: waits for 'web', which is left out")
    assert "waits for 'api'" in told(left_out, "db")


def test_a_circle_leaves_out_those_who_are_in_it(repository: GitRepository) -> None:
    repository.write("k8s/02-apps/web/gitops.yaml", "dependsOn: [api]\n")
    repository.write("k8s/02-apps/api/gitops.yaml", "dependsOn: [web]\n")
    plan, left_out = planned(repository)
    assert (synced(plan), set(left_out)) == ({"db"}, {"api", "web"})
    assert "api → web → api" in told(left_out, "api")


def test_later_waves_go_on_without_it(repository: GitRepository) -> None:
    repository.write("k8s/01-infrastructure/01-base/bad.yaml", "a: [\n")
    plan, left_out = planned(repository)
    assert (synced(plan), set(left_out), plan.waves) == ({"api", "db", "web"}, {"base"}, (20,))


def test_a_namespace_that_only_a_broken_one_would_make_is_waited_for_until_it_lives(
    repository: GitRepository,
) -> None:
    repository.write("k8s/02-apps/web/namespace.yaml", NAMESPACE).write("k8s/02-apps/web/bad.yaml", "a: [\n")
    repository.write("k8s/02-apps/db/x.yaml", CONFIG.replace("{name: x}", "{name: x, namespace: shared}"))
    plan, left_out = planned(repository)
    assert synced(plan) == {"api"}
    assert "needs Namespace shared, which 'web' states" in told(left_out, "db")
    assert synced(planned(repository, ["Namespace:shared"])[0]) == {"api", "db"}


def test_a_namespace_that_several_share_is_made_by_the_next_of_them(repository: GitRepository) -> None:
    for name in ("db", "web"):
        repository.write(f"k8s/02-apps/{name}/gitops.yaml", "namespace: shared\n")
    repository.write("k8s/02-apps/web/x.yaml", CONFIG.replace("{name: x}", "{name: other}"))
    repository.write("k8s/02-apps/db/bad.yaml", "a: [\n")
    plan, left_out = planned(repository)
    assert set(left_out) == {"db"}, told(left_out, "web")
    assert ObjectKey.of("Namespace:shared") in plan.keys


def test_a_kind_whose_crd_only_a_broken_one_states_is_left_out_with_it(repository: GitRepository) -> None:
    repository.write("k8s/02-apps/web/crd.yaml", CRD).write("k8s/02-apps/web/bad.yaml", "a: [\n")
    repository.write("k8s/02-apps/db/foo.yaml", "apiVersion: x.io/v1\nkind: Foo\nmetadata: {name: x}\n")
    plan, left_out = planned(repository)
    assert synced(plan) == {"api"}
    assert "kind Foo of x.io/v1 is unknown" in told(left_out, "db")
    assert "without the applications that are left out" in told(left_out, "db")


def test_when_nothing_is_sound_each_tells_why_and_the_plan_is_empty(repository: GitRepository) -> None:
    for name in ("api", "db", "web"):
        repository.write(f"k8s/02-apps/{name}/bad.yaml", "a: [\n")
    plan, left_out = planned(repository)
    assert (plan.applications, plan.objects) == ((), ())
    assert [told(left_out, name).partition(":")[0] for name in ("api", "db", "web")] == [
        f"k8s/02-apps/{name}/bad.yaml" for name in ("api", "db", "web")
    ]


def test_what_no_application_is_to_blame_for_stops_everything(repository: GitRepository) -> None:
    repository.commit()
    with pytest.raises(NotFoundError):
        planned(repository, revision="no-such-branch")
    settings = given.settings(repository=Repository(repository.url, "main"))
    glob = replace(settings.applications[0], path="nothing/*")
    with pytest.raises(ProblemsError, match="no directory of commit"):
        sound_plan(replace(settings, applications=(glob,)), Served({}), (), repository.path.parent / "cache")
