"""The history of a live stack: who deployed what, and why it failed."""

import json

import pytest

from tests.git_repository import GitRepository
from tests.live.stack_project import config_map, deployed

pytestmark = pytest.mark.live


def deployments(project, *words):
    told = project.gitops(*words, "--stack", project.stack, "-o", "json")
    assert told.code == 0, told.text
    return json.loads(told.text)["deployments"]


def test_every_deployment_is_told_with_its_commit_applications_and_end(tmp_path, sandbox):
    repository = GitRepository(tmp_path / "repository")
    for name in ("one", "two"):
        repository.write(f"k8s/02-apps/past-{name}/x.yaml", config_map("x", a="1"))
    first = repository.commit("Start")
    with deployed(
        tmp_path / "p",
        sandbox,
        stack="past",
        context="staging",
        repository=repository.url,
        bring_up=lambda project: project.gitops("stack", "sync", "--stack", "past"),
    ) as project:
        second = repository.write("k8s/02-apps/past-two/x.yaml", config_map("x", a="2")).commit("Change two")
        assert project.gitops("stack", "sync", "--stack", "past").code == 0
        assert project.up("--message", "by hand").code == 0
        repository.write("k8s/02-apps/past-two/x.yaml", config_map("x", **{"a/b": "2"})).commit("Break two")
        assert project.gitops("stack", "sync", "--stack", "past").code == 4

        failed, by_hand, changed, created = deployments(project, "stack", "history")[:4]

        assert [created["revision"], changed["revision"]] == [first, second]
        assert [created["applications"], changed["applications"]] == [["past-one", "past-two"], ["past-two"]]
        assert (created["outcome"], changed["outcome"]) == ("Succeeded", "Succeeded")
        assert changed["changes"]["update"] >= 1
        assert "@" in changed["by"]
        assert (by_hand["message"], by_hand["applications"], by_hand["revision"]) == ("by hand", None, "")
        assert failed["outcome"] == "Failed"
        assert "a/b" in failed["reason"], failed
        one, two = (deployments(project, "app", "history", f"past-{name}") for name in ("one", "two"))
        assert one[0] == created
        assert two[:3] == [failed, changed, created]
        repository.git("reset", "--hard", "--quiet", second)
