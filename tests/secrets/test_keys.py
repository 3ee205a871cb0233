import json
import time
from datetime import timedelta

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gitops.model.errors import AccessError, ConfigError, RefusedError
from gitops.secrets.certificate import read_certificate
from gitops.secrets.keys import KeyPair, KeyRing, read_keys
from gitops.secrets.making import as_pem, generated
from gitops.secrets.ring import load_ring
from tests.secrets.key_pairs import backup, certificate_pem, key_secret, pair, private_pem


@pytest.mark.parametrize(
    "content",
    [
        backup("a"),
        certificate_pem("a") + private_pem("a"),
        json.dumps(key_secret("a")).encode(),
        yaml.safe_dump({"kind": "List", "items": [key_secret("a")]}).encode(),
        yaml.safe_dump(
            {
                "kind": "Secret",
                "stringData": {
                    "tls.key": private_pem("a").decode(),
                    "tls.crt": certificate_pem("a").decode(),
                },
            }
        ).encode(),
    ],
    ids=["pem", "pem, certificate first", "secret", "list", "stringData"],
)
def test_a_key_is_read_from_every_form_of_backup(content):
    (found,) = read_keys(content, "backup")
    assert found.fingerprint == pair("a").fingerprint
    assert found.certificate


def test_a_key_without_certificate_opens_and_is_not_sealed_for():
    found = KeyRing.of(read_keys(private_pem("a"), "a.pem"))
    assert found.pairs[0].certificate is None
    with pytest.raises(ConfigError, match="no key of the ring has a certificate"):
        assert found.newest


def test_a_ring_holds_each_key_once_and_the_newest_first():
    old, new = pair("a", ago=400), pair("b", ago=3)
    ring = KeyRing.of([old, KeyPair(new.private), new, old])
    assert [item.fingerprint for item in ring.pairs] == [new.fingerprint, old.fingerprint]
    assert ring.newest.fingerprint == new.fingerprint


def test_an_encrypted_key_asks_for_its_passphrase():
    sealed = private_pem("a", b"open sesame")
    with pytest.raises(AccessError, match=r"a\.pem is encrypted"):
        read_keys(sealed, "a.pem")
    with pytest.raises(AccessError, match="does not open with this passphrase"):
        read_keys(sealed, "a.pem", b"wrong")
    assert read_keys(sealed, "a.pem", b"open sesame")[0].fingerprint == pair("a").fingerprint


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"kind: ConfigMap\n",
        b"\xff\xfe",
        b"a: [",
        b"-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----\n",
        b"kind: Secret\ndata: {tls.key: '%%'}\n",
        certificate_pem("a"),
    ],
)
def test_what_holds_no_key_is_named_and_not_quoted(content):
    with pytest.raises(ConfigError) as caught:
        read_keys(content, "backup.yaml")
    assert "backup.yaml" in str(caught.value)
    assert "MII" not in str(caught.value)


def test_an_expired_certificate_is_not_sealed_for():
    expired = read_certificate(certificate_pem("a", days=10, ago=20), "old.pem")
    with pytest.raises(RefusedError, match="expired on"):
        expired.for_sealing()
    assert expired.for_sealing(expired.not_after - timedelta(days=1))


@pytest.mark.parametrize("content", [b"", b"nothing", private_pem("a")])
def test_what_is_no_certificate_is_named(content):
    with pytest.raises(ConfigError, match=r"x\.pem holds no certificate"):
        read_certificate(content, "x.pem")


def test_a_private_key_is_in_no_representation():
    assert "private" not in repr(pair("a"))
    assert "BEGIN" not in repr(pair("a"))


def test_a_ring_is_had_from_a_file_from_the_cluster_or_from_its_text(tmp_path):
    (tmp_path / "k.pem").write_bytes(backup("a"))
    asked = []

    def cluster(namespace, name):
        asked.append((namespace, name))
        return [key_secret("b")]

    wanted = {name: pair(name).fingerprint for name in "ab"}
    assert load_ring(f"file:{tmp_path}/k.pem", cluster).pairs[0].fingerprint == wanted["a"]
    assert load_ring(backup("a").decode(), cluster).pairs[0].fingerprint == wanted["a"]
    assert load_ring("kubernetes:kube-system/one", cluster).pairs[0].fingerprint == wanted["b"]
    assert asked == [("kube-system", "one")]
    with pytest.raises(ConfigError, match="neither file:PATH"):
        load_ring("k.pem", cluster)


def test_a_key_whose_parts_do_not_belong_together_is_refused():
    numbers = pair("a").private.private_numbers()
    wrong = rsa.RSAPrivateNumbers(
        numbers.p, numbers.q, numbers.d + 2, numbers.dmp1, numbers.dmq1, numbers.iqmp, numbers.public_numbers
    ).private_key(unsafe_skip_rsa_key_validation=True)
    text = wrong.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    with pytest.raises(ConfigError, match="can't be read"):
        read_keys(text, "a.pem")


def test_a_ring_of_many_large_keys_is_read_in_no_time():
    text = as_pem([generated()]).encode()
    began = time.process_time()
    for _ in range(50):
        read_keys(text, "a.pem")
    assert time.process_time() - began < 1
