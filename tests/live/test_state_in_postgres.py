"""The engine's state in a database instead of files: whatever this project keeps there is there too."""

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.git_repository import GitRepository
from tests.live.postgres import postgres
from tests.live.stack_project import StackProject, config_map, deployment, elsewhere
from tests.live.watching import until

pytestmark = pytest.mark.live

STAGING, PROD = "pg-staging", "pg-prod"


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    repository = GitRepository(tmp_path_factory.mktemp("database") / "repository")
    repository.write("k8s/02-apps/base/x.yaml", config_map("x", a="1")).commit("Start")
    return repository


@pytest.fixture(scope="module")
def stacks(tmp_path_factory, sandbox, repository):
    """Two stacks of one project on two clusters, with nothing of theirs in the sandbox's state folder."""
    folder = tmp_path_factory.mktemp("project")
    with postgres() as url:
        own, found = elsewhere(sandbox, PULUMI_BACKEND_URL=url), []
        for stack, context, more in (
            (STAGING, "staging", {}),
            (PROD, "prod", {"promotesFrom": STAGING, "approval": True}),
        ):
            project = StackProject(
                folder, own, stack=stack, context=context, repository=repository.url, **more
            )
            found.append(project)
        yield found
        for project in found:
            assert project.destroy().code == 0
            assert project.labeled() == set()
    assert not list(sandbox.home.state.rglob("pg-*"))


def sync(project, *words):
    return project.gitops("stack", "sync", "--stack", project.stack, "--quiet", *words)


def background(project, *words):
    command = [sys.executable, "-m", "gitops.cli.main", "--project", str(project.folder), *words]
    with (project.folder / f"{project.stack}.log").open("wb") as log:
        return subprocess.Popen(
            command, env=project.environment, stdout=log, stderr=log, start_new_session=True
        )


def test_stacks_are_synced_side_by_side_one_that_fails_hinders_no_other_and_history_tells_why(
    stacks, repository
):
    staging, prod = stacks
    prod.configure(context="nowhere")
    with ThreadPoolExecutor(2) as pool:
        good, bad = pool.map(sync, stacks)
    assert good.code == 0, good.text
    assert bad.code != 0
    assert "nowhere" in bad.text
    prod.configure(context="prod")
    listed = json.loads(staging.gitops("stack", "list", "-o", "json").text)["stacks"]
    assert {s["name"]: s["sync"] for s in listed} == {STAGING: "Synced", PROD: "OutOfSync"}

    wrong = repository.write("k8s/02-apps/base/bad.yaml", config_map("Bad_Name")).commit("Wrong")
    assert sync(staging).code == 4
    repository.remove("k8s/02-apps/base/bad.yaml").commit("Right")
    assert sync(staging).code == 0
    past = json.loads(staging.gitops("stack", "history", "--stack", STAGING, "-o", "json").text)[
        "deployments"
    ]
    assert [one["outcome"] for one in past] == ["Succeeded", "Failed", "Succeeded"]
    assert past[1]["revision"] == wrong
    assert "Bad_Name" in past[1]["reason"]
    assert staging.gitops("stack", "drift", "--stack", STAGING).code == 0


def test_a_promotion_notes_what_it_does_and_an_approval_there(stacks):
    _, prod = stacks
    refused = prod.gitops("promote", PROD, "--yes")
    assert (refused.code, "nobody has approved" in refused.text) == (5, True)
    assert prod.gitops("approve", PROD, "--yes").code == 0
    assert "gitops:approval" in prod.run("stack", "tag", "ls", "--stack", PROD).text
    promoted = prod.gitops("promote", PROD, "--yes")
    assert promoted.code == 0, promoted.text
    assert prod.live("configmap", "base", "x")["data"] == {"a": "1"}
    assert "gitops:promotion" not in prod.run("stack", "tag", "ls", "--stack", PROD).text


def test_the_loop_heals_and_says_what_it_does_not_see(stacks):
    staging, _ = stacks
    loop = background(staging, "watch", "--stack", STAGING)
    value = lambda: staging.live("configmap", "base", "x")["data"]["a"]  # noqa: E731 - asked again and again
    try:
        until(lambda: "sync ended" in log(staging), 40)
        staging.kubectl("patch", "-n", "base", "configmap", "x", "-p", '{"data": {"a": "by hand"}}')
        until(lambda: value() == "1", 40)
        assert "another's run is not seen before the engine's lock stops ours" in log(staging)
    finally:
        loop.send_signal(signal.SIGTERM)
        assert loop.wait(timeout=60) == 0, log(staging)


def log(project):
    return (project.folder / f"{project.stack}.log").read_text()


def test_a_run_that_holds_the_stack_is_named_and_one_that_was_killed_is_passed_by_a_rebuild(
    stacks, repository
):
    staging, _ = stacks
    waits = deployment("waits").replace(
        "      containers:", "      nodeSelector: {no: where}\n      containers:"
    )
    repository.write("k8s/02-apps/base/waits.yaml", waits).commit("It waits")
    running = background(staging, "stack", "sync", "--stack", STAGING)
    until(lambda: "waits" in staging.kubectl("get", "deployments", "-A", "-o", "name"), 40)
    refused = sync(staging)
    assert refused.code == 8, refused.text
    assert f"another run holds the lock of stack '{STAGING}': " in refused.text
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    left = sync(staging)
    assert (left.code, "is left over from a run that was killed" in left.text) == (8, True), left.text

    repository.remove("k8s/02-apps/base/waits.yaml").commit("Not any more")
    rebuilt = staging.gitops("rebuild", STAGING, "--yes", "--quiet")
    assert rebuilt.code == 0, rebuilt.text
    assert "clearing the lock of a run that was killed" in rebuilt.text
    assert "nothing differs" in rebuilt.text
