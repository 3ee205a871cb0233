"""Deployments that become Rollouts and Deployments again under traffic, and rollouts that go on while others write."""

import json
import threading
import time
from contextlib import contextmanager, suppress

import pytest
import yaml

from gitops.cluster.client import Client
from gitops.cluster.errors import ApiError, Unreachable
from gitops.cluster.kubeconfig import load
from tests.git_repository import GitRepository
from tests.live.stack_project import StackProject, deployment
from tests.live.watching import Loop, until

pytestmark = pytest.mark.live

PODS = 2
HALVES = {"stable": 50, "canary": 50}
MOVED, ROUTED_APP, LENT = (f"k8s/02-apps/{name}" for name in ("moved", "routed", "lent"))
SLICES = "/apis/discovery.k8s.io/v1/namespaces/{}/endpointslices"
STEPS = {"steps": [{"setWeight": 50}, {"pause": {"duration": "1s"}}]}
ROUTED = {"canary": {"istio": {}, "scaleDownDelaySeconds": 1, **STEPS}}
BLUE_GREEN = {"blueGreen": {"scaleDownDelaySeconds": 1}}
SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{name: http, port: 80}]
"""

ROUTES = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web}
spec:
  hosts: [web]
  http:
    - name: primary
      timeout: 5s
      route:
        - {destination: {host: web, subset: stable}, weight: 100}
        - {destination: {host: web, subset: canary}, weight: 0}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: web}
spec:
  host: web
  trafficPolicy: {connectionPool: {tcp: {connectTimeout: %s}}}
  subsets:
    - {name: stable, labels: {app: web}}
    - {name: canary, labels: {app: web}}
"""
# nobody answers there
NEVER = {
    "name": "never",
    "query": "vector(1)",
    "successCondition": "result[0] > 1",
    "initialDelay": "0s",
    "count": 1,
    "consecutiveErrorLimit": 0,
}
SUBSETS = {
    "prometheus": "http://127.0.0.1:9",
    "checks": [NEVER],
    "canary": {
        "istio": {"destinationRule": {}},
        "dynamicStableScale": True,
        "abortScaleDownDelaySeconds": 1,
        "steps": [{"setWeight": 50}, {"pause": {}}, {"analysis": {"checks": ["never"]}}],
    },
}


class Endpoints:
    """How many ready endpoints a Service had at least, looked at twenty times a second."""

    def __init__(self, sandbox, namespace, service):
        self.client = Client(load(str(sandbox.kubeconfig), "staging"))
        self.path, self.selector = SLICES.format(namespace), f"kubernetes.io/service-name={service}"
        self.seen = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def count(self):
        slices = self.client.list(self.path, self.selector)
        places = [place for item in slices for place in item["endpoints"] or ()]
        return len({place["targetRef"]["uid"] for place in places if place["conditions"]["ready"]})

    def _look(self):
        while not self._ended.wait(0.05):
            with suppress(ApiError, Unreachable):
                self.seen.append(self.count())

    @contextmanager
    def never_below(self, least):
        """That so many were ready all the time, and were looked at often."""
        until(lambda: self.count() >= least)
        self._thread.start()
        try:
            yield
        finally:
            self._ended.set()
            self._thread.join()
        assert len(self.seen) > 20
        assert min(self.seen) >= least, self.seen


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    repository = GitRepository(tmp_path_factory.mktemp("moving") / "repository")
    repository.write(f"{MOVED}/web.yaml", deployment("web", replicas=PODS))
    repository.write(f"{MOVED}/service.yaml", SERVICE)
    for folder in (ROUTED_APP, LENT):
        repository.write(f"{folder}/web.yaml", deployment("web", replicas=PODS))
        repository.write(f"{folder}/service.yaml", SERVICE)
    repository.write(f"{ROUTED_APP}/routes.yaml", ROUTES % "3s")
    section(repository, "lent", workloadRef={"scaleDown": "progressively"}, canary=STEPS)
    section(repository, "routed", rollbackOnFailure=True, **SUBSETS)
    return repository


@pytest.fixture(scope="module")
def stack(tmp_path_factory, sandbox, rollouts_controller, repository):  # noqa: ARG001 - the controller has to run
    stack = StackProject(
        tmp_path_factory.mktemp("project"),
        sandbox,
        stack="moving",
        context="staging",
        repository=repository.url,
    )
    sync(stack)
    yield stack
    assert stack.destroy().code == 0
    assert stack.labeled() == set()


def sync(stack):
    done = stack.gitops("stack", "sync", "--stack", "moving", "--quiet")
    assert done.code == 0, done.text[-3000:]


def section(repository, name, *, rollbackOnFailure=False, **rollout):  # noqa: N803 - the key's name
    """Commit an application's section; without keys it has none."""
    wish = {"timeouts": {"rollout": "60s"}, "rollbackOnFailure": rollbackOnFailure}
    wish |= {"rollout": rollout} if rollout else {}
    repository.write(f"k8s/02-apps/{name}/gitops.yaml", yaml.safe_dump(wish)).commit(f"{name} {[*rollout]}")


def workloads(stack, namespace="moved"):
    """The workloads that there are, with the pods that each has ready."""
    items = stack.live("deployments,rollouts", namespace)["items"]
    return {item["kind"]: item["status"].get("readyReplicas", 0) for item in items}


def pods(stack):
    return {item["metadata"]["uid"] for item in stack.live("pods", "moved")["items"]}


@pytest.mark.parametrize(
    "way", [{"canary": STEPS}, ROUTED, BLUE_GREEN], ids=["by pods", "by routes", "blue-green"]
)
def test_in_one_commit_a_deployment_is_moved_over_and_back_with_all_pods_at_every_moment(
    stack, sandbox, repository, way
):
    with Endpoints(sandbox, "moved", "web").never_below(PODS):
        section(repository, "moved", **way)
        sync(stack)
        assert workloads(stack) == {"Rollout": PODS}
        until(lambda: len(pods(stack)) == PODS)
        section(repository, "moved")
        sync(stack)
        until(lambda: workloads(stack) == {"Deployment": PODS})
        until(lambda: len(pods(stack)) == PODS)
    assert "rollouts-pod-template-hash" not in stack.live("service", "moved", "web")["spec"]["selector"]
    assert stack.gitops("stack", "drift", "--stack", "moving").code == 0


def test_by_reference_a_deployment_lends_its_pods_and_gets_them_back(stack, sandbox, repository):
    with Endpoints(sandbox, "moved", "web").never_below(PODS):
        section(repository, "moved", workloadRef={"scaleDown": "progressively"}, **ROUTED)
        sync(stack)
        until(lambda: workloads(stack) == {"Deployment": 0, "Rollout": PODS})
        until(lambda: len(pods(stack)) == PODS)
        assert stack.gitops("stack", "drift", "--stack", "moving").code == 0
        before = pods(stack)
        section(repository, "moved", **ROUTED)
        sync(stack)
        assert workloads(stack) == {"Rollout": PODS}
        assert pods(stack) == before  # the same template stands in the Rollout now
        section(repository, "moved")
        sync(stack)
        until(lambda: workloads(stack) == {"Deployment": PODS})


@pytest.mark.parametrize("way", ["progressively", "onsuccess"])
def test_a_deployment_gets_back_what_it_lent(stack, sandbox, repository, way):
    with Endpoints(sandbox, "moved", "web").never_below(PODS):
        section(repository, "moved", workloadRef={"scaleDown": way}, **ROUTED)
        sync(stack)
        until(lambda: workloads(stack) == {"Deployment": 0, "Rollout": PODS})
        if way == "onsuccess":  # on the way back both may have pods for a while
            section(repository, "moved", workloadRef={"scaleDown": "never"}, **ROUTED)
            sync(stack)
            until(lambda: workloads(stack) == {"Deployment": PODS, "Rollout": PODS})
        section(repository, "moved")
        sync(stack)
        until(lambda: workloads(stack) == {"Deployment": PODS})
    assert stack.gitops("stack", "drift", "--stack", "moving").code == 0


def routed(stack, kind):
    return stack.live(kind, "routed", "web")


def split(stack):
    (route,) = routed(stack, "virtualservice")["spec"]["http"]
    return {item["destination"]["subset"]: item.get("weight", 0) for item in route["route"]}


def marks(stack):
    """The hashes that the controller has put on the subsets."""
    subsets = routed(stack, "destinationrule")["spec"]["subsets"]
    return {item["name"]: item["labels"]["rollouts-pod-template-hash"] for item in subsets}


def replica_sets(stack):
    return stack.live("replicasets", "routed")["items"]


def patch(stack, kind, place, value):
    """Change something by hand."""
    change = json.dumps([{"op": "replace", "path": place, "value": value}])
    stack.kubectl("-n", "routed", "patch", kind, "web", "--type=json", "-p", change)


def phase(stack):
    return routed(stack, "rollout")["status"]["phase"]


def pause_at(stack, repository, image):
    """Commit another image, and sync it to the pause behind the first weight."""
    repository.write(f"{ROUTED_APP}/web.yaml", deployment("web", image, PODS)).commit(image)
    sync(stack)
    until(lambda: phase(stack) == "Paused")
    assert split(stack) == HALVES


def promote(stack):
    """As a person does it."""
    stack.kubectl(
        *("-n", "routed", "patch", "rollout", "web", "--subresource=status", "--type=merge"),
        *("-p", '{"status": {"pauseConditions": null}}'),
    )


@contextmanager
def watched(stack):
    """The loop at work, which has synced everything."""
    loop = Loop(stack)
    try:
        until(lambda: loop.told("sync ended"), 90, loop)
        yield loop
    finally:
        assert loop.end() == 0


def test_syncs_in_the_middle_of_a_rollout_leave_subsets_as_they_are(stack, repository):
    pause_at(stack, repository, "nginx:1.28")
    before = marks(stack)
    assert len(set(before.values())) == 2
    # the stable version shrinks as the canary grows
    until(lambda: [item["status"].get("replicas") for item in replica_sets(stack)] == [1, 1])
    assert stack.gitops("stack", "drift", "--stack", "moving").code == 0
    repository.write(f"{ROUTED_APP}/routes.yaml", ROUTES % "4s").commit("a longer timeout")
    sync(stack)
    policy = routed(stack, "destinationrule")["spec"]["trafficPolicy"]
    assert policy == {"connectionPool": {"tcp": {"connectTimeout": "4s"}}}
    assert (marks(stack), split(stack)) == (before, HALVES)
    assert stack.gitops("stack", "drift", "--stack", "moving").code == 0


def test_what_is_changed_by_hand_in_the_middle_of_a_rollout_is_healed_and_nothing_of_the_rollout(stack):
    until(lambda: workloads(stack, "lent") == {"Deployment": 0, "Rollout": PODS})
    before = marks(stack)
    with watched(stack) as loop:
        time.sleep(1)
        patch(stack, "virtualservice", "/spec/http/0/timeout", "1s")
        patch(stack, "destinationrule", "/spec/trafficPolicy/connectionPool/tcp/connectTimeout", "1s")
        patch(stack, "service", "/spec/ports/0/port", 81)
        patch(stack, "rollout", "/spec/replicas", 3)
        until(lambda: len({line["object"] for line in loop.told("healed")}) == 4, 10, loop)
        assert {line["application"] for line in loop.told("healed")} == {"routed"}
        assert max(line["seconds"] for line in loop.told("healed")) < 2
        assert routed(stack, "virtualservice")["spec"]["http"][0]["timeout"] == "5s"
        assert routed(stack, "service")["spec"]["ports"][0]["port"] == 80
        assert routed(stack, "rollout")["spec"]["replicas"] == PODS
        assert (marks(stack), split(stack)) == (before, HALVES)
        assert phase(stack) == "Paused"
        assert workloads(stack, "lent") == {"Deployment": 0, "Rollout": PODS}


def test_an_abort_after_the_run_is_seen_by_the_loop_and_the_application_goes_back_and_is_held(stack):
    with watched(stack) as loop:
        promote(stack)
        until(lambda: loop.told("rolled back", application="routed"), 60, loop)
        assert "metric never error at step 3 of 3" in loop.told("rolled back")[0]["why"]
        until(lambda: phase(stack) == "Healthy")
        assert split(stack) == {"stable": 100, "canary": 0}
        got = stack.gitops("app", "get", "routed", "--stack", "moving")
        assert "is degraded: metric never error at step 3 of 3" in got.text, got.text
    again = stack.gitops("stack", "sync", "--stack", "moving", "--quiet")
    assert again.code == 5, again.text


def test_without_a_loop_a_promotion_refuses_it_and_the_next_sync_finds_it(stack, sandbox, repository):
    pause_at(stack, repository, "nginx:1.29")
    promote(stack)
    until(lambda: phase(stack) == "Degraded")
    later = StackProject(
        *(stack.folder, sandbox),
        stack="moving-later",
        context="prod",
        repository=repository.url,
        promotesFrom="moving",
    )
    refused = stack.gitops("promote", "moving", later.stack)
    assert refused.code == 5, refused.text
    assert "application routed is Synced and Degraded" in refused.text
    failed = stack.up()
    assert failed.code != 0
    assert "metric never error at step 3 of 3" in failed.text, failed.text[-3000:]
    synced = stack.gitops("stack", "sync", "--stack", "moving", "--quiet")
    assert synced.code == 4, synced.text
    assert "and is held there" in synced.text, synced.text
    until(lambda: phase(stack) == "Healthy")
