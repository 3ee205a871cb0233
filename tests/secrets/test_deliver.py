import time

import pytest

from gitops.model.errors import AccessError, Problems
from gitops.model.keys import OBJECT_ANNOTATION
from gitops.secrets.deliver import delivered, unsealed
from gitops.secrets.keys import KeyRing
from gitops.secrets.plain import refuse_plain
from gitops.secrets.recipients import annotated, for_stack, others_in
from gitops.secrets.scope import Scope
from gitops.secrets.sealed import UnsealError, plain_values, seal_secret, seal_values
from tests import given
from tests.secrets.key_pairs import pair, ring


def sealed(name="db", *, key="a", scope=Scope.STRICT, of="web", annotations=None, values=None, template=None):
    body = seal_secret(
        {"metadata": {"name": name, "namespace": of, **(template or {})}, "type": "Opaque"},
        values or {"password": b"hunter2"},
        scope,
        pair(key).certificate,
    )
    body["metadata"]["annotations"] = {**(annotations or {}), **scope.annotations}
    body["metadata"]["labels"] = {"gitops.internal/application": of, "other": "x"}
    manifest = given.manifest("SealedSecret", name, of=of, api="bitnami.com/v1alpha1")
    return type(manifest)(body, manifest.where, manifest.application)


def both(manifest):
    body = manifest.body
    values = seal_values({"password": b"for prod"}, b"web/db", pair("b").certificate)
    return type(manifest)(annotated(body, {"prod": values}), manifest.where, manifest.application)


def opened(*manifests, keys=("a",), stack="test"):
    problems = Problems()
    return delivered(manifests, stack, lambda: ring(*keys), problems), problems


def test_with_keys_the_secret_takes_the_place_of_what_is_sealed():
    (found,), problems = opened(
        sealed(
            annotations={"argocd.argoproj.io/sync-wave": "3", "gitops.internal/tree": "t", "note": "n"},
            template={
                "labels": {"app": "db"},
                "annotations": {"sealedsecrets.bitnami.com/managed": "true", "a": "1"},
            },
        )
    )
    assert not problems.found
    assert plain_values(found.body) == {"password": b"hunter2"}
    assert (found.kind, found.key.resource_name, found.application) == ("Secret", "Secret:web/db", "web")
    assert found.body["metadata"]["labels"] == {"app": "db", "gitops.internal/application": "web"}
    assert found.annotations == {"a": "1", "argocd.argoproj.io/sync-wave": "3", "gitops.internal/tree": "t"}


def test_the_secret_tells_its_own_identity():
    (found,), _ = opened(sealed(annotations={OBJECT_ANNOTATION: "bitnami.com/SealedSecret:web/db"}))
    assert found.annotations == {OBJECT_ANNOTATION: "Secret:web/db"}


def test_without_keys_what_is_sealed_stays_sealed():
    manifest, other = sealed(), given.manifest("ConfigMap")
    assert delivered([manifest, other], "test", None, Problems()) == (manifest, other)


def test_keys_are_not_asked_for_where_nothing_is_sealed():
    def fail():
        raise AssertionError

    assert len(delivered([given.manifest("ConfigMap")], "test", fail, Problems())) == 1


def test_every_secret_that_does_not_open_is_a_problem_of_its_application():
    _, problems = opened(sealed(), sealed("x", of="shop"), sealed("y"), keys=("b",))
    assert [(p.application, str(p.where)) for p in problems] == [
        ("web", "web/db.yaml:1"),
        ("shop", "shop/x.yaml:1"),
        ("web", "web/y.yaml:1"),
    ]
    assert "hunter2" not in str(problems.found)


def test_keys_that_can_not_be_had_concern_the_applications_that_need_them():
    def fail():
        raise AccessError("no keys", next_step="look")

    problems = Problems()
    delivered([sealed(), given.manifest("ConfigMap", of="other")], "test", fail, problems)
    (problem,) = problems
    assert problem.what == "SealedSecret web/db can't be opened: no keys"
    assert (str(problem.where), problem.next_step, problem.application) == ("web/db.yaml:1", "look", "web")


def test_a_secret_that_is_there_in_clear_as_well_is_a_problem():
    _, problems = opened(sealed(), given.manifest("Secret", "db", data={"a": "MQ=="}))
    assert "Secret web/db is already stated at web/db.yaml:1" in str(problems.found[0])


def test_a_file_sealed_for_several_clusters_is_opened_by_each_with_its_own_key():
    manifest = both(sealed())
    for stack, key, value in (("test", "a", b"hunter2"), ("prod", "b", b"for prod")):
        (found,), problems = opened(manifest, stack=stack, keys=(key,))
        assert not problems.found
        assert plain_values(found.body) == {"password": value}
    # whoever has one of the keys can open it under any name
    assert plain_values(unsealed(manifest.body, "", ring("b"))) == {"password": b"for prod"}
    with pytest.raises(UnsealError):
        unsealed(manifest.body, "", ring("c"))


def test_a_cluster_is_given_its_own_values_and_nobody_elses():
    manifest = both(sealed(annotations={"gitops.internal/digests": "{}", "note": "n"}))
    others = others_in(manifest.body)
    (for_prod,) = delivered([manifest], "prod", None, Problems())
    assert for_prod.body["spec"]["encryptedData"] == others["prod"]
    assert for_prod.annotations == {"note": "n"}
    assert for_stack(manifest.body, "test")["spec"] == sealed_spec(manifest)


def sealed_spec(manifest):
    return manifest.body["spec"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a": 1}', "null", "[" * 100_000])
def test_a_broken_annotation_is_a_problem_with_its_place(text):
    manifest = sealed(annotations={"sealed-for.gitops.internal/prod": text})
    _, problems = opened(manifest)
    assert "sealed-for.gitops.internal/prod holds no sealed values" in problems.found[0].what
    assert str(problems.found[0].where) == "web/db.yaml:1"


def test_secrets_in_clear_are_refused_but_for_the_files_that_are_allowed():
    manifests = [
        given.manifest("Secret", "one", data={"a": "MQ=="}),
        given.manifest("Secret", "two", of="shop", stringData={"a": "1"}),
        given.manifest("Secret", "empty", type="kubernetes.io/service-account-token"),
        sealed(),
    ]
    problems = Problems()
    refuse_plain(manifests, ["shop/*.yaml"], problems)
    assert [str(problem.where) for problem in problems] == ["web/one.yaml:1"]
    assert "MQ==" not in str(problems.found)


def test_five_hundred_secrets_are_opened_in_under_two_seconds():
    manifests = [sealed(f"s-{number}") for number in range(500)]
    began = time.process_time()
    found, problems = opened(*manifests, keys=("a", "b"))
    assert time.process_time() - began < 2
    assert not problems.found
    assert len({item.body["metadata"]["name"] for item in found}) == 500


def test_no_ring_opens_nothing():
    _, problems = opened(sealed(), keys=())
    assert "there is no key" in problems.found[0].what
    assert len(KeyRing()) == 0
