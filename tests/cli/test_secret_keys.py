"""Keys, resealing, reports and editing on the command line."""

import json
import os
import stat

import pytest
import yaml
from click.testing import CliRunner

from gitops.cli.main import cli
from gitops.cli.secret import edit as editing
from gitops.cli.secret import key as key_commands
from gitops.model.errors import AccessError, ConfigError, ProblemsError, RefusedError
from gitops.secrets.making import generated
from tests.git_repository import GitRepository
from tests.secrets.key_pairs import backup, certificate_pem


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITOPS_KEY_PASSPHRASE", raising=False)
    monkeypatch.setattr(key_commands, "generated", lambda: generated(bits=2048))
    for name in "ab":
        (tmp_path / f"{name}.pem").write_bytes(certificate_pem(name, ago={"a": 400, "b": 3}[name]))
    (tmp_path / "keys.pem").write_bytes(backup("a", ago=400) + backup("b", ago=3))
    return tmp_path


def gitops(*arguments, stdin="", code=0):
    done = CliRunner().invoke(cli, ["secret", *map(str, arguments)], input=stdin)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == code, done.output
    return done.stdout


def seal(file, cert="a", value="hunter2", name="web"):
    gitops(
        "seal",
        "--cert",
        f"{cert}.pem",
        "--name",
        name,
        "-n",
        "shop",
        "--from-file",
        "p=-",
        "-w",
        file,
        stdin=value,
    )


def test_a_folder_is_resealed_in_one_commit_and_then_stays_the_same(folder):
    repository = GitRepository(folder / "repository")
    repository.write("k8s/web/config.yaml", "kind: ConfigMap\n").write("other.txt", "x")
    seal(repository.path / "k8s/web/old.yaml")
    seal(repository.path / "k8s/web/new.yaml", "b")
    repository.commit("first")
    repository.write("other.txt", "not yet")
    path = repository.path / "k8s"
    assert "would be resealed" in gitops("reseal", path, "--keys", "keys.pem", "--cert", "b.pem", "--dry-run")
    told = gitops("reseal", path, "--keys", "keys.pem", "--cert", "b.pem", "--commit", "Reseal")
    assert "old.yaml: resealed" in told
    assert "new.yaml" not in told
    assert repository.git("show", "--name-only", "--format=%s", "HEAD").split() == [
        "Reseal",
        "k8s/web/old.yaml",
    ]
    assert gitops("reseal", path, "--keys", "keys.pem", "--cert", "b.pem") == ""
    assert gitops("unseal", path / "web/old.yaml", "--keys", "keys.pem", "-k", "p") == "hunter2"


def test_nothing_is_resealed_when_one_value_does_not_open(folder):
    seal("one.yaml")
    seal("two.yaml")
    (folder / "two.yaml").write_text((folder / "two.yaml").read_text().replace("name: web", "name: wab"))
    before = (folder / "one.yaml").read_text()
    with pytest.raises(ProblemsError, match=r"two\.yaml:1"):
        gitops("reseal", ".", "--keys", "keys.pem", "--cert", "b.pem")
    assert (folder / "one.yaml").read_text() == before


def test_a_report_tells_key_and_age_and_what_does_not_open(folder):
    seal("one.yaml")
    seal("two.yaml", "b")
    (folder / "broken.yaml").write_text((folder / "two.yaml").read_text().replace("name: web", "name: wab"))
    text = gitops("report", ".", "--keys", "keys.pem", "--exit-code", code=1)
    assert "3 SealedSecrets: 1 current, 1 older key, 1 closed" in text
    assert "hunter2" not in text
    found = json.loads(gitops("report", "one.yaml", "--keys", "keys.pem", "-o", "json"))
    assert (found["secrets"][0]["state"], found["secrets"][0]["keyDays"]) == ("older key", 400)
    assert found["schema"] == "gitops.internal/secrets/v1"
    assert len(found["idleKeys"]) == 1


def test_what_is_reported_is_there_for_programs_too(folder):
    seal("one.yaml")
    (folder / "moved.yaml").write_text((folder / "one.yaml").read_text().replace("name: web", "name: wab"))
    told = json.loads(gitops("verify", "one.yaml", "moved.yaml", "--keys", "keys.pem", "-o", "json", code=1))
    assert told["schema"] == "gitops.internal/openings/v1"
    assert [(item["where"], item["name"], item["opens"]) for item in told["secrets"]] == [
        ("one.yaml:1", "shop/web", True),
        ("moved.yaml:1", "shop/wab", False),
    ]
    keys = json.loads(gitops("key", "list", "--keys", "keys.pem", "-o", "json"))
    assert keys["schema"] == "gitops.internal/sealing-keys/v1"
    (newest, _), info = keys["keys"], json.loads(gitops("cert", "--cert", "b.pem", "--info", "-o", "json"))
    assert info == {"schema": keys["schema"], "keys": [newest]}
    assert yaml.safe_load(gitops("key", "list", "--keys", "keys.pem", "-o", "yaml")) == keys


def test_keys_are_made_imported_listed_and_rotated(folder):
    assert "ring.pem, in clear" in gitops("key", "generate", "--into", "ring.pem")
    gitops("key", "import", "keys.pem", "--into", "ring.pem")
    assert len(gitops("key", "list", "--keys", "ring.pem").splitlines()) == 3
    assert "is not due yet" in gitops("rotate", "--into", "ring.pem")
    assert "reseal" in gitops("rotate", "--into", "ring.pem", "--force")
    assert len(gitops("key", "list", "--keys", "ring.pem").splitlines()) == 4
    assert stat.S_IMODE((folder / "ring.pem").stat().st_mode) == 0o600


def test_a_backup_is_encrypted_unless_it_is_said_that_it_is_not(folder, monkeypatch):
    with pytest.raises(RefusedError, match="in clear"):
        gitops("key", "export", "--keys", "keys.pem", "-w", "backup.pem")
    assert not (folder / "backup.pem").exists()
    monkeypatch.setenv("GITOPS_KEY_PASSPHRASE", "open sesame")
    gitops("key", "export", "--keys", "keys.pem", "-w", "backup.pem")
    assert "BEGIN ENCRYPTED" in (folder / "backup.pem").read_text()
    assert len(gitops("key", "list", "--keys", "backup.pem").splitlines()) == 2
    monkeypatch.setenv("GITOPS_KEY_PASSPHRASE", "wrong")
    with pytest.raises(AccessError):
        gitops("key", "list", "--keys", "backup.pem")
    gitops("key", "export", "--keys", "keys.pem", "--in-clear", "-w", "list.json")
    assert json.loads((folder / "list.json").read_text())["kind"] == "List"


def test_a_key_is_picked_by_its_fingerprint(folder):
    newest = gitops("key", "list", "--keys", "keys.pem").split()[0]
    gitops(
        "key", "export", "--keys", "keys.pem", "--fingerprint", newest[7:15], "--in-clear", "-w", "one.json"
    )
    assert gitops("key", "list", "--keys", "one.json").split()[0] == newest
    with pytest.raises(ConfigError, match="no key has such a fingerprint"):
        gitops("key", "export", "--keys", "keys.pem", "--fingerprint", "!", "--in-clear", "-w", "no.json")
    assert not (folder / "no.json").exists()


def test_keys_in_clear_are_not_put_where_they_may_be_committed(folder, monkeypatch):
    repository = GitRepository(folder / "repository")
    file = repository.path / "ring.pem"
    with pytest.raises(RefusedError, match="would stand there in clear"):
        gitops("key", "generate", "--into", file)
    with pytest.raises(RefusedError, match="would stand there in clear"):
        gitops("key", "export", "--keys", "keys.pem", "--in-clear", "-w", file)
    assert not file.exists()
    repository.write(".gitignore", "ring.pem\n")
    gitops("key", "generate", "--into", file)
    monkeypatch.setenv("GITOPS_KEY_PASSPHRASE", "open sesame")
    gitops("key", "generate", "--into", repository.path / "encrypted.pem")
    assert "BEGIN ENCRYPTED" in (repository.path / "encrypted.pem").read_text()


@pytest.fixture
def editor(folder, monkeypatch):
    """An editor that is a Python program."""

    def use(program):
        script = folder / "editor.py"
        script.write_text(
            f"import sys, re\nfile = sys.argv[1]\ntext = open(file).read()\n{program}\nopen(file, 'w').write(text)\n"
        )
        monkeypatch.setenv("VISUAL", f"python3 {script}")

    memory = folder / "memory"
    memory.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(memory))
    monkeypatch.setattr(editing, "_is_memory", lambda place: place == memory)
    return use


def test_a_sealed_file_is_edited_and_what_was_not_changed_stays(folder, editor):
    seal("s.yaml")
    gitops("seal", "--cert", "a.pem", "--merge-into", "s.yaml", "--from-file", "q=-", stdin="two\nlines\n")
    before = yaml.safe_load((folder / "s.yaml").read_text())["spec"]["encryptedData"]
    editor(
        "assert 'hunter2' in text and file.startswith(sys.argv[1][:1])\ntext = text.replace('hunter2', 'hunter3')"
    )
    assert "1 values sealed, 0 taken out" in gitops("edit", "s.yaml", "--keys", "keys.pem", "--cert", "b.pem")
    after = yaml.safe_load((folder / "s.yaml").read_text())["spec"]["encryptedData"]
    assert after["q"] == before["q"]
    assert gitops("unseal", "s.yaml", "--keys", "keys.pem", "-k", "p") == "hunter3"
    assert os.listdir(folder / "memory") == []  # noqa: PTH208 - hidden files too


@pytest.mark.parametrize(
    ("program", "error"),
    [("text = 'a: ['", "can't be sealed"), ("text = ''", "can't be sealed"), ("sys.exit(3)", "ended with 3")],
)
def test_what_can_not_be_sealed_changes_nothing(folder, editor, program, error):
    seal("s.yaml")
    before = (folder / "s.yaml").read_text()
    editor(program)
    with pytest.raises(RefusedError, match=error):
        gitops("edit", "s.yaml", "--keys", "keys.pem", "--cert", "a.pem")
    assert (folder / "s.yaml").read_text() == before
    assert os.listdir(folder / "memory") == []  # noqa: PTH208 - hidden files too


def test_a_value_that_looks_like_another_kind_is_edited_as_text(editor):
    seal("s.yaml", value="y", name="n")
    editor("""assert "p: 'y'" in text; text = text.replace("'y'", "'1e3'")""")
    gitops("edit", "s.yaml", "--keys", "keys.pem", "--cert", "a.pem")
    assert gitops("unseal", "s.yaml", "--keys", "keys.pem", "-k", "p") == "1e3"


def test_an_editor_that_changes_nothing_leaves_the_file_as_it_is(folder, editor):
    seal("s.yaml")
    before = (folder / "s.yaml").read_text()
    editor("")
    assert gitops("edit", "s.yaml", "--keys", "keys.pem", "--cert", "b.pem") == "nothing changed\n"
    assert (folder / "s.yaml").read_text() == before


def test_without_a_folder_in_memory_nothing_is_edited(folder, editor, monkeypatch):
    seal("s.yaml")
    editor("open('ran', 'w')")
    monkeypatch.setattr(editing, "_is_memory", lambda _: False)
    with pytest.raises(RefusedError, match="no folder in memory"):
        gitops("edit", "s.yaml", "--keys", "keys.pem", "--cert", "a.pem")
    assert not (folder / "ran").exists()


def test_memory_is_known_by_its_file_system(tmp_path):
    (tmp_path / "in").mkdir()
    mounts = f"x / ext4 rw\nx {tmp_path} ext4 rw\nx {tmp_path}/in tmpfs rw\n"
    assert editing._is_memory(tmp_path / "in", lambda: mounts)
    assert not editing._is_memory(tmp_path, lambda: mounts)
    assert not editing._is_memory(tmp_path / "none", lambda: mounts)
