from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gitops.model.errors import ConfigError, NotFoundError
from gitops.model.health_rule import HealthRule
from gitops.model.settings import DEFAULT_GLOBS, ApplicationGlob, FleetCluster, Settings
from gitops.source.stackfile import KEYS, settings_from, stack_values

PROJECT = Path("/srv/project")
URL = "https://host/a.git"


def settings(environment: dict[str, str] | None = None, **values: Any) -> Settings:
    return settings_from({"repository": URL, **values}, "staging", PROJECT, environment or {})


def test_a_repository_is_all_a_stack_has_to_say() -> None:
    told = settings()
    assert told.repository.url == URL
    assert (told.stack, told.overlay, told.repository.revision) == ("staging", "staging", "main")
    assert (told.applications, told.health_timeout, told.delete_limit) == (DEFAULT_GLOBS, 300.0, 50)
    assert (told.cluster.kubeconfig, told.cluster.context, told.repository.key_file) == ("", "", "")


def test_every_value_reaches_the_settings() -> None:
    told = settings(
        revision="v1", repositoryToken="hush", repositoryKeyFile="keys/id", kubeconfig="../kube/config",
        context="c", overlay="o", healthTimeout="90s", deleteLimit=7,
        applications=[{"path": "a/*", "wave": 3, "exclude": ["a/b"]}, {"path": "c/*"}],
    )  # fmt: skip
    assert (told.repository.revision, told.repository.token) == ("v1", "hush")
    assert told.repository.key_file == "/srv/project/keys/id"
    assert (told.cluster.kubeconfig, told.cluster.context) == ("/srv/kube/config", "c")
    assert (told.overlay, told.health_timeout, told.delete_limit) == ("o", 90.0, 7)
    assert told.applications == (ApplicationGlob("a/*", 3, ("a/b",)), ApplicationGlob("c/*", 20))


def test_values_of_the_engine_are_text_and_read_as_what_they_mean() -> None:
    assert settings(deleteLimit="7").delete_limit == 7


def test_a_pipeline_s_environment_wins() -> None:
    told = settings(
        {"REPO_URL": "https://other/b.git", "GITOPS_REPOSITORY_TOKEN": "t2"}, repositoryToken="t1"
    )
    assert (told.repository.url, told.repository.token) == ("https://other/b.git", "t2")


def test_a_token_is_not_in_what_is_printed() -> None:
    assert "hush" not in repr(settings(repositoryToken="hush"))


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"repo": "x"}, "unknown field `repo`"),
        ({"deleteLimit": 101}, "deleteLimit"),
        ({"deleteLimit": "many"}, "deleteLimit"),
        ({"healthTimeout": "soon"}, "'soon' is not a duration"),
        ({"applications": "k8s/*"}, "applications"),
        ({"applications": [{"wave": 1}]}, "missing required field `path`"),
        ({"applications": [{"path": "a", "waves": 1}]}, "unknown field `waves`"),
        ({"revision": "--x"}, "revision '--x'"),
        ({"repository": ""}, "no repository is configured"),
        ({"repository": "ext::sh"}, "is not an address"),
        ({"context": 5.5}, "context"),
    ],
)
def test_a_wrong_value_is_told_by_its_name(values: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        settings(**values)
    assert told in str(caught.value)
    assert caught.value.problems[0].next_step


def test_a_wrong_key_shows_the_right_ones() -> None:
    with pytest.raises(ConfigError) as caught:
        settings(repo="x")
    assert all(key in caught.value.problems[0].next_step for key in KEYS)


def test_a_stack_file_gives_its_plain_values(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.staging.yaml").write_text(
        "encryptionsalt: x\nconfig:\n  gitops:repository: u\n  gitops:repositoryToken:\n    secure: v1:x\n"
        "  other:key: 1\n  gitops:applications:\n    - path: a/*\n"
    )
    assert stack_values("staging", tmp_path) == {"repository": "u", "applications": [{"path": "a/*"}]}


def test_an_encrypted_value_is_opened_only_where_somebody_can(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.staging.yaml").write_text(
        "config:\n  gitops:repository: u\n  gitops:repositoryToken:\n    secure: v1:x\n"
    )
    asked: list[str] = []

    def opened(key: str) -> str:
        asked.append(key)
        return "clear"

    values = stack_values("staging", tmp_path, opened)
    assert (values, asked) == ({"repository": "u", "repositoryToken": "clear"}, ["repositoryToken"])


@pytest.mark.parametrize(
    "content", ["", "config:\n", "config: {}\n", "encryptionsalt: x\n", "config: []\n", "- a\n"]
)
def test_a_stack_file_without_configuration_gives_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / "Pulumi.staging.yaml").write_text(content)
    assert stack_values("staging", tmp_path) == {}


def test_a_stack_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    for name in ("staging", "prod"):
        (tmp_path / f"Pulumi.{name}.yaml").write_text("")
    with pytest.raises(NotFoundError) as caught:
        stack_values("stagign", tmp_path)
    assert caught.value.problems[0].next_step == "did you mean staging? the stacks are: prod, staging"


def test_a_broken_stack_file_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.staging.yaml").write_text("config:\n  a: [\n")
    with pytest.raises(ConfigError, match=r"^Pulumi.staging.yaml:3: can't be read"):
        stack_values("staging", tmp_path)


@pytest.mark.parametrize("content", ["config: text\n", "config: [a]\n", "config: 5\n"])
def test_configuration_that_is_no_mapping_is_told(tmp_path: Path, content: str) -> None:
    (tmp_path / "Pulumi.staging.yaml").write_text(content)
    with pytest.raises(ConfigError, match="config is not a mapping"):
        stack_values("staging", tmp_path)


@pytest.mark.parametrize("name", ["../etc/passwd", "a/b", ""])
def test_a_stack_s_name_is_never_a_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotFoundError):
        stack_values(name, tmp_path / "project")


def test_the_other_stacks_files_tell_the_fleet(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.prod.yaml").write_text(
        "config:\n  gitops:repository: /nowhere\n  gitops:destinations: [https://10.0.0.1:6443]\n"
        "  gitops:clusterLabels: {tier: gold}\n"
    )
    (tmp_path / "Pulumi.staging.yaml").write_text("config:\n  gitops:repository: /nowhere\n")
    values = stack_values("staging", tmp_path)

    fleet = settings_from(values, "staging", tmp_path, {}).fleet

    assert fleet == (
        FleetCluster("prod", ("https://10.0.0.1:6443",), (("tier", "gold"),)),
        FleetCluster("staging"),
    )


def test_a_wrong_label_in_another_stacks_file_is_named_with_that_file(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.prod.yaml").write_text("config:\n  gitops:clusterLabels: [tier]\n")
    with pytest.raises(ConfigError, match=r"Pulumi\.prod\.yaml.*clusterLabels"):
        settings_from({"repository": "/nowhere"}, "staging", tmp_path, {})


def test_argo_cds_objects_take_the_place_of_the_default_globs(tmp_path: Path) -> None:
    found = settings_from({"repository": "/nowhere", "argocd": ["argocd/"]}, "staging", tmp_path, {})

    assert found.argocd == ("argocd",)
    assert found.applications == ()


def test_rules_of_health_are_read_and_broken_ones_are_told_with_the_stacks_file() -> None:
    rule = {"apiVersion": "a/v1", "kind": "X", "current": "status.ok"}
    assert settings(healthRules=[rule], hooks="every-sync").health_rules == (
        HealthRule("a/v1", "X", "status.ok"),
    )
    with pytest.raises(ConfigError, match=r"Pulumi\.staging\.yaml: health rule 1 \(X\)"):
        settings(healthRules=[{**rule, "current": "status.("}])


def test_how_secrets_reach_the_cluster_is_read() -> None:
    told = settings(
        secrets="program", keyRing="file:keys/a.pem", sealingCertificate="cert.pem", secretDigestKey="hush",
        refusePlainSecrets=True, plainSecrets=["k8s/*/x.yaml"],
    ).secrets  # fmt: skip
    assert told.opened
    assert told.key_ring == f"file:{PROJECT / 'keys/a.pem'}"
    assert told.certificate == str(PROJECT / "cert.pem")
    assert (told.refuse_plain, told.plain) == (True, ("k8s/*/x.yaml",))
    assert "hush" not in repr(told)
    assert "a.pem" not in repr(told)
    assert settings(sealingCertificate="https://host/cert.pem").secrets.certificate == "https://host/cert.pem"
    assert not settings().secrets.opened


@pytest.mark.parametrize(
    "values", [{"secrets": "magic"}, {"plainSecrets": ["a["]}, {"refusePlainSecrets": "x"}]
)
def test_what_is_no_way_for_secrets_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        settings(**values)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (
            'gitops:keyRing: "-----BEGIN RSA PRIVATE KEY-----\\nMIIsecret"',
            "keyRing holds private keys in clear",
        ),
        ("gitops:keyRing: |\n    kind: Secret\n    data: MIIsecret", "keyRing holds private keys in clear"),
        ("gitops:secretDigestKey: MIIsecret", "secretDigestKey is there in clear"),
    ],
)
def test_keys_in_clear_in_a_stack_file_are_refused_and_not_quoted(
    tmp_path: Path, line: str, why: str
) -> None:
    (tmp_path / "Pulumi.staging.yaml").write_text(f"config:\n  {line}\n")
    with pytest.raises(ConfigError, match=why) as told:
        stack_values("staging", tmp_path)
    assert "MIIsecret" not in str(told.value)


def test_encrypted_keys_and_references_are_no_keys_in_clear(tmp_path: Path) -> None:
    lines = "gitops:keyRing: file:a.pem\n  gitops:secretDigestKey: {secure: x}"
    (tmp_path / "Pulumi.staging.yaml").write_text(f"config:\n  {lines}\n")
    assert stack_values("staging", tmp_path) == {"keyRing": "file:a.pem"}
