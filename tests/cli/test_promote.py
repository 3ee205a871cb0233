"""`gitops promote` and `approve`: which stacks, what is shown, and which code it ends with."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gitops.cli import forge as forges
from gitops.delivery.promotion import look as looking
from gitops.delivery.promotion import promote as room
from gitops.delivery.promotion import request as requests
from gitops.delivery.promotion.look import Candidate
from gitops.model.forge import PullRequest
from gitops.model.promotion import Approval, Promoted, Unit
from tests import given

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]

UNIT = Unit(given.SHA, "0123456789abcdef", ("registry.example/web:1",))
STACK = "config:\n  gitops:repository: file:///srv/home.git\n"


@pytest.fixture
def asked() -> dict[str, Any]:
    """What the room was asked for, and how it is to answer: `objections` and `failure`."""
    return {"objections": (), "failure": ""}


@pytest.fixture
def run(gitops: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any]) -> Run:
    (tmp_path / "Pulumi.staging.yaml").write_text(STACK)
    (tmp_path / "Pulumi.dev.yaml").write_text(STACK)
    (tmp_path / "Pulumi.prod.yaml").write_text(f"{STACK}  gitops:promotesFrom: staging\n")

    def look(source: Any, targets: Any, *_: Any, stage: str, applications: Any) -> tuple[Candidate, ...]:
        asked.update(source=source.stack, target=targets[0].stack, applications=applications, stage=stage)
        after = (given.manifest("ConfigMap"),)
        return tuple(Candidate(UNIT, source.stack, one, "", (), after, {}) for one in targets)

    def hotfix(targets: Any, revision: str, _: Path, **more: Any) -> tuple[Candidate, ...]:
        asked.update(hotfix=revision)
        return tuple(replace(one, source="") for one in look(targets[0], targets, **more))

    def promote(candidate: Candidate, *_: Any, reason: str, **__: Any) -> Promoted:
        asked.update(promoted=candidate.target.stack, reason=reason)
        return Promoted(UNIT, candidate.source, candidate.target.stack, asked["failure"], "before")

    monkeypatch.setattr(looking, "look", look)
    monkeypatch.setattr(looking, "hotfix", hotfix)
    monkeypatch.setattr(room, "promote", promote)
    monkeypatch.setattr(looking, "refusals", lambda *_: asked["objections"])
    monkeypatch.setattr(looking, "all_refusals", lambda found: [asked["objections"] for _ in found])
    monkeypatch.setattr(room, "approve", lambda *_: Approval(UNIT.digest, "ada", "now"))
    return lambda *words: gitops("--project", str(tmp_path), *words)


def test_a_stack_knows_what_it_is_promoted_from(run: Run, asked: dict[str, Any]) -> None:
    code, out, _ = run("promote", "prod", "--yes")
    assert (code, asked["source"], asked["promoted"]) == (0, "staging", "prod")
    assert "c0ffee" in out or given.SHA[:12] in out
    assert "prod runs" in out
    assert "1 image; 1 created in web" in out


def test_a_dry_run_promotes_nothing(run: Run, asked: dict[str, Any]) -> None:
    code, out, _ = run("promote", "staging", "prod", "--dry-run", "-o", "json")
    assert code == 0
    assert json.loads(out)["promoted"] is False
    assert "promoted" not in asked


def test_what_stands_against_it_is_told_and_ends_with_5(run: Run, asked: dict[str, Any]) -> None:
    asked["objections"] = ("application web is OutOfSync", "check smoke failed")
    code, _, err = run("promote", "prod", "--yes")
    assert code == 5
    assert err.endswith("not promoted to prod:\n  application web is OutOfSync\n  check smoke failed\n")
    assert "promoted" not in asked


def test_a_stack_that_went_back_ends_with_4(run: Run, asked: dict[str, Any]) -> None:
    asked["failure"] = "check smoke failed: ended with 1"
    code, out, _ = run("promote", "prod", "--yes")
    assert code == 4
    assert f"prod did not take {given.SHA[:12]} and is back at before: check smoke failed" in out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("prod", "--hotfix", "abc"), 2, "--hotfix and --reason go together"),
        (("prod", "--reason", "x"), 2, "--hotfix and --reason go together"),
        (("staging", "prod", "--hotfix", "abc", "--reason", "x"), 2, "a hotfix has no SOURCE"),
        (("a", "b", "c"), 2, "name one TARGET"),
        ((), 2, "Missing argument"),
        (("staging",), 2, "nothing says what staging is promoted from"),
        (("dev", "prod"), 5, "prod is promoted from staging, not from dev"),
        (("nowhere", "prod"), 5, "not from nowhere"),
        (("prod", "nowhere"), 6, "there is no stack 'nowhere'"),
    ],
)
def test_what_was_asked_for_wrongly_is_told(run: Run, words: tuple[str, ...], code: int, said: str) -> None:
    got, _, err = run("promote", *words)
    assert got == code
    assert said in err


def test_a_hotfix_goes_past_the_source_with_its_reason(run: Run, asked: dict[str, Any]) -> None:
    code, out, _ = run("promote", "prod", "--hotfix", "abc", "--reason", "login is down", "--yes")
    assert (code, asked["hotfix"], asked["reason"]) == (0, "abc", "hotfix: login is down")
    assert "from no stack, as a hotfix to prod" in out


def test_nothing_is_promoted_or_approved_without_a_yes(
    run: Run, asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\nn\n"))
    assert run("promote", "prod")[0] == 130
    assert run("approve", "prod")[0] == 130
    assert "promoted" not in asked


def test_an_approval_says_for_what_it_is(run: Run) -> None:
    code, out, _ = run("approve", "prod", "--yes")
    assert code == 0
    assert out.endswith("ada approved 0123456789abcdef for prod\n")


def test_applications_are_promoted_alone_where_they_are_named(run: Run, asked: dict[str, Any]) -> None:
    assert run("promote", "prod", "--app", "web", "--app", "api", "--yes")[0] == 0
    assert asked["applications"] == ("web", "api")
    assert run("promote", "prod", "--yes")[0] == 0
    assert asked["applications"] == ()


def test_a_pull_request_is_opened_instead(
    run: Run, asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wanted: list[Any] = []

    def request(candidates: Any, name: str, project: Path, forge: Any, body: str) -> PullRequest:
        wanted.extend((candidates[0].target.stack, name, project, forge.repository, body))
        return PullRequest(7, "promote/prod-c0ffee", "main", "https://git.example/pulls/7")

    monkeypatch.setattr(requests, "request", request)
    monkeypatch.setattr(forges, "remote", lambda _: "https://github.com/ada/fleet.git")
    code, out, _ = run("promote", "prod", "--pull-request")
    assert (code, out) == (0, "https://git.example/pulls/7\n")
    assert wanted[:4] == ["prod", "prod", tmp_path, "ada/fleet"]
    assert "c0ffee000000 from staging to prod" in wanted[4]
    assert json.loads(run("promote", "prod", "--pull-request", "-o", "json")[1])["stacks"] == ["prod"]
    assert "promoted" not in asked


def test_nothing_is_asked_for_that_may_not_be_or_is_done(
    run: Run, asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "request", None)
    asked["objections"] = ("check smoke failed",)
    code, _, err = run("promote", "prod", "--pull-request")
    assert (code, err) == (5, "not promoted to prod:\n  check smoke failed\n")
    asked["objections"] = ()
    monkeypatch.setattr(Candidate, "is_done", True)
    code, _, err = run("promote", "prod", "--pull-request")
    assert (code, err) == (0, "prod runs c0ffee000000 already\n")


def test_what_was_merged_is_what_the_file_says(run: Run, asked: dict[str, Any], tmp_path: Path) -> None:
    assert "name no one commit: main" in run("promote", "prod", "--merged", "--yes")[2]
    file = tmp_path / "Pulumi.prod.yaml"
    file.write_text(f"{file.read_text()}  gitops:revision: {given.SHA}\n")
    code, out, _ = run("promote", "prod", "--merged", "--yes")
    assert (code, asked["hotfix"], asked["reason"]) == (0, given.SHA, "merged pull request")
    assert "from staging to prod" in out
    assert run("promote", "prod", "--merged", "--pull-request")[0] == 2
