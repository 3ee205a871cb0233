from __future__ import annotations

from pathlib import Path

from gitops.cluster.discovery import Resource
from gitops.manifests.objects import checked
from gitops.manifests.raw import RawObject
from gitops.model.errors import Location, Problems
from gitops.model.keys import ObjectKey
from gitops.watch.install import VERBS, manifests, rules, systemd_unit

RBAC = "rbac.authorization.k8s.io"
SERVED = {
    (group, kind): Resource(group, "v1", kind, plural, namespaced=True)
    for group, kind, plural in (
        ("", "ConfigMap", "configmaps"),
        ("", "Secret", "secrets"),
        ("apps", "Deployment", "deployments"),
        ("apiextensions.k8s.io", "CustomResourceDefinition", "customresourcedefinitions"),
        (RBAC, "Role", "roles"),
        (RBAC, "RoleBinding", "rolebindings"),
    )
}


def of(*kinds: tuple[str, str]) -> list[dict[str, list[str]]]:
    return rules([ObjectKey(group, kind, "web", "x") for group, kind in kinds], SERVED)


def test_only_kinds_of_the_plan_are_granted_and_only_what_a_sync_does_to_them() -> None:
    assert of(("", "ConfigMap"), ("apps", "Deployment"), ("", "Secret"), ("none", "Such")) == [
        {"apiGroups": [""], "resources": ["configmaps", "secrets"], "verbs": list(VERBS)},
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": list(VERBS)},
    ]


def test_definitions_are_replaced_and_roles_need_a_right_of_their_own() -> None:
    (crd,) = of(("apiextensions.k8s.io", "CustomResourceDefinition"))
    assert "update" in crd["verbs"]
    assert "escalate" not in crd["verbs"]
    (role,) = of((RBAC, "Role"))
    assert "escalate" in role["verbs"]
    bind, binding = sorted(of((RBAC, "RoleBinding")), key=lambda rule: len(rule["verbs"]))
    assert (bind["verbs"], bind["resources"]) == (["bind"], ["clusterroles", "roles"])
    assert binding["resources"] == ["rolebindings"]
    assert "escalate" not in binding["verbs"]


def test_no_rule_has_a_star() -> None:
    found = manifests("prod", "image:1", "gitops", [ObjectKey(*pair, "web", "x") for pair in SERVED], SERVED)
    (role,) = [item for item in found if item["kind"] == "ClusterRole"]
    assert "*" not in str(role["rules"])


def test_the_manifests_are_sound_and_one_pod_runs_at_a_time() -> None:
    found = manifests("prod", "image:1", "gitops", [ObjectKey("", "ConfigMap", "web", "x")], SERVED)
    problems = Problems()
    for item in found:
        assert list(checked(RawObject(Location("x.yaml"), item), "x", problems))
    assert not list(problems)
    deployment = found[-1]
    assert (deployment["spec"]["replicas"], deployment["spec"]["strategy"]) == (1, {"type": "Recreate"})
    account = deployment["spec"]["template"]["spec"]["serviceAccountName"]
    assert {item["metadata"]["name"] for item in found[1:]} == {account}


def test_the_unit_waits_for_the_engine_and_holds_no_secret() -> None:
    unit = systemd_unit("prod", Path("/srv/project"), "/srv/bin/gitops", "deploy")
    assert "ExecStart=/srv/bin/gitops --project /srv/project watch --stack prod" in unit
    assert "TimeoutStopSec=120" in unit
    assert "EnvironmentFile=-" in unit
