"""Applications: what is read, what is another cluster's business, what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given as for_any
from hypothesis import strategies as st

from gitops.model.errors import Location, Problems
from gitops.model.sync import IgnoreDifference, Retry
from gitops.source.argo.application import read_application
from gitops.source.argo.objects import is_argo
from tests.source.argo import argo_given
from tests.source.argo.argo_given import FLEET, PROD, REPOSITORY, STAGING, WHERE, application, plain


@pytest.mark.parametrize(
    ("kind", "api", "expected"),
    [
        ("Application", "argoproj.io/v1alpha1", True),
        ("ApplicationSet", "argoproj.io/v1alpha1", True),
        ("AppProject", "argoproj.io/v1alpha1", True),
        ("Rollout", "argoproj.io/v1alpha1", False),
        ("Application", "app.k8s.io/v1beta1", False),
        ("Application", None, False),
    ],
)
def test_argo_cd_s_own_objects_are_known_by_group_and_kind(
    kind: str, api: str | None, expected: bool
) -> None:
    assert is_argo({"apiVersion": api, "kind": kind}) is expected


@pytest.mark.parametrize("body", [None, [], "x", 3, {}])
def test_what_is_no_object_is_not_argo_cd_s(body: Any) -> None:
    assert not is_argo(body)


def test_an_application_keeps_its_place_name_namespace_and_project() -> None:
    found = plain({"project": "team"})
    assert (found.name, found.namespace, found.project, found.stated) == ("web", "web", "team", WHERE)
    assert found.path == "apps/web"


def test_without_automated_nothing_is_done_by_itself() -> None:
    found = plain({})
    assert (found.automated, found.prune, found.self_heal, found.retry.limit) == (False, False, False, 0)


def test_automated_sync_neither_prunes_nor_heals_unless_it_says_so() -> None:
    found = plain({"syncPolicy": {"automated": {}}})
    assert (found.automated, found.prune, found.self_heal, found.retry) == (True, False, False, Retry())


def test_automated_sync_prunes_heals_and_empties_when_told() -> None:
    told = {"prune": True, "selfHeal": True, "allowEmpty": True}
    found = plain({"syncPolicy": {"automated": told}})
    assert (found.prune, found.self_heal, found.allow_empty) == (True, True, True)


def test_automated_sync_can_be_switched_off_without_losing_its_settings() -> None:
    found = plain({"syncPolicy": {"automated": {"enabled": False, "prune": True}}})
    assert (found.automated, found.prune) == (False, False)


def test_stating_retry_replaces_the_whole_default() -> None:
    policy = {"automated": {}, "retry": {"backoff": {"duration": "7", "factor": 3, "maxDuration": "1m30s"}}}
    assert plain({"syncPolicy": policy}).retry == Retry(limit=0, first=7.0, factor=3.0, most=90.0)


def test_sync_options_and_namespace_metadata_are_read() -> None:
    found = plain(
        {
            "syncPolicy": {
                "syncOptions": [
                    "CreateNamespace=true", "Prune=confirm", "PruneLast=true", "Replace=true", "Force=true",
                    "ServerSideApply=false", "ApplyOutOfSyncOnly=true", "SkipDryRunOnMissingResource=true",
                    "RespectIgnoreDifferences=true", "FailOnSharedResource=true", "Delete=false",
                    "PrunePropagationPolicy=orphan", "Validate=false", "ClientSideApplyMigration=false",
                ],
                "managedNamespaceMetadata": {"labels": {"b": "2", "a": "1"}, "annotations": {"c": "3"}},
            }
        }
    )  # fmt: skip
    options = found.options
    assert found.create_namespace
    assert (options.prune, options.delete, options.propagation) == ("confirm", "false", "orphan")
    assert options.prune_last
    assert options.replace
    assert options.force
    assert not options.server_side_apply
    assert options.apply_out_of_sync_only
    assert options.skip_dry_run_on_missing_resource
    assert options.respect_ignore_differences
    assert options.fail_on_shared_resource
    assert not options.validate
    assert not options.client_side_apply_migration
    assert options.namespace_labels == (("a", "1"), ("b", "2"))
    assert options.namespace_annotations == (("c", "3"),)


def test_a_namespace_is_not_made_unless_asked_for() -> None:
    assert not plain({}).create_namespace


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("Prun=false", "'Prun' is not known"),
        ("Prune=no", "'no', not true or false or confirm"),
        ("Replace", "''"),
    ],
)
def test_a_sync_option_that_means_nothing_is_named(option: str, said: str) -> None:
    assert said in application({"syncPolicy": {"syncOptions": [option]}}).problems[0]


def test_the_last_of_two_options_of_a_name_wins() -> None:
    assert not plain({"syncPolicy": {"syncOptions": ["Replace=true", "Replace=false"]}}).options.replace


def test_ignored_differences_are_read() -> None:
    rule = {
        "group": "apps", "kind": "Deployment", "name": "web", "namespace": "x", "jsonPointers": ["/spec/replicas"],
        "jqPathExpressions": [".spec.x"], "managedFieldsManagers": ["hpa"],
    }  # fmt: skip
    assert plain({"ignoreDifferences": [rule]}).ignore_differences == (
        IgnoreDifference("apps", "Deployment", "web", "x", ("/spec/replicas",), (".spec.x",), ("hpa",)),
    )


def test_a_rule_without_fields_is_refused() -> None:
    assert "names no fields" in application({"ignoreDifferences": [{"kind": "Deployment"}]}).problems[0]


def test_waves_finalizers_options_and_info_of_the_object_itself_are_read() -> None:
    found = plain(
        {"info": [{"name": "url", "value": "https://x.test"}], "revisionHistoryLimit": 3},
        {
            "namespace": "argocd",
            "labels": {"team": "a"},
            "finalizers": ["resources-finalizer.argocd.argoproj.io/background"],
            "annotations": {
                "argocd.argoproj.io/sync-wave": "-5",
                "argocd.argoproj.io/compare-options": "ServerSideDiff=true, IncludeMutationWebhook=true",
            },
        },
    )
    assert (found.wave, found.cascade) == (-5, True)
    assert found.origin.info == (("url", "https://x.test"),)
    assert found.origin.history_limit == 3
    assert found.origin.labels == (("team", "a"),)
    assert found.origin.namespace == "argocd"
    assert found.origin.compare_options == ("ServerSideDiff=true", "IncludeMutationWebhook=true")


def test_without_the_finalizer_the_objects_outlive_the_application() -> None:
    found = plain({})
    assert (found.cascade, found.options.delete) == (False, "false")


@pytest.mark.parametrize("option", ["Prune=false", "Delete=false", "Replace=true,Delete=false"])
def test_an_application_that_is_kept_keeps_its_objects(option: str) -> None:
    metadata = {
        "finalizers": ["resources-finalizer.argocd.argoproj.io"],
        "annotations": {"argocd.argoproj.io/sync-options": option},
    }
    assert not plain({}, metadata).cascade


def test_a_wave_that_is_no_number_is_named() -> None:
    read = application({}, {"annotations": {"argocd.argoproj.io/sync-wave": "first"}})
    assert read.problems[0].startswith(
        "argocd/all.yaml:7: annotation argocd.argoproj.io/sync-wave is 'first'"
    )


@pytest.mark.parametrize(
    "destination",
    [
        {"server": "https://kubernetes.default.svc"},
        {"name": "in-cluster"},
        {"name": "prod"},
        {"name": "production"},
        {"server": "https://10.0.0.1:6443"},
        {"server": "https://10.0.0.1:6443/"},
    ],
)
def test_every_name_and_address_of_this_stack_s_cluster_is_known(destination: dict[str, str]) -> None:
    assert plain({"destination": destination}).name == "web"


def test_what_is_for_another_stack_s_cluster_is_no_problem_and_not_ours() -> None:
    read = application({"destination": {"name": "staging"}})
    assert (read.value, read.problems) == (None, ())


@pytest.mark.parametrize("destination", [{"name": "qa"}, {"server": "https://10.9.9.9"}])
def test_a_cluster_that_nobody_knows_is_a_problem(destination: dict[str, str]) -> None:
    read = application({"destination": destination})
    assert "is no cluster of this project" in read.problems[0]
    assert "production, staging" in read.problems[0]


@pytest.mark.parametrize("destination", [{}, {"name": "prod", "server": "https://10.0.0.1:6443"}])
def test_a_destination_is_a_server_or_a_name(destination: dict[str, str]) -> None:
    assert "spec.destination states" in application({"destination": destination}).problems[0]


def test_in_cluster_is_called_as_projects_call_it() -> None:
    origin = plain({"destination": {"server": "https://kubernetes.default.svc"}}).origin
    assert (origin.destination_name, origin.destination_server) == (
        "in-cluster",
        "https://kubernetes.default.svc",
    )
    origin = plain({"destination": {"name": "prod"}}).origin
    assert (origin.destination_name, origin.destination_server) == ("prod", "https://10.0.0.1:6443")


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a plugin": (
        {"source": {"repoURL": REPOSITORY, "path": "x", "plugin": {"name": "cdk8s"}}},
        "config management plugin (cdk8s), which is not supported",
    ),
    "a hydrator": ({"sourceHydrator": {"drySource": {}}}, "spec.sourceHydrator is not supported"),
    "no source": ({"source": None}, "spec.source is missing"),
    "neither path nor chart": ({"source": {"repoURL": REPOSITORY}}, "needs repoURL and either path or chart"),
    "a ref alone": ({"source": {"repoURL": REPOSITORY, "ref": "x"}}, "needs repoURL and either path or chart"),
    "a path that climbs out": ({"source": {"repoURL": REPOSITORY, "path": "a/../../b"}}, "leaves the repository"),
    "an absolute path": ({"source": {"repoURL": REPOSITORY, "path": "/etc"}}, "leaves the repository"),
    "an option for Git": ({"source": {"repoURL": "--upload-pack=x", "path": "x"}}, "can't be handed to a tool"),
    "a helper of Git": ({"source": {"repoURL": "ext::sh -c x", "path": "x"}}, "can't be handed to a tool"),
    "a path as repository": ({"source": {"repoURL": "../x", "path": "x"}}, "is not an address"),
    "a revision that is an option": (
        {"source": {"repoURL": REPOSITORY, "path": "x", "targetRevision": "--x"}},
        "can't be handed to a tool",
    ),
    "a revision with a range": (
        {"source": {"repoURL": REPOSITORY, "path": "x", "targetRevision": "a..b:c"}},
        "is not a branch, tag or commit",
    ),
    "a chart that is an option": (
        {"source": {"repoURL": "-x", "chart": "x", "targetRevision": "1"}},
        "can't be handed to a tool",
    ),
    "a credential": (
        {"source": {"repoURL": "https://u:p4ssw0rd@x.test/y", "path": "x"}},
        "carries a credential",
    ),
    "another Kustomize": (
        {"source": {"repoURL": REPOSITORY, "path": "x", "kustomize": {"version": "v4.5.7"}}},
        "kustomize.version 'v4.5.7' can't be chosen",
    ),
    "Helm 2": (
        {"source": {"repoURL": REPOSITORY, "path": "x", "helm": {"version": "v2"}}},
        "helm.version 'v2' can't be chosen",
    ),
    "replicas that are no number": (
        {"source": {"repoURL": REPOSITORY, "path": "x", "kustomize": {"replicas": [{"name": "a", "count": "x"}]}}},
        "'x' is no number",
    ),
    "an unknown field": (
        {"source": {"repoURL": REPOSITORY, "path": "x", "helm": {"valueFile": "x"}}},
        "`spec.source.helm.valueFile` is not a known field",
    ),
    "an unknown field of the spec": ({"sincPolicy": {}}, "`spec.sincPolicy` is not a known field"),
    "a list for a mapping": ({"syncPolicy": []}, "`spec.syncPolicy`: Expected `object`"),
    "a text for a list": ({"ignoreDifferences": "x"}, "`spec.ignoreDifferences`: Expected `array`"),
    "a number for a text": ({"project": 3}, "`spec.project`: Expected `str`, got `int`"),
    "a time without a meaning": ({"syncPolicy": {"retry": {"backoff": {"duration": "soon"}}}}, "'soon' is not"),
}  # fmt: skip


@pytest.mark.parametrize(("spec", "said"), REFUSED.values(), ids=REFUSED)
def test_what_can_t_be_honored_is_named_with_its_place(spec: dict[str, Any], said: str) -> None:
    read = application(spec)
    assert read.value is None
    assert said in read.problems[0]
    assert read.problems[0].startswith("argocd/all.yaml:7: ")
    assert "p4ssw0rd" not in read.problems[0]


@pytest.mark.parametrize("name", ["", "Web", "a_b", "-a", "a" * 64, "a/b", "../x"])
def test_a_name_that_can_t_be_a_label_s_value_is_refused(name: str) -> None:
    assert "can't be an application's name" in application({}, {"name": name}).problems[0]


def test_null_fields_are_absent_ones() -> None:
    assert plain({"syncPolicy": None, "info": None, "source": {**argo_given.SPEC["source"], "helm": None}})


def test_several_problems_are_told_at_once() -> None:
    read = application({"syncPolicy": {"syncOptions": ["x", "y=1"]}}, {"name": "A"})
    assert len(read.problems) == 3


def test_nesting_without_end_is_an_error() -> None:
    deep: Any = {}
    for _ in range(100_000):
        deep = {"a": deep}
    assert "nests too deeply" in application({"source": deep}).problems[0]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=20,
)
KEYS = ("source", "sources", "destination", "project", "syncPolicy", "ignoreDifferences", "info")


@for_any(st.dictionaries(st.sampled_from(KEYS), JSON))
def test_any_json_is_read_or_refused_with_its_place(spec: dict[str, Any]) -> None:
    problems = Problems()
    body = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": "x"},
        "spec": spec,
    }
    assert read_application(argo_given.raw(body), FLEET, problems) is None or not problems.found
    assert all(problem.where == Location("argocd/all.yaml", 7) for problem in problems)


def test_the_same_object_is_read_by_each_stack_as_its_own_or_not() -> None:
    other = replace(FLEET, stack="staging", clusters=(PROD, STAGING))
    assert application({"destination": {"name": "prod"}}, fleet=other).value is None
    assert plain({"destination": {"name": "in-cluster"}}, fleet=other).name == "web"


def test_an_annotation_lets_an_application_go_back_when_it_fails() -> None:
    name = "gitops.internal/rollback-on-failure"
    assert application({}).value.rollback_on_failure is False
    assert application({}, {"annotations": {name: "true"}}).value.rollback_on_failure is True
    read = application({}, {"annotations": {name: "yes"}})
    assert read.value is None
    assert f"annotation {name} is 'yes'" in read.problems[0]
