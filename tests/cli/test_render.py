from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.git_repository import GitRepository

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]

SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: key}\nstringData: {password: open-sesame}\n"


def config_map(name: str, **data: str) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})


@pytest.fixture
def repository(tmp_path: Path) -> GitRepository:
    repository = GitRepository(tmp_path / "origin")
    for name in ("web", "api"):
        repository.write(f"k8s/02-apps/{name}/x.yaml", config_map(name, a="1"))
    repository.write("k8s/02-apps/api/secret.yaml", SECRET)
    repository.write(
        "k8s/02-apps/api/custom.yaml", "apiVersion: example.test/v1\nkind: Thing\nmetadata: {name: t}\n"
    )
    repository.commit("Start")
    repository.tag("v1")
    return repository


@pytest.fixture
def run(tmp_path: Path, repository: GitRepository, monkeypatch: pytest.MonkeyPatch, gitops: Run) -> Run:
    """Runs `gitops render` on the stack `test`."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "Pulumi.test.yaml").write_text(f"config:\n  gitops:repository: {repository.url}\n")

    def render(*arguments: str) -> tuple[int, str, str]:
        return gitops("--project", str(folder), "render", "--stack", "test", *arguments)

    return render


def test_one_application_is_printed_as_it_would_be_applied_with_the_place_that_states_it(run: Run) -> None:
    code, out, _ = run("web")

    bodies = list(yaml.safe_load_all(out))
    assert code == 0
    assert [body["kind"] for body in bodies] == ["Namespace", "ConfigMap"]
    assert bodies[1]["metadata"]["namespace"] == "web"
    assert bodies[1]["metadata"]["labels"]["gitops.internal/application"] == "web"
    assert "# web: k8s/02-apps/web/x.yaml:1" in out


def test_without_names_the_whole_stack_is_printed_and_unknown_kinds_count_as_namespaced(run: Run) -> None:
    code, out, _ = run("-o", "name")

    assert code == 0
    assert out.splitlines() == [
        "namespace/api",
        "secret/key -n api",
        "configmap/api -n api",
        "thing.example.test/t -n api",
        "namespace/web",
        "configmap/web -n web",
    ]


def test_values_of_secrets_are_shown_only_when_asked_for(run: Run) -> None:
    _, hidden, _ = run("api")
    _, hidden_json, _ = run("api", "-o", "json")
    _, shown, _ = run("api", "--show-secrets")

    assert "open-sesame" not in hidden + hidden_json
    assert "[secret]" in hidden
    assert "open-sesame" in shown


def test_another_revision_is_what_it_was_then(run: Run, repository: GitRepository) -> None:
    repository.write("k8s/02-apps/web/x.yaml", config_map("web", a="2")).commit()

    _, old, _ = run("web", "--revision", "v1", "-o", "json")
    _, new, _ = run("web", "-o", "json")

    assert json.loads(old)["objects"][1]["manifest"]["data"] == {"a": "1"}
    assert json.loads(new)["objects"][1]["manifest"]["data"] == {"a": "2"}
    assert json.loads(new)["revision"] == repository.head


def test_two_revisions_are_compared_object_by_object(run: Run, repository: GitRepository) -> None:
    repository.write("k8s/02-apps/web/x.yaml", config_map("web", a="2"))
    repository.write("k8s/02-apps/web/new.yaml", config_map("new")).remove(
        "k8s/02-apps/api/custom.yaml"
    ).commit()

    code, out, told = run("--compare", "v1..main")

    assert code == 1
    assert "-  a: '1'\n+  a: '2'" in out
    assert "gitops.internal/tree" not in out
    assert told.strip() == "1 changed, 1 created, 1 deleted"


def test_a_comparison_is_told_as_json_with_both_commits(run: Run, repository: GitRepository) -> None:
    old = repository.head
    repository.write("k8s/02-apps/web/new.yaml", config_map("new")).commit()

    _, out, _ = run("web", "--compare", "v1..main", "-o", "json")

    document = json.loads(out)
    assert (document["before"], document["after"]) == (old, repository.head)
    assert document["changes"] == [{"application": "web", "object": "ConfigMap web/new", "change": "created"}]


def test_a_changed_secret_is_told_without_its_values(run: Run, repository: GitRepository) -> None:
    repository.write("k8s/02-apps/api/secret.yaml", SECRET.replace("sesame", "barley")).commit()

    code, out, _ = run("--compare", "v1..main")

    assert code == 1
    assert "values of the Secret differ" in out
    assert "sesame" not in out
    assert "barley" not in out


def test_equal_revisions_have_no_difference(run: Run) -> None:
    code, out, told = run("--compare", "v1..main")

    assert (code, out, told.strip()) == (0, "", "no difference")


def test_a_broken_application_hides_no_other(run: Run, repository: GitRepository) -> None:
    repository.write("k8s/02-apps/api/x.yaml", "{ half").commit()

    sound, _, _ = run("web")
    broken, _, told = run("api")

    assert (sound, broken) == (0, 2)
    assert "k8s/02-apps/api/x.yaml" in told


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nobody"], 6, "no application nobody"),
        (["--revision", "nowhere"], 6, "no revision 'nowhere'"),
        (["--revision", "--upload-pack=x"], 2, "revision"),
        (["--compare", "v1"], 2, "OLD..NEW"),
        (["--compare", "..v1"], 2, "OLD..NEW"),
        (["nobody", "--compare", "v1..main"], 6, "no application nobody"),
    ],
)
def test_what_does_not_exist_is_named(run: Run, arguments: list[str], code: int, words: str) -> None:
    found, _, told = run(*arguments)

    assert found == code
    assert words in told
