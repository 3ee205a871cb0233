from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from gitops.cluster.client import Client
from gitops.cluster.credentials import Credentials
from gitops.cluster.kubeconfig import Access, ExecPlugin
from gitops.model.errors import AccessError, ConfigError
from tests.cluster.api_server import Asked, Reply, serving, status

if TYPE_CHECKING:
    from pathlib import Path


def plugin(script: str, *arguments: str) -> Access:
    return Access("https://one", exec_plugin=ExecPlugin((sys.executable, "-c", script, *arguments)))


def printing(**status_: Any) -> str:
    return f"print({json.dumps(json.dumps({'kind': 'ExecCredential', 'status': status_}))})"


def test_a_plugin_is_asked_once_until_its_token_expires() -> None:
    count = "import sys, pathlib; p = pathlib.Path(sys.argv[1]); n = len(p.read_text()); p.write_text('x' * (n + 1));"

    def headers_after_two_calls(path: Path, expiry: str) -> tuple[dict[str, str], int]:
        path.write_text("")
        credentials = Credentials(
            plugin(count + printing(token="abc", expirationTimestamp=expiry), str(path))
        )
        credentials.headers()
        return credentials.headers(), len(path.read_text())

    import tempfile
    from pathlib import Path as RealPath

    with tempfile.TemporaryDirectory() as folder:
        counter = RealPath(folder, "count")
        lasting = headers_after_two_calls(counter, "2999-01-01T00:00:00Z")
        expired = headers_after_two_calls(counter, "2001-01-01T00:00:00Z")
    assert lasting == ({"authorization": "Bearer abc"}, 1)
    assert expired == ({"authorization": "Bearer abc"}, 3)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("import sys; print('s3cr3t'); sys.exit(3)", "failed with exit code 3"),
        ("print('s3cr3t')", "printed no ExecCredential"),
        ("print('{\"status\": 5}')", "printed no ExecCredential"),
    ],
)
def test_a_plugin_that_fails_is_named_and_what_it_prints_is_not_shown(script: str, said: str) -> None:
    with pytest.raises(AccessError, match=said) as raised:
        Credentials(plugin(script))
    assert "s3cr3t" not in str(raised.value)


def test_a_plugin_that_is_not_installed_is_told_with_its_install_hint() -> None:
    access = Access("https://one", exec_plugin=ExecPlugin(("/no/such-login",), install_hint="get it there"))
    with pytest.raises(AccessError, match=r"can't be started: No such file[^→]*→ get it there"):
        Credentials(access)


def test_a_token_file_is_read_and_its_loss_told(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("abc\n")
    assert Credentials(Access("https://one", token_file=str(file))).headers() == {
        "authorization": "Bearer abc"
    }
    file.unlink()
    with pytest.raises(AccessError, match="can't be read"):
        Credentials(Access("https://one", token_file=str(file))).headers()


def test_basic_auth_is_sent_when_there_is_no_token() -> None:
    credentials = Credentials(Access("https://one", username="me", password="pw"))
    assert credentials.headers() == {"authorization": "Basic bWU6cHc="}


def test_a_refused_token_is_renewed_once_and_the_call_repeated(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("old")

    def answer(asked: Asked) -> Reply:
        if asked.headers["authorization"] == "Bearer new":
            return Reply({"ok": True})
        file.write_text("new")
        return status(401, "Unauthorized")

    with serving(answer) as server:
        assert Client(Access(server.address, token_file=str(file))).get("/x") == {"ok": True}


def test_certificates_that_are_no_pem_are_an_error_that_names_the_context() -> None:
    with pytest.raises(ConfigError, match="context 'prod'"):
        Client(Access("https://one", context="prod", ca="no PEM"))
