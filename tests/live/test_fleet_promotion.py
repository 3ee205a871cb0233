"""A fleet of twenty stacks takes a change in ordered groups.

Twenty clusters are not there: the stacks share the sandbox's two control planes, each with objects of its own
whose names begin with the stack's, in two namespaces that the test makes.
"""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from tests.git_repository import GitRepository
from tests.live.stack_project import SMOKE, StackProject, config_map

pytestmark = pytest.mark.live

STAGING = "fleet-staging"
GROUPS = {0: 2, 1: 9, 2: 8, 3: 1}
FLEET = {f"fleet-{group}{number}": group for group, size in GROUPS.items() for number in range(size)}
CONTEXTS = {0: "prod", 1: "staging", 2: "prod", 3: "staging"}
CHECKS = [{"name": "smoke", "command": [sys.executable, "-S", "-c", SMOKE]}]


def write(repository, text):
    """One base, and an overlay of two lines for each stack: no manifest is copied."""
    base = "k8s/02-apps/shop"
    repository.write(f"{base}/gitops.yaml", "namespace: fleet\ncreateNamespace: false\n")
    repository.write(f"{base}/base/x.yaml", config_map("x", a=text, salt=str(uuid4())))
    repository.write(f"{base}/base/kustomization.yaml", "resources: [x.yaml]\n")
    for stack in (STAGING, *FLEET):
        lines = f"resources: [../../base]\nnamePrefix: {stack}-\n"
        repository.write(f"{base}/overlays/{stack}/kustomization.yaml", lines)
    return repository.commit(f"Shop {text}")


@pytest.fixture
def repository(tmp_path):
    return GitRepository(tmp_path / "repository")


@pytest.fixture
def staging(tmp_path, sandbox, repository):
    """The stack that proves changes, in a project with the stacks of the stage beside it; none was deployed yet."""
    folder = tmp_path / "project"
    first = write(repository, "0")
    staging = StackProject(
        folder, sandbox, stack=STAGING, context="staging", repository=repository.url, verification=CHECKS
    )
    for name, group in FLEET.items():
        place = {"stage": "fleet", "group": group, "promotesFrom": STAGING, "revision": first}
        place |= {"maxUnavailable": "12%"} if group == 1 else {}
        values = {**staging.values, "context": CONTEXTS[group], **place}
        lines = ["config:", *(f"  gitops:{key}: {json.dumps(value)}" for key, value in values.items())]
        (folder / f"Pulumi.{name}.yaml").write_text("\n".join([*lines, ""]))
    for name in (STAGING, *FLEET):
        (folder / f"bad-{name}").write_text("")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda name: staging.run("stack", "init", name), FLEET))
        for command in (
            ("init", "--quiet"),
            ("config", "user.name", "Ada"),
            ("config", "user.email", "a@example.org"),
        ):
            git(folder, *command)
        git(folder, "add", "Pulumi.*")
        git(folder, "commit", "--quiet", "-m", "Start")
        kubectl(staging, "create")
        yield staging
        list(pool.map(lambda name: staging.run("stack", "rm", "--force", "--yes", name), (STAGING, *FLEET)))
        list(pool.map(lambda context: kubectl(staging, "delete", context), ("staging", "prod")))


def kubectl(project, verb, *contexts):
    for context in contexts or ("staging", "prod"):
        command = ["kubectl", "--context", context, verb, "namespace", "fleet"]
        subprocess.run(command, env=project.environment, check=True, capture_output=True)


def git(folder, *arguments):
    return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True).stdout


def promote(project):
    told = project.gitops("promote", STAGING, "fleet", "--yes", "--parallel", "3", "-o", "json")
    done = json.loads(told.text[told.text.index("{") : told.text.rindex("}") + 1])
    return told.code, done, {item["stack"]: item for item in done["stacks"]}


def values(project):
    """What each stack's object says, by stack."""
    found = {}
    for context in ("staging", "prod"):
        told = subprocess.run(
            ["kubectl", "--context", context, "-n", "fleet", "get", "configmap", "-o", "json"],
            env=project.environment,
            capture_output=True,
            check=True,
        )
        for item in json.loads(told.stdout)["items"]:
            if item["metadata"]["name"].endswith("-x"):
                found[item["metadata"]["name"].removesuffix("-x")] = item["data"]["a"]
    return found


def test_twenty_stacks_take_a_change_in_groups_until_too_many_of_one_have_failed(staging, repository):
    folder = staging.folder
    old, new = repository.head, write(repository, "1")
    assert staging.gitops("stack", "sync", "--stack", STAGING).code == 0
    (folder / "bad-fleet-13").write_text(new)
    (folder / "bad-fleet-20").write_text(new)

    said = staging.killed("verifying fleet-1", "promote", STAGING, "fleet", "--yes")
    assert said[-1].startswith("verifying fleet-1")
    write(repository, "2")
    assert staging.gitops("stack", "sync", "--stack", STAGING).code == 0

    code, done, stacks = promote(staging)
    results = {name: item["result"] for name, item in stacks.items()}
    assert (code, done["revision"], done["stopped"], done["promoted"]) == (4, new, 2, False)
    assert {results[name] for name in results if FLEET[name] == 0} == {"Unchanged"}
    assert "Promoted" in {results[name] for name in results if FLEET[name] == 1}
    assert {results[name] for name in results if FLEET[name] == 1} <= {"Promoted", "Unchanged", "Failed"}
    for name in ("fleet-13", "fleet-20"):
        assert results[name] == "Failed"
        assert (stacks[name]["returned"], stacks[name]["reason"]) == (old, "check smoke failed: ended with 1")
    assert {name for name in results if results[name] == "Failed"} == {"fleet-13", "fleet-20"}
    assert results["fleet-21"] == "Promoted"
    assert {results["fleet-27"], results["fleet-30"]} == {"NotReached"}
    assert all(
        (item["seconds"] > 0) == (item["result"] in {"Promoted", "Failed"}) for item in stacks.values()
    )
    begun = {
        group: [s["started"] for s in done["stacks"] if s["group"] == group and s["started"]]
        for group in GROUPS
    }
    assert max(begun[1]) <= min(begun[2])

    live = values(staging)
    assert live.pop(STAGING) == "2"
    good = {name for name in results if results[name] in {"Promoted", "Unchanged"}}
    assert live == {**dict.fromkeys(good, "1"), "fleet-13": "0", "fleet-20": "0"}
    subjects = git(folder, "log", "--format=%s").splitlines()
    members = [", ".join(name for name, group in FLEET.items() if group == number) for number in (0, 1, 2)]
    assert {f"Promote {new[:12]} to {names}" for names in members} <= set(subjects)
    for name in FLEET:
        assert f"{new if name in good else old}" in (folder / f"Pulumi.{name}.yaml").read_text()
    assert git(folder, "status", "--porcelain", "--untracked-files=no") == ""
