"""The loop on a real cluster with the real engine: what it follows, what it heals, and what it leaves alone."""

import json
import os
import signal
import time

import pytest

from tests.git_repository import GitRepository
from tests.live.stack_project import StackProject, config_map, deployment
from tests.live.watching import Loop, until

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    repository = GitRepository(tmp_path_factory.mktemp("watch") / "repository")
    for name in ("api", "web"):
        repository.write(f"k8s/02-apps/{name}/config.yaml", config_map("settings", a="0"))
        repository.write(f"k8s/02-apps/{name}/deployment.yaml", deployment(name))
    repository.write("k8s/02-apps/loose/gitops.yaml", "selfHeal: false\n")
    repository.write("k8s/02-apps/loose/config.yaml", config_map("settings", a="0"))
    repository.write("k8s/02-apps/30-late/config.yaml", config_map("settings", a="0"))
    repository.commit("Start")
    return repository


@pytest.fixture(scope="module")
def stack(tmp_path_factory, sandbox, repository):
    return StackProject(
        tmp_path_factory.mktemp("project"),
        sandbox,
        stack="watched",
        context="staging",
        repository=repository.url,
    )


@pytest.fixture
def loop(stack):
    loop = Loop(stack, "--clear-stale-locks")
    until(lambda: loop.told("sync ended"), 90, loop)
    until(lambda: stack.live("configmap", "late", "settings"), 10, loop)
    time.sleep(1)
    yield loop
    if loop.process.poll() is None:
        assert loop.end() == 0


def data(stack, namespace):
    return stack.live("configmap", namespace, "settings")["data"]


def test_changes_by_hand_are_reverted_and_the_engine_sees_no_difference_afterwards(stack, loop):
    stack.kubectl("-n", "web", "scale", "deployment", "web", "--replicas", "3")
    stack.kubectl(
        "-n", "web", "patch", "configmap", "settings", "--type", "merge", "-p", '{"data": {"a": "by hand"}}'
    )
    stack.kubectl("-n", "api", "delete", "configmap", "settings")
    stack.kubectl("-n", "api", "label", "deployment", "api", "gitops.internal/stack-")
    until(lambda: len({line["object"] for line in loop.told("healed")}) == 4, 10, loop)
    assert data(stack, "web") == data(stack, "api") == {"a": "0"}
    assert stack.live("deployment", "web", "web")["spec"]["replicas"] == 1
    assert {line["object"]: line.get("by", "") for line in loop.told("healed")} == {
        "Deployment web/web": "kubectl",
        "ConfigMap web/settings": "kubectl-patch",
        "ConfigMap api/settings": "",
        "Deployment api/api": "",
    }
    assert max(line["seconds"] for line in loop.told("healed")) < 2
    assert loop.end() == 0
    result = stack.run("preview", "--refresh", "--expect-no-changes", "--stack", stack.stack)
    assert result.code == 0, result.text[-3000:]


def test_a_container_added_by_hand_goes_again(stack, loop):
    patch = [
        {"op": "add", "path": "/spec/template/spec/containers/-", "value": {"name": "extra", "image": "x:1"}}
    ]
    stack.kubectl("-n", "web", "patch", "deployment", "web", "--type", "json", "-p", json.dumps(patch))
    until(lambda: loop.told("healed", object="Deployment web/web"), 10, loop)
    pods = stack.live("deployment", "web", "web")["spec"]["template"]["spec"]
    assert [item["name"] for item in pods["containers"]] == ["main"]


def test_what_is_not_to_be_healed_stays_until_it_is_no_longer_held(stack, loop):
    for name in ("loose", "web"):
        stack.kubectl("-n", name, "get", "configmap", "settings")
    stack.configure(paused=["web"])
    until(lambda: loop.told("held", application="web"), 15, loop)
    for name in ("loose", "web"):
        stack.kubectl(
            "-n", name, "patch", "configmap", "settings", "--type", "merge", "-p", '{"data": {"a": "mine"}}'
        )
    time.sleep(2)
    assert data(stack, "loose") == data(stack, "web") == {"a": "mine"}
    stack.configure(paused=[])
    until(lambda: data(stack, "web") == {"a": "0"}, 20, loop)
    assert data(stack, "loose") == {"a": "mine"}
    stack.kubectl(
        "-n", "loose", "patch", "configmap", "settings", "--type", "merge", "-p", '{"data": {"a": "0"}}'
    )


def test_a_commit_goes_to_its_application_alone_and_a_new_object_comes_and_goes(stack, loop, repository):
    before = stack.live("deployment", "api", "api")["metadata"]["resourceVersion"]
    repository.write("k8s/02-apps/web/config.yaml", config_map("settings", a="1")).commit("Change web")
    until(lambda: data(stack, "web") == {"a": "1"}, 20, loop)
    assert loop.told("sync begins")[-1]["applications"] == 1
    assert loop.told("sync begins")[-1]["application"] == "web"
    assert stack.live("deployment", "api", "api")["metadata"]["resourceVersion"] == before
    repository.write("k8s/02-apps/web/more.yaml", config_map("more", b="1")).commit("Add to web")
    until(lambda: "ConfigMap web/more" in stack.labeled(), 20, loop)
    repository.remove("k8s/02-apps/web/more.yaml").commit("Take from web")
    until(lambda: "ConfigMap web/more" not in stack.labeled(), 20, loop)
    until(lambda: loop.told("sync ended", revision=repository.head), 20, loop)
    assert loop.end() == 0
    result = stack.run("preview", "--refresh", "--expect-no-changes", "--stack", stack.stack)
    assert result.code == 0, result.text[-3000:]


def test_a_broken_commit_and_a_repository_that_is_away_leave_everything_and_the_next_commit_goes_on(
    stack, loop, repository
):
    before = stack.labeled()
    repository.write("k8s/02-apps/web/bad.yaml", "a: [\n").commit("Break web")
    until(lambda: loop.told("left out", application="web"), 20, loop)
    away = repository.path.with_name("away")
    repository.path.rename(away)
    until(lambda: [line for line in loop.told() if line["level"] == "error"], 20, loop)
    stack.kubectl(
        "-n", "api", "patch", "configmap", "settings", "--type", "merge", "-p", '{"data": {"a": "by hand"}}'
    )
    until(lambda: data(stack, "api") == {"a": "0"}, 10, loop)
    assert stack.labeled() == before
    away.rename(repository.path)
    repository.remove("k8s/02-apps/web/bad.yaml").commit("Mend web")
    until(lambda: loop.told("sync ended", revision=repository.head), 40, loop)


def test_a_state_that_is_away_is_told_and_nothing_is_made_in_its_place(stack, loop, repository, sandbox):
    away = sandbox.home.state.with_name("state-away")
    sandbox.home.state.rename(away)
    try:
        repository.write("k8s/02-apps/web/config.yaml", config_map("settings", a="7")).commit("Change web")
        until(lambda: [line for line in loop.told() if line["level"] == "error"], 30, loop)
        assert not sandbox.home.state.exists()
    finally:
        away.rename(sandbox.home.state)
    until(lambda: loop.told("sync ended", revision=repository.head), 40, loop)
    assert data(stack, "web") == {"a": "7"}


def test_a_manager_that_keeps_writing_what_is_healed_is_named_and_waited_for(stack, loop):
    patch = [
        "-n",
        "late",
        "patch",
        "configmap",
        "settings",
        "--field-manager",
        "rival",
        "--type",
        "merge",
        "-p",
    ]
    for number in range(3):
        stack.kubectl(*patch, f'{{"data": {{"a": "rival {number}"}}}}')
        until(lambda number=number: len(loop.told("healed")) > number, 20, loop)
    stack.kubectl(*patch, '{"data": {"a": "rival"}}')
    until(lambda: loop.told("rival keeps changing what is healed"), 5, loop)
    (told,) = loop.told("rival keeps changing what is healed")
    assert (told["object"], told["what"]) == ("ConfigMap late/settings", "data.a")
    assert told["again_in"] > 10


def test_a_loop_that_was_killed_in_a_sync_clears_its_own_lock_and_goes_on(stack, loop, repository):
    repository.write("k8s/02-apps/30-late/config.yaml", config_map("settings", a="2"))
    repository.write("k8s/02-apps/30-late/more.yaml", config_map("more", a="2")).commit("Change late")
    until(lambda: loop.told("sync begins", revision=repository.head), 20, loop)
    time.sleep(0.8)
    os.killpg(loop.process.pid, signal.SIGKILL)
    loop.process.wait()
    loop.start()
    until(lambda: loop.told("sync ended", revision=repository.head), 60, loop)
    assert data(stack, "late") == {"a": "2"}


def test_what_is_destroyed_stays_destroyed(stack, loop):
    assert stack.destroy().code == 0
    until(lambda: loop.told("the stack was destroyed"), 20, loop)
    time.sleep(2)
    assert stack.labeled() == set()
    assert stack.up().code == 0
    until(
        lambda: loop.told("sync ended")[-1]["time"] > loop.told("the stack was destroyed")[0]["time"],
        30,
        loop,
    )
    stack.kubectl("-n", "api", "delete", "configmap", "settings")
    until(lambda: loop.told("healed", object="ConfigMap api/settings"), 20, loop)
    assert loop.end() == 0
    assert stack.destroy().code == 0
    assert stack.labeled() == set()
