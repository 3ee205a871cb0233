"""An account that may not list a kind is told so, and the brake on deletion still counts its objects."""

import json
import re

import pytest

from tests.git_repository import GitRepository
from tests.live.stack_project import StackProject, config_map

pytestmark = pytest.mark.live

MANY = 14
WRITE = ["get", "create", "update", "patch", "delete"]
ROLE = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRole",
    "metadata": {"name": "writes-without-listing-secrets"},
    "rules": [
        {"apiGroups": [""], "resources": ["secrets"], "verbs": WRITE},
        {"apiGroups": [""], "resources": ["namespaces", "configmaps"], "verbs": [*WRITE, "list", "watch"]},
    ],
}
BINDING = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRoleBinding",
    "metadata": {"name": "writes-without-listing-secrets"},
    "roleRef": {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "ClusterRole",
        "name": ROLE["metadata"]["name"],
    },
    "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "viewer"}],
}


@pytest.fixture
def stack(tmp_path, sandbox):
    repository = GitRepository(tmp_path / "repository")
    repository.write("k8s/02-apps/vault/config.yaml", config_map("settings", a="1"))
    for number in range(MANY):
        secret = config_map(f"secret-{number}").replace("ConfigMap", "Secret").replace("\ndata:\n", "\n")
        repository.write(f"k8s/02-apps/vault/secret-{number}.yaml", secret)
    repository.commit("Start")
    [staging] = [cluster for cluster in sandbox.clusters if cluster.name == "staging"]
    project = StackProject(
        tmp_path / "project",
        sandbox,
        stack="hidden",
        context="staging",
        repository=repository.url,
    )
    project.repository = repository
    for role in (ROLE, BINDING):
        project.kubectl("apply", "-f", "-", stdin=json.dumps(role))
    project.configure(kubeconfig=str(staging.viewer_kubeconfig), deleteLimit=50)
    project.environment["GITOPS_ALLOW_DELETES"] = ""
    yield project
    assert project.destroy().code == 0
    project.kubectl("delete", "clusterrole,clusterrolebinding", ROLE["metadata"]["name"])


def test_hidden_kinds_are_named_and_their_objects_count_for_the_brake(stack):
    first = stack.gitops("stack", "sync", "--stack", "hidden")
    assert first.code == 0, first.text[-3000:]
    assert "warning: may not list Secret: " in first.text
    assert "grant the user of the kubeconfig context the verb `list`" in first.text
    assert len(stack.live("secret", "vault")["items"]) == MANY

    for number in range(MANY):
        stack.repository.remove(f"k8s/02-apps/vault/secret-{number}.yaml")
    stack.repository.commit("Remove all secrets")
    for refused in (stack.gitops("stack", "sync", "--stack", "hidden"), stack.up()):
        assert refused.code != 0
        assert f"this would delete {MANY} of the stack's {MANY + 2} live objects" in refused.text
    assert len(stack.live("secret", "vault")["items"]) == MANY
    word = re.search(r"GITOPS_ALLOW_DELETES=([0-9a-f]{12})", refused.text)[1]
    allowed = stack.gitops("stack", "sync", "--stack", "hidden", "--allow-deletes", word)
    assert allowed.code == 0, allowed.text[-3000:]
    assert stack.live("secret", "vault")["items"] == []
