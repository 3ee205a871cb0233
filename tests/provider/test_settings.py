"""The provider's configuration, and which change of it means another cluster."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.provider.settings import difference, read

if TYPE_CHECKING:
    from pathlib import Path


def config(server: str = "https://one", token: str = "a") -> str:  # noqa: S107 - made up
    return json.dumps(
        {
            "clusters": [{"name": "c", "cluster": {"server": server}}],
            "users": [{"name": "u", "user": {"token": token}}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "x",
        }
    )


def test_arguments_come_before_the_environment_and_that_before_defaults() -> None:
    environment = {"PULUMI_K8S_UPSERT_EXISTING_OBJECTS": "true", "PULUMI_K8S_ENABLE_PATCH_FORCE": "true"}
    found = read({"kubernetes:config:enablePatchForce": "false", "context": "x"}, environment)
    assert (found.upsert, found.force, found.server_side, found.context) == (True, False, True, "x")


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ('{"timeout": 5, "qps": 1000}', 5),
        ({"timeout": 7}, 7),
        ("no JSON", 60),
        ("[1]", 60),
        (None, 60),
        ("{}", 60),
    ],
)
def test_the_time_for_one_request(given: Any, seconds: float) -> None:
    assert read({"kubeClientSettings": given}, {}).timeout == seconds


@pytest.mark.parametrize(
    ("old", "new", "changed", "replaces"),
    [
        ({"kubeconfig": config()}, {"kubeconfig": config()}, [], []),
        ({"kubeconfig": config()}, {"kubeconfig": config("https://two")}, ["kubeconfig"], ["kubeconfig"]),
        ({"kubeconfig": config()}, {"kubeconfig": config(token="b")}, ["kubeconfig"], []),
        (
            {"kubeconfig": config(), "clusterIdentifier": "i"},
            {"kubeconfig": config("https://two"), "clusterIdentifier": "i"},
            ["kubeconfig"],
            [],
        ),
        (
            {"clusterIdentifier": "i"},
            {"clusterIdentifier": "j"},
            ["clusterIdentifier"],
            ["clusterIdentifier"],
        ),
        (
            {"kubeconfig": config()},
            {"kubeconfig": config(), "clusterIdentifier": "i"},
            ["clusterIdentifier"],
            [],
        ),
        ({"kubeconfig": config()}, {"kubeconfig": config(), "namespace": "n"}, ["namespace"], []),
        (
            {"kubeconfig": config(), "enablePatchForce": "true"},
            {"kubeconfig": config(), "enablePatchForce": "false"},
            ["enablePatchForce"],
            [],
        ),
        ({"kubeconfig": config()}, {"kubeconfig": "{"}, ["kubeconfig"], ["kubeconfig"]),
    ],
)
def test_only_another_cluster_replaces_everything(
    old: dict[str, str], new: dict[str, str], changed: list[str], replaces: list[str]
) -> None:
    assert difference(old, new) == (changed, replaces)


def test_a_moved_file_with_the_same_cluster_is_the_same_cluster(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text(config())
    changed, replaces = difference({"kubeconfig": str(tmp_path / "a")}, {"kubeconfig": str(tmp_path / "b")})
    assert (changed, replaces) == (["kubeconfig"], [])
