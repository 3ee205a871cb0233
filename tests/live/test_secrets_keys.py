"""Keys of a real cluster: rotated, backed up, lost and restored, as the documents and the help say."""

import re
import shlex

import pytest

from gitops.secrets.certificate import read_certificate
from gitops.secrets.files import as_text
from gitops.secrets.scope import KEY_LABEL
from tests.live.sealing import (
    APP,
    NAMESPACE,
    PLAINTEXT,
    SECRET,
    certificate,
    sealed,
    values,
    vault,
    vault_repository,
    wait_until,
)
from tests.live.stack_project import CHECKOUT
from tests.secrets.examples import examples, needs_cluster

pytestmark = pytest.mark.live

KEYS = f"/api/v1/namespaces/{NAMESPACE}/secrets"


@pytest.fixture
def repository(tmp_path, sealed_secrets):
    return vault_repository(tmp_path, sealed_secrets)


@pytest.fixture
def stack(tmp_path, sandbox, repository, request):
    with vault(tmp_path / "project", sandbox, repository, request.node.name) as project:
        project.environment["GITOPS_KEY_PASSPHRASE"] = "open sesame"
        yield project


def test_a_key_of_a_rotation_is_the_one_that_the_controller_seals_for(stack, sealed_secrets):
    old = sealed(sealed_secrets, "rotated", "default")
    before = certificate(sealed_secrets)
    stack.configure(keyRing=f"kubernetes:{NAMESPACE}")
    not_due = stack.gitops("secret", "rotate", "--stack", stack.stack)
    assert "is not due yet" in not_due.text
    told = stack.gitops("secret", "rotate", "--stack", stack.stack, "--force")
    assert told.code == 0, told.text
    sealed_secrets.restart()
    assert certificate(sealed_secrets).fingerprint != before.fingerprint
    fetched = stack.gitops("secret", "cert", "--stack", stack.stack).text
    assert read_certificate(fetched.encode(), "cert").fingerprint == certificate(sealed_secrets).fingerprint
    path = "/apis/bitnami.com/v1alpha1/namespaces/default/sealedsecrets/rotated"
    sealed_secrets.client.apply(path, old, field_manager="test", force=True)
    assert values(sealed_secrets.secret("default", "rotated")) == {"password": PLAINTEXT}
    sealed_secrets.client.delete(path)


def runbook():
    """The commands of the chapter on recovery, in order."""
    text = (CHECKOUT / "docs" / "secrets.md").read_text()
    chapter = text.partition("### Backup and recovery")[2].partition("\n## ")[0]
    return re.findall(r"gitops (?:secret|stack) [^`#\n]*[^`#\n ]", chapter)


def test_the_runbook_of_recovery_does_what_it_says(stack, sealed_secrets, repository, tmp_path):
    backup = tmp_path / "keys.pem"
    places = {
        "prod": stack.stack,
        "prod-keys.pem": str(backup),
        "k8s": str(repository.path / "k8s"),
        "sealed.yaml": str(repository.path / APP / "sealed.yaml"),
    }

    def run(command, code=0):
        done = stack.gitops(*(places.get(word, word) for word in shlex.split(command)[1:]))
        assert done.code == code, f"{command}\n{done.text[-3000:]}"
        return done.text

    export, report, restore, sync, verify, *_ = runbook()
    assert stack.up().code == 0
    run(export)
    assert "BEGIN ENCRYPTED" in backup.read_text()
    assert " current" in run(report)

    lose_the_cluster(stack, sealed_secrets)
    sealed_secrets.start()
    run(verify, code=1)  # a new key of its own opens nothing
    sealed_secrets.stop()
    run(restore)
    sealed_secrets.start()
    run(sync)
    assert "opens" in run(verify)
    assert values(sealed_secrets.client.get(SECRET)) == {"password": PLAINTEXT}

    stack.configure(secrets="program", keyRing=f"file:{backup}")
    lose_the_cluster(stack, sealed_secrets)
    sealed_secrets.start()
    run(sync)
    assert values(sealed_secrets.client.get(SECRET)) == {"password": PLAINTEXT}


def lose_the_cluster(stack, controller):
    """What a new cluster does not have: the application, and the controller's keys."""
    controller.stop()
    for key in controller.client.list(KEYS, KEY_LABEL):
        controller.client.delete(f"{KEYS}/{key['metadata']['name']}")
    stack.kubectl("delete", "namespace", "vault", "--wait=true")
    wait_until(
        lambda: "vault" not in {item["metadata"]["name"] for item in stack.live("namespaces")["items"]}
    )


@pytest.mark.parametrize("words", list(filter(needs_cluster, examples())), ids=" ".join)
def test_an_example_that_needs_a_cluster_does_what_it_says(stack, sealed_secrets, tmp_path, words):
    backup, file = tmp_path / "staging-keys.pem", tmp_path / "sealed.yaml"
    file.write_text(as_text([sealed(sealed_secrets)]))
    places = {"staging": stack.stack, "prod": stack.stack, backup.name: str(backup), file.name: str(file)}
    if "restore" in words:
        export = ("secret", "key", "export", "--stack", stack.stack, "--from-cluster", "--write", str(backup))
        assert stack.gitops(*export).code == 0
    done = stack.gitops(*(places.get(word, word) for word in words))
    assert done.code == 0, done.text


def test_a_key_ring_is_kept_as_a_stack_secret(stack, tmp_path, repository):
    told = stack.gitops("secret", "key", "generate", "--stack", stack.stack)
    assert told.code == 0, told.text
    text = (stack.folder / f"Pulumi.{stack.stack}.yaml").read_text()
    assert "secure:" in text
    assert "PRIVATE KEY" not in text
    del stack.environment["GITOPS_KEY_PASSPHRASE"]  # of backups alone: the provider encrypts the ring
    assert len(stack.gitops("secret", "key", "list", "--stack", stack.stack).text.splitlines()) == 1
    (tmp_path / "plain").write_bytes(PLAINTEXT)
    assert stack.run("config", "set", "gitops:secrets", "program", "--stack", stack.stack).code == 0
    sealed_file = repository.path / APP / "sealed.yaml"
    options = ("--stack", stack.stack, "--name", "login", "-n", "vault", "--write", str(sealed_file))
    assert stack.gitops("secret", "seal", "--from-file", f"password={tmp_path / 'plain'}", *options).code == 0
    repository.commit("for the stack's own key")
    done = stack.up()
    assert done.code == 0, done.text
    assert values(stack.live("secret", "vault", "login")) == {"password": PLAINTEXT}
