from base64 import b64encode

import pytest

from gitops.model.errors import ConfigError, GitOpsError
from gitops.secrets.keys import KeyRing
from gitops.secrets.scope import Scope
from gitops.secrets.sealed import UnsealError, plain_values, seal_secret, unseal_secret, unseal_values
from tests.secrets.key_pairs import pair, ring

VALUES = {"password": b"correct horse", "binary": bytes(range(256)), "empty": b""}
METADATA = {
    "name": "web",
    "namespace": "shop",
    "labels": {"app": "web"},
    "annotations": {"team": "a", "kubectl.kubernetes.io/last-applied-configuration": "hunter2"},
    "uid": "1",
    "resourceVersion": "7",
    "ownerReferences": [{"kind": "X"}],
}


def sealed(scope=Scope.STRICT, key="a", **secret):
    body = {"metadata": METADATA, "type": "Opaque", **secret}
    return seal_secret(body, VALUES, scope, pair(key).certificate)


@pytest.mark.parametrize("scope", list(Scope))
def test_a_secret_comes_back_as_it_was(scope):
    found = unseal_secret(sealed(scope, immutable=True), ring("a"))
    assert plain_values(found) == VALUES
    assert (found["kind"], found["type"], found["immutable"]) == ("Secret", "Opaque", True)
    metadata = found["metadata"]
    assert (metadata["name"], metadata["namespace"], metadata["labels"]) == ("web", "shop", {"app": "web"})
    assert metadata["annotations"]["team"] == "a"


def test_copies_of_the_plain_object_and_what_the_server_owns_are_left_out():
    text = str(sealed())
    assert "hunter2" not in text
    assert "resourceVersion" not in text
    assert "ownerReferences" not in text


@pytest.mark.parametrize(
    ("scope", "change", "opens"),
    [
        (Scope.STRICT, {"name": "wab"}, False),
        (Scope.STRICT, {"namespace": "shop2"}, False),
        (Scope.NAMESPACE, {"name": "wab"}, True),
        (Scope.NAMESPACE, {"namespace": "shop2"}, False),
        (Scope.CLUSTER, {"name": "wab", "namespace": "shop2"}, True),
    ],
)
def test_a_value_moves_as_far_as_its_scope_lets_it(scope, change, opens):
    body = sealed(scope)
    body["metadata"] |= change
    if opens:
        assert unseal_values(body, ring("a")) == VALUES
    else:
        with pytest.raises(UnsealError, match="can't be opened"):
            unseal_values(body, ring("a"))


def test_another_scope_is_named():
    body = sealed(Scope.CLUSTER)
    del body["metadata"]["annotations"]
    with pytest.raises(UnsealError, match="sealed cluster-wide, but the object is annotated strict"):
        unseal_values(body, ring("a"))


def test_any_key_of_a_ring_opens():
    assert unseal_values(sealed(key="b"), ring("a", "b", "c")) == VALUES
    with pytest.raises(UnsealError, match="none of 2 keys fits"):
        unseal_values(sealed(key="b"), ring("a", "c"))
    with pytest.raises(UnsealError, match="there is no key"):
        unseal_values(sealed(), KeyRing())


def test_an_error_names_keys_and_not_what_is_in_them():
    body = sealed()
    body["spec"]["encryptedData"]["password"] = body["spec"]["encryptedData"]["password"][:-8]
    with pytest.raises(UnsealError) as caught:
        unseal_secret(body, ring("a"))
    assert "password" in str(caught.value)
    assert not any(text in str(caught.value) for text in ("correct", "horse", "binary", "AgA"))


@pytest.mark.parametrize(
    "spec",
    [None, [], {"data": "AgB"}, {"encryptedData": []}, {"encryptedData": {"a": 1}}],
)
def test_what_is_no_sealed_secret_is_refused(spec):
    body = {"metadata": {"name": "web", "namespace": "shop"}, "spec": spec}
    if spec is None or spec == []:
        assert unseal_values(body, ring("a")) == {}
    else:
        with pytest.raises(ConfigError):
            unseal_values(body, ring("a"))


def test_templates_are_rendered_with_the_values():
    body = sealed()
    body["spec"]["template"]["data"] = {
        "url": 'db://{{ index . "password" }}@{{ .host }}',
        "upper": "{{ .password | upper }}",
    }
    found = plain_values(unseal_secret(body, ring("a")))
    assert found["url"] == b"db://correct horse@<no value>"
    assert found["upper"] == b"CORRECT HORSE"


def test_a_template_that_fails_does_not_quote_what_it_was_given():
    body = sealed()
    body["spec"]["template"]["data"] = {"url": "{{ .password | fail }}"}
    with pytest.raises(UnsealError) as caught:
        unseal_secret(body, ring("a"))
    assert "template.data.url" in str(caught.value)
    assert "horse" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_plain_values_prefer_string_data_and_refuse_what_is_none():
    assert plain_values(
        {"data": {"a": b64encode(b"1").decode(), "b": "Mg==\n"}, "stringData": {"a": "x"}}
    ) == {
        "a": b"x",
        "b": b"2",
    }
    for secret in ({"data": {"a": "%"}}, {"data": {"a": 1}}, {"stringData": {"a": 1}}):
        with pytest.raises(GitOpsError):
            plain_values(secret)
