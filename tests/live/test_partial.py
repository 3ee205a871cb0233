"""A broken application is left exactly as it is, and the others go on without it."""

import json

import pytest

from tests.git_repository import GitRepository
from tests.live.stack_project import StackProject, config_map, deployed, deployment

pytestmark = pytest.mark.live

KUSTOMIZATION = "resources: [config.yaml]\n"
BREAKAGES = {
    "bad YAML": ("broken.yaml", "a: 1\nb: [\n", "k8s/02-apps/web/broken.yaml:"),
    "kustomize": ("kustomization.yaml", KUSTOMIZATION + "namePrefix: [1]\n", "k8s/02-apps/web/kustom"),
    "unknown field": ("gitops.yaml", "wave: 20\nwavve: 3\n", "gitops.yaml:2: key `wavve` is not known"),
}


@pytest.fixture(scope="module")
def origin(tmp_path_factory):
    repository = GitRepository(tmp_path_factory.mktemp("partial") / "repository")
    for name in ("api", "web", "web-2"):
        repository.write(f"k8s/02-apps/{name}/config.yaml", config_map("settings", a="0"))
        repository.write(f"k8s/02-apps/{name}/deployment.yaml", deployment(name))
    repository.write("k8s/02-apps/30-late/config.yaml", config_map("settings", a="0"))
    repository.commit("Start")
    return repository


@pytest.fixture
def repository(origin):
    """The repository, which a test that fails leaves as it found it."""
    good = origin.head
    yield origin
    origin.git("reset", "--hard", "--quiet", good)
    origin.git("clean", "--force", "-d", "--quiet")


@pytest.fixture(scope="module")
def stack(tmp_path_factory, sandbox, origin):
    folder = tmp_path_factory.mktemp("project")
    with deployed(
        folder, sandbox, stack="partial", context="staging", repository=origin.url, bring_up=sync
    ) as project:
        yield project


def sync(stack, *arguments):
    return stack.gitops("stack", "sync", "--stack", stack.stack, "--quiet", *arguments)


def results(result):
    document, _ = json.JSONDecoder().raw_decode(result.text)
    return {item["name"]: item["result"] for item in document["applications"]}


def objects(stack, namespace):
    """Identity and resourceVersion of an application's objects, its namespace among them."""
    found = stack.live("configmap,deployment", namespace)["items"]
    found.append(stack.live("namespace", "", namespace) if namespace else {})
    return {
        f"{o['kind']}/{o['metadata']['name']}": (o["metadata"]["uid"], o["metadata"]["resourceVersion"])
        for o in found
        if o["metadata"]["name"] != "kube-root-ca.crt"
    }


def recorded(stack, application):
    """The state's resources of one application, by name: all but what a refresh drops where it is empty."""
    text = stack.run("stack", "export", "--stack", stack.stack).text
    resources = json.loads(text[text.index("{") :])["deployment"]["resources"]
    [own] = [r["urn"] for r in resources if r["urn"].endswith(f"gitops:index:Application::{application}")]
    for resource in resources:
        resource.pop("propertyDependencies", None)
    return {r["urn"].split("::", 3)[3]: r for r in resources if own in (r["urn"], r.get("parent"))}


@pytest.mark.parametrize("arguments", [(), ("--refresh",)], ids=["plain", "refresh"])
@pytest.mark.parametrize("breakage", BREAKAGES)
def test_the_others_get_their_change_and_the_broken_one_stays_as_it_is(
    stack, repository, breakage, arguments
):
    file, text, told = BREAKAGES[breakage]
    before, state, other = objects(stack, "web"), recorded(stack, "web"), objects(stack, "web-2")
    value = f"{breakage} {arguments}"
    repository.write(f"k8s/02-apps/web/{file}", text)
    for name in ("api", "30-late"):
        repository.write(f"k8s/02-apps/{name}/config.yaml", config_map("settings", a=value))
    repository.commit(f"Break web by {breakage}, and change two others")

    result = sync(stack, *arguments)
    assert result.code == 2, result.text[-3000:]
    assert told in result.text
    assert "→" in result.text
    assert "web: left out, and as it was" in result.text
    assert "3 applications synced" in result.text
    assert objects(stack, "web") == before
    assert recorded(stack, "web") == state
    assert objects(stack, "web-2") == other
    assert stack.live("configmap", "api", "settings")["data"] == {"a": value}
    assert stack.live("configmap", "late", "settings")["data"] == {"a": value}

    again = sync(stack, "-o", "json")
    assert again.code == 2
    assert results(again) == {"api": "Synced", "late": "Synced", "web": "LeftOut", "web-2": "Synced"}
    assert objects(stack, "web") == before

    repository.remove(f"k8s/02-apps/web/{file}").commit("Mend web")
    assert sync(stack).code == 0
    mended = objects(stack, "web")
    assert {name: uid for name, (uid, _) in mended.items()} == {
        name: uid for name, (uid, _) in before.items()
    }
    assert stack.preview("--refresh", "--expect-no-changes").code == 0


def test_a_removed_directory_is_pruned_while_another_application_is_broken(stack, repository):
    repository.write("k8s/02-apps/guest/config.yaml", config_map("settings", a="1")).commit("Add guest")
    assert sync(stack).code == 0
    before = objects(stack, "web")
    repository.write("k8s/02-apps/web/broken.yaml", "a: [\n").remove("k8s/02-apps/guest")
    repository.commit("Remove guest and break web")
    result = sync(stack)
    assert result.code == 2, result.text[-3000:]
    assert not any("guest" in name for name in stack.labeled())
    assert objects(stack, "web") == before
    repository.remove("k8s/02-apps/web/broken.yaml").commit("Mend web")
    assert sync(stack).code == 0


def test_what_depends_on_the_broken_one_waits_and_says_so(stack, repository):
    repository.write("k8s/02-apps/web/broken.yaml", "a: [\n")
    repository.write("k8s/02-apps/web-2/gitops.yaml", "dependsOn: [web]\n")
    repository.write("k8s/02-apps/30-late/gitops.yaml", "dependsOn: [web-2]\n")
    repository.commit("Break web, which others need")
    before = {name: objects(stack, name) for name in ("web", "web-2", "late")}
    result = sync(stack)
    assert result.code == 2, result.text[-3000:]
    assert "waits for 'web', which is left out" in result.text
    assert "waits for 'web-2', which is left out" in result.text
    assert {name: objects(stack, name) for name in before} == before
    for file in ("web/broken.yaml", "web-2/gitops.yaml", "30-late/gitops.yaml"):
        repository.remove(f"k8s/02-apps/{file}")
    repository.commit("Mend web, and need nobody")
    assert sync(stack).code == 0


def test_a_directory_that_was_renamed_and_broken_loses_nothing(stack, repository):
    before = objects(stack, "api")
    repository.move("k8s/02-apps/api", "k8s/02-apps/service")
    repository.write("k8s/02-apps/service/gitops.yaml", "namespace: api\nnamespase: api\n")
    repository.commit("Rename api, with a slip")
    assert sync(stack).code == 2
    assert objects(stack, "api") == before
    repository.write("k8s/02-apps/service/gitops.yaml", "namespace: api\n").commit("Mend it")
    assert sync(stack).code == 0
    assert {n: uid for n, (uid, _) in objects(stack, "api").items()} == {n: u for n, (u, _) in before.items()}
    repository.remove("k8s/02-apps/service/gitops.yaml")
    repository.move("k8s/02-apps/service", "k8s/02-apps/api").commit("Name it api again")
    assert sync(stack).code == 0


def test_two_owners_of_one_object_are_both_left_out(stack, repository):
    twin = config_map("settings").replace("  name: settings", "  name: settings\n  namespace: web")
    before = {name: objects(stack, name) for name in ("web", "api")}
    repository.write("k8s/02-apps/api/twin.yaml", twin).commit("State web's settings twice")
    result = sync(stack, "-o", "json")
    assert result.code == 2, result.text[-3000:]
    assert {name for name, told in results(result).items() if told == "LeftOut"} == {"api", "web"}
    assert {name: objects(stack, name) for name in before} == before
    repository.remove("k8s/02-apps/api/twin.yaml").commit("State it once")
    assert sync(stack).code == 0


def test_a_first_sync_works_for_the_applications_that_are_sound(tmp_path, sandbox):
    repository = GitRepository(tmp_path / "repository")
    repository.write("k8s/01-infrastructure/01-bad/x.yaml", "a: [\n")
    repository.write("k8s/02-apps/first/config.yaml", config_map("settings", a="1")).commit("Start")
    stack = StackProject(
        tmp_path / "project", sandbox, stack="first", context="staging", repository=repository.url
    )
    result = sync(stack)
    assert result.code == 2, result.text[-3000:]
    assert stack.labeled() == {"Namespace /first", "ConfigMap first/settings"}
    repository.write("k8s/01-infrastructure/01-bad/x.yaml", config_map("settings")).commit("Mend it")
    assert sync(stack).code == 0
    assert "ConfigMap bad/settings" in stack.labeled()
    assert stack.destroy().code == 0


def test_an_object_that_fails_stops_later_waves_and_nobody_beside_it(stack, repository):
    sick = deployment("api").replace("      containers:", "      nodeSelector: {no: node}\n      containers:")
    repository.write("k8s/02-apps/api/deployment.yaml", sick)
    repository.write("k8s/02-apps/api/gitops.yaml", "timeouts: {health: 3s}\n")
    refused = config_map("Not-A-Name", a="1")
    repository.write("k8s/02-apps/web/refused.yaml", refused)
    for name in ("web-2", "30-late"):
        repository.write(f"k8s/02-apps/{name}/config.yaml", config_map("settings", a="beside"))
    repository.commit("One workload fits nowhere, one object is refused")
    late = objects(stack, "late")
    result = sync(stack, "-o", "json")
    assert result.code == 4, result.text[-3000:]
    assert results(result) == {"api": "Failed", "web": "Failed", "web-2": "Synced", "late": "Waiting"}
    assert "k8s/02-apps/web/refused.yaml" in result.text
    assert "nschedulable" in result.text or "node selector" in result.text
    assert "stderr:" not in result.text
    assert stack.live("configmap", "web-2", "settings")["data"] == {"a": "beside"}
    assert objects(stack, "late") == late
    repository.write("k8s/02-apps/api/deployment.yaml", deployment("api"))
    repository.remove("k8s/02-apps/web/refused.yaml").commit("Mend both")
    result = sync(stack)
    assert result.code == 0, result.text[-3000:]
    assert stack.live("configmap", "late", "settings")["data"] == {"a": "beside"}
