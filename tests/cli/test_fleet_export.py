"""`gitops fleet export`: the stacks in the operator's words, without anything that is secret."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.git_repository import GitRepository

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., tuple[int, str, str]]

GOLDEN = Path(__file__).with_name("fleet-export.yaml")
REPOSITORY = "config:\n  gitops:repository: https://git.example.org/homelab.git\n"
STACKS = {
    "staging": "  gitops:stage: staging\n  gitops:syncInterval: 5m\n",
    "prod-eu": (
        "  gitops:stage: prod\n  gitops:promotesFrom: staging\n  gitops:keyRing: file:keys/eu.pem\n"
        "  gitops:repositoryToken:\n    secure: v1:AAAA:BBBB\n"
    ),
    "prod-us": "  gitops:stage: prod\n  gitops:promotesFrom: staging\n  gitops:group: 2\n  gitops:context: us\n",
    "prod-asia": "  gitops:stage: prod\n  gitops:promotesFrom: staging\n  gitops:group: 3\n",
}


@pytest.fixture
def project(tmp_path: Path) -> GitRepository:
    repository = GitRepository(tmp_path / "platform")
    repository.write("stacks/Pulumi.yaml", "name: gitops\nruntime: python\n")
    for name, text in STACKS.items():
        repository.write(f"stacks/Pulumi.{name}.yaml", REPOSITORY + text)
    provider = "secretsprovider: awskms://alias/gitops\nencryptedkey: AAAA\n"
    repository.write("stacks/Pulumi.prod-us.yaml", provider + REPOSITORY + STACKS["prod-us"])
    repository.commit("Start")
    repository.git("remote", "add", "origin", "https://git.example.org/platform.git")
    return repository


@pytest.fixture
def run(gitops: Run, project: GitRepository, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    return lambda *words: gitops("--project", str(project.path / "stacks"), "fleet", "export", *words)


def test_the_objects_are_those_that_were_frozen(run: Run, pytestconfig: pytest.Config) -> None:
    code, out, err = run("--backend", "s3://states", "--image", "registry.example.org/gitops:1", "--private")
    assert code == 0, err
    if pytestconfig.getoption("--renew-golden"):
        GOLDEN.write_text(out)
    assert out == GOLDEN.read_text()
    both, passphrase = "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY", "PULUMI_CONFIG_PASSPHRASE"
    assert err.splitlines() == [
        f"{stack}: Secret pulumi/gitops-{stack} has to hold {both}, {keys}, projectToken"
        for stack, keys in (
            ("staging", f"{passphrase}, kubeconfig"),
            ("prod-eu", f"{passphrase}, keyRing, kubeconfig"),
            ("prod-us", "kubeconfig"),
            ("prod-asia", f"{passphrase}, kubeconfig"),
        )
    ]


def test_each_waits_for_its_source_and_for_the_group_before_its_own(run: Run) -> None:
    _, out, _ = run("--backend", "s3://states", "-o", "json")
    before = {
        item["metadata"]["name"]: [one["name"] for one in item["spec"].get("prerequisites", [])]
        for item in json.loads(out)["items"]
    }
    assert before == {
        "staging": [],
        "prod-eu": ["staging"],
        "prod-us": ["prod-eu", "staging"],
        "prod-asia": ["prod-us", "staging"],
    }


def test_no_secret_is_printed_and_a_url_with_a_password_is_referred_to(run: Run) -> None:
    _, out, err = run("staging", "--backend", "postgres://pulumi:hush@db/states")
    (stack,) = yaml.safe_load_all(out)
    assert "hush" not in out + err
    assert "backend" not in stack["spec"]
    assert stack["spec"]["envRefs"]["PULUMI_BACKEND_URL"]["secret"]["name"] == "gitops-staging"


def test_stacks_of_pulumi_cloud_have_their_organization(run: Run) -> None:
    _, out, _ = run("staging", "--backend", "https://api.pulumi.com", "--organization", "acme")
    (stack,) = yaml.safe_load_all(out)
    assert stack["spec"]["stack"] == "acme/staging"
    assert "PULUMI_ACCESS_TOKEN" in stack["spec"]["envRefs"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "Missing option '--backend'"),
        (("--backend", "file:///srv/state"), 2, "the operator can't reach a state at file://…"),
        (("--backend", "s3://me:hush@states"), 2, "the backend's URL holds a password"),
        (("--backend", "https://api.pulumi.com"), 2, "give --organization"),
        (("nowhere", "--backend", "s3://x"), 6, "there is no stack nowhere"),
        (("--backend", "s3://x", "--project-repository", "/srv/x.git"), 2, "with an https or ssh URL"),
        (("--backend", "s3://x", "--project-repository", "https://a:hush@x/y"), 2, "credentials in its URL"),
    ],
)
def test_what_the_operator_could_not_use_is_told(
    run: Run, words: tuple[str, ...], code: int, said: str
) -> None:
    got, out, err = run(*words)
    assert (got, out) == (code, "")
    assert said in err
    assert "hush" not in err


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("staging", "config:\n  gitops:repository: ../home.git\n", "reads a repository of this machine"),
        ("Big_One", REPOSITORY, "an object can't be called 'Big_One'"),
        ("staging", REPOSITORY + "  gitops:promotesFrom: prod-eu\n", "these stacks wait for each other"),
    ],
)
def test_a_stack_that_only_this_machine_can_run_is_told(
    run: Run, project: GitRepository, name: str, text: str, said: str
) -> None:
    (project.path / "stacks" / f"Pulumi.{name}.yaml").write_text(text)
    code, out, err = run("--backend", "s3://states")
    assert (code, out) == (2, "")
    assert said in err


def test_without_a_branch_one_is_asked_for(run: Run, project: GitRepository) -> None:
    project.git("checkout", "--quiet", "--detach")
    code, _, err = run("--backend", "s3://states")
    assert (code, "give --branch" in err) == (2, True)
    assert run("--backend", "s3://states", "--branch", "main")[0] == 0
