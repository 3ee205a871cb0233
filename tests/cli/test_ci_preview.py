"""`gitops ci preview`: a pull request of a real repository, before it is merged."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from gitops.cli.ci import preview as command
from gitops.delivery.ci import preview as room
from gitops.forge import place
from gitops.model.errors import AccessError
from gitops.model.forge import Kind
from tests import given
from tests.forge.stub import NAME, TOKEN, Stub, forge_stub
from tests.git_repository import GitRepository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]

MAP = """
    apiVersion: v1
    kind: ConfigMap
    metadata: {{name: {name}}}
    data: {{a: "{a}"}}
"""
SECRET = """
    apiVersion: v1
    kind: Secret
    metadata: {name: login}
    stringData: {password: hunter2}
"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GitRepository:
    """Manifests and stacks in one repository: staging follows main, prod is pinned to the first commit."""
    for name in ("GITHUB_ACTIONS", "GITLAB_CI", "REPO_URL", "GITHUB_STEP_SUMMARY", "GITHUB_EVENT_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    repository = GitRepository(tmp_path / "home")
    for name, a in (("x", "1"), ("gone", "1")):
        repository.write(f"k8s/02-apps/web/{name}.yaml", MAP.format(name=name, a=a))
    first = repository.commit("Start")
    for stack, revision in (("staging", "main"), ("prod", first)):
        repository.write(
            f"Pulumi.{stack}.yaml",
            f"""
            config:
              gitops:repository: {repository.url}
              gitops:revision: {revision}
              gitops:repositoryToken: {{secure: v1:AAAA}}
            """,
        )
    repository.commit("Stacks")
    repository.branch("change").remove("k8s/02-apps/web/gone.yaml")
    repository.write("k8s/02-apps/web/x.yaml", MAP.format(name="x", a="2"))
    repository.write("k8s/02-apps/web/login.yaml", SECRET).commit("Change")
    return repository


@pytest.fixture
def run(gitops: Run, repository: GitRepository) -> Run:
    return lambda *words: gitops("--project", str(repository.path), "ci", "preview", *words)


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    """The forge that the pipeline names."""
    with forge_stub(Kind.GITHUB) as stub:
        assert stub.server
        monkeypatch.setenv("GITHUB_ACTIONS", "true")
        monkeypatch.setenv("GITHUB_API_URL", stub.server.address)
        monkeypatch.setenv("GITHUB_REPOSITORY", NAME)
        monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
        monkeypatch.delenv(place.TOKEN, raising=False)
        yield stub


def objects(document: dict[str, Any], stack: str) -> dict[str, str]:
    [found] = [item for item in document["stacks"] if item["stack"] == stack]
    return {change["object"]: change["change"] for change in found["changes"]}


def test_it_shows_what_every_stack_would_get(run: Run, repository: GitRepository) -> None:
    code, out, err = run("--base", "main", "--head", "change", "-o", "json")
    assert code == 0, err
    document = json.loads(out)
    assert document["head"] == repository.head
    assert objects(document, "staging") == {
        "ConfigMap:web/x": "changed",
        "ConfigMap:web/gone": "deleted",
        "Secret:web/login": "created",
    }
    assert objects(document, "prod") == {}


def test_the_text_has_the_difference_and_no_value_of_a_secret(run: Run) -> None:
    code, out, _ = run("--base", "main", "--exit-code")
    assert code == 1
    assert "~ changed ConfigMap web/x" in out
    assert "-  a: '1'\n+  a: '2'" in out
    assert out.endswith("1 created, 1 changed, 1 deleted on 1 of 2 stacks\n")
    assert "hunter2" not in out
    assert "aHVudGVyMg" not in out


def test_a_branch_is_compared_with_what_it_began_from(run: Run, repository: GitRepository) -> None:
    repository.branch("main").write("k8s/02-apps/web/y.yaml", MAP.format(name="y", a="1")).commit("Meanwhile")
    document = json.loads(run("--base", "main", "--head", "change", "-o", "json")[1])
    assert "ConfigMap:web/y" not in objects(document, "staging")


def test_a_commit_may_be_named_instead_of_a_branch(run: Run, repository: GitRepository) -> None:
    for base in (repository.git("rev-parse", "main"), repository.git("rev-parse", "--short", "main")):
        document = json.loads(run("--base", base, "-o", "json")[1])
        assert len(objects(document, "staging")) == 3


def test_a_promotion_by_pull_request_shows_what_the_pinned_stack_gets(
    run: Run, repository: GitRepository
) -> None:
    change = repository.head
    file = repository.path / "Pulumi.prod.yaml"
    pinned = [
        line if "revision" not in line else f"  gitops:revision: {change}"
        for line in file.read_text().splitlines()
    ]
    repository.branch("promote").write("Pulumi.prod.yaml", "\n".join(pinned)).commit("Promote")
    document = json.loads(run("--base", "change", "--head", "promote", "-o", "json")[1])
    assert objects(document, "staging") == {}
    assert len(objects(document, "prod")) == 3


def test_a_stack_that_is_new_gets_everything(run: Run, repository: GitRepository) -> None:
    text = (repository.path / "Pulumi.staging.yaml").read_text().replace("revision: main", "revision: HEAD")
    repository.write("Pulumi.dev.yaml", text).commit("Another")
    document = json.loads(run("--base", "main", "-o", "json")[1])
    assert objects(document, "dev") == dict.fromkeys(
        ("Namespace:web", "ConfigMap:web/x", "Secret:web/login"), "created"
    )


def test_in_a_pipeline_one_comment_is_kept_and_the_proposed_commit_is_marked(
    run: Run, repository: GitRepository, stub: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposed = repository.head
    repository.branch("main").git("merge", "--no-ff", "--quiet", "-m", "Try it", "change")
    event = {
        "pull_request": {"number": 7, "head": {"sha": proposed}, "base": {"sha": "0" * 40, "ref": "main"}}
    }
    (tmp_path / "event.json").write_text(json.dumps(event))
    for name, value in {
        "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
        "GITHUB_SHA": repository.head,
        "GITHUB_STEP_SUMMARY": str(tmp_path / "page.md"),
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_RUN_ID": "12",
    }.items():
        monkeypatch.setenv(name, value)
    plan = tmp_path / "plan.json"
    for _ in range(2):
        code, out, err = run("--comment", "--status", "--plan", str(plan))
        assert code == 0, err
    document = json.loads(plan.read_text())
    assert objects(document, "staging")["ConfigMap:web/gone"] == "deleted"
    [comment] = stub.comments
    assert comment["body"].startswith(
        "<!-- gitops-preview -->\n### 1 created, 1 changed, 1 deleted on 1 of 2 stacks"
    )
    assert "hunter2" not in comment["body"]
    assert (tmp_path / "page.md").read_text().startswith("### 1 created")
    assert [item["sha"] for item in stub.statuses] == [proposed, proposed]
    assert stub.statuses[0]["state"] == "success"
    assert stub.statuses[0]["context"] == "gitops/preview"
    assert stub.statuses[0]["description"].startswith(f"plan {document['digest']}: 1 created")
    assert stub.statuses[0]["target_url"] == "https://github.com/you/homelab/actions/runs/12"
    assert "::group::staging: 1 created, 1 changed, 1 deleted\n::stop-commands::" in out
    assert "::warning" not in err


def test_what_is_worth_a_second_look_is_marked_where_it_is_stated(
    run: Run, repository: GitRepository, stub: Stub
) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: web}]}\n"
    repository.write("k8s/02-apps/web/pod.yaml", pod).commit("Pod")
    _, out, err = run("--base", "main", "--stack", "staging")
    text = "staging, Pod web/p: web may be another image tomorrow: name a version or a digest"
    assert f"::warning file=k8s/02-apps/web/pod.yaml,line=1::{text}" in err
    assert "! web may be another image tomorrow" in out
    assert stub.comments == []


def test_with_live_the_clusters_are_looked_at_too_and_one_that_is_away_is_noted(
    run: Run, repository: GitRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert repository
    seen: list[str] = []

    def observe(settings: Any) -> Any:
        seen.append(settings.repository.revision)
        if settings.stack == "prod":
            raise AccessError("no answer")
        return SimpleNamespace(states=())

    monkeypatch.setattr(room, "observe", observe)
    monkeypatch.setattr(command, "stack_settings", lambda name, _: given.settings(stack=name))
    document = json.loads(run("--base", "main", "-o", "json", "--live")[1])
    told = {item["stack"]: (item["drift"], item["notes"]) for item in document["stacks"]}
    assert told == {"prod": (None, ["the cluster was not looked at: no answer"]), "staging": (0, [])}
    assert repository.head in seen


def test_what_is_broken_is_marked_where_it_is_and_fails_the_commit(
    run: Run, repository: GitRepository, stub: Stub
) -> None:
    repository.write("k8s/02-apps/web/bad.yaml", "kind: ConfigMap\nmetadata: {name: [}\n").commit("Break")
    code, out, err = run("--base", "main", "--pull-request", "7", "--comment", "--status")
    assert code == 2
    assert "::error file=k8s/02-apps/web/bad.yaml,line=2::" in err
    assert "wrong: k8s/02-apps/web/bad.yaml:2" in out
    assert stub.statuses[0]["state"] == "failure"
    assert "bad.yaml:2" in stub.comments[0]["body"]
    assert "deleted" not in stub.comments[0]["body"]


def test_a_change_that_mends_what_is_broken_is_shown_too(run: Run, repository: GitRepository) -> None:
    repository.branch("main").write("k8s/02-apps/web/bad.yaml", "{").commit("Break")
    repository.branch("mend").remove("k8s/02-apps/web/bad.yaml").commit("Mend")
    code, out, _ = run("--base", "main", "--head", "mend", "--stack", "staging")
    assert code == 0
    assert "all of it counts as created" in out


def test_an_event_of_another_shape_is_told(
    run: Run, stub: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stub
    for content in ("[" * 100_000, "{", '{"pull_request": {"number": "7; x", "base": [], "head": 3}}', "[]"):
        (tmp_path / "event.json").write_text(content)
        monkeypatch.setenv("GITHUB_EVENT_PATH", str(tmp_path / "event.json"))
        code, _, err = run("--comment")
        assert code == 2
        assert err.startswith("error: ")
        assert "--base main" in err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "nothing says what is compared with what"),
        (("--base", "main", "--comment"), 2, "nothing says whose API the repository has"),
        (
            ("--base", "main", "--comment", "--forge", "github", "--api-url", "http://127.0.0.1:9"),
            2,
            "--forge-repository",
        ),
        (("--base", "main", "--stack", "nowhere"), 6, "there is no stack nowhere"),
        (("--base", "--upload-pack=x"), 2, "is not a branch, tag or commit id"),
        (("--base", "main", "--plan", "/nowhere/plan.json"), 4, "can't be written"),
        (("--base", "main", "--head", "nowhere"), 2, "has no revision 'nowhere'"),
    ],
)
def test_what_was_asked_for_wrongly_is_told(run: Run, words: tuple[str, ...], code: int, said: str) -> None:
    got, out, err = run(*words)
    assert got == code, err
    assert said in out + err


def test_a_revision_that_no_repository_of_the_project_has_is_no_change_without_difference(
    run: Run, repository: GitRepository, tmp_path: Path
) -> None:
    elsewhere = GitRepository(tmp_path / "elsewhere")
    elsewhere.write("k8s/02-apps/web/x.yaml", MAP.format(name="x", a="1")).commit("Start")
    repository.write("Pulumi.staging.yaml", f"config: {{'gitops:repository': '{elsewhere.url}'}}")
    repository.commit("Take the manifests from elsewhere")
    assert run("--base", "main", "--stack", "staging")[0] == 0
    code, out, err = run("--base", "main", "--head", "nowhere", "--stack", "staging")
    assert code == 2
    assert "has no 'nowhere', and the manifests of staging are in another" in out + err


def test_a_comment_needs_a_pull_request(run: Run, stub: Stub) -> None:
    code, _, err = run("--base", "main", "--comment")
    assert code == 2
    assert "--pull-request NUMBER" in err
    assert stub.comments == []
