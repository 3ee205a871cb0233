"""`gitops ci drift`: all stacks, one of which can't be looked at."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from gitops.cli.ci import drift as command
from gitops.cluster.health import HEALTHY
from gitops.delivery.fleet import StackState
from gitops.drift.compare import Difference
from gitops.drift.state import ApplicationState, ObjectState
from gitops.model.errors import Location, Problem
from tests import given

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]

KEY = given.manifest("ConfigMap").key
BROKEN = Problem("can't be read", Location("k8s/02-apps/db/x.yaml", 2), "mend it", "db")


def application(*differences: Difference, problems: tuple[Problem, ...] = ()) -> ApplicationState:
    found = ObjectState(KEY, missing=False, differences=differences, health=HEALTHY)
    return ApplicationState(given.application("web"), (found,), (), problems)


@pytest.fixture
def stacks(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What is seen of each stack: its applications, or why it can't be looked at."""
    seen: dict[str, Any] = {"prod": [application()], "staging": [application()]}

    def fleet(names: Any, _: Any) -> tuple[StackState, ...]:
        return tuple(
            StackState(name, trouble=seen[name])
            if isinstance(seen[name], str)
            else StackState(
                name,
                observed=SimpleNamespace(states=seen[name], plan=SimpleNamespace(revision=given.SHA)),
            )
            for name in names
        )

    monkeypatch.setattr(command, "fleet", fleet)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    return seen


@pytest.fixture
def run(gitops: Run, tmp_path: Path, stacks: dict[str, Any]) -> Run:
    for name in stacks:
        (tmp_path / f"Pulumi.{name}.yaml").write_text("config: {}\n")
    return lambda *words: gitops("--project", str(tmp_path), "ci", "drift", *words)


def test_no_drift_anywhere_ends_with_0(run: Run) -> None:
    code, out, _ = run()
    assert code == 0
    assert out == "prod: no drift\nno drift\nstaging: no drift\nno drift\n"


def test_drift_on_one_stack_ends_with_1_and_is_in_the_summary(
    run: Run, stacks: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stacks["prod"] = [application(Difference("data.a", "1", "2"))]
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "page.md"))
    code, out, _ = run("-o", "json")
    assert code == 1
    found = {item["stack"]: len(item["findings"]) for item in json.loads(out)["stacks"]}
    assert found == {"prod": 1, "staging": 0}
    page = (tmp_path / "page.md").read_text()
    assert "# Drift of prod" in page
    assert "| web | ConfigMap web/x | data.a |" in page
    assert run("--stack", "staging")[0] == 0
    assert "# Drift of prod" in run("-o", "markdown")[1]


def test_a_stack_that_can_not_be_looked_at_hides_no_other(
    run: Run, stacks: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    stacks["prod"] = "the cluster is away"
    stacks["staging"] = [application(Difference("data.a", "1", "2"))]
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    code, out, err = run()
    assert code == 3
    assert "::group::prod: not looked at" in out
    assert 'data.a: is "2", Git says "1"' in out
    assert "::error::prod: the cluster is away" in err


def test_what_is_broken_in_git_ends_with_2(run: Run, stacks: dict[str, Any]) -> None:
    stacks["prod"] = [application(Difference("data.a", "1", "2"), problems=(BROKEN,))]
    code, _, err = run()
    assert code == 2
    assert "not compared: k8s/02-apps/db/x.yaml:2: can't be read" in err
