from base64 import b64decode
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from gitops.secrets.files import edited
from gitops.secrets.keys import KeyRing, read_keys
from gitops.secrets.making import as_list, as_pem, as_secret, generated, is_due
from gitops.secrets.recipients import others_in
from gitops.secrets.renew import (
    digest,
    digests_in,
    is_digest,
    opening_keys,
    renewed,
    sealed_for_all,
    with_values,
)
from gitops.secrets.scope import Scope
from gitops.secrets.sealed import UnsealError, seal_secret, unseal_values
from tests.secrets.key_pairs import pair, ring

VALUES = {"a": b"1", "b": b"2"}
OLD, NEW = pair("a"), pair("b")


def sealed(values=VALUES, scope=Scope.STRICT, by=OLD):
    return seal_secret({"metadata": {"name": "db", "namespace": "web"}}, values, scope, by.certificate)


@pytest.mark.parametrize("scope", list(Scope))
def test_values_are_sealed_anew_for_the_newest_key_and_keep_their_scope(scope):
    body = sealed(scope=scope)
    body["spec"]["encryptedData"]["b"] = sealed(scope=scope, by=NEW)["spec"]["encryptedData"]["b"]
    assert set(opening_keys(body, ring("a", "b")).values()) == {OLD.fingerprint, NEW.fingerprint}
    changes = renewed(body, "", ring("a", "b"), NEW.certificate)
    assert set(changes) == {"a"}
    with_values("", changes)(body)
    assert unseal_values(body, ring("b")) == VALUES
    assert renewed(body, "", ring("a", "b"), NEW.certificate) == {}


def test_what_does_not_open_is_not_sealed_anew():
    with pytest.raises(UnsealError):
        renewed(sealed(), "", ring("b"), NEW.certificate)


def test_only_the_values_of_the_stack_are_renewed():
    body = sealed_for_all(sealed(), VALUES, OLD.certificate, {"prod": OLD.certificate})
    changes = renewed(body, "prod", ring("a", "b"), NEW.certificate)
    text = edited(yaml.safe_dump(body).encode(), "s.yaml", {("db", "web"): with_values("prod", changes)})
    after = yaml.safe_load(text)
    assert after["spec"] == body["spec"]
    assert unseal_values({**after, "spec": {"encryptedData": others_in(after)["prod"]}}, ring("b")) == VALUES


def test_values_that_have_not_changed_stay_as_they_are():
    def seal(values, previous=None, key="long random text", first=OLD, others=()):
        return sealed_for_all(
            sealed(values, by=first),
            values,
            first.certificate,
            dict.fromkeys(others, NEW.certificate),
            previous=previous,
            digest_key=key,
        )

    once = seal(VALUES, others=["prod"])
    assert seal(VALUES, once, others=["prod"]) == once
    changed = seal({"a": b"1", "b": b"3"}, once, others=["prod"])
    kept, new = (
        changed["spec"]["encryptedData"][name] == once["spec"]["encryptedData"][name] for name in "ab"
    )
    assert (kept, new) == (True, False)
    assert others_in(changed)["prod"]["a"] == others_in(once)["prod"]["a"]
    # another certificate, another digest key, or no key at all: everything is sealed anew
    for other in (
        seal(VALUES, once, first=NEW),
        seal(VALUES, once, key="x" * 20),
        seal(VALUES, once, key=""),
    ):
        assert not set(other["spec"]["encryptedData"].values()) & set(once["spec"]["encryptedData"].values())
    assert digests_in(seal(VALUES, key="")) == {}


def test_a_digest_tells_nothing_without_its_key_not_even_that_a_value_returned():
    first, second = (digest("key", "web/db", "a", b"1") for _ in range(2))
    assert first != second
    assert is_digest(first, "key", "web/db", "a", b"1")
    for change in (("kez", "web/db", "a", b"1"), ("key", "web/d", "ba", b"1"), ("key", "web/db", "a", b"2")):
        assert not is_digest(first, *change)
    assert not is_digest("", "key", "web/db", "a", b"1")


@pytest.mark.parametrize("text", ["", "[", "[1]", '{"a": 1}'])
def test_digests_that_can_not_be_read_count_as_none(text):
    body = sealed()
    body["metadata"]["annotations"] = {"gitops.internal/digests": text}
    assert digests_in(body) == {}


def test_a_new_key_seals_and_opens_and_comes_back_from_every_backup():
    made = generated(bits=2048)
    ours = KeyRing.of([made])
    assert unseal_values(sealed(by=made), ours) == VALUES
    texts = (as_pem([made]), as_list([made], "kube-system"), yaml.safe_dump(as_secret(made, "kube-system")))
    for text in texts:
        (back,) = read_keys(text.encode(), "backup")
        assert (back.fingerprint, back.made) == (made.fingerprint, made.made)
    assert "BEGIN ENCRYPTED" in as_pem([made], b"secret")
    assert b"BEGIN RSA PRIVATE KEY" in b64decode(as_secret(made, "x")["data"]["tls.key"])
    assert (made.certificate.not_after - made.made).days == 3650


def test_a_key_is_due_when_it_is_old_enough():
    now = datetime.now(UTC)
    assert is_due(KeyRing(), 1)
    young = KeyRing.of([generated(now - timedelta(days=29), bits=2048)])
    assert not is_due(young, 30 * 86400, now)
    assert is_due(young, 28 * 86400, now)
