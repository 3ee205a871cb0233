from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gitops.delivery.rollback import let_back
from gitops.hold import holding
from gitops.model.deployment import Deployment, Intent
from gitops.model.project import SyncWindow
from gitops.model.settings import Loop
from tests import given

NEW, OLD, BROKEN = "new0" * 10, "01d0" * 10, "bad0" * 10
NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
NIGHT = SyncWindow("deny", "0 22 * * *", 8 * 3600.0, applications=("*",))
SETTINGS = given.settings(loop=Loop(windows=(NIGHT,), paused=("api",)))


def deployment(revision: str, outcome: str = "Succeeded", kind: str = "update") -> Deployment:
    return Deployment(1, kind, Intent("op", "ada", "main", revision), "", "", "", outcome)


def held(revision: str, deployments: list[Deployment], *names: str) -> set[str]:
    settings = let_back(SETTINGS, deployments, revision, names or ("*",))
    applications = [given.application("web"), given.application("db"), given.application("api")]
    return {problem.application for problem in holding(settings, NOW, manual=True)(applications)}


def test_a_night_that_denies_changes_lets_back_what_ran_well_before() -> None:
    assert held(OLD, [deployment(NEW), deployment(OLD)]) == {"api"}  # which is paused
    assert held(OLD, [deployment(BROKEN, "Failed"), deployment(OLD)], "web") == {"api", "db"}


@pytest.mark.parametrize(
    "deployments",
    [
        [],
        [deployment(OLD), deployment(NEW)],
        [deployment(NEW), deployment(OLD, "Failed")],
        [deployment(NEW), deployment(OLD, kind="refresh")],
        [deployment(NEW)],
    ],
)
def test_what_runs_now_or_never_ran_well_is_no_way_back(deployments: list[Deployment]) -> None:
    assert held(OLD, deployments) == {"web", "db", "api"}
