"""What happens in the cluster when Git changes, or when somebody changes the cluster by hand."""

import json
import threading
import time

import pytest

from tests.git_repository import GitRepository
from tests.live.stack_project import config_map, deployed, deployment

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    repository = GitRepository(tmp_path_factory.mktemp("changes") / "repository")
    repository.write("k8s/01-infrastructure/01-base/base.yaml", config_map("base", a="1"))
    for name in ("web", "web-2", "api"):
        repository.write(f"k8s/02-apps/{name}/deployment.yaml", deployment(name))
        repository.write(f"k8s/02-apps/{name}/config.yaml", config_map("settings", a="1"))
    repository.write(
        "k8s/02-apps/api/scaler.yaml",
        """
        apiVersion: autoscaling/v1
        kind: HorizontalPodAutoscaler
        metadata: {name: api}
        spec:
          minReplicas: 1
          maxReplicas: 3
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: api}
        """,
    )
    repository.write(
        "k8s/02-apps/api/secret.yaml",
        """
        apiVersion: v1
        kind: Secret
        metadata: {name: api}
        stringData: {password: do-not-print-me}
        """,
    )
    repository.commit("Start")
    return repository


@pytest.fixture(scope="module")
def stack(tmp_path_factory, sandbox, repository):
    folder = tmp_path_factory.mktemp("project")
    with deployed(folder, sandbox, stack="changes", context="staging", repository=repository.url) as project:
        yield project


def healed(stack):
    """A preview with refresh that finds nothing."""
    return stack.preview("--refresh", "--expect-no-changes")


def test_a_second_run_changes_nothing_and_refresh_finds_nothing(stack):
    assert stack.up().operations() == {}
    result = healed(stack)
    assert result.code == 0, result.text[-3000:]


def test_outputs_name_the_revision_the_waves_and_the_applications(stack, repository):
    outputs = stack.outputs()
    assert outputs["revision"] == repository.head
    assert outputs["waves"] == [1, 20]
    assert [a["name"] for a in outputs["applications"]] == ["base", "api", "web", "web-2"]


def test_one_changed_file_touches_only_its_application(stack, repository):
    repository.write("k8s/02-apps/web/config.yaml", config_map("settings", a="2")).commit("Change web")
    result = stack.up()
    assert result.code == 0, result.text[-3000:]
    assert set(result.objects()) == {
        "Namespace:web",
        "ConfigMap:web/settings",
        "apps/Deployment:web/web",
    }
    assert set(result.objects().values()) == {"update"}


def test_a_key_taken_out_of_string_data_goes_and_string_data_wins_over_data(stack, repository):
    """A server would merge the one into the other, and keep what was there."""
    file, secret = "k8s/02-apps/api/secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: api}\n"
    uid = stack.live("secret", "api", "api")["metadata"]["uid"]

    def stated(text):
        repository.write(file, secret + text).commit("Change the secret")
        result = stack.up()
        assert result.code == 0, result.text[-3000:]
        assert stack.gitops("stack", "drift", "--stack", stack.stack).code == 0
        found = stack.live("secret", "api", "api")
        assert found["metadata"]["uid"] == uid
        return found["data"]

    both = "data: {password: b2xk, other: b2xk}\nstringData: {password: new, more: x}\n"
    assert stated(both) == {"password": "bmV3", "other": "b2xk", "more": "eA=="}
    assert stated("stringData: {password: do-not-print-me}\n").keys() == {"password"}


def test_what_somebody_copied_is_neither_pruned_nor_drift_and_an_orphan_is(stack):
    def made(**changed):
        body = stack.live("configmap", "web", "settings")
        kept = {key: body["metadata"][key] for key in ("labels", "annotations")}
        metadata = {"name": "settings", "namespace": "web", **kept, **changed}
        stack.kubectl("apply", "-f", "-", stdin=json.dumps({**body, "metadata": metadata}))

    made(name="copy")
    made(namespace="default")
    made(name="orphan", annotations={})
    result = stack.gitops("stack", "sync", "--stack", stack.stack)
    assert result.code == 0, result.text[-3000:]
    assert "pruned ConfigMap web/orphan" in result.text
    assert "1 orphan pruned" in result.text
    assert stack.gitops("stack", "drift", "--stack", stack.stack).code == 0
    for name, namespace in (("copy", "web"), ("settings", "default")):
        assert stack.live("configmap", namespace, name)["data"]
        stack.kubectl("delete", "configmap", name, "-n", namespace)


def test_a_new_directory_is_a_new_application_and_a_removed_one_is_pruned(stack, repository):
    before = stack.labeled()
    repository.write("k8s/02-apps/guest/config.yaml", config_map("settings", a="1")).commit("Add guest")
    assert stack.up().objects() == {"Namespace:guest": "create", "ConfigMap:guest/settings": "create"}
    repository.remove("k8s/02-apps/guest").commit("Remove guest")
    assert stack.up().objects() == {"Namespace:guest": "delete", "ConfigMap:guest/settings": "delete"}
    assert stack.labeled() == before


def test_changes_by_hand_are_named_and_healed_in_place(stack):
    uid = stack.live("deployment", "web", "web")["metadata"]["uid"]
    stack.kubectl("-n", "web", "scale", "deployment/web", "--replicas=3")
    stack.kubectl("-n", "web", "set", "image", "deployment/web", "main=nginx:evil")
    stack.kubectl("-n", "web-2", "patch", "configmap", "settings", "-p", '{"data":{"a":"by hand"}}')
    stack.kubectl("-n", "api", "label", "deployment/api", "gitops.internal/application=stolen", "--overwrite")
    stack.kubectl("-n", "api", "delete", "configmap", "settings")

    drifted = {
        "apps/Deployment:web/web",
        "ConfigMap:web-2/settings",
        "apps/Deployment:api/api",
        "ConfigMap:api/settings",
    }
    found = stack.preview("--refresh", "--expect-no-changes")
    assert found.code != 0
    assert set(found.objects()) == drifted, found.text[-3000:]
    assert "do-not-print-me" not in found.text

    absent = []
    watching = threading.Event()

    def watch():
        while not watching.is_set():
            names = stack.kubectl("-n", "web-2", "get", "configmap", "-o", "name")
            if "configmap/settings" not in names:
                absent.append(time.time())

    watcher = threading.Thread(target=watch)
    watcher.start()
    result = stack.up("--refresh")
    watching.set()
    watcher.join()
    assert result.code == 0, result.text[-3000:]
    assert absent == []
    live = stack.live("deployment", "web", "web")
    assert live["metadata"]["uid"] == uid
    assert live["spec"]["replicas"] == 1
    assert live["spec"]["template"]["spec"]["containers"][0]["image"] == "nginx:1.27"
    assert stack.live("configmap", "web-2", "settings")["data"] == {"a": "1"}
    assert stack.live("configmap", "api", "settings")["data"] == {"a": "1"}
    assert healed(stack).code == 0


def test_moving_things_in_git_recreates_nothing(stack, repository):
    def uids():
        return {
            f"{o['kind']} {o['metadata']['namespace']}/{o['metadata']['name']}": o["metadata"]["uid"]
            for namespace in ("web", "web-2", "api")
            for o in stack.live("deployment,configmap,hpa", namespace)["items"]
            if o["metadata"]["name"] != "kube-root-ca.crt"
        }

    before = uids()
    # another wave
    repository.write("k8s/02-apps/web-2/gitops.yaml", "wave: 25\n").commit("Move web-2 to wave 25")
    result = stack.up()
    assert result.code == 0, result.text[-3000:]
    assert {"delete", "replace", "create-replacement"}.isdisjoint(result.objects().values())
    # an object to another application
    repository.remove("k8s/02-apps/web/config.yaml")
    repository.write(
        "k8s/02-apps/api/web-config.yaml",
        config_map("settings", a="2").replace("  name: settings", "  name: settings\n  namespace: web"),
    ).commit("Move web's settings into api")
    result = stack.up()
    assert result.code == 0, result.text[-3000:]
    assert set(result.objects().values()) == {"update"}
    # another apiVersion
    repository.write(
        "k8s/02-apps/api/scaler.yaml",
        """
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata: {name: api}
        spec:
          minReplicas: 1
          maxReplicas: 3
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: api}
        """,
    ).commit("Move the scaler to autoscaling/v2")
    result = stack.up()
    assert result.code == 0, result.text[-3000:]
    assert {"delete", "create", "replace"}.isdisjoint(result.objects().values())
    assert uids() == before
    assert healed(stack).code == 0


def test_a_secret_is_in_no_output_and_not_plain_in_the_state(stack):
    state = stack.run("stack", "export", "--stack", stack.stack).text
    assert "do-not-print-me" not in state
    assert "ZG8tbm90LXByaW50LW1l" not in state
    assert stack.live("secret", "api", "api")["data"]["password"] == "ZG8tbm90LXByaW50LW1l"


def test_the_list_of_applications_says_what_differs(stack):
    stack.kubectl("-n", "web", "scale", "deployment/web", "--replicas=2")
    result = stack.gitops("app", "list", "--stack", stack.stack, "--exit-code")
    assert result.code == 1
    assert "Deployment web/web: spec.replicas is 2, Git says 1" in result.text
    assert stack.up("--refresh").code == 0
    result = stack.gitops("app", "list", "--stack", stack.stack, "--exit-code")
    assert result.code == 0, result.text
