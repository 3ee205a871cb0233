"""`gitops ci deploy`: what was merged, held to what was previewed; the engine is a stand-in."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from gitops.delivery import by_hand
from gitops.delivery.ci import deploy as room
from gitops.delivery.promotion import look as promotions
from gitops.model.errors import ConflictError, RefusedError
from gitops.model.plan import Plan
from gitops.model.synced import SYNCED, ApplicationOutcome, Synced
from tests.forge.stub import NAME, TOKEN, forge_stub
from tests.git_repository import GitRepository

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]

MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{a: '{a}'}}\n"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GitRepository:
    """Two stacks that follow main, one that is promoted to, and a change on a branch."""
    for name in (
        "GITHUB_ACTIONS",
        "GITLAB_CI",
        "REPO_URL",
        "GITHUB_EVENT_PATH",
        "GITHUB_SHA",
        "CI_COMMIT_SHA",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    repository = GitRepository(tmp_path / "home").write("k8s/02-apps/web/x.yaml", MAP.format(name="x", a="1"))
    for stack, more in (("eu", ""), ("us", ""), ("prod", "  gitops:promotesFrom: eu\n")):
        repository.write(
            f"Pulumi.{stack}.yaml",
            f"config:\n  gitops:repository: {repository.url}\n  gitops:revision: main\n{more}",
        )
    repository.commit("Start")
    repository.branch("change").write("k8s/02-apps/web/x.yaml", MAP.format(name="x", a="2")).commit("Change")
    return repository


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, repository: GitRepository) -> dict[str, Any]:
    """What each stack runs, in `running`, and what was synced, in `synced`; `fails` has errors by stack."""
    start = repository.git("rev-parse", "main")
    told: dict[str, Any] = {"running": dict.fromkeys(("eu", "us", "prod"), start), "synced": {}, "fails": {}}

    def prepare(settings: Any, *_: Any) -> Any:
        return SimpleNamespace(
            settings=settings, plan=Plan(settings.stack, settings.repository.revision, (), ())
        )

    def carry_out(prepared: Any, **_: Any) -> Synced:
        settings = prepared.settings
        if settings.stack in told["fails"]:
            raise told["fails"][settings.stack]
        told["synced"][settings.stack] = settings.repository.revision
        return Synced(
            settings.stack, settings.repository.revision, {"update": 1}, (ApplicationOutcome("web", SYNCED),)
        )

    monkeypatch.setattr(room, "running_revision", lambda stack, *_: told["running"][stack])
    monkeypatch.setattr(by_hand, "prepare", prepare)
    monkeypatch.setattr(by_hand, "carry_out", carry_out)
    monkeypatch.setattr(by_hand, "remediate", lambda _, done: done)
    return told


@pytest.fixture
def run(gitops: Run, repository: GitRepository, engine: dict[str, Any]) -> Run:
    assert engine
    return lambda *words: gitops("--project", str(repository.path), "ci", *words)


def merge(repository: GitRepository) -> str:
    repository.branch("main").git("merge", "--no-ff", "--quiet", "-m", "Merge", "change")
    return repository.head


def test_the_merge_is_deployed_where_it_was_previewed_and_where_nobody_promotes(
    run: Run, repository: GitRepository, engine: dict[str, Any], tmp_path: Path
) -> None:
    plan = str(tmp_path / "plan.json")
    assert run("preview", "--base", "main", "--head", "change", "--plan", plan)[0] == 0
    merged = merge(repository)
    code, out, err = run("deploy", "--revision", merged, "--plan", plan, "-o", "json")
    assert code == 0, err
    assert engine["synced"] == {"eu": merged, "us": merged}
    document = json.loads(out)
    previewed = {item["stack"]: item for item in json.loads((tmp_path / "plan.json").read_text())["stacks"]}
    for item in document["stacks"]:
        assert item["changes"] == previewed[item["stack"]]["changes"]
        assert item["digest"] == previewed[item["stack"]]["digest"]
        assert item["results"] == [{"application": "web", "result": "Synced"}]


def test_a_merge_that_would_do_something_else_is_refused_and_nothing_is_touched(
    run: Run, repository: GitRepository, engine: dict[str, Any], tmp_path: Path
) -> None:
    plan = str(tmp_path / "plan.json")
    run("preview", "--base", "main", "--head", "change", "--plan", plan)
    repository.write("k8s/02-apps/web/x.yaml", MAP.format(name="x", a="3")).commit("Sneak")
    merged = merge(repository)
    code, out, _ = run("deploy", "--revision", merged, "--plan", plan)
    assert code == 5
    assert "ConfigMap:web/x would become something, other than shown" in out
    assert engine["synced"] == {}


def test_what_others_merged_meanwhile_comes_along_and_is_told(
    run: Run, repository: GitRepository, engine: dict[str, Any], tmp_path: Path
) -> None:
    plan = str(tmp_path / "plan.json")
    run("preview", "--base", "main", "--head", "change", "--plan", plan)
    document = json.loads((tmp_path / "plan.json").read_text())
    repository.branch("main").write("k8s/02-apps/web/z.yaml", MAP.format(name="z", a="1")).commit("Meanwhile")
    engine["running"]["eu"] = repository.head
    merged = merge(repository)
    for item in document["stacks"]:
        item["before"] = "0" * 40 if item["stack"] == "us" else item["before"]
    (tmp_path / "plan.json").write_text(json.dumps(document))
    code, out, _ = run("deploy", "--revision", merged, "--plan", plan, "--dry-run", "-o", "json")
    assert code == 0, out
    beside = {item["stack"]: item["beside"] for item in json.loads(out)["stacks"]}
    assert beside == {"eu": [], "us": ["ConfigMap:web/z would be created, which was not shown"]}
    assert engine["synced"] == {}


def test_a_pipeline_that_was_overtaken_takes_nothing_back(
    run: Run, repository: GitRepository, engine: dict[str, Any]
) -> None:
    old = repository.git("rev-parse", "main")
    engine["running"]["eu"] = merge(repository)
    code, out, _ = run("deploy", "--revision", old, "--stack", "eu")
    assert code == 0
    assert "eu runs" in out
    assert "nothing was done" in out
    assert engine["synced"] == {}


def test_one_stack_that_fails_does_not_stop_the_others(
    run: Run, repository: GitRepository, engine: dict[str, Any]
) -> None:
    engine["fails"]["eu"] = ConflictError("somebody deploys eu")
    merged = merge(repository)
    code, out, _ = run("deploy", "--revision", merged)
    assert code == 8
    assert "error: somebody deploys eu" in out
    assert engine["synced"] == {"us": merged}


def test_the_mark_of_the_proposed_commit_is_enough_where_there_is_no_file(
    run: Run, repository: GitRepository, engine: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    proposed = repository.head
    with forge_stub() as stub:
        assert stub.server
        where = ("--forge", "github", "--api-url", stub.server.address, "--forge-repository", NAME)
        monkeypatch.setenv("GITOPS_FORGE_TOKEN", TOKEN)
        assert run("deploy", "--revision", "main", "--previewed", proposed, *where)[0] == 5
        assert run("preview", "--base", "main", "--head", "change", "--status", *where)[0] == 0
        assert run("deploy", "--revision", "main", "--previewed", proposed, *where)[0] == 2
        merged = merge(repository)
        code, out, err = run("deploy", "--revision", merged, "--previewed", proposed, *where)
        assert code == 0, err + out
        assert engine["synced"] == {"eu": merged, "us": merged}
        other = repository.write("k8s/02-apps/web/x.yaml", MAP.format(name="x", a="9")).commit("Push")
        code, _, err = run("deploy", "--revision", other, "--previewed", proposed, *where)
        assert code == 5
        assert "was previewed" in err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--plan", "nowhere.json"), 6, "there is no nowhere.json"),
        (("--stack", "nowhere"), 6, "there is no stack 'nowhere'"),
        (("--revision=-x",), 2, "is not a branch, tag or commit id"),
    ],
)
def test_what_was_asked_for_wrongly_is_told(run: Run, words: tuple[str, ...], code: int, said: str) -> None:
    got, out, err = run("deploy", *words)
    assert got == code
    assert said in out + err


def test_a_stack_that_was_not_shown_is_not_deployed(run: Run, engine: dict[str, Any], tmp_path: Path) -> None:
    plan = str(tmp_path / "plan.json")
    run("preview", "--base", "main", "--head", "change", "--stack", "eu", "--plan", plan)
    code, _, err = run("deploy", "--plan", plan)
    assert code == 5
    assert "the preview did not show us" in err
    assert engine["synced"] == {}


@pytest.mark.parametrize(("words", "code"), [((), 5), (("--if-ready",), 0)])
def test_a_promotion_that_may_not_be_yet_is_no_failure_on_a_schedule(
    run: Run, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], code: int
) -> None:
    asked = {}

    def look(source: Any, targets: Any, *_: Any, **__: Any) -> Any:
        asked.update(source=source.stack, target=targets[0].stack)
        raise RefusedError("eu was never deployed")

    monkeypatch.setattr(promotions, "look", look)
    got, _, err = run("promote", "prod", *words)
    assert (got, asked) == (code, {"source": "eu", "target": "prod"})
    assert "eu was never deployed" in err
