"""An application of which a new revision fails goes back by itself, is held there, and a commit lifts that."""

import json

import pytest

from tests.git_repository import GitRepository
from tests.live.stack_project import config_map, deployed, deployment
from tests.live.watching import Loop, until

pytestmark = pytest.mark.live

NOWHERE = ("      containers:", "      nodeSelector: {no-such: node}\n      containers:")


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    repository = GitRepository(tmp_path_factory.mktemp("falling") / "repository")
    repository.write("k8s/02-apps/fall/gitops.yaml", "rollbackOnFailure: true\ntimeouts: {health: 3s}\n")
    for path in ("beside", "30-late"):
        repository.write(f"k8s/02-apps/{path}/gitops.yaml", "namespace: fall\n")
    change(repository, "1")
    return repository


@pytest.fixture(scope="module")
def stack(tmp_path_factory, sandbox, repository):
    with deployed(
        tmp_path_factory.mktemp("project"),
        sandbox,
        stack="falling",
        context="staging",
        repository=repository.url,
        bring_up=lambda project: project.gitops("stack", "sync", "--stack", "falling", "--quiet"),
    ) as project:
        yield project


def change(repository, value, *, bad=False):
    """A commit that changes every application; the bad one has a Deployment that no node takes, and a new object."""
    for path, name in (("fall", "fall"), ("beside", "beside"), ("30-late", "late")):
        repository.write(f"k8s/02-apps/{path}/config.yaml", config_map(name, a=value))
    web = deployment("web", image=f"nginx:1.{value}")
    repository.write("k8s/02-apps/fall/web.yaml", web.replace(*NOWHERE) if bad else web)
    if bad:
        repository.write("k8s/02-apps/fall/extra.yaml", config_map("extra", a=value))
    elif (repository.path / "k8s/02-apps/fall/extra.yaml").exists():
        repository.remove("k8s/02-apps/fall/extra.yaml")
    return repository.commit(f"Change everything to {value}")


def values(stack):
    found = stack.live("configmap", "fall")["items"]
    return {
        o["metadata"]["name"]: o["data"]["a"] for o in found if o["metadata"]["name"] != "kube-root-ca.crt"
    }


def image(stack):
    pod = stack.live("deployment", "fall", "web")["spec"]["template"]["spec"]
    assert "nodeSelector" not in pod
    return pod["containers"][0]["image"]


def held(stack):
    document = json.loads(stack.gitops("app", "get", "fall", "--stack", "falling", "-o", "json").text)
    return document["applications"][0]["held"]


def test_what_fails_goes_back_alone_and_is_held_until_a_commit_mends_it(stack, repository):
    good = repository.head
    bad = change(repository, "2", bad=True)

    done = stack.gitops("stack", "sync", "--stack", "falling", "--quiet")

    assert done.code == 4, done.text
    assert f"it went back to {good[:12]}" in done.text, done.text
    assert values(stack) == {"fall": "1", "beside": "2", "late": "1"}
    assert image(stack) == "nginx:1.1"
    assert f"it went back from {bad[:12]} to {good[:12]}" in held(stack)

    again = stack.gitops("stack", "sync", "--stack", "falling", "--quiet")
    assert again.code == 5, again.text
    assert values(stack) == {"fall": "1", "beside": "2", "late": "2"}

    mended = change(repository, "3")
    done = stack.gitops("stack", "sync", "--stack", "falling", "--quiet")
    assert done.code == 0, done.text
    assert values(stack) == dict.fromkeys(("fall", "beside", "late"), "3")
    assert held(stack) == ""
    past = json.loads(stack.gitops("stack", "history", "--stack", "falling", "-o", "json").text)[
        "deployments"
    ]
    assert [item["revision"] for item in past[:4]] == [mended, bad, good, bad]
    assert (past[2]["outcome"], past[3]["outcome"]) == ("Succeeded", "Failed")


def test_the_loop_takes_it_back_once_and_begins_nothing_more_of_that_commit(stack, repository):
    loop = Loop(stack)
    until(lambda: loop.told("sync ended"), 60, loop)
    bad = change(repository, "4", bad=True)
    until(lambda: loop.told("rolled back"), 60, loop)
    assert bad[:12] in loop.told("rolled back")[0]["why"]
    until(lambda: len(loop.told("sync ended")) == 2, 10, loop)
    stack.kubectl("-n", "fall", "delete", "configmap", "beside")
    until(lambda: values(stack).get("beside"), 15, loop)
    assert values(stack) == {"fall": "3", "beside": "4", "late": "3"}
    assert image(stack) == "nginx:1.3"
    assert len(loop.told("sync begins")) == 2
    change(repository, "5")
    until(lambda: values(stack).get("late") == "5", 60, loop)
    assert values(stack) == dict.fromkeys(("fall", "beside", "late"), "5")
    assert loop.end() == 0
