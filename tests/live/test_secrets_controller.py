"""What this project and `kubeseal` seal, opened by the real controller in a real cluster."""

import os

import pytest
import yaml

from gitops.secrets.certificate import read_certificate
from gitops.secrets.renew import sealed_for_all
from gitops.secrets.scope import Scope
from tests.git_repository import GitRepository
from tests.live.sealing import PLAINTEXT, certificate, sealed, values, vault
from tests.live.stack_project import config_map
from tests.secrets.key_pairs import certificate_pem, pair

pytestmark = pytest.mark.live

LONGEST = "m" * 63
KINDS = {
    "Opaque": {"text": b"hunter2", "binary": bytes(range(256)), "umlaut": "ä€".encode(), "one": b"x"},
    "kubernetes.io/tls": {"tls.crt": certificate_pem("c"), "tls.key": b"key"},
    "kubernetes.io/dockerconfigjson": {".dockerconfigjson": b'{"auths": {}}'},
    "kubernetes.io/basic-auth": {"username": b"u", "password": b"p"},
}


@pytest.fixture(scope="module")
def opened(sealed_secrets):
    """Applies a SealedSecret and gives the Secret that the controller makes of it."""
    made = []
    sealed_secrets.client.apply(
        f"/api/v1/namespaces/{LONGEST}",
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": LONGEST}},
        field_manager="test",
        force=True,
    )

    def open_it(body):
        name, namespace = body["metadata"]["name"], body["metadata"]["namespace"]
        path = f"/apis/bitnami.com/v1alpha1/namespaces/{namespace}/sealedsecrets/{name}"
        made.append(path)
        sealed_secrets.client.apply(path, body, field_manager="test", force=True)
        return sealed_secrets.secret(namespace, name)

    yield open_it
    for path in made:
        sealed_secrets.client.delete(path)
    sealed_secrets.client.delete(f"/api/v1/namespaces/{LONGEST}")


@pytest.mark.parametrize("scope", list(Scope))
@pytest.mark.parametrize("kind", list(KINDS))
def test_the_controller_opens_every_type_and_scope(sealed_secrets, opened, scope, kind):
    name = f"{kind.rpartition('/')[2].lower()}-{scope}"
    body = sealed(
        sealed_secrets,
        name,
        "default",
        scope=scope,
        content=KINDS[kind],
        kind=kind,
        labels={"x": "y"},
        annotations={"team": "a"},
    )
    made = opened(body)
    assert (values(made), made["type"]) == (KINDS[kind], kind)
    assert made["metadata"]["labels"] == {"x": "y"}
    assert made["metadata"]["annotations"]["team"] == "a"


def test_names_may_be_as_long_as_the_api_server_lets_them(sealed_secrets, opened):
    assert values(opened(sealed(sealed_secrets, "n" * 253, LONGEST))) == {"password": PLAINTEXT}


@pytest.mark.parametrize("size", [1, 1024, 1024 * 1024])
def test_values_of_a_byte_up_to_all_that_a_secret_may_hold(sealed_secrets, opened, size):
    content = {"v": os.urandom(size)}
    assert values(opened(sealed(sealed_secrets, f"size-{size}", "default", content=content))) == content


def test_templates_are_rendered_by_the_controller_as_they_are_here(sealed_secrets, opened):
    body = sealed(sealed_secrets, "template", "default")
    body["spec"]["template"]["data"] = {
        "url": "db://{{ .password }}@host",
        "sum": "{{ .password | sha256sum }}",
    }
    made = values(opened(body))
    assert made["url"] == b"db://%s@host" % PLAINTEXT
    assert made.keys() == {"password", "url", "sum"}


def test_a_file_for_several_clusters_is_opened_by_a_controller_that_knows_nothing_of_that(
    sealed_secrets, opened
):
    content, first = {"password": PLAINTEXT}, certificate(sealed_secrets)
    others = {"prod": pair("a").certificate}
    body = sealed_for_all(
        sealed(sealed_secrets, "several", "default"), content, first, others, digest_key="k"
    )
    assert "sealed-for.gitops.internal/prod" in body["metadata"]["annotations"]
    assert values(opened(body)) == content


@pytest.fixture
def repository(tmp_path):
    repository = GitRepository(tmp_path / "repository").write("k8s/02-apps/vault/c.yaml", config_map("c"))
    repository.commit("first")
    return repository


@pytest.fixture
def stack(tmp_path, sandbox, repository, request):
    with vault(tmp_path / "project", sandbox, repository, request.node.name) as project:
        yield project


@pytest.mark.parametrize("size", [1, 1024 * 1024])
def test_the_program_opens_what_kubeseal_sealed_for_the_controller(
    stack, sealed_secrets, kubeseal, repository, tmp_path, size
):
    (tmp_path / "cert.pem").write_text(certificate(sealed_secrets).pem)
    (tmp_path / "value").write_bytes(content := os.urandom(size))
    secret = stack.kubectl(
        *("create", "secret", "generic", "big", "-n", "vault", "--dry-run=client", "-o", "json"),
        f"--from-file=v={tmp_path / 'value'}",
    )
    text = kubeseal("--cert", tmp_path / "cert.pem", "--scope", "cluster-wide", "-o", "yaml", sent=secret)
    repository.write("k8s/02-apps/vault/big.yaml", text).commit("by kubeseal")
    stack.configure(secrets="program", keyRing="kubernetes:kube-system")
    done = stack.up()
    assert done.code == 0, done.text[-3000:]
    assert values(stack.live("secret", "vault", "big")) == {"v": content}
    same = stack.preview("--expect-no-changes")
    assert same.code == 0, same.text[-3000:]


def test_the_controller_is_asked_through_the_api_server(sealed_secrets, stack, tmp_path):
    told = stack.gitops("secret", "cert", "--stack", stack.stack)
    assert told.code == 0, told.text
    assert read_certificate(told.text.encode(), "cert").fingerprint == certificate(sealed_secrets).fingerprint
    file = tmp_path / "s.yaml"
    (tmp_path / "plain").write_bytes(PLAINTEXT)
    options = ("--stack", stack.stack, "--name", "x", "-n", "vault", "--write", str(file))
    assert stack.gitops("secret", "seal", "--from-file", f"p={tmp_path / 'plain'}", *options).code == 0
    assert stack.gitops("secret", "verify", str(file), "--stack", stack.stack, "--by-controller").code == 0
    before = yaml.safe_load(file.read_text())
    assert stack.gitops("secret", "reseal", str(file), "--stack", stack.stack, "--by-controller").code == 0
    after = yaml.safe_load(file.read_text())
    assert before["spec"]["template"] == after["spec"]["template"]
    assert before["spec"]["encryptedData"].keys() == after["spec"]["encryptedData"].keys()
    assert before["spec"]["encryptedData"] != after["spec"]["encryptedData"]
    file.write_text(file.read_text().replace("name: x", "name: z"))
    refused = stack.gitops("secret", "verify", str(file), "--stack", stack.stack, "--by-controller")
    assert refused.code == 1
    assert "can't open it" in refused.text
