"""Secrets on their way from Git into a real cluster: by the real controller, by the program, from one to the other."""

import base64
import gzip
import json
import os
import subprocess
import time

import pytest
import yaml

from gitops.secrets.certificate import read_certificate
from gitops.secrets.files import as_text
from gitops.secrets.scope import Scope
from gitops.secrets.sealed import seal_secret
from tests.git_repository import GitRepository
from tests.live.sealing import NAMESPACE, values
from tests.live.stack_project import StackProject, config_map

pytestmark = pytest.mark.live

APP, SECRET = "k8s/02-apps/vault", "/api/v1/namespaces/vault/secrets/login"
PLAINTEXT = b"correct-horse-battery-staple-7391"


def certificate(controller):
    path = f"/api/v1/namespaces/{NAMESPACE}/secrets"
    keys = controller.client.list(path, "sealedsecrets.bitnami.com/sealed-secrets-key")
    found = [read_certificate(base64.b64decode(key["data"]["tls.crt"]), "key") for key in keys]
    return max(found, key=lambda one: one.not_before)


def sealed(controller, name="login", namespace="vault", *, scope=Scope.STRICT, content=None, **template):
    body = {"metadata": {"name": name, "namespace": namespace, **template}, "type": "Opaque"}
    return seal_secret(body, content or {"password": PLAINTEXT}, scope, certificate(controller))


@pytest.fixture
def repository(tmp_path, sealed_secrets):
    repository = GitRepository(tmp_path / "repository")
    repository.write(f"{APP}/config.yaml", config_map("settings", a="1"))
    repository.write(f"{APP}/sealed.yaml", as_text([sealed(sealed_secrets)]))
    repository.commit("a secret")
    return repository


@pytest.fixture
def stack(tmp_path, sandbox, repository, request):
    project = StackProject(
        tmp_path / "project",
        sandbox,
        stack=f"secrets-{abs(hash(request.node.name)) % 10**6}",
        context="staging",
        repository=repository.url,
        healthTimeout="30s",
        secrets="controller",
        keyRing="",
    )
    yield project
    project.destroy()


def wait_until(told, seconds=20):
    deadline = time.monotonic() + seconds
    while not told():
        assert time.monotonic() < deadline
        time.sleep(0.2)


@pytest.mark.parametrize("scope", list(Scope))
def test_the_controller_opens_what_this_project_seals(sealed_secrets, scope):
    name = f"interop-{scope}"
    body = sealed(
        sealed_secrets,
        name,
        "default",
        scope=scope,
        content={"a": b"1", "b": bytes(range(256))},
        labels={"x": "y"},
    )
    path = f"/apis/bitnami.com/v1alpha1/namespaces/default/sealedsecrets/{name}"
    sealed_secrets.client.apply(path, body, field_manager="test", force=True)
    made = sealed_secrets.secret("default", name)
    assert values(made) == {"a": b"1", "b": bytes(range(256))}
    assert made["metadata"]["labels"] == {"x": "y"}
    sealed_secrets.client.delete(path)


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


def test_a_wave_waits_until_the_controller_has_made_the_secret(stack, sealed_secrets, repository):
    done = stack.up()
    assert done.code == 0, done.text
    assert values(sealed_secrets.client.get(SECRET)) == {"password": PLAINTEXT}
    broken = sealed(sealed_secrets)
    broken["spec"]["encryptedData"]["password"] = broken["spec"]["encryptedData"]["password"][:-40] + "A" * 40
    broken["metadata"]["name"] = "broken"
    repository.write(f"{APP}/broken.yaml", as_text([broken])).commit("a broken one")
    failed = stack.up()
    assert failed.code != 0
    assert "broken" in failed.text
    assert values(sealed_secrets.client.get(SECRET)) == {"password": PLAINTEXT}


def test_a_stack_changes_from_one_way_to_the_other_and_no_secret_is_away_for_a_moment(stack, sealed_secrets):
    assert stack.up().code == 0
    first = sealed_secrets.client.get(SECRET)
    assert first["metadata"]["ownerReferences"][0]["kind"] == "SealedSecret"

    stack.configure(secrets="program", keyRing=f"kubernetes:{NAMESPACE}")
    assert "hand-over" in stack.preview().text
    refused = stack.up()
    assert refused.code != 0
    assert "hand-over" in refused.text
    assert stack.gitops("secret", "hand-over", "--stack", stack.stack).code == 0
    done = stack.up()
    assert done.code == 0, done.text
    wait_until(lambda: not stack.live("sealedsecrets", "vault")["items"])
    time.sleep(3)  # the garbage collector would have come by
    second = sealed_secrets.client.get(SECRET)
    assert second["metadata"]["uid"] == first["metadata"]["uid"]
    assert values(second) == {"password": PLAINTEXT}
    assert second["metadata"]["labels"]["gitops.internal/stack"] == stack.stack
    assert not second["metadata"].get("ownerReferences")
    same = stack.preview("--expect-no-changes")
    assert same.code == 0, same.text

    stack.configure(secrets="controller")
    assert stack.up().code != 0
    assert stack.gitops("secret", "hand-over", "--stack", stack.stack).code == 0
    done = stack.up()
    assert done.code == 0, done.text
    third = sealed_secrets.client.get(SECRET)
    assert third["metadata"]["uid"] == first["metadata"]["uid"]
    assert values(third) == {"password": PLAINTEXT}
    assert third["metadata"]["ownerReferences"][0]["kind"] == "SealedSecret"


def test_who_hands_over_and_changes_their_mind_keeps_the_secret_and_the_controller(
    stack, sealed_secrets, repository
):
    assert stack.up().code == 0
    first = sealed_secrets.client.get(SECRET)
    for way in ("program", "controller"):
        stack.configure(secrets=way, keyRing=f"kubernetes:{NAMESPACE}")
        assert stack.gitops("secret", "hand-over", "--stack", stack.stack).code == 0
        owners = sealed_secrets.client.get(SECRET)["metadata"].get("ownerReferences")
        assert bool(owners) is (way == "controller")
    assert (
        sealed_secrets.client.get(SECRET)["metadata"]["ownerReferences"]
        == first["metadata"]["ownerReferences"]
    )
    text = as_text([sealed(sealed_secrets, content={"password": b"another"})])
    repository.write(f"{APP}/sealed.yaml", text).commit("another one")
    done = stack.up()
    assert done.code == 0, done.text
    changed = sealed_secrets.client.get(SECRET)
    assert values(changed) == {"password": b"another"}
    assert changed["metadata"]["uid"] == first["metadata"]["uid"]


def test_a_sync_hands_over_by_itself(stack, sealed_secrets):
    uids = []
    for way in ("controller", "program", "controller"):
        stack.configure(secrets=way, keyRing=f"kubernetes:{NAMESPACE}")
        done = stack.gitops("stack", "sync", "--stack", stack.stack)
        assert done.code == 0, done.text
        time.sleep(2)
        live = sealed_secrets.client.get(SECRET)
        assert values(live) == {"password": PLAINTEXT}
        uids.append(live["metadata"]["uid"])
    assert len(set(uids)) == 1


def test_a_secret_that_leaves_git_leaves_the_cluster_either_way(stack, sealed_secrets, repository):
    text = as_text([sealed(sealed_secrets)])
    for way in ("controller", "program"):
        stack.configure(secrets=way, keyRing=f"kubernetes:{NAMESPACE}")
        repository.write(f"{APP}/sealed.yaml", text).commit("there")
        assert stack.up().code == 0
        assert sealed_secrets.client.get(SECRET)
        repository.remove(f"{APP}/sealed.yaml").commit("gone")
        assert stack.up().code == 0
        wait_until(lambda: not stack.live("secrets", "vault")["items"])


def test_a_secret_that_does_not_open_stops_the_run_before_anything_is_touched(
    stack, sealed_secrets, repository
):
    stack.configure(secrets="program", keyRing=f"kubernetes:{NAMESPACE}")
    body = sealed(sealed_secrets, "other")
    body["metadata"]["name"] = "moved"
    repository.write(f"{APP}/moved.yaml", as_text([body])).commit("moved")
    refused = stack.up()
    assert refused.code != 0
    assert f"{APP}/moved.yaml:1: password of SealedSecret vault/moved can't be opened" in refused.text
    assert PLAINTEXT.decode() not in refused.text
    assert stack.labeled() == set()


def test_what_was_opened_is_found_nowhere(stack, tmp_path, sandbox):
    caches = tmp_path / "caches"
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    stack.environment |= {"XDG_CACHE_HOME": str(caches), "TMPDIR": str(scratch)}
    stack.configure(secrets="program", keyRing=f"kubernetes:{NAMESPACE}")
    command = [
        "pulumi",
        "up",
        "--yes",
        "--skip-preview",
        "--json",
        "--stack",
        stack.stack,
        "--non-interactive",
    ]
    seen = b""
    with (tmp_path / "up.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=stack.folder, env=stack.environment, stdout=log, stderr=log)
        while process.poll() is None:
            seen += arguments_of_all()
            time.sleep(0.05)
    assert process.returncode == 0
    told = [
        stack.preview("--diff").text,
        stack.gitops("render", "--stack", stack.stack).text,
        stack.gitops("stack", "sync", "--stack", stack.stack, "--refresh").text,
        stack.gitops("app", "list", "--stack", stack.stack, "-o", "json").text,
        stack.run("stack", "export", "--stack", stack.stack).text,
        stack.run("stack", "output", "--json", "--stack", stack.stack).text,
    ]
    places = [
        tmp_path / "up.log",
        caches,
        scratch,
        stack.folder,
        sandbox.home.state,
        sandbox.home.pulumi_home,
    ]
    content = {str(file): readable(file) for place in places for file in files_below(place)}
    content |= {f"output {number}": text.encode() for number, text in enumerate(told)} | {"arguments": seen}
    assert any(stack.stack in name for name in content), "the state was looked at"
    found = [name for name, text in content.items() for form in encodings(PLAINTEXT) if form in text]
    assert found == []


def files_below(place):
    if place.is_file():
        return [place]
    return [file for file in place.rglob("*") if file.is_file() and not file.is_symlink()]


def readable(file):
    raw = file.read_bytes()
    return gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw


def encodings(value):
    """The value in every form in which it might lie about; base64 at each of the three alignments."""
    yield value
    yield value.hex().encode()
    yield value[::-1]
    yield json.dumps([*value]).encode()
    for shift in range(3):
        text = base64.b64encode(b"x" * shift + value)
        yield text[4 if shift else 0 : -4]


def arguments_of_all():
    """The arguments and environments of all processes of this machine."""
    seen = b""
    for name in filter(str.isdecimal, os.listdir("/proc")):  # noqa: PTH208 - names only
        for file in ("cmdline", "environ"):
            try:
                with open(f"/proc/{name}/{file}", "rb") as stream:  # noqa: PTH123 - vanishes while it is read
                    seen += stream.read()
            except OSError:
                continue
    return seen


def test_keys_are_rotated_backed_up_and_restored(stack, sealed_secrets, tmp_path):
    stack.environment["GITOPS_KEY_PASSPHRASE"] = "open sesame"
    old = sealed(sealed_secrets, "rotated", "default")
    before = certificate(sealed_secrets)
    stack.configure(keyRing=f"kubernetes:{NAMESPACE}")
    told = stack.gitops("secret", "rotate", "--stack", stack.stack, "--force")
    assert told.code == 0, told.text
    restart(sealed_secrets)
    assert certificate(sealed_secrets).fingerprint != before.fingerprint
    fetched = stack.gitops("secret", "cert", "--stack", stack.stack).text
    assert read_certificate(fetched.encode(), "cert").fingerprint == certificate(sealed_secrets).fingerprint
    path = "/apis/bitnami.com/v1alpha1/namespaces/default/sealedsecrets/rotated"
    sealed_secrets.client.apply(path, old, field_manager="test", force=True)
    assert values(sealed_secrets.secret("default", "rotated")) == {"password": PLAINTEXT}
    sealed_secrets.client.delete(path)

    backup = str(tmp_path / "keys.pem")
    options = ("--stack", stack.stack)
    told = stack.gitops("secret", "key", "export", *options, "--from-cluster", "--write", backup)
    assert told.code == 0, told.text
    for key in sealed_secrets.client.list(
        f"/api/v1/namespaces/{NAMESPACE}/secrets", "sealedsecrets.bitnami.com/sealed-secrets-key"
    ):
        sealed_secrets.client.delete(f"/api/v1/namespaces/{NAMESPACE}/secrets/{key['metadata']['name']}")
    restart(sealed_secrets)
    file = tmp_path / "old.yaml"
    file.write_text(as_text([old]))
    assert stack.gitops("secret", "verify", str(file), *options, "--by-controller").code == 1
    told = stack.gitops("secret", "key", "restore", backup, *options)
    assert told.code == 0, told.text
    restart(sealed_secrets)
    assert stack.gitops("secret", "verify", str(file), *options, "--by-controller").code == 0


def restart(controller):
    controller.stop()
    controller.start()


def test_a_key_ring_is_kept_as_a_stack_secret(stack, tmp_path, repository):
    told = stack.gitops("secret", "key", "generate", "--stack", stack.stack)
    assert told.code == 0, told.text
    text = (stack.folder / f"Pulumi.{stack.stack}.yaml").read_text()
    assert "secure:" in text
    assert "PRIVATE KEY" not in text
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
