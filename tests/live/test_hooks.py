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
    repository.write("k8s/01-infrastructure/01-base/base.yaml", config_map("base", a="1"))
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
