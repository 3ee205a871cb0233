"""What this project seals the real `kubeseal` opens, and the other way round; no cluster takes part."""

import json
import os
from base64 import b64encode

import pytest
import yaml

from gitops.model.errors import RefusedError
from gitops.secrets.certificate import read_certificate
from gitops.secrets.files import as_text, merged
from gitops.secrets.hybrid import open_bytes
from gitops.secrets.making import as_list, as_pem, as_secret
from gitops.secrets.scope import Scope, scope_of
from gitops.secrets.sealed import plain_values, seal_secret, unseal_secret, unseal_values
from gitops.secrets.values import secrets_in
from tests.live.sealing import values
from tests.secrets.key_pairs import certificate_pem, pair, ring

pytestmark = pytest.mark.live

LONGEST = {"name": "n" * 253, "namespace": "m" * 63}
AWKWARD = {"name": "a.b-c.1", "namespace": "x-1"}
TYPES = {
    "Opaque": {"text": b"hunter2", "binary": bytes(range(256)), "one": b"x", "umlaut": "ä€".encode()},
    "kubernetes.io/tls": {"tls.crt": certificate_pem("c"), "tls.key": b"key"},
    "kubernetes.io/dockerconfigjson": {".dockerconfigjson": b'{"auths": {}}'},
    "kubernetes.io/basic-auth": {"username": b"u", "password": b"p"},
}


@pytest.fixture
def files(tmp_path):
    """Keys and certificates as files."""
    for name in "abc":
        (tmp_path / f"{name}.crt").write_bytes(certificate_pem(name))
        (tmp_path / f"{name}.pem").write_text(as_pem([pair(name)]))
    return tmp_path


def secret(metadata, content, kind="Opaque", **more):
    data = {key: b64encode(value).decode() for key, value in content.items()}
    return {"apiVersion": "v1", "kind": "Secret", "type": kind, "metadata": metadata, "data": data, **more}


@pytest.mark.parametrize("scope", list(Scope))
@pytest.mark.parametrize("metadata", [LONGEST, AWKWARD], ids=["longest", "awkward"])
@pytest.mark.parametrize("kind", list(TYPES))
def test_each_opens_what_the_other_sealed(kubeseal, files, scope, metadata, kind):
    body = secret(metadata, TYPES[kind], kind)
    ours = seal_secret(body, TYPES[kind], scope, pair("a").certificate)
    opened = kubeseal.unseal(ours, files / "a.pem")
    assert values(opened) == TYPES[kind]
    assert (opened["type"], opened["metadata"]["name"]) == (kind, metadata["name"])

    theirs = kubeseal.seal(body, files / "a.crt", "--scope", scope.value)
    assert scope_of(theirs["metadata"]) is scope
    mine = unseal_secret(theirs, ring("a"))
    assert plain_values(mine) == TYPES[kind]
    assert {k: v for k, v in theirs.items() if k != "spec"} == {
        **{k: v for k, v in ours.items() if k != "spec"},
        "metadata": {**ours["metadata"], **_shown(theirs)},
    }
    assert _template(theirs) == _template(ours)


def _shown(sealed):
    """What the marshaller adds to metadata without meaning."""
    return {key: None for key in ("creationTimestamp",) if key in sealed["metadata"]}


def _template(sealed):
    template = sealed["spec"]["template"]
    return {**template, "metadata": {k: v for k, v in template["metadata"].items() if v is not None}}


@pytest.mark.parametrize("size", [1, 15, 16, 17, 4096, 1024 * 1024 - 1, 1024 * 1024])
def test_values_of_every_size_pass_both_ways(kubeseal, files, size):
    content = {"v": os.urandom(size)}
    body = secret(AWKWARD, content)
    assert (
        values(
            kubeseal.unseal(seal_secret(body, content, Scope.STRICT, pair("a").certificate), files / "a.pem")
        )
        == content
    )
    assert unseal_values(kubeseal.seal(body, files / "a.crt"), ring("a")) == content


@pytest.mark.parametrize("form", ["pem", "secret", "list", "yaml list"])
def test_the_same_backups_open_on_both_sides(kubeseal, files, form):
    body = secret(AWKWARD, {"v": b"1"})
    text = {
        "pem": as_pem([pair("a")]),
        "secret": json.dumps(as_secret(pair("a"), "kube-system")),
        "list": as_list([pair("b"), pair("a")], "kube-system"),
        "yaml list": yaml.safe_dump(json.loads(as_list([pair("a"), pair("b")], "kube-system"))),
    }[form]
    (files / "backup").write_text(text)
    sealed = seal_secret(body, {"v": b"1"}, Scope.STRICT, pair("a").certificate)
    assert values(kubeseal.unseal(sealed, files / "backup")) == {"v": b"1"}


def test_several_keys_are_tried_on_both_sides(kubeseal, files):
    sealed = kubeseal.seal(secret(AWKWARD, {"v": b"1"}), files / "b.crt")
    assert unseal_values(sealed, ring("a", "b", "c")) == {"v": b"1"}
    assert values(kubeseal.unseal(sealed, files / "a.pem", files / "b.pem")) == {"v": b"1"}


@pytest.mark.parametrize("scope", list(Scope))
def test_a_raw_value_is_the_same_on_both_sides(kubeseal, files, scope):
    (files / "value").write_bytes(b"\x00raw\xff")
    place = ["--name", "web", "--namespace", "shop"]
    text = kubeseal(
        "--raw", "--cert", files / "a.crt", "--scope", scope.value, *place, f"--from-file={files / 'value'}"
    )
    assert open_bytes(text.strip(), pair("a").private, scope.label("shop", "web")) == b"\x00raw\xff"


def test_a_merge_of_each_is_read_by_the_other(kubeseal, files):
    metadata = {"name": "web", "namespace": "shop", "labels": {"a": "1"}, "annotations": {"b": "2"}}
    first = seal_secret(secret(metadata, {}), {"one": b"1"}, Scope.NAMESPACE, pair("a").certificate)
    file = files / "sealed.yaml"
    file.write_text(as_text([first]))
    more = json.dumps(secret({**metadata, "labels": {"c": "3"}}, {"two": b"2"}))
    kubeseal(
        "--merge-into", file, "--cert", files / "a.crt", "--scope", "namespace-wide", "-o", "yaml", sent=more
    )
    theirs = next(filter(None, yaml.safe_load_all(file.read_text())))
    assert unseal_values(theirs, ring("a")) == {"one": b"1", "two": b"2"}

    third = seal_secret(secret(metadata, {}), {"three": b"3"}, Scope.NAMESPACE, pair("a").certificate)
    text = merged(file.read_bytes(), "sealed.yaml", third)
    after = next(filter(None, yaml.safe_load_all(text)))
    opened = kubeseal.unseal(after, files / "a.pem")
    assert values(opened) == {"one": b"1", "two": b"2", "three": b"3"}
    assert opened["metadata"]["labels"] == {"a": "1", "c": "3"}


def test_templates_with_metadata_come_out_alike(kubeseal, files):
    metadata = {**AWKWARD, "labels": {"app": "web"}, "annotations": {"team": "a"}}
    sealed = seal_secret(
        secret(metadata, {}, immutable=True), {"password": b"p"}, Scope.STRICT, pair("a").certificate
    )
    sealed["spec"]["template"]["data"] = {
        "url": "db://{{ .password }}@{{ .host }}",
        "sum": "{{ .password | sha256sum | upper }}",
        "file": "{{- range $k, $v := . }}{{ $k }}={{ $v | quote }}{{ end }}",
    }
    theirs, ours = kubeseal.unseal(sealed, files / "a.pem"), unseal_secret(sealed, ring("a"))
    assert values(theirs) == plain_values(ours)
    assert theirs["type"] == ours["type"]
    assert theirs["immutable"] is ours["immutable"] is True
    kept = ("name", "namespace", "labels", "annotations")
    assert {k: theirs["metadata"][k] for k in kept} == {k: ours["metadata"][k] for k in kept}


def test_both_refuse_what_was_moved_changed_or_sealed_for_another_key(kubeseal, files):
    sealed = seal_secret(secret(AWKWARD, {}), {"v": b"hunter2"}, Scope.STRICT, pair("a").certificate)
    moved = {**sealed, "metadata": {**sealed["metadata"], "name": "other"}}
    text = sealed["spec"]["encryptedData"]["v"]
    cut = {**sealed, "spec": {**sealed["spec"], "encryptedData": {"v": text[: len(text) // 4 * 2]}}}
    for body, key in ((moved, "a"), (cut, "a"), (sealed, "b")):
        told = kubeseal(
            "--recovery-unseal",
            "--recovery-private-key",
            files / f"{key}.pem",
            sent=json.dumps(body),
            fails=True,
        )
        assert "hunter2" not in told
        with pytest.raises(Exception, match="can't be opened"):
            unseal_secret(body, ring(key))


def test_both_refuse_an_expired_certificate(kubeseal, files):
    (files / "old.crt").write_bytes(certificate_pem("a", days=10, ago=20))
    kubeseal("--cert", files / "old.crt", sent=json.dumps(secret(AWKWARD, {"v": b"1"})), fails=True)
    with pytest.raises(RefusedError, match="expired"):
        read_certificate((files / "old.crt").read_bytes(), "old.crt").for_sealing()


def test_every_manifest_form_is_sealed_by_both(kubeseal, files):
    one = secret(AWKWARD, {"v": b"1"}, stringData={"s": "2"})
    for text in (json.dumps(one), yaml.safe_dump(one), f"---\n{yaml.safe_dump(one)}---\n{json.dumps(one)}\n"):
        theirs = [
            unseal_values(item, ring("a"))
            for item in yaml.safe_load_all(kubeseal("--cert", files / "a.crt", "-o", "yaml", sent=text))
            if item
        ]
        assert theirs == [plain_values(item) for item in secrets_in(text.encode(), "-")]
