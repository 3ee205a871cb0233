"""Projects: what is read of an AppProject, and what of an application its rules forbid."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gitops.model.errors import Location, Problems
from gitops.model.project import DEFAULT_PROJECT, KindPattern, OrphanRule, Project, SyncWindow
from gitops.source.argo.project import read_project
from gitops.source.argo.rules import violations
from tests import given
from tests.source.argo import argo_given
from tests.source.argo.argo_given import REPOSITORY, plain

if TYPE_CHECKING:
    from gitops.model.manifest import Manifest

ANY = {"sourceRepos": ["*"], "destinations": [{"server": "*", "namespace": "*"}]}


def read(spec: dict[str, Any], metadata: dict[str, Any] | None = None) -> tuple[Project | None, list[str]]:
    problems = Problems()
    body = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AppProject",
        "metadata": {"name": "team", "namespace": "argocd", **(metadata or {})},
        "spec": spec,
    }
    return read_project(argo_given.raw(body), problems), [str(problem) for problem in problems]


def project(**spec: Any) -> Project:
    found, said = read({**ANY, **spec})
    assert said == []
    assert found is not None
    return found


def broken(
    rules: Project, *objects: Manifest, spec: dict[str, Any] | None = None, **metadata: Any
) -> list[str]:
    return [str(problem) for problem in violations(rules, plain(spec or {}, metadata), objects)]


def test_the_default_project_allows_everything() -> None:
    objects = (given.manifest("ClusterRole", namespace=""), given.manifest("Secret", namespace="elsewhere"))
    assert broken(DEFAULT_PROJECT, *objects) == []


def test_every_field_is_read() -> None:
    found = project(
        clusterResourceWhitelist=[{"group": "*", "kind": "ClusterRole", "name": "a-*"}],
        clusterResourceBlacklist=[{"group": "", "kind": "Namespace"}],
        namespaceResourceWhitelist=[{"group": "apps", "kind": "Deployment"}],
        namespaceResourceBlacklist=[{"group": "", "kind": "Secret"}],
        sourceNamespaces=["team-*"],
        orphanedResources={"warn": False, "ignore": [{"kind": "ConfigMap", "name": "kube-*"}]},
        roles=[{"name": "ci", "policies": ["p, a, b"], "groups": ["x"]}],
        description="x",
        syncWindows=[
            {
                "kind": "deny", "schedule": "0 22 * * 1-5", "duration": "1h30m", "timeZone": "Europe/Berlin",
                "applications": ["*"], "namespaces": ["a"], "clusters": ["b"], "andOperator": True,
                "manualSync": True, "syncOverrun": True,
            }
        ],
    )  # fmt: skip
    assert found.cluster_allowed == (KindPattern("*", "ClusterRole", "a-*"),)
    assert found.cluster_denied == (KindPattern("", "Namespace"),)
    assert found.namespaced_allowed == (KindPattern("apps", "Deployment"),)
    assert found.namespaced_denied == (KindPattern("", "Secret"),)
    assert found.source_namespaces == ("team-*",)
    assert found.orphans == OrphanRule(warn=False, ignored=(KindPattern("", "ConfigMap", "kube-*"),))
    assert found.windows == (
        SyncWindow(
            "deny", "0 22 * * 1-5", 5400.0, "Europe/Berlin", ("*",), ("a",), ("b",), all_of=True, manual=True,
            overrun=True,
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("patterns", "permitted"),
    [
        (["*"], True),
        ([REPOSITORY], True),
        (["https://git.example.test/team/platform"], True),
        (["git@git.example.test:team/platform.git"], True),
        (["https://git.example.test/team/*"], True),
        (["https://git.example.test/*"], False),
        (["https://git.example.test/**"], True),
        (["https://git.example.test/other/*"], False),
        (["*", "!https://git.example.test/team/*"], False),
        (["!https://git.example.test/other/*"], True),
        (["!https://git.example.test/other/*", "https://git.example.test/team/*"], True),
        ([], False),
    ],
)
def test_repositories_are_globs_and_a_denial_wins(patterns: list[str], permitted: bool) -> None:
    said = broken(project(sourceRepos=patterns))
    assert (said == []) is permitted
    assert permitted or f"repository '{REPOSITORY}': sourceRepos" in said[0]


def test_every_source_has_to_be_permitted() -> None:
    chart = {"repoURL": "https://charts.example.test", "chart": "redis", "targetRevision": "1.0.0"}
    spec = {"sources": [{"repoURL": REPOSITORY, "path": "x"}, chart]}
    assert "charts.example.test" in broken(project(sourceRepos=[REPOSITORY]), spec=spec)[0]


IN_CLUSTER = {"server": "https://kubernetes.default.svc", "namespace": "web"}


@pytest.mark.parametrize(
    ("allowed", "destination", "permitted"),
    [
        ([{"name": "prod", "namespace": "web"}], None, True),
        ([{"server": "https://10.0.0.1:6443", "namespace": "web"}], None, True),
        ([{"server": "https://10.*", "namespace": "w*"}], None, True),
        ([{"name": "prod", "namespace": "shop"}], None, False),
        ([{"name": "staging", "namespace": "*"}], None, False),
        ([{"name": "*", "namespace": "*"}, {"name": "*", "namespace": "!web"}], None, False),
        ([{"name": "*", "namespace": "!kube-system"}], None, True),
        ([{"name": "*", "namespace": "*"}, {"name": "!prod", "namespace": "*"}], None, False),
        ([{"name": "in-cluster", "namespace": "*"}], IN_CLUSTER, True),
        ([{"name": "prod", "namespace": "*"}], IN_CLUSTER, False),
        ([], None, False),
    ],
)
def test_destinations_are_globs_and_a_denial_wins(
    allowed: list[dict[str, str]], destination: dict[str, str] | None, permitted: bool
) -> None:
    said = broken(project(destinations=allowed), spec={"destination": destination} if destination else {})
    assert (said == []) is permitted
    assert permitted or "destinations does not allow it" in said[0]


def test_an_object_in_another_namespace_has_to_be_permitted_too() -> None:
    rules = project(destinations=[{"name": "prod", "namespace": "web"}])
    elsewhere = given.manifest("ConfigMap", namespace="kube-system")
    said = broken(rules, given.manifest("ConfigMap", namespace="web"), elsewhere)
    assert len(said) == 1
    assert "ConfigMap kube-system/x: destinations does not allow namespace 'kube-system'" in said[0]


ROLE = given.manifest("ClusterRole", "admin", namespace="", api="rbac.authorization.k8s.io/v1")
NAMESPACE = given.manifest("Namespace", "web", namespace="")
SECRET = given.manifest("Secret", "s")
DEPLOYMENT = given.manifest("Deployment", "d", api="apps/v1")


@pytest.mark.parametrize(
    ("rules", "rule"),
    [
        ({}, "clusterResourceWhitelist"),
        ({"clusterResourceWhitelist": [{"group": "rbac.*", "kind": "ClusterRole"}]}, ""),
        ({"clusterResourceWhitelist": [{"group": "*", "kind": "*"}]}, ""),
        ({"clusterResourceWhitelist": [{"group": "", "kind": "ClusterRole"}]}, "clusterResourceWhitelist"),
        (
            {"clusterResourceWhitelist": [{"group": "*", "kind": "*", "name": "view-*"}]},
            "clusterResourceWhitelist",
        ),
        ({"clusterResourceWhitelist": [{"group": "*", "kind": "*", "name": "adm*"}]}, ""),
        (
            {
                "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
                "clusterResourceBlacklist": [{"group": "*", "kind": "ClusterRole"}],
            },
            "clusterResourceBlacklist",
        ),
    ],
)
def test_no_kind_without_a_namespace_is_allowed_unless_listed(rules: dict[str, Any], rule: str) -> None:
    said = broken(project(**rules), ROLE)
    assert bool(said) is bool(rule)
    assert not rule or f"ClusterRole admin: {rule} does not allow this kind" in said[0]


@pytest.mark.parametrize(
    ("rules", "refused"),
    [
        ({}, []),
        ({"namespaceResourceBlacklist": [{"group": "", "kind": "Secret"}]}, ["Secret"]),
        ({"namespaceResourceWhitelist": [{"group": "apps", "kind": "*"}]}, ["Secret"]),
        ({"namespaceResourceWhitelist": []}, ["Secret", "Deployment"]),
        (
            {
                "namespaceResourceWhitelist": [{"group": "*", "kind": "*"}],
                "namespaceResourceBlacklist": [{"group": "apps", "kind": "Deploy*"}],
            },
            ["Deployment"],
        ),
    ],
)
def test_every_kind_with_a_namespace_is_allowed_unless_listed(
    rules: dict[str, Any], refused: list[str]
) -> None:
    said = broken(project(**rules), SECRET, DEPLOYMENT)
    assert [
        next(kind for kind in ("Secret", "Deployment") if f" {kind} web" in text) for text in said
    ] == refused


def test_a_violation_points_at_the_object_and_names_the_project() -> None:
    found = violations(project(), replace(plain({}), name="shop"), [NAMESPACE])
    assert found[0].where == NAMESPACE.where
    assert found[0].application == "shop"
    assert "project 'team' does not permit Namespace web" in found[0].what


@pytest.mark.parametrize(
    ("allowed", "home", "permitted"),
    [
        ([], "", True),
        ([], "argocd", True),
        ([], "team-a", False),
        (["team-*"], "team-a", True),
        (["/^team-[ab]$/"], "team-a", True),
        (["/^team-[ab]$/"], "team-c", False),
        (["/(/"], "team-c", False),
    ],
)
def test_applications_live_beside_their_project_or_where_it_says(
    allowed: list[str], home: str, permitted: bool
) -> None:
    said = broken(project(sourceNamespaces=allowed), namespace=home)
    assert (said == []) is permitted
    assert permitted or "sourceNamespaces does not allow it" in said[0]


def test_a_denial_in_an_expression_that_explodes_ends_soon() -> None:
    assert broken(project(sourceNamespaces=["/^(a+)+$/"]), namespace="a" * 62 + "b")


WINDOW = {"kind": "allow", "schedule": "0 0 * * *", "duration": "1h", "applications": ["*"]}


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"signatureKeys": [{"keyID": "ABC"}]}, "signatureKeys can't be honored"),
        ({"sourceIntegrity": {"git": {}}}, "sourceIntegrity can't be honored"),
        ({"permitOnlyProjectScopedClusters": True}, "permitOnlyProjectScopedClusters can't be honored"),
        ({"destinationServiceAccounts": [{"server": "*"}]}, "destinationServiceAccounts can't be honored"),
        ({"sourceRepo": []}, "`spec.sourceRepo` is not a known field"),
        ({"sourceRepos": ["https://[x"]}, "is not a glob"),
        ({"destinations": [{"namespace": "{a"}]}, "is not a glob"),
        ({"clusterResourceWhitelist": [{"group": "[", "kind": "x"}]}, "is not a glob"),
        ({"syncWindows": [{**WINDOW, "schedule": "soon"}]}, "'soon' is not a schedule"),
        ({"syncWindows": [{**WINDOW, "duration": "long"}]}, "'long' is not a duration"),
        ({"syncWindows": [{**WINDOW, "timeZone": "Mars/Base"}]}, "'Mars/Base' is not a time zone"),
        ({"syncWindows": [{**WINDOW, "timeZone": "../../etc/passwd"}]}, "syncWindows[0]"),
        ({"syncWindows": [{**WINDOW, "kind": "maybe"}]}, "syncWindows"),
        ({"syncWindows": [{**WINDOW, "applications": []}]}, "is for nothing"),
        ({"destinations": {}}, "Expected `array`"),
    ],
)
def test_a_rule_that_can_t_be_kept_is_named(spec: dict[str, Any], said: str) -> None:
    found, problems = read({**ANY, **spec})
    assert found is None
    assert said in problems[0]
    assert problems[0].startswith("argocd/all.yaml:7: ")


def test_a_project_needs_a_name() -> None:
    assert "has no name" in read(ANY, {"name": ""})[1][0]


def test_a_violation_of_an_application_points_at_the_application() -> None:
    found = violations(project(sourceRepos=[]), plain({}))
    assert found[0].where == Location("argocd/all.yaml", 7)
