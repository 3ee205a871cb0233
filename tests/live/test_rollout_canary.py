"""Canaries and blue-green with the real controller, and a real Prometheus that measures traffic that tests control."""

import json
import time

import pytest

from gitops.cluster.client import Client
from gitops.cluster.kubeconfig import load
from sandbox.console import Console
from sandbox.toolchain import cache_folder, prometheus
from tests.live.delivery import OTHER, STOPPED, WEB, delivered
from tests.live.mesh import Behavior, Mesh
from tests.live.rollouts import (
    Prometheus,
    rollout,
    service,
    success_rate,
    virtual_service,
)
from tests.live.stack_project import config_map, deployment
from tests.live.watching import until

pytestmark = pytest.mark.live

BLUE, SHOP, PAY = (f"k8s/02-apps/{name}" for name in ("blue", "shop", "pay"))
PODS = "/api/v1/namespaces/pay/pods"
MEASURED = ({"setWeight": 20}, {"analysis": {"templates": [{"templateName": "success-rate"}]}})


@pytest.fixture(scope="module")
def mesh(sandbox):
    """Tells of the pods of `pay`, whatever versions there are."""
    client = Client(load(str(sandbox.kubeconfig), "staging"))
    mesh = Mesh("pay", "pay", lambda: [pod["metadata"]["name"] for pod in client.list(PODS)])
    mesh.start()
    yield mesh
    mesh.stop()


@pytest.fixture(scope="module")
def measuring(tmp_path_factory, traffic, mesh):
    programs = prometheus(cache_folder(), "/usr/local/bin:/usr/bin:/bin", Console())
    folder = tmp_path_factory.mktemp("prometheus")
    server = Prometheus(str(programs["prometheus"]), folder, traffic.target, mesh.target)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def delivery(tmp_path_factory, sandbox, rollouts_controller, measuring):  # noqa: ARG001 - it has to run
    with delivered(tmp_path_factory.mktemp("rollouts"), sandbox, measuring.url) as found:
        yield found


def test_a_good_canary_goes_through_and_weights_sum_to_a_hundred_all_the_time(delivery, traffic):
    traffic.errors.clear()
    traffic.weights.clear()
    delivery.change(*MEASURED, {"setWeight": 60}, {"pause": {"duration": "1s"}}).up()
    assert delivery.web()["status"]["phase"] == "Healthy"  # the gate has waited for it
    until(lambda: traffic.weights[-1]["web-canary"] == 0)
    seen = [split["web-canary"] for split in traffic.weights]
    assert [weight for weight in (20, 60, 100) if weight in seen] == [20, 60, 100], seen
    assert {sum(split.values()) for split in traffic.weights} == {100}


def test_a_bad_canary_is_taken_back_and_told_with_metric_value_query_and_step(delivery, traffic):
    traffic.errors["web-canary"] = 0.6
    delivery.change(*MEASURED)
    failed = delivery.stack.up()
    traffic.errors.clear()
    assert failed.code != 0
    for told in (
        "metric success-rate failed at step 2 of 2: measured [0.",
        "wanted result[0] >= 0.95",
        "query sum(rate",
    ):
        assert told in failed.text, failed.text[-3000:]
    assert traffic.split() == {"web-stable": 100, "web-canary": 0}
    got = delivery.stack.gitops("app", "get", "web", "--stack", "rollouts", "-o", "json")
    assert "metric success-rate failed at step 2 of 2" in got.text
    assert '"Degraded"' in got.text
    delivery.settle()


def test_in_the_middle_of_a_rollout_syncs_change_what_git_changed_and_nothing_of_the_rollout(
    delivery, traffic
):
    paused = delivery.change(*STOPPED).up()
    assert "waits until somebody promotes it; what comes after it goes on" in paused.text
    split = {"web-stable": 80, "web-canary": 20}
    assert traffic.split() == split
    before = delivery.stack.live("virtualservice", "web", "web")["metadata"]["resourceVersion"]
    delivery.repository.write(f"{OTHER}/config.yaml", config_map("settings", a="1")).commit("unrelated")
    assert set(delivery.up().objects()) == {"Namespace:other", "ConfigMap:other/settings"}
    after = delivery.stack.live("virtualservice", "web", "web")
    assert after["metadata"]["resourceVersion"] == before
    listed = delivery.stack.gitops("stack", "drift", "--stack", "rollouts")
    assert listed.code == 0, listed.text

    delivery.repository.write(f"{WEB}/routes.yaml", virtual_service("7s")).commit("a longer timeout")
    delivery.up()  # which applies all objects of the application
    assert traffic.routes()[0]["timeout"] == "7s"
    assert traffic.split() == split

    patch = [{"op": "replace", "path": "/spec/http/0/timeout", "value": "1s"}]
    delivery.stack.kubectl(
        "-n", "web", "patch", "virtualservice", "web", "--type=json", "-p", json.dumps(patch)
    )
    assert delivery.stack.gitops("stack", "drift", "--stack", "rollouts").code == 1
    again = delivery.stack.up("--refresh")
    assert again.code == 0, again.text[-3000:]
    assert traffic.routes()[0]["timeout"] == "7s"
    assert traffic.split() == split
    hashes = {
        name: delivery.stack.live("service", "web", name)["spec"]["selector"]["rollouts-pod-template-hash"]
        for name in split
    }
    assert len(set(hashes.values())) == 2
    delivery.settle()
    assert {split_["web-canary"] + split_["web-stable"] for split_ in traffic.weights} == {100}


def test_routes_by_header_and_mirrored_ones_stay_while_git_changes_the_others(delivery, traffic):
    match = [{"headerName": "x-canary", "headerValue": {"exact": "yes"}}]
    header = {"setHeaderRoute": {"name": "by-header", "match": match}}
    mirror = {
        "setMirrorRoute": {"name": "mirrored", "percentage": 50, "match": [{"method": {"exact": "GET"}}]}
    }
    delivery.change({"setCanaryScale": {"weight": 50}}, header, mirror, {"pause": {}}).up()
    names = [route["name"] for route in traffic.routes()]
    assert sorted(names) == ["by-header", "mirrored", "primary"]
    delivery.repository.write(f"{WEB}/routes.yaml", virtual_service("9s")).commit("another timeout")
    delivery.up()
    assert [
        (route["name"], route.get("timeout")) for route in traffic.routes() if route["name"] == "primary"
    ] == [("primary", "9s")]
    assert [route["name"] for route in traffic.routes()] == names
    assert delivery.stack.gitops("stack", "drift", "--stack", "rollouts").code == 0
    delivery.settle()
    until(lambda: [route["name"] for route in traffic.routes()] == ["primary"])


def test_an_inconclusive_analysis_pauses_and_does_not_fail(delivery, traffic, measuring):
    delivery.repository.write(f"{WEB}/analysis.yaml", success_rate(measuring.url, unsure=True))
    traffic.errors["web-canary"] = 0.3
    done = delivery.change(*MEASURED).up()
    traffic.errors.clear()
    assert "its analysis was inconclusive: waits until somebody promotes it" in done.text
    delivery.settle()


def test_without_prometheus_errors_count_and_the_rollout_is_aborted(delivery, traffic, measuring):
    measuring.stop()
    failed = delivery.change(*MEASURED).stack.up()
    measuring.start()
    assert failed.code != 0
    assert "metric success-rate error at step 2 of 2" in failed.text
    assert traffic.split() == {"web-stable": 100, "web-canary": 0}
    delivery.settle()


def test_a_controller_that_is_killed_in_mid_rollout_goes_on_when_it_is_back(
    delivery, traffic, rollouts_controller
):
    delivery.change(
        {"setWeight": 20}, {"pause": {"duration": "2s"}}, {"setWeight": 60}, {"pause": {"duration": "1s"}}
    )
    running = delivery.stack.start("up", "--yes", "--skip-preview", "--stack", "rollouts")
    until(lambda: traffic.split()["web-canary"] == 20)
    rollouts_controller.kill()
    time.sleep(3)
    assert traffic.split()["web-canary"] == 20
    rollouts_controller.start()
    assert running.wait(90) == 0
    assert delivery.web()["status"]["phase"] == "Healthy"


def test_blue_green_switches_and_does_not_or_back_when_it_is_measured_badly(delivery, traffic):
    traffic.errors.clear()
    blue = {"activeService": "active", "previewService": "preview", "scaleDownDelaySeconds": 1}
    files = {"services.yaml": service("active", "blue") + service("preview", "blue")}
    rollouts = [rollout(f"1.{n}", name="blue", strategy={"blueGreen": blue}) for n in (1, 2)]
    files["analysis.yaml"] = never(delivery.prometheus)
    for file, text in {**files, "rollout.yaml": rollouts[0]}.items():
        delivery.repository.write(f"{BLUE}/{file}", text)
    delivery.repository.commit("blue")
    delivery.up()
    first = active(delivery)
    delivery.repository.write(f"{BLUE}/rollout.yaml", rollouts[1]).commit("green")
    delivery.up()
    second = active(delivery)
    assert second != first
    checked = {**blue, "prePromotionAnalysis": {"templates": [{"templateName": "never"}]}}
    text = rollout("1.3", name="blue", strategy={"blueGreen": checked})
    delivery.repository.write(f"{BLUE}/rollout.yaml", text).commit("checked")
    failed = delivery.stack.up()
    assert failed.code != 0
    assert "metric never failed before the promotion: measured [1]" in failed.text, failed.text[-3000:]
    assert active(delivery) == second

    measured = {**blue, "postPromotionAnalysis": {"templates": [{"templateName": "never"}]}}
    text = rollout("1.4", name="blue", strategy={"blueGreen": measured})
    delivery.repository.write(f"{BLUE}/rollout.yaml", text).commit("measured")
    running = delivery.stack.start("up", "--yes", "--skip-preview", "--stack", "rollouts")
    until(lambda: active(delivery) != second)
    until(lambda: active(delivery) == second)
    assert running.wait(90) != 0
    told = delivery.stack.gitops("app", "get", "blue", "--stack", "rollouts")
    assert "metric never failed after the promotion: measured [1]" in told.text, told.text
    delivery.repository.write(f"{BLUE}/rollout.yaml", rollouts[1]).commit("back")
    delivery.up()


def never(address):
    """An analysis that fails after a second."""
    query = {"prometheus": {"address": address, "query": "vector(1)"}}
    metric = {"name": "never", "initialDelay": "1s", "successCondition": "result[0] > 1", "provider": query}
    kind = {"apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisTemplate", "metadata": {"name": "never"}}
    return json.dumps({**kind, "spec": {"metrics": [metric]}})


def active(delivery):
    return delivery.stack.live("service", "blue", "active")["spec"]["selector"]["rollouts-pod-template-hash"]


def test_the_checks_of_a_section_pass_a_good_canary_and_abort_a_slow_one(delivery, mesh):
    names = ("success-rate", "latency-p95", "saturation", "restart-rate")
    checks = ", ".join(f"{{name: {name}, window: 5s, interval: 1s, count: 2}}" for name in names)
    steps = f"[{{setWeight: 50}}, {{analysis: {{checks: [{', '.join(names)}]}}}}]"
    rollout_ = f"{{prometheus: '{delivery.prometheus}', canary: {{steps: {steps}}}, checks: [{checks}]}}"
    delivery.repository.write(f"{PAY}/gitops.yaml", f"timeouts: {{rollout: 60s}}\nrollout: {rollout_}\n")

    def pay(image):
        delivery.repository.write(f"{PAY}/pay.yaml", deployment("pay", image, replicas=2)).commit(image)

    pay("nginx:1.1")
    delivery.up()
    pay("nginx:1.2")
    delivery.up()
    good = delivery.stack.live("rollout", "pay", "pay")["status"]
    assert good["phase"] == "Healthy"
    assert good["stableRS"] == good["currentPodHash"]
    mesh.behaviors[good["stableRS"]], mesh.usual = Behavior(), Behavior(milliseconds=900)
    pay("nginx:1.3")
    failed = delivery.stack.up()
    assert failed.code != 0
    assert "metric latency-p95 failed at step 2 of 2: measured [" in failed.text, failed.text[-3000:]
    status = delivery.stack.live("rollout", "pay", "pay")["status"]
    assert status["stableRS"] == good["stableRS"]
    version = f"pod-hash={status['currentPodHash']}"
    simulated = delivery.stack.gitops(
        *("rollout", "simulate", "pay", "--stack", "rollouts", "--since", "30s", "--arg", version)
    )
    assert simulated.code == 1, simulated.text
    failures = {line.split()[1] for line in simulated.text.splitlines() if " Failed at " in line}
    assert failures == {"latency-p95:"}, simulated.text
    pay("nginx:1.2")
    delivery.up()


def test_three_rollouts_of_a_group_go_on_together_and_are_taken_back_when_the_second_fails(delivery):
    bad = {"analysis": {"templates": [{"templateName": "never"}]}}
    delivery.repository.write(f"{SHOP}/analysis.yaml", never(delivery.prometheus))
    shop(delivery, "1.1", {})
    delivery.up()
    shop(delivery, "1.2", {}, {"setWeight": 50}, {"pause": {}})
    delivery.up()
    assert phases(delivery) == {"a": "Healthy", "b": "Healthy", "c": "Healthy"}
    stable = {name: item["status"]["stableRS"] for name, item in members(delivery).items()}
    shop(delivery, "1.3", {"b": [bad]}, {"setWeight": 50}, {"pause": {}})
    failed = delivery.stack.up()
    assert failed.code != 0
    assert failed.text.count("was taken back with its group, since Rollout shop/b was aborted") >= 2
    until(lambda: phases(delivery) == {"a": "Degraded", "b": "Degraded", "c": "Degraded"})
    assert {name: item["status"]["stableRS"] for name, item in members(delivery).items()} == stable
    shop(delivery, "1.2", {}, {"setWeight": 50}, {"pause": {}})
    delivery.up()


def shop(delivery, image, more, *steps):
    """Commit three Rollouts of a group, each with its own steps behind the first one."""
    for name in "abc":
        canary = {"canary": {"steps": [*steps[:1], *more.get(name, []), *steps[1:]]}}
        body = json.loads(rollout(image, name=name, strategy=canary))
        body["metadata"]["annotations"] = {"gitops.internal/rollout-group": "shop"}
        delivery.repository.write(f"{SHOP}/{name}.yaml", json.dumps(body))
    delivery.repository.commit(f"shop {image}")


def members(delivery):
    return {name: delivery.stack.live("rollout", "shop", name) for name in "abc"}


def phases(delivery):
    return {name: item["status"]["phase"] for name, item in members(delivery).items()}


def test_with_going_back_the_stack_git_and_the_cluster_say_the_same_again(delivery, traffic):
    repository = delivery.repository
    wish = "timeouts: {rollout: 60s}\nrollbackOnFailure: true\nrevertOnFailure: true\n"
    repository.write(f"{WEB}/analysis.yaml", success_rate(delivery.prometheus))
    repository.write(f"{WEB}/gitops.yaml", wish).commit("go back by itself")
    done = delivery.sync()
    assert done.code == 0, done.text[-3000:]
    good = (repository.path / WEB / "rollout.yaml").read_text()
    traffic.errors["web-canary"] = 0.6
    delivery.change(*MEASURED)
    bad = repository.head
    failed = delivery.sync()
    traffic.errors.clear()
    assert failed.code == 4, failed.text[-3000:]
    assert "metric success-rate failed at step 2 of 2" in failed.text
    assert "says so in Git" in failed.text, failed.text[-3000:]
    assert repository.git("rev-parse", "HEAD~1") == bad
    assert (repository.path / WEB / "rollout.yaml").read_text() == good
    until(lambda: delivery.web()["status"]["phase"] == "Healthy")
    assert traffic.split() == {"web-stable": 100, "web-canary": 0}
    again = delivery.sync()
    assert again.code == 0, again.text[-3000:]
    assert delivery.stack.gitops("stack", "drift", "--stack", "rollouts").code == 0
