import resource

import pytest
import yaml
from click.testing import CliRunner

from gitops.cli.main import cli
from gitops.model.errors import ConfigError
from tests.secrets.key_pairs import backup, certificate_pem

SECRET = """
apiVersion: v1
kind: Secret
metadata: {name: web, namespace: shop}
type: Opaque
stringData: {password: hunter2}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cert.pem").write_bytes(certificate_pem("a"))
    (tmp_path / "keys.pem").write_bytes(backup("a"))
    (tmp_path / "plain.yaml").write_text(SECRET)
    return tmp_path


def gitops(*arguments, stdin="", code=0):
    done = CliRunner().invoke(cli, ["secret", *arguments], input=stdin)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == code, done.output
    return done.stdout


def test_a_manifest_is_sealed_and_opened(folder):
    text = gitops("seal", "plain.yaml", "--cert", "cert.pem")
    assert "hunter2" not in text
    (folder / "s.yaml").write_text(text)
    assert gitops("unseal", "s.yaml", "--keys", "keys.pem", "-k", "password") == "hunter2"
    assert "opens" in gitops("verify", "s.yaml", "--keys", "keys.pem")
    opened = yaml.safe_load(gitops("unseal", "s.yaml", "--keys", "keys.pem"))
    assert opened["data"] == {"password": "aHVudGVyMg=="}


def test_values_come_from_files_env_files_and_standard_input(folder):
    (folder / "b").write_bytes(b"\x00\xff")
    (folder / ".env").write_text("E=3\n")
    gitops(
        *("seal", "--cert", "cert.pem", "--name", "web", "-n", "shop", "--scope", "namespace-wide"),
        *(
            "--type",
            "x/y",
            "--from-file",
            "b",
            "--from-file",
            "c=-",
            "--from-env-file",
            ".env",
            "-w",
            "s.yaml",
        ),
        stdin="piped",
    )
    opened = yaml.safe_load(gitops("unseal", "s.yaml", "--keys", "keys.pem"))
    assert opened["data"] == {"b": "AP8=", "c": "cGlwZWQ=", "E": "Mw=="}
    assert opened["type"] == "x/y"
    sealed = yaml.safe_load((folder / "s.yaml").read_text())
    assert sealed["metadata"]["annotations"] == {"sealedsecrets.bitnami.com/namespace-wide": "true"}


def test_a_value_is_merged_into_a_file(folder):
    gitops("seal", "plain.yaml", "--cert", "cert.pem", "-w", "s.yaml")
    before = (folder / "s.yaml").read_text()
    gitops("seal", "--cert", "cert.pem", "--from-file", "more=-", "--merge-into", "s.yaml", stdin="2")
    after = (folder / "s.yaml").read_text()
    assert set(before.splitlines()) < set(after.splitlines())
    assert gitops("unseal", "s.yaml", "--keys", "keys.pem", "-k", "more") == "2"


@pytest.mark.usefixtures("folder")
def test_one_value_alone_is_printed_raw():
    assert gitops("seal", "plain.yaml", "--cert", "cert.pem", "--raw").startswith("AQ")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--name", "x", "plain.yaml"], "the name is both 'web' and 'x'"),
        (["-n", "x", "plain.yaml"], "the namespace is both"),
        (["--from-file", "a=-", "--name", "web"], "has no namespace"),
        (["--from-file", "a=-", "-n", "x"], "can't be the name"),
        (["plain.yaml", "--from-file", "password=-"], "is given twice"),
        (["plain.yaml", "--merge-into", "none.yaml"], "there is no file none.yaml"),
    ],
)
def test_what_contradicts_itself_or_is_missing_is_refused(folder, arguments, why):
    with pytest.raises(ConfigError, match=why):
        gitops("seal", "--cert", "cert.pem", *arguments, stdin="v")
    assert not (folder / "none.yaml").exists()


def test_a_value_on_the_command_line_is_not_possible(folder):
    done = CliRunner().invoke(cli, ["secret", "seal", "--cert", "cert.pem", "--from-literal", "a=hunter2"])
    assert done.exit_code == 2
    assert "--prompt KEY" in done.output
    assert "hunter2" not in done.output
    gitops("seal", "--cert", "cert.pem", code=2)
    gitops("seal", "--cert", "cert.pem", "--prompt", "a", "--name", "x", "-n", "y", stdin="a\na\n", code=2)
    assert not (folder / "s.yaml").exists()


def test_a_moved_file_does_not_verify(folder):
    gitops("seal", "plain.yaml", "--cert", "cert.pem", "-w", "s.yaml")
    (folder / "s.yaml").write_text(
        (folder / "s.yaml").read_text().replace("namespace: shop", "namespace: shop2")
    )
    assert "can't be opened" in gitops("verify", "s.yaml", "--keys", "keys.pem", code=1)


@pytest.mark.usefixtures("folder")
def test_a_certificate_is_printed_from_a_file_and_only_trusted_over_https():
    assert gitops("cert", "--cert", "cert.pem").encode() == certificate_pem("a")
    assert "SHA256:" in gitops("cert", "--cert", "cert.pem", "--info")
    with pytest.raises(ConfigError, match="is not https"):
        gitops("cert", "--cert", "http://example.org/cert.pem")
    with pytest.raises(ConfigError, match="whom to seal for"):
        gitops("cert")


def test_no_core_is_dumped(folder):
    gitops("cert", "--cert", str(folder / "cert.pem"))
    assert resource.getrlimit(resource.RLIMIT_CORE)[0] == 0
