from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
import yaml

from gitops.cluster import kubeconfig
from gitops.model.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "s3cr3t-token"


def config(name: str = "prod", server: str = "https://one:6443", **user: object) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": name, "context": {"cluster": "c", "user": "u", "namespace": "team"}}],
    }


def write(path: Path, content: object) -> str:
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return str(path)


def test_a_file_gives_server_namespace_and_token(tmp_path: Path) -> None:
    access = kubeconfig.load(write(tmp_path / "config", config(token=SECRET)))
    assert (access.server, access.context, access.namespace, access.token) == (
        "https://one:6443",
        "prod",
        "team",
        SECRET,
    )


def test_credentials_stay_out_of_the_text_of_the_value() -> None:
    access = kubeconfig.load(yaml.safe_dump(config(token=SECRET, username="me", password=SECRET)))
    assert SECRET not in repr(access)


def test_text_is_read_like_a_file_in_yaml_and_in_json() -> None:
    import json

    assert kubeconfig.load(yaml.safe_dump(config())) == kubeconfig.load(json.dumps(config()))


def test_relative_paths_start_at_the_file_that_names_them(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("CA TEXT")
    content = config(tokenFile="token")
    content["clusters"] = [
        {"name": "c", "cluster": {"server": "https://one", "certificate-authority": "ca.pem"}}
    ]
    access = kubeconfig.load(write(tmp_path / "config", content))
    assert access.ca == "CA TEXT"
    assert access.token_file == str(tmp_path / "token")


def test_the_first_file_of_a_list_wins_and_missing_ones_are_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = write(tmp_path / "a", config("prod", "https://first"))
    second = write(tmp_path / "b", {**config("other", "https://second")})
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path / 'absent'}:{first}:{second}")
    assert kubeconfig.load().server == "https://first"
    assert kubeconfig.load(context="other").server == "https://first", "clusters of one name are merged too"


def test_an_exec_plugin_becomes_an_argument_list(tmp_path: Path) -> None:
    spec = {"command": "./login", "args": ["--id", "a b"], "env": [{"name": "A", "value": "1"}]}
    plugin = kubeconfig.load(write(tmp_path / "config", config(exec=spec))).exec_plugin
    assert plugin is not None
    assert plugin.command == (str(tmp_path / "login"), "--id", "a b")
    assert plugin.environment == (("A", "1"),)


def test_certificate_data_is_decoded() -> None:
    data = base64.b64encode(b"PEM").decode()
    assert kubeconfig.load(yaml.safe_dump(config(**{"client-key-data": data}))).client_key == "PEM"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "not a mapping"),
        ("- 1\n", "not a mapping"),
        (f"a: [\ntoken: {SECRET}", "neither YAML nor JSON"),
        ("{\n", "neither YAML nor JSON"),
        ("contexts: 3\n", "`contexts` is not a list"),
        ("contexts: [{}]\n", "`contexts` is not a list of named entries"),
        ("clusters: [{name: c, cluster: 5}]\n", "is not a mapping"),
        ("apiVersion: v1\n", "names no current context"),
    ],
)
def test_a_broken_file_is_named_with_the_reason_and_without_its_content(
    tmp_path: Path, content: str, said: str
) -> None:
    path = write(tmp_path / "config", content)
    with pytest.raises(ConfigError, match=said) as raised:
        kubeconfig.load(path)
    assert path in str(raised.value)
    assert SECRET not in str(raised.value)


def test_an_unknown_context_lists_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no context 'staging'; its contexts are: prod"):
        kubeconfig.load(write(tmp_path / "config", config()), "staging")


@pytest.mark.parametrize("change", [{"clusters": []}, {"users": []}])
def test_a_context_that_points_nowhere_is_an_error(change: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=r"which is not there|who is not there"):
        kubeconfig.load(yaml.safe_dump({**config(), **change}))


def test_a_server_that_is_no_address_is_an_error() -> None:
    with pytest.raises(ConfigError, match="`server` is not an http"):
        kubeconfig.load(yaml.safe_dump(config(server="one:6443")))


def test_certificate_data_that_is_no_base64_is_an_error_that_does_not_show_it() -> None:
    with pytest.raises(ConfigError, match="client-key-data") as raised:
        kubeconfig.load(yaml.safe_dump(config(**{"client-key-data": "/\xe4" + SECRET})))
    assert SECRET not in str(raised.value)


def test_a_missing_file_is_an_error_with_a_next_step(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="→ set `kubeconfig`"):
        kubeconfig.load(str(tmp_path / "none"))
