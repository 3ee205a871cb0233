"""What a real API server keeps of what Git states, who changes it, and what of that counts."""

import json

import pytest

from tests.git_repository import GitRepository
from tests.live.stack_project import StackProject, config_map, deployment

pytestmark = pytest.mark.live

# Everything here is stated otherwise than a server keeps it.
NOISY = """
apiVersion: v1
kind: Service
metadata: {name: noisy}
spec:
  clusterIP: ""
  selector: {app: noisy}
  ports: [{port: 53, protocol: UDP, name: dns}, {port: 53, name: dns-tcp}, {port: 80, nodePort: 0, name: web}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: noisy}
---
apiVersion: v1
kind: Pod
metadata: {name: noisy}
spec:
  serviceAccountName: noisy
  containers:
    - name: web
      image: example.test/web:1
      resources: {requests: {cpu: 1000m, memory: 1024Mi}, limits: {cpu: 2, memory: 2048Mi}}
      env: [{name: EMPTY, value: ""}]
      volumeMounts: []
  nodeSelector: {}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: noisy}
aggregationRule: {clusterRoleSelectors: [{matchLabels: {noisy: "true"}}]}
rules: []
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: noisy-part, labels: {noisy: "true"}}
rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: noisy}
webhooks:
  - name: noisy.example.test
    sideEffects: None
    admissionReviewVersions: [v1]
    failurePolicy: Ignore
    rules: [{apiGroups: [example.test], apiVersions: [v1], operations: [CREATE], resources: [noises]}]
    clientConfig: {caBundle: Cg==, service: {name: noisy, namespace: noisy}}
---
apiVersion: v1
kind: Secret
metadata: {name: noisy}
stringData: {word: do-not-print-me}
"""
SCALER = """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: scaled}
spec:
  minReplicas: 1
  maxReplicas: 5
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: scaled}
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}]
"""
LEFT = "ignoreDifferences: [{group: '', kind: ConfigMap, managedFieldsManagers: [tuner]}]\n"


@pytest.fixture(scope="module")
def stack(tmp_path_factory, sandbox):
    repository = GitRepository(tmp_path_factory.mktemp("differences") / "repository")
    repository.write("k8s/02-apps/noisy/noisy.yaml", NOISY)
    repository.write("k8s/02-apps/scaled/deployment.yaml", deployment("scaled"))
    repository.write("k8s/02-apps/scaled/scaler.yaml", SCALER)
    repository.write("k8s/02-apps/web/deployment.yaml", deployment("web"))
    repository.write("k8s/02-apps/left/config.yaml", config_map("left", a="1", b="1"))
    repository.write("k8s/02-apps/left/gitops.yaml", LEFT)
    repository.commit("Start")
    folder = tmp_path_factory.mktemp("project")
    project = StackProject(folder, sandbox, stack="differ", context="staging", repository=repository.url)
    project.repository = repository
    result = project.up()
    assert result.code == 0, result.text[-3000:]
    yield project
    assert project.destroy().code == 0


def states(stack):
    listed = stack.gitops("app", "list", "--stack", "differ", "-o", "json")
    assert listed.code == 0, listed.text[-3000:]
    document = json.loads(listed.text)
    return {application["name"]: application for application in document["applications"]}


def differences(stack, application):
    return [d for item in states(stack)[application]["objects"] for d in item["differences"]]


def test_what_a_server_adds_and_defaults_is_no_difference(stack):
    assert {name: differences(stack, name) for name in ("noisy", "scaled", "web")} == {
        "noisy": [],
        "scaled": [],
        "web": [],
    }
    assert stack.gitops("app", "list", "--stack", "differ", "--exit-code").code == 0


def test_what_an_autoscaler_owns_is_left_to_it_and_other_replicas_are_not(stack):
    for name in ("scaled", "web"):
        stack.kubectl("-n", name, "scale", f"deployment/{name}", "--replicas=3")
    assert differences(stack, "scaled") == []
    [found] = differences(stack, "web")
    assert (found["path"], found["wanted"], found["live"]) == ("spec.replicas", 1, 3)
    assert (found["by"]["manager"], found["by"]["operation"]) == ("kubectl", "Update")


def test_a_secret_changed_by_hand_is_told_with_who_did_it_and_without_what_it_holds(stack):
    patch = '{"stringData":{"word":"changed-by-hand"}}'
    stack.kubectl("-n", "noisy", "patch", "secret/noisy", "--field-manager=somebody", "-p", patch)
    [found] = differences(stack, "noisy")
    assert found["path"] == "data.word"
    assert found["by"]["manager"] == "somebody"
    assert found["by"]["time"].endswith("Z")
    text = stack.gitops("app", "list", "--stack", "differ").text
    assert "somebody" in text
    assert "[secret]" in text
    assert "print-me" not in text
    assert "by-hand" not in text


def test_a_bundle_that_was_injected_is_the_injector_s(stack):
    patch = '[{"op":"replace","path":"/webhooks/0/clientConfig/caBundle","value":"LS0tLS1CRUdJTg=="}]'
    stack.kubectl("patch", "validatingwebhookconfiguration/noisy", "--type=json", "-p", patch)
    assert all("caBundle" not in found["path"] for found in differences(stack, "noisy"))


@pytest.mark.parametrize("command", ["up", "sync"])
def test_what_a_manager_owns_is_left_to_it_by_a_sync_too(stack, command):
    """`b` changes in Git and in the cluster, `a` in Git alone."""
    stack.kubectl(
        "-n", "left", "patch", "configmap/left", "--field-manager=tuner", "-p", '{"data":{"b":"tuned"}}'
    )
    stack.kubectl(
        "-n", "left", "patch", "configmap/left", "--field-manager=somebody", "-p", '{"data":{"a":"odd"}}'
    )
    text = config_map("left", a=f"2 {command}", b=f"2 {command}")
    stack.repository.write("k8s/02-apps/left/config.yaml", text).commit("Change both")
    done = stack.up() if command == "up" else stack.gitops("stack", "sync", "--stack", "differ", "--quiet")
    assert done.code == 0, done.text[-3000:]
    assert stack.live("configmap", "left", "left")["data"] == {"a": f"2 {command}", "b": "tuned"}
    assert differences(stack, "left") == []
    assert "ConfigMap:left/left" not in stack.preview("--refresh").operations()
