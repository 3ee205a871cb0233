"""Every example in the help of `gitops secret` that needs no cluster, run as it stands there."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from click.testing import CliRunner

from gitops.cli.main import cli
from gitops.cli.secret import edit as editing
from gitops.cli.secret import key as key_commands
from gitops.cli.secret import options, seal
from gitops.secrets.files import as_text
from gitops.secrets.making import generated
from gitops.secrets.scope import Scope
from gitops.secrets.sealed import seal_secret
from tests.git_repository import GitRepository
from tests.secrets.examples import examples, needs_cluster
from tests.secrets.key_pairs import backup, certificate_pem, key_secret, pair

OFFLINE = [words for words in examples() if not needs_cluster(words)]
PIPED = "apiVersion: v1\nkind: Secret\nmetadata: {name: web}\nstringData: {a: hunter2}\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A checkout with the files that examples name, and a stack that opens its own secrets."""
    repository = GitRepository(tmp_path / "checkout")
    config = {
        "gitops:repository": repository.url,
        "gitops:secrets": "program",
        "gitops:keyRing": "file:../ring.pem",
    }
    metadata = {"name": "web", "namespace": "web"}
    sealed = seal_secret({"metadata": metadata}, {"password": b"p"}, Scope.STRICT, pair("a").certificate)
    repository.write("Pulumi.staging.yaml", yaml.safe_dump({"config": config}))
    for file in ("sealed.yaml", "k8s/02-apps/web/sealed.yaml"):
        repository.write(file, as_text([sealed]))
    repository.write(".env", "a=1\n").write(".gitignore", "*.pem\nbackup.yaml\nfor-kubectl.json\n").commit(
        "first"
    )
    (tmp_path / "ring.pem").write_bytes(backup("b", ago=1) + backup("a", ago=400))
    for file in ("backup.pem", "older.pem", "keys.pem"):
        (repository.path / file).write_bytes(backup("a", ago=400))
    (repository.path / "backup.yaml").write_text(json.dumps({"kind": "List", "items": [key_secret("a")]}))
    (tmp_path / "keys").mkdir()
    monkeypatch.chdir(repository.path)
    monkeypatch.setenv("VISUAL", "true")
    monkeypatch.delenv("GITOPS_KEY_PASSPHRASE", raising=False)
    monkeypatch.setattr(editing, "_is_memory", lambda _: True)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(key_commands, "generated", lambda: generated(bits=2048))
    monkeypatch.setattr(seal, "sys", SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True)))
    answer = SimpleNamespace(status=200, read=lambda _: certificate_pem("a"))
    monkeypatch.setattr(options.urllib3, "request", lambda *_, **__: answer)
    return tmp_path


@pytest.mark.parametrize("words", OFFLINE, ids=" ".join)
def test_an_example_does_what_it_says(folder, words):
    words = [word.replace("~", str(folder)) for word in words]
    before = Path("sealed.yaml").read_text()
    done = CliRunner().invoke(cli, words, input=PIPED if "-" in words else "hunter2\nhunter2\n")
    assert (done.exit_code, done.exception) == (0, None), done.output
    assert done.stdout or Path("sealed.yaml").read_text() != before


def test_most_examples_need_no_cluster():
    assert len(OFFLINE) > 15
