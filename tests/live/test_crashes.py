"""Runs that die half-way: the next one converges, nothing is lost and nothing is left over."""

import os
import random
import signal
import time

import pytest

from sandbox.controlplane.clusters import restart_apiserver
from tests.git_repository import GitRepository
from tests.live.stack_project import StackProject, config_map, deployment

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    repository = GitRepository(tmp_path_factory.mktemp("crashes") / "repository")
    for index in range(8):
        folder = f"k8s/02-apps/{10 + index % 3}-crash-{index}"
        repository.write(f"{folder}/deployment.yaml", deployment(f"crash-{index}"))
        for number in range(4):
            repository.write(f"{folder}/config-{number}.yaml", config_map(f"settings-{number}", a="1"))
    repository.commit("Start")
    return repository


@pytest.fixture
def stack(tmp_path_factory, sandbox, repository):
    project = StackProject(
        tmp_path_factory.mktemp("project"),
        sandbox,
        stack="crashes",
        context="staging",
        repository=repository.url,
    )
    yield project
    assert project.destroy().code == 0
    assert project.labeled() == set()


def test_ten_kills_at_random_moments_lose_nothing_and_leave_nothing(stack, repository):
    moments = random.Random(20)  # noqa: S311 - the same moments every time
    for attempt in range(10):
        # every attempt adds one object and removes the one of the attempt before
        repository.write(f"k8s/02-apps/10-crash-0/only-{attempt}.yaml", config_map(f"only-{attempt}"))
        if attempt:
            repository.remove(f"k8s/02-apps/10-crash-0/only-{attempt - 1}.yaml")
        repository.commit(f"Attempt {attempt}")
        process = stack.start("up", "--yes", "--skip-preview", "--stack", stack.stack)
        time.sleep(moments.uniform(0.5, 4.0))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        stack.run("cancel", "--yes", "--stack", stack.stack)
    result = stack.gitops("stack", "sync", "--stack", stack.stack, "--refresh", "--quiet")
    assert result.code == 0, result.text[-3000:]
    live = {name for name in stack.labeled() if name.startswith("ConfigMap crash-0/")}
    assert live == {f"ConfigMap crash-0/{name}" for name in ("only-9", *(f"settings-{n}" for n in range(4)))}
    listed = stack.gitops("app", "list", "--stack", stack.stack, "--exit-code")
    assert listed.code == 0, listed.text
    assert stack.preview("--refresh", "--expect-no-changes").code == 0


def test_an_api_server_that_restarts_in_mid_run_is_survived(stack, sandbox):
    process = stack.start("up", "--yes", "--skip-preview", "--stack", stack.stack)
    time.sleep(2.5)
    restart_apiserver(sandbox.home, "staging")
    code = process.wait(timeout=200)
    log = (stack.folder / "background.log").read_text()
    if code:
        assert "can't be reached" in log or "connection" in log.lower(), log[-3000:]
    result = stack.up("--refresh")
    assert result.code == 0, result.text[-3000:]
    assert stack.gitops("app", "list", "--stack", stack.stack, "--exit-code").code == 0
