"""Every mistake in Git or configuration: a non-zero exit, a message that helps, an untouched cluster."""

import re

import pytest

from tests.git_repository import GitRepository
from tests.live.stack_project import StackProject, config_map, deployment

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    repository = GitRepository(tmp_path_factory.mktemp("mistakes") / "repository")
    for name in ("good", "other"):
        repository.write(f"k8s/02-apps/{name}/config.yaml", config_map("settings", a="1"))
    repository.commit("Good")
    return repository


@pytest.fixture(scope="module")
def stack(tmp_path_factory, sandbox, repository):
    project = StackProject(
        tmp_path_factory.mktemp("project"),
        sandbox,
        stack="mistakes",
        context="staging",
        repository=repository.url,
    )
    assert project.up().code == 0
    yield project
    project.configure(repository=repository.url, revision="main", context="staging")
    assert project.destroy().code == 0


def snapshot(stack):
    return [
        (o["metadata"]["namespace"], o["metadata"]["resourceVersion"])
        for o in stack.live("configmap")["items"]
        if o["metadata"]["namespace"] in {"good", "other"}
    ]


def test_all_mistakes_in_the_repository_are_told_at_once_and_nothing_is_touched(stack, repository):
    before = snapshot(stack)
    good = repository.head
    repository.write("k8s/02-apps/good/config.yaml", config_map("settings", a="2"))
    repository.write("k8s/02-apps/broken/x.yaml", "a: 1\nb: [\n")
    repository.write("k8s/02-apps/typo/gitops.yaml", "wave: 20\nwavve: 3\n")
    repository.write("k8s/02-apps/typo/x.yaml", config_map("x"))
    repository.write(
        "k8s/02-apps/twin/x.yaml",
        config_map("settings").replace("  name: settings", "  name: settings\n  namespace: good"),
    )
    repository.write("k8s/02-apps/left/x.yaml", config_map("x"))
    repository.write("k8s/02-apps/left/gitops.yaml", "dependsOn: [right]\n")
    repository.write("k8s/02-apps/right/x.yaml", config_map("x"))
    repository.write("k8s/02-apps/right/gitops.yaml", "dependsOn: [left]\n")
    repository.write("k8s/02-apps/empty/README.md", "nothing here")
    repository.commit("Many mistakes")
    result = stack.up()
    assert result.code != 0
    for expected in (
        "k8s/02-apps/broken/x.yaml:",
        "k8s/02-apps/typo/gitops.yaml:2: key `wavve` is not known",
        "is already stated at k8s/02-apps/",
        "left → right → left",
        "k8s/02-apps/empty: states no objects at all",
        "the cluster was not touched",
    ):
        assert expected in result.text, (expected, result.text[-3000:])
    assert result.text.count("→") >= 5
    assert snapshot(stack) == before
    repository.git("reset", "--hard", "--quiet", good)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"repository": "/nowhere/at/all.git"}, "repository file:///nowhere/at/all.git can't be read"),
        ({"revision": "no-such-branch"}, "has no revision 'no-such-branch'"),
        ({"context": "no-such-context"}, "no-such-context"),
        ({"revision": "--upload-pack=touch"}, "is not a branch, tag or commit id"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_wrong_setting_is_named_and_nothing_is_touched(stack, change, expected):
    before = snapshot(stack)
    good = dict(stack.values)
    stack.configure(**change)
    result = stack.up()
    stack.values.clear()
    stack.configure(**good)
    assert result.code != 0
    assert expected in result.text, result.text[-2000:]
    assert "→" in result.text
    assert snapshot(stack) == before


def test_a_dead_cluster_is_named_by_its_address(stack, tmp_path):
    dead = tmp_path / "kubeconfig"
    dead.write_text(
        """
apiVersion: v1
kind: Config
clusters: [{name: dead, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: dead, user: {token: t}}]
contexts: [{name: dead, context: {cluster: dead, user: dead}}]
"""
    )
    good = dict(stack.values)
    stack.configure(kubeconfig=str(dead), context="dead")
    result = stack.up()
    stack.values.clear()
    stack.configure(**good)
    assert result.code != 0
    assert "https://127.0.0.1:1" in result.text
    assert "→" in result.text


def test_a_workload_that_never_becomes_healthy_stops_its_wave_and_says_why(stack, repository):
    sick = deployment("sick").replace(
        "      containers:", "      nodeSelector: {no-such: node}\n      containers:"
    )
    repository.write("k8s/02-apps/sick/deployment.yaml", sick)
    repository.write("k8s/02-apps/sick/gitops.yaml", "wave: 21\ntimeouts: {health: 4s}\n")
    repository.write("k8s/02-apps/30-late/config.yaml", config_map("late"))
    repository.commit("Add a workload that fits nowhere")
    result = stack.up()
    assert result.code != 0
    assert "sick" in result.text
    assert "nschedulable" in result.text or "node selector" in result.text, result.text[-3000:]
    namespaces = stack.kubectl("get", "namespaces", "-o", "name")
    assert "namespace/late" not in namespaces
    assert "namespace/good" in namespaces
    repository.write("k8s/02-apps/sick/deployment.yaml", deployment("sick")).commit("Let it fit")
    result = stack.up()
    assert result.code == 0, result.text[-3000:]
    assert "namespace/late" in stack.kubectl("get", "namespaces", "-o", "name")


def test_deleting_most_of_a_stack_needs_a_word(stack, repository):
    for index in range(12):
        repository.write(f"k8s/02-apps/good/many-{index}.yaml", config_map(f"many-{index}"))
    repository.commit("Many objects")
    assert stack.up().code == 0
    before = stack.labeled()
    for index in range(12):
        repository.remove(f"k8s/02-apps/good/many-{index}.yaml")
    repository.remove("k8s/02-apps/sick").remove("k8s/02-apps/30-late")
    repository.commit("Remove most of it")
    stack.configure(deleteLimit=50)
    words = set()
    for refused in (stack.up(), stack.gitops("stack", "sync", "--stack", stack.stack)):
        assert refused.code != 0
        assert "gitops:deleteLimit" in refused.text
        assert "ConfigMap good/many-0" in refused.text
        words.add(re.search(r"GITOPS_ALLOW_DELETES=([0-9a-f]{12})", refused.text)[1])
        assert stack.labeled() == before
    [word] = words  # both refuse the same deletion
    assert "was for another deletion" in stack.up(GITOPS_ALLOW_DELETES="1").text
    allowed = stack.up(GITOPS_ALLOW_DELETES=word)
    assert allowed.code == 0, allowed.text[-2000:]
    stack.configure(deleteLimit=100)
    assert len(stack.labeled()) < len(before)
