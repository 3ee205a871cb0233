"""What `gitops watch --install deployment` prints, for real: applied, and the loop as the process of that pod."""

import time
import urllib.error
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gitops.cluster.errors import DeniedError
from tests.git_repository import GitRepository
from tests.live.pod import Pod
from tests.live.stack_project import StackProject, config_map, deployment
from tests.live.watching import Loop, until

pytestmark = pytest.mark.live

NAME = "gitops-watch-installed"
ROLE = """
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader}
rules:
  - {apiGroups: [batch], resources: [jobs], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects: [{kind: ServiceAccount, name: default}]
"""
JOB = """
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec:
  schedule: "0 3 * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers: [{name: main, image: "busybox:1"}]
"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    repository = GitRepository(tmp_path_factory.mktemp("installed") / "repository")
    repository.write("k8s/02-apps/inside/config.yaml", config_map("settings", a="0"))
    repository.write("k8s/02-apps/inside/deployment.yaml", deployment("web"))
    repository.write("k8s/02-apps/inside/role.yaml", ROLE)
    repository.commit("Start")
    return repository


def install(stack):
    """Print the manifests with an administrator's rights, and apply them."""
    printed = stack.gitops(
        "watch", "--stack", stack.stack, "--install", "deployment", "--image", "registry.example/gitops:1"
    )
    assert printed.code == 0, printed.text
    stack.kubectl("apply", "--server-side", "-f", "-", stdin=printed.text)


@pytest.fixture(scope="module")
def stack(tmp_path_factory, sandbox, repository):
    stack = StackProject(
        tmp_path_factory.mktemp("project"),
        sandbox,
        stack="installed",
        context="staging",
        repository=repository.url,
    )
    install(stack)
    names = ("PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE")
    literals = [f"--from-literal={name}={stack.environment[name]}" for name in names]
    stack.kubectl("-n", "gitops", "create", "secret", "generic", "gitops-watch", *literals)
    yield stack
    access = {"kubeconfig": stack.kubeconfig, "context": stack.context}
    stack.configure(**access)
    assert stack.destroy().code == 0
    assert stack.run("stack", "rm", "--yes", stack.stack).code == 0
    stack.kubectl("delete", "namespace/gitops", f"clusterrole/{NAME}", f"clusterrolebinding/{NAME}")


@pytest.fixture(scope="module")
def pod(tmp_path_factory, sandbox, stack):
    # the image's stack file names no kubeconfig: the pod's own account is used
    stack.configure(kubeconfig="", context="")
    address = sandbox.cluster("staging").address
    return Pod(stack, tmp_path_factory.mktemp("pod"), "gitops", NAME, address)


@pytest.fixture(scope="module")
def loop(stack, pod):
    loop = Loop(stack, command=pod.command(), environment=pod.environment)
    try:
        until(lambda: loop.told("sync ended"), 60, loop)
        yield loop
    finally:
        assert loop.end() == 0


def status(address):
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - this machine
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def test_it_syncs_heals_and_answers_its_probes_with_the_rights_that_were_printed(stack, pod, loop):
    until(lambda: status(pod.probe("readinessProbe")) == 200, 20, loop)
    assert status(pod.probe("livenessProbe")) == 200
    assert {line["level"] for line in loop.told()} == {"info"}, loop.log.read_text()
    assert stack.live("rolebinding", "inside", "reader")["roleRef"]["name"] == "reader"
    stack.kubectl("-n", "inside", "delete", "configmap", "settings")
    stack.kubectl("-n", "inside", "patch", "role", "reader", "--type=merge", "-p", '{"rules": []}')
    stack.kubectl("-n", "inside", "scale", "deployment", "web", "--replicas=3")
    until(lambda: len(loop.told("healed")) == 3, 10, loop)
    assert stack.live("configmap", "inside", "settings")["data"] == {"a": "0"}
    assert stack.live("role", "inside", "reader")["rules"]
    assert stack.live("deployment", "inside", "web")["spec"]["replicas"] == 1


def numbers(pod):
    """The sum of a metric's values that have these labels, from a scrape."""
    with urllib.request.urlopen(f"http://127.0.0.1:{pod.port}/metrics", timeout=5) as answer:
        families = list(text_string_to_metric_families(answer.read().decode()))

    def value(name, **labels):
        found = [s for family in families for s in family.samples if s.name == f"gitops_{name}"]
        return sum(s.value for s in found if s.labels.items() >= {"stack": "installed", **labels}.items())

    return value


@pytest.mark.usefixtures("loop")
def test_a_scrape_has_the_numbers_of_the_sync_and_of_what_was_healed(pod):
    until(lambda: numbers(pod)("applications", sync="Synced", health="Healthy") == 1)
    value = numbers(pod)
    assert value("applications") == 1
    assert value("syncs_total", outcome="Succeeded") == value("sync_duration_seconds_count") == 1
    assert value("engine_duration_seconds_count", scope="all") == value("commit_to_live_seconds_count") == 1
    assert 0 < value("engine_duration_seconds_sum") < value("commit_to_live_seconds_sum") < 60
    assert value("heals_total", application="inside") == value("heal_duration_seconds_count") == 3
    assert value("heals_total", kind="Deployment") == 1
    assert value("repository_up") == value("cluster_up") == value("state_up") == 1
    assert value("fetch_duration_seconds_count") >= 1
    assert value("drift_objects", application="inside") == value("held_applications") == 0
    assert 0 <= value("loop_lag_seconds") < 5
    assert time.time() - value("last_sync_timestamp_seconds") < 120


@pytest.mark.usefixtures("loop")
def test_what_no_plan_needs_is_refused_to_it(pod):
    for path in ("/api/v1/nodes", "/api/v1/namespaces/kube-system/secrets", "/apis/batch/v1/cronjobs"):
        with pytest.raises(DeniedError):
            pod.client.list(path)
    with pytest.raises(DeniedError):
        pod.client.create("/api/v1/namespaces/inside/pods", {"metadata": {"name": "x"}, "spec": {}})


def test_a_new_kind_is_named_as_denied_until_the_rights_are_printed_again(stack, pod, loop, repository):
    repository.write("k8s/02-apps/inside/job.yaml", JOB).commit("Add a kind")
    until(lambda: [line for line in loop.told() if line["level"] == "error"], 40, loop)
    denied = [line for line in loop.told() if line["level"] == "error"][-1]
    assert "cronjobs" in str(denied), denied
    told = pod.run("gitops", "doctor", "--stack", stack.stack)
    assert told.returncode == 3, told.stdout + told.stderr
    assert "may not get, list, watch, create, patch, delete cronjobs.batch in inside" in told.stdout
    stack.configure(kubeconfig=stack.kubeconfig, context=stack.context)
    install(stack)
    stack.configure(kubeconfig="", context="")
    until(lambda: "create" in (loop.told("sync ended")[-1].get("changes") or {}), 60, loop)
    assert stack.live("cronjob", "inside", "nightly")["spec"]["schedule"] == "0 3 * * *"


def test_a_right_that_is_taken_away_is_named_by_the_loop_and_by_the_doctor(stack, pod, loop):
    rules = stack.live("clusterrole", name=NAME)["rules"]
    (place,) = [number for number, rule in enumerate(rules) if "configmaps" in rule["resources"]]
    patch = f'[{{"op": "remove", "path": "/rules/{place}"}}]'
    stack.kubectl("patch", "clusterrole", NAME, "--type=json", "-p", patch)
    stack.kubectl("-n", "inside", "delete", "configmap", "settings")
    until(lambda: loop.told("not healed", object="ConfigMap inside/settings"), 20, loop)
    why = loop.told("not healed", object="ConfigMap inside/settings")[-1]["why"]
    assert "configmaps" in why, why
    told = pod.run("gitops", "doctor", "--stack", stack.stack)
    assert "configmaps in inside" in told.stdout, told.stdout + told.stderr
    until(lambda: numbers(pod)("heal_failures_total", application="inside", kind="ConfigMap") >= 1)
    until(lambda: numbers(pod)("drift_objects", application="inside") == 1)
