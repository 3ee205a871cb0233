"""A change goes from one real cluster to the next, or does not; what was proven is what arrives."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from uuid import uuid4

import pytest

from tests.git_repository import GitRepository
from tests.live.stack_project import CHECKOUT, SMOKE, StackProject, config_map, deployed

pytestmark = pytest.mark.live

STAGING, PROD = "story-staging", "story-prod"
CHECKS = [{"name": "smoke", "command": [sys.executable, "-c", SMOKE]}]


@pytest.fixture
def repository(tmp_path):
    repository = GitRepository(tmp_path / "repository")
    repository.write("README.md", str(uuid4()))  # what a stack went back from in an earlier run is not this
    repository.write("k8s/02-apps/story/x.yaml", config_map("x", a="1")).commit("Start")
    return repository


@pytest.fixture
def stacks(tmp_path, sandbox, repository):
    """Two stacks of one project, which is a Git repository itself; only the first is deployed."""
    folder = tmp_path / "project"
    with ExitStack() as both:
        staging, prod = (
            both.enter_context(
                deployed(
                    folder,
                    sandbox,
                    stack=stack,
                    context=context,
                    repository=repository.url,
                    verification=CHECKS,
                    bring_up=bring_up,
                    **more,
                )
            )
            for stack, context, bring_up, more in (
                (STAGING, "staging", StackProject.up, {}),
                (PROD, "prod", lambda project: project.run("version"), {"promotesFrom": STAGING}),
            )
        )
        for stack in (STAGING, PROD):
            (folder / f"bad-{stack}").write_text("")
        git(folder, "init", "--quiet")
        git(folder, "config", "user.name", "Ada")
        git(folder, "config", "user.email", "ada@example.org")
        git(folder, "add", "Pulumi.yaml", f"Pulumi.{STAGING}.yaml", f"Pulumi.{PROD}.yaml")
        git(folder, "commit", "--quiet", "-m", "Start")
        yield staging, prod


def sync(project):
    return project.gitops("stack", "sync", "--stack", project.stack)


def git(folder, *arguments):
    return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True).stdout


def promote(project, *words):
    return read(project.gitops("promote", STAGING, PROD, "-o", "json", *words))


def read(told):
    return told.code, json.loads(told.text[told.text.index("{") : told.text.rindex("}") + 1]), told.text


def promote_twice_at_once(project):
    """What both of two promotions that begin at the same time come to; the one that goes through first."""
    command = ("promote", STAGING, PROD, "-o", "json", "--yes")
    with ThreadPoolExecutor(2) as both:
        return sorted(both.map(lambda _: project.gitops(*command), range(2)), key=lambda told: told.code)


def value(project):
    return project.live("configmap", "story", "x")["data"]["a"]


def change(repository, text):
    return repository.write("k8s/02-apps/story/x.yaml", config_map("x", a=text)).commit(f"Change to {text}")


def test_what_staging_has_proven_goes_to_prod_and_nothing_else(stacks, repository):
    staging, prod = stacks
    folder = staging.folder

    code, looked, _ = promote(prod, "--dry-run")
    assert (code, looked["objections"], looked["promoted"]) == (0, [], False)
    first = looked["revision"]
    well, late = promote_twice_at_once(prod)
    code, done, text = read(well)
    assert (code, done["promoted"], done["digest"]) == (0, True, looked["digest"]), text
    assert late.code == 8, late.text
    assert f"another promotion to {PROD} is under way" in late.text or "was changed by another" in late.text
    assert value(prod) == "1"
    assert f"gitops:revision: {first}" in (folder / f"Pulumi.{PROD}.yaml").read_text()
    assert git(folder, "log", "-1", "--format=%s").strip() == f"Promote {first[:12]} to {PROD}"

    bad_here = change(repository, "2")
    assert sync(staging).code == 0
    (folder / f"bad-{STAGING}").write_text(bad_here)
    code, refused, _ = promote(prod, "--yes")
    assert (code, refused["objections"]) == (5, ["check smoke failed: ended with 1"])
    assert value(prod) == "1"

    bad_there = change(repository, "3")
    assert sync(staging).code == 0
    (folder / f"bad-{PROD}").write_text(bad_there)
    code, failed, text = promote(prod, "--yes")
    assert (code, failed["promoted"], failed["returned"]) == (4, False, first), text
    assert "check smoke failed" in failed["failure"]
    assert (value(staging), value(prod)) == ("3", "1")
    (folder / f"bad-{PROD}").write_text("")
    code, held, _ = promote(prod, "--yes")
    assert code == 5
    assert held["objections"][0].startswith(
        f"{PROD} went back from {bad_there[:12]} before: check smoke failed"
    )

    staging.kubectl(
        "-n", "story", "patch", "configmap", "x", "--type=merge", "-p", '{"data":{"a":"by hand"}}'
    )
    code, drifted, _ = promote(prod, "--yes")
    assert code == 5
    assert "application story is OutOfSync and Healthy" in drifted["objections"]


def watching(project):
    """`gitops promote --watch`, in the background; its lines are read as they come."""
    command = [sys.executable, "-m", "gitops.cli.main", "--project", str(project.folder)]
    return subprocess.Popen(
        [*command, "promote", PROD, "--watch", "--interval", "1s"],
        cwd=CHECKOUT,
        env=project.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_promotion_that_was_killed_goes_on_and_what_was_taken_back_waits_for_a_newer_one(
    stacks, repository
):
    staging, prod = stacks
    wanted = change(repository, "2")
    assert sync(staging).code == 0
    prod.killed("follows", "promote", STAGING, PROD, "--yes")
    change(repository, "3")
    assert sync(staging).code == 0
    prod.run("cancel", "--yes", "--stack", PROD)

    code, done, text = promote(prod, "--yes")
    assert (code, done["promoted"], done["revision"]) == (0, True, wanted), text
    assert (value(staging), value(prod)) == ("3", "2")

    left = repository.head
    assert promote(prod, "--yes")[0] == 0
    back = prod.gitops("stack", "rollback", "--stack", PROD, "--to", wanted, "--pin", "--yes")
    assert (back.code, sync(prod).code, value(prod)) == (0, 0, "2"), back.text
    with watching(prod) as loop:
        try:
            assert f"{left[:12]} waits: {PROD} had {left[:12]} before" in loop.stderr.readline()
            newer = change(repository, "4")
            assert sync(staging).code == 0
            told = next(line for line in loop.stderr if line.startswith(newer[:12]) and "promoted" in line)
            assert told == f"{newer[:12]}: 1 of 1 promoted\n"
        finally:
            loop.kill()
    assert value(prod) == "4"

    repository.write("k8s/02-apps/other/gitops.yaml", "namespace: story\ncreateNamespace: false\n")
    repository.write("k8s/02-apps/other/other.yaml", config_map("other", a="5"))
    both = change(repository, "5")
    assert sync(staging).code == 0
    code, done, text = promote(prod, "--app", "other", "--yes")
    assert (code, done["promoted"]) == (0, True), text
    assert (value(prod), prod.live("configmap", "story", "other")["data"]["a"]) == ("4", "5")
    assert done["revision"] not in {both, newer}
    assert repository.git("rev-parse", f"promoted/{done['revision'][:12]}") == done["revision"]


def migration(fate):
    """A Job that ends well, or not, as told."""
    pod = f"metadata: {{annotations: {{sandbox.gitops.internal/fate: {fate}}}}}" if fate else ""
    return f"""
apiVersion: batch/v1
kind: Job
metadata: {{name: migration, namespace: story}}
spec:
  backoffLimit: 0
  template:
    {pod}
    spec: {{restartPolicy: Never, containers: [{{name: main, image: busybox:1.37}}]}}
"""


def test_soak_checks_and_approval_are_asked_for_and_an_approval_is_for_exact_objects(stacks, repository):
    staging, prod = stacks
    prod.configure(soak="1h", approval=True)
    code, refused, _ = promote(prod, "--yes")
    assert code == 5
    assert len(refused["objections"]) == 2
    assert f"{STAGING} has run" in refused["objections"][0]
    assert f"nobody has approved {refused['digest']} for {PROD}" in refused["objections"][1]

    prod.configure(soak="1s")
    assert prod.gitops("approve", STAGING, PROD, "--yes").code == 0
    staging.configure(verification=[*CHECKS, {"name": "migration", "job": "checks/migration.yaml"}])
    repository.write("checks/migration.yaml", migration("failed"))
    change(repository, "2")
    assert sync(staging).code == 0
    code, other, _ = promote(prod, "--yes")
    assert (code, other["digest"] != refused["digest"]) == (5, True)
    assert [line.partition(":")[0] for line in other["objections"]] == [
        "check migration failed",
        f"nobody has approved {other['digest']} for {PROD}",
    ]
    assert prod.gitops("approve", STAGING, PROD, "--yes").code == 0
    repository.write("checks/migration.yaml", migration("")).commit("Mend the migration")
    assert sync(staging).code == 0
    code, done, text = promote(prod, "--yes")
    assert (code, done["promoted"], value(prod)) == (0, True, "2"), text


def test_what_a_stack_ran_is_compared_and_comes_back_though_it_follows_a_branch(stacks, repository):
    staging, prod = stacks
    before = repository.head
    assert prod.up().code == 0
    bad = change(repository, "2")
    assert sync(staging).code == 0
    (prod.folder / f"bad-{PROD}").write_text(bad)
    looked = prod.gitops("promote", STAGING, PROD, "--dry-run")
    assert "-  a: '1'\n+  a: '2'" in looked.text
    code, failed, text = promote(prod, "--yes")
    assert (code, failed["returned"], value(prod)) == (4, before, "1"), text
