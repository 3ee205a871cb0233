"""Hooks and the order around them, on a real engine and a real API server."""

from datetime import datetime

import pytest

from tests.git_repository import GitRepository
from tests.live.stack_project import StackProject, config_map, deployment

pytestmark = pytest.mark.live

HOOK, POLICY, WAVE = (f"argocd.argoproj.io/{name}" for name in ("hook", "hook-delete-policy", "sync-wave"))
APP = "k8s/02-apps/shop"


def job(name, *, fate="", deadline=0, **annotations):
    """A Job that ends well at once; with `fate` and `deadline`, one that fails then."""
    notes = "".join(f'\n    {key}: "{value}"' for key, value in annotations.items())
    named = f"generateName: {name}" if name.endswith("-") else f"name: {name}"
    pod = f"\n      annotations: {{sandbox.gitops.internal/fate: {fate}}}" if fate else ""
    return f"""
apiVersion: batch/v1
kind: Job
metadata:
  {named}
  annotations:{notes}
spec:
  backoffLimit: 0{
        f'''
  activeDeadlineSeconds: {deadline}'''
        if deadline
        else ""
    }
  template:
    metadata:
      labels: {{job: {name}x}}{pod}
    spec:
      restartPolicy: Never
      containers: [{{name: main, image: busybox:1.37}}]
"""


def hook(name, phase, **more):
    return job(name, **{HOOK: phase}, **more)


@pytest.fixture
def repository(tmp_path):
    repository = GitRepository(tmp_path / "repository")
    repository.write(f"{APP}/deployment.yaml", deployment("web"))
    repository.write(f"{APP}/config.yaml", config_map("settings", a="1"))
    return repository


@pytest.fixture
def stack(tmp_path, sandbox, repository, request):
    name = f"hooks-{request.node.name[5:35].strip('_').replace('_', '-')}".rstrip("-")
    project = StackProject(
        tmp_path / "project", sandbox, stack=name, context="staging", repository=repository.url
    )
    yield project
    result = project.run("destroy", "--yes", "--skip-preview", "--run-program", "--stack", name)
    assert result.code == 0, result.text[-3000:]


def made(stack, kind="job", namespace="shop"):
    """Name to creation time and uid of what lives."""
    return {
        item["metadata"]["name"]: (
            datetime.fromisoformat(item["metadata"]["creationTimestamp"]),
            item["metadata"]["uid"],
        )
        for item in stack.live(kind, namespace)["items"]
    }


def succeeded(result):
    assert result.code == 0, result.text[-4000:]
    return result


def begins_after(result, later, earlier):
    """Whether the engine began one step only when it had ended another."""

    def at(kind, name):
        return next(
            event["sequence"]
            for event in result.events
            if kind in event and event[kind]["metadata"]["urn"].endswith(f"::{name}")
        )

    return at("resourcePreEvent", later) > at("resOutputsEvent", earlier)


def test_phases_surround_the_application_and_run_once_for_each_change(stack, repository):
    repository.write(f"{APP}/before.yaml", hook("migrate", "PreSync"))
    repository.write(f"{APP}/after.yaml", hook("test", "PostSync"))
    repository.commit("Start")
    preview = succeeded(stack.preview())
    assert "hook-PreSync:shop/batch/Job:shop/migrate" in preview.operations()
    assert "namespace/shop" not in stack.kubectl("get", "namespaces", "-o", "name")
    first = succeeded(stack.up())
    assert begins_after(first, "apps/Deployment:shop/web", "hook-PreSync:shop/batch/Job:shop/migrate")
    assert begins_after(first, "hook-PostSync:shop/batch/Job:shop/test", "apps/Deployment:shop/web")
    jobs = made(stack)
    web = made(stack, "deployment")["web"][0]
    assert jobs["migrate"][0] <= web <= jobs["test"][0]
    assert succeeded(stack.up()).operations() == {}
    assert succeeded(stack.preview("--refresh", "--expect-no-changes"))
    assert made(stack) == jobs
    repository.write(f"{APP}/config.yaml", config_map("settings", a="2")).commit("Change")
    succeeded(stack.up())
    again = made(stack)
    assert again.keys() == jobs.keys()
    assert all(again[name][1] != jobs[name][1] for name in jobs)


def test_what_hooks_made_goes_by_their_policies(stack, repository):
    succeeded_ = {POLICY: "HookSucceeded"}
    account = """
        apiVersion: v1
        kind: ServiceAccount
        metadata:
          name: migrator
          annotations:
            helm.sh/hook: pre-install,pre-upgrade
            helm.sh/hook-weight: "-5"
            helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
        """
    repository.write(f"{APP}/account.yaml", account)
    repository.write(
        f"{APP}/hooks.yaml",
        "---".join(
            (
                hook("default", "PreSync"),
                hook("goes", "PreSync", **succeeded_),
                hook("generated-", "PostSync"),
                hook("brief-", "PostSync", **succeeded_),
                job("suite", **{"helm.sh/hook": "test"}),
                hook("skipped", "Skip"),
            )
        ),
    )
    repository.commit("Start")
    succeeded(stack.up())
    jobs = made(stack)
    [generated] = [name for name in jobs if name.startswith("generated-")]
    assert jobs.keys() == {"default", generated}
    assert generated.startswith(f"generated-{repository.head[:7]}-postsync-")
    assert "migrator" not in made(stack, "serviceaccount")
    synced = succeeded(stack.gitops("stack", "sync", "--stack", stack.stack))
    assert "0 orphans pruned" in synced.text
    assert made(stack) == jobs
    listed = stack.gitops("app", "list", "--stack", stack.stack, "--exit-code")
    assert listed.code == 0, listed.text
    repository.remove(f"{APP}/hooks.yaml").commit("Remove the hooks")
    synced = succeeded(stack.gitops("stack", "sync", "--stack", stack.stack))
    assert "2 orphans pruned" in synced.text, synced.text
    assert made(stack) == {}


def test_a_hook_that_fails_stops_its_application_and_tells_why(stack, repository):
    repository.write(
        f"{APP}/hooks.yaml",
        "---".join(
            (
                hook("migrate", "PreSync", fate="never-ready", deadline=1),
                hook("page", "SyncFail"),
            )
        ),
    )
    repository.write("k8s/02-apps/30-late/config.yaml", config_map("late"))
    repository.commit("A migration that fails")
    result = stack.up()
    assert result.code != 0
    assert "hook Job shop/migrate failed: Job was active longer than specified deadline" in result.text
    assert "Traceback" not in result.text, result.text
    assert made(stack).keys() == {"migrate", "page"}
    assert made(stack, "deployment") == {}
    assert "namespace/late" not in stack.kubectl("get", "namespaces", "-o", "name")
    failed = hook("migrate", "PreSync", fate="never-ready", deadline=1, **{POLICY: "HookFailed"})
    repository.write(f"{APP}/hooks.yaml", failed).commit("It goes when it has failed")
    assert stack.up().code != 0
    assert "migrate" not in made(stack)
    repository.write(f"{APP}/hooks.yaml", hook("migrate", "PreSync")).commit("Mend it")
    succeeded(stack.up())
    assert made(stack).keys() >= {"migrate"}
    assert made(stack, "deployment").keys() == {"web"}


def test_a_hook_that_does_not_end_stops_at_the_timeout_and_a_sick_object_calls_for_help(stack, repository):
    repository.write(f"{APP}/gitops.yaml", "timeouts: {health: 3s}\n")
    repository.write(f"{APP}/hooks.yaml", hook("migrate", "PreSync", fate="never-ready"))
    repository.commit("A migration without an end")
    result = stack.up()
    assert result.code != 0
    assert "hook Job shop/migrate has not ended after 3 s" in result.text
    sick = deployment("web").replace(
        "      labels:", "      annotations: {sandbox.gitops.internal/fate: never-ready}\n      labels:"
    )
    repository.write(f"{APP}/deployment.yaml", sick)
    repository.write(f"{APP}/hooks.yaml", hook("page", "SyncFail")).commit("A workload without health")
    result = stack.up()
    assert result.code != 0
    assert "page" in made(stack), result.text
    repository.write(f"{APP}/deployment.yaml", deployment("web")).commit("Mend it")
    succeeded(stack.up())


def test_hooks_of_the_end_run_around_the_deletion_of_their_application(stack, repository):
    repository.write("k8s/02-apps/gone/config.yaml", config_map("settings", a="1"))
    elsewhere = "  namespace: default\n  annotations:"
    repository.write(
        "k8s/02-apps/gone/hooks.yaml",
        "---".join(
            (
                hook("before", "PreDelete").replace("  annotations:", elsewhere),
                job("after", **{"helm.sh/hook": "post-delete"}).replace("  annotations:", elsewhere),
                hook("never", "PostDelete").replace("  annotations:", elsewhere),
            )
        ),
    )
    repository.commit("Start")
    succeeded(stack.up())
    assert not {"before", "after", "never"} & made(stack, namespace="default").keys()
    kept = hook("before", "PreDelete") + "---" + job("after", **{"helm.sh/hook": "post-delete"})
    repository.write("k8s/02-apps/gone/hooks.yaml", kept.replace("  annotations:", elsewhere))
    repository.commit("One hook leaves, the application stays")
    succeeded(stack.up())
    assert "never" not in made(stack, namespace="default")
    repository.remove("k8s/02-apps/gone").commit("The application leaves")
    result = succeeded(stack.up())
    assert {"before", "after"} <= made(stack, namespace="default").keys()
    names = {
        name: f"hook-{phase}:gone/batch/Job:default/{name}"
        for name, phase in (("before", "PreDelete"), ("after", "PostDelete"))
    }
    assert begins_after(result, "ConfigMap:gone/settings", names["before"])
    assert begins_after(result, names["after"], "ConfigMap:gone/settings")
    synced = succeeded(stack.gitops("stack", "sync", "--stack", stack.stack))
    assert "2 orphans pruned" in synced.text, synced.text


def test_sync_waves_may_be_negative(stack, repository):
    repository.write(f"{APP}/deployment.yaml", job("first", **{WAVE: "-10"}) + "---" + deployment("web"))
    repository.commit("Start")
    result = succeeded(stack.up())
    assert begins_after(result, "apps/Deployment:shop/web", "batch/Job:shop/first")


def options(name, text, **data):
    return config_map(name, **data).replace(
        f"  name: {name}", f'  name: {name}\n  annotations: {{argocd.argoproj.io/sync-options: "{text}"}}'
    )


def test_what_is_not_to_be_pruned_or_deleted_stays(stack, repository):
    """And what is pruned goes last, when everything else is applied."""
    stays = {"pruned": "", "kept": "Prune=false", "confirmed": "Prune=confirm", "outlives": "Delete=false"}
    for name, text in stays.items():
        repository.write(f"k8s/02-apps/gone/{name}.yaml", options(name, text))
        repository.write(f"{APP}/{name}.yaml", options(name, text))
    repository.commit("Start")
    succeeded(stack.up())
    for name in stays:
        repository.remove(f"{APP}/{name}.yaml")
    repository.write(f"{APP}/new.yaml", config_map("new")).remove("k8s/02-apps/gone").commit(
        "Remove them all"
    )
    result = succeeded(stack.up())
    assert begins_after(result, "ConfigMap:shop/pruned", "ConfigMap:shop/new")
    standing = {"kept", "confirmed", "outlives"}
    assert made(stack, "configmap").keys() & stays.keys() == standing
    assert succeeded(stack.gitops("stack", "sync", "--stack", stack.stack))
    assert made(stack, "configmap").keys() & stays.keys() == standing - {"outlives", "confirmed"}


def test_an_object_that_is_forced_and_replaced_is_made_anew_when_its_content_changes(stack, repository):
    text = "Force=true,Replace=true"
    repository.write(f"{APP}/anew.yaml", options("anew", text, a="1")).commit("Start")
    succeeded(stack.up())
    before, web = made(stack, "configmap")["anew"], made(stack, "deployment")
    repository.write(f"{APP}/other.yaml", config_map("other")).commit("Something else")
    succeeded(stack.up())
    assert made(stack, "configmap")["anew"] == before
    repository.write(f"{APP}/anew.yaml", options("anew", text, a="2")).commit("Its content")
    succeeded(stack.up())
    assert made(stack, "configmap")["anew"] != before
    assert made(stack, "deployment") == web


def test_an_object_that_is_replaced_loses_what_git_does_not_state(stack, repository):
    for name in ("whole", "merged"):
        text = options(name, "Replace=true" if name == "whole" else "Prune=true", a="1")
        repository.write(f"{APP}/{name}.yaml", text)
    repository.commit("Start")
    succeeded(stack.up())
    uids = {name: uid for name, (_, uid) in made(stack, "configmap").items()}
    patch = '{"data":{"odd":"1"},"metadata":{"labels":{"odd":"1"}}}'
    for name in ("whole", "merged"):
        stack.kubectl("-n", "shop", "patch", f"configmap/{name}", "--field-manager=somebody", "-p", patch)
        text = options(name, "Replace=true" if name == "whole" else "Prune=true", a="2")
        repository.write(f"{APP}/{name}.yaml", text)
    repository.commit("Change both")
    succeeded(stack.up())
    whole, merged = (stack.live("configmap", "shop", name) for name in ("whole", "merged"))
    assert (whole["data"], merged["data"]) == ({"a": "2"}, {"a": "2", "odd": "1"})
    assert ("odd" in whole["metadata"]["labels"], "odd" in merged["metadata"]["labels"]) == (False, True)
    assert {name: uid for name, (_, uid) in made(stack, "configmap").items()} == uids
    assert succeeded(stack.preview("--refresh", "--expect-no-changes"))


def test_a_wave_waits_by_a_rule_of_the_repository_s_own(stack, repository):
    rule = "healthRules: [{apiVersion: v1, kind: ConfigMap, current: 'has(metadata.annotations.ready)'}]"
    repository.write(f"{APP}/gitops.yaml", f"{rule}\ntimeouts: {{health: 3s}}\n")
    repository.write("k8s/02-apps/30-late/config.yaml", config_map("settings", a="1"))
    repository.commit("Start")
    assert "health:ConfigMap:shop/settings" in succeeded(stack.preview()).operations()
    failed = stack.up()
    assert failed.code != 0
    assert "ConfigMap shop/settings is not healthy after 3 s: Progressing" in failed.text
    assert "late" not in made(stack, "namespace", "")
    synced = stack.gitops("stack", "sync", "--stack", stack.stack, "--quiet")
    assert synced.code == 4, synced.text[-3000:]
    assert "shop: failed" in synced.text
    assert "late: waits for what failed" in synced.text
    stack.kubectl("-n", "shop", "annotate", "configmap/settings", "ready=yes")
    result = succeeded(stack.up())
    assert begins_after(result, "ConfigMap:late/settings", "health:ConfigMap:shop/settings")
    assert succeeded(stack.up()).operations() == {}
    assert succeeded(stack.preview("--refresh", "--expect-no-changes"))
