"""What a `rollout:` section comes to: held against the real schemas, and its versions of configuration in a stack."""

import json
import time

import pytest
import yaml

from gitops.cluster.client import Client
from gitops.cluster.discovery import Discovery, UnknownKindError
from gitops.cluster.errors import ApiError
from gitops.cluster.kubeconfig import load
from tests.git_repository import GitRepository
from tests.live.rollouts import define
from tests.live.stack_project import config_map, deployed, deployment
from tests.rollouts.built import GOLDEN

pytestmark = pytest.mark.live

NEEDED = {"rollouts.argoproj.io", "analysistemplates.argoproj.io"} | {
    f"{name}.networking.istio.io" for name in ("virtualservices", "destinationrules")
}

CASES = sorted(folder.name for folder in GOLDEN.iterdir())


@pytest.fixture(scope="module")
def cluster(sandbox):
    """The API server of `staging`, which serves the definitions."""
    client = Client(load(str(sandbox.kubeconfig), "staging"))
    define(client, lambda body: body["metadata"]["name"] in NEEDED)
    deadline = time.monotonic() + 30
    while any(not is_served(client, body) for name in CASES for body in bodies(name)):
        assert time.monotonic() < deadline, "the definitions are not served"
        time.sleep(0.2)
    return client


def is_served(client, body):
    try:
        Discovery(client).find(body["apiVersion"], body["kind"])
    except UnknownKindError:
        return False
    return True


def tried(client, body):
    """An object as the server would take it, in a dry run."""
    body = {**body, "metadata": {**body["metadata"], "namespace": "default"}}
    resource = Discovery(client).find(body["apiVersion"], body["kind"])
    path = resource.path("default", body["metadata"]["name"])
    return client.apply(path, body, field_manager="test", force=True, dry_run=True)


def bodies(name):
    return list(yaml.safe_load_all((GOLDEN / name / "expected.yaml").read_text()))


@pytest.mark.parametrize("name", CASES)
def test_the_server_takes_all_that_a_section_comes_to(cluster, name):
    for body in bodies(name):
        answer = tried(cluster, body)
        # what a schema does not know would be gone from the answer, or refused
        assert answer["spec"].keys() >= body["spec"].keys(), body["metadata"]["name"]


def test_the_server_does_refuse_what_its_schemas_do_not_know(cluster):
    (rollout, *_) = bodies("canary")
    rollout["spec"]["strategy"]["canary"]["steps"][0] = {"setWieght": 20}
    with pytest.raises(ApiError, match="setWieght"):
        tried(cluster, rollout)


@pytest.mark.usefixtures("cluster")
def test_a_version_of_configuration_stays_until_no_replica_set_needs_it(sandbox, tmp_path):
    repository = GitRepository(tmp_path / "repository")
    # no controller is at work here, so nobody would say that the Rollout is healthy
    web = yaml.safe_load(deployment("web"))
    web["metadata"]["annotations"] = {"argocd.argoproj.io/ignore-healthcheck": "true"}
    web["spec"]["template"]["spec"]["volumes"] = [{"name": "settings", "configMap": {"name": "settings"}}]
    repository.write("k8s/02-apps/versions/web.yaml", yaml.safe_dump(web))
    repository.write("k8s/02-apps/versions/gitops.yaml", "rollout: {canary: {steps: [{setWeight: 50}]}}\n")
    repository.write("k8s/02-apps/versions/settings.yaml", config_map("settings", a="1")).commit("One")
    with deployed(
        tmp_path / "project", sandbox, stack="versions", context="staging", repository=repository.url
    ) as stack:
        first = named(stack)
        template = stack.live("rollout", "versions", "web")["spec"]["template"]
        body = {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": {"name": "web-1", "namespace": "versions"},
            "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "web"}}, "template": template},
        }
        stack.kubectl("create", "-f", "-", stdin=json.dumps(body))
        repository.write("k8s/02-apps/versions/settings.yaml", config_map("settings", a="2")).commit("Two")
        assert stack.up().code == 0
        second = named(stack)
        assert second != first
        assert versions(stack) == {"settings", first, second}
        synced = stack.gitops("stack", "sync", "--stack", "versions", "--quiet")
        assert synced.code == 0, synced.text
        assert versions(stack) == {"settings", first, second}
        assert (
            json.loads(stack.gitops("app", "list", "--stack", "versions", "-o", "json").text)["applications"][
                0
            ]["sync"]
            == "Synced"
        )
        stack.kubectl("-n", "versions", "delete", "replicaset", "web-1")
        synced = stack.gitops("stack", "sync", "--stack", "versions", "--quiet")
        assert synced.code == 0, synced.text
        assert versions(stack) == {"settings", second}


def named(stack):
    """The version that the Rollout's pods would read."""
    (volume,) = stack.live("rollout", "versions", "web")["spec"]["template"]["spec"]["volumes"]
    return volume["configMap"]["name"]


def versions(stack):
    items = stack.live("configmap", "versions")["items"]
    return {item["metadata"]["name"] for item in items} - {"kube-root-ca.crt"}
