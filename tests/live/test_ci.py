"""From a commit to prod through pipelines: a real Git server, two real clusters, a forge that has GitHub's routes."""

import json
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from gitops.forge.talk import propose
from sandbox.controlplane import pki
from tests.forge.stub import NAME, TOKEN, Stub, forge_stub
from tests.git_repository import GitRepository
from tests.live.stack_project import SMOKE, StackProject, config_map, deployed, elsewhere
from tests.source.git_servers import HttpsServer, https_server

pytestmark = pytest.mark.live

STAGING, PROD = "staging", "prod"
APP = "k8s/02-apps/merge"
CHECKS = [{"name": "smoke", "command": [sys.executable, "-c", SMOKE]}]


def binding(role):
    return json.dumps(
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": {"name": "readers"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": [{"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": "readers"}],
        }
    )


@dataclass
class Pipeline:
    """A clone of the served repository, which is the project too, and what runs in it."""

    clone: GitRepository
    staging: StackProject
    prod: StackProject
    stub: Stub
    folder: Path

    def git(self, *arguments):
        """Git as whoever has the token."""
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.clone.path,
            env=self.staging.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout.strip() + done.stderr

    def push(self, branch):
        code, text = self.git("push", "--quiet", "origin", branch)
        assert code == 0, text

    def propose(self, branch):
        """Push a branch and open a pull request; gives its number."""
        self.push(branch)
        return propose(self.stub.forge, branch, "main", "A change").number

    def event(self, number):
        """What the pipeline of the pull request is told."""
        sha = self.clone.head
        event = {"pull_request": {"number": number, "head": {"sha": sha}, "base": {"sha": "", "ref": "main"}}}
        event["pull_request"]["base"]["sha"] = self.clone.git("rev-parse", "main")
        (self.folder / "event.json").write_text(json.dumps(event))
        return {"GITHUB_EVENT_PATH": str(self.folder / "event.json"), "GITHUB_SHA": sha}

    def preview(self, number):
        """What the pipeline of the pull request does; gives the plan that it wrote."""
        told = self.ci(
            *("preview", "--comment", "--status", "--plan", str(self.folder / "plan.json")),
            **self.event(number),
        )
        assert told.code == 0, told.text
        return json.loads((self.folder / "plan.json").read_text())

    def merge(self, branch):
        self.clone.branch("main").git("merge", "--no-ff", "--quiet", f"--message=Merge {branch}", branch)
        self.push("main")
        return self.clone.head

    def deploy(self, sha):
        told = self.ci(
            *("deploy", "--plan", str(self.folder / "plan.json"), "-o", "json"),
            GITHUB_SHA=sha,
            GITHUB_REF_NAME="main",
        )
        assert told.code == 0, told.text
        return json.loads(told.text[told.text.index("{\n") : told.text.rindex("}\n") + 1])

    def ci(self, *words, **environment):
        project = self.staging
        kept = dict(project.environment)
        project.environment.update(environment)
        try:
            return project.gitops("ci", *words)
        finally:
            project.environment.clear()
            project.environment.update(kept)


@pytest.fixture
def pipeline(tmp_path, sandbox):
    """The first commit is pushed; nothing is deployed yet."""
    pki.create(tmp_path / "pki")
    server = tmp_path / "served" / "homelab.git"
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(server)], check=True)
    for key in ("http.receivepack", "uploadpack.allowAnySHA1InWant"):
        subprocess.run(["git", "-C", str(server), "config", key, "true"], check=True)
    with ExitStack() as all_of_it:
        https = all_of_it.enter_context(
            https_server(HttpsServer(server.parent, token="r3po"), tmp_path / "pki")
        )
        stub = all_of_it.enter_context(forge_stub())
        address = https.url("homelab.git")
        clone = GitRepository(tmp_path / "clone")
        clone.git("remote", "add", "origin", address)
        clone.write(".gitignore", ".venv\n*.log\nbad-*\n")
        clone.write(f"{APP}/x.yaml", config_map("x", a="1")).write(
            f"{APP}/gone.yaml", config_map("gone", a="1")
        )
        clone.write(f"{APP}/binding.yaml", binding("view")).write(
            f"{APP}/same.yaml", config_map("same", a="1")
        )
        (tmp_path / "state").mkdir()
        own = elsewhere(
            sandbox,
            PULUMI_BACKEND_URL=(tmp_path / "state").as_uri(),
            GIT_SSL_CAINFO=str(tmp_path / "pki" / "ca.crt"),
            GITOPS_REPOSITORY_TOKEN="r3po",
            GIT_CONFIG_COUNT="1",
            GIT_CONFIG_KEY_0=f"http.{address}.extraHeader",
            GIT_CONFIG_VALUE_0="Authorization: Basic Z2l0OnIzcG8=",
            GITHUB_ACTIONS="true",
            GITHUB_API_URL=stub.server.address,
            GITHUB_REPOSITORY=NAME,
            GITHUB_TOKEN=TOKEN,
        )
        projects = []
        for stack, more in ((STAGING, {}), (PROD, {"promotesFrom": STAGING, "approval": True, "soak": "1s"})):
            projects.append(
                all_of_it.enter_context(
                    deployed(
                        clone.path,
                        own,
                        stack=stack,
                        context=stack,
                        repository=address,
                        verification=CHECKS,
                        bring_up=lambda project: project.run("version"),
                        **more,
                    )
                )
            )
            (clone.path / f"bad-{stack}").write_text("")
        clone.git("add", ".")
        clone.git("commit", "--quiet", "--message=Start")
        for key, value in (("user.name", "Ada"), ("user.email", "ada@example.org")):
            clone.git("config", key, value)
        made = Pipeline(clone, *projects, stub, tmp_path)
        made.push("main")
        yield made


def lives(project):
    """Identity and content of what the stack has in its cluster; nobody changes its namespace."""
    kinds = "configmaps,rolebindings.rbac.authorization.k8s.io"
    label = f"gitops.internal/stack={project.stack}"
    items = json.loads(project.kubectl("get", kinds, "-A", "-l", label, "-o", "json"))["items"]
    group = {"ConfigMap": "", "RoleBinding": "rbac.authorization.k8s.io/"}
    return {
        f"{group[item['kind']]}{item['kind']}:{item['metadata']['namespace']}/{item['metadata']['name']}": (
            item["metadata"]["uid"],
            {k: v for k, v in item.items() if k != "metadata"},
        )
        for item in items
    }


def happened(before, after):
    """What a deployment did to each object, in the words of a preview."""
    did = dict.fromkeys(after.keys() - before.keys(), "created")
    did |= dict.fromkeys(before.keys() - after.keys(), "deleted")
    for name in before.keys() & after.keys():
        (old_uid, old), (new_uid, new) = before[name], after[name]
        if old_uid != new_uid:
            did[name] = "replaced"
        elif old != new:
            did[name] = "changed"
    return did


def shown(plan, stack):
    [found] = [item for item in plan["stacks"] if item["stack"] == stack]
    return {change["object"]: change["change"] for change in found["changes"]}


def value(project):
    return project.live("configmap", "merge", "x")["data"]["a"]


def test_a_change_goes_from_a_pull_request_to_prod_and_a_bad_one_stops_at_staging(pipeline):
    clone, staging, prod, stub = pipeline.clone, pipeline.staging, pipeline.prod, pipeline.stub
    first = clone.head
    told = pipeline.ci("deploy", GITHUB_SHA=first, GITHUB_REF_NAME="main")
    assert told.code == 0, told.text
    before = lives(staging)
    assert (len(before), value(staging)) == (4, "1")

    clone.branch("change").remove(f"{APP}/gone.yaml").write(f"{APP}/x.yaml", config_map("x", a="2"))
    clone.write(f"{APP}/new.yaml", config_map("new", a="1")).write(f"{APP}/binding.yaml", binding("edit"))
    clone.commit("Change")
    number = pipeline.propose("change")
    pipeline.preview(number)
    plan = pipeline.preview(number)
    [comment] = stub.comments
    assert "1 created, 1 changed, 1 replaced, 1 deleted on 1 of 2 stacks" in comment["body"]
    assert (stub.statuses[0]["sha"], stub.statuses[0]["state"]) == (clone.head, "success")
    assert shown(plan, PROD) == {}

    merged = pipeline.merge("change")
    document = pipeline.deploy(merged)
    after = lives(staging)
    assert shown(plan, STAGING) == happened(before, after) == shown(document, STAGING)
    assert [item["beside"] for item in document["stacks"]] == [[]]
    assert staging.gitops("verify", "--stack", STAGING).code == 0

    told = pipeline.ci("promote", STAGING, PROD, "--if-ready")
    assert told.code == 0
    assert "nobody has approved" in told.text
    assert prod.gitops("approve", STAGING, PROD, "--yes").code == 0
    told = pipeline.ci("promote", PROD)
    assert told.code == 0, told.text
    assert (value(staging), value(prod)) == ("2", "2")
    assert f"gitops:revision: {merged}" in (clone.path / f"Pulumi.{PROD}.yaml").read_text()
    pipeline.push("main")

    clone.branch("bad").write(f"{APP}/x.yaml", config_map("x", a="3")).commit("Break it")
    pipeline.preview(pipeline.propose("bad"))
    bad = pipeline.merge("bad")
    (clone.path / f"bad-{STAGING}").write_text(bad)
    pipeline.deploy(bad)
    assert staging.gitops("verify", "--stack", STAGING).code == 4
    told = pipeline.ci("promote", PROD)
    assert told.code == 5
    assert "check smoke failed" in told.text
    assert (value(staging), value(prod)) == ("3", "2")

    told = pipeline.ci("drift", "-o", "json")
    assert told.code == 0, told.text
    staging.kubectl(
        "-n", "merge", "patch", "configmap", "x", "--type=merge", "-p", '{"data":{"a":"by hand"}}'
    )
    told = pipeline.ci("drift", "-o", "markdown")
    assert told.code == 1
    assert "| merge | ConfigMap merge/x | data.a |" in told.text


def test_a_merge_that_is_not_what_was_previewed_is_refused_and_the_server_wants_the_token(pipeline):
    clone, staging = pipeline.clone, pipeline.staging
    assert pipeline.ci("deploy", GITHUB_SHA=clone.head, GITHUB_REF_NAME="main").code == 0
    clone.branch("change").write(f"{APP}/x.yaml", config_map("x", a="2")).commit("Change")
    pipeline.preview(pipeline.propose("change"))
    clone.write(f"{APP}/x.yaml", config_map("x", a="666")).commit("Sneak")
    merged = pipeline.merge("change")
    words = ("deploy", "--plan", str(pipeline.folder / "plan.json"))
    told = pipeline.ci(*words, GITHUB_SHA=merged, GITHUB_REF_NAME="main")
    assert told.code == 5
    assert "ConfigMap:merge/x would become something, other than shown" in told.text
    assert value(staging) == "1"
    staging.environment.pop("GIT_CONFIG_COUNT")
    staging.environment["GIT_TERMINAL_PROMPT"] = "0"
    assert pipeline.git("push", "--quiet", "origin", "main:elsewhere")[0] != 0


def test_every_example_of_a_pipeline_is_run(pipeline):
    clone, staging, stub, shell = pipeline.clone, pipeline.staging, pipeline.stub, pipeline.staging.shell
    on_main = {"GITHUB_REF_NAME": "main"}
    shell("gitops ci deploy --revision main --dry-run -o json", '"stack": "staging"', **on_main)
    assert pipeline.ci("deploy", GITHUB_SHA=clone.head, **on_main).code == 0

    clone.branch("add-cache").write(f"{APP}/new.yaml", config_map("new", a="1")).commit("Add a cache")
    proposed = clone.head
    number = pipeline.propose("add-cache")
    event = pipeline.event(number)
    shell("gitops ci preview --comment --status --plan plan.json", "1 created", **event)
    shell("gitops ci preview --base main --head add-cache --stack prod", "prod")
    line = "gitops ci preview --base main --head add-cache -o json | jq '.stacks[].changes[].object'"
    assert shell(line, "ConfigMap:merge/new") == '"ConfigMap:merge/new"\n'
    assert len(stub.comments) == 1

    merged = {"GITHUB_SHA": pipeline.merge("add-cache"), **on_main}
    shell("gitops ci deploy --plan plan.json", "1 created", **merged)
    line = "gitops ci deploy --previewed 4f2a9c1 --stack staging".replace("4f2a9c1", proposed)
    shell(line, "staging", **merged)
    assert staging.live("configmap", "merge", "new")["data"] == {"a": "1"}
    assert staging.gitops("verify", "--stack", STAGING).code == 0

    shell("gitops ci promote staging prod --if-ready", "nobody has approved")
    assert staging.gitops("approve", STAGING, PROD, "--yes").code == 0
    shell("gitops promote staging prod --pull-request", "/pull/")
    [asked] = [
        pull for pull in stub.pulls if pull["base"]["ref"] == "main" and "add-cache" not in str(pull["head"])
    ]
    branch = asked["head"]["ref"]
    assert pipeline.git("fetch", "--quiet", "origin", branch)[0] == 0
    clone.git("merge", "--quiet", "--no-ff", "--message=Promote", "FETCH_HEAD")
    pipeline.push("main")
    shell("gitops promote prod --merged --yes", "prod follows")
    assert pipeline.prod.live("configmap", "merge", "new")["data"] == {"a": "1"}
    shell("gitops ci promote prod", "prod runs")

    shell("gitops ci drift", "no drift")
    shell("gitops ci drift --stack prod -o markdown", "prod")
    patch = ("patch", "configmap", "x", "--type=merge", "-p", '{"data":{"a":"by hand"}}')
    staging.kubectl("-n", "merge", *patch)
    line = "gitops ci drift -o json | jq '.stacks[] | select(.findings != []).stack'"
    assert shell(line, "staging", code=1) == '"staging"\n'
