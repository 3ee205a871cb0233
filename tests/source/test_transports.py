"""Real servers and the real Git: who is let in, what is told, and where a credential never goes."""

import base64
import logging
import os
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import asyncssh
import pytest

from gitops.model.errors import AccessError, GitOpsError
from gitops.model.settings import Repository
from gitops.source import transport
from gitops.source.git import fetch
from sandbox.controlplane import pki
from tests.git_repository import GitRepository
from tests.source.git_servers import HttpsServer, command_lines, https_server, silent_server, ssh_server

TOKEN = "let-me-in-4711"
BASIC = base64.b64encode(f"git:{TOKEN}".encode()).decode()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("authority") / "pki"
    pki.create(folder)
    return folder


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    repository = GitRepository(folder / "homelab.git")
    repository.write("old.bin", os.urandom(300_000)).commit("Old")
    repository.remove("old.bin").write("k8s/a.yaml", "a: 1\n").commit("New")
    return repository


@pytest.fixture
def https(served, certificates, monkeypatch):
    """Starts servers whose authority the user has told Git to trust."""
    monkeypatch.setenv("GIT_SSL_CAINFO", str(certificates / "ca.crt"))
    with ExitStack() as running:
        yield lambda **settings: running.enter_context(
            https_server(HttpsServer(served.path.parent, **settings), certificates)
        )


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    for name in ("mine", "stranger"):
        key = asyncssh.generate_private_key("ssh-ed25519")
        key.write_private_key(folder / name)
        key.write_public_key(folder / f"{name}.pub")
        (folder / name).chmod(0o600)
    return folder


@pytest.fixture
def ssh(keys, tmp_path, monkeypatch):
    """A server, and an empty file of known hosts that the user's own ssh command names."""
    (tmp_path / "known_hosts").touch()
    monkeypatch.setenv("GIT_SSH_COMMAND", f"ssh -F none -o UserKnownHostsFile={tmp_path / 'known_hosts'}")
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    with ssh_server(keys / "mine.pub") as server:
        yield server


def ssh_url(server, served):
    return f"ssh://git@127.0.0.1:{server.port}{served.path}"


def refused(repository, cache, error=AccessError):
    """The text of the refusal, which names the address and one next step."""
    with pytest.raises(error) as caught:
        fetch(repository, cache)
    [problem] = caught.value.problems
    assert repository.url in problem.what
    assert problem.next_step
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return str(caught.value)


def test_a_token_opens_a_private_repository_over_https(https, served, tmp_path):
    server = https(token=TOKEN)
    commit = fetch(Repository(server.url("homelab.git"), "main", TOKEN), tmp_path)
    assert (commit.sha, commit.read("k8s/a.yaml")) == (served.head, b"a: 1\n")
    assert set(server.credentials) == {f"Basic {BASIC}"}


@pytest.mark.parametrize("token", [TOKEN, "another-token-42"], ids=["right", "wrong"])
def test_a_token_is_in_no_argument_list_file_log_or_message(https, tmp_path, token, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    server = https(token=TOKEN, refusal="you said {credential} and another-token-42")
    told = ""
    try:
        fetch(Repository(server.url("homelab.git"), "main", token), tmp_path)
    except AccessError as error:
        told = f"{error}{error.__cause__}"
        assert "the server does not accept the token" in told
    seen = "".join((*server.command_lines, told, caplog.text, *capfd.readouterr()))
    assert "homelab.git" in "".join(server.command_lines), "nothing of the fetch itself was seen"
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    for secret in (token, base64.b64encode(f"git:{token}".encode()).decode()):
        assert secret not in seen
        assert secret.encode() not in kept


@pytest.mark.parametrize(
    ("token", "expected"),
    [("", "the server wants a token"), ("wrong", "the server does not accept the token")],
    ids=["none", "wrong"],
)
def test_without_the_right_token_the_next_step_is_the_token(https, tmp_path, token, expected):
    told = refused(Repository(https(token=TOKEN).url("homelab.git"), "main", token), tmp_path)
    assert expected in told
    assert "gitops:repositoryToken" in told


def test_nobody_is_asked_for_a_password(https, tmp_path, monkeypatch):
    asked = tmp_path / "asked"
    program = tmp_path / "askpass"
    program.write_text(f"#!/bin/sh\ntouch {asked}\n")
    program.chmod(0o755)
    monkeypatch.setenv("GIT_ASKPASS", str(program))
    monkeypatch.setenv("SSH_ASKPASS", str(program))
    refused(Repository(https(token=TOKEN).url("homelab.git"), "main"), tmp_path / "cache")
    assert not asked.exists()


def test_a_redirection_does_not_carry_the_token_to_another_host(https, tmp_path):
    target = https()
    moved = https(moved_to=f"https://localhost:{target.port}")
    told = refused(Repository(moved.url("homelab.git"), "main", TOKEN), tmp_path)
    assert target.credentials == []
    assert "set gitops:repository to the new address" in told


def test_a_public_repository_may_redirect(https, served, tmp_path):
    moved = https(moved_to=f"https://localhost:{https().port}")
    assert fetch(Repository(moved.url("homelab.git"), "main"), tmp_path).sha == served.head


def test_a_repository_that_the_server_does_not_have_is_named(https, tmp_path):
    told = refused(Repository(https(token=TOKEN).url("nothing.git"), "main", TOKEN), tmp_path)
    assert "not found" in told
    assert "check gitops:repository" in told


def test_a_server_of_an_unknown_authority_is_not_trusted_and_gets_no_token(https, tmp_path, monkeypatch):
    server = https(token=TOKEN)
    monkeypatch.delenv("GIT_SSL_CAINFO")
    told = refused(Repository(server.url("homelab.git"), "main", TOKEN), tmp_path)
    assert "http.sslCAInfo" in told
    assert server.credentials == []


def test_an_authority_can_be_trusted_in_git_s_own_settings_also_by_the_environment(
    https, served, certificates, tmp_path, monkeypatch
):
    server = https(token=TOKEN)
    monkeypatch.delenv("GIT_SSL_CAINFO")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "http.sslCAInfo")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(certificates / "ca.crt"))
    assert fetch(Repository(server.url("homelab.git"), "main", TOKEN), tmp_path).sha == served.head


def test_a_key_opens_a_private_repository_over_ssh(ssh, served, keys, tmp_path):
    (tmp_path / "known_hosts").write_text(ssh.known_hosts)
    repository = Repository(ssh_url(ssh, served), "main", key_file=str(keys / "mine"))
    assert fetch(repository, tmp_path).read("k8s/a.yaml") == b"a: 1\n"


@pytest.mark.parametrize("key", ["stranger", "missing"])
def test_without_the_right_key_the_next_step_is_the_key(ssh, served, keys, tmp_path, key):
    (tmp_path / "known_hosts").write_text(ssh.known_hosts)
    told = refused(Repository(ssh_url(ssh, served), "main", key_file=str(keys / key)), tmp_path)
    assert "gitops:repositoryKeyFile" in told
    assert "Permission denied" in told


def test_a_key_that_everybody_may_read_is_named(ssh, served, keys, tmp_path):
    (tmp_path / "known_hosts").write_text(ssh.known_hosts)
    key = shutil.copy(keys / "mine", tmp_path / "open")
    key.chmod(0o644)
    told = refused(Repository(ssh_url(ssh, served), "main", key_file=str(key)), tmp_path)
    assert "too open" in told
    assert "chmod 600" in told


@pytest.mark.parametrize("known", ["", "stranger.pub"], ids=["unknown", "changed"])
def test_a_host_that_is_not_known_is_refused_and_not_learnt(ssh, served, keys, tmp_path, known):
    hosts = tmp_path / "known_hosts"
    if known:
        hosts.write_text(f"[127.0.0.1]:{ssh.port} {(keys / known).read_text()}")
    before = hosts.read_text()
    told = refused(Repository(ssh_url(ssh, served), "main", key_file=str(keys / "mine")), tmp_path)
    assert "Host key verification failed" in told
    assert "known_hosts" in told.partition("→")[2]
    assert hosts.read_text() == before


def test_a_missing_repository_over_ssh_is_told_in_the_server_s_words(ssh, served, keys, tmp_path):
    (tmp_path / "known_hosts").write_text(ssh.known_hosts)
    url = f"{ssh_url(ssh, served)}-not"
    told = refused(Repository(url, "main", key_file=str(keys / "mine")), tmp_path)
    assert "does not appear to be a git repository" in told
    assert "access rights" not in told


@pytest.mark.parametrize("scheme", ["https", "ssh"])
def test_a_server_that_is_down_is_named(tmp_path, scheme):
    told = refused(Repository(f"{scheme}://127.0.0.1:1/a.git", "main"), tmp_path)
    assert "git ls-remote" in told


@pytest.mark.parametrize("scheme", ["https", "ssh"])
@pytest.mark.parametrize("tools", ["all", "git and ssh"])
def test_a_server_that_says_nothing_ends_by_the_limit_of_time_and_leaves_no_process(
    tmp_path, monkeypatch, scheme, tools
):
    if tools != "all":  # as in a small container, without ps, pgrep and kill
        for name in ("git", "ssh", "sh"):
            (tmp_path / name).symlink_to(str(shutil.which(name)))
        monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(transport, "TIMEOUT", 0.5)
    with silent_server() as port:
        began = time.monotonic()
        told = refused(Repository(f"{scheme}://127.0.0.1:{port}/a.git", "main"), tmp_path / "cache")
        assert time.monotonic() - began < 5
        assert "did not deliver 'main' in 0.5 s" in told
        while str(port) in command_lines():  # killed, but not necessarily gone yet
            assert time.monotonic() - began < 5
            time.sleep(0.01)


@pytest.mark.parametrize("scheme", ["https", "file"])
def test_history_is_not_downloaded(https, served, tmp_path, scheme):
    url = served.url if scheme == "file" else https().url("homelab.git")
    old = served.git("rev-parse", "HEAD~1:old.bin")
    fetch(Repository(url, "main"), tmp_path)
    [folder] = (path for path in (tmp_path / "repositories").iterdir() if path.is_dir())
    cached = f"--git-dir={folder}"
    assert served.git(cached, "rev-list", "--all", "--count") == "1"
    assert (folder / "shallow").read_text().strip() == served.head
    with pytest.raises(AssertionError):
        served.git(cached, "cat-file", "-e", old)
    assert sum(file.stat().st_size for file in (folder / "objects").rglob("*") if file.is_file()) < 20_000


@pytest.mark.parametrize("url", ["ext::sh -c touch% {marker}", "--upload-pack=touch {marker};", "fd::17"])
def test_an_address_that_would_run_something_runs_nothing_even_past_the_configuration(tmp_path, url):
    marker = tmp_path / "marker"
    with pytest.raises(GitOpsError):
        fetch(Repository(url.format(marker=marker), "main"), tmp_path / "cache")
    assert not marker.exists()


@pytest.mark.parametrize("revision", ["--upload-pack=touch marker", "--upload-pack=marker", "-f"])
def test_a_revision_that_looks_like_an_option_is_none(served, tmp_path, monkeypatch, revision):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(GitOpsError):
        fetch(Repository(served.url, revision), tmp_path / "cache")
    assert not Path("marker").exists()


def test_what_a_server_says_can_not_move_the_terminal():
    told = transport.unexplained(
        Repository("https://host/a.git", "main"), "remote: \x1b[2J\x07gone\r\nfatal: no\n"
    )
    assert all(letter.isprintable() or letter == "\n" for letter in str(told))
    assert "gone" in str(told)


def test_a_machine_without_git_is_told_so(served, tmp_path):
    program = (
        "import pathlib, sys; from gitops.model.settings import Repository; from gitops.source.git import fetch\n"
        "fetch(Repository(sys.argv[1], 'main'), pathlib.Path(sys.argv[2]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, served.url, str(tmp_path / "cache")],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "AccessError" in done.stderr.splitlines()[-2]
    assert "make sure that git is installed" in done.stderr.splitlines()[-1]


def test_a_cache_that_can_not_be_made_is_told(served, tmp_path):
    (tmp_path / "repositories").write_text("in the way")
    with pytest.raises(AccessError, match=r"can't be cached in .*/repositories"):
        fetch(Repository(served.url, "main"), tmp_path)
