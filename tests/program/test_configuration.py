from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from pulumi.runtime import mocks

from components import config
from components.provider import cluster_provider
from gitops.model.errors import ConfigError
from gitops.model.settings import ApplicationGlob, Cluster
from gitops.source.stackfile import KEYS
from tests import given
from tests.program.engine import Recorder, inputs

PROJECT = Path(__file__).parents[2]


def project() -> dict[str, Any]:
    return yaml.safe_load((PROJECT / "Pulumi.yaml").read_text())  # type: ignore[no-any-return]


def test_the_project_file_describes_exactly_the_keys_that_are_read() -> None:
    assert list(project()["config"]) == list(KEYS)


@pytest.mark.parametrize("key", KEYS)
def test_every_key_has_a_type_and_a_description(key: str) -> None:
    entry = project()["config"][key]
    assert entry["type"] in {"string", "integer", "array", "boolean", "object"}
    assert entry["description"].endswith(".")


def test_the_token_has_no_value_here_and_is_to_be_set_as_a_secret() -> None:
    token = project()["config"]["repositoryToken"]
    assert token["default"] == ""
    assert "--secret" in token["description"]


def test_the_program_s_main_file_is_short() -> None:
    assert len((PROJECT / "__main__.py").read_text().splitlines()) < 40


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("REPO_URL", "GITOPS_REPOSITORY_TOKEN"):
        monkeypatch.delenv(name, raising=False)

    def read(**values: str) -> Any:
        mocks.set_mocks(Recorder().mocks, project="gitops", stack="test", monitor=Recorder())
        pulumi.runtime.set_all_config({f"gitops:{key}": value for key, value in values.items()})
        return config.read_settings()

    yield read
    pulumi.runtime.set_all_config({})


def test_configuration_reaches_the_settings(configured: Any) -> None:
    globs = json.dumps([{"path": "a/*", "wave": 3}])
    settings = configured(repository="https://h/a.git", deleteLimit="7", applications=globs, context="c")
    assert (settings.stack, settings.delete_limit, settings.cluster.context) == ("test", 7, "c")
    assert settings.applications == (ApplicationGlob("a/*", 3),)


@pytest.mark.parametrize("text", ["[", "k8s/*", "5", '{"path": "a"}', '[{"path": 5}]'])
def test_a_wrong_list_is_told(configured: Any, text: str) -> None:
    with pytest.raises(ConfigError, match="applications"):
        configured(repository="https://h/a.git", applications=text)


def test_without_a_repository_it_says_how_to_set_one(configured: Any) -> None:
    with pytest.raises(ConfigError, match="pulumi config set gitops:repository"):
        configured()


def provider_inputs(cluster: Cluster) -> dict[str, Any]:
    recorder = Recorder()
    mocks.set_mocks(recorder.mocks, project="gitops", stack="test", monitor=recorder)

    @mocks.test  # type: ignore[untyped-decorator]
    def program() -> Any:
        return cluster_provider(given.settings(cluster=cluster)).urn

    program()
    return inputs(recorder.named("cluster"))  # type: ignore[no-any-return]


def test_the_provider_is_bound_to_one_cluster_heals_and_replaces_nothing() -> None:
    told = provider_inputs(Cluster("/k", "staging"))
    client = told.pop("kubeClientSettings")
    assert (client if isinstance(client, dict) else json.loads(client)) == {"qps": 1000, "burst": 2000}
    assert told == {
        "clusterIdentifier": "test", "kubeconfig": "/k", "context": "staging", "enableServerSideApply": "true",
        "upsertExistingObjects": "true", "enablePatchForce": "true", "enableConfigMapMutable": "true",
        "enableSecretMutable": "true", "suppressDeprecationWarnings": "true",
    }  # fmt: skip


def test_without_a_cluster_the_provider_uses_kubectl_s_own_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    assert not {"kubeconfig", "context"} & set(provider_inputs(Cluster()))
