"""A person follows a canary and steers it, with the real controller."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.live.delivery import STOPPED, WEB, delivered
from tests.live.rollouts import rollout, service
from tests.live.watching import until

pytestmark = pytest.mark.live

BLUE = "k8s/02-apps/blue"


@pytest.fixture(scope="module")
def delivery(tmp_path_factory, sandbox, rollouts_controller):  # noqa: ARG001 - it has to run
    with delivered(tmp_path_factory.mktemp("steered"), sandbox, "http://127.0.0.1:1", "steered") as found:
        yield found


def test_a_person_steers_a_rollout_by_every_example_of_the_help(delivery, traffic):
    def shell(line, told, code=0):
        for stack in ("prod", "staging"):
            line = line.replace(f"--stack {stack}", "--stack steered")
        return delivery.stack.shell(line, told, code=code)

    def canary(weight):
        until(lambda: traffic.split()["web-canary"] == weight)

    delivery.change({"setWeight": 20}, {"pause": {}}, {"setWeight": 60}, {"pause": {}}).up()
    shell("gitops rollout list --stack staging", "Suspended  paused at step 2 of 4")
    line = "gitops rollout list --stack prod -o json | jq '.rollouts[].health'"
    assert '"status": "Suspended"' in shell(line, "")
    told = shell("gitops rollout get web --stack staging", "traffic for the new version: 20 %, wanted 20 %")
    for text in ("✓ 1 weight 20", "▶ 2 pause until promoted", "  3 weight 60", "canary  1/1", "stable  2/2"):
        assert text in told, told
    line = "gitops rollout get web --stack prod -o json | jq '.rollouts[].weights.actual'"
    assert shell(line, "") == "20\n"
    line = "gitops rollout get web --stack prod --watch"
    with ThreadPoolExecutor() as beside:
        words = line.replace("prod", "steered").split()[1:]
        watching = beside.submit(delivery.stack.killed, "▶ 4 pause", *words)
        time.sleep(2)
        shell("gitops rollout promote web --stack prod", "paused at step 2 of 4")
        seen = watching.result(60)
    assert "▶ 2 pause until promoted" in seen
    canary(60)
    until(lambda: delivery.web()["status"].get("pauseConditions"))
    shell("gitops rollout pause web --stack prod", "→ Suspended, paused by hand; paused at step 4 of 4")
    shell("gitops rollout resume web --stack prod", "→ Suspended, paused at step 4 of 4")
    shell("gitops rollout abort web --stack prod", "→ Degraded, RolloutAborted")
    assert traffic.split() == {"web-stable": 100, "web-canary": 0}
    shell("gitops rollout promote web --stack prod", "was aborted, so it can't be promoted", code=5)
    shell("gitops rollout retry web --stack prod", "Degraded, RolloutAborted")
    canary(20)
    line = "gitops rollout abort web --stack prod --name web -o json | jq '.rollouts[].after.status'"
    assert shell(line, "") == '"Degraded"\n'
    shell("gitops rollout retry web --stack prod", "→")
    canary(20)
    shell("gitops rollout promote web --stack prod --full", "→")
    until(lambda: delivery.web()["status"]["phase"] == "Healthy")
    shell("gitops rollout abort web --stack prod", "nothing under way", code=5)

    assert delivery.change({"setWeight": 50}).sync().code == 0
    good = (delivery.repository.path / WEB / "rollout.yaml").read_text()
    delivery.change(*STOPPED).sync()
    canary(20)
    shell("gitops rollout undo web --stack prod", "→ Degraded, RolloutAborted")
    assert traffic.split() == {"web-stable": 100, "web-canary": 0}
    assert (delivery.repository.path / WEB / "rollout.yaml").read_text() == good
    assert delivery.sync().code == 0
    assert delivery.web()["status"]["phase"] == "Healthy"
    line = "gitops rollout undo web --stack prod --to 3 --branch back-to-3 --yes"
    past = delivery.stack.gitops("app", "history", "web", "--stack", "steered", "-o", "json").text
    shell(line.replace("--to 3", f"--to {json.loads(past)['deployments'][1]['id']}"), "to back-to-3")
    shell("gitops rollout history web --stack staging", "stable")
    line = "gitops rollout history web --stack prod -o json | jq -r '.rollouts[].versions[].commit'"
    assert delivery.repository.git("rev-parse", "HEAD~1") in shell(line, "")


def test_a_blue_green_rollout_switches_when_somebody_says_so_and_does_not_once_it_is_aborted(delivery):
    def commit(version):
        blue = {"activeService": "active", "previewService": "preview", "autoPromotionEnabled": False}
        text = rollout(version, name="blue", strategy={"blueGreen": {**blue, "scaleDownDelaySeconds": 1}})
        delivery.repository.write(f"{BLUE}/rollout.yaml", text).commit(f"blue {version}")
        delivery.up()

    def steer(verb, code=0):
        done = delivery.stack.gitops("rollout", verb, "blue", "--stack", "steered")
        assert done.code == code, done.text
        return done.text

    def active():
        return delivery.stack.live("service", "blue", "active")["spec"]["selector"][
            "rollouts-pod-template-hash"
        ]

    services = service("active", "blue") + service("preview", "blue")
    delivery.repository.write(f"{BLUE}/services.yaml", services)
    commit("1.1")
    first = active()
    assert "nothing under way" in steer("promote", code=5)
    commit("1.2")
    assert active() == first
    assert "preview" in delivery.stack.gitops("rollout", "get", "blue", "--stack", "steered").text
    assert "before it takes the traffic" in steer("promote")
    until(lambda: active() != first)
    second = active()
    commit("1.3")
    assert "→ Degraded" in steer("abort")
    assert active() == second
    assert "was aborted" in steer("promote", code=5)
    commit("1.2")
