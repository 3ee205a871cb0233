from __future__ import annotations

from typing import Any

import pytest

from gitops.cluster.discovery import Resource
from gitops.cluster.errors import ApiError
from gitops.cluster.survey import Survey, approval, hidden_warning, refuse_mass_deletion, survey
from gitops.model.errors import RefusedError
from gitops.model.keys import (
    APPLICATION_LABEL,
    HOOK_ANNOTATION,
    OBJECT_ANNOTATION,
    PRUNE_ANNOTATION,
    ObjectKey,
)

VERBS = frozenset(("list", "delete"))
RESOURCES = (
    Resource("", "v1", "ConfigMap", "configmaps", namespaced=True, verbs=VERBS),
    Resource("", "v1", "Namespace", "namespaces", namespaced=False, verbs=VERBS),
    Resource("", "v1", "Endpoints", "endpoints", namespaced=True, verbs=VERBS),
    Resource("", "v1", "ComponentStatus", "componentstatuses", namespaced=False, verbs=frozenset(("list",))),
    Resource("apps", "v1", "Deployment", "deployments", namespaced=True, verbs=VERBS),
)


class FakeCluster:
    """Answers lists from a table and remembers what it was asked."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[tuple[str, str, bool]] = []

    def list(
        self, path: str, label_selector: str = "", *, metadata_only: bool = False
    ) -> list[dict[str, Any]]:
        self.asked.append((path, label_selector, metadata_only))
        answer = self.answers.get(path.rpartition("/")[2], [])
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[no-any-return]

    def get(self, path: str) -> dict[str, str]:
        assert path == "/version"
        return {"gitVersion": "v1.36.3"}

    def everything(self) -> tuple[Resource, ...]:
        return RESOURCES


def item(name: str, namespace: str = "", **metadata: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, **({"namespace": namespace} if namespace else {}), **metadata}}


def refusal(status: int) -> ApiError:
    return ApiError(status, "Refused", "no", {}, "/path")


def surveyed(**answers: Any) -> tuple[set[str], FakeCluster]:
    cluster = FakeCluster(**answers)
    found = survey(cluster, cluster, "test")  # type: ignore[arg-type]
    return {key.resource_name for key in found.objects}, cluster


def test_everything_with_the_stack_s_label_is_found_by_its_identity() -> None:
    found, _ = surveyed(
        configmaps=[item("a", "n"), item("a", "m")], namespaces=[item("n")], deployments=[item("d", "n")]
    )
    assert found == {"ConfigMap:n/a", "ConfigMap:m/a", "Namespace:n", "apps/Deployment:n/d"}


def test_there_is_one_list_a_kind_and_none_for_what_can_not_be_deleted_or_is_derived() -> None:
    _, cluster = surveyed()
    assert sorted(cluster.asked) == [
        ("/api/v1/configmaps", "gitops.internal/stack=test", True),
        ("/api/v1/namespaces", "gitops.internal/stack=test", True),
        ("/apis/apps/v1/deployments", "gitops.internal/stack=test", True),
    ]


def test_whole_objects_are_read_where_they_are_asked_for() -> None:
    cluster = FakeCluster()
    survey(cluster, cluster, "test", metadata_only=False)  # type: ignore[arg-type]
    assert not any(metadata_only for *_, metadata_only in cluster.asked)


def test_what_a_controller_made_is_not_the_stack_s() -> None:
    owned = item("b", "n", ownerReferences=[{"kind": "Deployment", "controller": True}])
    noted = item("c", "n", ownerReferences=[{"kind": "Other"}])
    assert surveyed(configmaps=[item("a", "n"), owned, noted])[0] == {"ConfigMap:n/a", "ConfigMap:n/c"}


def test_what_somebody_copied_is_not_the_stack_s() -> None:
    told = {OBJECT_ANNOTATION: "ConfigMap:n/a"}
    own, copy = item("a", "n", annotations=told), item("b", "n", annotations=told)
    moved, older = item("a", "other", annotations=told), item("c", "n")
    cluster = FakeCluster(configmaps=[own, copy, moved, older])
    found = survey(cluster, cluster, "test")  # type: ignore[arg-type]
    assert {key.resource_name for key in found.objects} == {"ConfigMap:n/a", "ConfigMap:n/c"}
    assert {key.resource_name for key in found.copies} == {"ConfigMap:n/b", "ConfigMap:other/a"}
    assert {key.name for key in found.leaving(())} == {"a", "c"}
    # whose mark somebody changed is still looked at where it is wanted
    assert set(found.seen([ObjectKey("", "ConfigMap", "n", "b")])) - set(found.objects) == {
        ObjectKey("", "ConfigMap", "n", "b")
    }
    assert len(survey(cluster, cluster, "").objects) == 4  # type: ignore[arg-type]


@pytest.mark.parametrize("status", [404, 405])
def test_a_kind_that_is_just_going_away_holds_nothing(status: int) -> None:
    assert surveyed(configmaps=refusal(status), namespaces=[item("n")])[0] == {"Namespace:n"}


def test_a_kind_that_may_not_be_listed_is_hidden_and_not_empty() -> None:
    cluster = FakeCluster(deployments=refusal(403), namespaces=[item("n")])
    found = survey(cluster, cluster, "test")  # type: ignore[arg-type]
    assert found.hidden == {("apps", "Deployment")}
    web, other = ObjectKey("apps", "Deployment", "n", "web"), ObjectKey("", "ConfigMap", "n", "x")
    assert found.hidden_of([web, other]) == ("Deployment.apps",)
    fuller = found.with_unseen([web, other])
    assert set(fuller.objects) == {web, ObjectKey("", "Namespace", "", "n")}
    assert fuller.leaving([ObjectKey("", "Namespace", "", "n")]) == (web,)
    assert "may not list Deployment.apps" in str(hidden_warning(found.hidden_of([web])))


@pytest.mark.parametrize("status", [401, 410, 500, 503])
def test_a_list_that_failed_is_never_taken_for_an_empty_one(status: int) -> None:
    with pytest.raises(ApiError):
        surveyed(configmaps=refusal(status))


def test_scopes_are_those_of_every_kind_that_can_be_listed() -> None:
    cluster = FakeCluster()
    found = survey(cluster, cluster, "test")  # type: ignore[arg-type]
    assert found.served.scopes[("", "Namespace")] is False
    assert found.served.scopes[("apps", "Deployment")] is True
    assert len(found.served.scopes) == len(RESOURCES)


def keys(count: int) -> list[ObjectKey]:
    return [ObjectKey("", "ConfigMap", "n", f"c{number:03}") for number in range(count)]


@pytest.mark.parametrize(
    ("live", "staying", "limit", "refused"),
    [
        (0, 0, 50, False),
        (10, 0, 50, False),  # ten are always allowed
        (10, 0, 0, False),
        (11, 0, 50, True),
        (11, 0, 100, False),
        (100, 50, 50, False),  # exactly the limit
        (100, 49, 50, True),
        (100, 89, 10, True),
        (100, 90, 10, False),
        (100, 89, 0, True),
        (100, 100, 0, False),
    ],
)
def test_a_run_that_would_delete_too_much_is_refused(
    live: int, staying: int, limit: int, *, refused: bool
) -> None:
    everything = keys(live)
    if refused:
        with pytest.raises(RefusedError):
            refuse_mass_deletion(everything, everything[:staying], limit, allowed="")
    else:
        refuse_mass_deletion(everything, everything[:staying], limit, allowed="")
    word = approval(everything[staying:])
    refuse_mass_deletion(everything, everything[:staying], limit, allowed=word)


def test_the_refusal_says_how_much_what_and_how_to_go_on() -> None:
    with pytest.raises(RefusedError) as caught:
        refuse_mass_deletion(keys(25), [], 50, allowed="")
    text = str(caught.value)
    assert "would delete 25 of the stack's 25 live objects" in text
    assert "\n    ConfigMap n/c000\n    ConfigMap n/c001\n" in text
    assert "… and 5 more" in text
    assert f"GITOPS_ALLOW_DELETES={approval(keys(25))}" in text


@pytest.mark.parametrize("word", ["1", "yes", approval(keys(24)), approval(keys(26))])
def test_an_approval_is_for_exactly_what_was_listed(word: str) -> None:
    with pytest.raises(RefusedError, match="was for another deletion"):
        refuse_mass_deletion(keys(25), [], 50, allowed=word)


def test_new_objects_do_not_count() -> None:
    refuse_mass_deletion(keys(5), keys(500), 0, allowed="")


def test_an_object_that_says_it_is_to_be_kept_never_leaves() -> None:
    gone, kept, wanted = (ObjectKey("", "ConfigMap", "shop", name) for name in ("gone", "kept", "wanted"))
    live = Survey(
        {
            gone: item("gone", "shop"),
            kept: item("kept", "shop", annotations={PRUNE_ANNOTATION: "false"}),
            wanted: item("wanted", "shop"),
        },
        {},
    )
    assert live.leaving([wanted]) == (gone,)


def leaving(annotations: dict[str, str], wanted: tuple[ObjectKey, ...] = (), **how: Any) -> bool:
    key = ObjectKey("", "ConfigMap", "n", "a")
    live = item("a", "n", annotations=annotations, labels={APPLICATION_LABEL: "web"})
    return bool(Survey({key: live}, {}).leaving(wanted, **how))


def test_what_waits_for_a_confirmation_leaves_with_one() -> None:
    assert not leaving({PRUNE_ANNOTATION: "confirm"})
    assert leaving({PRUNE_ANNOTATION: "confirm"}, confirmed=True)
    assert not leaving({PRUNE_ANNOTATION: "false"}, confirmed=True)


def test_what_outlives_its_application_leaves_while_that_goes_on() -> None:
    assert not leaving({PRUNE_ANNOTATION: "object-only"})
    assert not leaving({PRUNE_ANNOTATION: "object-only"}, applications={"other"})
    assert leaving({PRUNE_ANNOTATION: "object-only"}, applications={"web"})


def test_what_a_hook_made_under_another_name_stays_while_the_hook_is_wanted() -> None:
    made = {HOOK_ANNOTATION: "ConfigMap:n/a-"}
    assert not leaving(made, (ObjectKey("", "ConfigMap", "n", "a-"),))
    assert leaving(made)


REPLICA_SETS = Resource(
    "apps", "v1", "ReplicaSet", "replicasets", namespaced=True, verbs=frozenset(("list",))
)


class WithReplicaSets(FakeCluster):
    def everything(self) -> tuple[Resource, ...]:
        return (*RESOURCES, REPLICA_SETS)


def version(name: str) -> dict[str, Any]:
    return item(name, "n", annotations={PRUNE_ANNOTATION: "unused"})


def names_leaving(cluster: FakeCluster) -> set[str]:
    found = survey(cluster, cluster, "test")  # type: ignore[arg-type]
    return {key.name for key in found.leaving(())}


def test_a_version_of_configuration_stays_as_long_as_a_replica_set_names_it() -> None:
    reads = {"spec": {"volumes": [{"configMap": {"name": "old"}}]}}
    sets = [item("web-1", "n") | {"spec": {"replicas": 0, "template": reads}}]
    cluster = WithReplicaSets(
        configmaps=[version("old"), version("older"), item("plain", "n")], replicasets=sets
    )
    assert names_leaving(cluster) == {"older", "plain"}
    assert ("/apis/apps/v1/namespaces/n/replicasets", "", False) in cluster.asked


def test_versions_stay_where_replica_sets_may_not_be_listed() -> None:
    assert names_leaving(WithReplicaSets(configmaps=[version("old")], replicasets=refusal(403))) == set()
    assert names_leaving(FakeCluster(configmaps=[version("old")])) == set()


def test_replica_sets_are_only_asked_for_where_something_depends_on_them() -> None:
    cluster = WithReplicaSets(configmaps=[item("plain", "n")])
    assert names_leaving(cluster) == {"plain"}
    assert not [path for path, _, _ in cluster.asked if path.endswith("n/replicasets")]
