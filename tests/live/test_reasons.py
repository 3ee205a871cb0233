"""Workloads that never get healthy: the wave stops at the timeout, and the error says which one and why."""

import time

import pytest

from tests.git_repository import GitRepository
from tests.live.stack_project import config_map, deployed, deployment

pytestmark = pytest.mark.live

TIMEOUT = 5
FATE = "sandbox.gitops.internal/fate"
REASONS = {
    "image-pull": ("ImagePullBackOff", 'Back-off pulling image "nginx:1.27"'),
    "crash-loop": ("CrashLoopBackOff", "exit code 1"),
    "unschedulable": ("Unschedulable", "0/3 nodes are available"),
}


def sick(fate):
    """A Deployment whose pods meet a fate."""
    if fate == "unschedulable":
        return deployment("web").replace(
            "      containers:", "      nodeSelector: {no-such: node}\n      containers:"
        )
    return deployment("web").replace("      labels:", f"      annotations: {{{FATE}: {fate}}}\n      labels:")


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    repository = GitRepository(tmp_path_factory.mktemp("reasons") / "repository")
    repository.write("k8s/02-apps/10-early/config.yaml", config_map("settings"))
    repository.write("k8s/02-apps/20-web/deployment.yaml", deployment("web"))
    repository.write("k8s/02-apps/20-web/gitops.yaml", f"timeouts: {{health: {TIMEOUT}s}}\n")
    repository.commit("Healthy")
    return repository


@pytest.fixture(scope="module")
def stack(tmp_path_factory, sandbox, repository):
    folder = tmp_path_factory.mktemp("project")
    with deployed(folder, sandbox, stack="reasons", context="prod", repository=repository.url) as project:
        yield project


@pytest.mark.parametrize("fate", REASONS)
def test_a_workload_that_never_gets_healthy_stops_its_wave_and_is_named_with_the_reason(
    stack, repository, fate
):
    late = f"late-{fate}"
    repository.write("k8s/02-apps/20-web/deployment.yaml", sick(fate))
    repository.write(f"k8s/02-apps/30-{late}/config.yaml", config_map("settings"))
    repository.commit(f"Let it end in {fate}")
    began = time.monotonic()
    result = stack.up()
    assert result.code != 0
    assert TIMEOUT <= time.monotonic() - began < TIMEOUT + 30
    told = [
        event["diagnosticEvent"]["message"]
        for event in result.events
        if event.get("diagnosticEvent", {}).get("severity") == "error"
    ]
    (about,) = [message for message in told if "Deployment web/web" in message]
    assert f"after {TIMEOUT} s" in about
    for words in REASONS[fate]:
        assert words in about
    namespaces = stack.kubectl("get", "namespaces", "-o", "name").split()
    assert f"namespace/{late}" not in namespaces
    assert "namespace/early" in namespaces

    repository.write("k8s/02-apps/20-web/deployment.yaml", deployment("web")).commit("Let it do well")
    result = stack.up()
    assert result.code == 0, result.text[-2000:]
    assert f"namespace/{late}" in stack.kubectl("get", "namespaces", "-o", "name").split()


def test_a_job_whose_pod_fails_ends_its_wave_long_before_the_timeout(stack, repository):
    job = f"""
apiVersion: batch/v1
kind: Job
metadata: {{name: migrate}}
spec:
  backoffLimit: 0
  template:
    metadata: {{annotations: {{{FATE}: failed}}}}
    spec:
      restartPolicy: Never
      containers: [{{name: main, image: "migrate:1"}}]
"""
    repository.write("k8s/02-apps/20-batch/job.yaml", job).commit("A Job that fails")
    began = time.monotonic()
    result = stack.up()
    assert result.code != 0
    assert time.monotonic() - began < 40
    assert "Job batch/migrate" in result.text
    assert "BackoffLimitExceeded" in result.text
    repository.remove("k8s/02-apps/20-batch").commit("Without it")
    assert stack.up().code == 0
