"""Secrets on their way from Git into a real cluster: by the real controller, by the program, from one to the other."""

import time

import pytest

from gitops.secrets.files import as_text
from tests.live.sealing import (
    APP,
    NAMESPACE,
    PLAINTEXT,
    SECRET,
    sealed,
    values,
    vault,
    vault_repository,
    wait_until,
)

pytestmark = pytest.mark.live


@pytest.fixture
def repository(tmp_path, sealed_secrets):
    return vault_repository(tmp_path, sealed_secrets)


@pytest.fixture
def stack(tmp_path, sandbox, repository, request):
    with vault(tmp_path / "project", sandbox, repository, request.node.name) as project:
        yield project


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
