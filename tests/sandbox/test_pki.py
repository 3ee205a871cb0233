from __future__ import annotations

import base64
import stat
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import yaml
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sandbox.controlplane import kubeconfig
from sandbox.controlplane.pki import SUBJECTS, Subject, complete, create

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cluster") / "pki"
    create(folder)
    return folder


def certificate(folder: Path, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / f"{name}.crt").read_bytes())


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.file)
def test_every_certificate_is_signed_by_the_authority_and_has_its_key(folder: Path, subject: Subject) -> None:
    found = certificate(folder, subject.file)
    found.verify_directly_issued_by(certificate(folder, "ca"))
    key = load_pem_private_key((folder / f"{subject.file}.key").read_bytes(), None)
    assert key.public_key() == found.public_key()
    assert found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == subject.user
    groups = [name.value for name in found.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)]
    assert groups == ([subject.group] if subject.group else [])
    purposes = found.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert (ExtendedKeyUsageOID.SERVER_AUTH in purposes) == subject.server


def test_only_the_administrator_and_kwok_are_masters() -> None:
    assert {s.file for s in SUBJECTS if s.group == "system:masters"} == {"admin", "kwok"}


def test_two_clusters_trust_different_authorities(folder: Path, tmp_path: Path) -> None:
    create(tmp_path / "pki")
    with pytest.raises(InvalidSignature):
        certificate(tmp_path / "pki", "admin").verify_directly_issued_by(certificate(folder, "ca"))


def test_keys_are_private_and_certificates_valid_from_a_little_ago(folder: Path) -> None:
    assert {stat.S_IMODE(key.stat().st_mode) for key in folder.glob("*.key")} == {0o600}
    found = certificate(folder, "apiserver")
    assert found.not_valid_before_utc < datetime.now(UTC) - timedelta(minutes=4)
    assert found.not_valid_after_utc > datetime.now(UTC) + timedelta(days=3000)


def test_half_a_folder_is_made_anew_whole(tmp_path: Path) -> None:
    folder = tmp_path / "pki"
    assert not complete(folder)
    create(folder)
    assert complete(folder)
    authority = (folder / "ca.crt").read_bytes()
    (folder / "scheduler.key").unlink()
    assert not complete(folder)
    (tmp_path / ".pki-interrupted").mkdir()
    create(folder)
    assert complete(folder)
    assert (folder / "ca.crt").read_bytes() != authority
    assert [f.name for f in tmp_path.iterdir()] == ["pki"]


def test_a_kubeconfig_holds_everything_and_its_first_context_is_current(folder: Path) -> None:
    admin = kubeconfig.certificate_user(folder, "admin")
    entries = [
        kubeconfig.entry("staging", "https://127.0.0.1:1", folder, admin),
        kubeconfig.entry("prod", "https://127.0.0.1:2", folder, {"token": "t"}),
    ]
    read = yaml.safe_load(kubeconfig.render(entries))
    assert read["current-context"] == "staging"
    assert [context["name"] for context in read["contexts"]] == ["staging", "prod"]
    assert read["contexts"][1]["context"] == {"cluster": "prod", "user": "prod"}
    assert read["clusters"][0]["cluster"]["server"] == "https://127.0.0.1:1"
    data = read["clusters"][0]["cluster"]["certificate-authority-data"]
    assert base64.b64decode(data) == (folder / "ca.crt").read_bytes()
    key = base64.b64decode(read["users"][0]["user"]["client-key-data"])
    assert key == (folder / "admin.key").read_bytes()
    assert read["users"][1]["user"] == {"token": "t"}


def test_a_kubeconfig_of_no_cluster_has_no_current_context() -> None:
    assert yaml.safe_load(kubeconfig.render([]))["current-context"] == ""
