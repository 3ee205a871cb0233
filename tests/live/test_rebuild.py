"""A cluster that is wiped, a state that is lost: both come back from Git and the keys, and what lives stays."""

import base64
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time

import pytest

from gitops.secrets.files import as_text
from gitops.secrets.making import as_pem, generated
from gitops.secrets.scope import Scope
from gitops.secrets.sealed import seal_secret
from sandbox.console import Console
from sandbox.controlplane.clusters import stop
from sandbox.controlplane.layout import Home
from sandbox.demo import bring_up
from tests.git_repository import GitRepository
from tests.live.stack_project import CHECKOUT, StackProject, config_map, deployment
from tests.source.git_servers import HttpsServer, https_server

pytestmark = pytest.mark.live

NAME, TOKEN, PASSWORD = "lost", "hush-hush-token", b"correct-horse"
DEFINITION = """
    apiVersion: apiextensions.k8s.io/v1
    kind: CustomResourceDefinition
    metadata: {name: boats.example.org}
    spec:
      group: example.org
      names: {kind: Boat, plural: boats}
      scope: Namespaced
      versions:
        - name: v1
          served: true
          storage: true
          schema:
            openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}
    """
MIGRATION = """
    apiVersion: batch/v1
    kind: Job
    metadata: {name: migrate, annotations: {argocd.argoproj.io/hook: PreSync}}
    spec:
      template:
        spec:
          restartPolicy: Never
          containers: [{name: migrate, image: "migrate:1"}]
    """
CLAIM = """
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
    """


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A cluster of this module's own, that it may wipe."""
    home = Home.at(tmp_path_factory.mktemp("rebuild"))
    yield home
    stop(home)


@pytest.fixture(scope="module")
def cluster(home):
    running = started(home)
    home.state.mkdir(parents=True)
    return running


@pytest.fixture(scope="module")
def ring(home):
    """The keys of the stack, as a file beside its project."""
    pair = generated(bits=2048)
    file = home.root / "ring.pem"
    file.write_text(as_pem([pair]))
    return pair, file


@pytest.fixture(scope="module")
def repository(home, ring):
    repository = GitRepository(home.root / "git" / "repository")
    repository.write("k8s/01-infrastructure/00-crds/boats.yaml", DEFINITION)
    repository.write("k8s/01-infrastructure/01-base/base.yaml", config_map("base", a="1"))
    repository.write("k8s/02-apps/web/web.yaml", deployment("web"))
    repository.write("k8s/02-apps/web/migrate.yaml", MIGRATION).write("k8s/02-apps/web/claim.yaml", CLAIM)
    repository.write(
        "k8s/02-apps/yard/boat.yaml", "apiVersion: example.org/v1\nkind: Boat\nmetadata: {name: ada}\n"
    )
    sealed = seal_secret(
        {"metadata": {"name": "login", "namespace": "vault"}, "type": "Opaque"},
        {"password": PASSWORD},
        Scope.STRICT,
        ring[0].certificate,
    )
    repository.write("k8s/02-apps/vault/login.yaml", as_text([sealed])).commit("Start")
    return repository


@pytest.fixture(scope="module")
def stack(home, cluster, ring, repository):
    """The stack, deployed from a private repository with an encrypted token."""
    server = HttpsServer(repository.path.parent, token=TOKEN)
    with https_server(server, home.cluster(NAME).pki) as served:
        project = project_of(home, cluster, NAME, served.url("repository"), ring)
        told = project.run("config", "set", "--secret", "gitops:repositoryToken", TOKEN, "--stack", NAME)
        assert told.code == 0, told.text
        synced = project.gitops("stack", "sync", "--stack", NAME, "--quiet")
        assert synced.code == 0, synced.text
        yield project


def started(home):
    return bring_up(home, Console(), (NAME,), with_repository=False)


def project_of(home, cluster, stack, url, ring):
    keys = f"file:{ring[1]}"
    project = StackProject(
        home.root / "project", cluster, stack=stack, context=NAME, repository=url, keyRing=keys
    )
    project.environment["GIT_SSL_CAINFO"] = str(home.cluster(NAME).pki / "ca.crt")
    return project


def rebuilt(stack, *words):
    done = stack.gitops("rebuild", NAME, "--yes", "--quiet", "-o", "json", *words)
    found = done.text[done.text.find("{\n") : done.text.rfind("}") + 1]
    return done.code, json.loads(found) if found else {}, done.text


def living(stack):
    """The uid of every object of the stack, by what it is called."""
    kinds = "namespaces,configmaps,secrets,deployments.apps,persistentvolumeclaims,boats,crds"
    found = json.loads(stack.kubectl("get", kinds, "-A", "-l", f"gitops.internal/stack={NAME}", "-o", "json"))
    items = [(item["kind"], item["metadata"]) for item in found["items"]]
    return {f"{kind} {meta.get('namespace', '')}/{meta['name']}": meta["uid"] for kind, meta in items}


def lose_the_state(home):
    shutil.rmtree(home.state)
    home.state.mkdir()


def assert_all_is_well(stack):
    listed = stack.gitops("app", "list", "--stack", NAME, "-o", "json")
    apps = json.loads(listed.text)["applications"]
    assert {(app["sync"], app["health"]["status"]) for app in apps} == {("Synced", "Healthy")}
    assert len(apps) == 5
    same = stack.preview("--refresh", "--expect-no-changes")
    assert same.code == 0, same.text[-3000:]
    assert base64.b64decode(stack.live("secret", "vault", "login")["data"]["password"]) == PASSWORD


def test_a_wiped_cluster_comes_back_also_when_the_first_attempt_is_killed(stack, home):
    before = living(stack)
    migrated = stack.live("job", "web", "migrate")["metadata"]["uid"]
    stop(home)
    shutil.rmtree(home.cluster(NAME).data)
    started(home)
    assert stack.kubectl("get", "namespace", "-o", "name", "-l", "gitops.internal/stack") == ""

    killed = subprocess.Popen(
        [sys.executable, "-m", "gitops.cli.main", "--project", str(stack.folder), "rebuild", NAME, "--yes"],
        env=stack.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    until = time.monotonic() + 60
    while "configmap/base" not in stack.kubectl("get", "configmaps", "-A", "-o", "name"):
        assert killed.poll() is None, "it ended by itself"
        assert time.monotonic() < until
        time.sleep(0.05)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()

    code, done, text = rebuilt(stack)
    assert code == 0, text
    assert done["proven"] is True
    assert "clearing the lock of a run that was killed" in text
    assert done["before"]["alive"] > 0
    assert done["recreated"] == []
    assert done["emptyVolumes"] == ["PersistentVolumeClaim:web/data"]
    assert "apps/Deployment:web/web" in done["created"]
    after = living(stack)
    assert after.keys() == before.keys()
    assert not set(after.values()) & set(before.values())
    # the state knew that the migration had run, but not on this cluster
    assert stack.live("job", "web", "migrate")["metadata"]["uid"] != migrated
    assert_all_is_well(stack)


def test_a_lost_state_comes_back_and_nothing_that_lives_is_made_anew(stack, home):
    stack.kubectl("delete", "-n", "web", "deployment", "web")
    stack.kubectl("patch", "-n", "base", "configmap", "base", "-p", '{"data": {"a": "by hand"}}')
    # as a backup brings objects back: without the stack's label
    stack.kubectl("label", "-n", "yard", "boat", "ada", "gitops.internal/stack-")
    boat = stack.live("boat", "yard", "ada")["metadata"]["uid"]
    before = living(stack)
    lose_the_state(home)

    code, done, text = rebuilt(stack)
    assert code == 0, text
    assert "its history and its notes are lost" in text
    assert done["before"]["deployments"] == done["before"]["remembered"] == 0
    assert done["created"] == ["apps/Deployment:web/web"]
    assert done["adopted"] == ["example.org/Boat:yard/ada"]
    assert done["recreated"] == done["emptyVolumes"] == done["drift"] == []
    after = living(stack)
    assert {key: after[key] for key in before} == before
    assert after["Boat yard/ada"] == boat
    assert TOKEN not in text
    assert_all_is_well(stack)


def runbook(chapter):
    """The commands of a chapter of the runbook, each as its words."""
    text = (CHECKOUT / "docs" / "disaster-recovery.md").read_text()
    chapter = text.partition(f"\n## {chapter}\n")[2].partition("\n## ")[0]
    found = re.findall(r"^ *(gitops [^`\n]*)$|`(gitops [^`]*)`, with", chapter, re.MULTILINE)
    return [shlex.split(line or span)[1:] for line, span in found]


def test_without_the_keys_it_is_said_what_does_not_open_and_the_runbook_brings_them_back(stack, home, ring):
    (export,), commands = runbook("Before it happens"), runbook("At 3 a.m.")
    assert [words[0] for words in commands] == ["rebuild", "stack", "verify"]
    stack.environment["GITOPS_KEY_PASSPHRASE"] = "of the backup"
    for path, value in (("name", "smoke"), ("command[0]", "env")):
        key = f"gitops:verification[0].{path}"
        assert stack.run("config", "set", "--path", key, value, "--stack", NAME).code == 0
    backup = home.root / "prod-keys.pem"
    places = {"prod": NAME, backup.name: str(backup)}

    def run(words, *more):
        done = stack.gitops(*(places.get(word, word) for word in words), *more)
        assert done.code == 0, done.text
        return done.text

    pair, file = ring
    run(export)
    file.unlink()
    before = living(stack)

    code, _, text = rebuilt(stack)
    assert code == 2, text
    assert "the cluster was not touched" in text
    assert "k8s/02-apps/vault/login.yaml:1: SealedSecret vault/login can't be opened: " in text
    assert "give a backup of the keys with --keys FILE" in text

    code, done, text = rebuilt(stack, "--partial")
    assert (code, done["proven"]) == (2, False), text
    assert {a["name"]: a["result"] for a in done["applications"]}.pop("vault") == "LeftOut"
    assert living(stack) == before

    rebuild, *look = commands
    assert "nothing differs" in run(rebuild, "--yes", "--quiet")
    for words in look:
        run(words)
    assert f"{pair.fingerprint}" in run(["secret", "key", "list", "--stack", "prod"])
    assert living(stack) == before


def test_a_cluster_where_only_others_live_is_refused(stack, home, cluster, repository, ring):
    other = project_of(home, cluster, "other", repository.url, ring)
    refused = other.gitops("rebuild", "other", "--yes")
    assert refused.code == 5, refused.text
    assert f"of {NAME}) and none of other: it looks like the wrong cluster" in refused.text
    assert "--shared-cluster" in refused.text
    unknown = stack.gitops("rebuild", "nowhere", "--yes")
    assert (unknown.code, "there is no stack 'nowhere'" in unknown.text) == (6, True)
