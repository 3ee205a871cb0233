"""A sync of one application touches exactly that one, in the cluster and in the engine's state."""

import json

import pytest

from tests.git_repository import GitRepository
from tests.live.stack_project import config_map, deployed, deployment

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    repository = GitRepository(tmp_path_factory.mktemp("selected") / "repository")
    repository.write("k8s/01-infrastructure/pick-base/x.yaml", config_map("x", a="1"))
    for name in ("pick", "pick-2"):
        repository.write(f"k8s/02-apps/{name}/x.yaml", config_map("x", a="1"))
        repository.write(f"k8s/02-apps/{name}/old.yaml", config_map("old", a="1"))
        repository.write(f"k8s/02-apps/{name}/web.yaml", deployment("web"))
    repository.commit("Start")
    return repository


@pytest.fixture(scope="module")
def stack(tmp_path_factory, sandbox, repository):
    with deployed(
        tmp_path_factory.mktemp("project"),
        sandbox,
        stack="pick",
        context="staging",
        repository=repository.url,
    ) as project:
        yield project


def sync(stack, *words, code=0):
    done = stack.gitops("app", "sync", *words, "--stack", "pick", "--quiet")
    assert done.code == code, done.text
    return done.text


def value(stack, namespace, name="x"):
    return stack.live("configmap", namespace, name)["data"]["a"]


def names(stack, namespace):
    return {o["metadata"]["name"] for o in stack.live("configmap", namespace)["items"]} - {"kube-root-ca.crt"}


def state(stack, *namespaces):
    """The state's resources, those of some namespaces left out."""
    text = stack.run("stack", "export", "--stack", "pick").text
    resources = json.loads(text[text.index("{") :])["deployment"]["resources"]
    for item in resources:
        item.pop("modified", None)
        item.pop("propertyDependencies", None)  # which is dropped where it is empty
    return {
        item["urn"]: item
        for item in resources
        if not any(f":{n}/" in item["urn"] or item["urn"].endswith(f":{n}") for n in namespaces)
        and not item["urn"].endswith(("::gitops-pick", "::cluster", "::platform"))
    }


def test_only_the_application_that_is_named_changes(stack, repository):
    for name in ("pick", "pick-2"):
        repository.write(f"k8s/02-apps/{name}/x.yaml", config_map("x", a="2"))
        stack.kubectl("-n", name, "scale", "deployment/web", "--replicas=3")
    repository.write("k8s/02-apps/pick/new.yaml", config_map("new", a="1"))
    head = repository.commit("Change both")
    before = state(stack, "pick")
    outputs = stack.outputs()

    document, _ = json.JSONDecoder().raw_decode(sync(stack, "pick", "-o", "json"))

    assert [item["name"] for item in document["applications"]] == ["pick"]
    assert document["revision"] == head
    assert (value(stack, "pick"), value(stack, "pick-2")) == ("2", "1")
    assert names(stack, "pick") == {"x", "old", "new"}
    replicas = [stack.live("deployment", name, "web")["spec"]["replicas"] for name in ("pick", "pick-2")]
    assert replicas == [1, 3]
    assert state(stack, "pick") == before
    assert {item["name"] for item in stack.outputs()["applications"]} == {
        item["name"] for item in outputs["applications"]
    }
    history = json.loads(stack.gitops("stack", "history", "--stack", "pick", "-o", "json").text)
    assert history["deployments"][0]["applications"] == ["pick"]


def test_a_new_application_comes_alone(stack, repository):
    for name in ("pick-3", "pick-4"):
        repository.write(f"k8s/02-apps/{name}/x.yaml", config_map("x", a="1"))
    repository.commit("Two more")
    sync(stack, "pick-3")
    assert value(stack, "pick-3") == "1"
    assert "pick-4" not in {o["metadata"]["name"] for o in stack.live("namespace")["items"]}


def test_what_left_git_goes_only_when_that_is_asked_for(stack, repository):
    for name in ("pick", "pick-2"):
        repository.remove(f"k8s/02-apps/{name}/old.yaml")
    repository.write("k8s/01-infrastructure/pick-base/new.yaml", config_map("new", a="1"))
    repository.commit("Take old away")

    sync(stack, "pick-base")  # which everything waits for, also what is in no plan any more
    assert names(stack, "pick-base") == {"x", "new"}
    assert all("old" in names(stack, name) for name in ("pick", "pick-2"))
    assert "ConfigMap pick/old lives, but is no longer in Git, and stays" in sync(stack, "pick")
    assert "old" in names(stack, "pick")
    sync(stack, "pick", "--prune")
    assert names(stack, "pick") == {"x", "new"}
    assert "old" in names(stack, "pick-2")


def test_single_objects_are_synced_alone_and_a_dry_run_changes_nothing(stack):
    for name in ("x", "new"):
        stack.kubectl("-n", "pick", "patch", "configmap", name, "--type=merge", "-p", '{"data":{"a":"hand"}}')

    told = sync(stack, "pick", "--resource", "ConfigMap:x", "--dry-run")
    assert ("ConfigMap pick/x" in told, "pick/new" in told) == (True, False)
    assert value(stack, "pick") == "hand"
    sync(stack, "pick", "--resource", "ConfigMap:x")
    assert (value(stack, "pick"), value(stack, "pick", "new")) == ("2", "hand")
    sync(stack, "pick", "--wait", "--timeout", "60s")
    assert value(stack, "pick", "new") == "1"


def test_what_is_not_there_is_told(stack):
    assert "no application nobody" in sync(stack, "nobody", code=6)
    assert "none of these applications has configmap:nothing" in sync(
        stack, "pick", "--resource", "ConfigMap:nothing", code=6
    )
    sync(stack, code=2)


def test_a_whole_sync_afterwards_brings_the_rest_and_then_nothing(stack):
    assert stack.gitops("stack", "sync", "--stack", "pick", "--refresh", "--quiet").code == 0
    assert (value(stack, "pick-2"), value(stack, "pick-4")) == ("2", "1")
    assert stack.preview("--refresh", "--expect-no-changes").code == 0
