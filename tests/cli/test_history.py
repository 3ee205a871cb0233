from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml

from gitops.cli.app import past
from gitops.engine import history as engine
from gitops.model.deployment import Deployment, Intent
from tests import given

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]


def deployment(number: int, *applications: str) -> Deployment:
    intent = Intent(f"op{number}", "ada@laptop", "main", given.SHA, applications)
    return Deployment(number, "update", intent, "Sync", "2026-01-01T10:00:00Z", "", "Running")


@pytest.fixture
def run(gitops: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    found = [deployment(3, "web"), deployment(2, "api"), deployment(1, "api", "web")]
    monkeypatch.setattr(engine, "history", lambda *_: tuple(found))
    monkeypatch.setattr(past, "stated_applications", lambda _: (None, [given.application("new")]))
    (tmp_path / "Pulumi.test.yaml").write_text("config:\n  gitops:repository: https://h/a.git\n")
    return lambda *words: gitops("--project", str(tmp_path), *words, "--stack", "test")


def numbers(text: str) -> list[int]:
    return [item["id"] for item in json.loads(text)["deployments"]]


def test_a_stack_tells_all_its_deployments(run: Run) -> None:
    code, out, _ = run("stack", "history")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == ["ID", "3", "2", "1"]
    assert numbers(run("stack", "history", "-o", "json")[1]) == [3, 2, 1]


def test_an_application_tells_those_that_touched_it(run: Run) -> None:
    assert numbers(run("app", "history", "web", "-o", "json")[1]) == [3, 1]
    assert numbers(run("app", "history", "web", "--limit", "1", "-o", "json")[1]) == [3]
    assert run("app", "history", "new", "--no-headers")[:2] == (0, "\n")


def test_an_application_that_never_was_is_not_found(run: Run) -> None:
    code, out, err = run("app", "history", "nobody")
    assert (code, out) == (6, "")
    assert "no application nobody" in err


def test_a_stack_that_never_was_is_not_found(run: Run, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.test.yaml").rename(tmp_path / "Pulumi.prod.yaml")
    for command in (("stack", "history"), ("app", "history", "web")):
        code, _, err = run(*command)
        assert (code, "the stacks are: prod" in err) == (6, True)


def test_yaml_has_the_same_keys(run: Run) -> None:
    _, told, _ = run("stack", "history", "-o", "yaml")
    assert yaml.safe_load(told) == json.loads(run("stack", "history", "-o", "json")[1])
